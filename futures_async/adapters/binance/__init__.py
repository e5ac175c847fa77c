"""Binance USD-M futures, fapi v1 to v3. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.binance.client import Binance

__all__ = ["Binance"]

__getattr__ = lazily(__name__, Binance="client")
