"""Bitget v2 rows as they are pushed, where fields have other names than in REST."""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Text
from futures_async.adapters.bitget.wire import Wire, WireAccount
from futures_async.adapters.bitget.wire_orders import WireOrder


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


class WirePushedOrder(WireOrder, frozen=True, kw_only=True, gc=False):
    """`orders`. `baseVolume` is of this fill, and `accBaseVolume` of the order."""

    symbol: Text = msgspec.field(default=None, name="instId")
    base_volume: Loose = msgspec.field(default=None, name="accBaseVolume")
    this_volume: Loose = msgspec.field(default=None, name="baseVolume")
    trade_id: Id = None
    fill_price: Loose = None
    fill_fee: Loose = None
    fill_fee_coin: Text = None
    fill_time: Loose = None
    trade_scope: Text = None


class WirePushedAccount(WireAccount, frozen=True, kw_only=True, gc=False):
    """`account`: one margin coin, absolute values, no time."""

    locked: Loose = msgspec.field(default=None, name="frozen")
    account_equity: Loose = msgspec.field(default=None, name="equity")
