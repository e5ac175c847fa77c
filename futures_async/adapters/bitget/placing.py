"""How `Bitget` places, edits and cancels: bodies, acknowledgements, and the margin mode that every order names."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import futures_async.adapter as fa
from futures_async.adapter import by_client_id, known, known_or_none, to_text
from futures_async.adapters._bitget import named
from futures_async.adapters._bitget_codes import NOTHING_TO_CANCEL
from futures_async.adapters._rows import text_or_none
from futures_async.adapters.bitget import endpoints
from futures_async.adapters.bitget.mapping import MARGIN_MODE
from futures_async.adapters.bitget.orders import ORDER_FIELDS, order_frame, order_item
from futures_async.adapters.bitget.settings import BitgetSettings
from futures_async.adapters.bitget.wire_orders import WireAck, WireBatch, WireDone, WireFailure


def read_ack(answer: WireAck) -> fa.Ack:
    """Without an order id the order is looked up: it may be null where it displaces older reduce-only orders."""
    return fa.Ack(text_or_none(answer.order_id), text_or_none(answer.client_oid))


# "Unchanged values -> 40923".
UNCHANGED = frozenset({"40923"})


class BitgetPlacing(fa.BatchCancels, BitgetSettings):
    """Orders on their way to the venue."""

    needs_position_mode = True
    orders_set = frozenset({"margin_mode"})
    order_fields = ORDER_FIELDS
    max_batch = 20
    max_cancels = 50

    async def _terms_to_repeat(self, plan: fa.PlannedOrder) -> Mapping[str, Any]:
        named = plan.request.margin_mode
        return {} if named is not None else {"margin_mode": await self._margin_mode(plan.venue_symbol)}

    async def _margin_mode(self, venue_symbol: str) -> fa.MarginMode:
        found = known_or_none(MARGIN_MODE, self._margin_modes.get(venue_symbol))
        if found is not None:
            return found
        account = await self._margin_modes.anew(
            lambda asked: self._once(("account", venue_symbol, asked), lambda: self._symbol_account(venue_symbol))
        )
        return known(MARGIN_MODE, account.margin_mode or "", "marginMode")

    def _heard(self, plan: fa.PlannedOrder, error: fa.FuturesAsyncError) -> None:
        super()._heard(plan, error)
        if isinstance(error, fa.MarginModeConflict):
            self._margin_modes.clear()  # changed elsewhere: read them anew

    def _frame(self, plan: fa.PlannedOrder) -> dict[str, Any]:
        mode = plan.request.margin_mode
        if mode is None or plan.position_mode is None:
            raise fa.InvalidRequest(f"{self.id}: an order needs its margin mode and the account's position mode")
        return order_frame(plan.venue_symbol, self.product_type, self._coin(plan.venue_symbol), mode)

    def _item(self, plan: fa.PlannedOrder) -> dict[str, Any]:
        return order_item(plan.request, plan.client_order_id, plan.position_mode or fa.PositionMode.HEDGE)

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return fa.Placement(endpoints.PLACE, self._frame(order) | self._item(order), read_ack)

    def _batchable(self, order: fa.PlannedOrder) -> bool:
        # The presets of a batch are other ones: they have no execute prices, and "if the current underlying exists in
        # the position, it is intended to modify the TP/SL" - of the whole position.
        # https://www.bitget.com/api-doc/contract/trade/Batch-Order
        return not order.request.attached

    def _batch_key(self, order: fa.PlannedOrder) -> Hashable:
        # "One symbol and one margin mode per batch": both stand outside the list of orders.
        return order.venue_symbol, order.request.margin_mode

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        body = self._frame(orders[0]) | {"orderList": [self._item(order) for order in orders]}

        def read(item: WireDone | WireFailure) -> fa.Ack | fa.ExchangeError:
            if isinstance(item, WireFailure):
                return self._failure(item, endpoints.PLACE_BATCH)
            return fa.Ack(text_or_none(item.order_id), text_or_none(item.client_oid))

        def read_acks(batch: WireBatch) -> list[fa.Ack | fa.Refusal | fa.ExchangeError]:
            items = (*(batch.failure_list or ()), *(batch.success_list or ()))
            return by_client_id({str(item.client_oid): item for item in items if item.client_oid}, orders, read)

        return fa.BatchPlacement(endpoints.PLACE_BATCH, body, read_acks)

    def _failure(self, item: WireFailure, endpoint: fa.Endpoint[Any]) -> fa.ExchangeError:
        """What one item of a failure list means."""
        refusal = fa.Refusal(text_or_none(item.error_code) or "", text_or_none(item.error_msg) or "no reason was given")
        return self._dialect.judged(refusal, endpoint, item)

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        # The venue cancels and places anew, under a new order id and, by its demand, a new client id.
        renamed = "fa" + secrets.token_hex(12)
        new_price = order.price if price is None else price
        if new_price is None:
            raise fa.InvalidRequest(f"{self.id}: only limit orders can be edited")
        body = {
            "orderId": order.order_id,
            **self._settled_params(order.venue_symbol),
            "newClientOid": renamed,
            # Both or neither, else 40925.
            "newSize": to_text(order.quantity if quantity is None else quantity),
            "newPrice": to_text(new_price),
        }

        def new_ids(answer: WireAck) -> tuple[str | None, str | None]:
            # The answer may still name the old order.
            return None, renamed

        return fa.Amendment(
            endpoints.MODIFY, body, new_ids, lost_ids=(None, renamed), replaces=True, unchanged=UNCHANGED
        )

    # Cancelling

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        return fa.Call(endpoints.CANCEL, {**self._settled_params(venue_symbol), **named(order_id, client_order_id)})

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        try:
            batch = await self._call(endpoints.CANCEL_SYMBOL, body=self._settled_params(venue_symbol))
        except fa.ExchangeError as error:
            if error.code in NOTHING_TO_CANCEL:
                return []
            raise
        if batch.failure_list:
            return None  # what stands is read instead
        return [order_id for item in batch.success_list or () if (order_id := text_or_none(item.order_id))]

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        items = [named(*pair) for pair in ids]
        return fa.Call(endpoints.CANCEL_BATCH, {"orderIdList": items, **self._settled_params(venue_symbol)})

    def _cancel_refusals(self, answer: WireBatch) -> dict[str, fa.ExchangeError]:
        refused: dict[str, fa.ExchangeError] = {}
        for item in answer.failure_list or ():
            reason = self._failure(item, endpoints.CANCEL_BATCH)
            refused |= {name: reason for name in map(text_or_none, (item.order_id, item.client_oid)) if name}
        return refused
