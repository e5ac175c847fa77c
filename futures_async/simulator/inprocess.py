"""A backend for the library's HTTP seam whose other end is a simulated exchange in the same process.

No sockets and no real time: waits go through anyio, so that a virtual clock runs through years in seconds, and a
seed gives the same run every time. Faults of the network that a server can't cause happen here too.

    exchange = connect("some-venue", credentials, http=InProcessBackend(SimulatedExchange(now_ms=...), plan))
"""

from __future__ import annotations

import logging
from typing import cast
from urllib.parse import urlsplit

import anyio
import anyio.lowlevel

from futures_async.simulator.delivery import GIGANTIC, Deliverer, Delivery
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.transport.http.backend import FailureKind, HttpBackend, HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.http.body import Body

CHUNK = 64 * 1024

logger = logging.getLogger("futures_async.simulator")


class InProcessBackend(HttpBackend):
    """Sends to an exchange by calling it.

    Args:
        exchange: The other end.
        plan: What goes wrong on the way.
        latency_s: How long the way there, and the way back, each take.
        address: Where requests come from, for limits per address.
    """

    name = "simulated"

    def __init__(
        self,
        exchange: SimulatedExchange,
        plan: FaultPlan | None = None,
        *,
        latency_s: float = 0.0,
        address: str = "127.0.0.1",
    ) -> None:
        super().__init__()
        self.exchange = exchange
        self.deliverer = Deliverer(exchange, plan)
        self.latency_s = latency_s
        self.address = address
        self.closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Call the exchange and wait as long as the fault says.

        Raises:
            HttpFailure: As a socket would have it.
        """
        if request.abort.raised:
            raise HttpFailure("aborted", Phase.QUEUED, sent=False)
        request.abort.sending = True
        await anyio.lowlevel.checkpoint()
        if self.latency_s:
            await anyio.sleep(self.latency_s)
        try:
            delivery = self.deliverer.deliver(self._arriving(request))
        except Exception as error:
            # To the client it is a library that failed; whoever writes the simulated side needs the line that did.
            logger.exception("the simulated side broke at %s: %r", request, error)
            raise
        if delivery.network:
            await self._never_arrive(request, delivery.network)
        await self._wait(request, delivery)
        response = delivery.response
        if response is None:
            raise HttpFailure("disconnected", Phase.BODY_STARTED, sent=True)
        if delivery.cut == "middle":
            raise HttpFailure("read", Phase.ANSWERING, sent=True)
        if self.latency_s:
            await anyio.sleep(self.latency_s)
        return _read(response, delivery)

    async def aclose(self) -> None:
        """Nothing to close."""
        self.closed = True

    @property
    def shut(self) -> bool:
        """Closed."""
        return self.closed

    def _arriving(self, request: HttpRequest) -> Request:
        parts = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.open()}
        now = self.exchange.now_ms()
        return Request(request.method, parts.path, parts.query, request.body, headers, now_ms=now, client=self.address)

    async def _never_arrive(self, request: HttpRequest, kind: str) -> None:
        phase = Phase.HEADERS_STARTED if kind == "write" else Phase.CONNECTING
        if kind == "connect-timeout":
            connect_s, within_s = request.timeouts.connect_s, request.sent_within_s
            await anyio.sleep(connect_s if within_s is None else min(connect_s, within_s))
        if kind == "write" and not request.body:
            phase = Phase.CONNECTING
        raise HttpFailure(cast("FailureKind", kind), phase, sent=False)

    async def _wait(self, request: HttpRequest, delivery: Delivery) -> None:
        """Until the answer is there, or the client has lost its patience."""
        read_s, patience_s = min(request.timeouts.read_s, request.patience_s), request.patience_s
        if delivery.delay_s > read_s:
            await anyio.sleep(read_s)
            raise HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True)
        if delivery.spread_s > patience_s:
            await anyio.sleep(patience_s)
            raise HttpFailure("read-timeout", Phase.ANSWERING, sent=True)
        if delivery.delay_s or delivery.spread_s:
            await anyio.sleep(delivery.delay_s + delivery.spread_s)


def _read(response: Response, delivery: Delivery) -> HttpResponse:
    headers = {"content-type": response.content_type} | {name.lower(): value for name, value in response.headers}
    declared = delivery.declared if delivery.declared is not None else len(response.body)
    body = Body(headers.get("content-encoding"), str(declared) if not delivery.filler or delivery.declared else None)
    for start in range(0, len(response.body), CHUNK):
        body.feed(response.body[start : start + CHUNK])
    if delivery.filler:
        for _ in range(GIGANTIC // CHUNK):
            body.feed(bytes(CHUNK))
    return HttpResponse(status=response.status, headers=headers, body=body.end())
