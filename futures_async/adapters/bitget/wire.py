"""Bitget v2 mix payloads, field for field as the venue sends them.

Nearly everything is text on the wire, and any field may be missing, null or empty, interchangeably. Rows keep what
came, and `mapping.py` and `orders.py` judge it: words (`Text`), numbers (`Loose`), ids (`Id`), Unix milliseconds
(`Moment`). A field with another type is one that the venue promises.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text, TypedRow


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


class Shown(TypedRow, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of rows that callers get as they are."""


class WireTime(Wire, frozen=True, kw_only=True, gc=False):
    """`GET /api/v2/public/time`."""

    server_time: int


# Account


class WireAsset(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of a multi-asset account."""

    coin: str
    balance: Loose = None
    available: Loose = None


class WireAccount(Wire, frozen=True, kw_only=True, gc=False):
    """`GET account/account` (with leverage and modes of one symbol) and a row of `GET account/accounts` (without)."""

    margin_coin: Text = None
    available: Loose = None
    locked: Loose = None
    crossed_max_available: Loose = None
    isolated_max_available: Loose = None
    max_transfer_out: Loose = None
    account_equity: Loose = None
    usdt_equity: Loose = None
    btc_equity: Loose = None
    crossed_risk_rate: Loose = None
    # The document says text, captures say integers.
    crossed_margin_leverage: Loose = None
    isolated_long_lever: Loose = None
    isolated_short_lever: Loose = None
    margin_mode: Text = None
    pos_mode: Text = None
    unrealized_pl: Loose = msgspec.field(default=None, name="unrealizedPL")
    crossed_unrealized_pl: Loose = msgspec.field(default=None, name="crossedUnrealizedPL")
    isolated_unrealized_pl: Loose = msgspec.field(default=None, name="isolatedUnrealizedPL")
    coupon: Loose = None
    grant: Loose = None
    asset_mode: Text = None
    isolated_margin: Loose = None
    crossed_margin: Loose = None
    union_total_margin: Loose = None
    # The venue's example spells it so.
    union_total_magin: Loose = None
    union_available: Loose = None
    union_mm: Loose = None
    asset_list: list[WireAsset] | None = None


class WireBill(Wire, frozen=True, kw_only=True, gc=False):
    """One row of the ledger."""

    bill_id: Id = None
    amount: Loose = None
    business_type: Text = None
    coin: Text = None
    c_time: Moment = None
    symbol: Text = None
    fee: Loose = None
    fee_by_coupon: Loose = None
    balance: Loose = None


class WireBills(Wire, frozen=True, kw_only=True, gc=False):
    """A page of the ledger."""

    bills: list[WireBill] | None = None
    end_id: str | int | None = None


class WireLeverage(Wire, frozen=True, kw_only=True, gc=False):
    """The answer of `POST account/set-leverage` and `set-margin-mode`."""

    symbol: str
    margin_coin: str | None = None
    long_leverage: Loose = None
    short_leverage: Loose = None
    cross_margin_leverage: Loose = None
    margin_mode: str | None = None


class WirePositionMode(Wire, frozen=True, kw_only=True, gc=False):
    """The answer of `POST account/set-position-mode`."""

    pos_mode: str


class WireFeeRate(Wire, frozen=True, kw_only=True, gc=False):
    """`GET /api/v2/common/trade-rate`: the account's own fee rates, as fractions."""

    maker_fee_rate: Decimal
    taker_fee_rate: Decimal


class WireMaxOpen(Wire, frozen=True, kw_only=True, gc=False):
    """`GET account/max-open`: base coin that can be opened beside what is held and ordered."""

    max_open: Decimal


# Positions


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `single-position` and `all-position`; there is no position id."""

    margin_coin: Text = None
    symbol: Text = None
    hold_side: Text = None
    """`long` or `short`, in one-way mode too."""
    open_delegate_size: Loose = None
    margin_size: Loose = None
    available: Loose = None
    locked: Loose = None
    total: Loose = None
    """Base coin, unsigned."""
    leverage: Loose = None
    achieved_profits: Loose = None
    open_price_avg: Loose = None
    margin_mode: Text = None
    pos_mode: Text = None
    unrealized_pl: Loose = msgspec.field(default=None, name="unrealizedPL")
    liquidation_price: Loose = None
    """<= 0 means none."""
    keep_margin_rate: Loose = None
    mark_price: Loose = None
    margin_ratio: Loose = None
    break_even_price: Loose = None
    total_fee: Loose = None
    """Funding over the position's life; empty until the first settlement; negative = paid."""
    deducted_fee: Loose = None
    """Trading fees so far, a positive number."""
    grant: Loose = None
    asset_mode: Text = None
    auto_margin: Text = None
    take_profit: Loose = None
    stop_loss: Loose = None
    take_profit_id: Id = None
    stop_loss_id: Id = None
    c_time: Moment = None
    u_time: Moment = None
    cash_dividend: Loose = None


class WireClosedPosition(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `history-position`; its times come in lower case, contrary to the document's table."""

    position_id: Id = None
    symbol: Text = None
    hold_side: Text = None
    margin_coin: Text = None
    open_avg_price: Loose = None
    close_avg_price: Loose = None
    margin_mode: Text = None
    open_total_pos: Loose = None
    close_total_pos: Loose = None
    pnl: Loose = None
    net_profit: Loose = None
    total_funding: Loose = None
    open_fee: Loose = None
    close_fee: Loose = None
    pos_mode: Text = None
    cash_dividend: Loose = None
    ctime: Moment = None
    utime: Moment = None
    c_time: Moment = None
    u_time: Moment = None


class WireClosedPositions(Wire, frozen=True, kw_only=True, gc=False):
    """A page of closed positions. `end_id` differs from the last row's id."""

    rows: list[WireClosedPosition] | None = msgspec.field(default=None, name="list")
    end_id: str | int | None = None


class WireAdlRank(Shown, frozen=True, kw_only=True, gc=False):
    """One row of `adlRank`."""

    symbol: str
    margin_coin: str | None = None
    hold_side: str | None = None
    rank: Loose = None
    """0 to 1; close to 1 is deleveraged first."""
    adl_rank: Loose = None
    """Deprecated by the venue."""


class WireTier(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `query-position-lever`; bounds are position values in quote coin."""

    symbol: Text = None
    level: Loose = None
    start_unit: Loose = None
    end_unit: Loose = None
    leverage: Loose = None
    keep_margin_rate: Loose = None


# Market


class WireContract(Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules. The tick is `priceEndStep` x 10^-`pricePlace`, the lot `sizeMultiplier`."""

    symbol: Text = None
    base_coin: Text = None
    quote_coin: Text = None
    price_end_step: Loose = None
    price_place: Loose = None
    size_multiplier: Loose = None
    support_margin_coins: list[str] | None = None
    min_trade_num: Loose = None
    min_trade_usdt: Loose = msgspec.field(default=None, name="minTradeUSDT")
    volume_place: Loose = None
    max_order_qty: Loose = None
    max_market_order_qty: Loose = None
    min_lever: Loose = None
    max_lever: Loose = None
    symbol_type: Text = None
    symbol_status: Text = None
    maker_fee_rate: Loose = None
    taker_fee_rate: Loose = None
    buy_limit_price_ratio: Loose = None
    sell_limit_price_ratio: Loose = None
    fee_rate_up_ratio: Loose = None
    open_cost_up_ratio: Loose = None
    max_symbol_order_num: Loose = None
    max_product_order_num: Loose = None
    max_position_num: Loose = None
    pos_limit: Loose = None
    fund_interval: Loose = None
    off_time: Moment = None
    limit_open_time: Moment = None
    delivery_time: Moment = None
    delivery_start_time: Moment = None
    delivery_period: Text = None
    launch_time: Moment = None
    maintain_time: Moment = None
    is_rwa: Text = None


class WireTicker(Wire, frozen=True, kw_only=True, gc=False):
    """Last prices."""

    symbol: Text = None
    last_pr: Loose = None
    ask_pr: Loose = None
    bid_pr: Loose = None
    ask_sz: Loose = None
    bid_sz: Loose = None
    high24h: Loose = None
    low24h: Loose = None
    open24h: Loose = None
    change24h: Loose = None
    base_volume: Loose = None
    quote_volume: Loose = None
    usdt_volume: Loose = None
    open_utc: Loose = None
    change_utc24h: Loose = msgspec.field(default=None, name="changeUtc24h")
    index_price: Loose = None
    mark_price: Loose = None
    funding_rate: Loose = None
    holding_amount: Loose = None
    delivery_start_time: Moment = None
    delivery_time: Moment = None
    delivery_status: Text = None
    ts: Moment = None


class WireFundingRate(Wire, frozen=True, kw_only=True, gc=False):
    """The current funding rate."""

    symbol: Text = None
    funding_rate: Loose = None
    funding_rate_interval: Loose = None
    """Hours."""
    next_update: Moment = None
    min_funding_rate: Loose = None
    max_funding_rate: Loose = None
