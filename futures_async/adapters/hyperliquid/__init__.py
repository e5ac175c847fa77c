"""Hyperliquid perpetuals. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.hyperliquid.client import Hyperliquid

__all__ = ["Hyperliquid"]


def __getattr__(name: str) -> Any:
    if name != "Hyperliquid":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.hyperliquid.client import Hyperliquid

    globals()[name] = Hyperliquid
    return Hyperliquid
