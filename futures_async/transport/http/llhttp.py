"""One connection of the fast backend: HTTP/1.1 on a transport of asyncio's, the answers read by llhttp (httptools).

One request at a time. It has not been sent for as long as the transport's `write` was not called; nothing is repeated.
Whatever arrives that nobody asked for closes the connection, so that no answer can be taken for another's.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol, cast

import httptools

from futures_async.transport.http.address import Address
from futures_async.transport.http.backend import (
    MAX_BODY,
    Done,
    FailureKind,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Phase,
)
from futures_async.transport.http.body import Body, joined
from futures_async.transport.http.head import Headers
from futures_async.transport.http.idle import AHEAD_S, kept_s
from futures_async.transport.http.watch import Watch

MAX_HEAD = 64 * 1024
"""Of an answer, interim heads included, in bytes."""

_END = b"\r\n\r\n"


class Keeper(Protocol):
    """What connections belong to."""

    watch: Watch

    def opened(self, connection: Connection) -> None:
        """It stands."""

    def served(self, connection: Connection) -> None:
        """It has served well, and may serve again."""

    def lost(self, connection: Connection) -> None:
        """It is closed, and its socket with it."""


class Connection(asyncio.Protocol):
    """One connection, and the exchange that is under way on it."""

    def __init__(self, keeper: Keeper, address: Address) -> None:
        self.address = address
        self.due = 0.0
        self.idle_since = 0.0
        """On the clock of `idle`."""
        self.spoiled = False
        """It is not to be used again."""
        self._keeper = keeper
        self._parser: Any = httptools.HttpResponseParser(self)
        self._served = 0
        self._done: Done | None = None
        self._apart = False
        self._read_s = self._until = 0.0
        self._clear()

    def _clear(self) -> None:
        self._head = b""
        self._interim = 0
        self._headers: Headers | None = None
        self._status = 0
        self._body: bytes | bytearray = b""
        self._size = 0
        # What comes is no part of a proper answer, or of none that was asked for.
        self._odd = False
        self._begun = self._whole = self._keeps = False

    # One exchange

    def ask(self, data: bytes, request: HttpRequest, until: float, done: Done) -> None:
        """Send; `done` gets the answer or the failure, by `until` (the system's monotonic clock) at the latest."""
        self._clear()
        self._apart = request.apart
        self._read_s = request.timeouts.read_s
        self._until = until
        self.due = min(monotonic() + self._read_s, until)
        request.abort.sending = True
        self._transport.write(data)
        self._done = done  # not before: what ends in an error here is told to its caller by that alone
        self._keeper.watch.add(self)

    def data_received(self, data: bytes) -> None:
        if self._done is None:
            self.close()
            return
        if self._headers is None:
            self._head += data
        self.due = min(monotonic() + self._read_s, self._until)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._odd = True
        headers = self._headers
        if headers is None:
            if self._odd or len(self._head) > MAX_HEAD:
                self._fail("protocol")
        elif self._whole and self._size <= MAX_BODY:
            self._end(headers)
        elif self._odd:
            self._fail("protocol")
        elif self._size > MAX_BODY or self._promises_too_much(headers):
            self._fail("body-too-large")

    def _promises_too_much(self, headers: Headers) -> bool:
        length: str = headers.get("content-length", "0")
        return len(length) > 18 or (length.isdecimal() and int(length) > MAX_BODY)

    # Called by llhttp

    def on_message_begin(self) -> None:
        self._odd = self._odd or self._begun
        self._begun = True

    def on_headers_complete(self) -> None:
        if self._odd:
            return
        self._status = self._parser.get_status_code()
        end = self._head.find(_END)
        self._odd = not 0 <= end <= MAX_HEAD or self._status == 101 or self._status < 100
        self._headers = Headers(self._head[: end + 2])

    def on_body(self, data: bytes) -> None:
        if not self._odd:
            self._size += len(data)
            self._body = joined(self._body, data)

    def on_message_complete(self) -> None:
        if self._odd:
            return
        if self._status < 200:  # an interim answer; the real one follows
            head, _, self._head = self._head.partition(_END)
            self._interim += len(head)
            self._odd = self._interim > MAX_HEAD
            self._headers, self._begun = None, False
            return
        self._whole = True
        self._keeps = self._parser.should_keep_alive()

    # Ends

    def _end(self, headers: Headers) -> None:
        """The answer is whole."""
        body = bytes(self._body)
        answer: HttpResponse | HttpFailure
        try:
            if (encoding := headers.get("content-encoding")) is not None:
                unpacked = Body(encoding, None, self._status)
                unpacked.feed(body)
                body = unpacked.end()
            answer = HttpResponse(status=self._status, headers=headers, body=body)
        except HttpFailure as failure:
            answer = failure
        self._served += 1
        if self._keeps and not (self._odd or self._apart or self.spoiled):
            self._keeper.served(self)
        else:
            self.close()
        self._tell(answer)

    def _fail(self, kind: FailureKind) -> None:
        phase = Phase.ANSWERING if self._head or self._status else Phase.BODY_STARTED
        self.close()
        self._tell(HttpFailure(kind, phase, sent=True, reused=self._served > 0))

    def _tell(self, answer: HttpResponse | HttpFailure) -> None:
        done, self._done = self._done, None
        self._keeper.watch.discard(self)
        if done is not None:
            done(answer)

    def hang_up(self) -> None:
        self._fail("write-timeout" if self._transport.get_write_buffer_size() else "read-timeout")

    def drop(self) -> None:
        """Close it at once; what is under way on it ends as a failure."""
        if self._done is None:
            self.close()
        else:
            self._fail("aborted")

    # The transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._readable = _watcher(transport.get_extra_info("socket"))
        self._keeper.opened(self)

    def usable(self, now: float, most_s: float) -> bool:
        """It may serve again: idle no longer than that or than the venue said, open, and nothing to read on it."""
        idle_s = now - self.idle_since
        return (
            idle_s <= most_s
            and not self.spoiled
            and not self.is_closing()
            and not self._readable()
            and (idle_s < AHEAD_S / 2 or idle_s < self._kept_s())
        )

    def is_closing(self) -> bool:
        """Nothing can leave on it any more."""
        return self._transport.is_closing()

    def _kept_s(self) -> float:
        return kept_s(None if self._headers is None else self._headers.get("keep-alive"))

    def close(self) -> None:
        """Close it at once."""
        self.spoiled = True
        self._transport.abort()

    def eof_received(self) -> None:
        # A body without a length ends with the connection. Cut off, and not closed, it may be half of one; of TLS
        # without its farewell asyncio does not tell, and half of a document is none that can be decoded.
        headers = self._headers
        if self._done is not None and headers is not None and not self._odd and self._ends_with_connection(headers):
            self._end(headers)

    def _ends_with_connection(self, headers: Headers) -> bool:
        return headers.get("content-length") is None and headers.get("transfer-encoding") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self.spoiled = True
        if self._done is not None:
            cut: FailureKind = "disconnected" if self._headers is None else "protocol"
            self._fail(cut if exc is None else "read")
        self._parser = None  # they hold each other
        self._keeper.lost(self)


def _watcher(sock: Any) -> Callable[[], Any]:
    """Asks whether there is something to read on a socket, without waiting."""
    if hasattr(select, "poll"):  # select itself counts to 1024 there
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return lambda: poll.poll(0)
    return lambda: select.select([sock], [], [], 0)[0]  # pragma: no cover - Windows
