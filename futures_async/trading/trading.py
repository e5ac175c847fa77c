"""Orders in terms of an adapter's hooks: all of order safety, none of a venue's words. Cancels: `cancelling.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec

from futures_async.trading.batch import place_batch, together
from futures_async.trading.cancelling import Cancelling, urgent
from futures_async.trading.desk import READ_BACK_PAUSES_S, make_client_order_id
from futures_async.trading.ordering import PlannedOrder
from futures_async.trading.planning import check_client_order_id, check_request, check_steps, one_id
from futures_async.transport.channel import apart
from futures_async.transport.endpoint import Kind
from futures_async.unified.convert import to_decimal
from futures_async.unified.enums import Intent, OrderType, Outcome, PositionSide, Side
from futures_async.unified.errors import (
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    NotSupported,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    PositionModeConflict,
    ResponseMismatch,
)
from futures_async.unified.exchange import Capability, Number
from futures_async.unified.models import Order, OrderRequest, OrderResult


@contextmanager
def before_sending(client_order_id: str | None = None) -> Generator[None]:
    """Reads that an order cannot do without: whatever they end with, the order itself was not sent."""
    try:
        yield
    except FuturesAsyncError as error:
        error.outcome = Outcome.NOT_SENT
        error.client_order_id = client_order_id
        raise


class Trading(Cancelling):
    """The writing half of every adapter."""

    async def _plan(self, request: OrderRequest, *, trigger: bool = False) -> PlannedOrder:
        request = check_request(request, trigger=trigger)
        if request.trigger_by or any(stop.trigger_by or stop.limit_price for stop in request.attached.values()):
            raise NotSupported(f"{self.id}: trigger_by and the limit price of a stop are not sent yet: leave them out")
        traits = self._channel.dialect.traits
        venue_symbol = self.venue_symbol(request.symbol)
        given = request.client_order_id
        if given is not None and not traits.client_id:
            raise InvalidOrder(f"{self.id}: the venue has no field for a client_order_id; leave it out")
        client_order_id = make_client_order_id() if given is None else check_client_order_id(given, traits)
        contract = (
            await self.fetch_contract(venue_symbol) if self.needs_contract else self._known_contract(venue_symbol)
        )
        if contract is not None:
            check_steps(request, contract)
        await self._check_bounds(request, venue_symbol)
        mode = await self._known_position_mode(venue_symbol) if self.needs_position_mode else None
        return PlannedOrder(
            request=msgspec.structs.replace(
                request,
                symbol=self.unified_symbol(venue_symbol),
                client_order_id=client_order_id if traits.client_id else None,
            ),
            venue_symbol=venue_symbol,
            client_order_id=client_order_id if traits.client_id else None,
            local_id=client_order_id,
            contract=contract,
            position_mode=mode,
        )

    async def _check_bounds(self, request: OrderRequest, venue_symbol: str) -> None:
        """Hold an order to the bounds of this object; reads the last price where it cannot be judged without."""
        bounds = self._bounds
        if bounds is None:
            return
        last_price = None
        if bounds.wants_price(request) and self.supports(Capability.FETCH_TICKER):
            last_price = (await self.fetch_ticker(venue_symbol)).last_price
        bounds.check(request, self.unified_symbol(venue_symbol), last_price)

    async def create_order(
        self,
        request: OrderRequest,
        *,
        on_unknown: Literal["resolve", "raise"] = "resolve",
        send_within_s: float = 2.0,
        resolve_within_s: float | None = None,
    ) -> Order:
        self._require(Capability.CREATE_ORDER)
        self._active("create_order")
        if on_unknown not in ("resolve", "raise"):
            raise InvalidRequest('on_unknown must be "resolve" or "raise"')
        with before_sending(request.client_order_id):
            plan = await self._plan(request)
        self._active("create_order")  # planning may have read from the network meanwhile
        try:
            return await self._orders.place(
                plan,
                self._placement(plan),
                on_unknown=on_unknown,
                send_within_s=send_within_s,
                resolve_within_s=resolve_within_s,
            )
        except PositionModeConflict:
            self._position_mode = None  # it was changed elsewhere: read it anew next time
            raise

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        self._require(Capability.CREATE_ORDERS)
        self._active("create_orders")
        results: dict[int, OrderResult] = {}
        plans: list[tuple[int, PlannedOrder]] = []
        singles: list[tuple[int, OrderRequest]] = []
        names: set[str] = set()
        for index, request in enumerate(requests):
            try:
                with before_sending(request.client_order_id):
                    plan = await self._plan(request)
                if plan.local_id in names:
                    raise InvalidOrder(f"client_order_id {plan.local_id} stands twice in this batch")
                names.add(plan.local_id)
            except InvalidRequest as error:
                results[index] = OrderResult(request=request, error=error)
                continue
            if self.max_batch > 1 and len(requests) > 1 and self._batchable(plan):
                plans.append((index, plan))
            else:
                singles.append((index, plan.request))

        def batch(chunk: list[tuple[int, PlannedOrder]]) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                orders = [plan for _, plan in chunk]
                try:
                    self._active("create_orders")
                    placed = await place_batch(self._orders, self._channel, orders, self._batch_placement(orders), 2.0)
                except FuturesAsyncError as error:  # before anything was sent
                    placed = [OrderResult(request=plan.request, error=error) for plan in orders]
                results.update(zip((index for index, _ in chunk), placed, strict=True))

            return run

        def single(index: int, request: OrderRequest) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                try:
                    results[index] = OrderResult(request=request, order=await self.create_order(request))
                except FuturesAsyncError as error:
                    results[index] = OrderResult(request=request, error=error)

            return run

        groups: dict[Hashable, list[tuple[int, PlannedOrder]]] = {}
        for entry in plans:
            groups.setdefault(self._batch_key(entry[1]), []).append(entry)
        chunks = [
            group[start : start + self.max_batch]
            for group in groups.values()
            for start in range(0, len(group), self.max_batch)
        ]
        await together([*(batch(chunk) for chunk in chunks), *(single(*entry) for entry in singles)])
        if any(isinstance(result.error, PositionModeConflict) for result in results.values()):
            self._position_mode = None
        return [results[index] for index in range(len(requests))]

    async def edit_order(
        self,
        symbol: str,
        *,
        order_id: str | None = None,
        client_order_id: str | None = None,
        price: Number | None = None,
        quantity: Number | None = None,
    ) -> Order:
        self._require(Capability.EDIT_ORDER)
        self._active("edit_order")
        order_id, client_order_id = one_id(order_id, client_order_id)
        if price is None and quantity is None:
            raise InvalidOrder("edit_order needs a price or a quantity")

        async def deed() -> Order:
            return await self._edit(symbol, order_id, client_order_id, price, quantity)

        return await self._channel.deeds.see_through(deed, Kind.ORDER)

    async def _edit(
        self,
        symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        price: Number | None,
        quantity: Number | None,
    ) -> Order:
        venue_symbol = self.venue_symbol(symbol)
        with before_sending(client_order_id):
            current = await self.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        wanted = check_request(
            OrderRequest(
                symbol=symbol,
                side=current.side,
                type=OrderType.LIMIT,
                quantity=current.quantity if quantity is None else to_decimal(quantity, "quantity"),
                price=current.price if price is None else to_decimal(price, "price"),
                intent=Intent.CLOSE if current.reduce_only else Intent.OPEN,
            )
        )
        with before_sending(client_order_id):
            await self._check_bounds(wanted, venue_symbol)
        contract = (
            await self.fetch_contract(venue_symbol) if self.needs_contract else self._known_contract(venue_symbol)
        )
        if contract is not None:
            check_steps(wanted, contract)
        amendment = self._amendment(
            current, None if price is None else wanted.price, None if quantity is None else wanted.quantity
        )

        async def read(by_order: str | None, by_client: str | None) -> Order:
            if by_order is None and by_client is None:
                by_order = current.order_id
            return await self.fetch_order(
                symbol, order_id=by_order, client_order_id=None if by_order is not None else by_client
            )

        async def change() -> Order:
            try:
                result = await self._call(amendment.endpoint, body=amendment.body)
            except OrderOutcomeUnknown as unknown:
                unknown.symbol, unknown.client_order_id = current.symbol, current.client_order_id
                return await self._settings.judge(
                    ("edit_order", current.order_id),
                    f"{wanted.quantity} at {wanted.price}",
                    lambda: read(None, None),
                    stands=lambda order: order.price == wanted.price and order.quantity == wanted.quantity,
                    unknown=unknown,
                )
            return await self._read_edited(current, wanted, amendment.read_ids(result), read)

        return await self._settings.once(("edit_order", current.order_id), change, lambda: read(None, None))

    async def _read_edited(
        self,
        current: Order,
        wanted: OrderRequest,
        ids: tuple[str | None, str | None],
        read: Callable[[str | None, str | None], Awaitable[Order]],
    ) -> Order:
        """An edited order, or what was sent where reading fails: an accepted edit never fails because a read did."""
        for pause_s in READ_BACK_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                return await read(*ids)
            except OrderNotFound:
                continue  # an order that was replaced may not be visible yet
            except ResponseMismatch:
                raise
            except FuturesAsyncError:
                break
        order_id, client_order_id = ids
        return msgspec.structs.replace(
            current,
            order_id=order_id or current.order_id,
            client_order_id=client_order_id or current.client_order_id,
            price=wanted.price,
            quantity=to_decimal(wanted.quantity, "quantity"),
            remaining_quantity=None,
            raw=None,
        )

    async def close_position(self, symbol: str, *, side: PositionSide | None = None) -> Order | None:
        self._require(Capability.CLOSE_POSITION)
        self._active("close_position")
        with urgent():
            with before_sending():
                position = await self.fetch_position(symbol, side)
                if position is None:
                    with apart():
                        position = await self.fetch_position(symbol, side)
            if position is None:
                return None
            return await self.create_order(
                OrderRequest(
                    symbol=symbol,
                    side=Side.SELL if position.side is PositionSide.LONG else Side.BUY,
                    type=OrderType.MARKET,
                    quantity=position.quantity,
                    intent=Intent.CLOSE,
                    margin_mode=position.margin_mode,
                    leverage=position.leverage,
                )
            )

    async def resolve_order(
        self, symbol: str, client_order_id: str, *, fence_until_ms: int | None = None
    ) -> Order | None:
        self._require(Capability.RESOLVE_ORDER)
        check_client_order_id(client_order_id, self._channel.dialect.traits)
        venue_symbol = self.venue_symbol(symbol)
        return await self._orders.resolve(
            venue_symbol, self.unified_symbol(venue_symbol), client_order_id, fence_until_ms
        )

    def unresolved(self) -> list[OutcomeUnknown]:
        return [*self._orders.unresolved(), *self._settings.unresolved()]

    def outcome(self, client_order_id: str) -> Order | FuturesAsyncError | None:
        return self._orders.outcome(client_order_id)
