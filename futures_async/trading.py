"""Orders, cancels and settings in terms of an adapter's hooks: all of order safety, none of a venue's words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from futures_async.batch import place_batch, together
from futures_async.channel import LANE, Channel
from futures_async.convert import to_decimal
from futures_async.dialect import Params
from futures_async.endpoint import Endpoint, Kind
from futures_async.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side
from futures_async.errors import (
    CancelOutcomeUnknown,
    ClientClosed,
    FuturesAsyncError,
    InvalidOrder,
    InvalidRequest,
    OrderNotFound,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    PositionModeConflict,
    ResponseMismatch,
    SettingOutcomeUnknown,
)
from futures_async.exchange import Capability, FuturesExchange, Number
from futures_async.limits import Priority
from futures_async.models import CancelResult, Contract, Order, OrderRequest, OrderResult
from futures_async.ordering import Amendment, BatchPlacement, Call, Placement, PlannedOrder
from futures_async.outcomes import READ_BACK_PAUSES_S, OrderDesk, make_client_order_id
from futures_async.planning import check_client_order_id, check_request, check_steps, one_id
from futures_async.settings import SettingDesk

R = TypeVar("R")
T = TypeVar("T")

AFTER_CANCEL_PAUSES_S = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)


class urgent:
    """Everything called inside goes through the urgent lane."""

    def __enter__(self) -> None:
        self._token = LANE.set(Priority.URGENT)

    def __exit__(self, *error: object) -> None:
        LANE.reset(self._token)


class Trading(FuturesExchange):
    """The writing half of every adapter."""

    needs_contract: ClassVar[bool] = False
    """Orders cannot be written down without the contract's metadata."""
    needs_position_mode: ClassVar[bool] = False
    """Orders cannot be written down without the account's position mode."""
    max_batch: ClassVar[int] = 0
    """Orders in one native batch; 0: several are placed side by side instead."""

    _channel: Channel
    _orders: OrderDesk
    _settings: SettingDesk
    _halted: bool
    _position_mode: PositionMode | None

    # Hooks

    @abstractmethod
    def venue_symbol(self, symbol: str) -> str:
        """The venue's id of a contract, from either form."""

    @abstractmethod
    def unified_symbol(self, venue_symbol: str) -> str:
        """The unified symbol of a venue's id; an id that can't be parsed comes back as it is."""

    def _placement(self, order: PlannedOrder) -> Placement:
        """How to place `order`."""
        self._unsupported("create_order")

    def _batch_placement(self, orders: Sequence[PlannedOrder]) -> BatchPlacement:
        """How to place several in one call."""
        self._unsupported("create_orders")

    def _batchable(self, order: PlannedOrder) -> bool:
        """Whether the native batch can carry this order; others are placed one by one."""
        return True

    def _batch_key(self, order: PlannedOrder) -> Hashable:
        """Orders with equal keys may share one native batch."""
        return None

    def _cancellation(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Call:
        """How to cancel one order; exactly one id is given."""
        self._unsupported("cancel_order")

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        """How to edit `order`; None keeps what it has."""
        self._unsupported("edit_order")

    async def _cancel_all(self, venue_symbol: str) -> list[str] | None:
        """Cancel all; the ids, or None where the venue does not list them."""
        self._unsupported("cancel_all_orders")

    async def _find_order(self, venue_symbol: str, client_order_id: str) -> Order | None:
        """Ask every witness for an order of ours; None only for well-formed absence."""
        try:
            return await self.fetch_order(venue_symbol, client_order_id=client_order_id)
        except OrderNotFound:
            return None

    # What hooks are built with

    async def _call(
        self,
        endpoint: Endpoint[T],
        params: Params | None = None,
        body: Any = None,
        *,
        priority: Priority | None = None,
        about: Callable[[T], bool] | None = None,
    ) -> T:
        """Make one call: see `Channel.call`. A write goes on to its end although its caller may be cancelled.

        Args:
            about: For reads: whether the answer is about what was asked. One that is not, crossed on its way with
                another, is asked for once more.

        Raises:
            ResponseMismatch: The second one was not either.
        """
        if endpoint.kind is Kind.READ:
            result = await self._channel.call(endpoint, params, body, priority=priority)
            if about is None or about(result):
                return result
            result = await self._channel.call(endpoint, params, body, priority=priority)
            if about(result):
                return result
            raise ResponseMismatch(f"{self.id} {endpoint.name}: the answer is about something else")

        async def deed() -> T:
            return await self._channel.call(endpoint, params, body, priority=priority)

        return await self._channel.deeds.see_through(deed, endpoint.kind)

    async def _apply(
        self,
        key: tuple[str, ...],
        value: object,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[R]],
        stands: Callable[[R], bool],
        unchanged: Collection[str] = (),
    ) -> R:
        """Set and read back: see `SettingDesk.apply`."""
        self._active(key[0])
        return await self._settings.apply(key, value, send=send, read=read, stands=stands, unchanged=unchanged)

    async def _shift(
        self,
        key: tuple[str, ...],
        amount: Decimal,
        *,
        send: Callable[[], Awaitable[Any]],
        read: Callable[[], Awaitable[Decimal | None]],
    ) -> None:
        """Move an amount once: see `SettingDesk.shift`."""
        self._active(key[0])
        await self._settings.shift(key, amount, send=send, read=read)

    async def _known_position_mode(self, venue_symbol: str) -> PositionMode:
        """The position mode, read once: see `fetch_position_mode`."""
        if self._position_mode is None:
            self._position_mode = await self.fetch_position_mode(venue_symbol)
        return self._position_mode

    def _known_contract(self, venue_symbol: str) -> Contract | None:
        """The contract's metadata, if it was read before."""
        return None

    def _require(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            self._unsupported(capability.value)

    def _active(self, what: str) -> None:
        if self._halted:
            raise ClientClosed(f"{self.id}: halted: {what} is refused, only cancels and reads go through")

    def halt(self) -> None:
        self._halted = True

    # Orders

    async def _plan(self, request: OrderRequest, *, trigger: bool = False) -> PlannedOrder:
        request = check_request(request, trigger=trigger)
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
        current = await self.fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        wanted = check_request(
            OrderRequest(
                symbol=symbol,
                side=current.side,
                type=OrderType.LIMIT,
                quantity=current.quantity if quantity is None else to_decimal(quantity, "quantity"),
                price=current.price if price is None else to_decimal(price, "price"),
            )
        )
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

    # Cancels

    async def cancel_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        self._require(Capability.CANCEL_ORDER)
        order_id, client_order_id = one_id(order_id, client_order_id)
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> Order:
            return await self._cancel(venue_symbol, order_id, client_order_id)

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.CANCEL)

    async def _cancel(self, venue_symbol: str, order_id: str | None, client_order_id: str | None) -> Order:
        question: OutcomeUnknown | None = None
        if client_order_id is not None:
            await self._orders.placed(client_order_id)
            question = self._orders.question(client_order_id)
        call = self._cancellation(venue_symbol, order_id, client_order_id)
        unknown: CancelOutcomeUnknown | None = None
        gone: OrderNotFound | None = None
        try:
            await self._call(call.endpoint, call.params, call.body)
        except CancelOutcomeUnknown as error:
            unknown = error
        except OrderNotFound as error:
            gone = error  # filled or cancelled before, or never there: the order itself knows
            if question is not None:
                # The order may still be under way, and land after this cancel: nothing found is no verdict.
                unknown, gone = (
                    CancelOutcomeUnknown("", venue=self.id, fence_until_ms=question.fence_until_ms),
                    None,
                )
        return await self._after_cancel(venue_symbol, order_id, client_order_id, unknown, gone)

    async def _after_cancel(
        self,
        venue_symbol: str,
        order_id: str | None,
        client_order_id: str | None,
        unknown: CancelOutcomeUnknown | None,
        gone: OrderNotFound | None,
    ) -> Order:
        """Read the order until it is closed; a cancel that may still land leaves an open one unknown."""
        problem: FuturesAsyncError | None = None
        state = "could not be read"
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                order = await self.fetch_order(venue_symbol, order_id=order_id, client_order_id=client_order_id)
            except OrderNotFound as error:
                if gone is not None:
                    raise gone from None
                problem = error
            except FuturesAsyncError as error:
                problem = error
                break
            else:
                if order_id not in (None, order.order_id) or (
                    client_order_id is not None and order.client_order_id not in (None, client_order_id)
                ):
                    problem = ResponseMismatch(f"{self.id}: the order read after the cancel is another one")
                    continue
                if order.status.is_final:
                    return order
                state = f"is still {order.status.value}"
                fence_ms = unknown.fence_until_ms if unknown is not None else None
                if (
                    fence_ms is not None
                    and self._channel.now_ms() > fence_ms
                    and order.status is not OrderStatus.UNKNOWN
                ):
                    return order
        venue = self._channel.dialect.venue
        open_question = unknown or CancelOutcomeUnknown(
            "", venue=venue, fence_until_ms=self._channel.fence(self._channel.now_ms())
        )
        open_question.args = (
            f"{venue}: order {order_id or client_order_id} {state} after its cancel; read it again before acting",
        )
        open_question.symbol, open_question.client_order_id = self.unified_symbol(venue_symbol), client_order_id

        async def resolve(deadline_s: float | None) -> Order:
            return await self._after_cancel(venue_symbol, order_id, client_order_id, open_question, gone)

        open_question.bind(resolve)
        raise open_question from problem or open_question.__cause__

    async def cancel_orders(
        self, symbol: str, *, order_ids: Sequence[str] = (), client_order_ids: Sequence[str] = ()
    ) -> list[CancelResult]:
        self._require(Capability.CANCEL_ORDERS)
        pairs = [one_id(order_id, None) for order_id in order_ids]
        pairs += [one_id(None, client_order_id) for client_order_id in client_order_ids]

        def one(order_id: str | None, client_order_id: str | None) -> Callable[[], Awaitable[CancelResult]]:
            async def run() -> CancelResult:
                try:
                    order = await self.cancel_order(symbol, order_id=order_id, client_order_id=client_order_id)
                except FuturesAsyncError as error:
                    return CancelResult(order_id=order_id, client_order_id=client_order_id, error=error)
                return CancelResult(order_id=order.order_id, client_order_id=order.client_order_id, order=order)

            return run

        return await together([one(*pair) for pair in pairs])

    async def cancel_all_orders(self, symbol: str) -> list[str]:
        self._require(Capability.CANCEL_ALL_ORDERS)
        venue_symbol = self.venue_symbol(symbol)

        async def deed() -> list[str]:
            return await self._cancel_everything(symbol, venue_symbol)

        with urgent():
            return await self._channel.deeds.see_through(deed, Kind.DELTA)

    async def _cancel_everything(self, symbol: str, venue_symbol: str) -> list[str]:
        before = {order.order_id for order in await self.fetch_open_orders(venue_symbol)}
        # Sent although none may be seen open: a fresh order can be invisible to lookups for a while.
        unknown: OutcomeUnknown | None = None
        try:
            ids = await self._cancel_all(venue_symbol)
        except SettingOutcomeUnknown as error:
            unknown = error
        else:
            if ids is not None:
                return ids
        left, problem = before, None
        for pause_s in AFTER_CANCEL_PAUSES_S:
            await self._channel.transport.runtime().sleep(pause_s)
            try:
                left = before & {order.order_id for order in await self.fetch_open_orders(venue_symbol)}
            except FuturesAsyncError as error:
                problem = error
                continue
            if not left and (unknown is None or before):
                return sorted(before)
            if unknown is not None and not before:
                break  # no order to judge it by
        raise unknown or SettingOutcomeUnknown(
            f"{self.id}: {len(left)} of {len(before)} orders were still open, or could not be read, after "
            "cancel_all_orders",
            venue=self.id,
            symbol=symbol,
        ) from problem
