"""BitTap futures, ftapi v1: account, positions, orders and fills to read; the venue documents no writes.

What is here is imported when first used: the simulated side needs no HTTP.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.bittap.client import BitTap
    from futures_async.adapters.bittap.dialect import BitTapHmacSigner, BitTapSigner

_HOMES = {"BitTap": "client", "BitTapHmacSigner": "dialect", "BitTapSigner": "dialect"}

__all__ = ["BitTap", "BitTapHmacSigner", "BitTapSigner"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
