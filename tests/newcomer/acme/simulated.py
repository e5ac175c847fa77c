"""Acme from the server's side."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from futures_async.simulator import errors
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import Dialect, Request, Response, Route, VenueRefusal, plain
from futures_async.simulator.errors import EngineError
from futures_async.simulator.records import Order, Ticket
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import OrderStatus, OrderType, Side, TimeInForce

REFUSALS: dict[type[EngineError], str] = {
    errors.UnknownSymbol: "no-contract",
    errors.UnknownOrder: "no-order",
    errors.OrderFinished: "no-order",
    errors.DuplicateClientId: "tag-used",
    errors.InsufficientMargin: "no-margin",
    errors.RateLimited: "slow-down",
}
STATES = {
    OrderStatus.NEW: "open",
    OrderStatus.PARTIALLY_FILLED: "part",
    OrderStatus.FILLED: "done",
    OrderStatus.CANCELED: "gone",
}


class Simulated(Dialect):
    id = "acme"
    family = "acme"
    prefixes = ("/acme/",)
    not_found = VenueRefusal("no-path", status=404)
    ambiguous = VenueRefusal("broken", status=500)
    maintenance = VenueRefusal("broken", status=503)

    def demo_account(self, setup: Setup) -> Account:
        key = ApiKey(key="acme-key", secret="acme-secret")
        return open_demo_account(self.engine, setup, "9001", key=key, family=self.family)

    def routes(self) -> Sequence[Route]:
        ip, uid = RateLimit(20, scope="ip"), RateLimit(20)
        return [
            Route("GET", "/acme/time", lambda request: {"now": request.now_ms}, ip, private=False),
            Route("GET", "/acme/ticker", self.ticker, ip, private=False),
            Route("GET", "/acme/balances", self.balances, uid),
            Route("GET", "/acme/positions", self.positions, uid),
            Route("POST", "/acme/orders", self.place, uid, kind=Kind.ORDER),
            Route("POST", "/acme/cancel", self.cancel, uid, kind=Kind.CANCEL),
            Route("GET", "/acme/order", self.order, uid),
            Route("GET", "/acme/open", self.open, uid),
        ]

    def authenticate(self, request: Request) -> Account:
        found = self.engine.find_key(self.family, request.header("acme-key"))
        if found is None:
            raise VenueRefusal("bad-key", status=401)
        account, key = found
        stamp = request.header("acme-time")
        text = f"{stamp}{request.method}{request.path}?{request.query}".encode() + request.body
        if hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest() != request.header("acme-sign"):
            raise VenueRefusal("bad-sign", status=401)
        if abs(request.now_ms - int(stamp)) > 10_000:
            raise VenueRefusal("too-late")
        return account

    def success(self, request: Request, result: Any) -> Response:
        return Response(200, msgspec.json.encode({"code": "ok", "at": request.now_ms, "data": result}))

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        body = {"code": refusal.code, "text": refusal.message, "at": request.now_ms}
        return Response(refusal.status or 400, msgspec.json.encode(body))

    def translate(self, error: EngineError, request: Request) -> VenueRefusal:
        status = 429 if isinstance(error, errors.RateLimited) else None
        return VenueRefusal(REFUSALS.get(type(error), "refused"), str(error), status=status)

    # Rows and calls

    def contract(self, name: str | None) -> ContractSpec:
        for contract in self.engine.world.linear:
            if f"{contract.base}_{contract.quote}" == name:
                return contract
        raise errors.UnknownSymbol("no such contract")

    def ticker(self, request: Request) -> Any:
        contract = self.contract(request.params.get("contract"))
        book = self.engine.world.book(contract.symbol)
        return {"contract": request.params["contract"], "last": plain(book.last), "mark": plain(book.mark)}

    def balances(self, request: Request) -> Any:
        wallets = [self.engine.margins.wallet(request.account, coin) for coin in request.account.balances]
        return [{"coin": w.coin, "equity": plain(w.equity), "free": plain(w.available)} for w in wallets]

    def positions(self, request: Request) -> Any:
        name = request.params.get("contract")
        symbol = self.contract(name).symbol if name else None
        return [
            {
                "contract": self.name(position.symbol),
                "direction": str(position.side),
                "size": plain(position.quantity),
                "entry": plain(position.entry_price),
                "mark": plain(self.engine.world.mark(position.symbol)),
                "leverage": plain(position.leverage),
            }
            for position in request.account.positions_of(symbol=symbol)
        ]

    def name(self, symbol: str) -> str:
        contract = self.engine.world.contract(symbol)
        return f"{contract.base}_{contract.quote}"

    def place(self, request: Request) -> Any:
        body = request.fields()
        ticket = Ticket(
            symbol=self.contract(body.get("contract")).symbol,
            side=Side(body["side"]),
            type=OrderType(body["kind"]),
            quantity=Decimal(body["size"]),
            price=Decimal(body["price"]) if "price" in body else None,
            time_in_force=TimeInForce(body.get("force", "gtc")),
            client_id=body["tag"],
            reduce_only=body["closing"],
        )
        order = self.engine.orders.place(request.account, ticket).order
        return {"id": str(order.id), "tag": order.client_id}

    def cancel(self, request: Request) -> Any:
        body = request.fields()
        order_id = int(body["id"]) if body.get("id") else None
        order = self.engine.orders.cancel(request.account, order_id=order_id, client_id=body.get("tag"))
        return {"id": str(order.id), "tag": order.client_id}

    def order(self, request: Request) -> Any:
        order_id = int(request.params["id"]) if "id" in request.params else None
        order = self.engine.orders.find(request.account, order_id=order_id, client_id=request.params.get("tag"))
        return self.row(order)

    def open(self, request: Request) -> Any:
        name = request.params.get("contract")
        symbol = self.contract(name).symbol if name else None
        orders = self.engine.lists.open_orders(request.account)
        found = [order for order in orders if symbol in (None, order.symbol)]
        return [self.row(order) for order in found]

    def row(self, order: Order) -> dict[str, Any]:
        return {
            "contract": self.name(order.symbol),
            "id": str(order.id),
            "tag": order.client_id,
            "side": str(order.side),
            "kind": "limit" if order.price is not None else "market",
            "size": plain(order.quantity),
            "done": plain(order.filled),
            "price": None if order.price is None else plain(order.price),
            "average": None if order.average_price is None else plain(order.average_price),
            "state": STATES[order.status],
            "closing": order.closes,
            "at": order.created_ms,
        }


DIALECT = Simulated
