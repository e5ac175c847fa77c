"""The toy exchange with a venue that does as the test says."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from copy import copy
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import anyio

from futures_async import Credentials, Order, OrderRequest, OrderType, OutcomeUnknown, Side, UnresolvedOrders
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import FailureKind, HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.transport.limits.local import LocalLimiter
from tests.rig.toy import Toy
from tests.rig.venue import ToyVenue

BTC = "BTC/USDT:USDT"
Answer = str | HttpResponse | HttpFailure
"""The name of a fault, "" for none, or what comes instead of the venue's own answer."""


class Scripted(ToyVenue):
    """Without faults of its own; `plan` holds what becomes of the next requests to a path, `always` of all others."""

    def __init__(self, **more: Any) -> None:
        fixed: dict[str, Any] = {"fault_rate": 0, "lookup_fault_rate": 0, "lag_s": 0, "dedup": "all", **more}
        super().__init__(3, **fixed)
        self.plan: dict[str, list[Answer]] = {}
        self.always: dict[str, Answer] = {}
        self._named = ""
        self.force = lambda request: self._named

    async def send(self, request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url).path
        queue = self.plan.get(path)
        answer = queue.pop(0) if queue else self.always.get(path, "")
        if isinstance(answer, str):
            self._named = answer
            return await super().send(request)
        self.requests.append(request)
        request.abort.sending = not isinstance(answer, HttpFailure) or answer.sent
        await anyio.sleep(0.01)
        if isinstance(answer, HttpFailure):
            raise copy(answer)  # one that is kept would keep the frames of each request
        return answer

    def on_order_place(self, query: dict[str, str], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = super().on_order_place(query, body)
        if answer[0] == 200:
            self.orders[-1].status = "open"
        return answer

    def says(self, code: str, status: int = 400, **headers: str) -> HttpResponse:
        """A refusal; the venue does not act on the request."""
        response = self.json(status, {"code": code, "msg": "because"})
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return HttpResponse(status=status, headers=names, body=response.body)

    def sent(self, path: str) -> int:
        """How many requests to `path` came."""
        return sum(urlsplit(request.url).path == path for request in self.requests)


def page(status: int, **headers: str) -> HttpResponse:
    """An edge's page of HTML."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=names, body=b"<html>no</html>")


def failure(kind: FailureKind, *, sent: bool) -> HttpFailure:
    return HttpFailure(kind, Phase.ANSWERING if sent else Phase.CONNECTING, sent=sent)


def limit_order(price: int = 100, **more: Any) -> OrderRequest:
    return OrderRequest(
        symbol=BTC, side=Side.BUY, type=OrderType.LIMIT, quantity=Decimal("0.5"), price=Decimal(price), **more
    )


@asynccontextmanager
async def toy(venue: ToyVenue, cls: type[Toy] = Toy, **options: Any) -> AsyncGenerator[Toy]:
    credentials = options.pop("credentials", None) or Credentials("key-1", "secret-1")
    exchange = cls(credentials, http=venue, limiter=options.pop("limiter", None) or LocalLimiter(), **options)
    exchange._transport.draw = lambda: 0.5
    await exchange.fetch_time()
    venue.requests.clear()
    try:
        yield exchange
    finally:
        with suppress(UnresolvedOrders):
            await exchange.aclose(grace_s=0)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in virtual time."""
    import functools

    @functools.wraps(test)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))

    return wrapper


async def ticks(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def order_of(question: OutcomeUnknown) -> Order:
    """The order that an open question comes to."""
    found = await question.resolve()
    assert isinstance(found, Order)
    return found
