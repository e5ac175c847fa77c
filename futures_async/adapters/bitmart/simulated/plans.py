"""BitMart's conditional orders on the simulated exchange: plan, take-profit and stop-loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapters.bitmart.simulated import order_rows as rows
from futures_async.adapters.bitmart.simulated.base import OPEN_ROWS, OPEN_TYPE, BitMartSide, Body
from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.errors import OrderFinished, UnknownOrder
from futures_async.simulator.margins import opened_side
from futures_async.simulator.presets import check_presets
from futures_async.simulator.records import Preset, Ticket, Trigger, TriggerKind
from futures_async.unified.enums import OrderType, PositionSide, Side


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
            triggers.cancel_all(account, lambda t: t.symbol == contract.symbol and t.kind is not TriggerKind.TRAILING)
            return {}
        triggers.cancel(account, self.waiting(account, contract, order_id, client_id))
        return {}

    def waiting(
        self,
        account: Account,
        contract: ContractSpec,
        order_id: int | None,
        client_id: str | None,
        *,
        trailing: bool = False,
    ) -> Trigger:
        """A waiting order of the contract and of one of the two families."""
        found = self.engine.triggers.find(account, trigger_id=order_id, client_id=client_id)
        if found.symbol != contract.symbol or (found.kind is TriggerKind.TRAILING) is not trailing:
            raise UnknownOrder("of another symbol or kind")
        return found

    def modify_plan_order(self, request: Request) -> Any:
        """Trigger and price of a plan order; the answer's id is text."""
        return self._modify(request, closes=False)

    def modify_tp_sl_order(self, request: Request) -> Any:
        """Likewise, of a take-profit or stop-loss."""
        return self._modify(request, closes=True)

    def _modify(self, request: Request, *, closes: bool) -> Any:
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = self.ids(body)
        trigger, price = body.money("trigger_price"), body.money("executive_price") or None
        if (order_id is None and client_id is None) or trigger is None or body.whole("price_type") not in (1, 2):
            raise VenueRefusal("40011", "order_id, trigger_price or price_type is invalid")
        found = self.waiting(account, contract, order_id, client_id)
        if found.kind.closes is not closes:
            raise UnknownOrder("of the other family")
        self.check_tick(contract, trigger)
        self.check_tick(contract, price)
        word = body.text("category" if closes else "type")
        if not closes and (word not in ("limit", "market") or (word == "limit") is not (price is not None)):
            raise VenueRefusal("40011", "type or executive_price is invalid")
        if closes and found.position_side is not None:
            self.engine.triggers.check_side(contract.symbol, found.position_side, found.kind, trigger)
        found.trigger_price, found.price = trigger, price
        found.on_mark = body.whole("price_type") == 2
        self.engine.triggers.changed(account, found)
        return {"order_id": str(found.id)}

    def modify_presets(self, request: Request) -> Any:
        """Take-profit and stop-loss that come with an open order."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, _ = self.ids(body)
        if order_id is None:
            raise VenueRefusal("40011", "order_id is required")
        order = self.engine.orders.find(account, order_id=order_id, symbol=contract.symbol)
        if not order.is_open:
            raise OrderFinished("the order is finished")
        profit = self.preset(body, "preset_take_profit_price") or order.take_profit
        stop = self.preset(body, "preset_stop_loss_price") or order.stop_loss
        bound = order.price or self.engine.world.mark(order.symbol)
        check_presets(opened_side(order.side), profit, stop, bound=bound, of="order price")
        order.take_profit, order.stop_loss = profit, stop
        order.updated_ms = request.now_ms
        return {"order_id": str(order.id)}

    def submit_trail_order(self, request: Request) -> Any:
        """Follows the price from the activation on; the callback is percent, the answer's id a number."""
        body, account = Body(request), request.account
        contract, code = self.contract(body.text("symbol")), self.side(body)
        activation, rate, by = (
            body.money("activation_price"),
            body.money("callback_rate"),
            body.whole("activation_price_type"),
        )
        if activation is None or rate is None or by not in (1, 2) or not Decimal("0.1") <= rate <= 5:
            raise VenueRefusal("40011", "activation_price, callback_rate or activation_price_type is invalid")
        leverage, word = body.text("leverage"), body.text("open_type")
        if leverage is None or word not in OPEN_TYPE:
            raise VenueRefusal("40011", "leverage or open_type is invalid")
        self.check_tick(contract, activation)
        self.terms(account, contract, body, code)
        ticket = Ticket(
            symbol=contract.symbol,
            side=code.side,
            type=OrderType.MARKET,
            quantity=self.quantity(body, contract),
            margin_mode=None if code.closes else OPEN_TYPE[word],
            tag={"trailing": True, "leverage": leverage},
            **self.style(account, contract, code),
        )
        placed = self.engine.triggers.place_plan(
            account, ticket, activation, on_mark=by == 2, callback_ratio=rate / 100
        )
        return {"order_id": placed.id}

    def cancel_trail_order(self, request: Request) -> Any:
        """By id; without one all of the contract, as for plan orders."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, _ = self.ids(body)
        triggers = self.engine.triggers
        if order_id is None:
            triggers.cancel_all(account, lambda t: t.symbol == contract.symbol and t.kind is TriggerKind.TRAILING)
            return {}
        triggers.cancel(account, self.waiting(account, contract, order_id, None, trailing=True))
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
                trigger.kind is not TriggerKind.TRAILING
                and (contract is None or trigger.symbol == contract.symbol)
                and (not kind or (kind == "market") == (trigger.price is None))
                and (not family or (family == "profit_loss") == trigger.kind.closes)
            )

        most = min(self.number(request, "limit") or OPEN_ROWS, OPEN_ROWS)
        live = [trigger for trigger in request.account.live_triggers.values() if match(trigger)]
        return [rows.plan_row(trigger, self.contract_of(trigger.symbol)) for trigger in reversed(live)][:most]
