"""Bybit v5, unified trading account. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.bybit.client import Bybit

__all__ = ["Bybit"]

__getattr__ = lazily(__name__, Bybit="client")
