"""Bitget v2 mix, for classic accounts. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.bitget.client import Bitget

__all__ = ["Bitget"]


def __getattr__(name: str) -> Any:
    if name != "Bitget":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.bitget.client import Bitget

    globals()[name] = Bitget
    return Bitget
