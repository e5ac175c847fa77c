"""Bitget v3 rows as they are pushed, where fields have other names than in REST."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.adapter import Loose
from futures_async.adapters.bitget_uta import wire


class WireArg(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a subscription is known by. Private pushes never name a symbol."""

    inst_type: str
    topic: str
    symbol: str = ""


class WirePushedPosition(wire.WirePosition, frozen=True, kw_only=True, gc=False):
    """`position`. One that is closed is told once more, with size 0 and most numbers empty."""

    total: Decimal = msgspec.field(name="size")
    position_balance: Loose = msgspec.field(default=None, name="marginSize")
    liquidation_price: Loose = msgspec.field(default=None, name="liqPrice")
    total_funding: Loose = msgspec.field(default=None, name="totalFundingFee")


class WirePushedOrder(wire.WireOrder, frozen=True, kw_only=True, gc=False):
    """`order`: cumulative; the position's side has another name here."""

    pos_side: str | None = msgspec.field(default=None, name="holdSide")
    # In small letters here.
    take_profit: Loose = msgspec.field(default=None, name="takeprofit")
    stop_loss: Loose = msgspec.field(default=None, name="stoploss")


class WirePushedFill(wire.WireFill, frozen=True, kw_only=True, gc=False):
    """`fill`."""

    created_time: int = msgspec.field(name="execTime")
    hold_side: str | None = None


class WirePushedTotals(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """`account`: coins with a balance, absolute values."""

    coin: list[wire.WireAsset] | None = None
    mgn_ratio: Loose = None


class WirePushedTicker(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """`ticker`: contract and time are in the frame around it."""

    last_price: Decimal
    ask1_price: Loose = None
    bid1_price: Loose = None
    mark_price: Loose = None
    index_price: Loose = None
    funding_rate: Loose = None
