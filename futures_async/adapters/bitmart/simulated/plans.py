"""BitMart's conditional orders on the simulated exchange: plan, take-profit and stop-loss."""

from __future__ import annotations

from typing import Any

from futures_async.adapters.bitmart.simulated import order_rows as rows
from futures_async.adapters.bitmart.simulated.base import OPEN_ROWS, BitMartSide, Body
from futures_async.enums import OrderType, PositionSide, Side
from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.errors import UnknownOrder
from futures_async.simulator.records import Preset, Ticket, Trigger, TriggerKind


class PlanCalls(BitMartSide):
    """Orders that wait for a price."""

    def submit_plan_order(self, request: Request) -> Any:
        """Waits for a price and then places an order; the answer's id is a number."""
        body, account = Body(request), request.account
        contract, code = self.contract(body.text("symbol")), self.side(body)
        kind = body.text("type") or "limit"
        if kind not in ("limit", "market"):
            raise VenueRefusal("40042", "The order type is invalid")
        way, by, trigger = body.whole("price_way"), body.whole("price_type"), body.money("trigger_price")
        price = body.money("executive_price") if kind == "limit" else None
        if way not in (1, 2) or by not in (1, 2) or trigger is None or (kind == "limit" and price is None):
            raise VenueRefusal("40011", "price_way, price_type, trigger_price or executive_price is invalid")
        self.check_tick(contract, trigger)
        self.check_tick(contract, price)
        terms = self.terms(account, contract, body, code)
        ticket = Ticket(
            symbol=contract.symbol,
            side=code.side,
            type=OrderType.LIMIT if kind == "limit" else OrderType.MARKET,
            quantity=self.quantity(body, contract),
            price=price,
            take_profit=self.preset(body, "preset_take_profit_price"),
            stop_loss=self.preset(body, "preset_stop_loss_price"),
            tag={"mode": body.whole("mode") or 1, "leverage": body.text("leverage") or ""},
            margin_mode=terms.get("margin_mode"),
            **self.style(account, contract, code),
        )
        placed = self.engine.triggers.place_plan(account, ticket, trigger, on_mark=by == 2)
        placed.above = way == 1
        return {"order_id": placed.id}

    def submit_tp_sl_order(self, request: Request) -> Any:
        """Protects a position; the answer's id is text."""
        body, account = Body(request), request.account
        contract, code = self.contract(body.text("symbol")), self.side(body)
        word, trigger = body.text("type"), body.money("trigger_price")
        if not code.closes:
            raise VenueRefusal("40041", "The order side is invalid")
        if word not in ("take_profit", "stop_loss"):
            raise VenueRefusal("40042", "The order type is invalid")
        if trigger is None or body.whole("price_type") not in (1, 2):
            raise VenueRefusal("40011", "trigger_price or price_type is invalid")
        self.check_tick(contract, trigger)
        # "0" executes at market.
        price = body.money("executive_price") or None
        whole = body.whole("size") is None or (body.whole("plan_category") or 2) == 2
        kinds = {
            ("take_profit", False): TriggerKind.TAKE_PROFIT,
            ("take_profit", True): TriggerKind.POSITION_TAKE_PROFIT,
            ("stop_loss", False): TriggerKind.STOP_LOSS,
            ("stop_loss", True): TriggerKind.POSITION_STOP_LOSS,
        }
        placed = self.engine.triggers.place_closing(
            account,
            contract.symbol,
            PositionSide.LONG if code.side is Side.SELL else PositionSide.SHORT,
            kinds[word, whole],
            Preset(trigger_price=trigger, price=price, on_mark=body.whole("price_type") == 2),
            client_id=self.client_id(body),
            **({} if whole else {"quantity": self.quantity(body, contract)}),
        )
        return {"order_id": str(placed.id), "client_order_id": placed.client_id or ""}

    def cancel_plan_order(self, request: Request) -> Any:
        """By id; what an id-less call does is not documented, so the worst is assumed."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = self.ids(body)
        triggers = self.engine.triggers
        if order_id is None and client_id is None:
            triggers.cancel_all(account, lambda trigger: trigger.symbol == contract.symbol)
            return {}
        found = triggers.find(account, trigger_id=order_id, client_id=client_id)
        if found.symbol != contract.symbol:
            raise UnknownOrder("of another symbol")
        triggers.cancel(account, found)
        return {}

    def plan_orders(self, request: Request) -> Any:
        """At most 100, newest first, no pages."""
        contract, kind, family = (
            self.maybe_contract(request),
            request.params.get("type"),
            request.params.get("plan_type"),
        )

        def match(trigger: Trigger) -> bool:
            return (
                (contract is None or trigger.symbol == contract.symbol)
                and (not kind or (kind == "market") == (trigger.price is None))
                and (not family or (family == "profit_loss") == trigger.kind.closes)
            )

        most = min(self.number(request, "limit") or OPEN_ROWS, OPEN_ROWS)
        live = [trigger for trigger in request.account.live_triggers.values() if match(trigger)]
        return [rows.plan_row(trigger, self.contract_of(trigger.symbol)) for trigger in reversed(live)][:most]
