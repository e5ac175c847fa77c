"""Payloads of the v1 dialect, field for field as its documents show them.

Numbers are text and times are JSON integers there; rows that `mapping.py` reads keep whatever comes.
"""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of the payloads below."""


class WireAccount(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """`account/info`: the account in one margin coin."""

    margin_coin: Text = None
    available: Loose = None
    account_type: Text = None
    total: Loose = None
    unrealized_pnl: Loose = None
    margin_mode: Text = None
    risk_level: Text = None
    maintenance_margin_rate: Loose = None
    margin_balance: Loose = None
    initial_margin_rate: Loose = None


class WirePosition(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of `position/allPosition`."""

    symbol: Text = None
    position_side: Text = None
    hold_position: Loose = None
    open_price: Loose = None
    mark_price: Loose = None
    unrealized_pnl: Loose = None
    leverage: Loose = None
    margin_mode: Text = None
    isolated_margin: Loose = None
    position_margin: Loose = None
    maintain_margin: Loose = None
    margin_rate: Loose = None
    liquidation_price: Loose = None
    create_time: Moment = None
    update_time: Moment = None


class WireBill(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of `account/bills`."""

    id: Id = None
    type: Text = None
    amount: Loose = None
    create_time: Moment = None
    symbol: Text = None
    fee: Loose = None
    info: Text = None


class WireRiskTier(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of `account/riskLimit`; the two margins are rates."""

    risk_limit: Loose = None
    max_position_size: Loose = None
    maintain_margin: Loose = None
    initial_margin: Loose = None
    max_leverage: Loose = None


class WireRiskSetting(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `account/setPositionRiskLimit`: what stands now."""

    symbol: str
    risk_limit: Loose = None
    max_position_size: Loose = None


class WireMarginSetting(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `account/setMarginMode`: what stands now."""

    margin_coin: str
    margin_mode: str


class WireModeSetting(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `account/setPositionMode`: what stands now."""

    symbol: str
    position_mode: str


class WireLeverage(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `position/leverage`: what stands now."""

    symbol: str
    leverage: Loose = None
    margin_mode: str | None = None


class WireOrder(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One order: the answer of `placeOrder` (without fills and `updateTime`), `detail`, rows of the lists."""

    order_id: Id = None
    symbol: Text = None
    side: Text = None
    size: Loose = None
    order_type: Text = None
    price: Loose = None
    filled_size: Loose = None
    avg_price: Loose = None
    leverage: Loose = None
    margin_mode: Text = None
    status: Text = None
    create_time: Moment = None
    update_time: Moment = None


class WireOrderRef(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `cancel` and `position/close`, one row of `batchOrders`."""

    order_id: Id = None
    symbol: str | None = None
    status: str | None = None


class WireCancelled(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `cancelAll`."""

    success: bool | None = None
    cancelled_orders: list[Id] | None = None


class WireFill(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One row of `order/fills`."""

    trade_id: Id = None
    order_id: Id = None
    symbol: Text = None
    side: Text = None
    price: Loose = None
    size: Loose = None
    create_time: Moment = None
    fee: Loose = None
    fee_currency: Text = None
    role: Text = None
