"""BitMart's payloads, field for field. Sizes are contracts, numbers are text, times are milliseconds unless noted.

A field without default is one that the venue promises. `Loose` is a number that may also be missing, "" or a word.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import Loose

Id = int | str
"""Ids are text in lists, numbers in acknowledgements, and may exceed 2^53: always `str(id)`."""


class _Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of the rows."""


class WireContract(_Wire, frozen=True, kw_only=True, gc=False):
    """A row of `details`: trading rules and the day's figures."""

    symbol: str
    product_type: int
    base_currency: str
    quote_currency: str
    contract_size: Decimal
    """Base coin per contract; quote units on inverse contracts."""
    price_precision: Decimal
    """The tick itself, not a number of digits."""
    vol_precision: Decimal
    """Step of sizes, in contracts."""
    min_volume: Decimal
    max_volume: Loose = None
    market_max_volume: Loose = None
    min_leverage: Loose = None
    max_leverage: Loose = None
    open_timestamp: int | None = None
    expire_timestamp: int | None = None
    settle_timestamp: int | None = None
    last_price: Loose = None
    volume_24h: Loose = None
    turnover_24h: Loose = None
    index_price: Loose = None
    index_name: str | None = None
    funding_rate: Loose = None
    """Last settled."""
    expected_funding_rate: Loose = None
    """Of the settlement at `funding_time`."""
    funding_time: int | None = None
    funding_interval_hours: int | None = None
    open_interest: Loose = None
    open_interest_value: Loose = None
    high_24h: Loose = None
    low_24h: Loose = None
    change_24h: Loose = None
    status: str | None = None
    delist_time: int | None = None
    """Seconds; 0 is never."""


class WireContracts(_Wire, frozen=True, kw_only=True, gc=False):
    """Every contract ever listed. Rows stay undecoded: one odd row among 1,200 must not hide the rest."""

    symbols: list[msgspec.Raw] | None = None


class WireFunding(_Wire, frozen=True, kw_only=True, gc=False):
    """Funding of one contract."""

    symbol: str
    rate_value: Loose = None
    """Of the previous settlement."""
    expected_rate: Decimal
    """Of the settlement at `funding_time`."""
    funding_time: int | None = None
    funding_upper_limit: Loose = None
    funding_lower_limit: Loose = None
    timestamp: int | None = None


class WireBracket(_Wire, frozen=True, kw_only=True, gc=False):
    """One risk tier; maintenance margin is `notional × maint_margin_ratio − cum`."""

    bracket: int
    initial_leverage: Decimal
    notional_cap: Decimal
    notional_floor: Decimal
    maint_margin_ratio: Decimal
    cum: Loose = None


class WireRule(_Wire, frozen=True, kw_only=True, gc=False):
    """The tiers of one contract."""

    symbol: str
    brackets: list[WireBracket] | None = None


class WireBrackets(_Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `leverage-bracket`."""

    rules: list[WireRule] | None = None


class WirePastFunding(_Wire, frozen=True, kw_only=True, gc=False):
    """A settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_time: int
    """Milliseconds, as text on the wire."""


class WireFundingHistory(_Wire, frozen=True, kw_only=True, gc=False):
    """Settled rates, newest first."""

    rows: list[WirePastFunding] | None = msgspec.field(name="list")


class WireOpenInterest(_Wire, frozen=True, kw_only=True, gc=False):
    """Open interest of a contract: in contracts and in quote coin."""

    symbol: str
    open_interest: Decimal
    open_interest_value: Decimal
    timestamp: int


class WireService(_Wire, frozen=True, kw_only=True, gc=False):
    """One announced window of maintenance; times are milliseconds."""

    title: str | None = None
    service_type: str
    """spot, contract or account."""
    status: str
    """0 waiting, 1 working, 2 completed."""
    start_time: int
    end_time: int


class WireServices(_Wire, frozen=True, kw_only=True, gc=False):
    """Maintenance windows."""

    service: list[WireService] | None = None


class WireTime(_Wire, frozen=True, kw_only=True, gc=False):
    """The venue's clock."""

    server_time: int


class WireAsset(_Wire, frozen=True, kw_only=True, gc=False):
    """Balance in one margin coin."""

    currency: str
    available_balance: Decimal
    frozen_balance: Decimal
    """Bound by open orders."""
    position_deposit: Decimal
    """Bound by positions."""
    equity: Decimal
    unrealized: Decimal


class WireFeeRate(_Wire, frozen=True, kw_only=True, gc=False):
    """The account's own fees, fractions."""

    symbol: str
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal


class WirePositionV1(_Wire, frozen=True, kw_only=True, gc=False):
    """A row of `position` (V1). There is no liquidation price; profit is marked at the last price."""

    symbol: str
    leverage: Decimal
    timestamp: int
    """Time of the answer, not of the last change."""
    current_fee: Decimal
    open_timestamp: int
    current_value: Decimal
    """Value at the last price."""
    mark_value: Loose = None
    mark_price: Loose = None
    position_value: Decimal
    """Value at the entry price."""
    position_cross: Decimal
    """Margin of the position, isolated ones too."""
    maintenance_margin: Decimal
    margin_type: str | None = None
    """Cross or Isolated."""
    position_mode: str | None = None
    """hedge_mode or one_way_mode."""
    close_vol: Decimal
    close_avg_price: Decimal
    open_avg_price: Decimal
    entry_price: Decimal
    current_amount: Decimal
    """Contracts held, never negative."""
    unrealized_value: Decimal
    realized_value: Decimal
    position_type: int
    """1 long, 2 short."""
    account: str | None = None


class WirePosition(_Wire, frozen=True, kw_only=True, gc=False):
    """A row of `position-v2`."""

    symbol: str
    leverage: Decimal
    timestamp: int
    """Time of the answer, not of the last change."""
    current_fee: Decimal
    open_timestamp: int
    """0 when flat."""
    current_value: Decimal
    """Value at the last price."""
    mark_price: Decimal
    position_value: Decimal
    """Value at the entry price."""
    position_cross: Decimal
    maintenance_margin: Decimal
    close_vol: Decimal
    close_avg_price: Decimal
    open_avg_price: Decimal
    entry_price: Decimal
    current_amount: Decimal
    """Contracts held, never negative: decides whether there is a position."""
    position_amount: Decimal | None = None
    """Signed in one-way mode; may be stale when flat."""
    realized_value: Decimal
    mark_value: Decimal
    account: str | None = None
    open_type: str | None = None
    """cross or isolated."""
    position_side: str
    """long, short, or both in one-way mode."""
    unrealized_pnl: Decimal
    liquidation_price: Decimal
    """0 is none."""
    max_notional_value: Loose = None
    initial_margin: Decimal


class WirePositionRisk(_Wire, frozen=True, kw_only=True, gc=False):
    """A row of `position-risk`. The unit of `position_amt` and the meaning of `notional` are not clear."""

    symbol: str
    position_amt: Decimal
    mark_price: Decimal
    unrealized_profit: Decimal
    liquidation_price: Decimal
    leverage: Decimal
    max_notional_value: Loose = None
    margin_type: str | None = None
    isolated_margin: Loose = None
    position_side: str | None = None
    """Long or Short."""
    notional: Loose = None
    update_time: int | str | None = None
    """Documented as milliseconds, shown as seconds."""
    account: str | None = None


class WirePositionMode(_Wire, frozen=True, kw_only=True, gc=False):
    """The account's position mode."""

    position_mode: str


class WireLeverage(_Wire, frozen=True, kw_only=True, gc=False):
    """Leverage and margin mode of a contract; `max_value` was seen to be a notional too."""

    symbol: str
    leverage: Decimal
    open_type: str
    max_value: Loose = None


class WireOrderAck(_Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `submit-order`; for market orders `price` is the text "market price"."""

    order_id: Id
    price: Any = None


class WireIds(_Wire, frozen=True, kw_only=True, gc=False):
    """Answer of the other calls that place or change an order."""

    order_id: Id
    client_order_id: Id | None = None


class WireDeadMan(_Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `cancel-all-after`; both times are seconds."""

    result: bool
    set_time: int | None = None
    cancel_time: int | None = None


class WireOrder(_Wire, frozen=True, kw_only=True, gc=False):
    """An order, as `order`, `get-open-orders` and `order-history` tell it."""

    order_id: Id
    client_order_id: Id | None = None
    """"" when not set; PLAN_… when a conditional order made it."""
    symbol: str
    price: Decimal
    """0 for market orders."""
    size: Decimal
    state: int
    """1 being accepted, 2 live, 4 finished: filled or cancelled."""
    side: int
    """1 buys to open, 2 buys to close, 3 sells to close, 4 sells to open."""
    type: str
    deal_avg_price: Decimal
    deal_size: Decimal
    position_mode: str | None = None
    account: str | None = None
    leverage: Loose = None
    open_type: str | None = None
    create_time: int
    update_time: int | None = None
    executive_order_id: Id | None = None
    trigger_price: Loose = None
    execution_price: Loose = None
    """"Market" when the trigger executes at market."""
    activation_price: Loose = None
    activation_price_type: int | None = None
    callback_rate: Loose = None
    preset_take_profit_price: Loose = None
    preset_take_profit_price_type: int | None = None
    preset_stop_loss_price: Loose = None
    preset_stop_loss_price_type: int | None = None


class WireTrade(_Wire, frozen=True, kw_only=True, gc=False):
    """A fill; its id is unique per contract."""

    order_id: Id
    trade_id: Id
    symbol: str
    side: int
    price: Decimal
    vol: Decimal
    """Contracts."""
    exec_type: str | None = None
    profit: bool | None = None
    realised_profit: Decimal
    paid_fees: Decimal
    """Positive is paid; quote coin."""
    account: str | None = None
    create_time: int


class WireLedgerEntry(_Wire, frozen=True, kw_only=True, gc=False):
    """A change of balance; `tran_id` is not unique."""

    symbol: str | None = None
    """"" for transfers."""
    flow_type: int | None = None
    type: str | None = None
    amount: Decimal
    asset: str
    account: str | None = None
    time: int
    tran_id: Id


class WirePlanOrder(_Wire, frozen=True, kw_only=True, gc=False):
    """A conditional order that waits, take-profit and stop-loss orders included."""

    order_id: Id
    client_order_id: Id | None = None
    executive_price: Loose = None
    trigger_price: Decimal
    size: Decimal
    symbol: str
    state: int | str | None = None
    side: int
    mode: int | None = None
    position_mode: str | None = None
    price_way: int | None = None
    """1 sets off when the price rises to the trigger, 2 when it falls to it."""
    price_type: int | None = None
    """1 last price, 2 fair (mark) price."""
    plan_category: int | None = None
    type: str | None = None
    leverage: Loose = None
    open_type: str | None = None
    create_time: int | None = None
    update_time: int | None = None
