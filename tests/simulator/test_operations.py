"""Venues where one path serves many calls, told apart by what the body asks for."""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.delivery import Deliverer
from futures_async.simulator.demo import Setup
from futures_async.simulator.dialect import Dialect, Request, Response, VenueRefusal, post
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.transport.endpoint import Endpoint, Kind
from tests.simulator.rig import NOON


class Posted(Dialect):
    id = "posted"
    family = "posted"
    prefixes = ("/ask", "/do")
    not_found = VenueRefusal("404", "no such operation", status=422)
    ambiguous = VenueRefusal("500", "timed out")
    maintenance = VenueRefusal("503", "maintenance", status=503)

    def operation(self, request: Request) -> str:
        return str(request.fields().get("type", ""))

    def authenticate(self, request: Request) -> Account:
        return self.engine.accounts["1"]

    @post("/ask balance")
    def balance(self, request: Request) -> str:
        return str(request.account.balance("USDT"))

    @post("/do deposit", kind=Kind.DELTA)
    def deposit(self, request: Request) -> str:
        self.engine.deposit(request.account, "USDT", request.fields()["amount"])
        return "done"

    def success(self, request: Request, result: Any) -> Response:
        return Response(200, msgspec.json.encode(result))

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        return Response(self.status(refusal), refusal.code.encode())

    def demo_account(self, setup: Setup) -> Account:
        return self.engine.open_account("1", keys=[ApiKey(key="k", secret="s")], family=self.family)


def asking(path: str, **body: Any) -> Request:
    return Request("POST", path, body=msgspec.json.encode(body), now_ms=NOON)


def test_the_body_names_the_operation() -> None:
    exchange = SimulatedExchange(dialects=[Posted], now_ms=lambda: NOON)
    assert exchange.handle(asking("/do", type="deposit", amount=5)).body == b'"done"'
    assert exchange.handle(asking("/ask", type="balance")).body == b'"25005"'
    assert exchange.handle(asking("/ask", type="deposit", amount=5)).status == 422
    assert exchange.handle(asking("/ask")).status == 422
    assert [arrival.path for arrival in exchange.arrivals] == ["/do deposit", "/ask balance", "/ask", "/ask"]


def test_faults_choose_by_operation() -> None:
    plan = FaultPlan()
    plan.add("answer-lost", kinds=[Kind.DELTA])
    plan.add("crossed", paths=["/ask balance"], after=1)
    deliverer = Deliverer(SimulatedExchange(dialects=[Posted], now_ms=lambda: NOON), plan)
    first = deliverer.deliver(asking("/ask", type="balance")).response
    assert deliverer.deliver(asking("/do", type="deposit", amount=5)).response is None
    crossed = deliverer.deliver(asking("/ask", type="balance")).response
    assert first is not None
    assert crossed is not None
    assert crossed.body == first.body == b'"25000"'
    assert deliverer.exchange.engine.accounts["1"].balance("USDT") == 25_005


def test_an_endpoint_is_named_by_its_operation() -> None:
    assert Endpoint("POST", "/ask", result=str, operation="balance").name == "POST /ask balance"
    assert Endpoint("GET", "/time", result=str).name == "GET /time"
