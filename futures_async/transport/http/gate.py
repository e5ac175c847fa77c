"""Which hosts may be connected to: all, unless a run of tests says otherwise.

Looked at where a connection is about to be made, so what a mock answers in its place is never asked about.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.transport.urls import is_loopback

demo_hosts: set[str] = set()
"""Hosts of venues' demo trading, as far as exchanges were made for it."""
_shut = [0]
"""How many ask that it be shut."""


def admit(host: str) -> None:
    """Pass, if the host may be connected to.

    Raises:
        HttpFailure: It may not; nothing was sent.
    """
    if _shut[0] and not is_loopback(host) and host not in demo_hosts:
        raise HttpFailure("forbidden", Phase.CONNECTING, sent=False)


@contextlib.contextmanager
def shut() -> Generator[None]:
    """Meanwhile only loopback addresses and demo hosts are connected to, in all threads."""
    _shut[0] += 1
    try:
        yield
    finally:
        _shut[0] -= 1
