"""BitMart's rows as they are pushed, where fields have other names than in REST."""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text
from futures_async.adapters.bitmart.wire import WireOrder, WirePosition


class WirePushedPosition(WirePosition, frozen=True, kw_only=True, gc=False):
    """`futures/position`. A closed one is told once more, with a volume of 0."""

    current_amount: Loose = msgspec.field(default=None, name="hold_volume")
    entry_price: Loose = msgspec.field(default=None, name="hold_avg_price")
    close_vol: Loose = msgspec.field(default=None, name="close_volume")
    liquidation_price: Loose = msgspec.field(default=None, name="liquidate_price")
    open_timestamp: Moment = msgspec.field(default=None, name="create_time")
    frozen_volume: Loose = None
    """Contracts in closing orders."""


class WireLastTrade(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The latest execution of an order; it stays in what is pushed of the order later."""

    last_trade_id: Id = msgspec.field(default=None, name="lastTradeID")
    fill_qty: Loose = None
    """Contracts."""
    fill_price: Loose = None
    fee: Loose = None
    """Negative is paid."""
    fee_ccy: Text = None


class WirePushedOrder(WireOrder, frozen=True, kw_only=True, gc=False):
    """The order of a `futures/order` row. "-" stands for what it has not."""

    plan_order_id: Id = None
    last_trade: WireLastTrade | None = None
    trigger_price_type: Id = None


class WireOrderEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of `futures/order`: an order, and what happened to it."""

    order: WirePushedOrder
    action: Id = None
