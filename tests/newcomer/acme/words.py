"""Acme's words, and what they mean, on the client's side; the simulated one has its own, from the same pages."""

from __future__ import annotations

import futures_async.adapter as fa
from futures_async.adapter import check_symbol, join, split

SIDE = {"buy": fa.Side.BUY, "sell": fa.Side.SELL}
DIRECTION = {"long": fa.PositionSide.LONG, "short": fa.PositionSide.SHORT}
BOOK = {"net": fa.PositionMode.ONE_WAY, "two": fa.PositionMode.HEDGE}
KIND = {"limit": fa.OrderType.LIMIT, "market": fa.OrderType.MARKET}
FORCE = {
    "rest": fa.TimeInForce.GTC,
    "now": fa.TimeInForce.IOC,
    "all": fa.TimeInForce.FOK,
    "make": fa.TimeInForce.POST_ONLY,
}
STATE = {
    "open": fa.OrderStatus.NEW,
    "part": fa.OrderStatus.PARTIALLY_FILLED,
    "done": fa.OrderStatus.FILLED,
    "gone": fa.OrderStatus.CANCELED,
}
WHY = {
    "move": fa.LedgerType.TRANSFER,
    "deal": fa.LedgerType.TRADE,
    "funding": fa.LedgerType.FUNDING,
    "cut": fa.LedgerType.LIQUIDATION,
}


def to_symbol(contract: str) -> str:
    """`BTC_USDT` is BTC/USDT:USDT; what has another form is passed through."""
    base, _, quote = contract.partition("_")
    return join(base, quote, quote) if base and quote else contract


def to_contract(symbol: str) -> str:
    """`BTC/USDT:USDT` is BTC_USDT; the venue's own id stays.

    Raises:
        InvalidRequest: No symbol.
    """
    parts = split(check_symbol(symbol))
    return symbol if parts is None else f"{parts.base}_{parts.quote}"
