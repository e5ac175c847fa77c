"""The portable backend: httpx or httpx2. For trio, respx, ASGI apps in process, and clients of the user's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast

import anyio
import httpx

from futures_async.transport.http.backend import HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase, fault
from futures_async.transport.http.body import ACCEPT_ENCODING, Body
from futures_async.transport.http.core import Direct
from futures_async.transport.http.failures import Marks, h11_state
from futures_async.transport.http.library import HTTPX, Portable, PortableName, library_of, portable
from futures_async.transport.http.route import DIRECT, Route


class HttpxBackend(HttpBackend):
    """httpx's engine, on connections of its own; or a client or transport of the user's, with what is built into it.

    Args:
        http: None for connections of its own. A client or transport of either library, which stays open when this
            closes, and keeps its connections as it likes: a request that should have one `apart` shares them.
        route: The way out, for connections of its own.
        library: Whose connections are its own.
    """

    def __init__(
        self,
        http: httpx.AsyncClient | httpx.AsyncBaseTransport | None = None,
        *,
        route: Route = DIRECT,
        library: PortableName = "httpx",
    ) -> None:
        super().__init__()
        self._library = portable(library) if http is None else library_of(http) or HTTPX
        self.name = self._library.name
        self._given = http
        self._own = Direct(route, self._library) if http is None else None
        self._client: httpx.AsyncClient | None = None
        if isinstance(http, self._library.http.AsyncClient):
            self._client = cast("httpx.AsyncClient", http)
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        if self._own is not None:
            return await self._own.send(request)
        marks = Marks(request, self, self._library)
        try:
            # Cancelled in the middle, a pool of somebody else's may be spoiled: it is only asked to be quick.
            return await self._exchange(request, marks)
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent, reused=marks.reused)
        except self._library.mapped as error:
            failure = marks.failure(error)
        except Exception as error:  # of a kind that nobody has thought of: a stand-in's, an app's in this process
            failure = fault(error, sent=request.abort.sending or not (marks.told or self._tells_phases()))
        raise failure

    def _tells_phases(self) -> bool:
        """What was given tells how far a request got, as the library's own transports do: silence is proof then.

        Also where a test has put a stand-in in the place of one of these. Of a client the library tells its transports
        under names that are its own; where these are others, nothing is proved.
        """
        transports: list[object] = [self._given]
        if self._client is not None:
            mounts: dict[object, object] = getattr(self._client, "_mounts", {"": None})
            transports = [getattr(self._client, "_transport", None), *filter(None, mounts.values())]
        return all(type(transport) is self._library.http.AsyncHTTPTransport for transport in transports)

    def renew(self) -> None:
        """Send nothing more on the connections of now, if they are its own."""
        if self._own is not None:
            self._own.renew()

    async def aclose(self) -> None:
        """Close the connections, if they are its own; what is under way ends as a failure."""
        self._closed = True
        if self._own is not None:
            await self._own.aclose()

    async def _exchange(self, request: HttpRequest, marks: Marks) -> HttpResponse:
        marks.check()
        prepared = _prepared(request, marks, self._library)
        if self._client is not None:
            response = await self._client.send(prepared, stream=True, auth=None, follow_redirects=False)
        else:
            response = await cast("httpx.AsyncBaseTransport", self._given).handle_async_request(prepared)
        marks.phase, marks.until = Phase.ANSWERING, marks.total
        try:
            raw = reversed(response.headers.raw)  # of several of one name the first, as of the fast backend
            headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in raw}
            if response.is_stream_consumed:  # a hook of the user's client has read it
                return HttpResponse(status=response.status_code, headers=headers, body=response.content)
            body = Body(headers.get("content-encoding"), headers.get("content-length"), response.status_code)
            chunks = aiter(cast("httpx.AsyncByteStream", response.stream))
            read_whole = False
            try:
                async for chunk in chunks:
                    body.feed(chunk)
                    if anyio.current_time() > marks.until:
                        raise HttpFailure("read-timeout", Phase.ANSWERING, sent=True)
                content = body.end()
                read_whole = True
            finally:
                if not read_whole:
                    with anyio.CancelScope(shield=True):
                        await _hang_up(response, chunks, self._library)
            _drop_if_trailing(response)
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        return HttpResponse(status=response.status_code, headers=headers, body=content)

    @property
    def shut(self) -> bool:
        """Closed here, or by the owner of the client."""
        return self._closed or (self._client is not None and self._client.is_closed)


def _prepared(request: HttpRequest, marks: Marks, library: Portable) -> httpx.Request:
    prepared: httpx.Request = library.http.Request(
        request.method,
        request.url,
        headers=[*request.headers.open(), ("Accept-Encoding", ACCEPT_ENCODING)],
        content=request.body or None,
        extensions=marks.extensions(request),
    )
    if (prepared.url.port or 0) > 65535:
        raise library.http.InvalidURL("port out of range")  # on asyncio the socket would raise a bare OverflowError
    prepared.stream = library.content(request.body)
    return prepared


async def _hang_up(response: httpx.Response, chunks: AsyncIterator[bytes], library: Portable) -> None:
    """Close the socket and read on to its end: the generators inside httpx must not be left to the collector."""
    state = h11_state(response.stream)
    if state is not None:
        state.send_failed()
    network = response.extensions.get("network_stream")
    if network is not None:
        with suppress(*library.mapped):
            await network.aclose()
            async for _ in chunks:
                pass


def _drop_if_trailing(response: httpx.Response) -> None:
    """Give up a connection on which more came than was asked for: it would be taken for the next request's answer.

    httpcore closes what h11 calls failed, instead of keeping it.
    """
    state = h11_state(response.stream)
    if state is not None and state.trailing_data[0]:
        state.send_failed()
