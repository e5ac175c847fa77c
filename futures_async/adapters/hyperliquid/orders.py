"""Orders and executions as unified models, and what orders may carry.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import identifier, made, moment, needed, number, otherwise, price, size, text, word, yes_no
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.ids import client_id_of
from futures_async.adapters.hyperliquid.mapping import VENUE, part
from futures_async.adapters.hyperliquid.symbols import Names

SIDE = {"B": fa.Side.BUY, "A": fa.Side.SELL}
OPEN = "open"
WORKING = frozenset({OPEN, "triggered"})
"""Words under which an order may fill: of these the record does not tell the fills."""
STATUS = {
    OPEN: fa.OrderStatus.NEW,
    "triggered": fa.OrderStatus.NEW,
    "filled": fa.OrderStatus.FILLED,
    # Liquidations, reduce-only orders without a position, siblings of a stop and more: "…Canceled" or "…Cancel".
    "canceled": fa.OrderStatus.CANCELED,
    "rejected": fa.OrderStatus.REJECTED,
    # It found nothing to fill with, which is what it asked for.
    "iocCancelRejected": fa.OrderStatus.EXPIRED,
}
FORCE = {
    "Gtc": fa.TimeInForce.GTC,
    "Ioc": fa.TimeInForce.IOC,
    "Alo": fa.TimeInForce.POST_ONLY,
    "FrontendMarket": fa.TimeInForce.IOC,
}
FORCE_WORDS = {fa.TimeInForce.GTC: "Gtc", fa.TimeInForce.IOC: "Ioc", fa.TimeInForce.POST_ONLY: "Alo"}
_LIQUIDATION = "LiquidationMarket"
KINDS = {
    "Limit": fa.OrderType.LIMIT,
    "Market": fa.OrderType.MARKET,
    # Of one that waits no more.
    "Stop Market": fa.OrderType.UNKNOWN,
    "Stop Limit": fa.OrderType.UNKNOWN,
    "Take Profit Market": fa.OrderType.UNKNOWN,
    "Take Profit Limit": fa.OrderType.UNKNOWN,
    # Of a TWAP, and of a vault that pays out: made by the venue.
    "Twap Slice": fa.OrderType.UNKNOWN,
    "Vault Close": fa.OrderType.UNKNOWN,
}
AT_MARKET = {kind: kind.endswith("Market") for kind in KINDS}

_STOPS = ("price", "limit_price")
ORDER_FIELDS = fa.OrderFields(
    limit=fa.carries(stops=_STOPS, time_in_force=FORCE_WORDS),
    market=fa.carries(stops=_STOPS),
    stops=frozenset(_STOPS),
    # Take profit and stop loss belong to opening orders. What waits goes by the mark price, and by no other.
    only_opening=fa.carries(stops=_STOPS),
    standing=frozenset({"margin_mode"}),
)


def waits(row: wire.WireOrder, otherwise: bool) -> bool:
    """Whether an order waits for a price; `otherwise` where that cannot be read, for then it may be either."""
    said = row.is_trigger
    return said if isinstance(said, bool) else otherwise and said is not None


def status_of(said: str | None) -> fa.OrderStatus | None:
    """What a word of the venue's means; it has many for orders that ended without being filled."""
    if said is None or said in STATUS:
        return None if said is None else STATUS[said]
    if said.endswith(("Canceled", "Cancel")):
        return fa.OrderStatus.CANCELED
    return fa.OrderStatus.REJECTED if said.endswith("Rejected") else fa.OrderStatus.UNKNOWN


def _known(kind: str | None) -> str:
    """What an order is called; lists of basic rows leave it out, which are limit orders as far as they tell.

    Raises:
        DecodeError: It is called something new.
    """
    if kind is not None and kind not in KINDS:
        raise fa.DecodeError(f"orderType has the unknown word {kind[:40]!r}", path="orderType")
    return kind or "Limit"


def _type(kind: str | None, force: str | None, waits: bool | None) -> fa.OrderType:
    if waits:
        return fa.OrderType.TRIGGER
    if force == _LIQUIDATION:
        return fa.OrderType.LIQUIDATION
    return KINDS[_known(kind)]


def _kind(kind: str | None, waits: bool | None, reduces: bool | None) -> fa.OrderKind:
    if not waits:
        return fa.OrderKind.PLAIN
    if not reduces or kind not in KINDS:
        return fa.OrderKind.TRIGGER
    return fa.OrderKind.TAKE_PROFIT if kind.startswith("Take Profit") else fa.OrderKind.STOP_LOSS


def _limit(at_market: bool | None, limit: Decimal | None) -> Decimal | None:
    """Of what executes at market, the price only bounds the slippage."""
    return None if at_market else limit


def _force(said: str | None) -> fa.TimeInForce | None:
    if said is not None and said != _LIQUIDATION and said not in FORCE:
        raise fa.DecodeError(f"tif has the unknown word {said[:40]!r}", path="tif")
    return FORCE.get(said or "")


def _if_waits(waits: bool | None, trigger: Decimal | None) -> Decimal | None:
    return trigger if waits else None


def _filled(
    said: str | None, total: Decimal | None, left: Decimal | None, reduces: bool | None, live: bool
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
    return None if left is None else fa.EXACT.subtract(total, left)


def _child(children: Any, name: str) -> Decimal | None:
    """The trigger price of a take-profit or stop-loss that an order brings along."""
    rows: list[Any] = children if isinstance(children, list) else []  # pyright: ignore[reportUnknownVariableType] - JSON
    for child in rows:
        kind = part(child, "orderType")
        if isinstance(kind, str) and kind.startswith(name):
            return fa.positive_or_none(str(part(child, "triggerPx")), "triggerPx")
    return None


@lru_cache(maxsize=256)
def _over(said: str) -> fa.OrderStatus | None:
    """How it stands; None where that depends on what is filled."""
    status = status_of(said)
    return None if status is fa.OrderStatus.NEW else status


def _working(filled: Decimal | None) -> fa.OrderStatus:
    return fa.OrderStatus.PARTIALLY_FILLED if filled else fa.OrderStatus.NEW


LISTED = wire.WireStanding(status=OPEN)
"""How those in lists of open orders stand."""


@fa.table_with
def orders(row: wire.WireOrder, standing: wire.WireStanding, names: Names, *, live: bool = False) -> fa.Order:
    """Orders, open and past. Average price and fees stand in fills alone.

    Args:
        row: The order.
        standing: How it stands.
        names: Of the contracts.
        live: Its fills are as of now, as in lists of open orders.
    """
    kind = text(row.order_type)
    waits, reduces = yes_no(row.is_trigger), yes_no(row.reduce_only)
    total, said = needed(size(row.orig_sz)), needed(text(standing.status))
    filled = made(_filled, said, total, size(row.sz), reduces, live)
    return fa.Order(
        **fa.named(VENUE, row.coin, names.unified),
        order_id=needed(identifier(row.oid)),
        client_order_id=fa.if_said(client_id_of, identifier(row.cloid)),
        side=needed(word(row.side, SIDE)),
        type=otherwise(made(_type, kind, text(row.tif), waits), fa.OrderType.UNKNOWN),
        kind=otherwise(made(_kind, kind, waits, reduces), fa.OrderKind.PLAIN),
        time_in_force=made(_force, text(row.tif)),
        price=made(_limit, word(row.order_type, AT_MARKET), price(row.limit_px)),
        trigger_price=made(_if_waits, waits, price(row.trigger_px)),
        trigger_by=made(lambda waits: fa.PriceSource.MARK if waits else None, waits),
        quantity=total,
        filled_quantity=filled,
        remaining_quantity=fa.minus(total, filled),
        status=needed(fa.either(made(_over, said), made(_working, filled))),
        reduce_only=made(bool, reduces),
        take_profit=made(_child, row.children, "Take Profit"),
        stop_loss=made(_child, row.children, "Stop"),
        created_ms=moment(row.timestamp),
        updated_ms=moment(standing.status_timestamp),
    )


@fa.table
def fills(row: wire.WireFill, names: Names) -> fa.Fill:
    """Executions. Their ids are hashes of both orders: with the time no two are equal."""
    at = needed(moment(row.time))
    return fa.Fill(
        **fa.named(VENUE, row.coin, names.unified),
        fill_id=needed(made(_fill_id, at, text(row.tid))),
        order_id=needed(identifier(row.oid)),
        client_order_id=fa.if_said(client_id_of, identifier(row.cloid)),
        side=needed(word(row.side, SIDE)),
        price=needed(price(row.px)),
        quantity=needed(size(row.sz)),
        # The builder's part is in it.
        fee=number(row.fee),
        fee_coin=text(row.fee_token),
        role=fa.if_said(lambda crossed: fa.Role.TAKER if crossed else fa.Role.MAKER, yes_no(row.crossed)),
        realized_pnl=number(row.closed_pnl),
        created_ms=at,
    )


def _fill_id(at: int | None, tid: str | None) -> str | None:
    return None if at is None or tid is None else f"{at}:{tid}"
