"""Categories and symbols of v3: which coin settles, and how a contract is called.

The same text names things in several categories (`BTCUSDT` is a spot pair, a margin pair and a perpetual), so a
symbol means nothing without its category.
"""

from __future__ import annotations

from futures_async import symbols
from futures_async.errors import InvalidRequest

CATEGORIES = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES")

# What follows the base coin in a contract's id, by category. USDC contracts are BTCPERP, not BTCUSDC.
_ENDING = {"USDT-FUTURES": "USDT", "USDC-FUTURES": "PERP", "COIN-FUTURES": "USD"}
_QUOTE = {"USDT-FUTURES": "USDT", "USDC-FUTURES": "USDC", "COIN-FUTURES": "USD"}


def check_category(category: str) -> str:
    """The category in the venue's spelling.

    Raises:
        InvalidRequest: It is none of the three futures categories.
    """
    if category.upper() not in CATEGORIES:
        raise InvalidRequest(f"product_type {category[:40]!r} is none of {', '.join(CATEGORIES)}")
    return category.upper()


def settle_coin(category: str, base: str) -> str:
    """The coin that margin and profit are counted in."""
    return base if category == "COIN-FUTURES" else _QUOTE[category]


def venue_symbol(symbol: str, category: str) -> str:
    """The venue's id of a contract, from either form.

    Raises:
        InvalidRequest: No symbol at all, or one that settles in another category's coin.
    """
    parts = symbols.split(symbols.check_symbol(symbol))
    if parts is None:
        return symbol
    if parts.quote != _QUOTE[category] or parts.settle != settle_coin(category, parts.base):
        raise InvalidRequest(f"{symbol} is no contract of {category}: choose another product_type")
    return parts.base + _ENDING[category]


def unified_symbol(name: str, category: str) -> str:
    """`BASE/QUOTE:SETTLE` for a perpetual; any other id is passed through."""
    ending = _ENDING[category]
    base = name.removesuffix(ending)
    if base in ("", name) or symbols.split(symbols.join(base, ending, ending)) is None:
        return name
    return symbols.join(base, _QUOTE[category], settle_coin(category, base))
