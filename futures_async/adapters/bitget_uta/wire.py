"""Payloads of Bitget's v3 interface, field for field as the venue sends them.

Numbers and times come as text. A field without default is one that the venue promises; `""` and null mean "not
set", so a number that may be unset is read in `mapping.py`. Words stay text: a new one must not cost the list that
it is in.

https://www.bitget.com/api-doc/uta/intro
"""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from futures_async.adapter import Loose

R = TypeVar("R")


class WireRows(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """A list in its wrapping: null when there is nothing, beside a cursor where the list is paged."""

    rows: list[R] | None = msgspec.field(name="list")
    cursor: str | None = None


class _Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    pass


# Account


class WireAsset(_Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the account. Coins without balance are left out by the venue."""

    coin: str
    equity: Decimal
    balance: Decimal
    available: Decimal
    usd_value: Loose = None
    debt: Loose = None
    locked: Loose = None
    bonus: Loose = None
    position_value: Loose = None
    leverage: Loose = None


class WireAssets(_Wire, frozen=True, kw_only=True, gc=False):
    """The whole account; `imr` and `mmr` are USD amounts here, not rates."""

    account_equity: Decimal
    usdt_equity: Loose = None
    btc_equity: Loose = None
    unrealised_pnl: Loose = None
    usdt_unrealised_pnl: Loose = None
    # The one field that is spelled with a z.
    btc_unrealized_pnl: Loose = None
    eff_equity: Loose = None
    imr: Loose = None
    mmr: Loose = None
    mgn_ratio: Loose = None
    position_mgn_ratio: Loose = None
    assets: list[WireAsset] | None = None


class WireSymbolConfig(_Wire, frozen=True, kw_only=True, gc=False):
    """What is set for one symbol. The table says that `leverage` is an array; it comes as text."""

    category: str
    symbol: str
    margin_mode: str | None = None
    leverage: str | int | list[str | int] | None = None


class WireSettings(_Wire, frozen=True, kw_only=True, gc=False):
    """Modes of the account, and of the symbols that were ever configured."""

    hold_mode: str
    uid: str | None = None
    account_mode: str | None = None
    asset_mode: str | None = None
    account_level: str | None = None
    stp_mode: str | None = None
    symbol_config_list: list[WireSymbolConfig] | None = None


class WireInfo(_Wire, frozen=True, kw_only=True, gc=False):
    """Whose key this is, and what it may do."""

    user_id: str | None = None
    # An earlier page's name for the same.
    uid: str | None = None
    inviter_id: str | None = None
    parent_id: str | None = None
    channel_code: str | None = None
    channel: str | None = None
    ips: str | None = None
    perm_type: str | None = None
    permissions: list[str] | None = None
    regis_time: int | str | None = None


class WireRecord(_Wire, frozen=True, kw_only=True, gc=False):
    """One row of the ledger. `fee` is negative when charged."""

    id: str | int
    coin: str
    type: str
    amount: Decimal
    ts: int
    category: str | None = None
    symbol: str | None = None
    fee: Loose = None
    balance: Loose = None
    position_type: str | None = None
    position_amount: Loose = None
    position_balance: Loose = None


class WireFeeRate(_Wire, frozen=True, kw_only=True, gc=False):
    """What this account pays, as fractions."""

    maker_fee_rate: Decimal
    taker_fee_rate: Decimal


class WireOpenLimit(_Wire, frozen=True, kw_only=True, gc=False):
    """Limits on open interest of one symbol."""

    single_user_limit: Loose = None
    master_sub_limit: Loose = None
    market_maker_limit: Loose = None


class WireMaxOpen(_Wire, frozen=True, kw_only=True, gc=False):
    """How much can be opened: `available` and costs in quote coin, `max…Open` in base coin."""

    available: Loose = None
    max_open: Loose = None
    buy_open_cost: Loose = None
    sell_open_cost: Loose = None
    max_buy_open: Loose = None
    max_sell_open: Loose = None


# Positions


class WirePosition(_Wire, frozen=True, kw_only=True, gc=False):
    """One position. `mmr` is a rate here; fees and funding are negative when paid."""

    symbol: str
    pos_side: str
    total: Decimal
    category: str | None = None
    margin_coin: str | None = None
    hold_mode: str | None = None
    margin_mode: str | None = None
    position_balance: Loose = None
    available: Loose = None
    frozen: Loose = None
    leverage: Loose = None
    cur_realised_pnl: Loose = None
    avg_price: Loose = None
    position_status: str | None = None
    unrealised_pnl: Loose = None
    liquidation_price: Loose = None
    mmr: Loose = None
    profit_rate: Loose = None
    mark_price: Loose = None
    break_even_price: Loose = None
    total_funding: Loose = None
    open_fee_total: Loose = None
    close_fee_total: Loose = None
    cash_dividend: Loose = None
    created_time: int | str | None = None
    updated_time: int | str | None = None


class WirePastPosition(_Wire, frozen=True, kw_only=True, gc=False):
    """One closed position. `netProfit` is after fees and funding, `cumRealisedPnl` before."""

    position_id: str | int
    symbol: str
    pos_side: str
    category: str | None = None
    margin_coin: str | None = None
    hold_mode: str | None = None
    margin_mode: str | None = None
    open_price_avg: Loose = None
    close_price_avg: Loose = None
    open_total_pos: Loose = None
    close_total_pos: Loose = None
    cum_realised_pnl: Loose = None
    net_profit: Loose = None
    total_funding: Loose = None
    open_fee_total: Loose = None
    close_fee_total: Loose = None
    created_time: int | str | None = None
    updated_time: int | str | None = None


class WireAdlRank(_Wire, frozen=True, kw_only=True, gc=False):
    """How soon a position is reduced: near 1 is first. The side has its v2 name here."""

    symbol: str
    adl_rank: Decimal
    hold_side: str
    margin_coin: str | None = None


class WireTier(_Wire, frozen=True, kw_only=True, gc=False):
    """One risk tier; values in quote coin, `leverage` is the highest, `mmr` a rate; the symbol is not named."""

    tier: int
    min_tier_value: Decimal
    max_tier_value: Decimal
    leverage: Decimal
    mmr: Decimal


# Orders


class WireIds(_Wire, frozen=True, kw_only=True, gc=False):
    """What placing, changing, cancelling answers; in a list, a failed item has a code."""

    order_id: str | int | None = None
    client_oid: str | None = None
    code: str | int | None = None
    msg: str | None = None


class WireFee(_Wire, frozen=True, kw_only=True, gc=False):
    """Fees in one coin, positive when paid; empty before the first fill."""

    fee_coin: str | None = None
    fee: Loose = None


class WireOrder(_Wire, frozen=True, kw_only=True, gc=False):
    """One order. Lists leave some fields out; leverage and margin mode come in pushes only, as documented."""

    order_id: str | int
    symbol: str
    side: str
    order_type: str
    qty: Decimal
    order_status: str
    client_oid: str | None = None
    category: str | None = None
    price: Loose = None
    amount: Loose = None
    cum_exec_qty: Loose = None
    cum_exec_value: Loose = None
    avg_price: Loose = None
    time_in_force: str | None = None
    pos_side: str | None = None
    hold_mode: str | None = None
    trade_side: str | None = None
    reduce_only: str | None = None
    margin_mode: str | None = None
    leverage: Loose = None
    fee_detail: list[WireFee] | None = None
    cancel_reason: str | None = None
    exec_type: str | None = None
    delegate_type: str | None = None
    stp_mode: str | None = None
    tp_trigger_by: str | None = None
    sl_trigger_by: str | None = None
    take_profit: Loose = None
    stop_loss: Loose = None
    tp_order_type: str | None = None
    sl_order_type: str | None = None
    tp_limit_price: Loose = None
    sl_limit_price: Loose = None
    created_time: int | str | None = None
    updated_time: int | str | None = None


class WireFill(_Wire, frozen=True, kw_only=True, gc=False):
    """One execution. `execLinkId` pairs the two sides of a match, so it is no key."""

    exec_id: str | int
    order_id: str | int
    symbol: str
    side: str
    exec_price: Decimal
    exec_qty: Decimal
    created_time: int
    exec_link_id: str | int | None = None
    client_oid: str | None = None
    category: str | None = None
    order_type: str | None = None
    exec_value: Loose = None
    exec_pnl: Loose = None
    trade_scope: str | None = None
    trade_side: str | None = None
    fee_detail: list[WireFee] | None = None
    updated_time: int | str | None = None


# Market


class WireInstrument(_Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules of one contract: the tick is `priceMultiplier`, the step `quantityMultiplier`."""

    symbol: str
    base_coin: str
    quote_coin: str
    price_multiplier: Decimal
    quantity_multiplier: Decimal
    category: str | None = None
    type: str | None = None
    # Older pages put the words of `type` here; today crypto, metal, stock, commodity.
    symbol_type: str | None = None
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
    status: str | None = None
    off_time: int | str | None = None
    limit_open_time: int | str | None = None
    maintain_time: int | str | None = None
    launch_time: int | str | None = None
    delivery_time: int | str | None = None
    delivery_start_time: int | str | None = None
    delivery_period: str | None = None
    is_rwa: str | None = None
    is_reality: str | None = None


class WireTicker(_Wire, frozen=True, kw_only=True, gc=False):
    """Last prices of one contract; the best prices may be empty."""

    symbol: str
    last_price: Decimal
    category: str | None = None
    ts: int | str | None = None
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
    delivery_start_time: int | str | None = None
    delivery_time: int | str | None = None
    delivery_status: str | None = None


class WireFundingRate(_Wire, frozen=True, kw_only=True, gc=False):
    """The current funding rate; the interval is in hours."""

    symbol: str
    funding_rate: Decimal
    funding_rate_interval: Loose = None
    next_update: int | str | None = None
    min_funding_rate: Loose = None
    max_funding_rate: Loose = None
    cash_dividend: Loose = None
    cash_dividend_next_update: int | str | None = None


class WirePastFundingRate(_Wire, frozen=True, kw_only=True, gc=False):
    """One settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_rate_timestamp: int


class WirePastFundingRates(_Wire, frozen=True, kw_only=True, gc=False):
    """The one list that is not called `list`; no cursor comes back, pages are numbered."""

    result_list: list[WirePastFundingRate] | None


class WireTime(_Wire, frozen=True, kw_only=True, gc=False):
    """The venue's clock."""

    server_time: int
