"""What stands in a journal, and would be sent when others have long proved that it was not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitMart, Bybit
from futures_async.journal.journal import IntentRecord, MemoryJournal
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport import asleep
from futures_async.unified import errors
from futures_async.unified.enums import OrderType, Outcome

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitMart, Bybit, OKX)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
HOUR_S = 3600


class Stopping(MemoryJournal):
    """Once an intent stands there, the computer is stopped: its own clocks stand still, and the venue's goes on."""

    def __init__(self, on: Inside, for_s: int = HOUR_S) -> None:
        super().__init__()
        self._on = on
        self._for_s = for_s
        self.stops = False

    async def intent(self, record: IntentRecord) -> None:
        await super().intent(record)
        if self.stops:
            self.stops = False
            self._on.advance(self._for_s * 1000)


def stopped(spec: VenueSpec, play: Callable[[Inside, Adapter], Awaitable[None]], for_s: int = HOUR_S) -> None:
    async def main() -> None:
        on = Inside(spec)
        journal = Stopping(on, for_s)
        async with on.connect(on.credentials, journal=journal) as exchange:
            await exchange.fetch_time()
            await exchange.fetch_contracts()
            journal.stops = True
            await play(on, exchange)
            assert await journal.open_intents(exchange.id, exchange.account_id) == []

    run(main())


@each_venue
def test_an_order_is_not_signed_anew_an_hour_after_its_intent(spec: VenueSpec) -> None:
    async def play(on: Inside, exchange: Adapter) -> None:
        with pytest.raises(errors.DeadlineExpired) as caught:
            await exchange.create_order(on.request())
        assert caught.value.outcome is Outcome.NOT_SENT
        assert await exchange.fetch_open_orders(spec.symbol) == []
        assert (await exchange.create_order(on.request())).order_id  # the clock is right now

    stopped(spec, play)


def test_nor_are_several() -> None:
    async def play(on: Inside, exchange: Adapter) -> None:
        results = await exchange.create_orders([on.request(), on.request()])
        assert all(isinstance(result.error, errors.DeadlineExpired) for result in results)
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    stopped(SPECS[1], play)


def test_nor_is_one_that_waits_for_a_price() -> None:
    async def play(on: Inside, exchange: Adapter) -> None:
        with pytest.raises(errors.DeadlineExpired):
            await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))
        assert await exchange.fetch_trigger_orders(on.spec.symbol) == []

    stopped(SPECS[-1], play)


@each_venue
def test_a_clock_that_is_off_by_less_than_its_intent_allows_ends_no_order(spec: VenueSpec) -> None:
    async def play(on: Inside, exchange: Adapter) -> None:
        assert (await exchange.create_order(on.request())).order_id

    stopped(spec, play, for_s=8)


def test_an_order_that_waits_for_a_price_is_not_sent_when_its_journal_took_too_long() -> None:
    class Slow(MemoryJournal):
        async def intent(self, record: IntentRecord) -> None:
            await super().intent(record)
            await anyio.sleep(HOUR_S)

    async def main() -> None:
        on, journal = Inside(SPECS[-1]), Slow()
        async with on.connect(on.credentials, journal=journal) as exchange:
            with pytest.raises(errors.DeadlineExpired, match="nothing was sent"):
                await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))
            assert await exchange.fetch_trigger_orders(on.spec.symbol) == []
            assert await journal.open_intents(exchange.id, exchange.account_id) == []

    run(main())


def test_where_no_fence_is_written_down_a_clock_that_is_off_is_set_right() -> None:
    async def main() -> None:
        on = Inside(SPECS[1])
        async with on.exchange as exchange:
            await exchange.fetch_time()
            on.advance(HOUR_S * 1000)
            assert (await exchange.create_order(on.request())).order_id

    run(main())


class Sleeper:
    """This computer may sleep: its own clocks stand still then, and the venue's goes on."""

    def __init__(self, on: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
        self._on = on
        self._slept_s = 5.0
        monkeypatch.setattr(asleep, "asleep_s", lambda: self._slept_s)

    def sleep(self) -> None:
        self._slept_s += HOUR_S
        self._on.advance(HOUR_S * 1000)

    def sleeps_once(self, owner: object, name: str, *, on_its_way: bool = False) -> None:
        """Sleep when this is called next: before the call, or within it."""
        real = getattr(owner, name)

        def called(*given: Any, **more: Any) -> Any:
            setattr(owner, name, real)
            if on_its_way and given[0].method != "POST":
                self.sleeps_once(owner, name, on_its_way=True)
            else:
                self.sleep()
            return real(*given, **more)

        setattr(owner, name, called)


def slept_over(
    monkeypatch: pytest.MonkeyPatch, play: Callable[[Inside, Any, Sleeper], Awaitable[None]], spec: VenueSpec = SPECS[1]
) -> None:
    async def main() -> None:
        on = Inside(spec)
        async with on.exchange as exchange:
            await exchange.fetch_time()
            await exchange.fetch_contracts()
            first = await exchange.create_order(on.request())  # what must be known first is read now
            await exchange.cancel_order(spec.symbol, order_id=first.order_id)
            await play(on, exchange, Sleeper(on, monkeypatch))
            assert (await exchange.create_order(on.request())).order_id  # begun when it was awake

    run(main())


def test_an_order_that_the_computer_slept_over_before_it_left_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        sleeper.sleeps_once(exchange, "_check_rules")
        with pytest.raises(errors.DeadlineExpired, match="slept for 3600 s") as caught:
            await exchange.create_order(on.request())
        assert caught.value.outcome is Outcome.NOT_SENT
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    slept_over(monkeypatch, play)


def test_nor_one_that_it_slept_over_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        for place in (exchange.create_order, exchange.create_orders):
            request: Any = on.request() if place == exchange.create_order else [on.request(), on.request()]
            sleeper.sleeps_once(exchange._channel.transport.limiter, "try_acquire")
            try:
                results = await place(request)
            except errors.DeadlineExpired as error:
                problems: list[Any] = [error]
            else:
                problems = [result.error for result in results]
            assert all("slept for 3600 s" in problem.text for problem in problems)
            assert {problem.outcome for problem in problems} == {Outcome.NOT_SENT}
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    slept_over(monkeypatch, play)


def test_nor_is_one_signed_anew_whose_timestamp_has_become_too_old_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        sleeper.sleeps_once(on.backend, "send", on_its_way=True)
        with pytest.raises(errors.DeadlineExpired, match="slept for 3600 s") as caught:
            await exchange.create_order(on.request())
        assert caught.value.outcome is Outcome.NOT_SENT
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    slept_over(monkeypatch, play)


def test_nor_one_that_waits_for_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        for where, name in ((exchange, "_check_rules"), (exchange._channel.transport.limiter, "try_acquire")):
            sleeper.sleeps_once(where, name)
            with pytest.raises(errors.DeadlineExpired, match=r"slept for 3600 s|when it was ready"):
                await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))
        assert await exchange.fetch_trigger_orders(on.spec.symbol) == []

    slept_over(monkeypatch, play, SPECS[-1])


def test_nor_an_edit_while_a_cancel_is_sent_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        order = await exchange.create_order(on.request())
        sleeper.sleeps_once(exchange, "_check_rules")
        with pytest.raises(errors.DeadlineExpired, match="slept for 3600 s"):
            await exchange.edit_order(on.spec.symbol, order_id=order.order_id, quantity=2 * order.quantity)
        stands = await exchange.fetch_order(on.spec.symbol, order_id=order.order_id)
        assert stands.quantity == order.quantity
        sleeper.sleeps_once(exchange._channel.transport.limiter, "try_acquire")
        assert (await exchange.cancel_order(on.spec.symbol, order_id=order.order_id)).status == "canceled"

    slept_over(monkeypatch, play, SPECS[-1])


def test_what_several_orders_need_first_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(on: Inside, exchange: Any, sleeper: Sleeper) -> None:
        check = exchange._check_rules

        async def slowly(request: Any, venue_symbol: str) -> Any:
            await anyio.sleep(1.5)
            return await check(request, venue_symbol)

        exchange._check_rules = slowly
        sent = await exchange.create_orders([on.request(), on.request()])  # side by side
        assert [result.error for result in sent] == [None, None]
        sleeper.sleeps_once(exchange, "_check_rules")
        late = await exchange.create_orders([on.request(client_order_id="first"), on.request(client_order_id="second")])
        exchange._check_rules = check
        assert [result.error.client_order_id for result in late] == ["first", "second"]
        assert all("longer than send_within_s" in result.error.text for result in late)

    slept_over(monkeypatch, play)
