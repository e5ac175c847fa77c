"""Acme's words, and what they mean, on the client's side; the simulated one has its own, from the same pages."""

from __future__ import annotations

from futures_async.adapter import (
    LedgerType,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    check_symbol,
    join,
    split,
)

SIDE = {"buy": Side.BUY, "sell": Side.SELL}
DIRECTION = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
BOOK = {"net": PositionMode.ONE_WAY, "two": PositionMode.HEDGE}
KIND = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
FORCE = {
    "rest": TimeInForce.GTC,
    "now": TimeInForce.IOC,
    "all": TimeInForce.FOK,
    "make": TimeInForce.POST_ONLY,
}
STATE = {
    "open": OrderStatus.NEW,
    "part": OrderStatus.PARTIALLY_FILLED,
    "done": OrderStatus.FILLED,
    "gone": OrderStatus.CANCELED,
}
WHY = {
    "move": LedgerType.TRANSFER,
    "deal": LedgerType.TRADE,
    "funding": LedgerType.FUNDING,
    "cut": LedgerType.LIQUIDATION,
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
