"""The hunt for an order whose fate is open, reading by reading: what proves absence, and when it gives up."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.trading.ordering import Fingerprint
from futures_async.trading.search import Search, sent_since_ms
from futures_async.transport.channel import _APART, Channel
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Outcome, Side
from futures_async.unified.models import Order
from tests.rig.support import BTC, Scripted, failure, limit_order, toy, virtual

ID = "mine1"
ORDER = Order(
    venue="toy", symbol=BTC, venue_symbol="BTCUSDT", order_id="7", client_order_id=ID, side=Side.BUY,
    type=OrderType.LIMIT, quantity=Decimal("0.5"), price=Decimal(100), status=OrderStatus.NEW,
)  # fmt: skip
SENT = Fingerprint("BTCUSDT", Side.BUY, OrderType.LIMIT, Decimal("0.5"), Decimal(100), Intent.OPEN, None, None)
Reading = Order | None | errors.FuturesAsyncError
BROKEN = errors.RequestTimeout("no answer")


class Hunt:
    """A search in virtual time whose readings a test decides; the venue tells its time with each but the broken."""

    def __init__(self, channel: Channel, readings: Sequence[Reading], *, behind_ms: int = 0) -> None:
        self.channel = channel
        self.readings = list(readings)
        self.behind_ms = behind_ms
        self.started = channel.transport.runtime().now()
        self.start_ms = channel.now_ms()
        self.at_s: list[float] = []
        self.apart: list[bool] = []
        self.thorough: list[bool] = []
        self.ended_s = 0.0

    async def glance(self, venue_symbol: str, client_order_id: str) -> Order | None:
        return await self._read(venue_symbol, client_order_id, thorough=False)

    async def find(self, venue_symbol: str, client_order_id: str) -> Order | None:
        return await self._read(venue_symbol, client_order_id, thorough=True)

    async def _read(self, venue_symbol: str, client_order_id: str, *, thorough: bool) -> Order | None:
        self.thorough.append(thorough)
        assert (venue_symbol, client_order_id) == ("BTCUSDT", ID)
        now = self.channel.transport.runtime().now()
        self.at_s.append(round(now - self.started, 3))
        self.apart.append(_APART.get())
        reading = self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]
        if isinstance(reading, errors.FuturesAsyncError):
            raise reading
        told_ms = self.start_ms + int((now - self.started) * 1000) - self.behind_ms
        self.channel.transport.clock.sample(told_ms, now, now)
        return reading

    async def run(
        self,
        fence_s: float | None,
        within_s: float | None = None,
        *,
        client_order_id: str | None = ID,
        error: errors.OutcomeUnknown | None = None,
    ) -> Any:
        """The order, None, or the error."""
        fence_ms = None if fence_s is None else self.channel.now_ms() + int(fence_s * 1000)
        search = Search("BTCUSDT", BTC, client_order_id, fence_ms, SENT, error)
        try:
            return await search.run(self.channel, self.find, within_s, glance=self.glance)
        except errors.FuturesAsyncError as found:
            return found
        finally:
            self.ended_s = round(self.channel.transport.runtime().now() - self.started, 3)


@asynccontextmanager
async def hunt(*readings: Reading, behind_ms: int = 0) -> AsyncGenerator[Hunt]:
    async with toy(Scripted()) as exchange:
        yield Hunt(exchange._channel, readings, behind_ms=behind_ms)


@virtual
async def test_absence_is_proved_by_two_readings_past_the_fence_a_second_apart() -> None:
    async with hunt(None) as on:
        assert await on.run(10.0) is None
        # The first reading past the fence comes at once, whatever the rhythm of the others.
        assert on.at_s == [0.0, 0.25, 0.75, 1.75, 3.75, 7.75, 10.05, 11.05]
        # Before the fence only presence counts, which one look tells; absence needs every witness.
        assert on.thorough == [False] * 6 + [True] * 2


def refused(kind: type[errors.ExchangeError], code: str = "12001") -> errors.OrderOutcomeUnknown:
    question = errors.OrderOutcomeUnknown("lost", client_order_id=ID)
    question.refusal = kind("because", venue="toy", code=code, http_status=400)
    return question


@virtual
async def test_an_order_that_the_venue_has_refused_in_doubt_is_looked_for_seldom() -> None:
    async with hunt(None) as on:
        assert await on.run(35.0, error=refused(errors.ExchangeError)) is None
        assert on.at_s == [0.25, 5.25, 35.05, 36.05]
    async with hunt(None, ORDER) as on:
        assert (await on.run(35.0, error=refused(errors.ParameterRejected))).recovered
        assert on.at_s == [0.25, 5.25]
    async with hunt(None) as on:  # trouble at the venue is no refusal: such an order often stands
        assert await on.run(10.0, error=refused(errors.VenueUnavailable)) is None
        assert on.at_s == [0.0, 0.25, 0.75, 1.75, 3.75, 7.75, 10.05, 11.05]


@virtual
async def test_an_order_refused_in_doubt_is_looked_for_until_the_time_given_is_up() -> None:
    async with hunt(None) as on:
        assert isinstance(await on.run(35.0, 20.0, error=refused(errors.ExchangeError)), errors.OrderOutcomeUnknown)
        assert on.at_s == [0.25, 5.25, 20.0]
    async with hunt(None) as on:
        assert isinstance(await on.run(None, error=refused(errors.ExchangeError)), errors.OrderOutcomeUnknown)
        assert on.ended_s <= 10.0


@virtual
async def test_a_search_is_told_of_at_its_start_while_it_goes_on_and_at_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hunt(None) as on:
        caplog.clear()
        await on.run(15.0, error=refused(errors.ExchangeError))
        assert await on.run(10.0, 0.1)
    title = "toy: looking for order mine1 of BTC/USDT:USDT: "
    start, first, second, absent, again, unknown = [record.getMessage() for record in caplog.records]
    assert start == (
        f"{title}lost; it may stand: place nothing in its stead. What became of it is told within about 25 s"
    )
    assert first == f"{title}not known yet after 2 s, the venue does not show it; 23 s more at most"
    assert second == f"{title}not known yet after 12 s, the venue does not show it; 13 s more at most"
    assert absent == f"{title}it is proved absent (16.0 s, 4 look-ups)"
    assert "left open elsewhere" in again
    assert "is still not known, the venue does not show it" in unknown
    async with hunt(ORDER) as on:
        caplog.clear()
        await on.run(10.0)
    assert caplog.records[-1].getMessage().endswith("it is found as 7 (0.0 s, 1 look-ups)")
    assert len(caplog.records) == 2


@virtual
async def test_a_search_says_that_the_venue_cannot_be_asked_also_while_a_look_hangs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with hunt(None) as on:
        caplog.clear()
        now = on.channel.transport.runtime().now

        async def look(venue_symbol: str, client_order_id: str) -> Order | None:
            if now() - on.started > 1.0:
                await anyio.sleep(9.0)
            raise BROKEN

        with pytest.raises(errors.OrderOutcomeUnknown):
            await Search("BTCUSDT", BTC, ID, on.channel.now_ms() + 5000, SENT).run(on.channel, look, None)
        await anyio.sleep(20.0)  # nothing is said any more once it has ended
    first, second, end = [record.getMessage().split(": ", 2)[-1] for record in caplog.records[1:]]
    failed = "the last look-up failed (RequestTimeout: no answer)"
    assert first == f"not known yet after 2 s, {failed}; 13 s more at most"
    assert second == f"not known yet after 12 s, {failed}; 3 s more at most"
    assert end.startswith(f"it is still not known, {failed}: ")


@virtual
async def test_past_the_fence_two_readings_suffice() -> None:
    async with hunt(None) as on:
        assert await on.run(-1.0) is None
        assert on.at_s == [0.0, 1.0]
    async with hunt(None) as on:
        assert await on.run(0.0) is None  # at the fence is past it
        assert on.at_s == [0.0, 1.0]


@virtual
async def test_the_fence_is_judged_by_what_the_venue_has_told() -> None:
    """Readings that tell an earlier time prove nothing, however late it is by our own count."""
    async with hunt(None, behind_ms=1500) as on:
        assert await on.run(2.0) is None
        assert on.at_s[-2] >= 2.0 + 1.5
        assert on.at_s[-1] == on.at_s[-2] + 1.0


@virtual
async def test_readings_past_the_fence_go_out_apart() -> None:
    """On a connection that others use, the absence of something else may be waiting."""
    async with hunt(None) as on:
        assert await on.run(1.0) is None
        assert on.apart == [False] * (len(on.at_s) - 2) + [True] * 2
    async with hunt(None, behind_ms=-1500) as on:  # the venue's clock is ahead of what is thought of it
        assert await on.run(1.0) is None
        assert on.apart == [False, True, True]


@virtual
async def test_a_reading_that_broke_is_no_absence() -> None:
    async with hunt(None, BROKEN, BROKEN, None) as on:
        assert await on.run(-1.0) is None
        assert on.at_s == [0.0, 1.0, 2.0, 3.0]


@virtual
async def test_what_broke_for_too_long_leaves_the_question_open() -> None:
    async with hunt(BROKEN) as on:
        error = await on.run(5.0)
        assert isinstance(error, errors.OrderOutcomeUnknown)
        assert (error.client_order_id, error.symbol) == (ID, BTC)
        assert error.lookups == ["RequestTimeout: no answer"] * len(on.at_s)
        assert 13.0 <= on.ended_s <= 15.0  # until ten seconds after the fence


@virtual
async def test_a_given_time_is_kept() -> None:
    async with hunt(None) as on:
        assert isinstance(await on.run(60.0, 3.0), errors.OrderOutcomeUnknown)
        assert on.at_s == [0.0, 0.25, 0.75, 1.75]
        assert on.ended_s <= 3.0
    async with hunt(None) as on:
        await on.run(60.0, 1.75)
        assert on.at_s == [0.0, 0.25, 0.75, 1.75]


@virtual
async def test_one_reading_short_of_the_verdict_a_little_longer_is_waited() -> None:
    async with hunt(None) as on:
        assert await on.run(-1.0, 0.5) is None
    async with hunt(None, BROKEN) as on:
        assert isinstance(await on.run(-1.0, 0.5), errors.OrderOutcomeUnknown)
        assert on.ended_s == 10.0


@virtual
async def test_without_a_fence_nothing_is_ever_proved_absent() -> None:
    async with hunt(None) as on:
        error = await on.run(None)
        assert isinstance(error, errors.OrderOutcomeUnknown)
        assert error.lookups == ["absent"] * len(on.at_s)
        assert on.at_s == [0.0, 0.25, 0.75, 1.75, 3.75, 7.75]


@virtual
@pytest.mark.parametrize("own", [True, False])
async def test_witnesses_are_told_since_when_the_order_can_have_been_there(own: bool) -> None:
    async with toy(Scripted()) as exchange:
        channel = exchange._channel
        told: list[int | None] = []

        async def find(venue_symbol: str, client_order_id: str) -> Order:
            told.append(sent_since_ms())
            return ORDER

        fence_ms = channel.fence(signed_ms := channel.now_ms())
        await Search("BTCUSDT", BTC, ID, fence_ms, SENT, own=own).run(channel, find, None)
        [since_ms] = told
        if own:
            assert since_ms is not None
            assert abs(signed_ms - 60_000 - since_ms) <= 1000
        else:  # of another process: when it was sent is not known
            assert since_ms is None
    assert sent_since_ms() is None


@virtual
async def test_of_an_order_that_is_older_than_a_jump_no_witness_is_told_since_when() -> None:
    """By the clock that went back it was made an hour before it was sent."""
    async with toy(Scripted()) as exchange:
        channel, told = exchange._channel, list[int | None]()
        opened_at = channel.transport.now()

        async def find(venue_symbol: str, client_order_id: str) -> Order | None:
            told.append(sent_since_ms())
            now = channel.transport.now()
            for _ in range(3):
                channel.transport.clock.sample(channel.now_ms() - 60_000 * (len(told) < 2), now, now)
            return None if len(told) < 3 else ORDER

        search = Search("BTCUSDT", BTC, ID, channel.fence(channel.now_ms()), SENT, own=True, opened_at=opened_at)
        await search.run(channel, find, None)
        assert [since_ms is None for since_ms in told] == [False, True, True]


@virtual
async def test_a_fence_hours_ahead_is_not_waited_for() -> None:
    async with hunt(None) as on:
        assert isinstance(await on.run(7200.0), errors.OrderOutcomeUnknown)
        assert 125.0 < on.ended_s <= 130.0


@virtual
async def test_an_order_that_is_found_is_marked_so() -> None:
    async with hunt(None, ORDER) as on:
        assert await on.run(10.0) == msgspec.structs.replace(ORDER, recovered=True)
        assert on.at_s == [0.0, 0.25]


@virtual
async def test_an_answer_about_another_order_is_neither_it_nor_its_absence() -> None:
    other = msgspec.structs.replace(ORDER, client_order_id="other1")
    async with hunt(other, other, None) as on:
        assert await on.run(-1.0) is None
        assert on.at_s == [0.0, 0.25, 0.75, 1.75]
    nameless = msgspec.structs.replace(ORDER, client_order_id=None)
    async with hunt(nameless) as on:
        assert (await on.run(-1.0)).order_id == "7"


@virtual
async def test_an_order_that_differs_from_what_was_sent_is_not_taken_for_it() -> None:
    async with hunt(msgspec.structs.replace(ORDER, side=Side.SELL)) as on:
        error = await on.run(10.0)
        assert isinstance(error, errors.ResponseMismatch)
        assert (error.outcome, error.client_order_id) == (Outcome.UNKNOWN, ID)
        assert "side" in str(error)


@pytest.mark.parametrize("closing_after", [0, 2])
@virtual
async def test_closing_ends_it_as_an_open_question(closing_after: int) -> None:
    async with hunt(*[None] * closing_after, errors.ClientClosed("closed")) as on:
        error = await on.run(60.0)
        assert isinstance(error, errors.OrderOutcomeUnknown)
        assert len(on.at_s) == closing_after + 1
        assert error.lookups[-1].startswith("ClientClosed")


@virtual
async def test_an_order_without_an_id_is_not_looked_for() -> None:
    async with hunt(ORDER) as on:
        assert isinstance(await on.run(1.0, client_order_id=None), errors.OrderOutcomeUnknown)
        traits = msgspec.structs.replace(on.channel.dialect.traits, lookup_by_client_id=False)
        on.channel.dialect.traits = traits  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue] - this one venue
        assert isinstance(await on.run(1.0), errors.OrderOutcomeUnknown)
        assert on.at_s == []


@virtual
async def test_the_error_that_asked_is_the_one_that_comes_back() -> None:
    asked = errors.OrderOutcomeUnknown("lost", client_order_id=ID)
    async with hunt(BROKEN) as on:
        assert await on.run(None, 0.1, error=asked) is asked
        assert asked.lookups == ["RequestTimeout: no answer"]


@virtual
async def test_a_push_of_the_order_ends_the_search_at_once() -> None:
    async with hunt(None) as on, anyio.create_task_group() as tasks:
        search = Search("BTCUSDT", BTC, ID, on.channel.now_ms() + 35_000, SENT)

        async def push() -> None:
            await anyio.sleep(2.0)
            search.show(ORDER)

        tasks.start_soon(push)
        found = await search.run(on.channel, on.find, None, glance=on.glance)
        assert found is not None
        assert found.recovered
        assert found.order_id == "7"
        assert round(on.channel.transport.runtime().now() - on.started, 3) == 2.0
        assert search.lookups == ["absent"] * 4 + ["pushed"]


@virtual
async def test_a_push_of_something_else_under_the_same_id_is_no_success() -> None:
    async with hunt(None) as on:
        search = Search("BTCUSDT", BTC, ID, on.channel.now_ms() + 35_000, SENT)
        search.show(msgspec.structs.replace(ORDER, side=Side.SELL))
        with pytest.raises(errors.ResponseMismatch, match="differs in side"):
            await search.run(on.channel, on.find, None)


@pytest.mark.parametrize("after_s", [0.02, 12.0], ids=["before the answer was given up", "after"])
@virtual
async def test_a_lost_answer_is_settled_by_a_push(after_s: float) -> None:
    venue = Scripted()
    venue.plan["/order/place"] = ["read-timeout-applied"]
    venue.always["/order/detail"] = failure("read-timeout", sent=True)
    async with toy(venue) as exchange, anyio.create_task_group() as tasks:
        request = limit_order()

        async def push() -> None:
            await anyio.sleep(after_s)
            [placed] = venue.orders
            order = msgspec.structs.replace(
                ORDER,
                client_order_id=placed.client_id,
                quantity=request.quantity,
                price=request.price,
                side=request.side,
            )
            for client_order_id in (None, "another", placed.client_id):
                exchange._orders.seen(msgspec.structs.replace(order, client_order_id=client_order_id))

        tasks.start_soon(push)
        order = await exchange.create_order(request)
        assert order.recovered
        assert order.order_id == "7"
        assert exchange.unresolved() == []
