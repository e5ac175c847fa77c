"""Bitget v3 rows as they are pushed, where fields have other names than in REST."""

from __future__ import annotations

import msgspec

from futures_async.adapter import Loose, Moment, Text
from futures_async.adapters.bitget_uta import wire


class WireArg(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a subscription is known by. Private pushes never name a symbol."""

    inst_type: str
    topic: str
    symbol: str = ""


class WirePushedPosition(wire.WirePosition, frozen=True, kw_only=True, gc=False):
    """`position`. One that is closed is told once more, with size 0 and most numbers empty."""

    total: Loose = msgspec.field(default=None, name="size")
    position_balance: Loose = msgspec.field(default=None, name="marginSize")
    liquidation_price: Loose = msgspec.field(default=None, name="liqPrice")
    total_funding: Loose = msgspec.field(default=None, name="totalFundingFee")


class WirePushedOrder(wire.WireOrder, frozen=True, kw_only=True, gc=False):
    """`order`: cumulative; the position's side has another name here."""

    pos_side: Text = msgspec.field(default=None, name="holdSide")
    # In small letters here.
    take_profit: Loose = msgspec.field(default=None, name="takeprofit")
    stop_loss: Loose = msgspec.field(default=None, name="stoploss")


class WirePushedFill(wire.WireFill, frozen=True, kw_only=True, gc=False):
    """`fill`."""

    created_time: Moment = msgspec.field(default=None, name="execTime")
    hold_side: Text = None


class WirePushedTotals(wire.Wire, frozen=True, kw_only=True, gc=False):
    """`account`: coins with a balance, absolute values."""

    coin: list[wire.WireAsset] | None = None
    mgn_ratio: Loose = None
