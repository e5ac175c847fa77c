"""Regular orders and fills. Reference: venues/binance.md section 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.binance.simulated import base
from futures_async.adapters.binance.simulated.base import fields_of, items_of, per_symbol, refused
from futures_async.adapters.binance.simulated.rows import FORCES, fill_row, order_row
from futures_async.simulator.venue import closed_by, errors, get, opened_side, post, route

CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
TYPES = {"limit": sim.OrderType.LIMIT, "market": sim.OrderType.MARKET}
TRADES = {"buy": sim.Side.BUY, "sell": sim.Side.SELL}
FORCE_WORDS = {word.lower(): force for force, word in FORCES.items()}
CONDITIONAL = ("stop", "stop_market", "take_profit", "take_profit_market", "trailing_stop_market")
FLAGS = {"true": True, "false": False}
PLACING = "symbol side type quantity"
ALL_DONE = {"code": 200, "msg": "The operation of cancel all open order is done."}


def ticket_of(
    dialect: base.Fapi, account: sim.Account, fields: Mapping[str, Any], client_id: str, *, typed: bool
) -> sim.Ticket:
    """What regular and conditional orders say alike; `typed`: its type is LIMIT or MARKET, and no other."""
    contract = dialect.contract(fields)
    side, held = base.READER.pick(fields, "side", TRADES), dialect.held_side(account, fields)
    hedge = account.default_mode is sim.PositionMode.HEDGE
    if hedge and fields.get("reduceOnly"):
        raise sim.VenueRefusal("-1106", "Parameter 'reduceonly' sent when not required.")
    price, force = base.READER.number(fields, "price"), fields.get("timeInForce")
    limited = base.READER.pick(fields, "type", TYPES) is sim.OrderType.LIMIT if typed else price is not None
    if limited and price is None:
        base.READER.required(fields, "price")
    if typed and limited:
        base.READER.required(fields, "timeInForce")
    if not limited and (price is not None or (typed and force)):
        raise sim.VenueRefusal("-1106", f"Parameter '{'price' if price else 'timeinforce'}' sent when not required.")
    return sim.Ticket(
        symbol=contract.symbol,
        side=side,
        type=sim.OrderType.LIMIT if limited else sim.OrderType.MARKET,
        quantity=base.READER.needed_number(fields, "quantity"),
        price=price,
        time_in_force=base.READER.pick(fields, "timeInForce", FORCE_WORDS)
        if limited and force
        else sim.TimeInForce.GTC,
        intent=None if held is None else sim.Intent.OPEN if held is opened_side(side) else sim.Intent.CLOSE,
        reduce_only=not hedge and base.READER.pick(fields, "reduceOnly", FLAGS, "false"),
        client_id=base.READER.client_id(fields, client_id, CLIENT_ID) or f"web{dialect.engine.world.next_id(account)}",
    )


class OrderCalls(base.Fapi):
    """Placing, changing, cancelling and finding."""

    # -- placing

    @post(f"{base.V1}/order", base.ORDERS, sim.Kind.ORDER, needs="symbol side type")
    def place(self, request: sim.Request) -> dict[str, Any]:
        """ACK says new, whatever has filled."""
        return self._place(request, fields_of(request), "EXPIRE_MAKER")

    def _ticket(self, request: sim.Request, fields: Mapping[str, Any], prevention: str) -> sim.Ticket:
        if str(fields.get("type")).lower() in CONDITIONAL:
            raise sim.VenueRefusal(
                "-4120",
                "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
            )
        base.READER.required(fields, *PLACING.split())
        ticket = ticket_of(self, request.account, fields, "newClientOrderId", typed=True)
        ticket.tag["stp"] = fields.get("selfTradePreventionMode") or prevention
        if ticket.reduce_only or ticket.intent is sim.Intent.CLOSE:
            self._check_close(request.account, ticket)
        book = self.engine.world.book(ticket.symbol)
        if ticket.time_in_force is sim.TimeInForce.POST_ONLY and ticket.price is not None:
            takes = ticket.price >= book.ask if ticket.side is sim.Side.BUY else ticket.price <= book.bid
            if takes:
                raise sim.VenueRefusal("-5022", "Due to the order could not be executed as maker, it was rejected.")
        return ticket

    def _check_close(self, account: sim.Account, ticket: sim.Ticket) -> None:
        """Orders that are to close a position are never more than it, together.

        A market order too: https://github.com/xLydianSoftware/Qubx/issues/386 (measured 2026-08-21). The venue's page
        of failed orders has one of the whole position go before all others.
        """
        held = account.positions.get((ticket.symbol, side := closed_by(ticket.side)))
        waiting = account.closing_quantity(ticket.symbol, side)
        if held is not None and waiting and min(ticket.quantity, held.quantity) + waiting > held.quantity:
            if not ticket.reduce_only:
                raise errors.InsufficientPosition("other orders close it")
            raise sim.VenueRefusal(
                "-4118", "ReduceOnly Order Failed. Please check your existing position and open orders."
            )

    def _place(self, request: sim.Request, fields: Mapping[str, Any], prevention: str) -> dict[str, Any]:
        order = self.engine.orders.place(request.account, self._ticket(request, fields, prevention)).order
        row = self._row(order, read=False)
        if fields.get("newOrderRespType", "ACK") == "ACK":
            row |= {"status": "NEW", "executedQty": "0", "cumQty": "0"}
        return row

    def _row(self, order: sim.Order, *, read: bool = True) -> dict[str, Any]:
        return order_row(order, self.name(order.symbol), read=read)

    @post(f"{base.V1}/order/test", needs="symbol side type")
    def test(self, request: sim.Request) -> dict[str, Any]:
        """Looked at, and not placed."""
        self._ticket(request, fields_of(request), "NONE")
        return {}

    @post(f"{base.V1}/batchOrders", base.BATCH, sim.Kind.ORDER, weight=5)
    def place_batch(self, request: sim.Request) -> list[dict[str, Any]]:
        """Each by itself; a refusal stands in the place of its order, and names none."""

        def place(item: Mapping[str, Any]) -> dict[str, Any]:
            return self._place(request, item, "NONE")

        return self._batch(request, items_of(fields_of(request), "batchOrders", 5), place)

    def _batch(
        self, request: sim.Request, items: Iterable[Any], call: Callable[[Mapping[str, Any]], Any]
    ) -> list[dict[str, Any]]:
        verdicts = self.judge(request, items, call)
        return [result if refusal is None else refused(refusal) for _, result, refusal in verdicts]

    # -- changing

    @route("PUT", f"{base.V1}/order", base.ORDERS, kind=sim.Kind.ORDER, needs="symbol side quantity price")
    def amend(self, request: sim.Request) -> dict[str, Any]:
        """In place, both numbers said; not above what is filled already it is a cancel."""
        fields, account = fields_of(request), request.account
        order = self._find(account, fields)
        if not order.is_open:
            raise errors.OrderFinished("finished")
        price, quantity = base.READER.needed_number(fields, "price"), base.READER.needed_number(fields, "quantity")
        reduces, contract = base.READER.pick(fields, "reduceOnly", FLAGS, "false"), self.contract(fields)
        if reduces and not order.reduce_only:
            raise sim.VenueRefusal("-5047", "The original order is not a reduce-only order.")
        if not reduces and contract.notional(quantity, price) < contract.min_notional:
            raise sim.VenueRefusal("-5029", f"Order's notional must be no smaller than {contract.min_notional}.")
        if quantity <= order.filled:
            return self._cancel(account, contract, order.id, None)
        changed = self.engine.orders.amend(account, order, price=price, quantity=quantity, in_place=True)
        changed.tag["stp"] = "NONE"
        return self._row(changed, read=False)

    # -- cancelling

    @route("DELETE", f"{base.V1}/order", kind=sim.Kind.CANCEL, needs="symbol", codes=base.GONE)
    def cancel(self, request: sim.Request) -> dict[str, Any]:
        """By either id; a wrong symbol is an unknown order too."""
        order_id, client = ids_of(fields := fields_of(request))
        return self._cancel(request.account, self.contract(fields), order_id, client)

    def _cancel(
        self, account: sim.Account, contract: sim.ContractSpec, order_id: int | None, client: str | None
    ) -> dict[str, Any]:
        order = self.engine.orders.cancel(account, order_id=order_id, client_id=client, symbol=contract.symbol)
        return self._row(order, read=False)

    @route("DELETE", f"{base.V1}/batchOrders", kind=sim.Kind.CANCEL, needs="symbol", codes=base.GONE)
    def cancel_batch(self, request: sim.Request) -> list[dict[str, Any]]:
        """Ids of one sort, at most ten."""
        fields, account = fields_of(request), request.account
        contract = self.contract(fields)
        by_id = any(name.lower() == "orderidlist" for name in fields)
        items = items_of(fields, "orderIdList" if by_id else "origClientOrderIdList", 10)

        def cancel(pair: Mapping[str, Any]) -> dict[str, Any]:
            return self._cancel(account, contract, pair.get("id"), pair.get("name"))

        return self._batch(request, [{"id": int(item)} if by_id else {"name": str(item)} for item in items], cancel)

    @route("DELETE", f"{base.V1}/allOpenOrders", kind=sim.Kind.DELTA, needs="symbol")
    def cancel_all(self, request: sim.Request) -> dict[str, Any]:
        """Regular orders of one contract; the same word where there was none."""
        symbol = self.contract(fields_of(request)).symbol
        for order in [order for order in request.account.open_orders.values() if order.symbol == symbol]:
            self.engine.orders.cancel(request.account, order_id=order.id)
        return ALL_DONE

    @post(f"{base.V1}/countdownCancelAll", (), sim.Kind.SETTING, needs="symbol countdownTime", weight=10)
    def countdown(self, request: sim.Request) -> dict[str, Any]:
        """Of one contract; the answer is text."""
        fields = fields_of(request)
        symbol, wait_ms = self.contract(fields).symbol, base.READER.whole(fields, "countdownTime") or 0
        self.engine.orders.cancel_all_at(request.account, wait_ms and request.now_ms + wait_ms, symbol)
        return {"symbol": self.name(symbol), "countdownTime": str(wait_ms)}

    # -- finding

    def _find(self, account: sim.Account, fields: Mapping[str, Any]) -> sim.Order:
        order_id, client = ids_of(fields)
        symbol = self.contract(fields).symbol
        return self.engine.orders.find(account, order_id=order_id, client_id=client, symbol=symbol)

    @get(f"{base.V1}/order", needs="symbol")
    def order(self, request: sim.Request) -> dict[str, Any]:
        """In any state; what never traded is forgotten three days after its end."""
        order = self._find(request.account, fields_of(request))
        if forgotten(order, request.now_ms):
            raise errors.UnknownOrder("forgotten")
        return self._row(order)

    @get(f"{base.V1}/openOrder", needs="symbol")
    def open_order(self, request: sim.Request) -> dict[str, Any]:
        """Only while it is open."""
        order = self._find(request.account, fields_of(request))
        if not order.is_open:
            raise errors.OrderFinished("finished")
        return self._row(order)

    @get(f"{base.V1}/openOrders", weight=per_symbol(1, 40))
    def open_orders(self, request: sim.Request) -> list[dict[str, Any]]:
        symbols = self.symbols(fields_of(request))
        return [self._row(order) for order in self.engine.lists.open_orders(request.account) if order.symbol in symbols]

    @get(f"{base.V1}/allOrders", weight=5)
    def all_orders(self, request: sim.Request) -> list[dict[str, Any]]:
        """Open and past, ascending: by time, or from an id on."""
        fields, now, account = fields_of(request), request.now_ms, request.account
        symbols = self.symbols(fields)
        rows = [
            order
            for order in account.order_log
            if order.symbol in symbols and not order.hidden(now) and not forgotten(order, now)
        ]
        from_id = base.READER.whole(fields, "orderId")
        if from_id is not None:
            limit = base.READER.whole(fields, "limit") or 500
            return [self._row(order) for order in rows if order.id >= from_id][:limit]
        return [self._row(order) for order in self.window(rows, fields, now)]

    @get(f"{base.V1}/userTrades", weight=5, needs="symbol")
    def user_trades(self, request: sim.Request) -> list[dict[str, Any]]:
        """Of one contract: by time, or from an id on, and never both."""
        fields, now = fields_of(request), request.now_ms
        symbol, order_id = self.contract(fields).symbol, base.READER.whole(fields, "orderId")
        rows = [
            fill
            for fill in self.engine.lists.fills(request.account)
            if fill.symbol == symbol and order_id in (None, fill.order.id)
        ]
        from_id = base.READER.whole(fields, "fromId")
        if from_id is not None:
            if fields.get("startTime") or fields.get("endTime"):
                raise sim.VenueRefusal("-1128", "Combination of optional parameters invalid.")
            rows = sorted((fill for fill in rows if fill.id >= from_id), key=lambda fill: fill.id)
            return [fill_row(fill, self.name(symbol)) for fill in rows[: base.READER.whole(fields, "limit") or 500]]
        return [fill_row(fill, self.name(symbol)) for fill in self.window(rows, fields, now)]

    @get(f"{base.V1}/forceOrders", weight=per_symbol(20, 50))
    def forced(self, request: sim.Request) -> list[dict[str, Any]]:
        fields = fields_of(request)
        symbols = self.symbols(fields)
        rows = [o for o in request.account.order_log if o.source is sim.Source.LIQUIDATION and o.symbol in symbols]
        return [self._row(order) for order in self.window(rows, fields, request.now_ms, most=100)]


def ids_of(fields: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Either id; the venue's wins."""
    neither = sim.VenueRefusal("-1102", "Either 'orderId' or 'origClientOrderId' must be sent.")
    return base.READER.either(fields, "orderId", "origClientOrderId", neither)


def forgotten(order: sim.Order, now_ms: int) -> bool:
    """Cancelled or expired without a fill, and three days old; or ninety."""
    age = now_ms - order.updated_ms
    return not order.is_open and age > (90 if order.filled else 3) * base.DAY_MS
