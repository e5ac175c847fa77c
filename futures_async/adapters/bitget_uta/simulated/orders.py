"""Orders and fills of v3. Reference: venues/bitget-uta.md sections 4 and 6."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import base, gate
from futures_async.adapters.bitget.simulated.base import ids, placed_ids
from futures_async.adapters.bitget.simulated.gate import either, needed_number, number, pick, required, whole, word
from futures_async.adapters.bitget_uta.simulated.base import CURSOR_OFFSET, OTHER_CATEGORIES, V3, listed, side_of
from futures_async.adapters.bitget_uta.simulated.rows import ended, fill_row, order_row, protection
from futures_async.simulator.venue import errors, get, opened_side, post, single

PATH = "/api/v3/trade"
CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,32}")
MAX_BATCH = 20
TEN, FIVE, TWENTY = sim.RateLimit(10), sim.RateLimit(5), sim.RateLimit(20)
ORDER = "category symbol qty side orderType"
TOO_LATE = {errors.OrderFinished: "25568"}
OF_STRATEGIES = ("triggerPrice", "triggerBy", "triggerOrderType", "triggerOrderPrice", "trailingStopParams")
"""What orders of another call have: an order that was meant to wait must not be placed at once."""


def together(*, categories: bool = True) -> sim.Of:
    """Each order of an array, all of one category, succeeds or fails by itself; those that succeeded have no code."""

    def payload(
        dialect: V3, call: Callable[[sim.Request, Mapping[str, Any]], dict[str, Any]], request: sim.Request
    ) -> list[dict[str, Any]]:
        found: Any = request.json()
        items: list[Any] = found if isinstance(found, list) else [None]  # pyright: ignore[reportUnknownVariableType] - JSON
        if not all(isinstance(item, dict) for item in items):
            raise sim.VenueRefusal("40017", "Parameter verification failed: the body must be an array of objects")
        if not 1 <= len(items) <= MAX_BATCH:
            raise sim.VenueRefusal("40306", f"1 to {MAX_BATCH} orders")
        if categories and len({str(item.get("category")).upper() for item in items}) > 1:
            raise dialect.bad_product
        return [
            result
            if refusal is None
            else {
                "orderId": item.get("orderId") or None,
                "clientOid": item.get("clientOid") or "",
                "code": refusal.code,
                "msg": refusal.message,
            }
            for item, result, refusal in dialect.judge(request, items, partial(call, request))
        ]

    return payload


class OrderCalls(V3):
    """Placing, changing, cancelling and finding."""

    # -- placing

    @post(f"{PATH}/place-order", TEN, sim.Kind.ORDER, of=single)
    def place_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The answer holds ids only, and says "accepted"."""
        return placed_ids(self._place(request, fields, batch=False))

    @post(f"{PATH}/place-batch", FIVE, sim.Kind.ORDER, of=together())
    def place_together(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A bare array of one category."""
        return placed_ids(self._place(request, fields, batch=True))

    def _place(self, request: sim.Request, fields: Mapping[str, Any], *, batch: bool) -> sim.Placed:
        required(fields, *ORDER.split())
        for name in OF_STRATEGIES:
            if fields.get(name):
                raise sim.VenueRefusal("25200", f"Parameter {name} error")
        contract, account = self.contract(fields), request.account
        order_type = pick(fields, "orderType", base.TYPES)
        price = number(fields, "price")
        if (price is None) == (order_type is sim.OrderType.LIMIT):
            raise sim.VenueRefusal("25200", "Parameter price error")
        hedge = account.mode(contract.symbol) is sim.PositionMode.HEDGE
        side = pick(fields, "side", base.TRADES)
        intent = intent_of(fields, side, hedge=hedge)
        # Batches are documented without reduceOnly, marginMode and protection: what is sent there has no effect.
        reduces = not batch and not hedge and pick(fields, "reduceOnly", base.YES_NO, "no")
        mode = "crossed" if batch else word(fields, "marginMode", tuple(base.MARGIN_MODES), "crossed")
        if account.extra.get("accountLevel") == "isolated" and mode != "isolated":
            raise sim.VenueRefusal("25240", "The operation is not supported")
        if (
            not batch
            and (fields.get("takeProfit") or fields.get("stopLoss"))
            and (reduces or intent is sim.Intent.CLOSE)
        ):
            raise sim.VenueRefusal("25612", "TP/SL can only be set on opening orders")
        ticket = sim.Ticket(
            symbol=contract.symbol,
            side=side,
            type=order_type,
            quantity=needed_number(fields, "qty"),
            price=price,
            time_in_force=sim.TimeInForce.GTC if price is None else pick(fields, "timeInForce", base.FORCES, "gtc"),
            intent=intent,
            reduce_only=reduces,
            client_id=self._client_id(fields),
            margin_mode=base.MARGIN_MODES[mode],
            take_profit=None if batch else preset_of(fields, "takeProfit", "tp"),
            stop_loss=None if batch else preset_of(fields, "stopLoss", "sl"),
        )
        return self.engine.orders.place(account, ticket)

    def _client_id(self, fields: Mapping[str, Any]) -> str:
        return gate.READER.client_id(fields, "clientOid", CLIENT_ID) or str(self.engine.world.next_id())

    # -- changing

    @post(f"{PATH}/modify-order", TEN, sim.Kind.ORDER, codes=TOO_LATE, of=single)
    @post(f"{PATH}/batch-modify-order", TEN, sim.Kind.ORDER, codes=TOO_LATE, of=together(categories=False))
    def modify_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """In place: both ids stay. Reduce-only orders can't be changed."""
        account = request.account
        order = self._one(request, fields)
        quantity, price = number(fields, "qty"), number(fields, "price")
        if quantity is None and price is None:
            raise sim.VenueRefusal("400172", "Parameter verification failed: qty")
        if order.reduce_only:
            raise errors.NotAmendable("reduce-only orders cannot be modified")
        try:
            self.engine.orders.amend(account, order, price=price, quantity=quantity, in_place=True)
        except errors.EngineError:
            if order.is_open and pick(fields, "autoCancel", base.YES_NO, "no"):
                self.engine.orders.cancel(account, order_id=order.id)
            raise
        return ids(order)

    def _one(self, request: sim.Request, fields: Mapping[str, Any]) -> sim.Order:
        """By `orderId`, which wins, or `clientOid`: in the whole account, no symbol needed."""
        order_id, client_id = one_of(fields)
        return self.engine.orders.find(request.account, order_id=order_id, client_id=client_id)

    # -- cancelling

    @post(f"{PATH}/cancel-order", TEN, sim.Kind.CANCEL, of=single)
    def cancel_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Unknown, filled and cancelled orders get the same refusal."""
        order_id, client_id = one_of(fields)
        return ids(self.engine.orders.cancel(request.account, order_id=order_id, client_id=client_id))

    @post(f"{PATH}/cancel-batch", FIVE, sim.Kind.CANCEL, of=together())
    def cancel_together(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """These must name their contract."""
        self.contract(fields)
        return self.cancel_order(request, fields)

    @post(f"{PATH}/cancel-symbol-order", FIVE, sim.Kind.DELTA, needs="category")
    def cancel_symbol(self, request: sim.Request) -> dict[str, Any]:
        """All of a symbol, or without one of the category; with nothing to cancel a refusal."""
        symbols = self.symbols(request.fields())
        orders = self.engine.orders.cancel_all(request.account, lambda order: order.symbol in symbols)
        return {"list": [ids(order) for order in orders]}

    @post(f"{PATH}/countdown-cancel-all", sim.RateLimit(1), sim.Kind.SETTING, needs="countdown")
    def countdown(self, request: sim.Request) -> str:
        """The dead-man's switch of the whole account; each call starts it anew."""
        seconds = whole(request.fields(), "countdown") or 0
        if seconds and not 5 <= seconds <= 60:
            raise sim.VenueRefusal("25200", "Parameter countdown error")
        self.engine.orders.cancel_all_at(request.account, seconds and request.now_ms + seconds * 1000)
        return "success"

    # -- closing

    @post(f"{PATH}/close-positions", FIVE, sim.Kind.ORDER, needs="category")
    def close_positions(self, request: sim.Request) -> dict[str, Any]:
        """At market; without a symbol, every position of the category."""
        fields = request.fields()
        symbols, side = self.symbols(fields), side_of(fields, "posSide") if fields.get("posSide") else None
        found = [
            (position.symbol, position.side)
            for position in request.account.positions_of()
            if position.symbol in symbols and side in (None, position.side)
        ]
        return {"list": [ids(order) for order in self.close_at_market(request, found)]}

    # -- finding

    @get(f"{PATH}/order-info", TWENTY)
    def order_info(self, request: sim.Request) -> dict[str, Any]:
        """One order in any state."""
        order = self._one(request, request.params)
        return self._row(order, request) | ended(order) | protection(order)

    def _row(self, order: sim.Order, request: sim.Request, *, empty: str | None = "") -> dict[str, Any]:
        return order_row(order, self.engine.world.contract(order.symbol), request.now_ms, empty=empty)

    @get(f"{PATH}/unfilled-orders", TWENTY)
    def unfilled(self, request: sim.Request) -> dict[str, Any]:
        """Open orders; without a category, of all."""
        open_orders = self.engine.lists.open_orders(request.account)
        found, cursor = self.page(request, open_orders, self._filter(request), windowed=False)
        return listed([self._row(order, request, empty=None) for order in found], cursor)

    def _filter(self, request: sim.Request) -> set[str] | None:
        """The symbols that are asked for; None: all."""
        params = request.params
        if params.get("category", "").upper() in OTHER_CATEGORIES:
            return set()
        return self.symbols(params) if params.get("category") else None

    @get(f"{PATH}/history-orders", TWENTY)
    def history(self, request: sim.Request) -> dict[str, Any]:
        required(request.params, "category")
        past = self.engine.lists.past_orders(request.account)
        found, cursor = self.page(request, past, self._filter(request), offset=CURSOR_OFFSET)
        return listed([self._row(order, request) | ended(order) for order in found], cursor)

    @get(f"{PATH}/fills", TWENTY)
    def fills(self, request: sim.Request) -> dict[str, Any]:
        """Executions; filtered by order, not by symbol."""
        params, fills = request.params, self.engine.lists.fills(request.account)
        order_id, symbols = whole(params, "orderId"), self._filter(request)
        if params.get("symbol") and symbols:
            symbols = self.symbols({"category": params["category"]})
        found, cursor = self.page(request, fills, symbols, offset=CURSOR_OFFSET, order_id=order_id)
        return listed([fill_row(fill, self.engine.world.contract(fill.symbol)) for fill in found], cursor)


def one_of(values: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Either id of an order; one of them is required."""
    return either(values, "orderId", "clientOid", sim.VenueRefusal("400172", "Parameter verification failed: orderId"))


def intent_of(fields: Mapping[str, Any], side: sim.Side, *, hedge: bool) -> sim.Intent | None:
    """In hedge mode `posSide` must be there, and the pair says what closes; in one-way mode it does not belong."""
    named = fields.get("posSide") or None
    if not hedge:
        if named is not None:
            raise sim.VenueRefusal("25237", "Close orders exist only in hedge mode")
        return None
    if named is None:
        raise errors.ModeConflict("posSide is missing")
    return sim.Intent.OPEN if pick(fields, "posSide", base.SIDES) is opened_side(side) else sim.Intent.CLOSE


def preset_of(fields: Mapping[str, Any], name: str, prefix: str) -> sim.Preset | None:
    """A take-profit or stop-loss, if one is named; with the order type `limit` its price counts."""
    trigger = number(fields, name)
    if not trigger:
        return None
    limit = word(fields, f"{prefix}OrderType", ("market", "limit"), "market") == "limit"
    return sim.Preset(
        trigger_price=trigger,
        price=needed_number(fields, f"{prefix}LimitPrice") if limit else None,
        on_mark=word(fields, f"{prefix}TriggerBy", ("market", "mark"), "market") == "mark",
    )
