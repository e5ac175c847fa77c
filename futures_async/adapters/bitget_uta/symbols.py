"""Categories of v3, which are v2's product types by another name.

The same text names things in several categories (`BTCUSDT` is a spot pair, a margin pair and a perpetual), so a
symbol means nothing without its category.
"""

from __future__ import annotations

from functools import lru_cache

from futures_async.adapters import _bitget
from futures_async.adapters._bitget import ProductType

COIN_MARGINED = "_CM"
"""How the ids of contracts margined in their coin end: `BTCUSD_CM` is not v2's `BTCUSD`."""


def settle_coin(category: ProductType, base: str) -> str:
    """The coin that margin and profit are counted in."""
    return base if category == "COIN-FUTURES" else category.removesuffix("-FUTURES")


@lru_cache(maxsize=4096)
def unified_symbol(venue_symbol: str, category: ProductType) -> str:
    """The unified form of a contract's id; an id that can't be parsed as it is."""
    name = venue_symbol.upper()
    if category != "COIN-FUTURES" or not name.endswith(COIN_MARGINED):
        return _bitget.unified_symbol(name, category)
    pair = name.removesuffix(COIN_MARGINED)
    found = _bitget.unified_symbol(pair, category)
    return name if found == pair else found


def venue_symbol(symbol: str, category: ProductType) -> str:
    """The venue's id of a unified symbol; a venue's own id in upper case.

    https://www.bitget.com/api-doc/uta/trade/Place-Order

    Raises:
        InvalidRequest: It is no symbol, or belongs to another category.
    """
    found = _bitget.venue_symbol(symbol, category)
    # What is delivered on a date has its letter and year instead, as far as that is known.
    perpetual = category == "COIN-FUTURES" and "/" in symbol and found.endswith("USD")
    return f"{found}{COIN_MARGINED}" if perpetual else found
