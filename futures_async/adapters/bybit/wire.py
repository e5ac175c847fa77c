"""Payloads of Bybit's v5 interface, field for field as the venue sends them.

Numbers and times come as text, "" and "0" both stand for what is not set. Rows keep what came, and `mapping.py` and
`orders.py` judge it: words (`Text`), numbers (`Loose`), ids (`Id`), Unix milliseconds (`Moment`).

https://bybit-exchange.github.io/docs/v5/intro
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text, TypedRow

R = TypeVar("R")


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


class Shown(TypedRow, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of rows that callers get as they are."""


class WireVerdict(Wire, frozen=True, kw_only=True, gc=False):
    """What became of one item of a batch: it stands in `retExtInfo`, at the item's place."""

    code: Id = None
    msg: Text = None


class WireAside(msgspec.Struct, frozen=True, gc=False):
    """What `retExtInfo` holds: verdicts, in batches."""

    verdicts: list[WireVerdict] | None = msgspec.field(default=None, name="list")


class Timed(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A payload that is handed on with what stands beside it in its envelope."""

    time: Moment = None
    verdicts: tuple[WireVerdict, ...] | None = None


class WireRows(Timed, Generic[R], frozen=True, kw_only=True, gc=False):
    """A list in its wrapping. The cursor is percent-encoded already, and there on the last page too."""

    rows: list[R] | None = msgspec.field(name="list")
    next_page_cursor: str | None = None
    category: Text = None
    success: Text = None


class WireReasons(msgspec.Struct, frozen=True, gc=False):
    """Why the margin mode was not changed: all reasons at once."""

    reasons: list[dict[str, Any]] | None = None


# Account


class WireCoin(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the wallet; those of zero balance are left out."""

    coin: Text = None
    equity: Loose = None
    usd_value: Loose = None
    wallet_balance: Loose = None
    locked: Loose = None
    spot_hedging_qty: Loose = None
    borrow_amount: Loose = None
    accrued_interest: Loose = None
    order_im: Loose = msgspec.field(default=None, name="totalOrderIM")
    position_im: Loose = msgspec.field(default=None, name="totalPositionIM")
    position_mm: Loose = msgspec.field(default=None, name="totalPositionMM")
    unrealised_pnl: Loose = None
    cum_realised_pnl: Loose = None
    bonus: Loose = None
    margin_collateral: Any = None
    collateral_switch: Any = None
    spot_borrow: Loose = None


class WireWallet(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The whole account, in USD; the figures are void in isolated margin."""

    account_type: Text = None
    im_rate: Loose = msgspec.field(default=None, name="accountIMRate")
    mm_rate: Loose = msgspec.field(default=None, name="accountMMRate")
    total_equity: Loose = None
    total_wallet_balance: Loose = None
    total_margin_balance: Loose = None
    total_available_balance: Loose = None
    perp_upl: Loose = msgspec.field(default=None, name="totalPerpUPL")
    total_initial_margin: Loose = None
    total_maintenance_margin: Loose = None
    coin: list[WireCoin] | None = None


class WireInfo(Wire, frozen=True, kw_only=True, gc=False):
    """Margin mode and generation of the account."""

    margin_mode: Text = None
    updated_time: Moment = None
    unified_margin_status: Id = None
    dcp_status: Text = None
    time_window: Id = None
    smp_group: Id = None
    is_master_trader: Any = None
    spot_hedging_status: Text = None


class WireKey(Shown, frozen=True, kw_only=True, gc=False):
    """Whose key this is, and what it may do."""

    id: str | None = None
    note: str | None = None
    read_only: int | None = None
    permissions: dict[str, list[str]] | None = None
    ips: list[str] | None = None
    type: int | None = None
    deadline_day: int | None = None
    expired_at: str | None = None
    created_at: str | None = None
    unified: int | None = None
    uta: int | None = None
    user_id: int | str | None = msgspec.field(default=None, name="userID")
    inviter_id: int | str | None = msgspec.field(default=None, name="inviterID")
    vip_level: str | None = None
    mkt_maker_level: str | None = None
    affiliate_id: int | str | None = msgspec.field(default=None, name="affiliateID")
    rsa_public_key: str | None = None
    is_master: bool | None = None
    parent_uid: str | None = None


class WireDisconnect(Shown, frozen=True, kw_only=True, gc=False):
    """After how many seconds without a connection a product's orders are cancelled."""

    product: str
    dcp_status: str | None = None
    time_window: int | None = None


class WireDisconnects(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Of the products for which it is switched on."""

    dcp_infos: list[WireDisconnect] | None = None


class WireFeeRate(Shown, frozen=True, kw_only=True, gc=False):
    """What this account pays for one contract, as fractions."""

    symbol: str
    maker_fee_rate: Loose = None
    taker_fee_rate: Loose = None


class WireRecord(Wire, frozen=True, kw_only=True, gc=False):
    """One row of the transaction log. `fee` is positive when paid, `funding` when received."""

    id: Id = None
    symbol: Text = None
    category: Text = None
    side: Text = None
    transaction_time: Moment = None
    type: Text = None
    trans_sub_type: Text = None
    qty: Loose = None
    size: Loose = None
    currency: Text = None
    trade_price: Loose = None
    funding: Loose = None
    fee: Loose = None
    cash_flow: Loose = None
    change: Loose = None
    cash_balance: Loose = None
    fee_rate: Loose = None
    bonus_change: Loose = None
    trade_id: Id = None
    order_id: Id = None
    order_link_id: Text = None
    extra_fees: Any = None


# Positions


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """A position, also an empty one where its contract was named. Pushes call its entry price `entryPrice`."""

    position_idx: Id = None
    risk_id: Id = None
    risk_limit_value: Loose = None
    symbol: Text = None
    side: Text = None
    size: Loose = None
    avg_price: Loose = None
    entry_price: Loose = None
    position_value: Loose = None
    trade_mode: Id = None
    auto_add_margin: Any = None
    position_status: Text = None
    leverage: Loose = None
    mark_price: Loose = None
    liq_price: Loose = None
    bust_price: Loose = None
    break_even_price: Loose = None
    position_im: Loose = msgspec.field(default=None, name="positionIM")
    position_im_by_mp: Loose = msgspec.field(default=None, name="positionIMByMp")
    position_mm: Loose = msgspec.field(default=None, name="positionMM")
    position_mm_by_mp: Loose = msgspec.field(default=None, name="positionMMByMp")
    position_balance: Loose = None
    take_profit: Loose = None
    stop_loss: Loose = None
    trailing_stop: Loose = None
    session_avg_price: Loose = None
    unrealised_pnl: Loose = None
    cur_realised_pnl: Loose = None
    cum_realised_pnl: Loose = None
    adl_rank_indicator: Id = None
    created_time: Moment = None
    updated_time: Moment = None
    open_time: Moment = None
    seq: Id = None
    is_reduce_only: Any = None
    mmr_sys_updated_time: Moment = None
    leverage_sys_updated_time: Moment = None
    tpsl_mode: Text = None
    category: Text = None


class WireClosed(Wire, frozen=True, kw_only=True, gc=False):
    """What one closing order has closed; `side` is that order's."""

    symbol: Text = None
    order_id: Id = None
    side: Text = None
    qty: Loose = None
    order_price: Loose = None
    order_type: Text = None
    exec_type: Text = None
    closed_size: Loose = None
    cum_entry_value: Loose = None
    avg_entry_price: Loose = None
    cum_exit_value: Loose = None
    avg_exit_price: Loose = None
    closed_pnl: Loose = None
    fill_count: Id = None
    leverage: Loose = None
    open_fee: Loose = None
    close_fee: Loose = None
    created_time: Moment = None
    updated_time: Moment = None


# Orders


class WireIds(Wire, frozen=True, kw_only=True, gc=False):
    """An acknowledgement."""

    category: Text = None
    symbol: Text = None
    order_id: Id = None
    order_link_id: Text = None
    create_at: Moment = None


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """An order, plain, waiting or past."""

    order_id: Id = None
    order_link_id: Text = None
    parent_order_link_id: Text = None
    block_trade_id: Text = None
    symbol: Text = None
    price: Loose = None
    qty: Loose = None
    side: Text = None
    is_leverage: Any = None
    position_idx: Id = None
    order_status: Text = None
    create_type: Text = None
    cancel_type: Text = None
    reject_reason: Text = None
    avg_price: Loose = None
    leaves_qty: Loose = None
    leaves_value: Loose = None
    cum_exec_qty: Loose = None
    cum_exec_value: Loose = None
    cum_exec_fee: Loose = None
    cum_fee_detail: Any = None
    time_in_force: Text = None
    order_type: Text = None
    stop_order_type: Text = None
    order_iv: Loose = None
    trigger_price: Loose = None
    take_profit: Loose = None
    stop_loss: Loose = None
    tp_trigger_by: Text = None
    sl_trigger_by: Text = None
    trigger_direction: Id = None
    trigger_by: Text = None
    last_price_on_created: Loose = None
    reduce_only: Any = None
    close_on_trigger: Any = None
    smp_type: Text = None
    smp_group: Id = None
    smp_order_id: Text = None
    tpsl_mode: Text = None
    tp_limit_price: Loose = None
    sl_limit_price: Loose = None
    place_type: Text = None
    created_time: Moment = None
    updated_time: Moment = None
    category: Text = None
    closed_pnl: Loose = None
    fee_currency: Text = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """An execution; funding and other events that are no trades stand among them."""

    symbol: Text = None
    order_type: Text = None
    order_link_id: Text = None
    side: Text = None
    order_id: Id = None
    stop_order_type: Text = None
    leaves_qty: Loose = None
    exec_time: Moment = None
    fee_currency: Text = None
    is_maker: Any = None
    exec_fee: Loose = None
    fee_rate: Loose = None
    exec_id: Id = None
    block_trade_id: Text = None
    mark_price: Loose = None
    exec_price: Loose = None
    order_qty: Loose = None
    order_price: Loose = None
    exec_value: Loose = None
    exec_type: Text = None
    exec_qty: Loose = None
    closed_size: Loose = None
    create_type: Text = None
    extra_fees: Any = None
    seq: Id = None
    category: Text = None
    exec_pnl: Loose = None
