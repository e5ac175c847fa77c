"""Categories of v3, which are v2's product types by another name.

The same text names things in several categories (`BTCUSDT` is a spot pair, a margin pair and a perpetual), so a
symbol means nothing without its category.
"""

from __future__ import annotations

from futures_async.adapter import InvalidRequest
from futures_async.adapters._bitget import PRODUCT_TYPES, ProductType


def check_category(category: str) -> ProductType:
    """The category in the venue's spelling.

    Raises:
        InvalidRequest: It is none of the three futures categories.
    """
    for known in PRODUCT_TYPES:
        if category.upper() == known:
            return known
    raise InvalidRequest(f"product_type {category[:40]!r} is none of {', '.join(PRODUCT_TYPES)}")


def settle_coin(category: ProductType, base: str) -> str:
    """The coin that margin and profit are counted in."""
    return base if category == "COIN-FUTURES" else category.removesuffix("-FUTURES")
