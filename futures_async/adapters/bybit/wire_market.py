"""Public payloads of Bybit's v5 interface, field for field as the venue sends them; see `wire.py`.

https://bybit-exchange.github.io/docs/v5/market/time
"""

from __future__ import annotations

from typing import Any

import msgspec

from futures_async.adapter import Id, Loose, Moment, Text
from futures_async.adapters.bybit.wire import Shown, Timed, Wire


class WireTime(Timed, frozen=True, kw_only=True, gc=False):
    """The clock; the envelope's `time` has it in milliseconds."""

    time_second: Id = None
    time_nano: Id = None


class WireTier(Wire, frozen=True, kw_only=True, gc=False):
    """A tier up to `riskLimitValue`: quote coin, base coin of inverse contracts."""

    id: Id = None
    symbol: Text = None
    risk_limit_value: Loose = None
    maintenance_margin: Loose = None
    initial_margin: Loose = None
    is_lowest_risk: Id = None
    max_leverage: Loose = None
    mm_deduction: Loose = None


class WireLot(Wire, frozen=True, kw_only=True, gc=False):
    """Sizes of orders."""

    max_order_qty: Loose = None
    min_order_qty: Loose = None
    qty_step: Loose = None
    post_only_max_order_qty: Loose = None
    max_mkt_order_qty: Loose = None
    min_notional_value: Loose = None


class WirePrices(Wire, frozen=True, kw_only=True, gc=False):
    """Prices of orders."""

    min_price: Loose = None
    max_price: Loose = None
    tick_size: Loose = None


class WireLeverages(Wire, frozen=True, kw_only=True, gc=False):
    """What leverage may be set."""

    min_leverage: Loose = None
    max_leverage: Loose = None
    leverage_step: Loose = None


class WireInstrument(Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules of one contract."""

    symbol: Text = None
    symbol_id: Id = None
    contract_type: Text = None
    status: Text = None
    base_coin: Text = None
    quote_coin: Text = None
    launch_time: Moment = None
    delivery_time: Moment = None
    delivery_fee_rate: Loose = None
    price_scale: Id = None
    leverage_filter: WireLeverages | None = None
    price_filter: WirePrices | None = None
    lot_size_filter: WireLot | None = None
    unified_margin_trade: Any = None
    funding_interval: Id = None
    settle_coin: Text = None
    copy_trading: Text = None
    upper_funding_rate: Loose = None
    lower_funding_rate: Loose = None
    is_pre_listing: Any = None
    symbol_type: Text = None


class WireTicker(Wire, frozen=True, kw_only=True, gc=False):
    """Prices and funding; the time is the envelope's."""

    symbol: Text = None
    last_price: Loose = None
    index_price: Loose = None
    mark_price: Loose = None
    prev_price24h: Loose = msgspec.field(default=None, name="prevPrice24h")
    price24h_pcnt: Loose = None
    high_price24h: Loose = msgspec.field(default=None, name="highPrice24h")
    low_price24h: Loose = msgspec.field(default=None, name="lowPrice24h")
    prev_price1h: Loose = msgspec.field(default=None, name="prevPrice1h")
    open_interest: Loose = None
    open_interest_value: Loose = None
    turnover24h: Loose = None
    volume24h: Loose = None
    funding_rate: Loose = None
    next_funding_time: Moment = None
    ask1_size: Loose = None
    bid1_price: Loose = None
    ask1_price: Loose = None
    bid1_size: Loose = None
    funding_interval_hour: Loose = None
    funding_cap: Loose = None


class WireStamp(Wire, frozen=True, kw_only=True, gc=False):
    """When an answer was made."""

    time: Moment = None


class WirePastFunding(Shown, frozen=True, kw_only=True, gc=False):
    """A settled funding rate."""

    symbol: str
    funding_rate: Loose = None
    funding_rate_timestamp: int | str | None = None


class WireBand(Shown, frozen=True, kw_only=True, gc=False):
    """Between which prices orders of a contract may lie now: the highest buy, and the lowest sell."""

    symbol: str
    buy_lmt: Loose = None
    sell_lmt: Loose = None
    ts: int | str | None = None
