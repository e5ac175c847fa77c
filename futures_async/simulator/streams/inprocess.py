"""A backend for the library's stream seam whose other end is a simulated exchange in the same process.

No sockets and no real time, on asyncio: frames take `latency_s` each way on the loop's clock, which must be the
exchange's, so that a virtual one runs through days in seconds and a seed gives the same run every time.

    streams = InProcessStreams(SimulatedExchange(now_ms=...), plan)
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

import anyio

from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.marks import STEP_MS
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.stream_dialect import Frame
from futures_async.simulator.streams.clockwork import Clockwork
from futures_async.simulator.streams.hub import Refused, StreamHub
from futures_async.simulator.streams.session import Session
from futures_async.streams.backend import (
    CLOSE_S,
    Receiver,
    StreamBackend,
    StreamConnection,
    StreamEnd,
    StreamFailure,
    StreamRequest,
)

T = TypeVar("T")


class InProcessStreams(StreamBackend):
    """Connects to an exchange by calling it.

    Args:
        exchange: The other end.
        plan: What goes wrong on the way.
        latency_s: How long the way there, and the way back, each take.
        address: Where connections come from, for limits per address.
        grid_ms: See `StreamHub`.
    """

    name = "simulated"

    def __init__(
        self,
        exchange: SimulatedExchange,
        plan: FaultPlan | None = None,
        *,
        latency_s: float = 0.0,
        address: str = "127.0.0.1",
        grid_ms: int = STEP_MS,
    ) -> None:
        self.hub = StreamHub(exchange, plan, grid_ms=grid_ms)
        self.latency_s = latency_s
        self.address = address
        self._clockwork = Clockwork(self.hub)

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        """Upgrade, as the exchange has it.

        Raises:
            StreamFailure: It refuses.
        """
        await anyio.sleep(2 * self.latency_s)
        self._clockwork.start()
        connection = _Connection(receiver, self.latency_s, self._clockwork)
        try:
            connection.open(self.hub, urlsplit(request.url), self.address)
        except Refused as refused:
            status = refused.status
        else:
            return connection
        raise StreamFailure("protocol", status)


class _Pipe(Generic[T]):
    """One direction: what goes in comes out later, in order."""

    def __init__(self, latency_s: float, deliver: Callable[[T], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._latency_s = latency_s
        self._deliver = deliver
        self._flying: deque[T] = deque()

    def put(self, item: T) -> None:
        self._flying.append(item)
        if self._latency_s:
            self._loop.call_later(self._latency_s, self._arrive)
        else:
            self._loop.call_soon(self._arrive)

    def _arrive(self) -> None:
        # One for each timer: timers of the same moment fire in any order, and some a little before their time.
        self._deliver(self._flying.popleft())


class _Connection(StreamConnection):
    """Between a session and a receiver."""

    def __init__(self, receiver: Receiver, latency_s: float, clockwork: Clockwork) -> None:
        self._receiver = receiver
        self._down = _Pipe[Frame | StreamEnd](latency_s, self._arrived)
        self._up = _Pipe[str](latency_s, self._said)
        self._clockwork = clockwork
        self._gone = asyncio.Event()
        self._ending = False
        self._left = False

    def open(self, hub: StreamHub, url: SplitResult, address: str) -> None:
        """Upgrade.

        Raises:
            Refused: The exchange says no.
        """
        self._session: Session = hub.open(
            url.path, client=address, wake=lambda: self._clockwork.run(self._take), query=url.query
        )

    # What the exchange says

    def _take(self) -> None:
        session = self._session
        while session.outbox:
            self._down.put(session.outbox.popleft())
        if session.end is not None and not self._ending:
            self._ending = True
            code = session.end.code
            self._down.put(StreamEnd(kind="lost" if code is None else "closed", code=code))

    def _arrived(self, item: Frame | StreamEnd) -> None:
        if isinstance(item, StreamEnd):
            self._end(item)
        elif not self._left:
            data = item.encode() if isinstance(item, str) else item
            self._receiver.received(data, binary=data is item)

    def _end(self, end: StreamEnd) -> None:
        if not self._gone.is_set():
            self._gone.set()
            self._left = True
            self._session.hang_up()
            self._receiver.ended(end)

    # What the client does

    def send(self, text: str) -> None:
        """Say something."""
        if not self._left:
            self._up.put(text)

    def _said(self, text: str) -> None:
        self._session.hear(text)

    async def aclose(self) -> None:
        """Say goodbye; a line that is half open does not answer."""
        try:
            if self._session.silent:
                with anyio.move_on_after(CLOSE_S):
                    await self._gone.wait()
            else:
                self._ending = True
                self._session.hang_up()
                self._down.put(StreamEnd(kind="closed", code=1000))
                await self._gone.wait()
        finally:
            self.abort()

    def abort(self) -> None:
        """Leave; `ended` is called in the loop's next turn, as by a socket."""
        if not self._left:
            self._left = True
            self._session.hang_up()
            asyncio.get_running_loop().call_soon(self._end, StreamEnd(kind="lost"))
