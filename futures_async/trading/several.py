"""Several orders in one call: planned side by side, and what they rely on held and set up for all of them.

How a batch is placed, and each of its entries judged, stands in `batch.py`.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial

from futures_async.trading.around_sending import before_sending
from futures_async.trading.batch import place_batch, together
from futures_async.trading.ordering import PlannedOrder
from futures_async.trading.planning import as_request
from futures_async.trading.relying import Hold, Reliance
from futures_async.trading.trading import Trading
from futures_async.transport import asleep
from futures_async.transport.asking import Asking, asked_at
from futures_async.unified.errors import DeadlineExpired, FuturesAsyncError, InvalidOrder, InvalidRequest
from futures_async.unified.exchange import SEND_WITHIN_S, Capability
from futures_async.unified.models import OrderRequest, OrderResult

Holds = dict[str, Hold | FuturesAsyncError]
"""On what orders rely on, by our ids; or why one could not be had in time."""

LEFT_S = 0.5
"""So much of their time is left when orders stop to wait for what another order, or setting, keeps: one that waits in
vain does not take the others' time."""


class Several(Trading):
    """Places several orders."""

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        self._require(Capability.CREATE_ORDERS)
        self._active("create_orders")
        if isinstance(requests, (str, OrderRequest, Mapping)):
            raise InvalidRequest("create_orders takes several orders, in a list")
        requests = [as_request(request) for request in requests]
        with asked_at(Asking(asleep.asleep_s())):
            return await self._create_several(requests)

    async def _create_several(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        due = self._channel.transport.runtime().now() + SEND_WITHIN_S
        # One that reads in vain does not take the others' time either.
        made = self._settings.made
        results, planned = await self._plan_several(requests, due if len(requests) == 1 else due - LEFT_S / 2)
        at_once, held, waiting = await self._apart(planned, made)

        def piece(plans: dict[int, PlannedOrder], holds: Holds | None) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                placed, problems = await self._place_piece(plans, holds, due, alone=len(requests) == 1)
                refused = {
                    index: OrderResult(request=requests[index], error=problem) for index, problem in problems.items()
                }
                results.update(placed | refused)

            return run

        pieces = [(at_once, held), (waiting, None)]
        await together([piece(plans, holds) for plans, holds in pieces if plans])
        return [results[index] for index in range(len(requests))]

    async def _apart(
        self, planned: Mapping[int, PlannedOrder], made: int
    ) -> tuple[dict[int, PlannedOrder], Holds, dict[int, PlannedOrder]]:
        """Part what can go at once from what must wait for another's order, or setting: one keeps no other one back.

        Args:
            planned: The orders.
            made: How many settings had been before they were planned.

        Returns:
            The plans of the first, the holds of those of them that rely on something, and the plans of the second.
        """
        at_once, waiting = dict(planned), dict[int, PlannedOrder]()
        holds = await self._hold_together(planned.values(), due=-math.inf)
        for index, plan in planned.items():
            hold = holds.get(plan.local_id)
            if isinstance(hold, Hold) and (
                self._is_stale(plan, hold, made) or self._settings.taking(hold.reliance.needed)
            ):
                hold.end()
            elif hold is None or isinstance(hold, Hold):
                continue
            waiting[index] = at_once.pop(index)
            del holds[plan.local_id]
        return at_once, holds, waiting

    async def _place_piece(
        self, planned: dict[int, PlannedOrder], holds: Holds | None, due: float, *, alone: bool
    ) -> tuple[dict[int, OrderResult], dict[int, FuturesAsyncError]]:
        """Place orders that wait for nothing but each other; `holds` None: for what they rely on, first.

        Returns:
            What became of them, and what kept others from being placed.
        """
        if holds is None:
            planned, holds = await self._held_together(planned, due - LEFT_S)
        try:
            problems = await self._set_up_several(planned, holds, due - LEFT_S)
            for index, plan in planned.items():  # once all are ready
                try:
                    if index not in problems:
                        with before_sending(plan.local_id):
                            self._left_to_place(due, "create_orders", plan.asleep_s)
                except DeadlineExpired as error:
                    problems[index] = error
            ready = {index: plan for index, plan in planned.items() if index not in problems}
            kept = {name: hold for name, hold in holds.items() if isinstance(hold, Hold)}
            return await self._place_several(ready, kept, due, alone=alone), problems
        finally:
            for hold in holds.values():
                if isinstance(hold, Hold):
                    hold.let_go()

    async def _plan_several(
        self, requests: Sequence[OrderRequest], due: float
    ) -> tuple[dict[int, OrderResult], dict[int, PlannedOrder]]:
        """Plan orders side by side, for their time runs: those that cannot be placed, and the others' plans."""

        def planning(request: OrderRequest) -> Callable[[], Awaitable[PlannedOrder | FuturesAsyncError]]:
            async def run() -> PlannedOrder | FuturesAsyncError:
                try:
                    return await self._ready_by(due, "create_orders", request, partial(self._plan, request))
                except FuturesAsyncError as error:  # before anything of it was sent: the others are none the worse
                    return error

            return run

        results: dict[int, OrderResult] = {}
        planned: dict[int, PlannedOrder] = {}
        names: set[str] = set()
        leverages: dict[str, Decimal] = {}
        for index, plan in enumerate(await together([planning(request) for request in requests])):
            try:
                if not isinstance(plan, PlannedOrder):
                    raise plan
                if plan.local_id in names:
                    with before_sending(requests[index].client_order_id):
                        raise InvalidOrder(f"client_order_id {plan.local_id} stands twice in this batch")
                names.add(plan.local_id)
                with before_sending(plan.local_id):
                    self._check_batch_leverage(plan, leverages)
            except FuturesAsyncError as error:
                results[index] = OrderResult(request=requests[index], error=error)
            else:
                planned[index] = plan
        return results, planned

    async def _hold_together(self, plans: Iterable[PlannedOrder], due: float) -> Holds:
        """The holds of orders on what they rely on, by our ids; see `Reliances.hold`."""
        reliances = {plan.local_id: self._reliance_of(plan) for plan in plans}
        wanted = {name: reliance for name, reliance in reliances.items() if reliance is not None}
        return dict(await self._settings.reliances.hold(wanted, due))

    async def _held_together(
        self, planned: Mapping[int, PlannedOrder], due: float
    ) -> tuple[dict[int, PlannedOrder], Holds]:
        """The same of orders that had to wait, which repeat what stands by now; see `Trading._with_hold`."""
        made, renewed = self._settings.made, dict(planned)
        holds: Holds = {}
        problems: Holds = {}
        stale = [index for index, plan in renewed.items() if plan.repeated]
        stays = False

        def give_up() -> None:
            for hold in holds.values():
                if isinstance(hold, Hold):
                    hold.end()

        while True:
            try:
                for index in stale:
                    plan = renewed[index]
                    reliance = self._reliance_of(plan)
                    try:
                        if reliance is not None:
                            again = partial(self._renewed, plan, reliance, due)
                            _, renewed[index] = await self._ready_by(due, "create_orders", plan.request, again)
                    except FuturesAsyncError as error:
                        problems[plan.local_id] = error
                    stays = stays and renewed[index].request == plan.request and plan.local_id not in problems
            except BaseException:
                give_up()
                raise
            if stays:
                return renewed, holds | problems
            give_up()
            plans = {index: plan for index, plan in renewed.items() if plan.local_id not in problems}
            holds = await self._hold_together(plans.values(), due)
            held = {index: hold for index, plan in plans.items() if isinstance(hold := holds.get(plan.local_id), Hold)}
            stale = [index for index, hold in held.items() if self._is_stale(plans[index], hold, made)]
            if not stale:
                return renewed, holds | problems
            # Kept while it is looked what stands, unless that is just being set: see `_with_hold`.
            made = self._settings.made
            stays = all(self._settings.being_set(held[index].reliance.said) is None for index in stale)
            if not stays:
                give_up()

    async def _set_up_several(
        self, planned: Mapping[int, PlannedOrder], holds: Holds, due: float
    ) -> dict[int, FuturesAsyncError]:
        """See that what orders rely on stands, for all those of one contract that rely on the same at once.

        Returns:
            What keeps some of them from being placed.
        """
        problems: dict[int, FuturesAsyncError] = {}

        def of_contract(plans: list[tuple[int, PlannedOrder]]) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                ready: set[Reliance] = set()
                for index, plan in plans:
                    hold = holds[plan.local_id]
                    try:
                        with before_sending(plan.local_id):
                            if not isinstance(hold, Hold):
                                raise hold
                            if hold.reliance not in ready:
                                await self._ready_by(
                                    due, "create_orders", plan.request, partial(self._set_up, plan, hold)
                                )
                                ready.add(hold.reliance)
                    except FuturesAsyncError as error:
                        problems[index] = error

            return run

        contracts: dict[str, list[tuple[int, PlannedOrder]]] = {}
        for index, plan in planned.items():
            if plan.local_id in holds:
                contracts.setdefault(plan.venue_symbol, []).append((index, plan))
        if contracts:
            await together([of_contract(plans) for plans in contracts.values()])
        return problems

    async def _place_several(
        self, planned: Mapping[int, PlannedOrder], holds: Mapping[str, Hold], due: float, *, alone: bool
    ) -> dict[int, OrderResult]:
        """Place orders, by the venue's batch where it takes them; those that go one by one, side by side."""
        left_s = due - self._channel.transport.runtime().now()
        results: dict[int, OrderResult] = {}
        plans: list[tuple[int, PlannedOrder]] = []
        singles: list[tuple[int, PlannedOrder]] = []
        for index, plan in planned.items():
            if self.max_batch > 1 and not alone and self._batchable(plan):
                plans.append((index, plan))
            else:
                singles.append((index, plan))

        def batch(chunk: list[tuple[int, PlannedOrder]]) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                new = [entry for entry in chunk if self._is_new(*entry, results)]
                orders = [plan for _, plan in new]
                if not orders:
                    return
                try:
                    self._active("create_orders")
                    placement = self._batch_placement(orders)
                    placed = await place_batch(self._orders, self._channel, orders, placement, left_s, holds)
                except FuturesAsyncError as error:  # before anything was sent
                    placed = [OrderResult(request=plan.request, error=error) for plan in orders]
                results.update(zip((index for index, _ in new), placed, strict=True))

            return run

        def single(index: int, plan: PlannedOrder) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                try:
                    order = await self._place_planned(plan, holds.get(plan.local_id), left_s)
                    results[index] = OrderResult(request=plan.request, order=order)
                except FuturesAsyncError as error:
                    results[index] = OrderResult(request=plan.request, error=error)

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
        for index, plan in plans:
            problem = results[index].error
            if problem is not None:
                self._heard(plan, problem)
            self._ordered(plan)
        return results

    def _is_new(self, index: int, plan: PlannedOrder, results: dict[int, OrderResult]) -> bool:
        """Whether an order can be entered in the books; what keeps it out is put down, and keeps no other one out."""
        try:
            with before_sending(plan.local_id):
                self._orders.check_new(plan)
        except InvalidOrder as error:
            results[index] = OrderResult(request=plan.request, error=error)
            return False
        return True

    def _check_batch_leverage(self, plan: PlannedOrder, leverages: dict[str, Decimal]) -> None:
        """Of one order among several: what one of them has set, another must not change before that one is sent."""
        wanted = plan.request.leverage
        if wanted is not None and leverages.setdefault(plan.venue_symbol, wanted) != wanted:
            raise InvalidOrder(
                f"{self.id}: orders of one batch ask for different leverages of {plan.request.symbol}: place them apart"
            )
