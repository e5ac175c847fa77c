"""BitTap's payloads, field for field.

Money is documented as text, but null and JSON numbers occur; such fields are `Loose` and judged in `mapping.py`.
Only what a row cannot do without has no default: the venue sends null where its table says STRING.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from futures_async.adapter import Loose

Id = str | int
"""Ids are 18 to 19 digits, beyond 2^53: text on the wire, exact integers should they ever come as numbers."""
Flag = bool | int | str | None
"""`reduceOnly` is a bool in one answer and 0 or 1 in another."""


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of the payloads below."""


class WireAsset(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `data.assets[]`: the account in one margin coin."""

    coin: str
    available: Decimal
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


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One open position, of account/info (market-dependent fields null) or of openPosition (filled in)."""

    symbol_id: str
    side: str
    quantity: Decimal
    avg_entry_price: Loose = None
    bkr_fee: Loose = None
    closed_fee: Loose = None
    ctime: int | str | None = None
    deduct_fee_amount: Loose = None
    deduct_funding_amount: Loose = None
    deduct_loss_amount: Loose = None
    entry_value: Loose = None
    fee_amount: Loose = None
    fee_asset_id: str | None = None
    frozen_fee: Loose = None
    fund_amount: Loose = None
    last_price: Loose = None
    last_update_time: int | str | None = None
    leverage: Loose = None
    liquid_price: Loose = None
    maintain_margin: Loose = None
    margin: Loose = None
    margin_mode: str | None = None
    margin_rate: Loose = None
    mark_price: Loose = None
    other_closed_fee: Loose = None
    other_maintain_margin: Loose = None
    pnl: Loose = None
    pos_tp_sl_size: int | str | None = None
    position_id: Id | None = None
    position_mode: str | None = None
    profit_unreal: Loose = None
    profit_unreal_rate: Loose = None
    realized_pnl: Loose = None
    # Documented as STRING; null or an object, and a list, are what comes. What is inside is not documented.
    tp_sl: Any = None
    tp_sl_orders: Any = None
    tp_sl_size: int | str | None = None
    uid: Id | None = None


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


class WireOpenOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One row of openOrder."""

    order_id: Id
    symbol_id: str
    side: str
    total_quantity: Decimal
    type: str | None = None
    status: str | int | None = None
    time_in_force: str | None = None
    post_only: Flag = None
    reduce_only: Flag = None
    price: Loose = None
    avg_price: Loose = None
    quantity: Loose = None
    total_amount: Loose = None
    trade_amount: Loose = None
    trade_quantity: Loose = None
    leverage: Loose = None
    margin_mode: str | None = None
    position_mode: str | None = None
    fee_amount: Loose = None
    fee_asset_id: str | None = None
    profit: Loose = None
    profit_rate: Loose = None
    remaining_locked: Loose = None
    condition_order_id: Id | None = None
    tp_sl: Any = None
    ctime: int | str | None = None
    mtime: int | str | None = None
    uid: Id | None = None


class WirePastOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One row of orderHis. The order id is called `id` here, and `reduceOnly` is 0 or 1."""

    id: Id
    symbol_id: str
    side: str
    total_quantity: Decimal
    order_time: int | str | None = None
    mtime: int | str | None = None
    type: str | None = None
    status: str | int | None = None
    time_in_force: str | None = None
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
    cancel_reason: int | str | None = None
    fee_amount: Loose = None
    fee_asset_id: str | None = None
    fee_rate_maker: Loose = None
    fee_rate_taker: Loose = None
    liquidation_fee_rate: Loose = None
    lock_asset_id: str | None = None
    locked: Loose = None
    released_lock: Loose = None
    position_id: Id | None = None
    sl_price: Loose = None
    sl_type: str | int | None = None
    tp_price: Loose = None
    tp_type: str | int | None = None
    source: int | str | None = None
    reverse_order: Flag = None
    condition_order_id: Id | None = None
    leverage: Loose = None
    margin_mode: str | None = None
    position_mode: str | None = None
    profit: Loose = None
    uid: Id | None = None


class WireTrade(Wire, frozen=True, kw_only=True, gc=False):
    """One row of tradeHis."""

    trade_id: Id
    order_id: Id
    symbol_id: str
    side: str
    trade_price: Decimal
    trade_quantity: Decimal
    trade_time: int
    position_id: Id | None = None
    type: str | None = None
    leverage: Loose = None
    margin_mode: str | None = None
    position_mode: str | None = None
    uid: Id | None = None
    trade_amount: Loose = None
    mark_price: Loose = None
    fee_amount: Loose = None
    fee_asset_id: str | None = None
    profit: Loose = None
    liquidity_type: int | str | None = None
    deal_type: int | str | None = None
    trade_type: int | str | None = None
    source: int | str | None = None
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


class WirePrice(Wire, frozen=True, kw_only=True, gc=False):
    """`data` of ticker/price."""

    symbol_id: str
    price: Decimal
    symbol_name: str | None = None
    symbol_pid: Id | None = None


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
