"""Heads as bytes: a request's, written whole and checked; an answer's, searched for the few headers ever asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from futures_async.transport.http.address import Address
from futures_async.transport.http.backend import HttpFailure, HttpRequest, Phase
from futures_async.transport.http.body import ACCEPT_ENCODING

_ACCEPT = f"Accept-Encoding: {ACCEPT_ENCODING}\r\n"


def written(request: HttpRequest, address: Address) -> bytes:
    """The request as it goes out.

    Raises:
        HttpFailure: It has letters that no request can have.
    """
    lines, target, body = request.headers.lines(), request.target, request.body
    if lines is None or not target.isascii() or not target.isprintable() or " " in target:
        raise HttpFailure("protocol", Phase.QUEUED, sent=False)
    length = f"Content-Length: {len(body)}\r\n" if body or request.method in ("POST", "PUT", "PATCH") else ""
    head = f"{request.method} {target} HTTP/1.1\r\nHost: {address.named}\r\n{_ACCEPT}{lines}{length}\r\n"
    return head.encode("ascii") + body


class Headers(Mapping[str, str]):
    """An answer's headers by name in lower case, looked for in the head as it came.

    Args:
        head: From the status line to the line break of the last header.
    """

    __slots__ = ("_head", "_lower")

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._lower = head.lower()

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
        return self._head[start : self._head.find(b"\n", start)].strip().decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        names = (line.partition(b":") for line in self._lower.split(b"\n")[1:])
        return iter(dict.fromkeys(name.decode("latin-1") for name, colon, _ in names if colon))

    def __len__(self) -> int:
        return sum(1 for _ in self)
