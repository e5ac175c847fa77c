"""The venues' adapters, imported when first used: `from futures_async.adapters import Bitget`."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from futures_async.adapters.binance import Binance
    from futures_async.adapters.bitget import Bitget
    from futures_async.adapters.bitget_uta import BitgetUTA
    from futures_async.adapters.bitget_v1 import BitgetV1
    from futures_async.adapters.bitmart import BitMart
    from futures_async.adapters.bittap import BitTap
    from futures_async.adapters.bybit import Bybit
    from futures_async.adapters.hyperliquid import Hyperliquid
    from futures_async.adapters.okx import OKX

BUILT_IN = {
    "binance": "binance:Binance",
    "bitget": "bitget:Bitget",
    "bitget-uta": "bitget_uta:BitgetUTA",
    "bitget-v1": "bitget_v1:BitgetV1",
    "bitmart": "bitmart:BitMart",
    "bittap": "bittap:BitTap",
    "bybit": "bybit:Bybit",
    "hyperliquid": "hyperliquid:Hyperliquid",
    "okx": "okx:OKX",
}
"""Package and class of each adapter, by its id; `unified/installed.py` reads it."""

_HOMES = {name: package for package, _, name in (place.partition(":") for place in BUILT_IN.values())}

__all__ = ["OKX", "Binance", "BitMart", "BitTap", "Bitget", "BitgetUTA", "BitgetV1", "Bybit", "Hyperliquid"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'futures_async.adapters' has no attribute {name!r}")
    value = getattr(_import_module(f"futures_async.adapters.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
