"""Orders whose computer falls asleep when the manager's row stands: others may judge by that row, and place anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Binance, Bitget, BitMart, Bybit
from futures_async.journal.journal import IntentRecord, MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.handing import Handed, handing_on, taken_up
from futures_async.transport import asleep as clocks
from futures_async.unified import errors
from futures_async.unified.enums import OrderType, Outcome, Side
from futures_async.unified.errors import DeadlineExpired, InvalidRequest

SPECS = {kind.id: VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitMart, Bybit, OKX)}
each_venue = pytest.mark.parametrize("venue", SPECS)
HOUR_S = 3600
ROW = IntentRecord(
    venue="venue-a",
    account="mine",
    client_order_id="id1",
    symbol="BTC/USDT:USDT",
    venue_symbol="BTCUSDT",
    side=Side.BUY,
    type=OrderType.MARKET,
    quantity=Decimal(1),
    created_ms=1,
)


class Sleeping(MemoryJournal):
    """Once an intent stands there, the computer sleeps: its own clocks stand still, and the venue's goes on."""

    def __init__(self, on: Inside, *, for_s: int, judged: bool) -> None:
        super().__init__()
        self._on = on
        self._for_s = for_s
        self._judged = judged
        self.sleeps = False
        self.intents = 0

    async def intent(self, record: IntentRecord) -> None:
        await super().intent(record)
        self.intents += 1
        if self.sleeps:
            self.sleeps = False
            self._on.advance(self._for_s * 1000)
            if self._judged:  # as another host's `recover` does
                name, of = record.client_order_id, {"venue": record.venue, "account": record.account}
                await self.verdict(name, Outcome.NOT_PLACED, attempt=record.attempt, **of)


Play = Callable[[Inside, Adapter, OrderManager], Awaitable[None]]


def asleep(
    play: Play, venue: str, *, shared: bool = False, warm: bool = False, judged: bool = False, for_s: int = HOUR_S
) -> None:
    """Play with a manager whose next order is slept over.

    Args:
        play: With the exchange, a client and its manager.
        venue: The client's.
        shared: The client has the manager's journal.
        warm: It has placed an order before, and reads nothing for the next one.
        judged: Another host proves meanwhile that the order does not stand.
        for_s: How long it sleeps.
    """

    async def main() -> None:
        on = Inside(SPECS[venue])
        journal = Sleeping(on, for_s=for_s, judged=judged)
        options: dict[str, Any] = {"journal": journal} if shared else {}
        async with on.connect(on.credentials, **options) as exchange:
            await exchange.fetch_contracts()  # the answer tells the time
            if warm:
                await exchange.create_order(on.request())
                await exchange.cancel_all_orders(on.spec.symbol)
            journal.intents, journal.sleeps = 0, True
            await play(on, exchange, OrderManager(exchange, journal=journal))
            assert await journal.open_intents(exchange.id, exchange.account_id) == []

    run(main())


async def too_late(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
    with pytest.raises(DeadlineExpired) as caught:
        await manager.submit(on.request())
    assert caught.value.outcome is Outcome.NOT_SENT
    assert await exchange.fetch_open_orders(on.spec.symbol) == []


@each_venue
@pytest.mark.parametrize("warm", [False, True])
def test_an_order_of_an_exchange_without_a_journal_is_not_signed_an_hour_after_the_managers_row(
    venue: str, warm: bool
) -> None:
    asleep(too_late, venue, warm=warm)


@each_venue
def test_nor_where_planning_has_set_the_clock_right_meanwhile(venue: str) -> None:
    asleep(too_late, venue, shared=True)


@each_venue
def test_what_was_judged_meanwhile_in_the_shared_journal_is_not_written_over(venue: str) -> None:
    async def play(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
        with pytest.raises(InvalidRequest, match="judged meanwhile") as caught:
            await manager.submit(on.request())
        assert caught.value.outcome is Outcome.NOT_SENT
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    asleep(play, venue, shared=True, judged=True)


@pytest.mark.parametrize("judged", [False, True])
@pytest.mark.parametrize("shared", [False, True])
def test_nor_is_it_placed_by_a_further_attempt(shared: bool, judged: bool) -> None:
    async def play(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
        with pytest.raises((DeadlineExpired, InvalidRequest)):
            await manager.submit(on.request(), attempts=3)
        assert await exchange.fetch_open_orders(on.spec.symbol) == []

    asleep(play, "okx", shared=shared, judged=judged)


@each_venue
@pytest.mark.parametrize("shared", [False, True])
def test_a_nap_that_others_allow_for_ends_no_order(venue: str, shared: bool) -> None:
    async def play(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
        order = await manager.submit(on.request())
        assert [one.order_id for one in await exchange.fetch_open_orders(on.spec.symbol)] == [order.order_id]

    asleep(play, venue, shared=shared, for_s=8)


def test_what_was_only_too_slow_is_placed_again() -> None:
    async def play(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
        place, late = exchange.create_order, [DeadlineExpired("the queue was long")]

        async def create_order(request: Any, **options: Any) -> Any:
            if late:
                raise late.pop()
            return await place(request, **options)

        exchange.create_order = create_order  # type: ignore[method-assign]
        await manager.submit(on.request(), attempts=2)
        assert len(await exchange.fetch_open_orders(on.spec.symbol)) == 1

    asleep(play, "okx", for_s=1)


ENDS = [
    errors.ConnectFailed("no network", kind="dns"),
    errors.QueueFull("too many wait"),
    errors.OrderNotPlaced("proved absent"),
    DeadlineExpired("the queue was long"),
]


def slept_over(
    error: errors.FuturesAsyncError, sleep: Callable[[Inside], None], *, in_the_pause: bool, times: int = 1
) -> None:
    """Two attempts, of which the first ends with `error`; the computer sleeps before it does, or in the pause after."""

    async def play(on: Inside, exchange: Adapter, manager: OrderManager) -> None:
        asked: list[Any] = []

        async def fall_asleep(after_s: float = 0.0) -> None:
            await anyio.sleep(after_s)
            sleep(on)
            await exchange.fetch_ticker(on.spec.symbol)  # another task of the bot: its answer tells the venue's time

        async def create_order(request: Any, **options: Any) -> Any:
            asked.append(request)
            if not in_the_pause:
                await fall_asleep()
            raise error

        exchange.create_order = create_order  # type: ignore[method-assign]
        async with anyio.create_task_group() as tasks:
            if in_the_pause:
                tasks.start_soon(fall_asleep, 0.2)
            with pytest.raises(type(error)):
                await manager.submit(on.request(), attempts=2)
        assert len(asked) == times

    asleep(play, "okx", for_s=0)


each_end = pytest.mark.parametrize("error", ENDS, ids=lambda error: type(error).__name__)


@each_end
@pytest.mark.parametrize("in_the_pause", [False, True])
def test_whatever_an_attempt_ended_with_there_is_no_further_one_after_a_sleep(
    error: errors.FuturesAsyncError, in_the_pause: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s = 5.0
    monkeypatch.setattr(clocks, "asleep_s", lambda: slept_s)

    def sleep(on: Inside) -> None:
        nonlocal slept_s
        slept_s += HOUR_S

    slept_over(error, sleep, in_the_pause=in_the_pause)


@each_end
@pytest.mark.parametrize("in_the_pause", [False, True])
def test_nor_where_the_venues_clock_alone_tells_of_it(error: errors.FuturesAsyncError, in_the_pause: bool) -> None:
    # One that was proved absent has waited for its fence, so that the venue's time says nothing of a sleep.
    times = 2 if isinstance(error, errors.OrderNotPlaced) else 1
    slept_over(error, lambda on: on.advance(HOUR_S * 1000), in_the_pause=in_the_pause, times=times)


@each_end
def test_who_was_awake_places_it_again(error: errors.FuturesAsyncError) -> None:
    slept_over(error, lambda on: None, in_the_pause=False, times=2)


def test_what_is_handed_on_is_taken_up_once_by_the_order_that_it_is_of() -> None:
    handed = Handed(ROW, 5, named=True)
    assert taken_up("venue-a", "mine", "id1") is None
    with handing_on(handed):
        others = [("venue-b", "mine", "id1"), ("venue-a", "other", "id1"), ("venue-a", "mine", "id2")]
        assert [taken_up(*other) for other in others] == [None] * 3
        assert taken_up("venue-a", "mine", "id1") == handed
        assert taken_up("venue-a", "mine", "id1") is None


def test_where_the_venue_has_no_ids_the_next_order_of_the_account_is_the_one() -> None:
    with handing_on(Handed(ROW, 5, named=False)):
        assert taken_up("venue-a", "other", "id2") is None
        assert taken_up("venue-a", "mine", "id2") == Handed(ROW, 5, named=False)
        assert taken_up("venue-a", "mine", "id2") is None
