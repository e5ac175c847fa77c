"""Closes of which a part has gone: what is told of the rest is never told of the whole."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitgetV1, Bybit, Hyperliquid
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified.enums import Outcome, Side
from tests.adapters.hyperliquid.test_contract import SPEC as HYPERLIQUID
from tests.rig.support import order_of

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, Bybit, OKX)]
TERMS = {"leverage": Decimal(10), "margin_mode": fa.MarginMode.CROSS}
BITGET_V1 = VenueSpec(factory=BitgetV1, raw_call=RawCall("/", {}), order_fields=TERMS)
"""Which closes by a call of its own."""
each_venue = pytest.mark.parametrize("spec", [*SPECS, HYPERLIQUID], ids=lambda spec: spec.factory.id)
assert HYPERLIQUID.factory is Hyperliquid


async def closed(on: Inside, end: Callable[[], object]) -> fa.FuturesAsyncError:
    """What the close of a position of two market orders ends as, of which the second one comes to this end."""
    exchange, symbol, quantity = on.exchange, on.spec.symbol, on.spec.quantity
    await on.trade(Side.BUY, quantity=quantity * 4)
    largest = msgspec.structs.replace(await exchange.fetch_contract(symbol), max_market_quantity=quantity * 2)
    exchange._known_contract = lambda name: largest  # type: ignore[method-assign, assignment]  # pyright: ignore[reportPrivateUsage]
    end()
    with pytest.raises(fa.FuturesAsyncError) as caught:
        await exchange.close_position(symbol)
    held = await exchange.fetch_position(symbol)
    assert held is not None
    assert held.quantity == quantity * 2
    assert caught.value.advice == "read the position, and close what is left of it"
    return caught.value


@each_venue
def test_a_part_that_was_not_sent_does_not_say_so_of_the_whole(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange:
            error = await closed(on, lambda: plan.add("refused", kinds=[Kind.ORDER], after=1))
            assert isinstance(error, fa.OrderOutcomeUnknown)
            assert error.outcome is Outcome.UNKNOWN
            assert isinstance(error.__cause__, fa.ConnectFailed)
            assert "was taken, and whether all is closed could not be told" in error.text

    run(main())


@each_venue
def test_a_part_that_was_refused_says_what_has_gone_before(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange:
            error = await closed(on, lambda: plan.add("refusal", kinds=[Kind.ORDER], after=1))
            assert isinstance(error, fa.OrderRejected)
            assert error.text.endswith("; 1 of 2 orders that close all of it have gone before")

    run(main())


@each_venue
def test_a_close_that_was_refused_is_not_sent_again(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            await on.trade(Side.BUY)
            plan.add("refusal", kinds=[Kind.ORDER], most=1)
            with pytest.raises(fa.OrderRejected):
                await exchange.close_position(spec.symbol)
            assert await exchange.fetch_position(spec.symbol) is not None

    run(main())


@each_venue
def test_what_one_order_cannot_close_is_closed_to_the_last_of_it(spec: VenueSpec) -> None:
    async def main() -> None:
        on = Inside(spec)
        exchange, symbol, quantity = on.exchange, spec.symbol, spec.quantity
        async with exchange:
            await on.trade(Side.BUY, quantity=quantity * 3)
            largest = msgspec.structs.replace(await exchange.fetch_contract(symbol), max_market_quantity=quantity * 2)
            exchange._known_contract = lambda name: largest  # type: ignore[method-assign, assignment]  # pyright: ignore[reportPrivateUsage]
            assert await exchange.close_position(symbol) is not None
            assert await exchange.fetch_position(symbol) is None

    run(main())


@pytest.mark.parametrize("spec", [SPECS[0], BITGET_V1], ids=lambda spec: spec.id)
def test_a_position_that_one_reading_does_not_show_is_closed(spec: VenueSpec) -> None:
    async def main() -> None:
        on = Inside(spec)
        async with on.exchange as exchange:
            await on.trade(Side.BUY)
            read, readings = exchange.fetch_position, list[str]()

            async def fetched(symbol: str, *given: Any, **named: Any) -> fa.Position | None:
                readings.append(symbol)
                return None if len(readings) == 1 else await read(symbol, *given, **named)

            exchange.fetch_position = fetched  # type: ignore[method-assign]
            assert await exchange.close_position(on.spec.symbol) is not None
            assert await read(on.spec.symbol) is None

    run(main())


def test_a_halt_in_the_middle_of_a_close_does_not_say_that_nothing_was_sent() -> None:
    async def main() -> None:
        on = Inside(SPECS[0])
        async with on.exchange:
            create = on.exchange.create_order

            async def halting(request: fa.OrderRequest) -> fa.Order:
                order = await create(request)
                on.exchange.halt()
                return order

            def end() -> None:
                on.exchange.create_order = halting  # type: ignore[method-assign, assignment]

            error = await closed(on, end)
            assert isinstance(error.__cause__, fa.ClientClosed)
            assert error.outcome is Outcome.UNKNOWN

    run(main())


@pytest.mark.parametrize("problem", [fa.RequestTimeout("no answer"), fa.UnreadRows("a row cannot be read")])
def test_a_refusal_of_a_close_is_told_where_it_cannot_be_read_whether_there_is_something_left(
    problem: fa.FuturesAsyncError,
) -> None:
    async def main() -> None:
        on = Inside(SPECS[2])
        async with on.exchange as exchange:
            await on.trade(Side.BUY)
            read, readings = exchange.fetch_position, list[str]()
            (code,) = exchange.nothing_to_close

            async def refused(*_: object, **__: object) -> None:
                refusal = fa.OrderRejected("there is none", venue="bybit", code=code)
                refusal.outcome = Outcome.REJECTED
                raise refusal

            async def fetched(symbol: str, *given: Any, **named: Any) -> fa.Position | None:
                readings.append(symbol)
                if len(readings) > 1:
                    raise problem
                return await read(symbol, *given, **named)

            exchange.create_order = refused  # type: ignore[method-assign, assignment]
            exchange.fetch_position = fetched  # type: ignore[method-assign]
            with pytest.raises(fa.OrderRejected, match=r"there is none; whether .* is still held could not be") as told:
                await exchange.close_position(on.spec.symbol)
            assert told.value.outcome is Outcome.REJECTED
            assert told.value.code == code
            assert told.value.__cause__ is problem
            assert "read the position" in str(told.value)

    run(main())


@pytest.mark.parametrize("spec", [SPECS[0], BITGET_V1], ids=lambda spec: spec.id)
def test_a_close_before_which_nothing_can_be_read_was_not_sent(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            plan.add("text", kinds=[Kind.READ])
            with pytest.raises(fa.BadResponse) as told:
                await exchange.close_position(spec.symbol)
            assert told.value.outcome is Outcome.NOT_SENT

    run(main())


def test_what_cannot_be_closed_for_it_cannot_be_read_was_not_sent() -> None:
    async def main() -> None:
        on = Inside(SPECS[0])
        async with on.exchange as exchange:
            row = fa.UnreadRow("$", "odd", None, facts={"side": fa.PositionSide.LONG})

            async def fetched(*_: object, **__: object) -> None:
                raise fa.UnreadRows("a row cannot be read", unread=[row])

            exchange.fetch_position = fetched  # type: ignore[method-assign]
            with pytest.raises(fa.UnreadRows) as told:
                await exchange.close_position(on.spec.symbol)
            assert told.value.outcome is Outcome.NOT_SENT
            assert on.writes == []

    run(main())


OWN_CALLS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Bitget, BitgetUTA, OKX)]
with_a_call = pytest.mark.parametrize("spec", OWN_CALLS, ids=lambda spec: spec.factory.id)


async def lost_close(on: Inside, plan: FaultPlan, *, applied: bool) -> fa.OutcomeUnknown:
    """What is asked about a close by the venue's own call whose answer never came."""
    exchange: Any = on.exchange
    await on.trade(Side.BUY)
    held = await exchange.fetch_position(on.spec.symbol)
    plan.add("answer-lost" if applied else "dropped", kinds=[Kind.ORDER, Kind.DELTA], most=1)
    with pytest.raises(fa.OutcomeUnknown) as caught:
        await exchange._close_by_own_call(held.venue_symbol, held.side, None, held.margin_mode)
    assert exchange.unresolved() == [caught.value]
    assert caught.value.symbol == on.spec.symbol
    return caught.value


@with_a_call
def test_a_lost_answer_to_the_venues_own_close_is_told_by_what_is_held(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            question = await lost_close(on, plan, applied=True)
            assert await question.resolve() is None
            assert exchange.unresolved() == []

    run(main())


@with_a_call
def test_a_close_of_the_venues_own_that_never_arrived_is_told_of_once_it_cannot(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            question = await lost_close(on, plan, applied=False)
            with pytest.raises(fa.OutcomeUnknown):
                await question.resolve(1.0)
            fence_ms = question.fence_until_ms
            assert fence_ms is not None
            with pytest.raises(fa.SettingNotApplied, match="is still held, and the close can take effect no more"):
                await question.resolve()
            assert exchange._channel.now_ms() >= fence_ms  # pyright: ignore[reportPrivateUsage] - venue time
            assert exchange.unresolved() == []

    run(main())


def test_a_lost_close_is_no_success_where_what_is_held_cannot_be_read() -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(OWN_CALLS[1], plan=plan)
        async with on.exchange as exchange:
            question = await lost_close(on, plan, applied=True)
            read = exchange.fetch_positions

            async def unread(symbol: str | None = None) -> list[fa.Position]:
                raise fa.RequestTimeout("no answer")

            exchange.fetch_positions = unread  # type: ignore[method-assign]
            with pytest.raises(fa.OutcomeUnknown) as caught:
                await question.resolve()
            assert isinstance(caught.value.__cause__, fa.RequestTimeout)
            assert exchange.unresolved() == [question]
            exchange.fetch_positions = read  # type: ignore[method-assign]
            assert await question.resolve() is None

    run(main())


def test_a_close_that_was_taken_and_whose_order_cannot_be_read_is_told_by_that() -> None:
    async def main() -> None:
        on = Inside(OWN_CALLS[1])
        async with on.exchange as exchange:
            await on.trade(Side.BUY)
            read = exchange.fetch_order

            async def unread(*_: object, **__: object) -> fa.Order:
                raise fa.RequestTimeout("no answer")

            exchange.fetch_order = unread  # type: ignore[method-assign]
            close: Any = exchange
            with pytest.raises(fa.OrderOutcomeUnknown, match="has taken the close") as caught:
                await close._close_by_own_call("BTCUSDT", fa.PositionSide.LONG, None, None)
            exchange.fetch_order = read  # type: ignore[method-assign]
            order = await order_of(caught.value)
            assert (order.side, order.status) == (Side.SELL, fa.OrderStatus.FILLED)

    run(main())


def test_flash_close_has_a_question_that_can_be_told_too() -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(OWN_CALLS[1], plan=plan)
        async with on.exchange as exchange:
            assert isinstance(exchange, BitgetUTA)
            await on.trade(Side.BUY)
            plan.add("answer-lost", kinds=[Kind.ORDER, Kind.DELTA], most=1)
            with pytest.raises(fa.OutcomeUnknown) as caught:
                await exchange.flash_close(on.spec.symbol)
            assert await caught.value.resolve() is None

    run(main())


# https://github.com/xLydianSoftware/Qubx/issues/386 (-4118, measured on 2026-08-21)
HOLDING = [
    pytest.param(Binance, fa.PositionMode.ONE_WAY, id="binance"),
    pytest.param(Binance, fa.PositionMode.HEDGE, id="binance-hedge"),
]


async def held_by_an_order(on: Inside) -> fa.Order:
    """A position that an order is to close at a better price, all of it."""
    await on.trade(Side.BUY)
    return await on.exchange.create_order(on.request(Side.SELL, price=on.price("1.1"), intent=fa.Intent.CLOSE))


@pytest.mark.parametrize(("kind", "mode"), HOLDING)
def test_a_close_that_is_refused_beside_a_closing_order_is_tried_again_without_it(kind: Any, mode: Any) -> None:
    async def main() -> None:
        on = Inside(VenueSpec(factory=kind, raw_call=RawCall("/", {})), mode=mode)
        async with on.exchange as exchange:
            waiting = await held_by_an_order(on)
            order = await exchange.close_position(on.spec.symbol)
            assert order is not None
            assert (order.status, order.filled_quantity) == (fa.OrderStatus.FILLED, on.spec.quantity)
            assert await exchange.fetch_positions() == []
            gone = await exchange.fetch_order(on.spec.symbol, order_id=waiting.order_id)
            assert gone.status is fa.OrderStatus.CANCELED

    run(main())


@pytest.mark.parametrize(("kind", "mode"), HOLDING)
def test_where_what_holds_a_position_cannot_be_cancelled_its_close_says_so(kind: Any, mode: Any) -> None:
    async def main() -> None:
        on = Inside(VenueSpec(factory=kind, raw_call=RawCall("/", {})), mode=mode)
        async with on.exchange as exchange:
            await held_by_an_order(on)

            async def unread(*_: object, **__: object) -> None:
                raise fa.RequestTimeout("no answer")

            exchange.fetch_open_orders = unread  # type: ignore[method-assign, assignment]
            with pytest.raises(fa.OrderRejected, match=r"could not be cancelled \(no answer\)") as caught:
                await exchange.close_position(on.spec.symbol)
            assert caught.value.advice == "cancel the orders that are to close the position, and close it again"

    run(main())


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_refused_again_is_closed_only_where_it_is_held_no_more(gone: bool) -> None:
    async def main() -> None:
        on = Inside(SPECS[0])
        async with on.exchange as exchange:
            await held_by_an_order(on)
            read, readings = exchange.fetch_position, list[str]()

            async def refused(*_: object, **__: object) -> None:
                refusal = fa.OrderRejected("there is none", venue="binance", code="-2022")
                refusal.outcome = Outcome.REJECTED
                raise refusal

            async def fetched(symbol: str, *given: Any, **named: Any) -> fa.Position | None:
                readings.append(symbol)
                return None if gone and len(readings) > 3 else await read(symbol, *given, **named)

            exchange.create_order = refused  # type: ignore[method-assign, assignment]
            exchange.fetch_position = fetched  # type: ignore[method-assign]
            if gone:
                assert await exchange.close_position(on.spec.symbol) is None
            else:
                with pytest.raises(fa.OrderRejected, match="there is none"):
                    await exchange.close_position(on.spec.symbol)
            assert len(readings) == 4

    run(main())
