"""The fast backend alone: which proofs of not-sent it has, and that it needs no exception's name for them."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from futures_async.http import Abort, Phase
from futures_async.http import pyreqwest as fast
from futures_async.http.pyreqwest import PyreqwestBackend
from tests.http.conftest import a_request, an_order
from tests.http.test_backends import HASTY, failure_of
from tests.loopback import Loopback, cut, reply, reset, silence

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]


@pytest.fixture
async def backend(anyio_backend: str) -> Any:
    made = PyreqwestBackend()
    yield made
    await made.aclose()


async def test_a_cut_after_the_request_is_not_taken_for_a_connect_error(
    backend: PyreqwestBackend, venue: Loopback
) -> None:
    venue.next(cut(), reset(), silence, cut(), reset(), silence)  # pyreqwest calls all of them connection errors
    for make in (a_request, an_order):
        for _ in range(3):
            failure = await failure_of(backend, make(venue.url, timeouts=HASTY))
            assert failure.sent is True
            assert failure.phase >= Phase.HEADERS_STARTED


async def test_a_body_that_was_never_asked_for_is_proof_enough(
    backend: PyreqwestBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "BEFORE_CONNECTED", "some other text")
    for url in ("http://127.0.0.1:1", "http://venue.invalid"):
        assert (await failure_of(backend, an_order(url))).sent is False


async def test_the_text_is_proof_enough_and_its_absence_is_none(
    backend: PyreqwestBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await failure_of(backend, a_request("http://127.0.0.1:1"))).sent is False
    monkeypatch.setattr(fast, "BEFORE_CONNECTED", "some other text")
    assert (await failure_of(backend, a_request("http://127.0.0.1:1"))).sent is True


class Late(Abort):
    """Raised in the moment in which the body looks at it, and not before."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name != "raised":
            return super().__getattribute__(name)
        self.looks += 1
        return self.looks > 1


async def test_an_abort_while_connecting_keeps_the_body_back(backend: PyreqwestBackend) -> None:
    received: list[bytes] = []

    def receive(raw: socket.socket) -> None:
        while got := raw.recv(65536):
            received.append(got)

    abort = Late()
    with Loopback.greeting(receive) as server:
        failure = await failure_of(backend, an_order(f"http://127.0.0.1:{server.port}", abort=abort))
        await backend.aclose()
    assert (failure.kind, failure.sent, abort.sending) == ("aborted", False, False)
    assert b"size" not in b"".join(received)


async def test_an_abort_after_the_body_changes_nothing(backend: PyreqwestBackend, venue: Loopback) -> None:
    abort = Abort()

    venue.next(reply(b'{"a":1}'))
    answer = await backend.send(an_order(venue.url, abort=abort))
    abort.raised = True
    assert (answer.body, abort.sending) == (b'{"a":1}', True)


async def test_a_body_is_kept_back_once_its_time_is_up_although_no_timer_rang(
    backend: PyreqwestBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never_rings(marks: Any) -> None:
        """The event loop is busy with something else."""

    monkeypatch.setattr(backend._impatient, "add", never_rings)
    failure = await failure_of(backend, an_order(venue.url, sent_within_s=0.0))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)
    await asyncio.sleep(0.02)
    assert venue.requests == []


async def test_a_body_is_kept_back_once_the_timer_has_rung(
    backend: PyreqwestBackend, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rings_at_once(marks: Any) -> None:
        marks.asked = True  # hyper is about to ask: nobody is let go, and the body stays all the same
        marks.expire()

    monkeypatch.setattr(backend._impatient, "add", rings_at_once)
    failure = await failure_of(backend, an_order(venue.url, sent_within_s=1.0))
    assert (failure.kind, failure.sent) == ("connect-timeout", False)
    await asyncio.sleep(0.02)
    assert venue.requests == []


async def test_a_cancellation_of_the_callers_is_not_the_clocks(backend: PyreqwestBackend, venue: Loopback) -> None:
    venue.next(silence)
    task = asyncio.create_task(backend.send(an_order(venue.url, sent_within_s=1.0)))
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_headers_are_looked_up_in_lower_case(backend: PyreqwestBackend, venue: Loopback) -> None:
    venue.next(reply(headers=(("X-Left", "7"), ("Retry-After", "3"))))
    headers = (await backend.send(a_request(venue.url))).headers
    assert (headers.get("x-left"), headers["retry-after"], headers.get("nothing")) == ("7", "3", None)
    assert {"x-left", "retry-after"} <= set(headers)


async def test_a_header_that_is_not_text_counts_as_absent(backend: PyreqwestBackend, venue: Loopback) -> None:
    venue.next(reply(headers=(("X-Odd", "caf\xe9"), ("X-Two", "1"), ("X-Two", "2"))))
    headers = (await backend.send(a_request(venue.url))).headers
    assert headers.get("x-odd", "none") == "none"
    assert "x-odd" not in headers
    assert sorted(headers) == ["content-length", "x-two"]
    assert len(headers) == 2


async def test_other_timeouts_get_other_connections(backend: PyreqwestBackend, venue: Loopback) -> None:
    await backend.send(a_request(venue.url))
    await backend.send(a_request(venue.url, timeouts=HASTY))
    await backend.send(a_request(venue.url))
    assert venue.connections == 2


async def test_a_failure_that_says_nothing_counts_as_sent(anyio_backend: str) -> None:
    marks = fast._Marks(a_request("http://venue.example"))  # pyright: ignore[reportPrivateUsage] - no server makes hyper say so
    marks.start()
    assert marks.failure(OSError("x")).sent is True
