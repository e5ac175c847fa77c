"""BitTap's payloads, field for field.

Money is documented as text, but null and JSON numbers occur, also where the venue's table says STRING: the rows that
`mapping.py` reads keep whatever came. Ids are 18 to 19 digits, beyond 2^53: text on the wire, exact integers should
they ever come as numbers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text

Flag = Id | bool
"""`reduceOnly` is a bool in one answer and 0 or 1 in another."""


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of the payloads below."""


class WireAsset(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of `data.assets[]`: the account in one margin coin."""

    coin: Text = None
    available: Loose = None
    balance: Loose = None
    can_transfer: Loose = None
    cross_locked: Loose = None
    cross_margin: Loose = None
    cross_profit_unreal: Loose = None
    crossed_maintain_margin: Loose = None
    crossed_maintain_margin_rate: Loose = None
    equities: Loose = None
    isolated_locked: Loose = None
    isolated_margin: Loose = None
    locked: Loose = None
    profit_unreal: Loose = None
    total_trial_fund_balance: Loose = None
    trial_fund_balance: Loose = None


class WirePosition(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One open position, of account/info (market-dependent fields null) or of openPosition (filled in)."""

    symbol_id: Text = None
    side: Text = None
    quantity: Loose = None
    avg_entry_price: Loose = None
    bkr_fee: Loose = None
    closed_fee: Loose = None
    ctime: Moment = None
    deduct_fee_amount: Loose = None
    deduct_funding_amount: Loose = None
    deduct_loss_amount: Loose = None
    entry_value: Loose = None
    fee_amount: Loose = None
    fee_asset_id: Text = None
    frozen_fee: Loose = None
    fund_amount: Loose = None
    last_price: Loose = None
    last_update_time: Moment = None
    leverage: Loose = None
    liquid_price: Loose = None
    maintain_margin: Loose = None
    margin: Loose = None
    margin_mode: Text = None
    margin_rate: Loose = None
    mark_price: Loose = None
    other_closed_fee: Loose = None
    other_maintain_margin: Loose = None
    pnl: Loose = None
    pos_tp_sl_size: Id = None
    position_id: Id = None
    position_mode: Text = None
    profit_unreal: Loose = None
    profit_unreal_rate: Loose = None
    realized_pnl: Loose = None
    # Documented as STRING; null or an object, and a list, are what comes. What is inside is not documented.
    tp_sl: Any = None
    tp_sl_orders: Any = None
    tp_sl_size: Id = None
    uid: Id = None


class WireAccountInfo(Wire, frozen=True, kw_only=True, gc=False):
    """`data` of account/info: totals, assets, positions.

    In which currency the totals are counted when several coins are held is not documented: read `assets`.
    """

    available: Loose = None
    balance: Loose = None
    can_transfer: Loose = None
    cross_locked: Loose = None
    cross_margin: Loose = None
    cross_profit_unreal: Loose = None
    crossed_maintain_margin: Loose = None
    crossed_maintain_margin_rate: Loose = None
    isolated_locked: Loose = None
    isolated_margin: Loose = None
    profit_unreal: Loose = None
    total_equities: Loose = None
    total_locked: Loose = None
    total_trial_fund_balance: Loose = None
    trial_fund_balance: Loose = None
    assets: list[WireAsset] | None = None
    positions: list[WirePosition] | None = None


class WireOpenOrder(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of openOrder."""

    order_id: Id = None
    symbol_id: Text = None
    side: Text = None
    total_quantity: Loose = None
    type: Text = None
    status: Id = None
    time_in_force: Text = None
    post_only: Flag = None
    reduce_only: Flag = None
    price: Loose = None
    avg_price: Loose = None
    quantity: Loose = None
    total_amount: Loose = None
    trade_amount: Loose = None
    trade_quantity: Loose = None
    leverage: Loose = None
    margin_mode: Text = None
    position_mode: Text = None
    fee_amount: Loose = None
    fee_asset_id: Text = None
    profit: Loose = None
    profit_rate: Loose = None
    remaining_locked: Loose = None
    condition_order_id: Id = None
    tp_sl: Any = None
    ctime: Moment = None
    mtime: Moment = None
    uid: Id = None


class WirePastOrder(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of orderHis. The order id is called `id` here, and `reduceOnly` is 0 or 1."""

    id: Id = None
    symbol_id: Text = None
    side: Text = None
    total_quantity: Loose = None
    order_time: Moment = None
    mtime: Moment = None
    type: Text = None
    status: Id = None
    time_in_force: Text = None
    post_only: Flag = None
    reduce_only: Flag = None
    price: Loose = None
    avg_price: Loose = None
    # As submitted or remaining: not clear. `totalQuantity` and `tradeQuantity` are.
    amount: Loose = None
    quantity: Loose = None
    total_amount: Loose = None
    trade_amount: Loose = None
    trade_quantity: Loose = None
    cancel_amount: Loose = None
    cancel_quantity: Loose = None
    cancel_reason: Id = None
    fee_amount: Loose = None
    fee_asset_id: Text = None
    fee_rate_maker: Loose = None
    fee_rate_taker: Loose = None
    liquidation_fee_rate: Loose = None
    lock_asset_id: Text = None
    locked: Loose = None
    released_lock: Loose = None
    position_id: Id = None
    sl_price: Loose = None
    sl_type: Id = None
    tp_price: Loose = None
    tp_type: Id = None
    source: Id = None
    reverse_order: Flag = None
    condition_order_id: Id = None
    leverage: Loose = None
    margin_mode: Text = None
    position_mode: Text = None
    profit: Loose = None
    uid: Id = None


class WireTrade(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of tradeHis."""

    trade_id: Id = None
    order_id: Id = None
    symbol_id: Text = None
    side: Text = None
    trade_price: Loose = None
    trade_quantity: Loose = None
    trade_time: Moment = None
    position_id: Id = None
    type: Text = None
    leverage: Loose = None
    margin_mode: Text = None
    position_mode: Text = None
    uid: Id = None
    trade_amount: Loose = None
    mark_price: Loose = None
    fee_amount: Loose = None
    fee_asset_id: Text = None
    profit: Loose = None
    liquidity_type: Id = None
    deal_type: Id = None
    trade_type: Id = None
    source: Id = None
    deduct_fee_amount: Loose = None
    deduct_loss_amount: Loose = None


class WireCoin(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of exchangeInfo."""

    coin_symbol: str | None = None
    precious_show: Any = None


class WireExchangeInfo(Wire, frozen=True, kw_only=True, gc=False):
    """`data` of exchangeInfo.

    `symbols` are the rows as they came: the names of their symbol, tick and lot fields are documented nowhere,
    so nothing here guesses them. What is known of a row: `WireContractRules`.
    """

    coins: list[WireCoin] | None = None
    order_types: list[str] | None = None
    time_in_forces: list[str] | None = None
    symbols: list[dict[str, Any]] | None = None


class WireRiskTier(Wire, frozen=True, kw_only=True, gc=False):
    """One tier of `riskLimitConfigs[]`."""

    level: int | str | None = None
    maintain_margin_rate: Loose = None
    max_leverage: Loose = None
    max_position_value: Loose = None
    min_position_value: Loose = None


class WireContractRules(Wire, frozen=True, kw_only=True, gc=False):
    """The documented part of a row of exchangeInfo's `symbols`: `msgspec.convert(row, WireContractRules)`."""

    contract_side: str | None = None
    contract_type: str | None = None
    default_leverage: Loose = None
    default_margin_mode: str | None = None
    risk_limit_configs: list[WireRiskTier] | None = None


class WireDepth(Wire, frozen=True, kw_only=True, gc=False):
    """`data` of depth: levels of price and quantity."""

    asks: list[tuple[Decimal, Decimal]] | None = None
    bids: list[tuple[Decimal, Decimal]] | None = None
    e: str | None = None
    i: Any = None
    s: str | None = None
    last_update_id: Id | None = None


class WireDayTicker(Wire, frozen=True, kw_only=True, gc=False):
    """`data` of ticker/24hr."""

    symbol_id: str
    symbol_name: str | None = None
    symbol_pid: Id | None = None
    open_price: Loose = None
    high_price: Loose = None
    low_price: Loose = None
    close_price: Loose = None
    price_change: Loose = None
    price_change_percentage: Loose = None
    volume: Loose = None
    amount: Loose = None
    open_time: int | str | None = None
    close_time: int | str | None = None


class WirePrice(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """`data` of ticker/price."""

    symbol_id: Text = None
    price: Loose = None
    symbol_name: Text = None
    symbol_pid: Id = None


# https://openapi.bittap.com: stream f_private, event ACCOUNT_UPDATE
class WireBalanceEvent(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of an ACCOUNT_UPDATE: wallet balance, equity, transferable, available, unrealized profits, …"""

    a: str
    wb: Loose = None
    aq: Loose = None
    bc: Loose = None
    aw: Loose = None
    tcp: Loose = None
    tip: Loose = None
    cmm: Loose = None
    cmmr: Loose = None
    tf: Loose = None
    aseq: Id | None = None


class WireBalanceEvents(Wire, frozen=True, kw_only=True, gc=False):
    """The body of an ACCOUNT_UPDATE."""

    balances: list[WireBalanceEvent] = msgspec.field(name="B", default_factory=list[WireBalanceEvent])


class WireStreamEvent(Wire, frozen=True, kw_only=True, gc=False):
    """One event of the private stream: `c` says what kind, `E` when (Unix ms)."""

    e: str
    c: str | None = None
    time: int | None = msgspec.field(name="E", default=None)
    account: WireBalanceEvents | None = msgspec.field(name="a", default=None)


class WireStreamAck(Wire, frozen=True, kw_only=True, gc=False):
    """Answer to a stream request; `topic` lists what failed, `code` is a number here."""

    code: int | str
    msg: str | None = None
    topic: list[str] | None = None
    id: Id | None = None
