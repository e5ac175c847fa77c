"""Strategy orders: trigger, take-profit and stop-loss, trailing stop. Reference: venues/bitget-uta.md section 12.

Where the venue's pages leave a choice, the one is taken that asks more of a client: lists say neither side nor kind, a
leg that a change leaves out is taken away, and a second take-profit or stop-loss of a whole position is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import SIDES, TRADES, YES_NO, ids
from futures_async.adapters.bitget.simulated.gate import needed_number, number, pick, required, whole, word
from futures_async.adapters.bitget_uta.simulated.base import CURSOR_OFFSET, listed
from futures_async.adapters.bitget_uta.simulated.orders import OrderCalls, intent_of, one_of, preset_of
from futures_async.adapters.bitget_uta.simulated.rows import fired_leg, strategy_type, sub_order_row, waiting_row
from futures_async.simulator.venue import errors, get, post

PATH = "/api/v3/trade"
TEN, TWENTY = sim.RateLimit(10), sim.RateLimit(20)
TYPES = ("tpsl", "trigger", "trailing_stop")
SOURCES = {"market": False, "mark": True}
"""Whether the mark price triggers."""
CODES = {errors.UnknownOrder: "25597", errors.NoPosition: "25601", errors.InsufficientPosition: "25601"}
TOO_MANY = sim.VenueRefusal("25599", "The number of TP/SL orders exceeds the limit")
ENDED = {sim.TriggerStatus.EXECUTED, sim.TriggerStatus.FAILED, sim.TriggerStatus.CANCELED}


def _legs(trigger: sim.Trigger) -> tuple[object, ...]:
    """What a change of a take-profit and stop-loss may change of it."""
    return trigger.kind, trigger.trigger_price, trigger.price, trigger.on_mark, trigger.other


class StrategyCalls(OrderCalls):
    """Orders that wait for a price: lists and ids of their own."""

    # -- placing

    @post(f"{PATH}/place-strategy-order", TEN, sim.Kind.ORDER, codes=CODES, needs="category symbol")
    def place_strategy(self, request: sim.Request) -> dict[str, Any]:
        """Of the kind that `type` names."""
        match word(request.fields(), "type", TYPES, "tpsl"):
            case "tpsl":
                trigger = self._place_tpsl(request)
            case "trigger":
                trigger = self._place_trigger(request)
            case _:
                trigger = self._place_trailing(request)
        return ids(trigger)

    def _place_tpsl(self, request: sim.Request) -> sim.Trigger:
        fields, account = request.fields(), request.account
        symbol, side = self.contract(fields).symbol, self._held(request)
        full = word(fields, "tpslMode", ("full", "partial"), "full") == "full"
        profit, stop = preset_of(fields, "takeProfit", "tp"), preset_of(fields, "stopLoss", "sl")
        if profit is None and stop is None:
            raise sim.VenueRefusal("40019", "Parameter takeProfit cannot be empty")
        if full and any(
            trigger.kind.whole_position and (trigger.symbol, trigger.position_side) == (symbol, side)
            for trigger in account.live_triggers.values()
        ):
            raise TOO_MANY
        quantity = sim.ZERO if full else needed_number(fields, "qty")
        if not (full or quantity):
            raise errors.InvalidQuantity("qty must be above 0")
        return self.engine.triggers.place_bracket(
            account,
            symbol,
            side,
            profit,
            stop,
            quantity=quantity,
            client_id=self._client_id(fields),
            tag={"qty": str(fields["qty"])} if fields.get("qty") else {},
        )

    def _held(self, request: sim.Request) -> sim.PositionSide:
        """The position: by `posSide` in either mode; one-way mode also takes what a closing order says."""
        fields = request.fields()
        if fields.get("posSide"):
            return pick(fields, "posSide", SIDES)
        if request.account.mode(self.contract(fields).symbol) is sim.PositionMode.HEDGE:
            raise errors.ModeConflict("posSide is missing")
        if not pick(fields, "reduceOnly", YES_NO, "no") or not fields.get("side"):
            raise sim.VenueRefusal("40019", "Parameter posSide cannot be empty")
        return sim.PositionSide.LONG if pick(fields, "side", TRADES) is sim.Side.SELL else sim.PositionSide.SHORT

    def _place_trigger(self, request: sim.Request) -> sim.Trigger:
        fields = request.fields()
        order_type = word(fields, "triggerOrderType", ("market", "limit"), "market")
        price = needed_number(fields, "triggerOrderPrice") if order_type == "limit" else None
        return self.engine.triggers.place_plan(
            request.account,
            self._ticket(request, price),
            needed_number(fields, "triggerPrice"),
            on_mark=pick(fields, "triggerBy", SOURCES, "market"),
        )

    def _place_trailing(self, request: sim.Request) -> sim.Trigger:
        given: Any = request.fields().get("trailingStopParams")
        found: list[Any] = given if isinstance(given, list) else [given]  # pyright: ignore[reportUnknownVariableType] - JSON
        params: dict[str, Any] = found[0] if len(found) == 1 and isinstance(found[0], dict) else {}  # pyright: ignore[reportUnknownVariableType] - JSON
        if not params:
            raise sim.VenueRefusal("40019", "Parameter trailingStopParams cannot be empty")
        # Trailing by a distance in price is not simulated.
        word(params, "trailType", ("ratio",))
        word(params, "preOrderType", ("market",), "market")
        percent = needed_number(params, "trailVariance")
        if not Decimal("0.1") <= percent <= 10:
            raise sim.VenueRefusal("40020", "Parameter trailVariance error")
        return self.engine.triggers.place_plan(
            request.account,
            self._ticket(request, None),
            needed_number(params, "activationPrice"),
            # The index price is the mark price's source, and stands for it here.
            on_mark=pick(params, "activationType", SOURCES | {"index": True}, "market"),
            callback_ratio=percent / 100,
        )

    def _ticket(self, request: sim.Request, price: Decimal | None) -> sim.Ticket:
        """Such orders name no margin mode: it is cross, but for accounts that have the other one alone."""
        fields, account = request.fields(), request.account
        required(fields, "qty", "side")
        symbol, side = self.contract(fields).symbol, pick(fields, "side", TRADES)
        hedge = account.mode(symbol) is sim.PositionMode.HEDGE
        intent = intent_of(fields, side, hedge=hedge)
        reduces = not hedge and pick(fields, "reduceOnly", YES_NO, "no")
        if intent is sim.Intent.CLOSE or reduces:
            held = sim.PositionSide.LONG if side is sim.Side.SELL else sim.PositionSide.SHORT
            if (symbol, held) not in account.positions:
                raise errors.NoPosition("no position")
        isolated = account.extra.get("accountLevel") == "isolated"
        return sim.Ticket(
            symbol=symbol,
            side=side,
            type=sim.OrderType.MARKET if price is None else sim.OrderType.LIMIT,
            quantity=needed_number(fields, "qty"),
            price=price,
            intent=intent,
            reduce_only=reduces,
            client_id=self._client_id(fields),
            margin_mode=sim.MarginMode.ISOLATED if isolated else sim.MarginMode.CROSS,
        )

    # -- changing and cancelling

    def _live(self, request: sim.Request) -> sim.Trigger:
        order_id, client_id = one_of(request.fields())
        found = self.engine.triggers.find(request.account, trigger_id=order_id, client_id=client_id)
        if order_id is None and not found.kind.closes:
            raise errors.UnknownOrder("a client order id is kept for TP/SL alone")
        return found

    @post(f"{PATH}/modify-strategy-order", TEN, sim.Kind.SETTING, codes=CODES)
    def modify_strategy(self, request: sim.Request) -> dict[str, Any]:
        """In place: ids and the time of creation stay."""
        fields, trigger = request.fields(), self._live(request)
        quantity = number(fields, "qty")
        if trigger.kind.closes:
            before = _legs(trigger)
            self._modify_legs(fields, trigger)
            if _legs(trigger) == before and quantity in (None, trigger.quantity):
                raise sim.VenueRefusal("25600", "No changes made to the TP/SL order; please modify before submitting")
        elif trigger.callback_ratio is not None:
            raise sim.VenueRefusal("40017", "Parameter verification failed: trailing stops cannot be modified")
        else:
            price = number(fields, "triggerPrice")
            if price:
                trigger.trigger_price = price
                trigger.above = price >= self.engine.world.mark(trigger.symbol)
            if fields.get("triggerBy"):
                trigger.on_mark = pick(fields, "triggerBy", SOURCES)
            if fields.get("triggerOrderType"):
                limit = word(fields, "triggerOrderType", ("market", "limit")) == "limit"
                trigger.price = needed_number(fields, "triggerOrderPrice") if limit else None
        if quantity and not trigger.kind.whole_position:
            trigger.quantity = quantity
        self.engine.triggers.changed(request.account, trigger)
        return ids(trigger)

    def _modify_legs(self, fields: Mapping[str, Any], trigger: sim.Trigger) -> None:
        legs = {True: preset_of(fields, "takeProfit", "tp"), False: preset_of(fields, "stopLoss", "sl")}
        found = {profit: preset for profit, preset in legs.items() if preset is not None}
        if not found:
            return
        side = pick({"posSide": str(trigger.position_side)}, "posSide", SIDES)
        kinds = {trigger.kind.is_profit: trigger.kind, not trigger.kind.is_profit: trigger.kind.opposite}
        for profit, preset in found.items():
            self.engine.triggers.check_side(trigger.symbol, side, kinds[profit], preset.trigger_price)
        profit = True in found
        first = found.pop(profit)
        trigger.kind, trigger.other = kinds[profit], next(iter(found.values()), None)
        trigger.above = profit == (side is sim.PositionSide.LONG)
        trigger.trigger_price, trigger.price, trigger.on_mark = first.trigger_price, first.price, first.on_mark

    @post(f"{PATH}/cancel-strategy-order", TEN, sim.Kind.CANCEL, codes=CODES)
    def cancel_strategy(self, request: sim.Request) -> None:
        """Both legs of it; the answer says nothing."""
        self.engine.triggers.cancel(request.account, self._live(request))

    # -- finding

    @get(f"{PATH}/unfilled-strategy-orders", TWENTY, needs="category")
    def unfilled_strategies(self, request: sim.Request) -> list[dict[str, Any]]:
        """A bare list; a symbol that is named is not looked at."""
        kind, symbols = self._asked(request)
        return [
            waiting_row(trigger, self.engine.world.contract(trigger.symbol))
            for trigger in request.account.live_triggers.values()
            if strategy_type(trigger) == kind and trigger.symbol in symbols
        ]

    @get(f"{PATH}/history-strategy-orders", TWENTY, needs="category")
    def past_strategies(self, request: sim.Request) -> dict[str, Any]:
        """Ended ones; the cursor is a number here."""
        kind, symbols = self._asked(request)
        found, cursor = self.page(
            request,
            request.account.trigger_log,
            symbols,
            lambda trigger: trigger.status in ENDED and strategy_type(trigger) == kind,
            offset=CURSOR_OFFSET,
        )
        rows = [
            waiting_row(trigger, self.engine.world.contract(trigger.symbol)) | {"triggerType": fired_leg(trigger)}
            for trigger in found
        ]
        return listed(rows) | {"cursor": None if cursor is None else int(cursor)}

    def _asked(self, request: sim.Request) -> tuple[str, set[str]]:
        params = request.params
        return word(params, "type", TYPES, "tpsl"), self.symbols({"category": params["category"]})

    @get(f"{PATH}/strategy-sub-orders", TEN, needs="orderId")
    def strategy_sub_orders(self, request: sim.Request) -> dict[str, Any]:
        """The regular order that it has become."""
        account, wanted = request.account, whole(request.params, "orderId")
        orders = [
            account.orders[trigger.order_id]
            for trigger in account.trigger_log
            if trigger.id == wanted and trigger.order_id in account.orders
        ]
        rows = [sub_order_row(order, self.engine.world.contract(order.symbol)) for order in orders]
        return listed(rows) | {"cursor": ""}
