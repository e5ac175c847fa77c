"""Orders and what became of them. Reference: sections 4 and 6."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import partial
from heapq import nlargest
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.hyperliquid.simulated import gate
from futures_async.adapters.hyperliquid.simulated.account import DEFAULT, span
from futures_async.adapters.hyperliquid.simulated.gate import number, part
from futures_async.adapters.hyperliquid.simulated.market import price_is_good
from futures_async.adapters.hyperliquid.simulated.rows import fill_row, order_row, states, trigger_row
from futures_async.simulator.venue import errors, plain, post

CLOID = re.compile(r"0x[0-9a-f]{32}")
FORCES = {
    "Gtc": sim.TimeInForce.GTC,
    "Ioc": sim.TimeInForce.IOC,
    "Alo": sim.TimeInForce.POST_ONLY,
    "FrontendMarket": sim.TimeInForce.IOC,
}
BASIC = ("coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz", "cloid")
LEAST = Decimal(10)
LONGEST = 200
NEWEST = 2000
SWITCH_VOLUME = 1_000_000
BEYOND = {"error": "Invalid TP/SL price."}
MODIFY = sim.VenueRefusal("modify", "Cannot modify canceled or filled order")


def statuses(kind: str, verdicts: list[Any]) -> dict[str, Any]:
    """The answer to an action of several."""
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": verdicts}}}


class OrderCalls(gate.Gate):
    """Placing, changing, cancelling, finding."""

    # Placing

    @post("/exchange order", gate.ACTIONS, sim.Kind.ORDER, weight=gate.WEIGHT)
    def order(self, request: sim.Request) -> dict[str, Any]:
        """Each order has a verdict; take-profit and stop-loss of a group come behind theirs."""
        action = request.fields()["action"]
        elements, grouping = self._elements(action, "orders"), action.get("grouping")
        if grouping == "na":
            return statuses("order", [self._verdict(request, one, self._place) for one in elements])
        if grouping != "normalTpsl":
            raise gate.MALFORMED
        parent, *children = elements
        if not children:
            raise sim.VenueRefusal("group", "Unexpected number of trigger orders")
        if any(child.get("r") is not True for child in children):
            raise sim.VenueRefusal("group", "TP/SL orders must be reduce only")
        wrong = [self._is_beyond(child) for child in children]
        stops = dict(_preset(child) for child, beyond in zip(children, wrong, strict=True) if not beyond)
        first = self._verdict(request, parent, partial(self._place, stops=stops))
        if part(first, "error"):
            return statuses("order", [first] * len(elements))
        waits = "waitingForTrigger" if part(first, "filled") else "waitingForFill"
        return statuses("order", [first, *(BEYOND if beyond else waits for beyond in wrong)])

    def _is_beyond(self, child: Mapping[str, Any]) -> bool:
        """Whether a stop would go off at once, by the mark price; then it is refused, and its order stands."""
        terms, mark = part(child.get("t"), "trigger"), self.engine.world.mark(self.asset(child.get("a")).symbol)
        above = (part(terms, "tpsl") == "sl") is (child.get("b") is True)
        return (number(part(terms, "triggerPx")) >= mark) is not above

    def _elements(self, action: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        found: Any = action.get(name)
        if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):  # pyright: ignore[reportUnknownVariableType] - JSON
            raise gate.MALFORMED
        if len(found) > LONGEST:  # pyright: ignore[reportUnknownArgumentType] - JSON
            raise sim.VenueRefusal("weight", f"Signed action over weight limit of {LONGEST}.")
        return found  # pyright: ignore[reportUnknownVariableType] - as above

    def _verdict(self, request: sim.Request, item: dict[str, Any], call: Any) -> Any:
        """What becomes of one of several."""
        [verdict] = self.judge(request, [item], lambda one: call(request.account, one))
        if verdict.refusal is None:
            return verdict.result
        if verdict.refusal.code == gate.MALFORMED.code:
            raise verdict.refusal
        return {"error": f"{verdict.refusal.message} asset={item.get('a', item.get('asset'))}"}

    def _ticket(self, account: sim.Account, item: Mapping[str, Any], stops: Mapping[str, sim.Preset]) -> sim.Ticket:
        spec = self.asset(item.get("a"))
        buys, reduces, cloid = item.get("b"), item.get("r"), item.get("c")
        if not isinstance(buys, bool) or not isinstance(reduces, bool):
            raise gate.MALFORMED
        if cloid is not None and not CLOID.fullmatch(str(cloid)):
            raise gate.MALFORMED
        price, size = number(item.get("p")), number(item.get("s"))
        if not price_is_good(spec, price):
            raise errors.InvalidPrice("off the tick")
        held = account.net_position(spec.symbol)
        whole = reduces and held is not None and size >= held.quantity
        if size * price < LEAST and not whole:
            raise errors.BelowMinimum("too small")
        force = part(part(item.get("t"), "limit"), "tif")
        return sim.Ticket(
            symbol=spec.symbol,
            side=sim.Side.BUY if buys else sim.Side.SELL,
            type=sim.OrderType.LIMIT,
            quantity=size,
            price=price,
            time_in_force=FORCES.get(str(force), sim.TimeInForce.GTC),
            reduce_only=reduces,
            client_id=cloid,
            tag={"tif": force, "cloid": cloid},
            take_profit=stops.get("take_profit"),
            stop_loss=stops.get("stop_loss"),
        )

    def _place(
        self, account: sim.Account, item: Mapping[str, Any], stops: Mapping[str, sim.Preset] | None = None
    ) -> Any:
        kind = item.get("t")
        if part(kind, "trigger") is not None:
            return self._place_trigger(account, item)
        if part(part(kind, "limit"), "tif") not in FORCES:
            raise gate.MALFORMED
        return self._outcome(self.engine.orders.place(account, self._ticket(account, item, stops or {})).order)

    def _outcome(self, order: sim.Order) -> dict[str, Any]:
        ids = {"oid": order.id} | ({} if order.client_id is None else {"cloid": order.client_id})
        if order.cancel_reason is sim.CancelReason.POST_ONLY:
            book = self.engine.world.book(order.symbol)
            raise sim.VenueRefusal(
                "alo", f"Post only order would have immediately matched, bbo was {book.bid}@{book.ask}."
            )
        if not order.filled and not order.is_open:
            raise sim.VenueRefusal("ioc", "Order could not immediately match against any resting orders.")
        if order.filled:
            return {"filled": {"totalSz": plain(order.filled), "avgPx": plain(order.average_price), **ids}}
        return {"resting": ids}

    def _place_trigger(self, account: sim.Account, item: Mapping[str, Any]) -> dict[str, Any]:
        """By the mark price; a stop lies where the price goes against the order, a take-profit on the other side."""
        terms = part(item.get("t"), "trigger")
        price, at_market = number(part(terms, "triggerPx")), part(terms, "isMarket")
        if not isinstance(at_market, bool) or part(terms, "tpsl") not in ("tp", "sl"):
            raise gate.MALFORMED
        ticket = self._ticket(account, item, {})
        above = (part(terms, "tpsl") == "sl") is (ticket.side is sim.Side.BUY)
        if (price >= self.engine.world.mark(ticket.symbol)) is not above:
            raise errors.InvalidTrigger("on the wrong side")
        ticket.tag |= {"tpsl": part(terms, "tpsl"), "bound": ticket.price}
        if at_market:
            ticket.type, ticket.price = sim.OrderType.MARKET, None
        trigger = self.engine.triggers.place_plan(account, ticket, price, on_mark=True)
        cloid = {} if trigger.client_id is None else {"cloid": trigger.client_id}
        return {"resting": {"oid": trigger.id, **cloid}}

    # Changing

    @post("/exchange batchModify", gate.ACTIONS, sim.Kind.ORDER, weight=gate.WEIGHT)
    def batch_modify(self, request: sim.Request) -> dict[str, Any]:
        """A new order takes the place of the old one, under a new id."""
        items = self._elements(request.fields()["action"], "modifies")
        change = partial(self._modify, request)
        return statuses("order", [self._verdict(request, {"a": None, **one}, change) for one in items])

    @post("/exchange modify", gate.ACTIONS, sim.Kind.ORDER, weight=gate.WEIGHT)
    def modify(self, request: sim.Request) -> dict[str, Any]:
        """Answers without the new id."""
        verdict = self._verdict(request, request.fields()["action"], partial(self._modify, request))
        if (said := part(verdict, "error")) is not None:
            raise sim.VenueRefusal("modify", said)
        return DEFAULT

    def _modify(self, request: sim.Request, account: sim.Account, item: Mapping[str, Any]) -> Any:
        """What is wrong in itself is refused before anything is done; else the old order goes first.

        Unless the action says `a`, always place, the new one is post-only, whatever it says itself.
        """
        oid, element = item.get("oid"), item.get("order")
        order, _ = self._find(account, oid)
        if not isinstance(element, dict) or part(part(element, "t"), "limit") is None:
            raise gate.MALFORMED
        ticket = self._ticket(account, element, {})  # pyright: ignore[reportUnknownArgumentType] - JSON
        if order is None or not order.is_open or (order.symbol, order.side) != (ticket.symbol, ticket.side):
            raise MODIFY
        if not request.fields()["action"].get("a"):
            ticket.time_in_force, ticket.tag["tif"] = sim.TimeInForce.POST_ONLY, "Alo"
        self.engine.matching.cancel(account, order, sim.CancelReason.AMENDED)
        [new] = self.judge(request, [item], lambda _: self._outcome(self.engine.orders.place(account, ticket).order))
        if new.refusal is not None:
            raise sim.VenueRefusal("modify", f"Error placing new order during modify: {new.refusal.message}")
        return new.result

    # Cancelling

    @post("/exchange cancel", gate.CANCELS, sim.Kind.CANCEL, weight=gate.WEIGHT)
    @post("/exchange cancelByCloid", gate.CANCELS, sim.Kind.CANCEL, weight=gate.WEIGHT)
    def cancel(self, request: sim.Request) -> dict[str, Any]:
        items = self._elements(request.fields()["action"], "cancels")
        return statuses("cancel", [self._verdict(request, one, self._cancel) for one in items])

    def _cancel(self, account: sim.Account, item: Mapping[str, Any]) -> str:
        """One text for never placed, cancelled, filled, and another asset."""
        spec: sim.ContractSpec = self.asset(item.get("a", item.get("asset")))
        order, trigger = self._find(account, item.get("o", item.get("cloid")), hidden=True)
        if trigger is not None and trigger.id in account.live_triggers and trigger.symbol == spec.symbol:
            self.engine.triggers.cancel(account, trigger)
            return "success"
        if order is None or order.symbol != spec.symbol:
            raise sim.VenueRefusal("gone", gate.GONE)
        self.engine.orders.cancel(account, order_id=order.id)
        return "success"

    @post("/exchange scheduleCancel", gate.ACTIONS, sim.Kind.SETTING)
    def schedule_cancel(self, request: sim.Request) -> dict[str, Any]:
        """For accounts that have traded enough; without a time it is taken back."""
        account, at = request.account, request.fields()["action"].get("time")
        volume = self.volume(account)
        if volume < SWITCH_VOLUME:
            raise sim.VenueRefusal(
                "volume",
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${SWITCH_VOLUME}. Traded: ${plain(volume)}.",
            )
        if at is not None and (not isinstance(at, int) or at < request.now_ms + 4_500):
            raise sim.VenueRefusal("time", "Scheduled cancel time must be at least 5 seconds ahead")
        self.engine.orders.cancel_all_at(account, at)
        return DEFAULT

    # Finding

    def _find(
        self, account: sim.Account, name: object, *, hidden: bool = False
    ) -> tuple[sim.Order | None, sim.Trigger | None]:
        """By id or cloid, an order or one that waits; an order that a trigger placed goes by the trigger's id."""
        now = self.engine.world.now_ms
        trigger = next((one for one in reversed(account.trigger_log) if name in (one.id, one.client_id)), None)
        if trigger is not None and trigger.order_id is not None:
            return account.orders[trigger.order_id], None
        order = account.by_client.get(name) if isinstance(name, str) else None
        if isinstance(name, int):
            order = account.orders.get(name)
        if order is not None and order.hidden(now) and not hidden:
            order = None
        return order, trigger

    @post("/info orderStatus", weight=2)
    def order_status(self, request: sim.Request) -> dict[str, Any]:
        """A record as of the last change of status: fills of an open order are not in it."""
        name: Any = request.fields().get("oid")
        if isinstance(name, str) and name.isdecimal():
            name = int(name)
        order, trigger = self._find(request.account, name.lower() if isinstance(name, str) else name)
        if order is not None:
            return {"status": "order", "order": states(order, self.engine.world.contract(order.symbol))[0]}
        if trigger is not None:
            return {"status": "order", "order": trigger_row(trigger, self.engine.world.contract(trigger.symbol))[0]}
        return {"status": "unknownOid"}

    @post("/info frontendOpenOrders", weight=20)
    def open_orders(self, request: sim.Request) -> list[dict[str, Any]]:
        """Those that wait for a price among them; what is left is as of now."""
        return self.open_rows(request.account)

    def open_rows(self, account: sim.Account) -> list[dict[str, Any]]:
        """Newest first."""
        contract = self.engine.world.contract
        rows = [order_row(order, contract(order.symbol), live=True) for order in self.engine.lists.open_orders(account)]
        rows += [trigger_row(one, contract(one.symbol))[0]["order"] for one in account.live_triggers.values()]
        return sorted(rows, key=lambda row: -row["timestamp"])

    @post("/info openOrders", weight=20)
    def basic_orders(self, request: sim.Request) -> list[dict[str, Any]]:
        """Without what tells a stop from a resting order."""
        return [basic(row) for row in self.open_orders(request)]

    @post("/info historicalOrders", weight=21)
    def history(self, request: sim.Request) -> list[dict[str, Any]]:
        return self.history_rows(request.account, request.now_ms)

    def history_rows(self, account: sim.Account, now_ms: int) -> list[dict[str, Any]]:
        """A row for each change of status, newest first."""
        contract = self.engine.world.contract
        # No state is younger than its order: of orders that are older than so many others none is wanted.
        seen = (order for order in account.order_log if not order.hidden(now_ms))
        newest = nlargest(NEWEST, seen, key=lambda order: order.updated_ms)
        rows = [row for order in newest for row in states(order, contract(order.symbol))]
        rows += [row for one in account.trigger_log for row in trigger_row(one, contract(one.symbol))]
        return sorted(rows, key=lambda row: -row["statusTimestamp"])[:NEWEST]

    def fill_rows(self, account: sim.Account, fills: Iterable[sim.Fill] | None = None) -> list[dict[str, Any]]:
        """Oldest first, each with the position before it; those that can be read already, unless they are given."""
        held: dict[str, Decimal] = {}
        rows: list[dict[str, Any]] = []
        for fill in self.engine.lists.fills(account) if fills is None else fills:
            before = held.get(fill.symbol, Decimal(0))
            held[fill.symbol] = before + (fill.quantity if fill.side is sim.Side.BUY else -fill.quantity)
            rows.append(fill_row(fill, self.engine.world.contract(fill.symbol), before))
        return rows

    @post("/info userFills", weight=21)
    def fills(self, request: sim.Request) -> list[dict[str, Any]]:
        return self.newest_fills(request.account)

    def newest_fills(self, account: sim.Account) -> list[dict[str, Any]]:
        """Newest first."""
        return self.fill_rows(account)[-NEWEST:][::-1]

    @post("/info userFillsByTime", weight=21)
    def fills_by_time(self, request: sim.Request) -> list[dict[str, Any]]:
        """Oldest first, of the newest 10,000."""
        start, end = span(request)
        rows = self.fill_rows(request.account)[-10_000:]
        return [row for row in rows if start <= row["time"] <= end][:NEWEST]


def basic(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as lists of plain orders and pushes of single ones have it: a stop looks like a resting order."""
    found = {name: row[name] for name in BASIC if row.get(name) is not None}
    return found | ({"reduceOnly": True} if row["reduceOnly"] else {})


def _preset(child: Mapping[str, Any]) -> tuple[str, sim.Preset]:
    terms = part(child.get("t"), "trigger")
    name = {"tp": "take_profit", "sl": "stop_loss"}.get(str(part(terms, "tpsl")))
    if name is None:
        raise gate.MALFORMED
    limit = None if part(terms, "isMarket") else number(child.get("p"))
    return name, sim.Preset(trigger_price=number(part(terms, "triggerPx")), price=limit, on_mark=True)
