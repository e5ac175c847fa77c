"""Binance USD-M futures, fapi v1 to v3. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.binance.client import Binance

__all__ = ["Binance"]


def __getattr__(name: str) -> Any:
    if name != "Binance":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.binance.client import Binance

    globals()[name] = Binance
    return Binance
