"""Bitget v2 mix payloads of orders, fills and trigger orders: see `wire.py` for what the field types mean."""

from __future__ import annotations

import msgspec

from futures_async.adapter import Id, Loose, Moment, Text
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


class WireFeeDetail(Wire, frozen=True, kw_only=True, gc=False):
    """What one fill cost, or a pushed order so far; negative = paid."""

    fee_coin: Text = None
    total_fee: Loose = None
    """Of a fill."""
    fee: Loose = None
    """Of a pushed order."""
    deduction: Text = None
    total_deduction_fee: Loose = None


class WireOrder(Wire, frozen=True, kw_only=True, gc=False):
    """`order/detail`, and a row of `orders-pending` and `orders-history`."""

    symbol: Text = None
    size: Loose = None
    order_id: Id = None
    client_oid: Id = None
    base_volume: Loose = None
    fee: Loose = None
    price: Loose = None
    price_avg: Loose = None
    status: Text = None
    side: Text = None
    """In hedge mode the position's direction, not the trade's."""
    force: Text = None
    total_profits: Loose = None
    pos_side: Text = None
    margin_coin: Text = None
    quote_volume: Loose = None
    """Cut to four decimals by the venue."""
    leverage: Loose = None
    margin_mode: Text = None
    reduce_only: Text = None
    enter_point_source: Text = None
    trade_side: Text = None
    pos_mode: Text = None
    pos_avg: Loose = None
    liq_price: Loose = None
    order_type: Text = None
    order_source: Text = None
    preset_stop_surplus_price: Loose = None
    preset_stop_loss_price: Loose = None
    c_time: Moment = None
    u_time: Moment = None
    # The detail says `state`, the lists say `status`.
    state: Text = None
    new_trade_side: Text = None
    cancel_reason: Text = None
    preset_stop_surplus_type: Text = None
    preset_stop_surplus_trigger_type: Text = None
    preset_stop_surplus_execute_price: Loose = None
    preset_stop_loss_type: Text = None
    preset_stop_loss_trigger_type: Text = None
    preset_stop_loss_execute_price: Loose = None
    # Of pushes alone.
    fee_detail: list[WireFeeDetail] | str | None = None
    """Text in an incident on record."""
    client_oid_too: Id = msgspec.field(default=None, name="clientOId")
    """One of the vendor's samples spells it so."""


class WireOrders(Wire, frozen=True, kw_only=True, gc=False):
    """A page of orders; `entrustedList` is null when there are none."""

    entrusted_list: list[WireOrder] | None = None
    end_id: str | int | None = None


class WireFill(Wire, frozen=True, kw_only=True, gc=False):
    """One execution, read or pushed; in hedge mode `side` means different things there."""

    trade_id: Id = None
    order_id: Id = None
    symbol: Text = None
    price: Loose = None
    base_volume: Loose = None
    side: Text = None
    c_time: Moment = None
    quote_volume: Loose = None
    profit: Loose = None
    trade_side: Text = None
    pos_mode: Text = None
    trade_scope: Text = None
    fee_detail: list[WireFeeDetail] | None = None
    enter_point_source: Text = None
    margin_coin: Text = None
    client_oid: Id = None
    """Of pushes alone."""


class WireFills(Wire, frozen=True, kw_only=True, gc=False):
    """A page of executions; `fillList` is null when there are none."""

    fill_list: list[WireFill] | None = None
    end_id: str | int | None = None


class WirePlanOrder(Wire, frozen=True, kw_only=True, gc=False):
    """A trigger, trailing, take-profit or stop-loss order that waits, or waited."""

    plan_type: Text = None
    symbol: Text = None
    order_id: Id = None
    size: Loose = None
    """0 for the whole position."""
    client_oid: Id = None
    side: Text = None
    """Trigger orders as other orders; take-profit and stop-loss rows in one-way mode: the closing trade."""
    trigger_price: Loose = None
    trigger_type: Text = None
    price: Loose = None
    execute_price: Loose = None
    callback_ratio: Loose = None
    plan_status: Text = None
    pos_side: Text = None
    pos_mode: Text = None
    trade_side: Text = None
    order_type: Text = None
    order_source: Text = None
    margin_coin: Text = None
    margin_mode: Text = None
    enter_point_source: Text = None
    stop_surplus_trigger_price: Loose = None
    stop_surplus_execute_price: Loose = None
    stop_surplus_trigger_type: Text = None
    stop_loss_trigger_price: Loose = None
    stop_loss_execute_price: Loose = None
    stop_loss_trigger_type: Text = None
    execute_order_id: Id = None
    base_volume: Loose = None
    c_time: Moment = None
    u_time: Moment = None


class WirePlanOrders(Wire, frozen=True, kw_only=True, gc=False):
    """A page of waiting orders."""

    entrusted_list: list[WirePlanOrder] | None = None
    end_id: str | int | None = None


class WireStops(Wire, frozen=True, kw_only=True, gc=False):
    """One row of the answer of `place-pos-tpsl`."""

    order_id: str | int | None = None
    stop_surplus_client_oid: str | int | None = None
    stop_loss_client_oid: str | int | None = None
