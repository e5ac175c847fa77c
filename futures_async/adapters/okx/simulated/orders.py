"""Orders and fills: placing, changing, cancelling, finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.okx.simulated import base
from futures_async.adapters.okx.simulated.base import contract_worth, in_contracts, inst_id
from futures_async.simulator.venue import closed_by, errors, get, listing, opened_side, plain, post, share

TRADE = f"{base.API}/trade"
CLIENT_ID = re.compile(r"[0-9A-Za-z]{1,32}")
STYLES = {
    "market": (sim.OrderType.MARKET, sim.TimeInForce.IOC),
    "optimal_limit_ioc": (sim.OrderType.MARKET, sim.TimeInForce.IOC),
    "limit": (sim.OrderType.LIMIT, sim.TimeInForce.GTC),
    "post_only": (sim.OrderType.LIMIT, sim.TimeInForce.POST_ONLY),
    "fok": (sim.OrderType.LIMIT, sim.TimeInForce.FOK),
    "ioc": (sim.OrderType.LIMIT, sim.TimeInForce.IOC),
}
STATES = {
    sim.OrderStatus.NEW: "live",
    sim.OrderStatus.PARTIALLY_FILLED: "partially_filled",
    sim.OrderStatus.FILLED: "filled",
    sim.OrderStatus.CANCELED: "canceled",
}
CANCEL_SOURCES = {sim.CancelReason.USER: "1", sim.CancelReason.POST_ONLY: "31", sim.CancelReason.DISPLACED: "23"}
TWO_HOURS_MS = 7_200_000
SINGLE, BATCH = sim.RateLimit(60, 2.0, by="instId"), sim.RateLimit(300, 2.0, by="instId")
OF_ACCOUNT = sim.RateLimit(1000, 2.0, pool="orders").taking(
    lambda params, body: len(body) if isinstance(body, list) else 1  # pyright: ignore[reportUnknownArgumentType] - JSON
)
# To a change or a cancel, what is finished and what never was is the same.
GONE = {errors.UnknownOrder: "51400", errors.OrderFinished: "51400"}
UNCHANGEABLE = {errors.UnknownOrder: "51503", errors.OrderFinished: "51503"}


def _kept(order: sim.Order, now_ms: int) -> bool:
    return order.is_open or bool(order.filled) or now_ms - order.updated_ms < TWO_HOURS_MS


def _shown(request: sim.Request, order: sim.Order) -> bool:
    wanted = request.params.get("state")
    return _kept(order, request.now_ms) and wanted in (None, "", STATES[order.status])


class OrderCalls(base.OKXSide):
    """Everything about orders."""

    # -- placing

    @post(f"{TRADE}/order", (SINGLE, OF_ACCOUNT), sim.Kind.ORDER, of=base.ALONE)
    @post(f"{TRADE}/batch-orders", (BATCH, OF_ACCOUNT), sim.Kind.ORDER, of=base.TOGETHER)
    def place_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The answer holds ids only."""
        placed = self.engine.orders.place(request.account, self.ticket(request, fields)).order
        return {"ordId": str(placed.id), "clOrdId": placed.client_id or "", "sMsg": "Order placed"}

    def ticket(self, request: sim.Request, fields: Mapping[str, Any], word: str | None = None) -> sim.Ticket:
        """What an order asks for; `word` is its type where that is another thing than the field says."""
        read, account, contract = base.READER, request.account, self.contract(fields)
        kind, force = STYLES[word or read.word(fields, "ordType", STYLES)]
        price = read.number(fields, "px")
        if (price is None) == (kind is sim.OrderType.LIMIT):
            price = None
            if kind is sim.OrderType.LIMIT:
                raise sim.VenueRefusal("51000", "Parameter px  error")
        side, margin_mode = read.pick(fields, "side", ORDER_SIDES), read.pick(fields, "tdMode", base.MARGIN_MODES)
        intent = self._intent(fields, side, hedge=account.mode(contract.symbol) is sim.PositionMode.HEDGE)
        # Ignored in long/short mode.
        reduces = intent is None and str(fields.get("reduceOnly") or "").lower() == "true"
        quantity = read.needed_number(fields, "sz") * contract_worth(contract)
        closing = intent is sim.Intent.CLOSE or reduces
        if closing:
            held = account.positions.get((contract.symbol, closed_by(side)))
            if held is None or held.margin_mode is not margin_mode:
                raise errors.NoPosition("in that direction and mode")
        return sim.Ticket(
            symbol=contract.symbol,
            side=side,
            type=kind,
            quantity=quantity,
            price=price,
            time_in_force=force,
            intent=intent,
            reduce_only=reduces,
            client_id=base.READER.client_id(fields, "clOrdId", CLIENT_ID),
            margin_mode=None if closing else margin_mode,
            take_profit=self._attached(fields, "tp"),
            stop_loss=self._attached(fields, "sl"),
        )

    def _intent(self, fields: Mapping[str, Any], side: sim.Side, *, hedge: bool) -> sim.Intent | None:
        word = fields.get("posSide") or "net"
        if (word in base.SIDES) is not hedge:
            raise errors.ModeConflict("posSide")
        return None if not hedge else sim.Intent.OPEN if base.SIDES[word] is opened_side(side) else sim.Intent.CLOSE

    def _attached(self, fields: Mapping[str, Any], short: str) -> sim.Preset | None:
        """Take-profit (`tp`) or stop-loss (`sl`) that comes with an order."""
        for row in base.READER.objects(fields, "attachAlgoOrds") if fields.get("attachAlgoOrds") else ():
            trigger, price = (base.READER.number(row, f"{short}{name}Px") for name in ("Trigger", "Ord"))
            if trigger:
                by = base.READER.word(row, f"{short}TriggerPxType", ("last", "index", "mark"), "last")
                limit = price if price is not None and price > 0 else None
                return sim.Preset(trigger_price=trigger, price=limit, on_mark=by == "mark")
        return None

    # -- changing, cancelling

    @post(f"{TRADE}/amend-order", (SINGLE, OF_ACCOUNT), sim.Kind.ORDER, codes=UNCHANGEABLE, of=base.ALONE)
    @post(f"{TRADE}/amend-batch-orders", (BATCH, OF_ACCOUNT), sim.Kind.ORDER, codes=UNCHANGEABLE, of=base.TOGETHER)
    def amend_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """In place: both ids stay. Not above what is filled already, it ends as filled."""
        contract, order = self.contract(fields), self._order(request, fields)
        size, price = base.READER.number(fields, "newSz"), base.READER.number(fields, "newPx")
        quantity = None if size is None else size * contract_worth(contract)
        if order.is_open and quantity and quantity <= order.filled:
            self.engine.orders.complete(request.account, order)
        else:
            self.engine.orders.amend(request.account, order, price=price, quantity=quantity, in_place=True)
        return {"ordId": str(order.id), "clOrdId": order.client_id or "", "reqId": fields.get("reqId") or ""}

    @post(f"{TRADE}/cancel-order", SINGLE, sim.Kind.CANCEL, codes=GONE, of=base.ALONE)
    @post(f"{TRADE}/cancel-batch-orders", BATCH, sim.Kind.CANCEL, codes=GONE, of=base.TOGETHER)
    def cancel_order(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Unknown, filled and cancelled orders get the same refusal."""
        symbol, (order_id, client_id) = self.contract(fields).symbol, self._ids(fields)
        named = self.engine.orders.named(request.account, order_id, client_id)
        if named is not None and named.is_open and named.id in request.account.ending:
            raise sim.VenueRefusal("51410", "Cancellation failed as the order is already in canceling status.")
        order = self.engine.orders.cancel(request.account, order_id=order_id, client_id=client_id, symbol=symbol)
        return {"ordId": str(order.id), "clOrdId": order.client_id or ""}

    @post(f"{TRADE}/cancel-all-after", sim.RateLimit(1, 1.0), sim.Kind.SETTING, needs="timeOut")
    def cancel_all_after(self, request: sim.Request) -> dict[str, str]:
        """The dead-man's switch of the whole account."""
        seconds, account = base.READER.whole(request.fields(), "timeOut") or 0, request.account
        if seconds and not 10 <= seconds <= 120:
            raise sim.VenueRefusal("51000", "Parameter timeOut  error")
        at = request.now_ms + seconds * 1000 if seconds else 0
        self.engine.orders.cancel_all_at(account, at)
        return {"triggerTime": str(at), "tag": "", "ts": str(request.now_ms)}

    @post(
        f"{TRADE}/close-position",
        sim.RateLimit(20, 2.0, by="instId"),
        sim.Kind.ORDER,
        needs="mgnMode",
        codes={errors.NoPosition: "51023"},
    )
    def close_position(self, request: sim.Request) -> dict[str, str]:
        """At market; the answer has no order's id. Pending closing orders are in the way, unless `autoCxl`."""
        fields, account = request.fields(), request.account
        contract, word = self.contract(fields), fields.get("posSide") or "net"
        held = account.net_position(contract.symbol) if word == "net" else None
        side = base.SIDES.get(word, None if held is None else held.side)
        position = None if side is None else account.positions.get((contract.symbol, side))
        if side is None or position is None or position.margin_mode.value != fields["mgnMode"]:
            raise errors.NoPosition("no position")
        if account.closing_quantity(contract.symbol, side) and str(fields.get("autoCxl")).lower() != "true":
            raise sim.VenueRefusal("51115", "Cancel all pending close-orders before liquidation.", status=429)
        client_id = base.READER.client_id(fields, "clOrdId", CLIENT_ID)
        self.engine.orders.close_position(account, contract.symbol, side, client_id=client_id)
        return {"instId": inst_id(contract), "posSide": word, "clOrdId": client_id or "", "tag": ""}

    # -- finding

    def _ids(self, fields: Mapping[str, Any]) -> tuple[int | None, str | None]:
        """Either id of an order; the venue's own wins."""
        if not fields.get("ordId") and not fields.get("clOrdId"):
            raise sim.VenueRefusal("51000", "Either parameter ordId or clOrdId is required")
        order_id, client_id = str(fields.get("ordId") or ""), str(fields.get("clOrdId") or "")
        return (int(order_id) if order_id.isdigit() else -1) if order_id else None, client_id or None

    def _order(self, request: sim.Request, fields: Mapping[str, Any]) -> sim.Order:
        symbol, (order_id, client_id) = self.contract(fields).symbol, self._ids(fields)
        return self.engine.orders.find(request.account, order_id=order_id, client_id=client_id, symbol=symbol)

    @get(f"{TRADE}/order", sim.RateLimit(60, 2.0))
    def order(self, request: sim.Request) -> dict[str, Any]:
        """One order; cancelled ones without a fill are forgotten after two hours."""
        order = self._order(request, request.params)
        if not _kept(order, request.now_ms):
            raise errors.UnknownOrder("forgotten")
        return self.orders(order)

    @get(f"{TRADE}/orders-pending", sim.RateLimit(60, 2.0), of=listing(sim.Lists.open_orders, _shown))
    @get(
        f"{TRADE}/orders-history",
        sim.RateLimit(40, 2.0),
        needs="instType",
        of=listing(sim.Lists.past_orders, _shown, days=7),
    )
    @get(
        f"{TRADE}/orders-history-archive",
        sim.RateLimit(20, 2.0),
        needs="instType",
        of=listing(sim.Lists.past_orders, _shown, days=90),
    )
    def orders(self, order: sim.Order) -> dict[str, Any]:
        """Open ones, those of a week, those of three months."""
        return order_row(order, self.contract_of(order.symbol))

    @get(f"{TRADE}/fills", sim.RateLimit(60, 2.0), of=listing(sim.Lists.fills, days=3))
    @get(f"{TRADE}/fills-history", sim.RateLimit(10, 2.0), needs="instType", of=listing(sim.Lists.fills, days=90))
    def fills(self, fill: sim.Fill) -> dict[str, str]:
        """Of three days, of three months."""
        return fill_row(fill, self.contract_of(fill.symbol))


ORDER_SIDES = {side.value: side for side in sim.Side}


def order_row(order: sim.Order, contract: sim.ContractSpec) -> dict[str, Any]:
    """As all calls and pushes have it."""
    style = "market" if order.price is None else _STYLE_OF[order.time_in_force]
    net = order.position_mode is sim.PositionMode.ONE_WAY
    side = "net" if net else (order.position_side or sim.PositionSide.LONG).value
    liquidation = order.source is sim.Source.LIQUIDATION
    presets = {"tpTriggerPx": order.take_profit, "slTriggerPx": order.stop_loss}
    attached = {name: plain(preset.trigger_price) for name, preset in presets.items() if preset is not None}
    return {
        "instType": "SWAP",
        "instId": inst_id(contract),
        "ordId": str(order.id),
        "clOrdId": order.client_id or "",
        "tag": "",
        "px": plain(order.price),
        "sz": in_contracts(order.quantity, contract),
        "ordType": style,
        "side": order.side.value,
        "posSide": side,
        "tdMode": order.margin_mode.value,
        "reduceOnly": str(order.reduce_only).lower(),
        "accFillSz": in_contracts(order.filled, contract),
        "avgPx": plain(order.average_price),
        "state": STATES[order.status],
        "lever": plain(order.leverage),
        "fee": plain(-order.fee),
        "feeCcy": contract.settle,
        "rebate": "0",
        "rebateCcy": contract.settle,
        "pnl": plain(order.realized_pnl),
        "category": "full_liquidation" if liquidation else "normal",
        "cancelSource": CANCEL_SOURCES.get(order.cancel_reason, "0")
        if order.status is sim.OrderStatus.CANCELED
        else "",
        "stpMode": "cancel_maker",
        "attachAlgoOrds": [attached] if attached else [],
        "linkedAlgoOrd": {"algoId": ""},
        "algoId": str(order.tag.get("triggered_by", "")),
        "isTpLimit": "false",
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
        **dict.fromkeys(("fillPx", "fillTime", "tradeId", "source", "cancelSourceReason", "ccy", "tgtCcy"), ""),
        **dict.fromkeys(("tpTriggerPx", "slTriggerPx", "algoClOrdId", "attachAlgoClOrdId", "stpId"), ""),
        "fillSz": "0",
    }


_STYLE_OF = {force: word for word, (kind, force) in STYLES.items() if kind is sim.OrderType.LIMIT}


def last_fill(fill: sim.Fill | None, contract: sim.ContractSpec) -> dict[str, str]:
    """What a pushed row of an order says of the execution that it tells of; empty without one."""
    if fill is None:
        empty = ("fillPx", "fillTime", "tradeId", "execType", "fillFeeCcy")
        return {**dict.fromkeys(empty, ""), **dict.fromkeys(("fillSz", "fillFee", "fillPnl"), "0")}
    row = fill_row(fill, contract)
    return share(row, "fillPx fillTime tradeId execType fillSz fillPnl") | {
        "fillFee": row["fee"],
        "fillFeeCcy": row["feeCcy"],
    }


def trade_type(fill: sim.Fill) -> str:
    """`subType`: bought or sold, in long/short mode what was opened or closed."""
    order = fill.order
    if order.position_mode is sim.PositionMode.ONE_WAY:
        return "1" if fill.side is sim.Side.BUY else "2"
    return str((5 if order.closes else 3) + (order.position_side is sim.PositionSide.SHORT))


def fill_row(fill: sim.Fill, contract: sim.ContractSpec) -> dict[str, str]:
    """An execution: `subType` tells what it opened or closed."""
    order = fill.order
    net = order.position_mode is sim.PositionMode.ONE_WAY
    return {
        "instType": "SWAP",
        "instId": inst_id(contract),
        "tradeId": str(fill.id),
        "ordId": str(order.id),
        "clOrdId": order.client_id or "",
        "billId": str(fill.id),
        "subType": trade_type(fill),
        "tag": "",
        "fillPx": plain(fill.price),
        "fillSz": in_contracts(fill.quantity, contract),
        "fillPnl": plain(fill.realized_pnl),
        "side": fill.side.value,
        "posSide": "net" if net else (order.position_side or sim.PositionSide.LONG).value,
        "execType": "M" if fill.role is sim.Role.MAKER else "T",
        "feeCcy": contract.settle,
        "fee": plain(-fill.fee),
        "feeRate": plain(-(contract.maker_rate if fill.role is sim.Role.MAKER else contract.taker_rate)),
        "ts": str(fill.created_ms),
        "fillTime": str(fill.created_ms),
    }
