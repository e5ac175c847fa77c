"""BitMart's payloads, field for field. Sizes are contracts, numbers are text, times are milliseconds unless noted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text, TypedRow


class WireContract(Row, frozen=True, kw_only=True, gc=False):
    """A row of `details`: trading rules and the day's figures."""

    symbol: Text = None
    product_type: Id = None
    """1 is perpetual, 2 has a delivery date."""
    base_currency: Text = None
    quote_currency: Text = None
    contract_size: Loose = None
    """Base coin per contract; quote units on inverse contracts."""
    price_precision: Loose = None
    """The tick itself, not a number of digits."""
    vol_precision: Loose = None
    """Step of sizes, in contracts."""
    min_volume: Loose = None
    max_volume: Loose = None
    market_max_volume: Loose = None
    min_leverage: Loose = None
    max_leverage: Loose = None
    open_timestamp: Moment = None
    expire_timestamp: Moment = None
    settle_timestamp: Moment = None
    last_price: Loose = None
    volume_24h: Loose = None
    turnover_24h: Loose = None
    index_price: Loose = None
    index_name: Text = None
    funding_rate: Loose = None
    """Last settled."""
    expected_funding_rate: Loose = None
    """Of the settlement at `funding_time`."""
    funding_time: Moment = None
    funding_interval_hours: Loose = None
    open_interest: Loose = None
    open_interest_value: Loose = None
    high_24h: Loose = None
    low_24h: Loose = None
    change_24h: Loose = None
    status: Text = None
    delist_time: Moment = None
    """Seconds; 0 is never."""
    # Of pushed tickers:
    mark_price: Loose = None
    bid_price: Loose = None
    ask_price: Loose = None


class WireContracts(msgspec.Struct, frozen=True, gc=False):
    """Every contract ever listed."""

    symbols: list[WireContract]


class WireFunding(Row, frozen=True, kw_only=True, gc=False):
    """Funding of one contract."""

    symbol: Text = None
    rate_value: Loose = None
    """Of the previous settlement."""
    expected_rate: Loose = None
    """Of the settlement at `funding_time`."""
    funding_time: Moment = None
    funding_upper_limit: Loose = None
    funding_lower_limit: Loose = None
    timestamp: Moment = None


class WireBracket(Row, frozen=True, kw_only=True, gc=False):
    """One risk tier; maintenance margin is `notional × maint_margin_ratio − cum`."""

    bracket: Loose = None
    initial_leverage: Loose = None
    notional_cap: Loose = None
    notional_floor: Loose = None
    maint_margin_ratio: Loose = None
    cum: Loose = None


class WireRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The tiers of one contract."""

    symbol: Text = None
    brackets: list[WireBracket]


class WireBrackets(msgspec.Struct, frozen=True, gc=False):
    """Answer of `leverage-bracket`."""

    rules: list[WireRule]


class WirePastFunding(TypedRow, frozen=True, kw_only=True, gc=False):
    """A settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_time: int
    """Milliseconds, as text on the wire."""


class WireFundingHistory(msgspec.Struct, frozen=True, gc=False):
    """Settled rates, newest first."""

    rows: list[WirePastFunding] = msgspec.field(name="list")


class WireOpenInterest(TypedRow, frozen=True, kw_only=True, gc=False):
    """Open interest of a contract: in contracts and in quote coin."""

    symbol: str
    open_interest: Decimal
    open_interest_value: Decimal
    timestamp: int


class WireService(TypedRow, frozen=True, kw_only=True, gc=False):
    """One announced window of maintenance; times are milliseconds."""

    title: str | None = None
    service_type: str
    """spot, contract or account."""
    status: str
    """0 waiting, 1 working, 2 completed."""
    start_time: int
    end_time: int


class WireServices(msgspec.Struct, frozen=True, gc=False):
    """Maintenance windows."""

    service: list[WireService]


class WireTime(msgspec.Struct, frozen=True, gc=False):
    """The venue's clock."""

    server_time: int


class WireAsset(Row, frozen=True, kw_only=True, gc=False):
    """Balance in one margin coin; what is pushed has neither equity nor profit."""

    currency: Text = None
    available_balance: Loose = None
    frozen_balance: Loose = None
    """Bound by open orders."""
    position_deposit: Loose = None
    """Bound by positions."""
    equity: Loose = None
    unrealized: Loose = None


class WireFeeRate(TypedRow, frozen=True, kw_only=True, gc=False):
    """The account's own fees, fractions."""

    symbol: str
    taker_fee_rate: Decimal
    maker_fee_rate: Decimal


class WirePositionV1(TypedRow, frozen=True, kw_only=True, gc=False):
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


class WirePosition(Row, frozen=True, kw_only=True, gc=False):
    """A row of `position-v2`."""

    symbol: Text = None
    leverage: Loose = None
    timestamp: Moment = None
    """Time of the answer, not of the last change."""
    current_fee: Loose = None
    open_timestamp: Moment = None
    """0 when flat."""
    current_value: Loose = None
    """Value at the last price."""
    mark_price: Loose = None
    position_value: Loose = None
    """Value at the entry price."""
    position_cross: Loose = None
    maintenance_margin: Loose = None
    close_vol: Loose = None
    close_avg_price: Loose = None
    open_avg_price: Loose = None
    entry_price: Loose = None
    current_amount: Loose = None
    """Contracts held, never negative: decides whether there is a position."""
    position_amount: Loose = None
    """Signed in one-way mode; may be stale when flat."""
    realized_value: Loose = None
    mark_value: Loose = None
    account: Text = None
    open_type: Id = None
    """cross or isolated."""
    position_side: Text = None
    """long, short, or both in one-way mode."""
    unrealized_pnl: Loose = None
    liquidation_price: Loose = None
    """0 is none."""
    max_notional_value: Loose = None
    initial_margin: Loose = None
    # Of V1 and of pushes:
    position_type: Id = None
    """1 long, 2 short."""
    position_mode: Text = None
    update_time: Moment = None


class WirePositionRisk(Row, frozen=True, kw_only=True, gc=False):
    """A row of `position-risk`. The unit of `position_amt` and the meaning of `notional` are not clear."""

    symbol: Text = None
    position_amt: Loose = None
    mark_price: Loose = None
    unrealized_profit: Loose = None
    liquidation_price: Loose = None
    leverage: Loose = None
    max_notional_value: Loose = None
    margin_type: Text = None
    isolated_margin: Loose = None
    position_side: Text = None
    """Long or Short."""
    notional: Loose = None
    update_time: Moment = None
    """Documented as milliseconds, shown as seconds."""
    account: Text = None


class WirePositionMode(msgspec.Struct, frozen=True, gc=False):
    """The account's position mode."""

    position_mode: str


class WireLeverage(TypedRow, frozen=True, kw_only=True, gc=False):
    """Leverage and margin mode of a contract; `max_value` was seen to be a notional too."""

    symbol: str
    leverage: Decimal
    open_type: str
    max_value: Loose = None


class WireOrderAck(msgspec.Struct, frozen=True, gc=False):
    """Answer of `submit-order`; for market orders `price` is the text "market price"."""

    order_id: int | str
    price: Any = None


class WireIds(msgspec.Struct, frozen=True, gc=False):
    """Answer of the other calls that place or change an order. Ids may exceed 2^53: always `str(id)`."""

    order_id: int | str
    client_order_id: int | str | None = None


class WireDeadMan(msgspec.Struct, frozen=True, gc=False):
    """Answer of `cancel-all-after`; both times are seconds."""

    result: bool
    set_time: int | None = None
    cancel_time: int | None = None


class WireOrder(Row, frozen=True, kw_only=True, gc=False):
    """An order, as `order`, `get-open-orders` and `order-history` tell it."""

    order_id: Id = None
    client_order_id: Id = None
    """"" when not set; PLAN_… when a conditional order made it."""
    symbol: Text = None
    price: Loose = None
    """0 for market orders."""
    size: Loose = None
    state: Id = None
    """1 being accepted, 2 live, 4 finished: filled or cancelled."""
    side: Id = None
    """1 buys to open, 2 buys to close, 3 sells to close, 4 sells to open."""
    type: Text = None
    deal_avg_price: Loose = None
    deal_size: Loose = None
    position_mode: Text = None
    account: Text = None
    leverage: Loose = None
    open_type: Text = None
    create_time: Moment = None
    update_time: Moment = None
    executive_order_id: Id = None
    trigger_price: Loose = None
    execution_price: Loose = None
    """"Market" when the trigger executes at market."""
    activation_price: Loose = None
    activation_price_type: Id = None
    callback_rate: Loose = None
    preset_take_profit_price: Loose = None
    preset_take_profit_price_type: Id = None
    preset_stop_loss_price: Loose = None
    preset_stop_loss_price_type: Id = None


class WireTrade(Row, frozen=True, kw_only=True, gc=False):
    """A fill; its id is unique per contract."""

    order_id: Id = None
    trade_id: Id = None
    symbol: Text = None
    side: Id = None
    price: Loose = None
    vol: Loose = None
    """Contracts."""
    exec_type: Text = None
    profit: Any = None
    realised_profit: Loose = None
    paid_fees: Loose = None
    """Positive is paid; quote coin."""
    account: Text = None
    create_time: Moment = None
    # Of pushes:
    client_order_id: Id = None
    fee: Loose = None
    """Negative is paid."""
    fee_coin: Text = None


class WireLedgerEntry(Row, frozen=True, kw_only=True, gc=False):
    """A change of balance; `tran_id` is not unique."""

    symbol: Text = None
    """"" for transfers."""
    flow_type: Id = None
    type: Text = None
    amount: Loose = None
    asset: Text = None
    account: Text = None
    time: Moment = None
    tran_id: Id = None


class WirePlanOrder(Row, frozen=True, kw_only=True, gc=False):
    """A conditional order that waits, take-profit and stop-loss orders included."""

    order_id: Id = None
    client_order_id: Id = None
    executive_price: Loose = None
    trigger_price: Loose = None
    size: Loose = None
    symbol: Text = None
    state: Id = None
    side: Id = None
    mode: Id = None
    position_mode: Text = None
    price_way: Id = None
    """1 sets off when the price rises to the trigger, 2 when it falls to it."""
    price_type: Id = None
    """1 last price, 2 fair (mark) price."""
    plan_category: Id = None
    type: Text = None
    leverage: Loose = None
    open_type: Text = None
    create_time: Moment = None
    update_time: Moment = None
