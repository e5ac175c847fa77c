"""Names of contracts: `BTCUSDT`, `BTCPERP` (settled in USDC), `BTCUSD` (settled in bitcoin); one account holds all."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from futures_async.adapter import InvalidRequest, check_symbol, join, split

Category = Literal["linear", "inverse"]
CATEGORIES: tuple[Category, ...] = ("linear", "inverse")
OTHER_CATEGORIES = ("spot", "option", "spread", "event")
"""What one account trades beside."""

# Dated ones have a suffix (BTCUSDT-27MAR26, BTCUSDH26) and keep the venue's id.
_PERPETUAL = re.compile(r"(.+?)(USDT|PERP|USD)")
_INVERSE = re.compile(r"(.+)USD(?:[FGHJKMNQUVXZ]\d\d)?")
_OPTION = re.compile(r".+-\d{1,2}[A-Z]{3}\d\d-[\d.]+-[CP](?:-[A-Z]+)?")
_DATED = re.compile(r".+?(USDT)?-\d{1,2}[A-Z]{3}\d\d")


class Name(NamedTuple):
    """What a contract's id says."""

    symbol: str
    """Unified; the id itself where that cannot be parsed."""
    venue_symbol: str
    settle: str
    """The coin that margin and profit are counted in; "" where the id does not tell."""
    category: Category

    @property
    def hedges(self) -> bool:
        """Hedge mode exists for contracts settled in USDT alone."""
        return self.settle == "USDT"


@lru_cache(maxsize=4096)
def named(venue_symbol: str) -> Name:
    """A contract by the venue's id."""
    pair = venue_symbol.upper()
    if _OPTION.fullmatch(pair):  # which ends with a coin, as a perpetual does
        return Name(pair, pair, "", "linear")
    match = _PERPETUAL.fullmatch(pair)
    if match is None:
        if inverse := _INVERSE.fullmatch(pair):
            return Name(pair, pair, inverse[1], "inverse")
        dated = _DATED.fullmatch(pair)
        return Name(pair, pair, (dated[1] or "USDC") if dated else "", "linear")
    base, quote = match.groups()
    if quote == "USD":
        return Name(join(base, "USD", base), pair, base, "inverse")
    coin = "USDC" if quote == "PERP" else quote
    return Name(join(base, coin, coin), pair, coin, "linear")


def unified_symbol(venue_symbol: str) -> str:
    """The unified symbol of an id."""
    return named(venue_symbol).symbol


def category_of(venue_symbol: str) -> Category:
    """`linear` or `inverse`, which nearly every call wants to be told."""
    return named(venue_symbol).category


def is_inverse(venue_symbol: str) -> bool:
    """Whether it settles in its base coin, and is counted in dollars."""
    return named(venue_symbol).category == "inverse"


def settle_of(venue_symbol: str) -> str:
    """The coin that it settles in; "" where the id does not tell."""
    return named(venue_symbol).settle


def venue_symbol(symbol: str) -> str:
    """The venue's id of a unified symbol; a venue's own id in upper case.

    Raises:
        InvalidRequest: It is no symbol, or no contract of this venue's kinds.
    """
    parts = split(check_symbol(symbol))
    if parts is None:
        return symbol.upper()
    if parts.quote == parts.settle == "USDT":
        return f"{parts.base}USDT"
    if parts.quote == parts.settle == "USDC":
        return f"{parts.base}PERP"
    if parts.quote == "USD" and parts.settle == parts.base:
        return f"{parts.base}USD"
    raise InvalidRequest(f"bybit: {symbol} settles neither in USDT, USDC nor its base coin")
