"""Lets the event loop drive libcurl's transfers.

pycurl brings a driver of its own, `AsyncCurlMulti`. This one does the same with a third of the work for each request,
which is a fifth of a whole call (`benchmarks/README.md`): sockets are watched by a selector of its own, the loop
watches that one, and a socket stays watched between its requests; a timer that is due too early is left to ring.
"""

from __future__ import annotations

import asyncio
import os
import selectors
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any
from weakref import WeakSet

# Its own stubs call everything Any, and typeshed's are of an older version: Any, then, for every type checker.
pycurl: Any = import_module("pycurl")

CLOSE_WITHIN_S = 1.0
"""What takes longer goes on behind the scenes."""

Ended = tuple[int, str] | None
"""How a transfer ended: libcurl's error and its text, or None for a whole answer."""


class Driver:
    """One `CurlMulti` on the running loop.

    Args:
        max_connections: So many are kept.
    """

    def __init__(self, max_connections: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._multi: Any = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._under_way: dict[Any, Callable[[Ended], object]] = {}
        self._selector: Any = selectors.DefaultSelector()
        self._loop.add_reader(self._selector.fileno(), self._on_ready)
        self._watched: dict[int, int] = {}
        self._wanted: set[int] = set()
        self._kept: dict[int, int] = {}
        """Sockets of connections, with their inodes, by which one is told from whatever got its number after it."""
        self._timer: asyncio.Handle | None = None
        self._rings_at = 0.0
        self._due: float | None = None
        self._closed = False
        _drivers.add(self)

    def begin(self, curl: Any, end: Callable[[Ended], object]) -> None:
        """Hand a transfer to libcurl; `end` is called once, from the loop."""
        self._multi.add_handle(curl)
        self._under_way[curl] = end

    def drop(self, curl: Any) -> None:
        """Forget a transfer; its connection is closed, its `end` is not called."""
        if self._under_way.pop(curl, None) is not None:
            self._multi.remove_handle(curl)

    def opened(self, number: int) -> None:
        """A socket has been made, whose number may have been another's before."""
        self._unwatch(number)
        self._kept[number] = os.fstat(number).st_ino

    async def aclose(self, ended: Ended) -> None:
        """End everything, and what is under way with `ended`."""
        for curl, end in tuple(self._under_way.items()):
            self.drop(curl)
            end(ended)
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._selector.fileno())
        # In a thread, for libcurl waits for look-ups of names that have not ended, and those may take many seconds.
        await asyncio.wait([self._loop.run_in_executor(None, self._multi.close)], timeout=CLOSE_WITHIN_S)
        self._selector.close()

    def disown(self) -> None:
        """In a forked child: what libcurl says when it closes its connections must not reach the parent's."""
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number, inode in self._kept.items():
            with suppress(OSError):
                if os.fstat(number).st_ino == inode:
                    os.dup2(nowhere, number)
        os.close(nowhere)

    # Called by libcurl, in the midst of its work; once it is being closed, in another thread

    def _on_socket(self, what: int, number: int, _multi: object, _data: object) -> None:
        if self._closed:
            return
        # libcurl's numbers for reading and writing are the selectors'.
        if what not in (pycurl.POLL_IN, pycurl.POLL_OUT, pycurl.POLL_INOUT):
            self._wanted.discard(number)
            if number not in self._kept:  # one of libcurl's own, closed without a word
                self._unwatch(number)
            return
        self._wanted.add(number)
        before = self._watched.get(number)
        if before == what:
            return
        self._watched[number] = what
        if before is None:
            self._selector.register(number, what)
        else:
            self._selector.modify(number, what)

    def _on_timer(self, milliseconds: int) -> None:
        if milliseconds < 0 or self._closed:
            self._due = None
            return
        self._due = due = monotonic() + milliseconds / 1000
        if self._timer is not None:
            if self._rings_at <= due:
                return
            self._timer.cancel()
        self._arm(due, milliseconds / 1000)

    # Called by the loop

    def _arm(self, due: float, delay_s: float) -> None:
        self._rings_at = due
        loop = self._loop
        self._timer = loop.call_later(delay_s, self._ring) if delay_s > 0 else loop.call_soon(self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._due is None:
            return
        left_s = self._due - monotonic()
        if left_s > 0:
            self._arm(self._due, left_s)
            return
        self._due = None
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._reap()

    def _on_ready(self) -> None:
        for key, events in self._selector.select(0):
            if key.fd in self._wanted:
                self._multi.socket_action(key.fd, events)
            else:
                self._unwatch(key.fd)  # closed by the venue, or something nobody asked for
        self._reap()

    def _reap(self) -> None:
        _, whole, broken = self._multi.info_read()
        for curl in whole:
            self._end(curl, None)
        for curl, code, text in broken:
            self._end(curl, (code, text))

    def _end(self, curl: Any, ended: Ended) -> None:
        end = self._under_way.pop(curl, None)
        if end is not None:
            self._multi.remove_handle(curl)
            end(ended)

    def _unwatch(self, number: int) -> None:
        if self._watched.pop(number, None) is not None:
            self._selector.unregister(number)


_drivers: WeakSet[Driver] = WeakSet()


def _disown_all() -> None:
    for driver in _drivers:
        driver.disown()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown_all)
