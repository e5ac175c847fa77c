"""httpx's transport as a single connection, many times over: the pool of the httpx backend.

httpcore's own pool looks at all its connections, squared, for every request, and one that was cancelled at the wrong
moment loses its place for good (RELIABILITY §2.8). With one connection in each pool there is nothing to search, and
after any trouble the whole pool is thrown away.
"""

from __future__ import annotations

from collections import deque

import anyio
import httpx

from futures_async.http import KEEP_ALIVE_S
from futures_async.http.tls import tls_context


class Connections:
    """Idle ones, the one used last on top; whoever takes one gives it back or drops it."""

    def __init__(self, ca_pem: bytes | None) -> None:
        self._tls = tls_context(ca_pem)
        self._idle: deque[tuple[httpx.AsyncHTTPTransport, float]] = deque()
        self._taken: set[httpx.AsyncHTTPTransport] = set()
        self._doubted: set[httpx.AsyncHTTPTransport] = set()
        self._old: list[httpx.AsyncHTTPTransport] = []

    def take(self, *, apart: bool = False) -> httpx.AsyncHTTPTransport:
        """A connection, or one to be, which `apart` always is; as many as are asked for."""
        if self._idle and not apart:
            transport, _ = self._idle.pop()
        else:
            transport = httpx.AsyncHTTPTransport(
                verify=self._tls,
                trust_env=False,
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE_S),
            )
        self._taken.add(transport)
        return transport

    async def give(self, transport: httpx.AsyncHTTPTransport) -> None:
        """It served well and may serve again. The bottom one, if idle for too long, is closed."""
        if transport in self._doubted:
            await self.drop(transport)
            return
        now = anyio.current_time()
        self._taken.discard(transport)
        self._idle.append((transport, now))
        if now - self._idle[0][1] > KEEP_ALIVE_S:
            self._old.append(self._idle.popleft()[0])
        while self._old:
            await self._old.pop().aclose()

    def renew(self) -> None:
        """Use none of the present ones again. The idle are closed when the next one is given back."""
        self._doubted |= self._taken
        self._old += (idle for idle, _ in self._idle)
        self._idle.clear()

    async def drop(self, transport: httpx.AsyncHTTPTransport) -> None:
        """Something went wrong on it: it is not used again."""
        self._taken.discard(transport)
        self._doubted.discard(transport)
        with anyio.CancelScope(shield=True):
            await transport.aclose()

    async def aclose(self) -> None:
        """Close all, those in use too."""
        for transport in [*(idle for idle, _ in self._idle), *self._old, *self._taken]:
            await transport.aclose()
        self._idle.clear()
        self._old.clear()
