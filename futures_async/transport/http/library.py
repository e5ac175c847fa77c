"""The portable backend's library: httpx with httpcore, or their continuation httpx2 with httpcore2.

Both have the same names, and classes of their own. What is used of them is asked for here, so that the rest is written
once, in httpx's types.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import AsyncIterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, Protocol

import anyio
import h11
import httpcore
import httpx

from futures_async.transport.http.backend import FailureKind
from futures_async.transport.http.extras import httpx2_installed

PortableName = Literal["httpx", "httpx2"]


class Sends(Protocol):
    """A client of httpx2, to type checkers: its names cannot be imported where it is not installed."""

    @property
    def is_closed(self) -> bool:
        """It sends nothing more."""
        ...

    async def send(self, request: Any, *, stream: bool = False) -> Any:
        """Send a request."""
        ...


class Handles(Protocol):
    """A transport of httpx2, to type checkers."""

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request."""
        ...


class Portable:
    """One of the two libraries.

    Attributes:
        http: httpx, or httpx2.
        core: httpcore, or httpcore2.
        kinds: What their exceptions, and those of what is below them, mean.
        mapped: All of these; an ASGI app's own errors pass through.
        before_sending: Without any report of a phase, only these prove that nothing was sent.
    """

    def __init__(self, name: PortableName, http: Any, core: Any) -> None:
        self.name: PortableName = name
        self.http = http
        self.core = core
        self.kinds: dict[type[BaseException], FailureKind] = {**_kinds(http, core), **_BELOW}
        self.mapped = tuple(self.kinds)
        self.before_sending: tuple[type[BaseException], ...] = (
            http.ConnectError,
            http.ConnectTimeout,
            http.PoolTimeout,
            http.ProxyError,
            http.UnsupportedProtocol,
            http.InvalidURL,
            core.ConnectError,
            core.ConnectTimeout,
            core.PoolTimeout,
            core.ProxyError,
            core.UnsupportedProtocol,
            core.ConnectionNotAvailable,
        )
        self._content: Any = type("Content", (_Content, http.AsyncByteStream), {})

    def content(self, body: bytes) -> Any:
        """The body in one piece. httpx's own is a generator, left to the collector when writing fails."""
        return self._content(body)

    def serves(self, given: object) -> bool:
        """`given` is a client or transport of this library."""
        return isinstance(given, (self.http.AsyncClient, self.http.AsyncBaseTransport))


def _kinds(http: Any, core: Any) -> dict[type[BaseException], FailureKind]:
    # The most specific class wins: found by walking the exception's own classes upwards.
    return {
        http.ConnectTimeout: "connect-timeout",
        http.PoolTimeout: "pool-timeout",
        http.WriteTimeout: "write-timeout",
        http.ReadTimeout: "read-timeout",
        http.TimeoutException: "read-timeout",
        http.ConnectError: "unreachable",
        http.WriteError: "write",
        http.ReadError: "read",
        http.CloseError: "read",
        http.NetworkError: "read",
        http.ProxyError: "proxy",
        http.DecodingError: "encoding",
        http.HTTPError: "protocol",
        http.InvalidURL: "protocol",
        http.CookieConflict: "protocol",
        http.StreamError: "protocol",
        core.ConnectTimeout: "connect-timeout",
        core.PoolTimeout: "pool-timeout",
        core.WriteTimeout: "write-timeout",
        core.TimeoutException: "read-timeout",
        core.ConnectError: "unreachable",
        core.WriteError: "write",
        core.NetworkError: "read",
        core.ProxyError: "proxy",
        core.ProtocolError: "protocol",
        core.UnsupportedProtocol: "protocol",
        core.ConnectionNotAvailable: "aborted",  # closed by `aclose` after it was chosen, before anything left
    }


_BELOW: dict[type[BaseException], FailureKind] = {
    h11.ProtocolError: "protocol",
    anyio.BrokenResourceError: "read",
    anyio.ClosedResourceError: "read",
    anyio.EndOfStream: "disconnected",
    ssl.SSLError: "read",
    OSError: "read",
    # Headers and URLs are encoded on the way: what cannot be encoded was never sent, as the phase then tells.
    ValueError: "protocol",
}
if find_spec("socksio") is not None:  # of the extra [proxy]: what a proxy says that does not speak SOCKS
    _BELOW[import_module("socksio").ProtocolError] = "proxy"


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._body:
            raise StopAsyncIteration
        body, self._body = self._body, b""
        return body


HTTPX = Portable("httpx", httpx, httpcore)


@cache
def portable(name: PortableName) -> Portable:
    """A library by its name, imported now."""
    return HTTPX if name == "httpx" else Portable(name, import_module("httpx2"), import_module("httpcore2"))


def library_of(given: object) -> Portable | None:
    """The library of a client or transport; None if it is of neither."""
    if HTTPX.serves(given):
        return HTTPX
    if "httpx2" in sys.modules and httpx2_installed() and (newer := portable("httpx2")).serves(given):
        return newer
    return None
