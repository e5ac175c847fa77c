"""Which backend serves an exchange, and who shares it.

Exchanges made with a name (or nothing) share one backend per event loop, library and venue host, so a thousand
accounts have its connections and its TLS context in common; the last of them to close closes it. What the user
hands in is the user's: it is used, and left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import sniffio

from futures_async.transport.http.backend import Done, HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.http.extras import fast_installed, httpx2_installed
from futures_async.transport.http.route import DIRECT, Route
from futures_async.transport.http.slots import Slots
from futures_async.transport.runtime import current_trio_token, running_asyncio_loop
from futures_async.unified.errors import InvalidRequest

# httpx is imported where it is used: it takes as long as the rest of an adapter together.
if TYPE_CHECKING:
    import httpx

    from futures_async.transport.http.library import Handles, Sends

    Http = HttpBackend | httpx.AsyncClient | httpx.AsyncBaseTransport | Sends | Handles | str | None
else:
    Http = Any
"""What `http=` takes: None for the fastest installed, a `Library`, a backend, a client or transport of httpx(2)."""

Library = Literal["httpx", "httpx2", "fast"]


def select(http: Http = None, url: str = "", route: Route = DIRECT) -> tuple[HttpBackend, bool]:
    """The backend for `http`, and whether it is to be closed with the exchange.

    Args:
        http: None takes the fast backend on asyncio where its extra is installed, else httpx2, else httpx.
        url: The venue's base URL; backends are shared per scheme, host, port and route.
        route: The way out, of connections that are made here.

    Raises:
        InvalidRequest: No such library, or its extra is not installed.
    """
    if route is not DIRECT and not isinstance(http, (str, type(None))):
        raise InvalidRequest(
            "proxy, ca_file, local_address and trust_env are for connections made here: give them to the client, "
            "transport or backend that http= names"
        )
    if isinstance(http, HttpBackend):
        return http, False
    if not isinstance(http, (str, type(None))):
        from futures_async.transport.http.httpx import HttpxBackend
        from futures_async.transport.http.library import library_of

        if library_of(http) is not None:
            return HttpxBackend(cast("httpx.AsyncClient | httpx.AsyncBaseTransport", http)), True
    library: Library | None
    if http is None:
        library = None
    elif http == "httpx":
        library = "httpx"
    elif http == "httpx2":
        if not httpx2_installed():
            raise InvalidRequest("http='httpx2' needs an extra: pip install 'futures-async[httpx2]'")
        library = "httpx2"
    elif http == "fast":
        if not fast_installed():
            raise InvalidRequest("http='fast' needs an extra: pip install 'futures-async[fast]'")
        library = "fast"
    else:
        # What was given is not shown: the URL of a proxy in the wrong place would hold its password.
        raise InvalidRequest(
            "http must be None, 'httpx', 'httpx2', 'fast', an AsyncClient or transport of httpx or httpx2, or a backend"
        )
    parts = urlsplit(url)
    return Lease(library, f"{parts.scheme}://{parts.netloc}", route), True


class _Shared:
    """One backend and how many exchanges use it."""

    __slots__ = ("__weakref__", "backend", "users")

    def __init__(self, backend: HttpBackend) -> None:
        self.backend = backend
        self.users = 0


# By event loop, library, venue and route. What is held by no exchange object is gone; nothing here keeps a loop alive.
_shared: WeakValueDictionary[tuple[object, Library, str, str], _Shared] = WeakValueDictionary()


class Lease(HttpBackend):
    """A share in the running event loop's backend, taken at first use: an exchange may be made before the loop runs."""

    def __init__(self, library: Library | None, origin: str, route: Route = DIRECT) -> None:
        super().__init__()
        self._library: Library | None = library
        self._origin = origin
        self._route = route
        self._share: _Shared | None = None
        self._closed = False
        self.name = library or "fastest"

    @property
    def slots(self) -> Slots:
        """Those of the shared backend: all exchanges on it wait in one line."""
        return self._slots if self._closed else self._join().backend.slots

    def begin(self, request: HttpRequest, done: Done) -> None:
        if self._closed:
            done(HttpFailure("aborted", Phase.QUEUED, sent=False))
        else:
            self._join().backend.begin(request, done)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send through the shared backend.

        Raises:
            HttpFailure: With the phase reached.
        """
        if self._closed:
            raise HttpFailure("aborted", Phase.QUEUED, sent=False)
        return await self._join().backend.send(request)

    def renew(self) -> None:
        """Of the shared backend: its connections are everybody's."""
        if self._share is not None:
            self._share.backend.renew()

    async def aclose(self) -> None:
        """Give the share back; the last one closes the backend."""
        share, self._share, self._closed = self._share, None, True
        if share is None:
            return
        share.users -= 1
        if share.users == 0:
            for key in [key for key, other in _shared.items() if other is share]:
                del _shared[key]
            await share.backend.aclose()

    def _join(self) -> _Shared:
        if self._share is None:
            library = self._library or _fastest()
            if library == "fast" and not _on_asyncio():
                raise InvalidRequest("http='fast' is for asyncio; elsewhere http='httpx' or 'httpx2' serves")
            key = (running_asyncio_loop() or current_trio_token(), library, self._origin, self._route.key)
            share = _shared.get(key)
            if share is None:
                share = _shared[key] = _Shared(_open(library, self._route))
            share.users += 1
            self._share, self.name = share, share.backend.name
        return self._share


def _fastest() -> Library:
    if fast_installed() and _on_asyncio():
        return "fast"
    return "httpx2" if httpx2_installed() else "httpx"


def _on_asyncio() -> bool:
    return sniffio.current_async_library() == "asyncio"


def _open(library: Library, route: Route) -> HttpBackend:
    if library != "fast":
        from futures_async.transport.http.httpx import HttpxBackend

        return HttpxBackend(route=route, library=library)
    from futures_async.transport.http.fast import FastBackend

    return FastBackend(route)
