"""Bitget mix v1 as this project's seed documents describe it. The venue closed it on 2025-11-28.

The client is imported when first used: its simulated side needs no HTTP.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.bitget_v1.client import BitgetV1

__all__ = ["BitgetV1"]


def __getattr__(name: str) -> Any:
    if name != "BitgetV1":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.bitget_v1.client import BitgetV1

    globals()[name] = BitgetV1
    return BitgetV1
