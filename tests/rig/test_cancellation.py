"""A4: the caller of every public method is cancelled at every step of the event loop; a failure is put at each request.

Nothing may be lost by that: no slot of the limiter or of the HTTP backend, no task, no exception that nobody
retrieves, and no order whose fate is known to nobody.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from futures_async import (
    Capability,
    Credentials,
    FuturesAsyncError,
    FuturesExchange,
    Order,
    OrderRequest,
    OrderType,
    Outcome,
    Side,
    UnresolvedOrders,
)
from futures_async.testing.virtual_time import VirtualTimeLoop
from futures_async.transport.http.backend import HttpRequest
from futures_async.transport.limits.limiter import Limiter, Permit, Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from tests.rig.toy import Toy
from tests.rig.venue import ToyVenue

BTC = "BTC/USDT:USDT"
ID = "sweep1"


class CountedPermit(Permit):
    def __init__(self, inner: Permit, limiter: CountingLimiter) -> None:
        self.inner = inner
        self.limiter = limiter
        self.settled = 0

    def _settle(self) -> None:
        self.settled += 1
        assert self.settled == 1, "a permit was settled twice"
        self.limiter.open -= 1

    def answered(self, rtt_s: float | None = None) -> None:
        self._settle()
        self.inner.answered(rtt_s)

    def unused(self) -> None:
        self._settle()
        self.inner.unused()


class CountingLimiter(Limiter):
    """The local limiter, and how many of its permits are in somebody's hands."""

    def __init__(self) -> None:
        self.inner = LocalLimiter()
        self.open = 0

    def _count(self, permit: Permit | None) -> Permit | None:
        if permit is None:
            return None
        self.open += 1
        return CountedPermit(permit, self)

    def try_acquire(self, pools: Sequence[Pool], priority: Priority) -> Permit | None:
        return self._count(self.inner.try_acquire(pools, priority))

    async def acquire(self, pools: Sequence[Pool], priority: Priority, deadline: float | None) -> Permit:
        permit = self._count(await self.inner.acquire(pools, priority, deadline))
        assert permit is not None
        return permit

    def close(self, pools: Sequence[Pool], for_s: float) -> None:
        self.inner.close(pools, for_s)

    def closed_for(self, pools: Sequence[Pool]) -> float:
        return self.inner.closed_for(pools)


class NarrowVenue(ToyVenue):
    """A venue that is reached over one connection."""

    max_connections = 1


def request(price: int = 100, client_order_id: str | None = None) -> OrderRequest:
    return OrderRequest(
        symbol=BTC,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.5"),
        price=Decimal(price),
        client_order_id=client_order_id,
    )


async def every(rows: Any) -> list[Any]:
    return [row async for row in rows]


async def resolved(toy: Toy) -> Any:
    try:
        return await toy.create_order(request(client_order_id=ID), on_unknown="raise")
    except FuturesAsyncError:
        return await toy.resolve_order(BTC, ID)


Method = Callable[[Toy, Order], Awaitable[Any]]
METHODS: dict[str, Method] = {
    "create_order": lambda toy, order: toy.create_order(request(client_order_id=ID)),
    "create_orders": lambda toy, order: toy.create_orders([request(7, ID), request(8), request(9)]),
    "cancel_order": lambda toy, order: toy.cancel_order(BTC, order_id=order.order_id),
    "cancel_orders": lambda toy, order: toy.cancel_orders(BTC, order_ids=[order.order_id], client_order_ids=["none"]),
    "cancel_all_orders": lambda toy, order: toy.cancel_all_orders(BTC),
    "edit_order": lambda toy, order: toy.edit_order(BTC, order_id=order.order_id, price=3),
    "close_position": lambda toy, order: toy.close_position(BTC),
    "resolve_order": lambda toy, order: resolved(toy),
    "set_leverage": lambda toy, order: toy.set_leverage(BTC, 7),
    "adjust_margin": lambda toy, order: toy.adjust_margin(BTC, 5),
    "fetch_order": lambda toy, order: toy.fetch_order(BTC, order_id=order.order_id),
    "fetch_open_orders": lambda toy, order: toy.fetch_open_orders(BTC),
    "fetch_order_history": lambda toy, order: toy.fetch_order_history(BTC, limit=15),
    "fetch_leverage": lambda toy, order: toy.fetch_leverage(BTC),
    "fetch_positions": lambda toy, order: toy.fetch_positions(BTC),
    "fetch_position": lambda toy, order: toy.fetch_position(BTC),
    "fetch_position_risk": lambda toy, order: toy.fetch_position_risk(BTC),
    "fetch_time": lambda toy, order: toy.fetch_time(),
    "iter_orders": lambda toy, order: every(toy.iter_orders(BTC)),
    "request": lambda toy, order: toy.request("POST", "/leverage/set", body={"leverage": "9"}, idempotent=True),
    "aclose": lambda toy, order: toy.aclose(),
}
# Toy answers these without a request, or not at all.
NOT_ON_THE_WIRE = {
    "fetch_account", "fetch_accounts", "fetch_contract", "fetch_contracts", "fetch_position_mode", "fetch_fills",
    "fetch_ledger", "fetch_ticker", "fetch_funding_rate", "fetch_risk_limits", "fetch_trigger_orders",
    "fetch_position_history", "set_margin_mode", "set_position_mode", "create_trigger_order", "cancel_trigger_order",
    "arm_cancel_all", "set_risk_limit", "iter_fills", "iter_ledger",
}  # fmt: skip


def test_every_public_method_is_swept() -> None:
    methods = {
        name
        for name in dir(Toy)
        if not name.startswith("_")
        and (inspect.iscoroutinefunction(getattr(Toy, name)) or name.startswith("iter_"))
        and hasattr(FuturesExchange, name)
    }
    assert methods - NOT_ON_THE_WIRE <= set(METHODS)


class TickingLoop(VirtualTimeLoop):
    """Counts its turns, and calls a hook before one of them."""

    ticks = -(10**9)
    at: frozenset[int] = frozenset()
    hook: Callable[[], object] = staticmethod(lambda: None)

    def _run_once(self) -> None:
        self.ticks += 1
        if self.ticks in self.at:
            self.hook()
        super()._run_once()  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - the one place where all steps pass


class Run:
    """One run of one method."""

    def __init__(self, name: str, *, cancel_at: Iterable[int] = (), contended: bool = False, fault: str = "") -> None:
        self.name = name
        self.cancel_at = frozenset(cancel_at)
        self.contended = contended
        self.fault = fault
        self.ticks = 0
        self.requests = 0
        self.problems: list[Any] = []

    def __call__(self) -> Run:
        with asyncio.Runner(loop_factory=TickingLoop) as runner:
            runner.run(self.main())
        return self

    def refuse(self, venue: ToyVenue, number: int) -> Callable[[HttpRequest], str | None]:
        first = len(venue.requests)
        return lambda request: self.fault if len(venue.requests) - first == number else ""

    fail_request = 10**9

    async def main(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, TickingLoop)
        loop.set_exception_handler(lambda loop, context: self.problems.append(context))
        venue = (NarrowVenue if self.contended else ToyVenue)(3, fault_rate=0, lookup_fault_rate=0, lag_s=0)
        venue.force = lambda request: ""
        limiter = CountingLimiter()
        toy = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=limiter, uid_limit=3 if self.contended else 100)
        order = await toy.create_order(request(1))
        if order.status.is_final:
            order = await toy.create_order(request(2))
        rivals: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(toy.fetch_time()) for _ in range(2 if self.contended else 0)
        ]
        rivals += [asyncio.ensure_future(toy.fetch_leverage(BTC)) for _ in range(3 if self.contended else 0)]
        if self.name == "resolve_order":
            venue.force = lambda request: "disconnected-applied" if request.url.endswith("/place") else ""
        if self.fault:
            venue.force = self.refuse(venue, self.fail_request)
        self.requests = -len(venue.requests)
        task = asyncio.ensure_future(METHODS[self.name](toy, order))
        cancels: list[bool] = []
        loop.hook = lambda: cancels.append(task.cancel())
        loop.at, loop.ticks = self.cancel_at, 0
        error: BaseException | None = None
        try:
            await task
        except (FuturesAsyncError, asyncio.CancelledError) as caught:
            error = caught
        loop.at, self.ticks = frozenset(), loop.ticks
        self.requests += len(venue.requests)
        if any(cancels):
            assert isinstance(error, asyncio.CancelledError), f"the cancellation ended as {error!r}"
        else:
            assert not isinstance(error, asyncio.CancelledError)
        await asyncio.gather(*rivals, return_exceptions=True)
        await self.check_books(toy, venue, limiter)

    async def check_books(self, toy: Toy, venue: ToyVenue, limiter: CountingLimiter) -> None:
        with contextlib.suppress(UnresolvedOrders):
            await toy.aclose(grace_s=100)
        await asyncio.sleep(20)
        held = venue.by_client.get(ID, [])
        fate = toy.outcome(ID)
        assert len(held) <= 1
        if held:
            assert isinstance(fate, Order) or (fate is not None and fate.outcome is Outcome.UNKNOWN)
        else:
            assert not isinstance(fate, Order)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left
        assert not toy._transport.runtime().works
        channel = toy._channel
        assert (len(channel.deeds), channel._reads, channel._stops.waits) == (0, {}, 0)
        assert limiter.open == 0
        assert venue.slots.free == venue.max_connections
        assert not toy._settings._locks


def sweep(name: str, contended: bool, *, long: bool) -> int:
    """Cancel at each turn of the loop, and once more some turns later."""
    runs: list[Run] = []
    straight = Run(name, contended=contended)()
    gaps: tuple[int | None, ...] = (None, 0, 1, 2, 3, 4) if long else (None, 1)
    for tick in range(1, straight.ticks + 1):
        for gap in gaps:
            at = {tick} if gap is None else {tick, tick + gap}
            run = Run(name, cancel_at=at, contended=contended)
            try:
                run()
            except AssertionError as error:
                error.add_note(f"{name} cancelled at turns {sorted(at)} of {straight.ticks}, contended={contended}")
                raise
            runs.append(run)
    gc.collect()
    assert [problem for run in runs for problem in run.problems] == []
    return len(runs)


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long", default=False))


@pytest.mark.parametrize("contended", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_a_cancelled_caller_costs_nothing(name: str, contended: bool, long: bool) -> None:
    assert sweep(name, contended, long=long) >= 2


@pytest.mark.parametrize("name", [name for name in METHODS if name != "aclose"])
def test_a_failure_at_any_request_costs_nothing(name: str) -> None:
    straight = Run(name, fault="none")()
    for number in range(straight.requests):
        for fault in ("refused", "write-before-body", "disconnected-applied", "read-timeout-lost", "html-502-lost"):
            run = Run(name, fault=fault)
            run.fail_request = number
            try:
                run()
            except AssertionError as error:
                error.add_note(f"{name} with {fault} at request {number} of {straight.requests}")
                raise
            assert run.problems == []


def test_all_capabilities_are_claimed_so_that_nothing_hides() -> None:
    assert Toy.capabilities == frozenset(Capability)


@pytest.mark.parametrize("contended", [False, True])
@pytest.mark.parametrize("name", METHODS)
def test_on_trio_a_cancelled_caller_costs_nothing(name: str, contended: bool) -> None:
    import trio
    from trio.testing import MockClock

    class Counter(trio.abc.Instrument):
        steps = 0
        at = 10**9
        scope: trio.CancelScope | None = None

        def after_task_step(self, task: Any) -> None:
            self.steps += 1
            if self.steps == self.at and self.scope is not None:
                self.scope.cancel()

    async def rival(call: Callable[[], Awaitable[Any]]) -> None:
        with contextlib.suppress(FuturesAsyncError):
            await call()

    async def main(counter: Counter, at: int) -> int:
        venue = (NarrowVenue if contended else ToyVenue)(3, fault_rate=0, lookup_fault_rate=0, lag_s=0)
        venue.force = lambda request: ""
        limiter = CountingLimiter()
        toy = Toy(Credentials("key-1", "secret-1"), http=venue, limiter=limiter, uid_limit=3 if contended else 100)
        order = await toy.create_order(request(1))
        if name == "resolve_order":
            venue.force = lambda request: "disconnected-applied" if request.url.endswith("/place") else ""
        async with trio.open_nursery() as rivals:
            for call in (toy.fetch_time, toy.fetch_time, lambda: toy.fetch_leverage(BTC)) if contended else ():
                rivals.start_soon(rival, call)
            with trio.CancelScope() as scope:
                counter.scope, counter.steps, counter.at = scope, 0, at
                with contextlib.suppress(FuturesAsyncError):
                    await METHODS[name](toy, order)
            counter.at = 10**9
            steps = counter.steps
        with contextlib.suppress(UnresolvedOrders):
            await toy.aclose(grace_s=100)
        await trio.sleep(20)
        held, fate = venue.by_client.get(ID, []), toy.outcome(ID)
        assert len(held) <= 1
        if held:
            assert isinstance(fate, Order) or (fate is not None and fate.outcome is Outcome.UNKNOWN)
        else:
            assert not isinstance(fate, Order)
        assert not toy._transport.runtime().works
        assert (len(toy._channel.deeds), toy._channel._reads, toy._channel._stops.waits) == (0, {}, 0)
        assert limiter.open == 0
        assert venue.slots.free == venue.max_connections
        assert not toy._settings._locks
        return steps

    def once(at: int) -> int:
        counter = Counter()
        return trio.run(main, counter, at, clock=MockClock(autojump_threshold=0), instruments=[counter])

    straight = once(10**9)
    assert straight > 1
    for at in range(1, straight + 1):
        try:
            once(at)
        except AssertionError as error:
            error.add_note(f"{name} cancelled at step {at} of {straight}, contended={contended}")
            raise
