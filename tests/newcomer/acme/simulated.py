"""Acme from the server's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.simulator.venue import errors, get, listing, one, open_demo_account, page, plain, post, public

IP, UID = sim.RateLimit(20, scope="ip"), sim.RateLimit(20)
WINDOW_MS = 10_000
# The words stand here once more: shared with the client, two of them exchanged would agree with themselves.
SIDE = {"buy": sim.Side.BUY, "sell": sim.Side.SELL}
DIRECTION = {"long": sim.PositionSide.LONG, "short": sim.PositionSide.SHORT}
BOOK = {"net": sim.PositionMode.ONE_WAY, "two": sim.PositionMode.HEDGE}
KIND = {"limit": sim.OrderType.LIMIT, "market": sim.OrderType.MARKET}
FORCE = {
    "rest": sim.TimeInForce.GTC,
    "now": sim.TimeInForce.IOC,
    "all": sim.TimeInForce.FOK,
    "make": sim.TimeInForce.POST_ONLY,
}
STATE = {
    "open": sim.OrderStatus.NEW,
    "part": sim.OrderStatus.PARTIALLY_FILLED,
    "done": sim.OrderStatus.FILLED,
    "gone": sim.OrderStatus.CANCELED,
}
KINDS = {
    sim.LedgerKind.TRANSFER: "move",
    sim.LedgerKind.MARGIN: "move",
    sim.LedgerKind.TRADE: "deal",
    sim.LedgerKind.FUNDING: "funding",
    sim.LedgerKind.LIQUIDATION: "cut",
}
CODES: sim.Table = {
    errors.EngineError: ("refused", None),
    errors.Unchanged: ("same", None),
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
READ = sim.Reader(
    missing=lambda name: sim.VenueRefusal("bad-field", f"{name} is missing"),
    wrong=lambda name, value: sim.VenueRefusal("bad-field", f"{name} cannot be {value}"),
)


def to_contract(symbol: str) -> str:
    """The venue's name of a contract."""
    return symbol.partition(":")[0].replace("/", "_")


def said(table: dict[str, Any], meaning: object) -> str:
    """The word that stands for this."""
    return next(word for word, other in table.items() if other == meaning)


class Simulated(sim.Dialect):
    id = "acme"
    family = "acme"
    prefixes = ("/acme/",)
    not_found = sim.VenueRefusal("no-path", status=404)
    ambiguous = sim.VenueRefusal("broken", status=500)
    maintenance = sim.VenueRefusal("broken", status=503)
    tables: ClassVar[Sequence[sim.Table]] = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = {"slow-down": 429, "bad-key": 401, "bad-sign": 401}
    reader = READ
    symbol_field = "contract"

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        key = sim.ApiKey(key="acme-key", secret="acme-secret")
        beside = [("USDC", 25_000)]
        return open_demo_account(self.engine, setup, "9001", key=key, family=self.family, beside=beside)

    key_header = "acme-key"
    no_key = unknown_key = no_right = sim.VenueRefusal("bad-key")

    def check_signed(self, request: sim.Request, account: sim.Account, key: sim.ApiKey) -> None:
        stamp = request.header("acme-time")
        text = f"{stamp}{request.method}{request.path}?{request.query}".encode() + request.body
        if not key.has_signed(text, request.header("acme-sign")):
            raise sim.VenueRefusal("bad-sign")
        if abs(request.now_ms - int(stamp)) > WINDOW_MS:
            raise sim.VenueRefusal("too-late")

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        return sim.Response(200, msgspec.json.encode({"code": "ok", "at": self.engine.clock(), "data": result}))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        # The exchange's own time, not the request's: a client whose clock is wrong learns it from here.
        body = {"code": refusal.code, "text": refusal.message, "at": self.engine.clock()}
        return sim.Response(self.status(refusal), msgspec.json.encode(body))

    # Market

    def contracts_listed(self) -> list[sim.ContractSpec]:
        return [spec for spec in self.engine.world.linear if spec.quote == spec.settle]

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return to_contract(contract.symbol)

    @public("/acme/time", IP)
    def time(self, request: sim.Request) -> Any:
        return {"now": request.now_ms}

    @public("/acme/contracts", IP, needs="room")
    def contracts(self, request: sim.Request) -> Any:
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
            for spec in self.contracts_listed()
            if spec.settle == request.params["room"]
        ]

    @public("/acme/ticker", IP, needs="contract", of=one)
    def ticker(self, contract: sim.ContractSpec) -> Any:
        book = self.engine.world.book(contract.symbol)
        prices = {"last": book.last, "bid": book.bid, "ask": book.ask, "mark": book.mark}
        return {"contract": self.venue_symbol(contract), **{name: plain(value) for name, value in prices.items()}}

    # Account

    @get("/acme/balances", UID)
    def balances(self, request: sim.Request) -> Any:
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
    def positions(self, request: sim.Request) -> Any:
        symbol = self.contract(request.values).symbol if request.params.get("contract") else None
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
    def leverage(self, request: sim.Request) -> Any:
        settings = request.account.settings(self.contract(request.values).symbol)
        return {"contract": request.values["contract"], "leverage": plain(settings.cross_leverage)}

    @post("/acme/leverage", UID, sim.Kind.SETTING, needs="contract leverage")
    def set_leverage(self, request: sim.Request) -> Any:
        leverage = READ.needed_number(request.fields(), "leverage")
        self.engine.settings.set_leverage(request.account, self.contract(request.values).symbol, leverage)
        return self.leverage(request)

    @get("/acme/book", UID)
    def book(self, request: sim.Request) -> Any:
        return {"book": said(BOOK, request.account.default_mode)}

    @post("/acme/book", UID, sim.Kind.SETTING, needs="book")
    def set_book(self, request: sim.Request) -> Any:
        mode = READ.pick(request.fields(), "book", BOOK)
        self.engine.settings.set_position_mode(request.account, None, mode)
        return self.book(request)

    # Orders

    @post("/acme/orders", UID, sim.Kind.ORDER, needs="contract side kind size")
    def place(self, request: sim.Request) -> Any:
        fields = request.fields()
        hedge = request.account.mode(self.contract(request.values).symbol) is sim.PositionMode.HEDGE
        if hedge is not bool(fields.get("book")):
            raise errors.ModeConflict("book is for accounts that hold both sides, and needed there")
        stops = {name: READ.number(fields, name) for name in ("profit_at", "stop_at")}
        closing = bool(fields.get("closing"))
        ticket = sim.Ticket(
            symbol=self.contract(request.values).symbol,
            side=READ.pick(fields, "side", SIDE),
            type=READ.pick(fields, "kind", KIND),
            quantity=READ.needed_number(fields, "size"),
            price=READ.number(fields, "price"),
            time_in_force=READ.pick(fields, "force", FORCE, "rest"),
            client_id=fields.get("tag"),
            intent=(sim.Intent.CLOSE if closing else sim.Intent.OPEN) if hedge else None,
            reduce_only=closing and not hedge,
            take_profit=None if stops["profit_at"] is None else sim.Preset(trigger_price=stops["profit_at"]),
            stop_loss=None if stops["stop_at"] is None else sim.Preset(trigger_price=stops["stop_at"]),
        )
        return self.ids(self.engine.orders.place(request.account, ticket).order)

    def ids(self, order: sim.Order) -> dict[str, Any]:
        return {"id": str(order.id), "tag": order.client_id}

    def named(self, request: sim.Request) -> dict[str, Any]:
        values = request.values
        symbol = self.contract(request.values).symbol
        return {"order_id": READ.whole(values, "id"), "client_id": values.get("tag"), "symbol": symbol}

    @post("/acme/edit", UID, sim.Kind.ORDER, needs="contract")
    def edit(self, request: sim.Request) -> Any:
        order = self.engine.orders.find(request.account, **self.named(request))
        price, quantity = (READ.number(request.fields(), name) for name in ("price", "size"))
        changed = self.engine.orders.amend(request.account, order, price=price, quantity=quantity, in_place=True)
        return self.ids(changed)

    @post("/acme/cancel", UID, sim.Kind.CANCEL, needs="contract")
    def cancel(self, request: sim.Request) -> Any:
        return self.ids(self.engine.orders.cancel(request.account, **self.named(request)))

    @post("/acme/cancel-all", UID, sim.Kind.DELTA, needs="contract")
    def cancel_all(self, request: sim.Request) -> Any:
        symbol = self.contract(request.values).symbol
        try:
            gone = self.engine.orders.cancel_all(request.account, lambda order: order.symbol == symbol)
        except errors.NothingToCancel:
            return []
        return [self.ids(order) for order in gone]

    @get("/acme/order", UID, needs="contract")
    def order(self, request: sim.Request) -> Any:
        return self.row(self.engine.orders.find(request.account, **self.named(request)))

    # Lists

    def page_of(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        row: Callable[[sim.R], Any],
        also: Callable[[sim.R], bool] | None,
        days: int | None,
    ) -> Any:
        """Rows of a room or a contract, newest first, and the id that the next page is before."""
        params = request.params
        wanted = READ.wanted(params, self.only(params), 50, since="from", until="to", before="before")
        found = page(rows, wanted, lambda one: self.room(one) == params["room"])
        return {"rows": [row(one) for one in found.rows], "next": str(found.last_id) if found.more else None}

    def room(self, row: Any) -> str:
        """The coin that it is about: a deposit belongs to no contract."""
        return row.coin if isinstance(row, sim.LedgerRow) else self.engine.world.contract(row.symbol).settle

    @get("/acme/open", UID, needs="room", of=listing(sim.Lists.open_orders))
    @get("/acme/done", UID, needs="room", of=listing(sim.Lists.past_orders))
    def row(self, order: sim.Order) -> dict[str, Any]:
        canceled = order.status in (sim.OrderStatus.REJECTED, sim.OrderStatus.EXPIRED)
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

    @get("/acme/fills", UID, needs="room", of=listing(sim.Lists.fills))
    def fill(self, fill: sim.Fill) -> dict[str, Any]:
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
            "maker": fill.role is sim.Role.MAKER,
            "at": fill.created_ms,
        }

    @get("/acme/ledger", UID, needs="room", of=listing(sim.Lists.ledger))
    def entry(self, row: sim.LedgerRow) -> dict[str, Any]:
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
