"""Acme from the server's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec

from futures_async.simulator import errors
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import Dialect, Request, Response, Table, VenueRefusal, get, plain, post, public
from futures_async.simulator.errors import EngineError, Unchanged
from futures_async.simulator.lists import Wanted, page
from futures_async.simulator.reading import Reader
from futures_async.simulator.records import Fill, LedgerKind, LedgerRow, Order, Preset, Ticket
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import (
    Intent,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Role,
    Side,
    TimeInForce,
)

R = TypeVar("R", Order, Fill, LedgerRow)

IP, UID = RateLimit(20, scope="ip"), RateLimit(20)
WINDOW_MS = 10_000
# The words stand here once more: shared with the client, two of them exchanged would agree with themselves.
SIDE = {"buy": Side.BUY, "sell": Side.SELL}
DIRECTION = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
BOOK = {"net": PositionMode.ONE_WAY, "two": PositionMode.HEDGE}
KIND = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
FORCE = {"rest": TimeInForce.GTC, "now": TimeInForce.IOC, "all": TimeInForce.FOK, "make": TimeInForce.POST_ONLY}
STATE = {
    "open": OrderStatus.NEW,
    "part": OrderStatus.PARTIALLY_FILLED,
    "done": OrderStatus.FILLED,
    "gone": OrderStatus.CANCELED,
}
KINDS = {
    LedgerKind.TRANSFER: "move",
    LedgerKind.MARGIN: "move",
    LedgerKind.TRADE: "deal",
    LedgerKind.FUNDING: "funding",
    LedgerKind.LIQUIDATION: "cut",
}
CODES: Table = {
    EngineError: ("refused", None),
    Unchanged: ("same", None),
    errors.BadBody: ("bad-field", None),
    errors.UnknownSymbol: ("no-contract", None),
    errors.UnknownOrder: ("no-order", None),
    errors.OrderFinished: ("no-order", None),
    errors.NoPosition: ("no-position", None),
    errors.DuplicateClientId: ("tag-used", None),
    errors.InsufficientMargin: ("no-margin", None),
    errors.ModeConflict: ("other-book", None),
    errors.LeverageOutOfRange: ("bad-leverage", None),
    errors.PositionModeLocked: ("locked", None),
    errors.RateLimited: ("slow-down", None),
}
READ = Reader(
    missing=lambda name: VenueRefusal("bad-field", f"{name} is missing"),
    wrong=lambda name, value: VenueRefusal("bad-field", f"{name} cannot be {value}"),
)


def to_contract(symbol: str) -> str:
    """The venue's name of a contract."""
    return symbol.partition(":")[0].replace("/", "_")


def said(table: dict[str, Any], meaning: object) -> str:
    """The word that stands for this."""
    return next(word for word, other in table.items() if other == meaning)


class Simulated(Dialect):
    id = "acme"
    family = "acme"
    prefixes = ("/acme/",)
    not_found = VenueRefusal("no-path", status=404)
    ambiguous = VenueRefusal("broken", status=500)
    maintenance = VenueRefusal("broken", status=503)
    tables: ClassVar[Sequence[Table]] = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = {"slow-down": 429, "bad-key": 401, "bad-sign": 401}
    reader = READ

    def demo_account(self, setup: Setup) -> Account:
        key = ApiKey(key="acme-key", secret="acme-secret")
        beside = [("USDC", 25_000)]
        return open_demo_account(self.engine, setup, "9001", key=key, family=self.family, beside=beside)

    def authenticate(self, request: Request) -> Account:
        found = self.engine.find_key(self.family, request.header("acme-key"))
        if found is None:
            raise VenueRefusal("bad-key")
        account, key = found
        stamp = request.header("acme-time")
        text = f"{stamp}{request.method}{request.path}?{request.query}".encode() + request.body
        if not key.has_signed(text, request.header("acme-sign")):
            raise VenueRefusal("bad-sign")
        if abs(request.now_ms - int(stamp)) > WINDOW_MS:
            raise VenueRefusal("too-late")
        return account

    def success(self, request: Request, result: Any) -> Response:
        return Response(200, msgspec.json.encode({"code": "ok", "at": self.engine.clock(), "data": result}))

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        # The exchange's own time, not the request's: a client whose clock is wrong learns it from here.
        body = {"code": refusal.code, "text": refusal.message, "at": self.engine.clock()}
        return Response(self.status(refusal), msgspec.json.encode(body))

    # Market

    def listed(self, room: str | None) -> list[ContractSpec]:
        return [spec for spec in self.engine.world.linear if spec.quote == spec.settle and room in (None, spec.settle)]

    def contract(self, request: Request) -> ContractSpec:
        name = request.values.get("contract")
        for spec in self.listed(None):
            if to_contract(spec.symbol) == name:
                return spec
        raise errors.UnknownSymbol("no such contract")

    @public("/acme/time", IP)
    def time(self, request: Request) -> Any:
        return {"now": request.now_ms}

    @public("/acme/contracts", IP, needs="room")
    def contracts(self, request: Request) -> Any:
        return [
            {
                "contract": to_contract(spec.symbol),
                "tick": plain(spec.tick),
                "step": plain(spec.step),
                "most": plain(spec.max_quantity),
                "most_market": plain(spec.max_market_quantity),
                "worth_least": plain(spec.min_notional),
                "leverage_most": str(spec.max_leverage),
            }
            for spec in self.listed(request.params["room"])
        ]

    @public("/acme/ticker", IP, needs="contract")
    def ticker(self, request: Request) -> Any:
        book = self.engine.world.book(self.contract(request).symbol)
        prices = {"last": book.last, "bid": book.bid, "ask": book.ask, "mark": book.mark}
        return {"contract": request.params["contract"], **{name: plain(value) for name, value in prices.items()}}

    # Account

    @get("/acme/balances", UID)
    def balances(self, request: Request) -> Any:
        wallets = [self.engine.margins.wallet(request.account, coin) for coin in request.account.balances]
        return [
            {
                "coin": wallet.coin,
                "cash": plain(wallet.balance),
                "equity": plain(wallet.equity),
                "free": plain(wallet.available),
                "profit": plain(wallet.unrealized),
                "upkeep": plain(wallet.cross_maintenance),
                "ratio": plain(wallet.margin_ratio),
            }
            for wallet in wallets
        ]

    @get("/acme/positions", UID, needs="room")
    def positions(self, request: Request) -> Any:
        symbol = self.contract(request).symbol if request.params.get("contract") else None
        held = request.account.positions_of(coin=request.params["room"], symbol=symbol)
        views = [self.engine.margins.view(request.account, position) for position in held]
        return [
            {
                "contract": to_contract(view.position.symbol),
                "direction": said(DIRECTION, view.position.side),
                "size": plain(view.position.quantity),
                "free": plain(view.available),
                "entry": plain(view.position.entry_price),
                "mark": plain(view.mark_price),
                "cut": plain(max(view.liquidation_price, view.mark_price * 0)),
                "profit": plain(view.unrealized_pnl),
                "booked": plain(view.position.realized_pnl),
                "paid": plain(-view.position.fee),
                "margin": plain(view.margin),
                "upkeep_rate": plain(view.maintenance_rate),
                "leverage": plain(view.position.leverage),
                "book": said(BOOK, view.position.mode),
                "opened": view.position.created_ms,
            }
            for view in views
        ]

    @get("/acme/leverage", UID, needs="contract")
    def leverage(self, request: Request) -> Any:
        settings = request.account.settings(self.contract(request).symbol)
        return {"contract": request.values["contract"], "leverage": plain(settings.cross_leverage)}

    @post("/acme/leverage", UID, Kind.SETTING, needs="contract leverage")
    def set_leverage(self, request: Request) -> Any:
        leverage = READ.needed_number(request.fields(), "leverage")
        self.engine.settings.set_leverage(request.account, self.contract(request).symbol, leverage)
        return self.leverage(request)

    @get("/acme/book", UID)
    def book(self, request: Request) -> Any:
        return {"book": said(BOOK, request.account.default_mode)}

    @post("/acme/book", UID, Kind.SETTING, needs="book")
    def set_book(self, request: Request) -> Any:
        mode = READ.pick(request.fields(), "book", BOOK)
        self.engine.settings.set_position_mode(request.account, None, mode)
        return self.book(request)

    # Orders

    @post("/acme/orders", UID, Kind.ORDER, needs="contract side kind size")
    def place(self, request: Request) -> Any:
        fields = request.fields()
        hedge = request.account.mode(self.contract(request).symbol) is PositionMode.HEDGE
        if hedge is not bool(fields.get("book")):
            raise errors.ModeConflict("book is for accounts that hold both sides, and needed there")
        stops = {name: READ.number(fields, name) for name in ("profit_at", "stop_at")}
        closing = bool(fields.get("closing"))
        ticket = Ticket(
            symbol=self.contract(request).symbol,
            side=READ.pick(fields, "side", SIDE),
            type=READ.pick(fields, "kind", KIND),
            quantity=READ.needed_number(fields, "size"),
            price=READ.number(fields, "price"),
            time_in_force=READ.pick(fields, "force", FORCE, "rest"),
            client_id=fields.get("tag"),
            intent=(Intent.CLOSE if closing else Intent.OPEN) if hedge else None,
            reduce_only=closing and not hedge,
            take_profit=None if stops["profit_at"] is None else Preset(trigger_price=stops["profit_at"]),
            stop_loss=None if stops["stop_at"] is None else Preset(trigger_price=stops["stop_at"]),
        )
        return self.ids(self.engine.orders.place(request.account, ticket).order)

    def ids(self, order: Order) -> dict[str, Any]:
        return {"id": str(order.id), "tag": order.client_id}

    def named(self, request: Request) -> dict[str, Any]:
        values = request.values
        symbol = self.contract(request).symbol
        return {"order_id": READ.whole(values, "id"), "client_id": values.get("tag"), "symbol": symbol}

    @post("/acme/edit", UID, Kind.ORDER, needs="contract")
    def edit(self, request: Request) -> Any:
        order = self.engine.orders.find(request.account, **self.named(request))
        price, quantity = (READ.number(request.fields(), name) for name in ("price", "size"))
        changed = self.engine.orders.amend(request.account, order, price=price, quantity=quantity, in_place=True)
        return self.ids(changed)

    @post("/acme/cancel", UID, Kind.CANCEL, needs="contract")
    def cancel(self, request: Request) -> Any:
        return self.ids(self.engine.orders.cancel(request.account, **self.named(request)))

    @post("/acme/cancel-all", UID, Kind.DELTA, needs="contract")
    def cancel_all(self, request: Request) -> Any:
        symbol = self.contract(request).symbol
        try:
            gone = self.engine.orders.cancel_all(request.account, lambda order: order.symbol == symbol)
        except errors.NothingToCancel:
            return []
        return [self.ids(order) for order in gone]

    @get("/acme/order", UID, needs="contract")
    def order(self, request: Request) -> Any:
        return self.row(self.engine.orders.find(request.account, **self.named(request)))

    # Lists

    def paged(self, request: Request, rows: Sequence[R], to_row: Callable[[R], Any]) -> Any:
        """Rows of a room or a contract, newest first, and the id that the next page is before."""
        params = request.params
        wanted = Wanted(
            symbols=[self.contract(request).symbol] if params.get("contract") else None,
            since_ms=READ.whole(params, "from"),
            until_ms=READ.whole(params, "to"),
            before_id=READ.whole(params, "before"),
            limit=min(READ.whole(params, "limit") or 50, 50),
        )
        found = page(rows, wanted, lambda row: self.room(row) == params["room"])
        return {"rows": [to_row(row) for row in found.rows], "next": str(found.last_id) if found.more else None}

    def room(self, row: Order | Fill | LedgerRow) -> str:
        """The coin that it is about: a deposit belongs to no contract."""
        return row.coin if isinstance(row, LedgerRow) else self.engine.world.contract(row.symbol).settle

    @get("/acme/open", UID, needs="room")
    def open(self, request: Request) -> Any:
        return self.paged(request, self.engine.lists.open_orders(request.account), self.row)

    @get("/acme/done", UID, needs="room")
    def done(self, request: Request) -> Any:
        return self.paged(request, self.engine.lists.past_orders(request.account), self.row)

    @get("/acme/fills", UID, needs="room")
    def fills(self, request: Request) -> Any:
        return self.paged(request, self.engine.lists.fills(request.account), self.fill)

    @get("/acme/ledger", UID, needs="room")
    def ledger(self, request: Request) -> Any:
        return self.paged(request, request.account.ledger, self.entry)

    def row(self, order: Order) -> dict[str, Any]:
        canceled = order.status in (OrderStatus.REJECTED, OrderStatus.EXPIRED)
        return {
            "contract": to_contract(order.symbol),
            **self.ids(order),
            "side": said(SIDE, order.side),
            "kind": said(KIND, order.type),
            "force": said(FORCE, order.time_in_force),
            "size": plain(order.quantity),
            "done": plain(order.filled),
            "price": plain(order.price),
            "average": plain(order.average_price),
            "state": "gone" if canceled else said(STATE, order.status),
            "closing": order.closes,
            "book": None if order.position_side is None else said(DIRECTION, order.position_side),
            "profit_at": plain(None if order.take_profit is None else order.take_profit.trigger_price),
            "stop_at": plain(None if order.stop_loss is None else order.stop_loss.trigger_price),
            "paid": plain(-order.fee),
            "at": order.created_ms,
            "changed": order.updated_ms,
        }

    def fill(self, fill: Fill) -> dict[str, Any]:
        return {
            "id": str(fill.id),
            "order": str(fill.order.id),
            "tag": fill.order.client_id,
            "contract": to_contract(fill.symbol),
            "side": said(SIDE, fill.side),
            "price": plain(fill.price),
            "size": plain(fill.quantity),
            "paid": plain(-fill.fee),
            "booked": plain(fill.realized_pnl),
            "maker": fill.role is Role.MAKER,
            "at": fill.created_ms,
        }

    def entry(self, row: LedgerRow) -> dict[str, Any]:
        return {
            "id": str(row.id),
            "why": KINDS[row.kind],
            "coin": row.coin,
            "amount": plain(row.amount),
            "paid": plain(-row.fee),
            "cash": plain(row.balance),
            "contract": None if row.symbol is None else to_contract(row.symbol),
            "at": row.created_ms,
        }


DIALECT = Simulated
