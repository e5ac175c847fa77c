"""What the fast backend needs beside libcurl: headers by name, kept connections that are clean, answers that stall."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any, Protocol

END = b"\r\n"
"""The line that ends a head."""


class Headers(Mapping[str, str]):
    """By name in lower case, looked for in the lines as they came: few are ever asked for."""

    __slots__ = ("_lines", "_lower")

    def __init__(self, lines: list[bytes]) -> None:
        end = lines.index(END)
        if end != len(lines) - 1:  # interim heads stand before the answer's, trailers behind it
            start = max(at for at, line in enumerate(lines) if line.startswith(b"HTTP/"))
            lines = lines[start : lines.index(END, start)]
        self._lines = b"".join(lines)
        self._lower = self._lines.lower()

    def __getitem__(self, name: str) -> str:
        found: str | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:  # Mapping's own raises and catches for each one absent
        start = self._lower.find(b"\n%b:" % name.encode())
        if start < 0:
            return default
        start += len(name) + 2
        return self._lines[start : self._lower.find(b"\n", start)].strip().decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        names = (line.partition(b":") for line in self._lower.split(b"\n")[1:])
        return iter(dict.fromkeys(name.decode("latin-1") for name, colon, _ in names if colon))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class KeptSockets:
    """Kept connections on which there is something to read although nobody asked: closed, or with a stray answer.

    libcurl itself looks only at those that were idle for a second. Known by their local ports, which it tells.
    """

    def __init__(self) -> None:
        self._polls: dict[int, select.poll] = {}
        self._ports: dict[int, int] = {}

    def note(self, opened: list[int], local_port: int) -> None:
        """One of these sockets is the connection's; several were made where a venue has several addresses."""
        for number in opened:
            self._polls.pop(self._ports.pop(number, -1), None)
            if len(opened) == 1 or _local_port(number) == local_port:
                self._ports[number] = local_port
                self._polls[local_port] = poll = select.poll()
                poll.register(number, select.POLLIN)

    def spoiled(self, local_port: int) -> bool:
        """It must not be used: there is something to read on it, or it is not known."""
        poll = self._polls.get(local_port)
        return poll is None or bool(poll.poll(0))

    def forget(self) -> None:
        """Count all as spoiled."""
        self._polls.clear()
        self._ports.clear()


def _local_port(number: int) -> int | None:
    """Of the socket with this number; None if it is closed again."""
    try:
        with socket.socket(fileno=os.dup(number)) as copy:
            return int(copy.getsockname()[1])
    except OSError:
        return None


class Watched(Protocol):
    """Something that may stall."""

    due: float
    """When to look at it, on the system's monotonic clock."""

    def overdue(self, now: float) -> bool:
        """It has stalled; if not, `due` has moved on."""
        ...

    def hang_up(self) -> None:
        """End it."""


class Watch:
    """Ends what stalls. One timer for all: one for each costs a tenth of a call."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0

    def add(self, one: Watched) -> None:
        """Watch it from now on."""
        self._watched.add(one)
        if self._timer is None or one.due < self._rings_at:
            self._arm(one.due)

    def discard(self, one: Watched) -> None:
        """It has ended."""
        self._watched.discard(one)

    def stop(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float) -> None:
        self.stop()
        self._rings_at = due
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - monotonic()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = monotonic()
        for one in [one for one in self._watched if one.overdue(now)]:
            self._watched.discard(one)
            one.hang_up()
        if self._watched:
            self._arm(min(one.due for one in self._watched))
