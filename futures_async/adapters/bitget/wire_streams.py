"""Bitget v2 rows as they are pushed, where fields have other names than in REST."""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Text
from futures_async.adapters.bitget.wire import Wire, WireAccount
from futures_async.adapters.bitget.wire_orders import WireFeeDetail


class WireArg(Wire, frozen=True, kw_only=True, gc=False):
    """What a subscription is known by; acknowledgements and pushes repeat it, its keys in any order."""

    inst_type: str
    channel: str
    inst_id: str = ""
    coin: str = ""


class WirePushedPosition(Wire, frozen=True, kw_only=True, gc=False):
    """`positions`. `posId` and `cTime` are the slot's and outlive the position.

    In the order that the venue sends them in, which takes a fifth off decoding: all positions come with each push.
    """

    symbol: Text = msgspec.field(default=None, name="instId")
    margin_coin: Text = None
    margin_size: Loose = None
    margin_mode: Text = None
    hold_side: Text = None
    pos_mode: Text = None
    total: Loose = None
    available: Loose = None
    locked: Loose = msgspec.field(default=None, name="frozen")
    """The size in closing orders, whatever the page says."""
    open_price_avg: Loose = None
    leverage: Loose = None
    achieved_profits: Loose = None
    unrealized_pl: Loose = msgspec.field(default=None, name="unrealizedPL")
    liquidation_price: Loose = None
    keep_margin_rate: Loose = None
    margin_ratio: Loose = msgspec.field(default=None, name="marginRate")
    c_time: Moment = None
    break_even_price: Loose = None
    total_fee: Loose = None
    deducted_fee: Loose = None
    mark_price: Loose = None
    u_time: Moment = None
    asset_mode: Text = None
    auto_margin: Text = None
    take_profit: Loose = None
    stop_loss: Loose = None
    cash_dividend: Loose = None
    """Of contracts on stocks, USDT."""


class WirePushedOrder(Wire, frozen=True, kw_only=True, gc=False):
    """`orders`. `baseVolume` is of this fill, and `accBaseVolume` of the order.

    In the order that the venue sends them in, by the hashes of their names, which takes a third off decoding.
    """

    leverage: Loose = None
    order_type: Text = None
    preset_stop_loss_type: Text = None
    trade_side: Text = None
    order_id: Id = None
    preset_stop_surplus_execute_price: Loose = None
    fee_detail: list[WireFeeDetail] | str | None = None
    """Text in an incident on record."""
    c_time: Moment = None
    pos_mode: Text = None
    margin_mode: Text = None
    preset_stop_loss_execute_price: Loose = None
    trade_scope: Text = None
    fill_fee: Loose = None
    price_avg: Loose = None
    pos_side: Text = None
    price: Loose = None
    enter_point_source: Text = None
    this_volume: Loose = msgspec.field(default=None, name="baseVolume")
    cancel_reason: Text = None
    base_volume: Loose = msgspec.field(default=None, name="accBaseVolume")
    stp_mode: Text = None
    side: Text = None
    """In hedge mode the position's direction, not the trade's."""
    total_profits: Loose = None
    margin_coin: Text = None
    notional_usd: Loose = None
    fill_fee_coin: Text = None
    fill_price: Loose = None
    pnl: Loose = None
    fill_notional_usd: Loose = None
    symbol: Text = msgspec.field(default=None, name="instId")
    preset_stop_surplus_price: Loose = None
    size: Loose = None
    reduce_only: Text = None
    preset_stop_loss_price: Loose = None
    force: Text = None
    u_time: Moment = None
    fill_time: Loose = None
    preset_stop_surplus_type: Text = None
    client_oid: Id = None
    trade_id: Id = None
    status: Text = None
    # As REST may spell them.
    state: Text = None
    client_oid_too: Id = msgspec.field(default=None, name="clientOId")
    """One of the vendor's samples spells it so."""


class WirePushedAccount(WireAccount, frozen=True, kw_only=True, gc=False):
    """`account`: one margin coin, absolute values, no time."""

    locked: Loose = msgspec.field(default=None, name="frozen")
    account_equity: Loose = msgspec.field(default=None, name="equity")
