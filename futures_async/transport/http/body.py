"""Collect an answer's body: plain or gzip, never more than the cap, whatever it unpacks to."""

from __future__ import annotations

import zlib
from typing import Literal

from futures_async.transport.http.backend import MAX_BODY, HttpFailure, Phase

ACCEPT_ENCODING = "gzip"

_GZIP = 16 + zlib.MAX_WBITS


class Body:
    """Fed with chunks as they come from the socket; `HttpFailure` as soon as it is clear that no body comes of it."""

    __slots__ = ("_fed", "_left", "_parts", "_unzip")

    def __init__(self, encoding: str | None, length: str | None) -> None:
        self._left = MAX_BODY
        self._parts: list[bytes] = []
        self._unzip = None
        self._fed = False
        if encoding is not None and encoding.lower() not in ("", "identity"):
            if encoding.lower() not in ("gzip", "x-gzip"):
                raise _failure("encoding")
            self._unzip = zlib.decompressobj(_GZIP)
        if length is not None and length.isdecimal() and (len(length) > 18 or int(length) > MAX_BODY):
            raise _failure("body-too-large")

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""
        if self._unzip is None:
            self._keep(chunk)
            return
        self._fed = True
        # One byte more than may come, so that a body of exactly the cap passes and a bomb unpacks no further.
        while chunk:
            if self._unzip.eof:
                self._unzip = zlib.decompressobj(_GZIP)  # gzip allows several members in a row
            try:
                self._keep(self._unzip.decompress(chunk, self._left + 1))
            except zlib.error:
                broken = True
            else:
                broken = False
            if broken:
                raise _failure("encoding")
            chunk = self._unzip.unconsumed_tail or self._unzip.unused_data

    def end(self) -> bytes:
        """The whole body."""
        if self._fed and self._unzip is not None and not self._unzip.eof:
            raise _failure("encoding")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _keep(self, plain: bytes) -> None:
        self._left -= len(plain)
        if self._left < 0:
            raise _failure("body-too-large")
        self._parts.append(plain)


def _failure(kind: Literal["encoding", "body-too-large"]) -> HttpFailure:
    return HttpFailure(kind, Phase.ANSWERING, sent=True)
