"""Orders in both directions: how one is written, what the answer says, and how the venue tells of it.

There are limit orders only. A market order is one that fills at once or is gone, at a price that allows for slippage;
orders that wait for a price go by the mark price.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from futures_async.adapter import (
    EXACT,
    Ack,
    Contract,
    DecodeError,
    Dialect,
    Endpoint,
    ExchangeError,
    Fill,
    Intent,
    Order,
    OrderFields,
    OrderKind,
    OrderStatus,
    OrderType,
    PlannedOrder,
    PriceSource,
    ResponseMismatch,
    Role,
    Side,
    Stop,
    TimeInForce,
    acknowledged,
    carries,
    identifier,
    made,
    moment,
    needed,
    number,
    otherwise,
    parse_decimal,
    price,
    size,
    table,
    table_with,
    text,
    to_text,
    word,
    yes_no,
)
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.dialect import refusal_of
from futures_async.adapters.hyperliquid.ids import client_id_of, cloid_of
from futures_async.adapters.hyperliquid.mapping import VENUE, part
from futures_async.adapters.hyperliquid.symbols import Names

SIDE = {"B": Side.BUY, "A": Side.SELL}
OPEN = "open"
WORKING = frozenset({OPEN, "triggered"})
"""Words under which an order may fill: of these the record does not tell the fills."""
STATUS = {
    OPEN: OrderStatus.NEW,
    "triggered": OrderStatus.NEW,
    "filled": OrderStatus.FILLED,
    # Liquidations, reduce-only orders without a position, siblings of a stop and more: "…Canceled".
    "canceled": OrderStatus.CANCELED,
    "scheduledCancel": OrderStatus.CANCELED,
    "rejected": OrderStatus.REJECTED,
    # It found nothing to fill with, which is what it asked for.
    "iocCancelRejected": OrderStatus.EXPIRED,
}
FORCE = {
    "Gtc": TimeInForce.GTC,
    "Ioc": TimeInForce.IOC,
    "Alo": TimeInForce.POST_ONLY,
    "FrontendMarket": TimeInForce.IOC,
}
_FORCE_WORDS = {TimeInForce.GTC: "Gtc", TimeInForce.IOC: "Ioc", TimeInForce.POST_ONLY: "Alo"}
_LIQUIDATION = "LiquidationMarket"
KINDS = {
    "Limit": OrderType.LIMIT,
    "Market": OrderType.MARKET,
    # Of one that waits no more.
    "Stop Market": OrderType.UNKNOWN,
    "Stop Limit": OrderType.UNKNOWN,
    "Take Profit Market": OrderType.UNKNOWN,
    "Take Profit Limit": OrderType.UNKNOWN,
}

_STOPS = ("price", "limit_price")
ORDER_FIELDS = OrderFields(
    limit=carries(stops=_STOPS, time_in_force=_FORCE_WORDS),
    market=carries(stops=_STOPS),
    stops=frozenset(_STOPS),
    # Take profit and stop loss belong to opening orders. What waits goes by the mark price, and by no other.
    only_opening=carries(stops=_STOPS),
    standing=frozenset({"margin_mode"}),
)


def waits(row: wire.WireOrder, otherwise: bool) -> bool:
    """Whether an order waits for a price; `otherwise` where that cannot be read, for then it may be either."""
    said = row.is_trigger
    return said if isinstance(said, bool) else otherwise and said is not None


def status_of(said: str | None) -> OrderStatus | None:
    """What a word of the venue's means; it has many for orders that ended without being filled."""
    if said is None or said in STATUS:
        return None if said is None else STATUS[said]
    if said.endswith("Canceled"):
        return OrderStatus.CANCELED
    return OrderStatus.REJECTED if said.endswith("Rejected") else OrderStatus.UNKNOWN


def _known(kind: str | None) -> str:
    """What an order is called; lists of basic rows leave it out, which are limit orders as far as they tell.

    Raises:
        DecodeError: It is called something new.
    """
    if kind is not None and kind not in KINDS:
        raise DecodeError(f"orderType has the unknown word {kind[:40]!r}", path="orderType")
    return kind or "Limit"


def _type(kind: str | None, force: str | None, waits: bool | None) -> OrderType:
    if waits:
        return OrderType.TRIGGER
    if force == _LIQUIDATION:
        return OrderType.LIQUIDATION
    return KINDS[_known(kind)]


def _kind(kind: str | None, waits: bool | None, reduces: bool | None) -> OrderKind:
    if not waits:
        return OrderKind.PLAIN
    if not reduces or kind not in KINDS:
        return OrderKind.TRIGGER
    return OrderKind.TAKE_PROFIT if kind.startswith("Take Profit") else OrderKind.STOP_LOSS


def _limit(kind: str | None, limit: Decimal | None) -> Decimal | None:
    """Of what executes at market, the price only bounds the slippage."""
    return None if _known(kind).endswith("Market") else limit


def _force(said: str | None) -> TimeInForce | None:
    if said is not None and said != _LIQUIDATION and said not in FORCE:
        raise DecodeError(f"tif has the unknown word {said[:40]!r}", path="tif")
    return FORCE.get(said or "")


def _if_waits(waits: bool | None, trigger: Decimal | None) -> Decimal | None:
    return trigger if waits else None


def _filled(
    said: str | None, total: Decimal | None, left: Decimal | None, reduces: bool | None, live: bool | None
) -> Decimal | None:
    """What is filled, where that can be told.

    A record is written when the status changes: while the order works, fills are not in it, but in lists of open
    orders they are. What a reduce-only order was shrunk by looks like fills.
    """
    if total is None or (said in WORKING and not live):
        return None
    if said == "filled":
        return total
    if reduces and left != total:
        return None
    return None if left is None else EXACT.subtract(total, left)


def _status(said: str | None, filled: Decimal | None) -> OrderStatus | None:
    status = status_of(said)
    return OrderStatus.PARTIALLY_FILLED if status is OrderStatus.NEW and filled else status


def _left(total: Decimal | None, filled: Decimal | None) -> Decimal | None:
    return None if total is None or filled is None else EXACT.subtract(total, filled)


class Standing(wire.WireStanding, frozen=True, kw_only=True, gc=False):
    """How an order stands, beside its row."""

    live: bool = False
    """It comes from a list of open orders."""


LIVE = Standing(status=OPEN, live=True)


@table_with
def orders(row: wire.WireOrder, standing: Standing, names: Names) -> Order:
    """Orders, open and past. Average price and fees stand in fills alone."""
    name, kind = needed(text(row.coin)), text(row.order_type)
    waits, reduces = yes_no(row.is_trigger), yes_no(row.reduce_only)
    total, said = needed(size(row.orig_sz)), needed(text(standing.status))
    filled = made(_filled, said, total, size(row.sz), reduces, standing.live)
    return Order(
        venue=VENUE,
        symbol=made(names.unified, name),
        venue_symbol=name,
        order_id=needed(identifier(row.oid)),
        client_order_id=made(lambda cloid: None if cloid is None else client_id_of(cloid), text(row.cloid)),
        side=needed(word(row.side, SIDE)),
        type=otherwise(made(_type, kind, text(row.tif), waits), OrderType.UNKNOWN),
        kind=otherwise(made(_kind, kind, waits, reduces), OrderKind.PLAIN),
        time_in_force=made(_force, text(row.tif)),
        price=made(_limit, kind, price(row.limit_px)),
        trigger_price=made(_if_waits, waits, price(row.trigger_px)),
        trigger_by=made(lambda waits: PriceSource.MARK if waits else None, waits),
        quantity=total,
        filled_quantity=filled,
        remaining_quantity=made(_left, total, filled),
        status=needed(made(_status, said, filled)),
        reduce_only=made(bool, reduces),
        created_ms=moment(row.timestamp),
        updated_ms=moment(standing.status_timestamp),
    )


@table
def fills(row: wire.WireFill, names: Names) -> Fill:
    """Executions. Their ids are hashes of both orders: with the time no two are equal."""
    name, at = needed(text(row.coin)), needed(moment(row.time))
    return Fill(
        venue=VENUE,
        fill_id=needed(made(_fill_id, at, text(row.tid))),
        order_id=needed(identifier(row.oid)),
        client_order_id=made(lambda cloid: None if cloid is None else client_id_of(cloid), text(row.cloid)),
        symbol=made(names.unified, name),
        venue_symbol=name,
        side=needed(word(row.side, SIDE)),
        price=needed(price(row.px)),
        quantity=needed(size(row.sz)),
        # The builder's part is in it.
        fee=number(row.fee),
        fee_coin=text(row.fee_token),
        role=made(_role, yes_no(row.crossed)),
        realized_pnl=number(row.closed_pnl),
        created_ms=at,
    )


def _fill_id(at: int | None, tid: str | None) -> str | None:
    return None if at is None or tid is None else f"{at}:{tid}"


def _role(crossed: bool | None) -> Role | None:
    return None if crossed is None else Role.TAKER if crossed else Role.MAKER


# Writing


def shortest(value: Decimal) -> str:
    """A number as it is hashed: plain, without trailing zeros; another text would be another signer's."""
    found = to_text(value)
    return found.rstrip("0").rstrip(".") if "." in found else found


def asset_of(contract: Contract) -> int:
    """The venue's number of a contract: its place in the list."""
    asset: int = contract.raw.asset
    return asset


def _element(
    order: PlannedOrder, contract: Contract, *, buys: bool, limit: Decimal, reduces: bool, kind: dict[str, Any]
) -> dict[str, Any]:
    """One order, its keys in the order in which they are hashed."""
    return {
        "a": asset_of(contract),
        "b": buys,
        "p": shortest(limit),
        "s": shortest(order.request.quantity),
        "r": reduces,
        "t": kind,
    }


def _waiting(
    order: PlannedOrder, contract: Contract, stop: Stop, word: str, *, buys: bool, reduces: bool, slippage: Decimal
) -> dict[str, Any]:
    """An order that waits for the mark price to reach `stop`; without a limit it is filled at up to the slippage."""
    limit = bound_of(stop.price, buys, slippage, contract) if stop.limit_price is None else stop.limit_price
    trigger = {"isMarket": stop.limit_price is None, "triggerPx": shortest(stop.price), "tpsl": word}
    return _element(order, contract, buys=buys, limit=limit, reduces=reduces, kind={"trigger": trigger})


def bound_of(reference: Decimal, buys: bool, slippage: Decimal, contract: Contract) -> Decimal:
    """The worst price of what executes at market, rounded to what the venue takes, towards being filled."""
    factor = EXACT.add(Decimal(1), slippage if buys else EXACT.minus(slippage))
    worst = EXACT.multiply(reference, factor)
    return contract.round_price(worst, up=buys) or contract.price_tick


def order_elements(order: PlannedOrder, contract: Contract, slippage: Decimal) -> list[dict[str, Any]]:
    """A limit order, and behind it the take-profit and stop-loss that it brings along."""
    request, buys = order.request, order.request.side is Side.BUY
    force = _FORCE_WORDS[request.time_in_force or TimeInForce.GTC]
    limit = request.price or Decimal(0)
    reduces = request.intent is Intent.CLOSE
    parent = _element(order, contract, buys=buys, limit=limit, reduces=reduces, kind={"limit": {"tif": force}})
    elements = [_named(parent, order)]
    for name, stop in request.attached.items():
        word = "tp" if name == "take_profit" else "sl"
        elements.append(_waiting(order, contract, stop, word, buys=not buys, reduces=True, slippage=slippage))
    return elements


def trigger_element(order: PlannedOrder, contract: Contract, mark: Decimal, slippage: Decimal) -> dict[str, Any]:
    """An order that waits for a price: above the mark, one that buys is a stop and one that sells takes profit."""
    request, buys = order.request, order.request.side is Side.BUY
    trigger = request.trigger_price or Decimal(0)
    word = "sl" if (trigger >= mark) is buys else "tp"
    stop = Stop(trigger, None, request.price)
    reduces = request.intent is Intent.CLOSE
    return _named(_waiting(order, contract, stop, word, buys=buys, reduces=reduces, slippage=slippage), order)


def _named(element: dict[str, Any], order: PlannedOrder) -> dict[str, Any]:
    return element if order.client_order_id is None else element | {"c": cloid_of(order.client_order_id)}


def order_body(elements: Sequence[dict[str, Any]], *, attached: bool = False) -> dict[str, Any]:
    """An action that places orders."""
    return {"type": "order", "orders": list(elements), "grouping": "normalTpsl" if attached else "na"}


def change_body(order: Order, contract: Contract, limit: Decimal, quantity: Decimal, client_id: str) -> dict[str, Any]:
    """An action that puts a new order in the place of one, under the same client id.

    The venue takes the size as what is left to fill: what is filled is taken off.
    """
    left = EXACT.subtract(quantity, order.filled_quantity or Decimal(0))
    element = {
        "a": asset_of(contract),
        "b": order.side is Side.BUY,
        "p": shortest(limit),
        "s": shortest(left),
        "r": bool(order.reduce_only),
        "t": {"limit": {"tif": _FORCE_WORDS[order.time_in_force or TimeInForce.GTC]}},
        "c": cloid_of(client_id),
    }
    return {"type": "batchModify", "modifies": [{"oid": int(order.order_id), "order": element}]}


# Answers


def statuses(answer: wire.WireAnswer, count: int) -> list[Any]:
    """The verdicts of an answer, one for each order.

    Raises:
        ResponseMismatch: They are not so many.
    """
    found = [] if answer.response.data is None else answer.response.data.statuses
    if len(found) != count:
        raise ResponseMismatch(f"{VENUE}: {count} orders were answered with {len(found)} verdicts")
    return found


def refusal_in(verdict: Any, endpoint: Endpoint[Any], dialect: Dialect) -> ExchangeError | None:
    """Why one order of several was refused, if it was."""
    said = part(verdict, "error")
    return None if said is None else dialect.judged(refusal_of(str(said), of_order=True), endpoint)


def acknowledgement(order: PlannedOrder) -> Callable[[Any], Ack]:
    """Reads the verdict on an order.

    A resting one is read back, for it may have been filled in part. One that is filled as far as it ever will be is
    known from the verdict.
    """

    def read(verdict: Any) -> Ack:
        resting, done = part(verdict, "resting", "oid"), part(verdict, "filled")
        oid = resting if done is None else part(done, "oid")
        if oid is None:
            raise ResponseMismatch(f"{VENUE}: the verdict on the order names no id of it: it is looked for")
        cloid = part(verdict, "resting", "cloid") if done is None else part(done, "cloid")
        ack = Ack(str(oid), order.client_order_id if cloid is None else client_id_of(str(cloid)))
        if done is None:
            return ack
        filled = parse_decimal(str(part(done, "totalSz")), "filled.totalSz")
        total = order.request.quantity
        if filled < total and order.request.time_in_force is not TimeInForce.IOC:
            return ack
        return ack._replace(order=_ended(acknowledged(order, ack, VENUE), done, filled, total))

    return read


def _ended(order: Order, done: Any, filled: Decimal, total: Decimal) -> Order:
    """As acknowledged, with what the verdict says of its end: the rest of one that fills at once is gone."""
    return Order(
        venue=VENUE,
        raw=done,
        symbol=order.symbol,
        venue_symbol=order.venue_symbol,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        side=order.side,
        type=order.type,
        time_in_force=order.time_in_force,
        price=order.price,
        average_price=parse_decimal(str(part(done, "avgPx")), "filled.avgPx"),
        quantity=order.quantity,
        filled_quantity=filled,
        remaining_quantity=EXACT.subtract(total, filled),
        status=OrderStatus.FILLED if filled >= total else OrderStatus.CANCELED,
    )
