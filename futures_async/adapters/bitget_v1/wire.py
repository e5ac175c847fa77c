"""Payloads of the v1 dialect, field for field as its documents show them.

Numbers are text and times are JSON integers there; fields that a mapping can do without are lax about both.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from futures_async.adapter import Loose

Id = str | int
"""Ids are text; exact integers should they ever come as numbers."""
Time = int | str | None


class Wire(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of the payloads below."""


class WireAccount(Wire, frozen=True, kw_only=True, gc=False):
    """`account/info`: the account in one margin coin."""

    margin_coin: str
    available: Decimal
    account_type: str | None = None
    total: Loose = None
    unrealized_pnl: Loose = None
    margin_mode: str | None = None
    risk_level: str | None = None
    maintenance_margin_rate: Loose = None
    margin_balance: Loose = None
    initial_margin_rate: Loose = None


class WirePosition(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `position/allPosition`."""

    symbol: str
    position_side: str
    hold_position: Decimal
    open_price: Loose = None
    mark_price: Loose = None
    unrealized_pnl: Loose = None
    leverage: Loose = None
    margin_mode: str | None = None
    isolated_margin: Loose = None
    position_margin: Loose = None
    maintain_margin: Loose = None
    margin_rate: Loose = None
    liquidation_price: Loose = None
    create_time: Time = None
    update_time: Time = None


class WireBill(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `account/bills`."""

    id: Id
    type: str
    amount: Decimal
    create_time: int
    symbol: str | None = None
    fee: Loose = None
    info: str | None = None


class WireRiskTier(Wire, frozen=True, kw_only=True, gc=False):
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


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """One order: the answer of `placeOrder` (without fills and `updateTime`), `detail`, rows of the lists."""

    order_id: Id
    symbol: str
    side: str
    size: Decimal
    order_type: str | None = None
    price: Loose = None
    filled_size: Loose = None
    avg_price: Loose = None
    leverage: Loose = None
    margin_mode: str | None = None
    status: str | None = None
    create_time: Time = None
    update_time: Time = None


class WireOrderRef(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `cancel` and `position/close`, one row of `batchOrders`."""

    order_id: Id | None = None
    symbol: str | None = None
    status: str | None = None


class WireCancelled(Wire, frozen=True, kw_only=True, gc=False):
    """Answer of `cancelAll`."""

    success: bool | None = None
    cancelled_orders: list[Id] | None = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One row of `order/fills`."""

    trade_id: Id
    order_id: Id
    symbol: str
    side: str
    price: Decimal
    size: Decimal
    create_time: int
    fee: Loose = None
    fee_currency: str | None = None
    role: str | None = None
