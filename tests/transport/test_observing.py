"""Who listens to an account: `on_event`, and those who came later."""

from __future__ import annotations

import logging

import pytest

import futures_async as fa
from futures_async.simulator.server import serve
from futures_async.transport.events import CallEvent, Observer
from futures_async.transport.limits.limiter import Limiter, Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.limits.none import NoLimiter

EVENT = CallEvent(venue="toy", endpoint="GET /", attempt=1, outcome="ok")


def test_all_who_listen_are_told_in_turn() -> None:
    told: list[str] = []
    observer = Observer(lambda event: told.append("first"))
    observer.also(lambda event: told.append("second"))
    observer.also(lambda event: told.append("third"))
    observer.attempt(EVENT)
    assert told == ["first", "second", "third"]


def test_one_who_fails_keeps_no_other_from_being_told(caplog: pytest.LogCaptureFixture) -> None:
    def fails(event: object) -> None:
        raise RuntimeError("mine")

    told: list[object] = []
    observer = Observer(fails)
    observer.also(fails)
    observer.also(told.append)
    with caplog.at_level(logging.ERROR):
        observer.tell(EVENT)
    assert told == [EVENT]
    assert len(caplog.records) == 2


def test_nobody_listens_until_somebody_does() -> None:
    observer = Observer(None)
    assert not observer.active
    observer.also(lambda event: None)
    assert observer.active


@pytest.mark.asyncio
async def test_an_account_tells_of_its_own_calls_and_streams_only() -> None:
    given: list[fa.CallEvent | fa.StreamEvent] = []
    heard: list[fa.CallEvent | fa.StreamEvent] = []
    with serve(seed=2) as running:
        keys = running.credentials("bitget")
        async with fa.connect("bitget", keys, base_url=running.base_url, on_event=given.append) as exchange:
            exchange.observe(heard.append)
            async with exchange.with_credentials(keys) as other:
                await other.fetch_positions()
                assert (len(heard), len(given)) == (0, len(given))
                assert given
            given.clear()
            await exchange.fetch_positions()
            async with exchange.watch_orders() as watch:
                await watch.live()
    assert heard == given
    assert {type(event) for event in heard} == {fa.CallEvent, fa.StreamEvent}


@pytest.mark.asyncio
async def test_slots_taken_are_told_without_whose_they_are() -> None:
    with serve(seed=2) as running:
        keys = running.credentials("bitget")
        async with fa.connect("bitget", keys, base_url=running.base_url) as exchange:
            assert exchange.slots_taken() == {}
            await exchange.fetch_positions()
            await exchange.fetch_contracts()
            taken = exchange.slots_taken()
    assert {name.partition(":")[0] for name in taken} == {"uid", "ip"}
    assert all(0 <= used <= limit for used, limit in taken.values())
    assert sum(used for used, _ in taken.values()) >= 1
    assert not any(exchange.account_id in name for name in taken)


@pytest.mark.asyncio
async def test_a_limiter_counts_what_it_has_in_this_process() -> None:
    pool = Pool("a", 2, 60.0)
    limiter = LocalLimiter()
    assert limiter.taken(pool) == 0
    permit = await limiter.acquire([pool], Priority.READ, None)
    assert limiter.taken(pool) == 1
    permit.unused()
    assert limiter.taken(pool) == 0
    elsewhere: Limiter = NoLimiter()
    assert elsewhere.taken(pool) is None
