"""`Hyperliquid`: perpetuals of Hyperliquid, by an API wallet's signature.

https://hyperliquid.gitbook.io/hyperliquid-docs
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar, Literal, Unpack

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import one_id, ordered, positive_or_none, unread_rows, urgent
from futures_async.adapters._rows import nameless
from futures_async.adapters.hyperliquid import actions, mapping, wire
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import orders as order_rows
from futures_async.adapters.hyperliquid.dialect import NOTHING_TO_REDUCE, UNMATCHED, HyperliquidDialect
from futures_async.adapters.hyperliquid.ids import cloid_of, is_canonical
from futures_async.adapters.hyperliquid.lookup import LookupCalls, is_oid, oid_of
from futures_async.adapters.hyperliquid.mapping import VENUE
from futures_async.adapters.hyperliquid.options import HyperliquidOptions
from futures_async.adapters.hyperliquid.symbols import Names


class Hyperliquid(fa.BatchCancels, LookupCalls):
    """Perpetuals of Hyperliquid: of the first dex, or of one builder's.

    Args:
        credentials: The account's address as key, and an API wallet's private key as secret; None gives market data.
        options: See `HyperliquidOptions`.

    The venue has limit orders alone: a market order is sent as one that fills at once, at a price that `slippage`
    allows, or is gone, and reads back as that. Positions are net; margin mode and leverage are one setting of a
    contract. An edited order is a new one under the same client order id (`Order.replaces`).
    """

    id = VENUE
    name = "Hyperliquid"
    lifecycle = "live"
    needs_contract = True
    silent_lists = frozenset(
        {
            fa.Capability.FETCH_OPEN_ORDERS,
            fa.Capability.FETCH_TRIGGER_ORDERS,
            fa.Capability.FETCH_ORDER_HISTORY,
            fa.Capability.FETCH_FILLS,
        }
    )
    order_fields = order_rows.ORDER_FIELDS
    countdown = fa.Countdown(least=5)
    takes: ClassVar[type[fa.Options]] = HyperliquidOptions
    max_batch = api.BATCH
    max_cancels = api.BATCH
    cancels_by_one_id = True
    nothing_to_close = frozenset({NOTHING_TO_REDUCE})

    def __init__(self, credentials: fa.Credentials | None = None, **options: Unpack[HyperliquidOptions]) -> None:
        own, common = self._own_options(options)
        self._vault: str | None = own["vault"]
        self._names = Names(own["dex"], own["margin_coin"])
        self._slippage: Decimal = own["slippage"]
        self._tiers: dict[str, list[mapping.Tier]] = {}
        self._hyper = HyperliquidDialect(self._vault)
        super().__init__(credentials, dialect=self._hyper, **common)

    @property
    def _part(self) -> str:
        return self._vault or ""

    @property
    def _reads(self) -> Sequence[str]:
        return (self._names.dex, self._names.settle)

    # Placing

    async def _plan(self, request: fa.OrderRequest, *, kind: fa.OrderKind = fa.OrderKind.PLAIN) -> fa.PlannedOrder:
        given = request.client_order_id
        if given is not None and not is_canonical(fa.check_client_order_id(given, self._dialect.traits)):
            raise fa.InvalidOrder(f"{self.id}: client_order_id {given} stands for text: give that")
        plan = await super()._plan(request, kind=kind)
        await self._check_signer()
        if plan.request.type is not fa.OrderType.MARKET:
            return plan
        return await self._bounded(plan)

    async def _bounded(self, plan: fa.PlannedOrder) -> fa.PlannedOrder:
        """A market order as the venue knows it: filled at once up to a price, or gone."""
        request, contract = plan.request, _contract(plan)
        reference = positive_or_none((await self._ask(api.MIDS, dex=self._names.dex)).get(plan.venue_symbol), "mid")
        if reference is None:  # one side of the book is empty
            reference = positive_or_none((await self._context(plan.venue_symbol)).mark_px, "markPx")
        if reference is None:
            raise fa.InvalidOrder(
                f"{self.id}: {request.symbol} has no price now that a market order could be bounded by"
            )
        limit = actions.bound_of(reference, request.side is fa.Side.BUY, self._slippage, contract)
        bounded = msgspec.structs.replace(
            request, type=fa.OrderType.LIMIT, time_in_force=fa.TimeInForce.IOC, price=limit
        )
        return msgspec.structs.replace(plan, request=bounded)

    async def create_order(
        self,
        request: fa.OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        send_within_s: float = fa.SEND_WITHIN_S,
        resolve_within_s: float | None = None,
        confirm: bool = True,
    ) -> fa.Order:
        """Place an order. One that had to fill at once and found nothing to fill with comes back as EXPIRED."""
        try:
            return await super().create_order(
                request,
                on_unknown=on_unknown,
                send_within_s=send_within_s,
                resolve_within_s=resolve_within_s,
                confirm=confirm,
            )
        except fa.OrderRejected as error:
            return await self._unmatched(request.symbol, error)

    async def create_orders(self, requests: Sequence[fa.OrderRequest]) -> list[fa.OrderResult]:
        results = await super().create_orders(requests)
        for index, result in enumerate(results):
            if isinstance(result.error, fa.OrderRejected):
                try:
                    order = await self._unmatched(result.request.symbol, result.error)
                except fa.OrderRejected:
                    continue
                results[index] = fa.OrderResult(request=result.request, order=order)
        return results

    async def _unmatched(self, symbol: str, error: fa.OrderRejected) -> fa.Order:
        """The record of an order that expired at once: also refused orders have one. Without it, the refusal."""
        if error.code != UNMATCHED or error.client_order_id is None:
            raise error
        name = self.venue_symbol(symbol)
        with ordered():
            for pause_s in (0.0, 0.5, 1.0):
                await self._channel.transport.runtime().sleep(pause_s)
                try:
                    return self._as_order(await self._record(name, None, error.client_order_id))
                except fa.FuturesAsyncError:
                    continue
        raise error

    def _placement(self, order: fa.PlannedOrder) -> fa.Placement:
        return actions.placement(order, actions.order_elements(order, _contract(order), self._slippage))

    def _batchable(self, order: fa.PlannedOrder) -> bool:
        """A group of take-profit and stop-loss is of one order alone."""
        return not order.request.attached

    def _batch_placement(self, orders: Sequence[fa.PlannedOrder]) -> fa.BatchPlacement:
        elements = [actions.order_elements(order, _contract(order), self._slippage)[0] for order in orders]

        def read(answer: wire.WireAnswer) -> Sequence[fa.Ack | fa.Refusal]:
            acks: list[fa.Ack | fa.Refusal] = []
            for order, verdict in zip(orders, actions.statuses(answer, len(orders)), strict=True):
                try:
                    acks.append(actions.refusal_in(verdict) or actions.acknowledgement(order)(verdict))
                except fa.DecodeError as problem:
                    acks.append(fa.Refusal("", problem.text))
            return acks

        return fa.BatchPlacement(api.PLACE, actions.order_body(elements), read)

    async def create_trigger_order(self, request: fa.OrderRequest) -> fa.Order:
        """Place an order that waits for the mark price; with a price it is a limit order then, else it fills at up to
        the slippage.
        """
        self._require(fa.Capability.CREATE_TRIGGER_ORDER)
        self._active("create_trigger_order")
        plan = await self._plan_waiting(request, fa.OrderKind.TRIGGER)
        with self._before_placing(plan):
            mark = positive_or_none((await self._context(plan.venue_symbol)).mark_px, "markPx")
            if mark is None:
                raise fa.InvalidOrder(f"{self.id}: {plan.request.symbol} has no mark price now to wait from")
        placement = actions.placement(plan, [actions.trigger_element(plan, _contract(plan), mark, self._slippage)])
        return await self._place_as_order(plan, placement)

    # Changing and cancelling

    async def _to_amend(self, order: fa.Order) -> fa.Order:
        """What is filled, of an order whose row does not tell: by its executions. The venue is told what is left."""
        if order.filled_quantity is not None:
            return order
        if order.created_ms is None:
            raise fa.InvalidOrder(
                f"{self.id}: how much of order {order.order_id} is filled cannot be told: cancel it and place another"
            )
        found, _ = await self._fills_since(order.created_ms, order_rows.fills(self._names))
        if found.unread:
            raise unread_rows(found.unread)
        filled = Decimal(0)
        for fill in found.rows:
            if fill.order_id == order.order_id:
                filled = fa.EXACT.add(filled, fill.quantity)
        return msgspec.structs.replace(order, filled_quantity=filled)

    def _amendment(self, order: fa.Order, price: Decimal | None, quantity: Decimal | None) -> fa.Amendment:
        contract = self._known_contract(order.venue_symbol)
        if order.type is not fa.OrderType.LIMIT or contract is None or order.price is None:
            raise fa.InvalidOrder(f"{self.id}: order {order.order_id} is no limit order: cancel it and place another")
        if order.time_in_force is None:
            # The new order has nothing of the old one but what is sent: a post-only one might take.
            raise fa.InvalidOrder(
                f"{self.id}: the time in force of order {order.order_id} cannot be read: cancel it and place another"
            )
        if self._brings_stops(order):
            # "Cancelling a parent cancels its TP/SL children", and an edit is a cancel and a new order without any.
            raise fa.InvalidOrder(
                f"{self.id}: an edit of order {order.order_id} would drop its take-profit and stop-loss: cancel it and "
                "place another"
            )
        left = fa.EXACT.subtract(quantity or order.quantity, order.filled_quantity or Decimal(0))
        if left <= 0:
            raise fa.InvalidOrder(f"{self.id}: as much of order {order.order_id} is filled already: cancel it")
        client_id = order.client_order_id or fa.make_client_order_id()
        body = actions.change_body(order, contract, price or order.price, left, client_id)

        def read_ids(answer: wire.WireAnswer) -> tuple[str | None, str | None]:
            verdict = actions.statuses(answer, 1)[0]
            oid = mapping.part(verdict, "resting", "oid") or mapping.part(verdict, "filled", "oid")
            return (None, client_id) if oid is None else (str(oid), None)

        return fa.Amendment(api.MODIFY, body, read_ids, lost_ids=(None, client_id), replaces=True, stands_as=left)

    def _brings_stops(self, order: fa.Order) -> bool:
        """Whether it has a take-profit or stop-loss of its own, as far as rows or this object know."""
        placed = self._orders.request(order.client_order_id or "")
        return bool(order.take_profit or order.stop_loss or (placed is not None and placed.attached))

    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> fa.Order:
        one_id(order_id, client_order_id)
        with urgent():
            await self._asset(self.venue_symbol(symbol))
        return await super().cancel_order(symbol, order_id=order_id, client_order_id=client_order_id)

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[fa.CancelResult]:
        if order_ids or client_order_ids:
            with urgent():
                await self._asset(self.venue_symbol(symbol))
        return await super().cancel_orders(symbol, order_ids=order_ids, client_order_ids=client_order_ids)

    def _number_of(self, venue_symbol: str) -> int:
        return mapping.asset_of(self._contracts.known[venue_symbol])

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> fa.Call:
        return self._batch_cancellation(venue_symbol, [(order_id, client_order_id)])

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> fa.Call:
        asset = self._number_of(venue_symbol)
        if all(order_id is not None for order_id, _ in ids):
            cancels = [{"a": asset, "o": oid_of(order_id)} for order_id, _ in ids]
            return fa.Call(api.CANCEL, {"type": api.CANCEL.operation, "cancels": cancels})
        named = [{"asset": asset, "cloid": cloid_of(client_id or "")} for _, client_id in ids]
        return fa.Call(api.CANCEL_BY_CLOID, {"type": api.CANCEL_BY_CLOID.operation, "cancels": named})

    def _cancel_refusals(self, answer: wire.WireAnswer) -> Sequence[fa.Refusal | None]:
        return [actions.refusal_in(verdict) for verdict in actions.verdicts(answer)]

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """The venue has no such call: what is listed is cancelled, until nothing is listed or nothing goes."""
        gone: list[str] = []
        told = True
        asset = await self._asset(venue_symbol)
        while True:
            mine = [row for row in await self._open_rows() if row.coin == venue_symbol or nameless(row.coin)]
            named = {str(row.oid): row for row in mine if row.is_trigger is not True and str(row.oid) not in gone}
            lost = [row for oid, row in named.items() if not is_oid(oid)]
            oids = [oid for oid in named if is_oid(oid)]
            found: list[str] = []
            for start in range(0, len(oids), api.BATCH):
                chunk = oids[start : start + api.BATCH]
                cancels = [{"a": asset, "o": oid_of(str(oid))} for oid in chunk]
                try:
                    answer = await self._call(api.CANCEL, body={"type": api.CANCEL.operation, "cancels": cancels})
                except fa.OrderNotFound:
                    continue  # the only one: it is filled, or was cancelled meanwhile
                verdicts = actions.verdicts(answer)
                if len(verdicts) != len(chunk):
                    told = False  # what stands is read
                    continue
                found += [str(oid) for oid, said in zip(chunk, verdicts, strict=True) if said == "success"]
            if not found:
                if lost:
                    raise unread_rows([fa.UnreadRow("oid", "oid is no number", row, {}, self.id) for row in lost])
                return gone if told else None
            gone += found

    async def cancel_trigger_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> None:
        """Cancel an order that waits for a price.

        Raises:
            OrderNotFound: It does not wait (any more).
        """
        self._require(fa.Capability.CANCEL_TRIGGER_ORDER)
        name, ids = self.venue_symbol(symbol), self._current_ids(*one_id(order_id, client_order_id))
        with urgent():
            await self._asset(name)
        await self._cancel_as_order(name, ids, tells=True)

    async def _arm(self, seconds: int, venue_symbol: str) -> bool:
        """Triggers go too. The venue lets accounts do this that have traded for a million dollars; it goes off ten
        times a day at most."""
        await self._check_signer()
        at = {"time": await self.fetch_time() + seconds * 1000} if seconds else {}
        await self._call(api.SCHEDULE_CANCEL, body={"type": api.SCHEDULE_CANCEL.operation, **at})
        return True


def _contract(plan: fa.PlannedOrder) -> fa.Contract:
    if plan.contract is None:  # pragma: no cover - `needs_contract`
        raise fa.InvalidOrder(f"{VENUE}: {plan.venue_symbol} is not known")
    return plan.contract
