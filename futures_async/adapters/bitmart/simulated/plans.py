"""BitMart's conditional orders on the simulated exchange: plan, take-profit and stop-loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import base
from futures_async.adapters.bitmart.simulated import order_rows as rows
from futures_async.adapters.bitmart.simulated.base import per2, whole
from futures_async.simulator.venue import check_presets, closed_by, errors, get, opened_side, post

KINDS = {
    ("take_profit", False): sim.TriggerKind.TAKE_PROFIT,
    ("take_profit", True): sim.TriggerKind.POSITION_TAKE_PROFIT,
    ("stop_loss", False): sim.TriggerKind.STOP_LOSS,
    ("stop_loss", True): sim.TriggerKind.POSITION_STOP_LOSS,
}
"""By the word, and whether it closes the whole position."""


def plain_plan(trigger: sim.Trigger) -> bool:
    """Trailing orders are a family of their own."""
    return trigger.kind is not sim.TriggerKind.TRAILING


class PlanCalls(base.BitMartSide):
    """Orders that wait for a price."""

    @post(f"{base.PRIVATE}/submit-plan-order", per2(24), sim.Kind.ORDER)
    def submit_plan_order(self, request: sim.Request) -> Any:
        """Waits for a price and then places an order; the answer's id is a number."""
        body = base.Body(self, request)
        code, kind = body.side(), body.type()
        way, by, trigger = body.whole("price_way"), body.whole("price_type"), body.price("trigger_price")
        price = body.price("executive_price") if kind is sim.OrderType.LIMIT else None
        if way not in (1, 2) or by not in (1, 2) or trigger is None or (kind is sim.OrderType.LIMIT and price is None):
            raise sim.VenueRefusal("40011", "price_way, price_type, trigger_price or executive_price is invalid")
        ticket = sim.Ticket(
            symbol=body.symbol,
            type=kind,
            quantity=body.quantity(),
            price=price,
            tag={"mode": body.whole("mode") or 1, "leverage": body.text("leverage") or ""},
            margin_mode=body.terms(code).get("margin_mode"),
            **body.presets(),
            **body.style(code),
        )
        placed = self.engine.triggers.place_plan(request.account, ticket, trigger, on_mark=by == 2)
        placed.above = way == 1
        return {"order_id": placed.id}

    @post(f"{base.PRIVATE}/submit-tp-sl-order", per2(24), sim.Kind.ORDER)
    def submit_tp_sl_order(self, request: sim.Request) -> Any:
        """Protects a position; the answer's id is text."""
        body = base.Body(self, request)
        code, word, trigger = body.side(), body.text("type"), body.money("trigger_price")
        if not code.closes:
            raise sim.VenueRefusal("40041", "The order side is invalid")
        if word not in ("take_profit", "stop_loss"):
            raise sim.VenueRefusal("40042", "The order type is invalid")
        if trigger is None or body.whole("price_type") not in (1, 2):
            raise sim.VenueRefusal("40011", "trigger_price or price_type is invalid")
        body.price("trigger_price")
        # "0" executes at market.
        price, on_mark = body.money("executive_price") or None, body.whole("price_type") == 2
        all_of_it = body.whole("size") is None or (body.whole("plan_category") or 2) == 2
        placed = self.engine.triggers.place_closing(
            request.account,
            body.symbol,
            closed_by(code.side),
            KINDS[word, all_of_it],
            sim.Preset(trigger_price=trigger, price=price, on_mark=on_mark),
            client_id=body.client_id(),
            **({} if all_of_it else {"quantity": body.quantity()}),
        )
        return {"order_id": str(placed.id), "client_order_id": placed.client_id or ""}

    @post(f"{base.PRIVATE}/cancel-plan-order", per2(40), sim.Kind.CANCEL)
    def cancel_plan_order(self, request: sim.Request) -> Any:
        """By id; what an id-less call does is not documented, so the worst is assumed."""
        body = base.Body(self, request)
        order_id, client_id = body.ids()
        return self._cancel(body, order_id, client_id, trailing=False)

    @post(f"{base.PRIVATE}/cancel-trail-order", per2(24), sim.Kind.CANCEL)
    def cancel_trail_order(self, request: sim.Request) -> Any:
        """By id; without one all of the contract, as for plan orders."""
        body = base.Body(self, request)
        return self._cancel(body, body.ids()[0], None, trailing=True)

    def _cancel(self, body: base.Body, order_id: int | None, client_id: str | None, *, trailing: bool) -> Any:
        triggers = self.engine.triggers
        if order_id is None and client_id is None:
            triggers.cancel_all(body.account, lambda t: t.symbol == body.symbol and plain_plan(t) is not trailing)
        else:
            triggers.cancel(body.account, self._waiting(body, order_id, client_id, trailing=trailing))
        return {}

    def _waiting(
        self, body: base.Body, order_id: int | None, client_id: str | None, *, trailing: bool = False
    ) -> sim.Trigger:
        """A waiting order of the contract and of one of the two families."""
        found = self.engine.triggers.find(body.account, trigger_id=order_id, client_id=client_id)
        if found.symbol != body.symbol or plain_plan(found) is trailing:
            raise errors.UnknownOrder("of another symbol or kind")
        return found

    @post(f"{base.PRIVATE}/modify-plan-order", per2(24), sim.Kind.SETTING)
    def modify_plan_order(self, request: sim.Request) -> Any:
        """Trigger and price of a plan order; the answer's id is text."""
        return self._modify(request, closes=False)

    @post(f"{base.PRIVATE}/modify-tp-sl-order", per2(24), sim.Kind.SETTING)
    def modify_tp_sl_order(self, request: sim.Request) -> Any:
        """Likewise, of a take-profit or stop-loss."""
        return self._modify(request, closes=True)

    def _modify(self, request: sim.Request, *, closes: bool) -> Any:
        body = base.Body(self, request)
        order_id, client_id = body.ids()
        trigger, by = body.money("trigger_price"), body.whole("price_type")
        if (order_id is None and client_id is None) or trigger is None or by not in (1, 2):
            raise sim.VenueRefusal("40011", "order_id, trigger_price or price_type is invalid")
        found = self._waiting(body, order_id, client_id)
        if found.kind.closes is not closes:
            raise errors.UnknownOrder("of the other family")
        body.price("trigger_price")
        price, word = body.price("executive_price") or None, body.text("category" if closes else "type")
        if not closes and (word not in base.TYPES or (word == "limit") is not (price is not None)):
            raise sim.VenueRefusal("40011", "type or executive_price is invalid")
        if closes and found.position_side is not None:
            self.engine.triggers.check_side(body.symbol, found.position_side, found.kind, trigger)
        found.trigger_price, found.price, found.on_mark = trigger, price, by == 2
        self.engine.triggers.changed(request.account, found)
        return {"order_id": str(found.id)}

    @post(f"{base.PRIVATE}/modify-preset-plan-order", per2(24), sim.Kind.SETTING)
    def modify_presets(self, request: sim.Request) -> Any:
        """Take-profit and stop-loss that come with an open order."""
        body = base.Body(self, request)
        order_id, _ = body.ids()
        if order_id is None:
            raise sim.VenueRefusal("40011", "order_id is required")
        order = self.engine.orders.find(request.account, order_id=order_id, symbol=body.symbol)
        if not order.is_open:
            raise errors.OrderFinished("the order is finished")
        presets, bound = body.presets(), order.price or self.engine.world.mark(order.symbol)
        profit = presets["take_profit"] or order.take_profit
        stop = presets["stop_loss"] or order.stop_loss
        check_presets(opened_side(order.side), profit, stop, bound=bound, of="order price")
        order.take_profit, order.stop_loss = profit, stop
        order.updated_ms = request.now_ms
        return {"order_id": str(order.id)}

    @post(f"{base.PRIVATE}/submit-trail-order", per2(24), sim.Kind.ORDER)
    def submit_trail_order(self, request: sim.Request) -> Any:
        """Follows the price from the activation on; the callback is percent, the answer's id a number."""
        body = base.Body(self, request)
        code, by = body.side(), body.whole("activation_price_type")
        activation, rate = body.money("activation_price"), body.money("callback_rate")
        if activation is None or rate is None or by not in (1, 2) or not Decimal("0.1") <= rate <= 5:
            raise sim.VenueRefusal("40011", "activation_price, callback_rate or activation_price_type is invalid")
        leverage, word = body.text("leverage"), body.text("open_type")
        if leverage is None or word not in base.OPEN_TYPE:
            raise sim.VenueRefusal("40011", "leverage or open_type is invalid")
        body.price("activation_price")
        body.terms(code)
        ticket = sim.Ticket(
            symbol=body.symbol,
            type=sim.OrderType.MARKET,
            quantity=body.quantity(),
            margin_mode=None if code.closes else base.OPEN_TYPE[word],
            tag={"trailing": True, "leverage": leverage},
            **body.style(code),
        )
        place = self.engine.triggers.place_plan
        return {"order_id": place(request.account, ticket, activation, on_mark=by == 2, callback_ratio=rate / 100).id}

    @get(f"{base.PRIVATE}/current-plan-order", per2(50))
    def plan_orders(self, request: sim.Request) -> Any:
        """At most 100, newest first, no pages."""
        params, symbols = request.params, self.symbols(request.params)
        kind, family = params.get("type"), params.get("plan_type")

        def match(trigger: sim.Trigger) -> bool:
            return (
                plain_plan(trigger)
                and trigger.symbol in symbols
                and (not kind or (kind == "market") == (trigger.price is None))
                and (not family or (family == "profit_loss") == trigger.kind.closes)
            )

        most = min(whole(params, "limit") or base.OPEN_ROWS, base.OPEN_ROWS)
        live = [trigger for trigger in request.account.live_triggers.values() if match(trigger)]
        return [rows.plan_row(trigger, self.contract_of(trigger.symbol)) for trigger in reversed(live)][:most]
