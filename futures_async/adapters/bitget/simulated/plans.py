"""Trigger orders: plans, trailing plans, take-profit and stop-loss. Reference: venues/bitget.md section 3.6."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import MARGIN_MODES, TYPES
from futures_async.adapters.bitget.simulated.gate import needed_number, number, pick, whole, word
from futures_async.adapters.bitget.simulated.orders import MAX_CANCELS, PATH, TEN, OrderCalls, items, one_of
from futures_async.adapters.bitget.simulated.rows import PLAN_STATES, plan_row, plan_type
from futures_async.simulator.venue import closing_side, errors, get, post

TPSL_KINDS = {
    "profit_plan": sim.TriggerKind.TAKE_PROFIT,
    "loss_plan": sim.TriggerKind.STOP_LOSS,
    "pos_profit": sim.TriggerKind.POSITION_TAKE_PROFIT,
    "pos_loss": sim.TriggerKind.POSITION_STOP_LOSS,
}
GROUPS = {
    "normal_plan": ("normal_plan",),
    "track_plan": ("track_plan",),
    "profit_loss": ("profit_plan", "loss_plan", "pos_profit", "pos_loss", "moving_plan"),
}
OWN_TYPES = (*GROUPS["normal_plan"], *GROUPS["track_plan"], *GROUPS["profit_loss"])
SOURCES = {"fill_price": False, "mark_price": True}
"""Whether the mark price triggers."""
PLAN = "planType symbol productType marginMode marginCoin size triggerPrice side triggerType orderType"
STOP = "marginCoin productType symbol"
CODES = {errors.UnknownOrder: "43025", errors.NoPosition: "43023"}
"""Trigger endpoints say it with other codes."""


class PlanCalls(OrderCalls):
    """Orders that wait for a price."""

    # -- placing

    @post(f"{PATH}/place-plan-order", TEN, sim.Kind.ORDER, codes=CODES, needs=PLAN)
    def place_plan(self, request: sim.Request) -> dict[str, str | None]:
        """`normal_plan` or `track_plan`: places an order of its own."""
        fields, account = request.fields(), request.account
        symbol, order_type = self.contract(fields).symbol, pick(fields, "orderType", TYPES)
        track = word(fields, "planType", ("normal_plan", "track_plan")) == "track_plan"
        ticket = sim.Ticket(
            symbol=symbol,
            type=order_type,
            quantity=needed_number(fields, "size"),
            price=needed_number(fields, "price") if order_type is sim.OrderType.LIMIT else None,
            client_id=self.client_id(fields),
            margin_mode=pick(fields, "marginMode", MARGIN_MODES),
            take_profit=_protection(fields, "stopSurplus"),
            stop_loss=_protection(fields, "stopLoss"),
            **self.style(account, symbol, fields),
        )
        trigger = self.engine.triggers.place_plan(
            account,
            ticket,
            needed_number(fields, "triggerPrice"),
            on_mark=_on_mark(fields, "triggerType"),
            callback_ratio=_ratio(fields, "callbackRatio") if track else None,
        )
        return _ids(trigger)

    def _held(self, request: sim.Request) -> tuple[str, sim.PositionSide, bool]:
        """Symbol, side and whether in hedge mode, which says `long` or `short`; one-way mode says `buy` (a long) or
        `sell`; the other family of words is refused."""
        fields = request.fields()
        symbol = self.contract(fields).symbol
        hedge = request.account.mode(symbol) is sim.PositionMode.HEDGE
        family = ("long", "short") if hedge else ("buy", "sell")
        text = str(fields["holdSide"]).lower()
        if text not in family:
            what = "delegateType is error" if hedge else "holdSide error"
            raise sim.VenueRefusal("43011", f"The parameter does not meet the specification {what}")
        return symbol, sim.PositionSide.LONG if text == family[0] else sim.PositionSide.SHORT, hedge

    @post(f"{PATH}/place-tpsl-order", TEN, sim.Kind.ORDER, codes=CODES, needs=f"{STOP} planType triggerPrice holdSide")
    def place_tpsl(self, request: sim.Request) -> dict[str, str | None]:
        """Take-profit, stop-loss or trailing stop of a position, whole or in part."""
        fields, account = request.fields(), request.account
        symbol, side, _ = self._held(request)
        kind_word = word(fields, "planType", (*TPSL_KINDS, "moving_plan"))
        if kind_word == "moving_plan":
            return _ids(self._place_moving(request))
        kind = TPSL_KINDS[kind_word]
        quantity = sim.ZERO if kind.whole_position else needed_number(fields, "size")
        preset = sim.Preset(
            trigger_price=needed_number(fields, "triggerPrice"),
            price=number(fields, "executePrice") or None,
            on_mark=_on_mark(fields, "triggerType"),
        )
        place = self.engine.triggers.place_closing
        return _ids(place(account, symbol, side, kind, preset, quantity=quantity, client_id=self.client_id(fields)))

    def _place_moving(self, request: sim.Request) -> sim.Trigger:
        fields, account = request.fields(), request.account
        symbol, side, hedge = self._held(request)
        if (symbol, side) not in account.positions:
            raise errors.NoPosition("no position")
        ticket = sim.Ticket(
            symbol=symbol,
            side=closing_side(side),
            type=sim.OrderType.MARKET,
            quantity=needed_number(fields, "size"),
            intent=sim.Intent.CLOSE if hedge else None,
            reduce_only=not hedge,
            client_id=self.client_id(fields),
            tag={"planType": "moving_plan"},
        )
        return self.engine.triggers.place_plan(
            account,
            ticket,
            needed_number(fields, "triggerPrice"),
            on_mark=_on_mark(fields, "triggerType"),
            callback_ratio=_ratio(fields, "rangeRate"),
        )

    @post(f"{PATH}/place-pos-tpsl", TEN, sim.Kind.ORDER, codes=CODES, needs=f"{STOP} holdSide")
    def place_position_tpsl(self, request: sim.Request) -> list[dict[str, str | None]]:
        """Both of a position at once."""
        fields, account = request.fields(), request.account
        symbol, side, _ = self._held(request)
        wanted: list[tuple[sim.TriggerKind, sim.Preset, Decimal, str]] = []
        for name, part, whole_kind in (
            ("stopSurplus", sim.TriggerKind.TAKE_PROFIT, sim.TriggerKind.POSITION_TAKE_PROFIT),
            ("stopLoss", sim.TriggerKind.STOP_LOSS, sim.TriggerKind.POSITION_STOP_LOSS),
        ):
            preset = _protection(fields, name)
            if preset is None:
                continue
            size = number(fields, f"{name}Size") or sim.ZERO
            kind = part if size else whole_kind
            self.engine.triggers.check_side(symbol, side, kind, preset.trigger_price)
            wanted.append((kind, preset, size, self.client_id(fields, f"{name}ClientOid")))
        if not wanted:
            raise sim.VenueRefusal("400172", "Parameter verification failed: stopSurplusTriggerPrice")
        rows: list[dict[str, str | None]] = []
        place = self.engine.triggers.place_closing
        for kind, preset, size, client_id in wanted:
            trigger = place(account, symbol, side, kind, preset, quantity=size, client_id=client_id)
            rows.append(
                {
                    "orderId": str(trigger.id),
                    "stopSurplusClientOid": trigger.client_id if kind.is_profit else "",
                    "stopLossClientOid": "" if kind.is_profit else trigger.client_id,
                }
            )
        return rows

    # -- changing and cancelling

    def _live(self, request: sim.Request) -> sim.Trigger:
        trigger_id, client_id = one_of(request.fields())
        return self.engine.triggers.find(request.account, trigger_id=trigger_id, client_id=client_id)

    @post(f"{PATH}/modify-tpsl-order", TEN, sim.Kind.ORDER, codes=CODES, needs=f"{STOP} triggerPrice")
    def modify_tpsl(self, request: sim.Request) -> dict[str, str | None]:
        """In place."""
        fields, trigger = request.fields(), self._live(request)
        price, size = needed_number(fields, "triggerPrice"), number(fields, "size")
        if trigger.kind.closes and trigger.position_side is not None:
            self.engine.triggers.check_side(trigger.symbol, trigger.position_side, trigger.kind, price)
        trigger.trigger_price = price
        trigger.price = number(fields, "executePrice") or None
        if fields.get("triggerType"):
            trigger.on_mark = _on_mark(fields, "triggerType")
        if size and not trigger.kind.whole_position:
            trigger.quantity = size
        if trigger.callback_ratio is not None and fields.get("rangeRate"):
            trigger.callback_ratio = _ratio(fields, "rangeRate")
        self.engine.triggers.changed(request.account, trigger)
        return _ids(trigger)

    @post(f"{PATH}/modify-plan-order", TEN, sim.Kind.ORDER, codes=CODES, needs="productType")
    def modify_plan(self, request: sim.Request) -> dict[str, str | None]:
        """In place; what is not named stays."""
        fields = request.fields()
        self.product(fields)
        trigger = self._live(request)
        price, size = number(fields, "newTriggerPrice"), number(fields, "newSize")
        if price is not None:
            trigger.trigger_price = price
            trigger.above = price >= self.engine.world.mark(trigger.symbol)
        trigger.quantity = size or trigger.quantity
        if trigger.price is not None:
            trigger.price = number(fields, "newPrice") or trigger.price
        if fields.get("newTriggerType"):
            trigger.on_mark = _on_mark(fields, "newTriggerType")
        if trigger.callback_ratio is not None and fields.get("newCallbackRatio"):
            trigger.callback_ratio = _ratio(fields, "newCallbackRatio")
        trigger.take_profit = _protection(fields, "newStopSurplus") or trigger.take_profit
        trigger.stop_loss = _protection(fields, "newStopLoss") or trigger.stop_loss
        self.engine.triggers.changed(request.account, trigger)
        return _ids(trigger)

    @post(f"{PATH}/cancel-plan-order", TEN, sim.Kind.CANCEL, codes=CODES, needs="productType")
    def cancel_plan(self, request: sim.Request) -> dict[str, Any]:
        """Only orders whose own `planType` is named: the query group `profit_loss` succeeds and cancels nothing."""
        fields = request.fields()
        symbols, kind = self.symbols(fields), str(fields.get("planType") or "normal_plan")
        ids = items(fields, "orderIdList", MAX_CANCELS, "40912") if fields.get("orderIdList") else []
        if ids and not fields.get("symbol"):
            raise sim.VenueRefusal("400172", "Parameter verification failed: symbol")
        if kind not in OWN_TYPES:
            return {"successList": [], "failureList": []}
        named = {str(item.get("orderId") or "") for item in ids} | {str(item.get("clientOid") or "") for item in ids}

        def match(trigger: sim.Trigger) -> bool:
            if plan_type(trigger) != kind or trigger.symbol not in symbols:
                return False
            return not ids or str(trigger.id) in named or (trigger.client_id or "-") in named

        found = self.engine.triggers.cancel_all(request.account, match)
        known = {str(trigger.id) for trigger in found} | {trigger.client_id for trigger in found}
        failed = [
            {
                "orderId": item.get("orderId") or "",
                "clientOid": item.get("clientOid") or "",
                "errorMsg": "The plan order does not exist",
                "errorCode": "43025",
            }
            for item in ids
            if item.get("orderId") not in known and item.get("clientOid") not in known
        ]
        return {"successList": [_ids(trigger) for trigger in found], "failureList": failed}

    # -- finding

    @get(f"{PATH}/orders-plan-pending", TEN, needs="productType planType")
    def plans_pending(self, request: sim.Request) -> dict[str, Any]:
        return self._plan_page(request, {sim.TriggerStatus.LIVE}, history=False)

    @get(f"{PATH}/orders-plan-history", TEN, needs="productType planType")
    def plans_history(self, request: sim.Request) -> dict[str, Any]:
        states = {sim.TriggerStatus.EXECUTED, sim.TriggerStatus.FAILED, sim.TriggerStatus.CANCELED}
        wanted = request.params.get("planStatus")
        if wanted:
            states = {state for state in states if PLAN_STATES[state] == wanted}
        return self._plan_page(request, states, history=True)

    def _plan_page(self, request: sim.Request, states: set[sim.TriggerStatus], *, history: bool) -> dict[str, Any]:
        kinds = GROUPS.get(request.params["planType"].lower())
        if kinds is None:
            raise sim.VenueRefusal("40020", "Parameter planType error")
        account, symbols = request.account, self.symbols(request.params)
        found, end = self.page(
            request,
            account.trigger_log,
            symbols,
            lambda trigger: trigger.status in states and plan_type(trigger) in kinds,
            order_id="orderId",
            client_id="clientOid",
        )
        rows = [plan_row(trigger, self.name, account.orders, history=history) for trigger in found]
        return {"entrustedList": rows or None, "endId": end}

    @get(f"{PATH}/plan-sub-order", TEN, needs="planType planOrderId productType")
    def plan_sub_order(self, request: sim.Request) -> list[dict[str, str]]:
        wanted = whole(request.params, "planOrderId")
        for trigger in request.account.trigger_log:
            order = request.account.orders.get(trigger.order_id or 0)
            if trigger.id == wanted and order is not None:
                price = "" if order.price is None else str(order.price)
                return [{"orderId": str(order.id), "price": price, "type": str(order.type), "status": "executed"}]
        return []


def _ids(trigger: sim.Trigger) -> dict[str, str | None]:
    return {"orderId": str(trigger.id), "clientOid": trigger.client_id or str(trigger.id)}


def _on_mark(fields: Mapping[str, Any], name: str) -> bool:
    return pick(fields, name, SOURCES, "fill_price")


def _ratio(fields: Mapping[str, Any], name: str) -> Decimal:
    percent = needed_number(fields, name)
    if not 0 < percent <= 10:
        raise sim.VenueRefusal("43032", "The callback rate is out of range")
    return percent / 100


def _protection(fields: Mapping[str, Any], name: str) -> sim.Preset | None:
    trigger = number(fields, f"{name}TriggerPrice")
    if not trigger:
        return None
    return sim.Preset(
        trigger_price=trigger,
        price=number(fields, f"{name}ExecutePrice") or None,
        on_mark=_on_mark(fields, f"{name}TriggerType"),
    )
