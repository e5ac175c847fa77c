"""Hyperliquid perpetuals. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.hyperliquid.client import Hyperliquid

__all__ = ["Hyperliquid"]

__getattr__ = lazily(__name__, Hyperliquid="client")
