"""Bybit v5, unified trading account. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.bybit.client import Bybit

__all__ = ["Bybit"]


def __getattr__(name: str) -> Any:
    if name != "Bybit":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.bybit.client import Bybit

    globals()[name] = Bybit
    return Bybit
