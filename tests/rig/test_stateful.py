"""A7: places, cancels, lookups, waits, clock steps and the end, in any order, against an independent model."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from futures_async import (
    CancelOutcomeUnknown,
    Credentials,
    FuturesAsyncError,
    Order,
    OrderNotFound,
    OrderOutcomeUnknown,
    Outcome,
    UnresolvedOrders,
)
from futures_async.testing.virtual_time import VirtualTimeLoop
from tests.rig.support import BTC, limit_order
from tests.rig.test_cancellation import CountingLimiter
from tests.rig.toy import Toy
from tests.rig.venue import FAULTS, ToyVenue

faults = st.sampled_from(["", *FAULTS])


class Trading(RuleBasedStateMachine):
    """`said` is the model: what the client has told of each intent, which later facts must never contradict."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.venue = ToyVenue(5, fault_rate=0, lookup_fault_rate=0.1, lag_s=3.0, late_s=(1.0, 29.0))
        self.limiter = CountingLimiter()
        self.toy = Toy(Credentials("key-1", "secret-1"), http=self.venue, limiter=self.limiter)
        self.said: dict[str, Order | FuturesAsyncError | None] = {}
        self.price = 0
        self.fault = ""
        self.closed = False
        self.venue.force = self.next_fault
        self.do(self.toy.fetch_time())

    def next_fault(self, request: Any) -> str | None:
        fault, self.fault = (self.fault, "") if request.method == "POST" else ("", self.fault)
        return fault if request.method == "POST" else None

    def do(self, call: Coroutine[Any, Any, Any]) -> Any:
        async def main() -> Any:
            try:
                return await call
            except FuturesAsyncError as error:
                return error

        return self.runner.run(main())

    def name(self) -> str:
        self.price += 1
        return f"order{self.price}"

    @precondition(lambda self: not self.closed)
    @rule(fault=faults, on_unknown=st.sampled_from(["resolve", "raise"]))
    def place(self, fault: str, on_unknown: Any) -> None:
        name, self.fault = self.name(), fault
        self.said[name] = self.do(
            self.toy.create_order(limit_order(self.price, client_order_id=name), on_unknown=on_unknown)
        )

    @precondition(lambda self: not self.closed)
    @rule(fault=faults, after_s=st.floats(0, 0.1))
    def place_and_leave(self, fault: str, after_s: float) -> None:
        name, self.fault = self.name(), fault

        async def leave() -> None:
            task = asyncio.ensure_future(self.toy.create_order(limit_order(self.price, client_order_id=name)))
            await asyncio.sleep(after_s)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self.do(leave())
        self.said[name] = None

    @precondition(lambda self: not self.closed and self.said)
    @rule(fault=faults, data=st.data())
    def cancel(self, fault: str, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.said)))
        self.fault = fault
        result = self.do(self.toy.cancel_order(BTC, client_order_id=name))
        held = self.venue.by_client.get(name, [])
        if isinstance(result, Order):
            assert [str(order.order_id) for order in held] == [result.order_id]
            assert not (result.status.is_final and held[0].status == "open")
        elif isinstance(result, OrderNotFound):
            assert not held or held[0].visible_at > self.venue.now() - 5
        else:
            assert isinstance(result, FuturesAsyncError)
            assert result.outcome in (Outcome.NOT_SENT, Outcome.REJECTED) or isinstance(result, CancelOutcomeUnknown)

    @precondition(lambda self: not self.closed and self.said)
    @rule(data=st.data())
    def lookup(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.said)))
        found = self.do(self.toy.resolve_order(BTC, name))
        held = self.venue.by_client.get(name, [])
        if isinstance(found, Order):
            assert [str(order.order_id) for order in held] == [found.order_id]
        elif found is None:
            assert held == []
        else:
            assert isinstance(found, OrderOutcomeUnknown)

    @rule(seconds=st.floats(0, 60))
    def wait(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))

    @rule(step_ms=st.integers(-1500, 1500))
    def step_the_venues_clock(self, step_ms: int) -> None:
        # Forwards in all: a venue that goes back in time keeps no promise about its window.
        self.venue.offset_ms = max(self.venue.offset_ms, self.venue.offset_ms + step_ms)

    @precondition(lambda self: not self.closed)
    @rule()
    def close(self) -> None:
        result = self.do(self.toy.aclose(grace_s=5))
        self.closed = True
        assert result is None or isinstance(result, UnresolvedOrders)
        assert not self.toy._channel.deeds

    @precondition(lambda self: self.closed)
    @rule()
    def refuse_after_the_end(self) -> None:
        result = self.do(self.toy.create_order(limit_order(client_order_id="late")))
        assert result.outcome is Outcome.NOT_SENT

    @invariant()
    def no_intent_has_two_orders(self) -> None:
        assert all(count == 1 for count in self.venue.by_price.values())

    @invariant()
    def verdicts_stand(self) -> None:
        for name, said in self.said.items():
            held = self.venue.by_client.get(name, [])
            fate = self.toy.outcome(name)
            for verdict in (said, fate):
                if isinstance(verdict, Order):
                    assert [str(order.order_id) for order in held] == [verdict.order_id]
                elif verdict is not None and verdict.outcome is not Outcome.UNKNOWN:
                    assert held == []

    @invariant()
    def no_slot_is_made_up(self) -> None:
        assert self.limiter.open >= 0
        assert self.venue.slots.free <= self.venue.max_connections

    def teardown(self) -> None:
        self.do(self.toy.aclose(grace_s=60))
        self.do(asyncio.sleep(60))
        try:
            self.verdicts_stand()
            assert self.limiter.open == 0
            assert self.venue.slots.free == self.venue.max_connections
        finally:
            self.do(self.venue.aclose())
            self.runner.close()


TestTrading = Trading.TestCase
TestTrading.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
