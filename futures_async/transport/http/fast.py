"""The fast backend on asyncio (extra `[fast]`): its transports, and llhttp to read the answers.

TLS is OpenSSL in the loop's own thread, as everywhere in asyncio, so it runs wherever asyncio does.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from time import monotonic

from futures_async.transport.http.address import Address, address
from futures_async.transport.http.backend import (
    KEEP_ALIVE_S,
    Done,
    HttpBackend,
    HttpFailure,
    HttpRequest,
    HttpResponse,
    Phase,
    fault,
)
from futures_async.transport.http.dial import Dialer
from futures_async.transport.http.head import written
from futures_async.transport.http.idle import idle_clock
from futures_async.transport.http.llhttp import Connection
from futures_async.transport.http.route import DIRECT, Route
from futures_async.transport.http.watch import Watch
from futures_async.transport.running import LoopEnd
from futures_async.transport.runtime import running_asyncio_loop

CLOSE_TURNS = 100
"""So many turns of the loop are given to what is being closed; it needs three."""


class FastBackend(HttpBackend):
    """Kept connections for each server, the one used last used first.

    Args:
        route: The way out.
    """

    name = "fast"

    def __init__(self, route: Route = DIRECT) -> None:
        super().__init__()
        self._dialer = Dialer(route)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: LoopEnd | None = None
        self._closed = False
        self._forget_all()

    def _forget_all(self) -> None:
        self.watch = Watch()
        self._idle: dict[Address, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._dialing: set[asyncio.Task[Connection]] = set()

    # Requests

    def begin(self, request: HttpRequest, done: Done) -> None:
        try:
            if self._closed or request.abort.raised:
                raise HttpFailure("aborted", Phase.QUEUED, sent=False)
            self._bind()
            server = address(request.origin)
            data = written(request, server)
            now = monotonic()
            connection = None if request.apart else self._kept(server)
            if connection is None:
                self._dial(server, request, now, done)
            elif request.sent_within_s is not None and request.sent_within_s <= 0.0:
                self.served(connection)
                raise HttpFailure("connect-timeout", Phase.CONNECTING, sent=False)
            else:
                connection.ask(data, request, now + request.patience_s, done)
            return
        except HttpFailure as error:
            failure = HttpFailure(error.kind, error.phase, sent=error.sent)
        except Exception as error:  # of a kind that nobody has thought of
            failure = fault(error, sent=request.abort.sending)
        done(failure)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send and read.

        Raises:
            HttpFailure: With the phase reached.
        """
        future: asyncio.Future[HttpResponse | HttpFailure] = asyncio.get_running_loop().create_future()

        def done(answer: HttpResponse | HttpFailure) -> None:
            if not future.done():
                future.set_result(answer)

        self.begin(request, done)
        answer = await future
        if isinstance(answer, HttpFailure):
            raise answer
        return answer

    def _bind(self) -> None:
        """To the running loop, at first use; anew where that of before has ended and nobody has closed this."""
        loop = running_asyncio_loop()
        if loop is self._loop:
            return
        if self._loop is not None and not self._loop.is_closed():
            raise RuntimeError("this HTTP backend belongs to another event loop")
        self._loop = loop
        self._forget_all()
        self._end = LoopEnd(self._drop_all)

    def _kept(self, server: Address) -> Connection | None:
        idle = self._idle.get(server)
        now = idle_clock() if idle else 0.0
        while idle:
            connection = idle.pop()
            if connection.usable(now, KEEP_ALIVE_S):
                return connection
            connection.close()
        return None

    # New connections

    def _dial(self, server: Address, request: HttpRequest, began: float, done: Done) -> None:
        """Make a connection, and send the request over it.

        In a task that knows nothing of the request, with nothing of the caller's context: the connection would keep it.
        """
        within_s = min(request.timeouts.connect_s, request.patience_s)
        if request.sent_within_s is not None:
            within_s = min(within_s, request.sent_within_s)
        dialing = self._dialer.connect(server, within_s, lambda: Connection(self, server))
        context = Context()
        # Not by the loop's task factory, which may be one of the user's.
        task = asyncio.Task(dialing, loop=asyncio.get_running_loop(), context=context)
        self._dialing.add(task)

        def connected(task: asyncio.Task[Connection]) -> None:
            self._dialing.discard(task)
            try:
                failure = self._send_over(task, server, request, began, done)
            except Exception as error:  # of a kind that nobody has thought of
                failure = fault(error, sent=request.abort.sending)
            if failure is not None:
                done(failure)

        task.add_done_callback(connected, context=context)

    def _send_over(
        self,
        task: asyncio.Task[Connection],
        server: Address,
        request: HttpRequest,
        began: float,
        done: Done,
    ) -> HttpFailure | None:
        if task.cancelled():
            return HttpFailure("aborted", Phase.CONNECTING, sent=False)
        error = task.exception()
        if isinstance(error, HttpFailure):
            return HttpFailure(error.kind, error.phase, sent=error.sent)
        if error is not None:
            known = error if isinstance(error, Exception) else RuntimeError(repr(error))
            return fault(known, sent=request.abort.sending)
        connection, within_s = task.result(), request.sent_within_s
        unwanted = self._closed or request.abort.raised
        if unwanted or (within_s is not None and monotonic() - began > within_s):
            self.served(connection)
            return HttpFailure("aborted" if unwanted else "connect-timeout", Phase.CONNECTING, sent=False)
        if connection.is_closing():  # as soon as it stood: what is written is lost, and uvloop refuses to write
            return HttpFailure("disconnected", Phase.CONNECTING, sent=False)
        connection.ask(written(request, server), request, began + request.patience_s, done)
        return None

    # Connections

    def opened(self, connection: Connection) -> None:
        """It stands."""
        self._open.add(connection)

    def served(self, connection: Connection) -> None:
        """Keep it, unless this is closed by now."""
        if self._closed:
            connection.close()
            return
        now = connection.idle_since = idle_clock()
        idle = self._idle.setdefault(connection.address, [])
        idle.append(connection)
        if len(idle) > self.max_connections or idle[0].idle_since < now - KEEP_ALIVE_S:
            idle.pop(0).close()

    def lost(self, connection: Connection) -> None:
        """It is closed."""
        self._open.discard(connection)
        idle = self._idle.get(connection.address)
        if idle and connection in idle:
            idle.remove(connection)

    def renew(self) -> None:
        """Send nothing more on the connections of now."""
        for connection in self._open:
            connection.spoiled = True
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    async def aclose(self) -> None:
        """Close all connections; what is under way ends as a failure."""
        self._closed = True
        if self._end is not None:
            await self._end.disarm()
        if self._loop is running_asyncio_loop():
            await self._drop_all()
        else:  # nothing was sent, or it went with its loop
            self._forget_all()

    async def _drop_all(self) -> None:
        for task in tuple(self._dialing):
            task.cancel()
        for connection in tuple(self._open):
            connection.drop()
        self.watch.stop()
        for _ in range(CLOSE_TURNS):
            if not (self._open or self._dialing):
                break
            await asyncio.sleep(0)
