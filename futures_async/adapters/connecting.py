"""`fa.connect` as type checkers see it: by its id each adapter's own class, and the options that it takes."""

from __future__ import annotations

from typing import Literal, Protocol, Unpack, overload

from futures_async.adapter import Credentials, Options
from futures_async.adapters.binance.client import Binance
from futures_async.adapters.binance.options import BinanceOptions
from futures_async.adapters.bitget.client import Bitget
from futures_async.adapters.bitget.options import BitgetOptions
from futures_async.adapters.bitget_uta.client import BitgetUTA
from futures_async.adapters.bitget_uta.options import BitgetUTAOptions
from futures_async.adapters.bitget_v1.client import BitgetV1
from futures_async.adapters.bitget_v1.options import BitgetV1Options
from futures_async.adapters.bitmart.client import BitMart
from futures_async.adapters.bitmart.options import BitMartOptions
from futures_async.adapters.bittap.client import BitTap
from futures_async.adapters.bittap.options import BitTapOptions
from futures_async.adapters.bybit.client import Bybit
from futures_async.adapters.bybit.options import BybitOptions
from futures_async.adapters.hyperliquid.client import Hyperliquid
from futures_async.adapters.hyperliquid.options import HyperliquidOptions
from futures_async.adapters.okx.client import OKX
from futures_async.adapters.okx.options import OKXOptions
from futures_async.unified.exchange import FuturesExchange


class Connect(Protocol):
    """One overload for each built-in adapter, and one for an id that cannot be seen, which may be any."""

    @overload
    def __call__(
        self, venue: Literal["binance"], credentials: Credentials | None = None, **options: Unpack[BinanceOptions]
    ) -> Binance: ...
    @overload
    def __call__(
        self, venue: Literal["bitget"], credentials: Credentials | None = None, **options: Unpack[BitgetOptions]
    ) -> Bitget: ...
    @overload
    def __call__(
        self, venue: Literal["bitget-uta"], credentials: Credentials | None = None, **options: Unpack[BitgetUTAOptions]
    ) -> BitgetUTA: ...
    @overload
    def __call__(
        self, venue: Literal["bitget-v1"], credentials: Credentials | None = None, **options: Unpack[BitgetV1Options]
    ) -> BitgetV1: ...
    @overload
    def __call__(
        self, venue: Literal["bitmart"], credentials: Credentials | None = None, **options: Unpack[BitMartOptions]
    ) -> BitMart: ...
    @overload
    def __call__(
        self, venue: Literal["bittap"], credentials: Credentials | None = None, **options: Unpack[BitTapOptions]
    ) -> BitTap: ...
    @overload
    def __call__(
        self, venue: Literal["bybit"], credentials: Credentials | None = None, **options: Unpack[BybitOptions]
    ) -> Bybit: ...
    @overload
    def __call__(
        self,
        venue: Literal["hyperliquid"],
        credentials: Credentials | None = None,
        **options: Unpack[HyperliquidOptions],
    ) -> Hyperliquid: ...
    @overload
    def __call__(
        self, venue: Literal["okx"], credentials: Credentials | None = None, **options: Unpack[OKXOptions]
    ) -> OKX: ...
    @overload
    def __call__(
        self, venue: str, credentials: Credentials | None = None, **options: Unpack[Options]
    ) -> FuturesExchange: ...
