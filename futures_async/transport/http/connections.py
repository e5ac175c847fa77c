"""The connections of the portable backend's own: kept one by one, without a pool.

httpcore's pool looks at all its connections, squared, for every request, and one that was cancelled at the wrong
moment loses its place for good (RELIABILITY §2.8). Here there is nothing to search, and what had any trouble is
thrown away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

import anyio
import httpcore

from futures_async.transport.http.backend import KEEP_ALIVE_S
from futures_async.transport.http.idle import idle_clock
from futures_async.transport.http.library import Portable
from futures_async.transport.http.route import Route


class Connections:
    """Idle ones, the one used last on top; whoever takes one gives it back or drops it."""

    def __init__(self, route: Route, library: Portable) -> None:
        self._make = _maker(route, library.core)
        self._mapped = library.mapped
        self._idle: deque[tuple[httpcore.AsyncHTTPConnection, float, float]] = deque()
        self._taken: set[httpcore.AsyncHTTPConnection] = set()
        self._doubted: set[httpcore.AsyncHTTPConnection] = set()
        self._old: list[httpcore.AsyncHTTPConnection] = []

    def take(self, origin: httpcore.Origin, *, apart: bool = False) -> httpcore.AsyncHTTPConnection:
        """A connection to this origin, or one to be, which `apart` always is; as many as are asked for."""
        connection = None if apart else self._kept(origin)
        if connection is None:
            connection = self._make(origin)
        self._taken.add(connection)
        return connection

    async def give(self, connection: httpcore.AsyncHTTPConnection, kept_s: float) -> None:
        """It served well and may serve again within `kept_s`. The bottom one, if idle for too long, is closed."""
        if connection in self._doubted or not connection.is_idle():
            await self.drop(connection)
            return
        now = idle_clock()
        self._taken.discard(connection)
        self._idle.append((connection, now, kept_s))
        if now - self._idle[0][1] > KEEP_ALIVE_S:
            self._old.append(self._idle.popleft()[0])
        await self._clear()

    def renew(self) -> None:
        """Use none of the present ones again. The idle are closed when the next one is given back."""
        self._doubted |= self._taken
        self._old += (idle for idle, *_ in self._idle)
        self._idle.clear()

    async def drop(self, connection: httpcore.AsyncHTTPConnection) -> None:
        """Something went wrong on it, or it is not to serve again: it is closed."""
        self._taken.discard(connection)
        self._doubted.discard(connection)
        with anyio.CancelScope(shield=True):
            await self._close(connection)
            await self._clear()

    async def aclose(self) -> None:
        """Close all, those in use too."""
        for connection in [*(idle for idle, *_ in self._idle), *self._old, *self._taken]:
            await self._close(connection)
        self._idle.clear()
        self._old.clear()

    async def _clear(self) -> None:
        while self._old:
            await self._close(self._old.pop())

    async def _close(self, connection: httpcore.AsyncHTTPConnection) -> None:
        # Of no concern to the request on whose way it happens. A loop that has ended says so by a RuntimeError.
        with suppress(*self._mapped, RuntimeError):
            await connection.aclose()

    def _kept(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection | None:
        """The idle one to this origin that was used last. Those that the venue has closed meanwhile are put away."""
        for at in reversed(range(len(self._idle))):
            connection, since, kept_s = self._idle[at]
            if connection.can_handle_request(origin):
                del self._idle[at]
                if idle_clock() - since <= min(KEEP_ALIVE_S, kept_s) and not connection.has_expired():
                    return connection
                self._old.append(connection)
        return None


def _maker(route: Route, core: Any) -> Callable[[httpcore.Origin], httpcore.AsyncHTTPConnection]:
    """What makes connections. httpcore's pools of proxied ones do; as pools they are not used."""
    proxy, tls, here = route.proxy, route.tls, route.local_address
    if proxy is None:
        return lambda origin: core.AsyncHTTPConnection(
            origin, ssl_context=tls, keepalive_expiry=KEEP_ALIVE_S, local_address=here
        )
    kind: Any = core.AsyncSOCKSProxy if proxy.socks else core.AsyncHTTPProxy
    more: dict[str, Any] = {"proxy_ssl_context": tls} if proxy.scheme == "https" else {}
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    user, password = ("" if part is None else part.reveal() for part in (proxy.user, proxy.password))
    pool = kind(
        f"{proxy.scheme.removesuffix('h')}://{host}:{proxy.port}",
        proxy_auth=(user.encode(), password.encode()) if proxy.user is not None else None,
        ssl_context=tls,
        keepalive_expiry=KEEP_ALIVE_S,
        network_backend=_from(here, core),
        **more,
    )
    return cast("Callable[[httpcore.Origin], httpcore.AsyncHTTPConnection]", pool.create_connection)


def _from(here: str | None, core: Any) -> Any:
    """What connects from one address; on asyncio and trio."""
    own: httpcore.AsyncNetworkBackend = core.AnyIOBackend()

    class From(core.AsyncNetworkBackend):  # type: ignore[misc, unused-ignore]
        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.AsyncNetworkStream:
            return await own.connect_tcp(host, port, timeout, here, socket_options)

    return From()
