"""The portable backend on connections of its own: httpcore, which is httpx's engine, without httpx around it.

httpx's models and its pool cost a quarter of a call, and none of them is needed: a request comes complete here, with
the very bytes of its target that were signed.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable
from contextlib import suppress
from typing import cast

import anyio
import httpcore

from futures_async.transport.http.address import Address, address
from futures_async.transport.http.backend import HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.http.body import ACCEPT_ENCODING, Body
from futures_async.transport.http.connections import Connections
from futures_async.transport.http.failures import Marks, h11_state
from futures_async.transport.http.idle import kept_s
from futures_async.transport.http.library import HTTPX, Portable
from futures_async.transport.http.route import DIRECT, Route
from futures_async.transport.running import LoopEnd


class Direct:
    """Sends on connections of its own, one request on each at a time.

    Args:
        route: The way out.
        library: Whose connections they are.
    """

    def __init__(self, route: Route = DIRECT, library: Portable = HTTPX) -> None:
        self._library = library
        self._connections = Connections(route, library)
        self._end: LoopEnd | None = None
        self.shut = False
        logging.getLogger(f"{library.core.__name__}.http11").addFilter(_without_headers)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        marks = Marks(request, self, self._library)
        if self._end is None and not self.shut:
            self._end = LoopEnd(self._loop_ends)
        try:
            marks.check()
            # No header and no target in a variable here: this frame is in the traceback of all that comes through.
            connection = self._connections.take(self._origin(address(request.origin)), apart=request.apart)
            sound, lives_s = False, 0.0
            try:
                with anyio.CancelScope(deadline=marks.until) as marks.scope:
                    answer, sound = await self._exchange(request, connection, marks)
                    lives_s = kept_s(answer.headers.get("keep-alive"))
                    return answer
                raise marks.expired()
            finally:
                if sound and not self.shut and not request.apart:
                    await self._connections.give(connection, lives_s)
                else:
                    await self._drop(connection, marks)
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent, reused=marks.reused)
        except self._library.mapped as error:
            failure = marks.failure(error)
        except BaseException as error:
            # A fault of the library, the end of the loop: its frames and its causes' hold the headers.
            error.__cause__ = error.__context__ = error.__traceback__ = None
            raise
        raise failure

    def renew(self) -> None:
        """Send nothing more on the connections of now."""
        self._connections.renew()

    async def aclose(self) -> None:
        """Close the connections; what is under way ends as a failure."""
        self.shut = True
        if self._end is not None:
            await self._end.disarm()
        await self._connections.aclose()

    async def _loop_ends(self) -> None:
        self._end = None
        await self._connections.aclose()

    async def _drop(self, connection: httpcore.AsyncHTTPConnection, marks: Marks) -> None:
        if marks.stream is not None:
            with anyio.CancelScope(shield=True), suppress(*self._library.mapped):
                await marks.stream.aclose()
        await self._connections.drop(connection)

    async def _exchange(
        self, request: HttpRequest, connection: httpcore.AsyncHTTPConnection, marks: Marks
    ) -> tuple[HttpResponse, bool]:
        """The answer, and whether the connection may serve again."""
        response = await connection.handle_async_request(self._prepared(request, marks))
        marks.phase = Phase.ANSWERING
        # Of several of one name the first, as of the fast backend.
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1") for name, value in reversed(response.headers)
        }
        # With `aiter_stream` there would be one more generator around these.
        chunks = aiter(cast("AsyncIterable[bytes]", response.stream))
        try:
            body = Body(headers.get("content-encoding"), headers.get("content-length"), response.status)
            async for chunk in chunks:
                body.feed(chunk)
            content = body.end()
        except BaseException:
            # Read on to the end of what is left: the generators inside httpcore must not be left to the collector.
            with anyio.CancelScope(shield=True), suppress(*self._library.mapped):
                await connection.aclose()
                async for _ in chunks:
                    pass
            raise
        state = h11_state(response.stream)
        # More than was asked for would be taken for the next request's answer.
        clean = state is None or not state.trailing_data[0]
        if clean:
            await response.aclose()
        return HttpResponse(status=response.status, headers=headers, body=content), clean

    def _origin(self, server: Address) -> httpcore.Origin:
        scheme, host = b"https" if server.secure else b"http", server.host.encode("ascii")
        origin: httpcore.Origin = self._library.core.Origin(scheme, host, server.port)
        return origin

    def _prepared(self, request: HttpRequest, marks: Marks) -> httpcore.Request:
        """The request with the target as it was signed.

        Raises:
            HttpFailure: It has letters that no request can have.
        """
        server = address(request.origin)
        headers = [(b"Host", server.named.encode("ascii"))]
        try:
            headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers.open()]
            sent = request.target.encode("ascii")
        except UnicodeEncodeError:
            raise HttpFailure("protocol", Phase.QUEUED, sent=False) from None
        headers.append((b"Accept-Encoding", ACCEPT_ENCODING.encode("ascii")))
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            headers.append((b"Content-Length", b"%d" % len(request.body)))
        origin, core = self._origin(server), self._library.core
        prepared: httpcore.Request = core.Request(
            request.method,
            core.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=sent),
            headers=headers,
            content=self._library.content(request.body),
            extensions=marks.extensions(request),
        )
        return prepared


def _without_headers(record: logging.LogRecord) -> bool:
    """At DEBUG httpcore logs the headers of answers; a venue may repeat in them what it was sent."""
    text = str(record.msg)
    if text.startswith("receive_response_headers.complete"):
        record.msg = text.partition(" ")[0]
    return True
