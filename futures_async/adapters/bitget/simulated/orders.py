"""Regular orders and fills. Reference: venues/bitget.md sections 3.5 and 4."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import base, gate
from futures_async.adapters.bitget.simulated.base import ids, placed_ids
from futures_async.adapters.bitget.simulated.gate import maybe, needed_number, number, objects, pick, required, whole
from futures_async.adapters.bitget.simulated.rows import fill_row, order_row
from futures_async.simulator.venue import errors, get, opened_side, post, reversed_side

PATH = "/api/v2/mix/order"
CLIENT_ID = re.compile(r"[0-9A-Za-z_:#\-+\s]{1,50}")
STATES = {"live": sim.OrderStatus.NEW, "partially_filled": sim.OrderStatus.PARTIALLY_FILLED}
INTENTS = {intent.value: intent for intent in sim.Intent}
MAX_BATCH = 20
MAX_CANCELS = 50
ORDER = "symbol productType marginMode marginCoin size side orderType"
ONE = "symbol productType"
TEN = sim.RateLimit(10)
UNKNOWN = {errors.UnknownOrder: "40768"}


class OrderCalls(base.V2):
    """Placing, changing, cancelling and finding."""

    # -- placing

    @post(f"{PATH}/place-order", TEN, sim.Kind.ORDER, needs=ORDER)
    def place_order(self, request: sim.Request) -> dict[str, Any]:
        """The answer holds ids only, and says "accepted"."""
        return placed_ids(self._place(request.account, request.fields(), request.fields()))

    def _place(self, account: sim.Account, common: Mapping[str, Any], fields: Mapping[str, Any]) -> sim.Placed:
        contract = self.contract(common)
        order_type = pick(fields, "orderType", base.TYPES)
        price = needed_number(fields, "price") if order_type is sim.OrderType.LIMIT else None
        size = needed_number(fields, "size")
        if size <= 0:
            raise sim.VenueRefusal("41103", f"param size={size} error")
        ticket = sim.Ticket(
            symbol=contract.symbol,
            type=order_type,
            quantity=size,
            price=price,
            time_in_force=pick(fields, "force", base.FORCES, "gtc") if price is not None else sim.TimeInForce.GTC,
            client_id=self.client_id(fields),
            margin_mode=pick(common, "marginMode", base.MARGIN_MODES),
            take_profit=_preset(fields, "presetStopSurplusPrice", "presetStopSurplusExecutePrice"),
            stop_loss=_preset(fields, "presetStopLossPrice", "presetStopLossExecutePrice"),
            **self.style(account, contract.symbol, fields),
        )
        return self.engine.orders.place(account, ticket)

    def style(self, account: sim.Account, symbol: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Side, intent and reduce-only of a ticket. In hedge mode `side` names the position, and `tradeSide` must be
        there; in one-way mode it must not."""
        side, hedge = pick(fields, "side", base.TRADES), account.mode(symbol) is sim.PositionMode.HEDGE
        if bool(fields.get("tradeSide")) != hedge:
            raise errors.ModeConflict("tradeSide belongs to hedge mode")
        if not hedge:
            return {"side": side, "reduce_only": pick(fields, "reduceOnly", base.YES_NO, "no")}
        intent = pick(fields, "tradeSide", INTENTS)
        return {"side": side if intent is sim.Intent.OPEN else reversed_side(side), "intent": intent}

    def client_id(self, fields: Mapping[str, Any], name: str = "clientOid") -> str:
        """The caller's, or a fresh numeric one."""
        text = fields.get(name) or ""
        if not isinstance(text, str) or len(text) > 50:
            raise sim.VenueRefusal("40304", "client_oid length is not greater than 50")
        return gate.READER.client_id(fields, name, CLIENT_ID) or str(self.engine.world.next_id())

    @post(f"{PATH}/batch-place-order", sim.RateLimit(5), sim.Kind.ORDER)
    def place_batch(self, request: sim.Request) -> dict[str, Any]:
        """One symbol and margin mode for all; each order succeeds or fails by itself."""
        fields, account = request.fields(), request.account
        required(fields, "symbol", "productType", "marginCoin", "marginMode", "orderList")

        def place(item: Mapping[str, Any]) -> dict[str, Any]:
            required(item, "size", "side", "orderType")
            return placed_ids(self._place(account, fields, item))

        rows = lists(self.judge(request, items(fields, "orderList", MAX_BATCH, "40306"), place))
        return rows | {"result": not rows["failureList"]}

    # -- changing

    @post(f"{PATH}/modify-order", TEN, sim.Kind.ORDER, needs=ONE, codes={errors.UnknownOrder: "43001"})
    def modify_order(self, request: sim.Request) -> dict[str, Any]:
        """A new price or size makes a new order with a new id; presets are changed in place."""
        fields, account = request.fields(), request.account
        if not fields.get("newClientOid"):
            raise sim.VenueRefusal("22003", "newClientOid cannot be empty")
        order = self._named(account, fields)
        if fields["newClientOid"] == order.client_id:
            raise errors.DuplicateClientId("newClientOid")
        size, price = number(fields, "newSize"), number(fields, "newPrice")
        if (size is None) != (price is None):
            raise sim.VenueRefusal("40925", "newSize and newPrice must be passed together")
        answer = ids(order)
        if size is not None and price is not None:
            if size <= 0 or price <= 0:
                raise sim.VenueRefusal("41103", "param newSize error")
            client_id = self.client_id(fields, "newClientOid")
            self.engine.orders.amend(account, order, price=price, quantity=size, client_id=client_id)
            return answer
        if order.status is not sim.OrderStatus.NEW:
            raise errors.NotAmendable("not live")
        # Passing one of the two drops the other; "0" deletes.
        order.take_profit = _preset(fields, "newPresetStopSurplusPrice")
        order.stop_loss = _preset(fields, "newPresetStopLossPrice")
        return answer

    def _named(self, account: sim.Account, values: Mapping[str, Any]) -> sim.Order:
        order_id, client_id = one_of(values)
        symbol = self.contract(values).symbol
        return self.engine.orders.find(account, order_id=order_id, client_id=client_id, symbol=symbol)

    # -- cancelling

    @post(f"{PATH}/cancel-order", TEN, sim.Kind.CANCEL, needs=ONE, codes=UNKNOWN)
    def cancel_order(self, request: sim.Request) -> dict[str, Any]:
        """By either id; `orderId` wins."""
        return self._cancel(request, self.contract(request.fields()).symbol, request.fields())

    def _cancel(self, request: sim.Request, symbol: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        order_id, client_id = one_of(fields)
        known = self.engine.orders.named(request.account, order_id, client_id)
        if known is not None:
            if request.now_ms - known.tag.get("cancel_ms", 0) < 1_000:
                raise sim.VenueRefusal("45129", "The same order can only be cancelled once within 1s")
            known.tag["cancel_ms"] = request.now_ms
        cancel = self.engine.orders.cancel
        return ids(cancel(request.account, order_id=order_id, client_id=client_id, symbol=symbol))

    @post(f"{PATH}/batch-cancel-orders", TEN, sim.Kind.CANCEL, codes=UNKNOWN)
    def cancel_batch(self, request: sim.Request) -> dict[str, Any]:
        """Some by id; without a list, all of the product type or symbol."""
        fields = request.fields()
        if not fields.get("orderIdList"):
            self.product(fields)
            return self._cancel_matching(request, self.symbols(fields))
        wanted = items(fields, "orderIdList", MAX_CANCELS, "40912")
        symbol = self.contract(fields).symbol
        return lists(self.judge(request, wanted, lambda item: self._cancel(request, symbol, item)))

    @post(f"{PATH}/cancel-all-orders", TEN, sim.Kind.DELTA)
    def cancel_all(self, request: sim.Request) -> dict[str, Any]:
        """Of a product type, not of a symbol."""
        fields = request.fields()
        window, sent = whole(fields, "receiveWindow"), whole(fields, "requestTime")
        if window is not None and window >= 60_000:
            raise sim.VenueRefusal("40079", "receiveWindow must be less than 60s")
        if window is not None and sent is not None and request.now_ms - sent > window:
            raise sim.VenueRefusal("40078", "The request has expired")
        return self._cancel_matching(request, self.symbols({**fields, "symbol": None}))

    def _cancel_matching(self, request: sim.Request, symbols: set[str]) -> dict[str, Any]:
        orders = self.engine.orders.cancel_all(request.account, lambda order: order.symbol in symbols)
        return {"successList": [ids(order) for order in orders], "failureList": []}

    # -- closing

    @post(f"{PATH}/close-positions", sim.RateLimit(1), sim.Kind.ORDER, needs="productType")
    def close_positions(self, request: sim.Request) -> dict[str, Any]:
        """At market; without a symbol, every position of the product type."""
        fields = request.fields()
        symbols, side = self.symbols(fields), maybe(fields, "holdSide", base.SIDES)
        found = [
            (position.symbol, position.side)
            for position in request.account.positions_of()
            if position.symbol in symbols
            and (position.mode is sim.PositionMode.ONE_WAY or side in (None, position.side))
        ]
        rows = [ids(order) | {"symbol": self.name(order.symbol)} for order in self.close_at_market(request, found)]
        return {"successList": rows, "failureList": []}

    @post(f"{PATH}/click-backhand", TEN, sim.Kind.ORDER, needs="symbol productType marginCoin side")
    def reverse(self, request: sim.Request) -> dict[str, Any]:
        """Close a position and open as much on the other side."""
        fields, account = request.fields(), request.account
        symbol, side = self.contract(fields).symbol, opened_side(pick(fields, "side", base.TRADES))
        hedge = account.mode(symbol) is sim.PositionMode.HEDGE
        if bool(fields.get("tradeSide")) != hedge:
            raise errors.ModeConflict("tradeSide belongs to hedge mode")
        position = account.positions.get((symbol, side))
        if position is None:
            raise errors.NoPosition("no position to reverse")
        quantity = number(fields, "size") or position.quantity
        client_id = self.client_id(fields)
        closing = self.engine.orders.close_position(account, symbol, side, sim.Source.REVERSE)
        ticket = sim.Ticket(
            symbol=symbol,
            side=closing.side,
            type=sim.OrderType.MARKET,
            quantity=quantity,
            intent=sim.Intent.OPEN if hedge else None,
            client_id=client_id,
            source=sim.Source.REVERSE,
        )
        return placed_ids(self.engine.orders.place(account, ticket))

    # -- finding

    @get(f"{PATH}/detail", TEN, needs=ONE)
    def detail(self, request: sim.Request) -> dict[str, Any]:
        """One order in any state; trigger orders are not found here."""
        return order_row(self._named(request.account, request.params), self.name, detail=True)

    @get(f"{PATH}/orders-pending", TEN, needs="productType")
    def pending(self, request: sim.Request) -> dict[str, Any]:
        """Open orders; null when there are none."""
        status = request.params.get("status") or None
        if status is not None and status not in STATES:
            raise sim.VenueRefusal("40020", "Parameter status error")
        rows = self.engine.lists.open_orders(request.account)
        return self._order_page(request, [row for row in rows if status is None or row.status is STATES[status]])

    @get(f"{PATH}/orders-history", TEN, needs="productType")
    def history(self, request: sim.Request) -> dict[str, Any]:
        return self._order_page(request, self.engine.lists.past_orders(request.account), history=True)

    def _order_page(self, request: sim.Request, rows: list[sim.Order], *, history: bool = False) -> dict[str, Any]:
        found, end = self.page(request, rows, self.symbols(request.params), order_id="orderId", client_id="clientOid")
        return {
            "entrustedList": [order_row(order, self.name, history=history) for order in found] or None,
            "endId": end,
        }

    @get(f"{PATH}/fills", TEN, needs="productType")
    def fills(self, request: sim.Request) -> dict[str, Any]:
        """Executions; null when there are none. They carry no client id."""
        return self._fill_page(request, days=90, history=False)

    @get(f"{PATH}/fill-history", TEN, needs="productType")
    def fill_history(self, request: sim.Request) -> dict[str, Any]:
        """The same by weeks; not in the demo environment."""
        if request.header("paptrading") == "1":
            raise self.not_found
        return self._fill_page(request, days=7, history=True)

    def _fill_page(self, request: sim.Request, *, days: int, history: bool) -> dict[str, Any]:
        rows, symbols = self.engine.lists.fills(request.account), self.symbols(request.params)
        found, end = self.page(request, rows, symbols, order_id="orderId", days=days)
        return {"fillList": [fill_row(fill, self.name, history=history) for fill in found] or None, "endId": end}


def one_of(values: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Either id of an order; one of them is required."""
    return gate.either(
        values, "orderId", "clientOid", sim.VenueRefusal("40913", "One of orderId and clientOid is required")
    )


def _preset(fields: Mapping[str, Any], name: str, price_name: str = "") -> sim.Preset | None:
    trigger = number(fields, name)
    if not trigger:
        return None
    return sim.Preset(trigger_price=trigger, price=(number(fields, price_name) if price_name else None) or None)


def items(fields: Mapping[str, Any], name: str, most: int, code: str) -> list[Mapping[str, Any]]:
    """A list of objects in the body, not longer than allowed."""
    found = objects(fields, name)
    if len(found) > most:
        raise sim.VenueRefusal(code, f"At most {most} orders")
    return found


def lists(verdicts: list[sim.Verdict]) -> dict[str, list[dict[str, Any]]]:
    """What became of each item."""
    return {
        "successList": [verdict.result for verdict in verdicts if verdict.refusal is None],
        "failureList": [
            {
                "orderId": item.get("orderId") or "",
                "clientOid": item.get("clientOid") or "",
                "errorMsg": refusal.message,
                "errorCode": refusal.code,
            }
            for item, _, refusal in verdicts
            if refusal is not None
        ],
    }
