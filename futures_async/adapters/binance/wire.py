"""Payloads of Binance's fapi, field for field as the venue sends them.

Money is text, ids and times are JSON numbers; tiers are numbers throughout. Rows keep what came, and the tables judge
it: words (`Text`), numbers (`Loose`), ids (`Id`), Unix milliseconds (`Moment`).

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text, TypedRow


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


class Shown(TypedRow, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of rows that callers get as they are."""


class WireTime(Shown, frozen=True, kw_only=True, gc=False):
    """The venue's clock."""

    server_time: int


class WireDone(Wire, frozen=True, kw_only=True, gc=False):
    """What settings and cancels of everything answer: 200, as a number or as text, and a word."""

    code: Id = None
    msg: Text = None


# Account


class WireAsset(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the account; all coins that may be margin are listed, empty ones too.

    The last three are put in: whether one pool of all coins backs all positions, None where that is not known, and of a
    pool the account's totals in USD.
    """

    asset: Text = None
    wallet_balance: Loose = None
    unrealized_profit: Loose = None
    margin_balance: Loose = None
    maint_margin: Loose = None
    initial_margin: Loose = None
    position_initial_margin: Loose = None
    open_order_initial_margin: Loose = None
    cross_wallet_balance: Loose = None
    cross_un_pnl: Loose = None
    available_balance: Loose = None
    max_withdraw_amount: Loose = None
    update_time: Moment = None
    pooled: bool | None = None
    pool_value: Loose = None
    pool_maintenance: Loose = None


class WireAccount(Wire, frozen=True, kw_only=True, gc=False):
    """The account. Totals are of USDT alone, or in multi-assets mode the USD value of everything."""

    total_initial_margin: Loose = None
    total_maint_margin: Loose = None
    total_wallet_balance: Loose = None
    total_unrealized_profit: Loose = None
    total_margin_balance: Loose = None
    total_cross_wallet_balance: Loose = None
    total_cross_un_pnl: Loose = None
    available_balance: Loose = None
    max_withdraw_amount: Loose = None
    assets: list[WireAsset] | None = None


class WireAccountConfig(Wire, frozen=True, kw_only=True, gc=False):
    """Both modes of the account, and whether it may trade."""

    fee_tier: Loose = None
    can_trade: Text = None
    can_deposit: Text = None
    can_withdraw: Text = None
    dual_side_position: Text = None
    multi_assets_margin: Text = None
    trade_group_id: Id = None
    update_time: Moment = None


class WirePortfolioMargin(Wire, frozen=True, kw_only=True, gc=False):
    """A coin of a Portfolio Margin account."""

    asset: Text = None
    max_withdraw_amount: Loose = None
    max_withdraw_amount_usd: Loose = msgspec.field(name="maxWithdrawAmountUSD", default=None)


class WireSymbolConfig(Wire, frozen=True, kw_only=True, gc=False):
    """What is set for one contract; `isAutoAddMargin` comes as flag or as text."""

    symbol: Text = None
    margin_type: Text = None
    is_auto_add_margin: Text = None
    leverage: Loose = None
    max_notional_value: Loose = None


class WireIncome(Wire, frozen=True, kw_only=True, gc=False):
    """One change of balance. `tranId` is unique per `incomeType` only: a fee may share it with its profit."""

    symbol: Text = None
    income_type: Text = None
    income: Loose = None
    asset: Text = None
    info: Text = None
    time: Moment = None
    tran_id: Id = None
    trade_id: Id = None


class WireFeeRate(Shown, frozen=True, kw_only=True, gc=False):
    """What this account pays, as fractions; a discount for paying in BNB is not in it."""

    symbol: str
    maker_commission_rate: Decimal
    taker_commission_rate: Decimal
    rpi_commission_rate: Decimal | None = None


class WireMarginMove(Shown, frozen=True, kw_only=True, gc=False):
    """One change of an isolated position's margin; `type` 1 adds, 2 removes."""

    symbol: str
    type: int
    amount: Decimal
    time: int
    asset: str | None = None
    delta_type: str | None = None
    position_side: str | None = None


# Positions


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One position. The amount is signed, also of a hedge's short side.

    Leverage and margin mode are of v2's rows, and are put into those of v3 from `symbolConfig`.
    """

    symbol: Text = None
    position_side: Text = None
    position_amt: Loose = None
    entry_price: Loose = None
    break_even_price: Loose = None
    mark_price: Loose = None
    # With a capital R here, and with a small one in account rows.
    un_realized_profit: Loose = None
    liquidation_price: Loose = None
    isolated_margin: Loose = None
    notional: Loose = None
    margin_asset: Text = None
    isolated_wallet: Loose = None
    initial_margin: Loose = None
    maint_margin: Loose = None
    position_initial_margin: Loose = None
    open_order_initial_margin: Loose = None
    adl: Loose = None
    bid_notional: Loose = None
    ask_notional: Loose = None
    update_time: Moment = None
    leverage: Loose = None
    margin_type: Text = None


class WireBracket(Wire, frozen=True, kw_only=True, gc=False):
    """One tier; bounds in quote coin. Maintenance margin is notional x `maintMarginRatio` - `cum`."""

    symbol: Text = None
    bracket: Loose = None
    initial_leverage: Loose = None
    notional_cap: Loose = None
    notional_floor: Loose = None
    maint_margin_ratio: Loose = None
    cum: Loose = None


class WireBrackets(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The tiers of one contract; whether an account's `notionalCoef` is in them already is not documented."""

    symbol: Text = None
    notional_coef: Loose = None
    brackets: list[WireBracket] | None = None


# Orders


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One order; answers to writes have no average price and no `time`."""

    order_id: Id = None
    symbol: Text = None
    status: Text = None
    client_order_id: Id = None
    price: Loose = None
    avg_price: Loose = None
    orig_qty: Loose = None
    executed_qty: Loose = None
    cum_qty: Loose = None
    cum_quote: Loose = None
    time_in_force: Text = None
    type: Text = None
    reduce_only: Text = None
    close_position: Text = None
    side: Text = None
    position_side: Text = None
    stop_price: Loose = None
    working_type: Text = None
    price_protect: Text = None
    orig_type: Text = None
    price_match: Text = None
    self_trade_prevention_mode: Text = None
    good_till_date: Moment = None
    time: Moment = None
    update_time: Moment = None


class WireItem(WireOrder, frozen=True, kw_only=True, gc=False):
    """An order of a batch, or in its place why it was refused."""

    code: Id = None
    msg: Text = None


class WireAlgoOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One conditional order: of the second order system, with ids of its own.

    Its type is called `orderType`, by some captures `type`; `actualOrderId` is the regular order that it became.
    """

    algo_id: Id = None
    client_algo_id: Id = None
    algo_type: Text = None
    order_type: Text = None
    type: Text = None
    symbol: Text = None
    side: Text = None
    position_side: Text = None
    time_in_force: Text = None
    quantity: Loose = None
    algo_status: Text = None
    actual_order_id: Id = None
    actual_price: Loose = None
    actual_qty: Loose = None
    trigger_price: Loose = None
    price: Loose = None
    self_trade_prevention_mode: Text = None
    working_type: Text = None
    price_match: Text = None
    close_position: Text = None
    price_protect: Text = None
    reduce_only: Text = None
    activate_price: Loose = None
    callback_rate: Loose = None
    create_time: Moment = None
    update_time: Moment = None
    trigger_time: Moment = None
    good_till_date: Moment = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution. `commission` is positive when paid; a trade id is unique per contract."""

    id: Id = None
    order_id: Id = None
    client_order_id: Id = None
    symbol: Text = None
    side: Text = None
    position_side: Text = None
    price: Loose = None
    qty: Loose = None
    quote_qty: Loose = None
    realized_pnl: Loose = None
    margin_asset: Text = None
    commission: Loose = None
    commission_asset: Text = None
    buyer: Text = None
    maker: Text = None
    time: Moment = None


class WireCountdown(Wire, frozen=True, kw_only=True, gc=False):
    """The dead-man's switch of one contract, milliseconds as text."""

    symbol: Text = None
    countdown_time: Id = None


# Market


class WireFilter(Wire, frozen=True, kw_only=True, gc=False):
    """One rule of a contract; which fields it has depends on `filterType`."""

    filter_type: Text = None
    min_price: Loose = None
    max_price: Loose = None
    tick_size: Loose = None
    min_qty: Loose = None
    max_qty: Loose = None
    step_size: Loose = None
    notional: Loose = None
    multiplier_up: Loose = None
    multiplier_down: Loose = None
    limit: Loose = None


class WireSymbol(Wire, frozen=True, kw_only=True, gc=False):
    """Trading rules of one contract. The precisions are digits that are accepted, not tick and step."""

    symbol: Text = None
    pair: Text = None
    contract_type: Text = None
    status: Text = None
    contract_status: Text = None
    delivery_date: Moment = None
    onboard_date: Moment = None
    base_asset: Text = None
    quote_asset: Text = None
    margin_asset: Text = None
    price_precision: Loose = None
    quantity_precision: Loose = None
    underlying_type: Text = None
    filters: list[WireFilter] | None = None


class WireExchangeInfo(Wire, frozen=True, kw_only=True, gc=False):
    """All contracts; its `serverTime` is not the time."""

    symbols: list[WireSymbol] | None = None


class WireTicker(Wire, frozen=True, kw_only=True, gc=False):
    """The last 24 hours, and what two other calls say: best prices, mark, index and funding."""

    symbol: Text = None
    last_price: Loose = None
    open_price: Loose = None
    high_price: Loose = None
    low_price: Loose = None
    volume: Loose = None
    quote_volume: Loose = None
    price_change_percent: Loose = None
    close_time: Moment = None
    bid_price: Loose = None
    ask_price: Loose = None
    mark_price: Loose = None
    index_price: Loose = None
    last_funding_rate: Loose = None


class WireBook(Wire, frozen=True, kw_only=True, gc=False):
    """The best prices."""

    symbol: Text = None
    bid_price: Loose = None
    bid_qty: Loose = None
    ask_price: Loose = None
    ask_qty: Loose = None
    time: Moment = None


class WirePremium(Wire, frozen=True, kw_only=True, gc=False):
    """Mark, index and the running estimate of the next funding; its interval and bounds are told by `fundingInfo`."""

    symbol: Text = None
    mark_price: Loose = None
    index_price: Loose = None
    estimated_settle_price: Loose = None
    last_funding_rate: Loose = None
    interest_rate: Loose = None
    next_funding_time: Moment = None
    time: Moment = None
    funding_interval_hours: Loose = None
    adjusted_funding_rate_cap: Loose = None
    adjusted_funding_rate_floor: Loose = None


class WirePastFunding(Shown, frozen=True, kw_only=True, gc=False):
    """One settled funding rate."""

    symbol: str
    funding_rate: Decimal
    funding_time: int
    mark_price: Decimal | None = None
    rate_type: str | None = None  # Regular, or Special: what a dividend of a share makes


class WireListenKey(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The address of a user stream; renewing it answers with nothing, or with the same."""

    listen_key: str | None = None

    def __repr__(self) -> str:
        return "WireListenKey(***)"
