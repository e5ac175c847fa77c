"""OKX v5, swaps: linear and coin-margined. The client is imported when first used: its simulated side needs no HTTP."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.okx.client import OKX

__all__ = ["OKX"]


def __getattr__(name: str) -> Any:
    if name != "OKX":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from futures_async.adapters.okx.client import OKX

    globals()[name] = OKX
    return OKX
