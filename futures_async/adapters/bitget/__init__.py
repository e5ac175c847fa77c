"""Bitget v2 mix, for classic accounts. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING

from futures_async.unified.lazy import lazily

if TYPE_CHECKING:
    from futures_async.adapters.bitget.client import Bitget

__all__ = ["Bitget"]

__getattr__ = lazily(__name__, Bitget="client")
