"""Orders that wait for a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.okx.simulated import base
from futures_async.adapters.okx.simulated.base import contract_worth, in_contracts, inst_id
from futures_async.adapters.okx.simulated.orders import CLIENT_ID, ORDER_SIDES, OrderCalls
from futures_async.simulator.venue import closed_by, errors, get, plain, post

TRADE = f"{base.API}/trade"
BY_CONTRACT = sim.RateLimit(20, 2.0, by="instId")
LEG = "leg"
"""In the tag of a take-profit or stop-loss that does not close."""
GONE = {errors.UnknownOrder: "51400"}
STATES = {
    sim.TriggerStatus.LIVE: "live",
    sim.TriggerStatus.EXECUTED: "effective",
    sim.TriggerStatus.FAILED: "order_failed",
    sim.TriggerStatus.CANCELED: "canceled",
}


class AlgoCalls(OrderCalls):
    """Triggers, take-profits and stop-losses. The verdict stands in the row; a refused one has the outer code 0."""

    @post(f"{TRADE}/order-algo", BY_CONTRACT, sim.Kind.ORDER, codes={errors.DuplicateClientId: "51065"})
    def order_algo(self, request: sim.Request) -> list[dict[str, Any]]:
        """One, of type `trigger` or `conditional`."""
        return self.verdicts(request, lambda item: self._wait(request, item), 1).rows

    def _wait(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        client_id = base.READER.client_id(fields, "algoClOrdId", CLIENT_ID)
        if base.READER.word(fields, "ordType", ("trigger", "conditional")) == "trigger":
            price = base.READER.needed_number(fields, "orderPx")
            if str(fields.get("reduceOnly")).lower() == "true" and (fields.get("posSide") or "net") == "net":
                raise sim.VenueRefusal("51205", "Reduce Only is not available.")
            values = {**fields, "px": None if price < 0 else price, "clOrdId": client_id}
            ticket = self.ticket(request, values, "market" if price < 0 else "limit")
            by = base.READER.word(fields, "triggerPxType", ("last", "index", "mark"), "last")
            trigger = base.READER.needed_number(fields, "triggerPx")
            made = self.engine.triggers.place_plan(request.account, ticket, trigger, on_mark=by == "mark")
            made.margin_mode = base.READER.pick(fields, "tdMode", base.MARGIN_MODES)  # a ticket that closes says none
        else:
            made = self._stop(request, fields, client_id)
        return {"algoId": str(made.id), "clOrdId": "", "algoClOrdId": client_id or ""}

    def _stop(self, request: sim.Request, fields: Mapping[str, Any], client_id: str | None) -> sim.Trigger:
        """What closes belongs to the position of its margin mode, and stays without it unless `cxlOnClosePos`; without
        `reduceOnly` it is an order like others once it goes off (`posSide` tells in long/short mode)."""
        contract, account = self.contract(fields), request.account
        mode, placed = (
            base.READER.pick(fields, "tdMode", base.MARGIN_MODES),
            base.READER.pick(fields, "side", ORDER_SIDES),
        )
        # With both given in net mode, only the stop-loss is taken.
        short, kind = (
            ("sl", sim.TriggerKind.STOP_LOSS) if fields.get("slTriggerPx") else ("tp", sim.TriggerKind.TAKE_PROFIT)
        )
        preset = self._attached({"attachAlgoOrds": [fields]}, short)
        if preset is None:
            raise sim.VenueRefusal("51000", "Parameter slTriggerPx  error")
        whole, side = str(fields.get("closeFraction") or "") == "1", closed_by(placed)
        intent = self._intent(fields, placed, hedge=account.mode(contract.symbol) is sim.PositionMode.HEDGE)
        if intent is sim.Intent.OPEN or (intent is None and not _said(fields, "reduceOnly")):
            if whole:
                raise sim.VenueRefusal("51328", "closeFraction is only available for reduceOnly orders")
            self.engine.triggers.check_side(contract.symbol, side, kind, preset.trigger_price)
            values = {**fields, "attachAlgoOrds": None, "px": preset.price, "clOrdId": client_id}
            ticket = self.ticket(request, values, "market" if preset.price is None else "limit")
            ticket.tag[LEG] = short
            return self.engine.triggers.place_plan(account, ticket, preset.trigger_price, on_mark=preset.on_mark)
        held = account.positions.get((contract.symbol, side))
        if held is None or held.margin_mode is not mode:
            raise errors.NoPosition("in that direction and mode")
        if whole:
            kind = sim.TriggerKind.POSITION_STOP_LOSS if short == "sl" else sim.TriggerKind.POSITION_TAKE_PROFIT
        quantity = None if whole else base.READER.needed_number(fields, "sz") * contract_worth(contract)
        more = {} if quantity is None else {"quantity": quantity}
        made = self.engine.triggers.place_closing(
            account, contract.symbol, side, kind, preset, client_id=client_id, **more
        )
        made.stays = not _said(fields, "cxlOnClosePos")
        return made

    @post(f"{TRADE}/cancel-algos", BY_CONTRACT, sim.Kind.CANCEL, codes=GONE, of=base.upto(10))
    def cancel_algo(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """An array of at most ten."""
        symbol = self.contract(fields).symbol
        found = self._algo(request, fields)
        if found.symbol != symbol:
            raise errors.UnknownOrder("of another contract")
        self.engine.triggers.cancel(request.account, found)
        return {"algoId": str(found.id), "algoClOrdId": found.client_id or ""}

    def _algo(self, request: sim.Request, fields: Mapping[str, Any], *, past: bool = False) -> sim.Trigger:
        number, client_id = base.READER.whole(fields, "algoId"), fields.get("algoClOrdId") or None
        return self.engine.triggers.find(request.account, trigger_id=number, client_id=client_id, past=past)

    @get(f"{TRADE}/orders-algo-pending", base.PRIVATE_READ, needs="ordType")
    def algos_pending(self, request: sim.Request) -> list[dict[str, str]]:
        live = sorted(request.account.live_triggers.values(), key=lambda trigger: trigger.id)
        return self._listed_algos(request, live, lambda trigger: True)

    @get(f"{TRADE}/orders-algo-history", base.PRIVATE_READ, needs="ordType")
    def algos_history(self, request: sim.Request) -> list[dict[str, str]]:
        """Those that have ended: in one state, or the one that is named."""
        state, named = (request.params.get(name) or None for name in ("state", "algoId"))
        if state is None and named is None:
            raise sim.VenueRefusal("51000", "Either parameter state or algoId is required")

        def wanted(trigger: sim.Trigger) -> bool:
            ended = trigger.status is not sim.TriggerStatus.LIVE
            return ended and state in (None, STATES[trigger.status]) and named in (None, str(trigger.id))

        return self._listed_algos(request, request.account.trigger_log, wanted)

    def _listed_algos(
        self, request: sim.Request, triggers: Sequence[sim.Trigger], wanted: Callable[[sim.Trigger], bool]
    ) -> list[dict[str, str]]:
        types = request.params["ordType"].split(",")
        found = self.page(request, triggers, 90, lambda trigger: _style(trigger) in types and wanted(trigger))
        return [self.algo_row(trigger) for trigger in found]

    @get(f"{TRADE}/order-algo", base.PRIVATE_READ)
    def algo(self, request: sim.Request) -> dict[str, str]:
        """One, in whatever state it is; a client id tells of the newest that had it."""
        return self.algo_row(self._algo(request, request.params, past=True))

    def algo_row(self, trigger: sim.Trigger) -> dict[str, str]:
        """As lists and pushes have it."""
        contract, leg = self.contract_of(trigger.symbol), _leg(trigger)
        net = trigger.position_mode is sim.PositionMode.ONE_WAY
        whole = trigger.kind.whole_position
        legs = {leg: trigger.leg, "sl" if leg == "tp" else "tp": trigger.other}
        return {
            "instType": "SWAP",
            "instId": inst_id(contract),
            "algoId": str(trigger.id),
            "algoClOrdId": trigger.client_id or "",
            "ordId": str(trigger.order_id or ""),
            "side": trigger.side.value,
            "posSide": "net" if net else (trigger.position_side or sim.PositionSide.LONG).value,
            "tdMode": trigger.margin_mode.value,
            "ordType": _style(trigger),
            "reduceOnly": str(trigger.kind.closes or trigger.reduce_only).lower(),
            "sz": "" if whole else in_contracts(trigger.quantity, contract),
            "closeFraction": "1" if whole else "",
            "state": STATES[trigger.status],
            **_priced(legs.get("tp"), "tpTriggerPx", "tpOrdPx"),
            **_priced(legs.get("sl"), "slTriggerPx", "slOrdPx"),
            **_priced(legs.get(None), "triggerPx", "ordPx"),
            "lever": "",
            "cTime": str(trigger.created_ms),
            "uTime": str(trigger.updated_ms),
        }


def _priced(leg: sim.Preset | None, trigger: str, limit: str) -> dict[str, str]:
    if leg is None:
        return dict.fromkeys((trigger, limit, f"{trigger}Type"), "")
    price = "-1" if leg.price is None else plain(leg.price)
    return {trigger: plain(leg.trigger_price), limit: price, f"{trigger}Type": "mark" if leg.on_mark else "last"}


def _style(trigger: sim.Trigger) -> str:
    if trigger.kind is sim.TriggerKind.TRAILING:
        return "move_order_stop"
    return "oco" if trigger.other is not None else "trigger" if _leg(trigger) is None else "conditional"


def _leg(trigger: sim.Trigger) -> str | None:
    """Which of the two it is in the venue's words, closing or not."""
    if trigger.kind.closes:
        return "tp" if trigger.kind.is_profit else "sl"
    leg: str | None = trigger.tag.get(LEG)
    return leg


def _said(fields: Mapping[str, Any], name: str) -> bool:
    return str(fields.get(name) or "").lower() == "true"
