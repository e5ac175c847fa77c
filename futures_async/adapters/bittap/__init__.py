"""BitTap futures, ftapi v1: account, positions, orders and fills to read; the venue documents no writes."""

from futures_async.adapters.bittap.client import BitTap
from futures_async.adapters.bittap.dialect import BitTapHmacSigner, BitTapSigner

__all__ = ["BitTap", "BitTapHmacSigner", "BitTapSigner"]
