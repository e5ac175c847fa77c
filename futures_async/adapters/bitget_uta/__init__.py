"""Bitget v3, unified trading account. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.bitget_uta.client import BitgetUTA

__all__ = ["BitgetUTA"]


def __getattr__(name: str) -> Any:
    if name != "BitgetUTA":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.bitget_uta.client import BitgetUTA

    globals()[name] = BitgetUTA
    return BitgetUTA
