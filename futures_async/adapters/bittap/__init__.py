"""BitTap futures, ftapi v1: account, positions, orders and fills to read; the venue documents no writes.

What is here is imported when first used: the simulated side needs no HTTP.
"""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.bittap.client import BitTap
    from futures_async.adapters.bittap.dialect import BitTapHmacSigner, BitTapSigner

__all__ = ["BitTap", "BitTapHmacSigner", "BitTapSigner"]

__getattr__ = lazily(__name__, BitTap="client", BitTapHmacSigner="dialect", BitTapSigner="dialect")
