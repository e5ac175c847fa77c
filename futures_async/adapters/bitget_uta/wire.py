"""Payloads of Bitget's v3 interface, field for field as the venue sends them.

Numbers and times come as text, and any field may be missing, null or empty, interchangeably. Rows keep what came, and
`mapping.py` and `orders.py` judge it: words (`Text`), numbers (`Loose`), ids (`Id`), Unix milliseconds (`Moment`). A
field with another type is one that the venue promises.

https://www.bitget.com/api-doc/uta/intro
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text, TypedRow

R = TypeVar("R")


class WireRows(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """A list in its wrapping: null when there is nothing, beside a cursor where the list is paged."""

    rows: list[R] | None = msgspec.field(name="list")
    cursor: str | int | None = None
    """Text; of strategy orders a number."""

    @property
    def following(self) -> str | None:
        """Where the next page starts."""
        return None if self.cursor is None else str(self.cursor)


class Wire(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base: the venue's names in camel case."""


class Shown(TypedRow, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of rows that callers get as they are."""


# Account


class WireAsset(Wire, frozen=True, kw_only=True, gc=False):
    """One coin of the account. Coins without balance are left out by the venue."""

    coin: Text = None
    equity: Loose = None
    balance: Loose = None
    available: Loose = None
    usd_value: Loose = None
    debt: Loose = None
    locked: Loose = None
    bonus: Loose = None
    position_value: Loose = None
    leverage: Loose = None


class WireAssets(Wire, frozen=True, kw_only=True, gc=False):
    """The whole account; `imr` and `mmr` are USD amounts here, not rates."""

    account_equity: Loose = None
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


class WireSymbolConfig(Wire, frozen=True, kw_only=True, gc=False):
    """What is set for one symbol. The table says that `leverage` is an array; it comes as text."""

    category: Text = None
    symbol: Text = None
    margin_mode: Text = None
    leverage: Any = None


class WireSettings(Wire, frozen=True, kw_only=True, gc=False):
    """Modes of the account, and of the symbols that were ever configured."""

    hold_mode: Text = None
    uid: Text = None
    account_mode: Text = None
    asset_mode: Text = None
    account_level: Text = None
    stp_mode: Text = None
    symbol_config_list: list[WireSymbolConfig] | None = None


class WireWhole(Wire, frozen=True, kw_only=True, gc=False):
    """What each coin's row lacks: of the whole account's assets and of its settings."""

    mgn_ratio: Loose = None
    hold_mode: Text = None
    account_level: Text = None


class WireInfo(Shown, frozen=True, kw_only=True, gc=False):
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


class WireRecord(Wire, frozen=True, kw_only=True, gc=False):
    """One row of the ledger. `fee` is negative when charged."""

    id: Id = None
    coin: Text = None
    type: Text = None
    amount: Loose = None
    ts: Moment = None
    category: Text = None
    symbol: Text = None
    fee: Loose = None
    balance: Loose = None
    position_type: Text = None
    position_amount: Loose = None
    position_balance: Loose = None


class WireFeeRate(Shown, frozen=True, kw_only=True, gc=False):
    """What this account pays, as fractions."""

    maker_fee_rate: Decimal
    taker_fee_rate: Decimal


class WireOpenLimit(Shown, frozen=True, kw_only=True, gc=False):
    """Limits on open interest of one symbol."""

    single_user_limit: Loose = None
    master_sub_limit: Loose = None
    market_maker_limit: Loose = None


class WireMaxOpen(Shown, frozen=True, kw_only=True, gc=False):
    """How much can be opened: `available` and costs in quote coin, `max…Open` in base coin."""

    available: Loose = None
    max_open: Loose = None
    buy_open_cost: Loose = None
    sell_open_cost: Loose = None
    max_buy_open: Loose = None
    max_sell_open: Loose = None


# Positions


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One position. `mmr` is a rate here; fees and funding are negative when paid."""

    category: Text = None
    symbol: Text = None
    margin_coin: Text = None
    hold_mode: Text = None
    pos_side: Text = None
    margin_mode: Text = None
    position_balance: Loose = None
    available: Loose = None
    frozen: Loose = None
    total: Loose = None
    leverage: Loose = None
    cur_realised_pnl: Loose = None
    avg_price: Loose = None
    position_status: Text = None
    unrealised_pnl: Loose = None
    liquidation_price: Loose = None
    mmr: Loose = None
    profit_rate: Loose = None
    mark_price: Loose = None
    break_even_price: Loose = None
    total_funding: Loose = None
    open_fee_total: Loose = None
    close_fee_total: Loose = None
    created_time: Moment = None
    updated_time: Moment = None
    cash_dividend: Loose = None


class WirePastPosition(Wire, frozen=True, kw_only=True, gc=False):
    """One closed position. `netProfit` is after fees and funding, `cumRealisedPnl` before."""

    position_id: Id = None
    symbol: Text = None
    pos_side: Text = None
    category: Text = None
    margin_coin: Text = None
    hold_mode: Text = None
    margin_mode: Text = None
    open_price_avg: Loose = None
    close_price_avg: Loose = None
    open_total_pos: Loose = None
    close_total_pos: Loose = None
    cum_realised_pnl: Loose = None
    net_profit: Loose = None
    total_funding: Loose = None
    open_fee_total: Loose = None
    close_fee_total: Loose = None
    created_time: Moment = None
    updated_time: Moment = None
    cash_dividend: Loose = None


class WireAdlRank(Shown, frozen=True, kw_only=True, gc=False):
    """How soon a position is reduced: near 1 is first. The side has its v2 name here."""

    symbol: str
    adl_rank: Decimal
    hold_side: str
    margin_coin: str | None = None


class WireTier(Wire, frozen=True, kw_only=True, gc=False):
    """One risk tier; values in quote coin, `leverage` is the highest, `mmr` a rate; the symbol is not named."""

    tier: Loose = None
    min_tier_value: Loose = None
    max_tier_value: Loose = None
    leverage: Loose = None
    mmr: Loose = None


class WireNamed(Wire, frozen=True, kw_only=True, gc=False):
    """What a tier's row lacks: its contract."""

    symbol: Text = None


# Orders


class WireIds(Wire, frozen=True, kw_only=True, gc=False):
    """What placing, changing, cancelling answers; in a list, a failed item has a code."""

    order_id: str | int | None = None
    client_oid: str | None = None
    code: str | int | None = None
    msg: str | None = None


class WireFee(Wire, frozen=True, kw_only=True, gc=False):
    """Fees in one coin, positive when paid; empty before the first fill."""

    fee_coin: Text = None
    fee: Loose = None


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One order. Lists leave some fields out; leverage and margin mode come in pushes only, as documented."""

    order_id: Id = None
    client_oid: Id = None
    category: Text = None
    symbol: Text = None
    order_type: Text = None
    side: Text = None
    price: Loose = None
    qty: Loose = None
    amount: Loose = None
    cum_exec_qty: Loose = None
    cum_exec_value: Loose = None
    avg_price: Loose = None
    time_in_force: Text = None
    order_status: Text = None
    pos_side: Text = None
    hold_mode: Text = None
    reduce_only: Text = None
    fee_detail: list[WireFee] | None = None
    created_time: Moment = None
    updated_time: Moment = None
    cancel_reason: Text = None
    exec_type: Text = None
    stp_mode: Text = None
    trade_side: Text = None
    margin_mode: Text = None
    leverage: Loose = None
    delegate_type: Text = None
    tp_trigger_by: Text = None
    sl_trigger_by: Text = None
    take_profit: Loose = None
    stop_loss: Loose = None
    tp_order_type: Text = None
    sl_order_type: Text = None
    tp_limit_price: Loose = None
    sl_limit_price: Loose = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution. `execLinkId` pairs the two sides of a match, so it is no key."""

    exec_id: Id = None
    exec_link_id: Id = None
    order_id: Id = None
    client_oid: Id = None
    category: Text = None
    symbol: Text = None
    order_type: Text = None
    side: Text = None
    exec_price: Loose = None
    exec_qty: Loose = None
    exec_value: Loose = None
    trade_scope: Text = None
    trade_side: Text = None
    fee_detail: list[WireFee] | None = None
    created_time: Moment = None
    updated_time: Moment = None
    exec_pnl: Loose = None


# Strategy orders


class WireStrategy(Wire, frozen=True, kw_only=True, gc=False):
    """One order that waits. Lists are documented without `side`, `reduceOnly` and `type`, which pushes have.

    A leg counts by its price: its words read `market` also where it is not set. Both legs are one order.
    """

    order_id: Id = None
    client_oid: Id = None
    category: Text = None
    symbol: Text = None
    qty: Loose = None
    side: Text = None
    pos_side: Text = None
    reduce_only: Text = None
    type: Text = None
    status: Text = None
    trigger_type: Text = None
    take_profit: Loose = None
    stop_loss: Loose = None
    tp_trigger_by: Text = None
    sl_trigger_by: Text = None
    tp_order_type: Text = None
    sl_order_type: Text = None
    tp_limit_price: Loose = None
    sl_limit_price: Loose = None
    trigger_by: Text = None
    trigger_price: Loose = None
    trigger_order_type: Text = None
    trigger_order_price: Loose = None
    trailing_stop_params: Any = None
    """A list of one object with one client, the bare object with another."""
    created_time: Moment = None
    updated_time: Moment = None


class WireBeside(Wire, frozen=True, kw_only=True, gc=False):
    """What a strategy order's row leaves out: what was asked for, and what is known of the order."""

    type: Text = None
    status: Text = None
    side: Text = None
    reduce_only: Text = None
    hold_mode: Text = None


class WireSubOrder(Shown, frozen=True, kw_only=True, gc=False):
    """A regular order that a strategy order has become."""

    sub_order_id: str
    symbol: str
    sub_client_oid: str | None = None
    category: str | None = None
    price: Loose = None
    qty: Loose = None
    cum_exec_qty: Loose = None
    avg_price: Loose = None
    side: str | None = None
    pos_side: str | None = None
    status: str | None = None
    created_time: int | str | None = None
    updated_time: int | str | None = None
