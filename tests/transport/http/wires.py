"""A connection of the fast backend without a network: bytes go in, and what becomes of its one exchange is noted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

from futures_async.transport.http.address import Address
from futures_async.transport.http.backend import Abort, HttpFailure, HttpResponse
from futures_async.transport.http.llhttp import Connection
from tests.transport.http.conftest import a_request

HERE = Address(False, "127.0.0.1", 80, "127.0.0.1")
HOURS = 1e12


class Unwatched:
    """Where nothing stalls."""

    def add(self, one: object) -> None: ...

    def discard(self, one: object) -> None: ...


class Wire(asyncio.Transport):
    """One side of a connection; the other side is the test."""

    def __init__(self, pollable: socket.socket) -> None:
        super().__init__({"socket": pollable})
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0


class Alone:
    """Keeps one connection, and what became of what was asked on it."""

    def __init__(self, pollable: socket.socket) -> None:
        self.watch: Any = Unwatched()
        self.ends: list[HttpResponse | HttpFailure] = []
        self.kept = 0
        self.gone = 0
        self.wire = Wire(pollable)
        self.connection = Connection(self, HERE)
        self.connection.connection_made(self.wire)

    def opened(self, connection: Connection) -> None: ...

    def served(self, connection: Connection) -> None:
        self.kept += 1

    def lost(self, connection: Connection) -> None:
        self.gone += 1

    def ask(self) -> None:
        request = a_request("http://127.0.0.1/", abort=Abort())
        self.connection.ask(b"GET / HTTP/1.1\r\n\r\n", request, HOURS, self.ends.append)

    def hears(self, chunks: Iterable[bytes]) -> None:
        """As the loop tells it: nothing more once it has closed its side."""
        for chunk in chunks:
            if self.wire.closed:
                return
            if chunk:
                self.connection.data_received(chunk)

    def ends_clean(self) -> None:
        """The other side closes."""
        if not self.wire.closed:
            self.connection.eof_received()
            self.wire.closed = True
        self.connection.connection_lost(None)


def heard(pollable: socket.socket, chunks: Iterable[bytes], *, closes: bool = True) -> Alone:
    """All that becomes of one exchange whose answer comes in these pieces."""
    alone = Alone(pollable)
    alone.ask()
    alone.hears(chunks)
    if closes:
        alone.ends_clean()
    return alone
