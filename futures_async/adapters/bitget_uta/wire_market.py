"""Payloads of Bitget's v3 interface about the market; those about accounts and orders are in `wire`."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.adapter import Loose, Moment, Text
from futures_async.adapters.bitget_uta.wire import Shown, Wire


class WireInstrument(Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules of one contract: the tick is `priceMultiplier`, the step `quantityMultiplier`."""

    symbol: Text = None
    base_coin: Text = None
    quote_coin: Text = None
    price_multiplier: Loose = None
    quantity_multiplier: Loose = None
    category: Text = None
    type: Text = None
    # Older pages put the words of `type` here; today crypto, metal, stock, commodity.
    symbol_type: Text = None
    price_precision: Loose = None
    quantity_precision: Loose = None
    quote_precision: Loose = None
    min_order_qty: Loose = None
    max_order_qty: Loose = None
    max_market_order_qty: Loose = None
    min_order_amount: Loose = None
    max_symbol_order_num: Loose = None
    max_product_order_num: Loose = None
    max_position_num: Loose = None
    min_leverage: Loose = None
    max_leverage: Loose = None
    maker_fee_rate: Loose = None
    taker_fee_rate: Loose = None
    fee_rate_up_ratio: Loose = None
    open_cost_up_ratio: Loose = None
    buy_limit_price_ratio: Loose = None
    sell_limit_price_ratio: Loose = None
    fund_interval: Loose = None
    status: Text = None
    off_time: Moment = None
    limit_open_time: Moment = None
    maintain_time: Moment = None
    launch_time: Moment = None
    delivery_time: Moment = None
    delivery_start_time: Moment = None
    delivery_period: Text = None
    is_rwa: Text = None
    is_reality: Text = None


class WireTicker(Wire, frozen=True, kw_only=True, gc=False):
    """Last prices of one contract; the best prices may be empty."""

    symbol: Text = None
    last_price: Loose = None
    category: Text = None
    ts: Moment = None
    ask1_price: Loose = None
    bid1_price: Loose = None
    ask1_size: Loose = None
    bid1_size: Loose = None
    mark_price: Loose = None
    index_price: Loose = None
    funding_rate: Loose = None
    open_interest: Loose = None
    open_price24h: Loose = msgspec.field(name="openPrice24h", default=None)
    high_price24h: Loose = msgspec.field(name="highPrice24h", default=None)
    low_price24h: Loose = msgspec.field(name="lowPrice24h", default=None)
    price24h_pcnt: Loose = msgspec.field(name="price24hPcnt", default=None)
    volume24h: Loose = msgspec.field(name="volume24h", default=None)
    turnover24h: Loose = msgspec.field(name="turnover24h", default=None)
    delivery_start_time: Moment = None
    delivery_time: Moment = None
    delivery_status: Text = None


class WireFundingRate(Wire, frozen=True, kw_only=True, gc=False):
    """The current funding rate; the interval is in hours."""

    symbol: Text = None
    funding_rate: Loose = None
    funding_rate_interval: Loose = None
    next_update: Moment = None
    min_funding_rate: Loose = None
    max_funding_rate: Loose = None
    cash_dividend: Loose = None
    cash_dividend_next_update: Moment = None


class WirePastFundingRate(Shown, frozen=True, kw_only=True, gc=False):
    """One settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_rate_timestamp: int


class WirePastFundingRates(Wire, frozen=True, kw_only=True, gc=False):
    """The one list that is not called `list`; no cursor comes back, pages are numbered."""

    result_list: list[WirePastFundingRate] | None


class WireTime(Wire, frozen=True, kw_only=True, gc=False):
    """The venue's clock."""

    server_time: int
