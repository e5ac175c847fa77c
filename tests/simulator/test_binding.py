"""Where a server listens when a name has several addresses."""

from __future__ import annotations

import errno
import socket

import pytest

from futures_async.simulator.binding import bind

ELSEWHERE = "192.0.2.1"  # of documentation alone: no machine has it


def named(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    found: list[tuple[object, ...]] = [
        (
            socket.AF_INET6 if ":" in host else socket.AF_INET,
            socket.SOCK_STREAM,
            socket.IPPROTO_TCP,
            "",
            (host, 0, 0, 0) if ":" in host else (host, 0),
        )
        for host in hosts
    ]

    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        return found

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize("hosts", [(ELSEWHERE, "127.0.0.1"), ("2001:db8::1", "127.0.0.1")], ids=["first", "kind"])
def test_the_first_address_that_this_machine_has_is_taken(
    monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...]
) -> None:
    named(monkeypatch, *hosts)
    with bind("a-name", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.proto == socket.IPPROTO_TCP


def test_where_no_address_is_this_machines_it_cannot_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, ELSEWHERE)
    with pytest.raises(OSError) as refused:  # noqa: PT011 - its number tells
        bind("a-name", 0)
    assert refused.value.errno == errno.EADDRNOTAVAIL
