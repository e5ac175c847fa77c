"""Conditional orders, a system of their own. Reference: venues/binance.md section 5."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.binance.simulated.base import GONE, ORDERS, READER, V1, Fapi, fields_of, per_symbol
from futures_async.adapters.binance.simulated.orders import ALL_DONE, CONDITIONAL, TRADES, ticket_of
from futures_async.adapters.binance.simulated.rows import algo_row
from futures_async.simulator.venue import closed_by, errors, get, post, route

WORKING = {"contract_price": False, "mark_price": True}
MOST = 200
TRAILING = "trailing_stop_market"


class AlgoCalls(Fapi):
    """Stops, take-profits and trailing stops."""

    @post(f"{V1}/algoOrder", ORDERS, sim.Kind.ORDER, needs="algoType symbol side type")
    def place_algo(self, request: sim.Request) -> dict[str, Any]:
        """Waits for a price; no margin is looked at before."""
        fields, account = fields_of(request), request.account
        kind = READER.word(fields, "type", CONDITIONAL)
        if len(account.live_triggers) >= MOST:
            raise sim.VenueRefusal("-4045", "Reach max stop order limit.")
        on_mark = READER.pick(fields, "workingType", WORKING, "contract_price")
        contract = self.contract(fields)
        book = self.engine.world.book(contract.symbol)
        now = book.mark if on_mark else book.last
        if fields.get("closePosition") == "true":
            return self._algo(account, self._whole(account, fields, kind, now, on_mark=on_mark))
        if kind in ("stop", "take_profit"):
            READER.required(fields, "price")
        ticket = ticket_of(self, account, fields, "clientAlgoId", typed=False)
        ticket.tag["type"] = kind.upper()
        if kind == TRAILING:
            if fields.get("triggerPrice"):
                raise errors.InvalidTrigger("a trailing order has none")
            rate = READER.needed_number(fields, "callbackRate")
            if not Decimal("0.1") <= rate <= 20:
                raise sim.VenueRefusal("-2007", "Invalid callback rate.")
            trigger_price, ratio = READER.number(fields, "activatePrice") or now, rate / 100
        else:
            trigger_price, ratio = self._trigger_price(fields, kind, ticket.side, now), None
        plan = self.engine.triggers.place_plan(account, ticket, trigger_price, on_mark=on_mark, callback_ratio=ratio)
        return self._algo(account, plan)

    def _trigger_price(self, fields: Mapping[str, Any], kind: str, side: sim.Side, now: Decimal) -> Decimal:
        """Beyond the price of now: a stop that buys above it, a take-profit that buys below it."""
        price = READER.needed_number(fields, "triggerPrice")
        above = kind.startswith("stop") is (side is sim.Side.BUY)
        if price <= now if above else price >= now:
            raise errors.InvalidTrigger("at once")
        return price

    def _whole(
        self, account: sim.Account, fields: Mapping[str, Any], kind: str, now: Decimal, *, on_mark: bool
    ) -> sim.Trigger:
        """Of a whole position: no quantity, and one in each direction."""
        for name, code in (("quantity", "-4137"), ("reduceOnly", "-4138")):
            if fields.get(name):
                raise sim.VenueRefusal(code, f"{name} cannot be sent with closePosition.")
        contract, side = self.contract(fields), READER.pick(fields, "side", TRADES)
        self.held_side(account, fields)
        profit = kind.startswith("take_profit")
        wanted = sim.TriggerKind.POSITION_TAKE_PROFIT if profit else sim.TriggerKind.POSITION_STOP_LOSS
        for other in account.live_triggers.values():
            if other.kind is wanted and other.symbol == contract.symbol and other.side is side:
                raise sim.VenueRefusal("-4130", "An open stop or take profit order with closePosition exists.")
        preset = sim.Preset(trigger_price=self._trigger_price(fields, kind, side, now), on_mark=on_mark)
        made = self.engine.triggers.place_closing(
            account, contract.symbol, closed_by(side), wanted, preset, client_id=fields.get("clientAlgoId")
        )
        made.tag["type"] = kind.upper()
        return made

    def _algo(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any]:
        became = None if trigger.order_id is None else account.orders.get(trigger.order_id)
        return algo_row(trigger, self.name(trigger.symbol), became)

    # -- cancelling

    @route("DELETE", f"{V1}/algoOrder", kind=sim.Kind.CANCEL, codes=GONE)
    def cancel_algo(self, request: sim.Request) -> dict[str, Any]:
        """A code that is text, and no status."""
        trigger = self._named(request.account, fields_of(request), live=True)
        self.engine.triggers.cancel(request.account, trigger)
        return {"algoId": trigger.id, "clientAlgoId": trigger.client_id, "code": "200", "msg": "success"}

    @route("DELETE", f"{V1}/algoOpenOrders", kind=sim.Kind.DELTA, needs="symbol")
    def cancel_all_algos(self, request: sim.Request) -> dict[str, Any]:
        """Of one contract."""
        symbol = self.contract(fields_of(request)).symbol
        self.engine.triggers.cancel_all(request.account, lambda trigger: trigger.symbol == symbol)
        return ALL_DONE

    # -- finding

    def _named(self, account: sim.Account, fields: Mapping[str, Any], *, live: bool) -> sim.Trigger:
        neither = sim.VenueRefusal("-1102", "Either 'algoId' or 'clientAlgoId' must be sent.")
        number, name = READER.either(fields, "algoId", "clientAlgoId", neither)
        return self.engine.triggers.find(account, trigger_id=number, client_id=name, past=not live)

    @get(f"{V1}/algoOrder")
    def algo(self, request: sim.Request) -> dict[str, Any]:
        """In any state."""
        return self._algo(request.account, self._named(request.account, fields_of(request), live=False))

    @get(f"{V1}/openAlgoOrders", weight=per_symbol(1, 40))
    def open_algos(self, request: sim.Request) -> list[dict[str, Any]]:
        symbols = self.symbols(fields_of(request))
        live = request.account.live_triggers.values()
        return [self._algo(request.account, trigger) for trigger in live if trigger.symbol in symbols]

    @get(f"{V1}/allAlgoOrders", weight=5, needs="symbol")
    def all_algos(self, request: sim.Request) -> list[dict[str, Any]]:
        """Open and past, of one contract."""
        fields = fields_of(request)
        symbol = self.contract(fields).symbol
        rows = [trigger for trigger in request.account.trigger_log if trigger.symbol == symbol]
        return [self._algo(request.account, row) for row in self.window(rows, fields, request.now_ms)]
