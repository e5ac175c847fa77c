"""Collect an answer's body: plain or gzip, never more than the cap, whatever it unpacks to."""

from __future__ import annotations

import zlib
from typing import Literal

from futures_async.transport.http.backend import MAX_BODY, HttpFailure, Phase

ACCEPT_ENCODING = "gzip"

_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Fed with chunks as they come from the socket; `HttpFailure` as soon as it is clear that no body comes of it.

    What is no success needs none: of a page of 429 or 503 that cannot be unpacked the status still speaks.

    Args:
        encoding: The header Content-Encoding.
        length: The header Content-Length.
        status: Of the answer.
    """

    __slots__ = ("_fed", "_left", "_lost", "_needed", "_unzip", "_whole")

    def __init__(self, encoding: str | None, length: str | None, status: int = 200) -> None:
        self._left = MAX_BODY
        self._whole: bytes | bytearray = b""
        self._unzip = None
        self._fed = self._lost = False
        self._needed = status < 300
        if encoding is not None and encoding.lower() not in ("", "identity"):
            if encoding.lower() in ("gzip", "x-gzip"):
                self._unzip = zlib.decompressobj(_GZIP)
            else:
                self._unreadable("encoding")
        if length is not None and length.isdecimal() and (len(length) > 18 or int(length) > MAX_BODY):
            raise _failure("body-too-large")

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""
        if self._unzip is None:
            self._keep(chunk)
            return
        # One byte more than may come, so that a body of exactly the cap passes and a bomb unpacks no further.
        while chunk:
            self._fed = True
            if self._unzip.eof:
                # gzip allows several members in a row, and pads them with zeros as tapes want it: no part of the body.
                chunk = chunk.lstrip(b"\0")
                if not chunk:
                    return
                self._unzip = zlib.decompressobj(_GZIP)
            try:
                self._keep(self._unzip.decompress(chunk, self._left + 1))
            except zlib.error:
                broken = True
            else:
                broken = False
            if broken:
                self._unreadable("protocol")
                return
            chunk = self._unzip.unconsumed_tail or self._unzip.unused_data

    def end(self) -> bytes:
        """The whole body."""
        if self._fed and self._unzip is not None and not self._unzip.eof:
            self._unreadable("protocol")  # cut short
        return b"" if self._lost else bytes(self._whole)

    def _unreadable(self, why: Literal["encoding", "protocol"]) -> None:
        if self._needed:
            raise _failure(why)
        self._lost, self._unzip = True, None

    def _keep(self, plain: bytes) -> None:
        self._left -= len(plain)
        if self._left < 0:
            raise _failure("body-too-large")
        self._whole = joined(self._whole, plain)


def joined(begun: bytes | bytearray, more: bytes) -> bytes | bytearray:
    """A body and its next piece: one that comes in one piece is not copied, and one of millions is no list of them."""
    if not begun:
        return more
    if not isinstance(begun, bytearray):
        begun = bytearray(begun)
    begun += more
    return begun


def _failure(kind: Literal["encoding", "protocol", "body-too-large"]) -> HttpFailure:
    return HttpFailure(kind, Phase.ANSWERING, sent=True)
