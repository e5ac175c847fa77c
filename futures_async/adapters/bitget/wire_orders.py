"""Bitget v2 mix payloads of orders, fills and trigger orders: see `wire.py` for what the field types mean."""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapter import Loose
from futures_async.adapters.bitget.wire import Wire


class WireAck(Wire, frozen=True, kw_only=True, gc=False):
    """Accepted, and nothing more. `orderId` may be null where a reduce-only order displaces older ones."""

    order_id: str | int | None = None
    client_oid: str | int | None = None


class WireDone(Wire, frozen=True, kw_only=True, gc=False):
    """One item of a `successList`."""

    order_id: str | int | None = None
    client_oid: str | int | None = None
    symbol: str | None = None


class WireFailure(Wire, frozen=True, kw_only=True, gc=False):
    """One item of a `failureList`."""

    order_id: str | int | None = None
    client_oid: str | int | None = None
    symbol: str | None = None
    error_msg: str | None = None
    error_code: str | int | None = None


class WireBatch(Wire, frozen=True, kw_only=True, gc=False):
    """The answer of every call on several orders; the envelope says 00000 even when each item failed."""

    success_list: list[WireDone] | None = None
    failure_list: list[WireFailure] | None = None
    result: bool | None = None


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """`order/detail`, and a row of `orders-pending` and `orders-history`."""

    symbol: str
    order_id: str | int
    size: Decimal
    side: str
    """In hedge mode the position's direction, not the trade's."""
    client_oid: str | int | None = None
    # The detail says `state`, the lists say `status`.
    state: str | None = None
    status: str | None = None
    price: Loose = None
    price_avg: Loose = None
    base_volume: Loose = None
    quote_volume: Loose = None
    """Cut to four decimals by the venue."""
    fee: Loose = None
    total_profits: Loose = None
    trade_side: str | None = None
    new_trade_side: str | None = None
    pos_side: str | None = None
    pos_mode: str | None = None
    pos_avg: Loose = None
    liq_price: Loose = None
    margin_coin: str | None = None
    margin_mode: str | None = None
    leverage: Loose = None
    order_type: str | None = None
    force: str | None = None
    reduce_only: str | None = None
    order_source: str | None = None
    enter_point_source: str | None = None
    cancel_reason: str | None = None
    preset_stop_surplus_price: Loose = None
    preset_stop_surplus_type: str | None = None
    preset_stop_surplus_trigger_type: str | None = None
    preset_stop_surplus_execute_price: Loose = None
    preset_stop_loss_price: Loose = None
    preset_stop_loss_type: str | None = None
    preset_stop_loss_trigger_type: str | None = None
    preset_stop_loss_execute_price: Loose = None
    c_time: str | int | None = None
    u_time: str | int | None = None


class WireOrders(Wire, frozen=True, kw_only=True, gc=False):
    """A page of orders; `entrustedList` is null when there are none."""

    entrusted_list: list[WireOrder] | None = None
    end_id: str | int | None = None


class WireFeeDetail(Wire, frozen=True, kw_only=True, gc=False):
    """What one fill cost; negative = paid."""

    fee_coin: str | None = None
    total_fee: Loose = None
    deduction: str | None = None
    total_deduction_fee: Loose = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution; the venue gives no client order id here."""

    trade_id: str | int
    order_id: str | int
    symbol: str
    price: Decimal
    base_volume: Decimal
    side: str
    c_time: int
    quote_volume: Loose = None
    profit: Loose = None
    trade_side: str | None = None
    pos_mode: str | None = None
    trade_scope: str | None = None
    fee_detail: list[WireFeeDetail] | None = None
    enter_point_source: str | None = None
    margin_coin: str | None = None


class WireFills(Wire, frozen=True, kw_only=True, gc=False):
    """A page of executions; `fillList` is null when there are none."""

    fill_list: list[WireFill] | None = None
    end_id: str | int | None = None


class WirePlanOrder(Wire, frozen=True, kw_only=True, gc=False):
    """A trigger, trailing, take-profit or stop-loss order that waits, or waited."""

    plan_type: str
    symbol: str
    order_id: str | int
    size: Loose = None
    """0 for the whole position."""
    client_oid: str | int | None = None
    side: str | None = None
    """Trigger orders as other orders; take-profit and stop-loss rows in one-way mode: the closing trade."""
    trigger_price: Loose = None
    trigger_type: str | None = None
    price: Loose = None
    execute_price: Loose = None
    callback_ratio: Loose = None
    plan_status: str | None = None
    pos_side: str | None = None
    pos_mode: str | None = None
    trade_side: str | None = None
    order_type: str | None = None
    order_source: str | None = None
    margin_coin: str | None = None
    margin_mode: str | None = None
    enter_point_source: str | None = None
    stop_surplus_trigger_price: Loose = None
    stop_surplus_execute_price: Loose = None
    stop_surplus_trigger_type: str | None = None
    stop_loss_trigger_price: Loose = None
    stop_loss_execute_price: Loose = None
    stop_loss_trigger_type: str | None = None
    execute_order_id: str | int | None = None
    base_volume: Loose = None
    c_time: str | int | None = None
    u_time: str | int | None = None


class WirePlanOrders(Wire, frozen=True, kw_only=True, gc=False):
    """A page of waiting orders."""

    entrusted_list: list[WirePlanOrder] | None = None
    end_id: str | int | None = None


class WireStops(Wire, frozen=True, kw_only=True, gc=False):
    """One row of the answer of `place-pos-tpsl`."""

    order_id: str | int | None = None
    stop_surplus_client_oid: str | int | None = None
    stop_loss_client_oid: str | int | None = None
