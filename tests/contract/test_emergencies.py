"""Whatever is held can be closed at every venue that trades: listed or not, readable or not, of whatever size."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from futures_async.portfolio.acts import carry_out, halts
from futures_async.simulator.records import Ticket
from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.unified import errors
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Contract, Order, Position
from tests.contract.venues import specs

SPECS = specs()
TRADING = [venue for venue, spec in SPECS.items() if Can.CLOSE_POSITION in spec.capabilities]
ALL_OF_IT = [venue for venue in TRADING if SPECS[venue].closes_any_size]


def hidden(on: Faulted) -> None:
    """The venue lists the contract no more."""
    listed, symbol = on.exchange.fetch_contracts, on.spec.symbol

    async def others() -> list[Contract]:
        return [contract for contract in await listed() if contract.symbol != symbol]

    on.exchange.fetch_contracts = others  # type: ignore[method-assign]


def blurred(on: Faulted, *lost: str) -> None:
    """Positions lack these facts, as long as there are any."""
    fetch = on.exchange.fetch_positions

    async def odd(symbol: str | None = None) -> list[Position]:
        rows = [
            errors.UnreadRow(
                lost[0],
                f"{lost[0]} cannot be read",
                None,
                {name: getattr(held, name) for name in ("symbol", "venue_symbol", "side") if name not in lost},
                on.exchange.id,
            )
            for held in await fetch(symbol)
        ]
        if rows:
            raise errors.unread_rows(rows)
        return []

    on.exchange.fetch_positions = odd  # type: ignore[method-assign]


def sell_inside(on: Faulted, quantity: Decimal) -> None:
    """A short position, held without any wire."""
    engine = on.inside.engine
    engine.world.now_ms = on.inside.now_ms()
    with engine.arithmetic():
        hedge = on.account.default_mode is PositionMode.HEDGE
        ticket = Ticket(
            symbol=on.spec.symbol,
            side=Side.SELL,
            type=OrderType.MARKET,
            quantity=quantity,
            intent=Intent.OPEN if hedge else None,
        )
        engine.orders.place(on.account, ticket)


@pytest.mark.parametrize("venue", TRADING)
def test_a_halt_closes_what_is_listed_no_more_and_cancels_all_of_it(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        async with on.exchange as exchange:
            if Can.FETCH_CONTRACT in on.spec.capabilities:
                await exchange.fetch_contract(on.spec.symbol)
                await exchange._channel.transport.runtime().sleep(7200)  # pyright: ignore[reportPrivateUsage] - its clock
                hidden(on)
            ends = await carry_out({"mine": await halts(exchange, close=True)})
            told = [(done.action, done.symbol, done.result) for _, done in ends]
            assert list(on.account.positions_of()) == []
            if on.spec.lists_all_open:
                assert told == [("cancel all", on.spec.symbol, "done"), ("close", on.spec.symbol, "done")]
                assert on.account.open_orders == {}
            else:  # which other contracts have orders cannot be asked
                cancels = [("cancel all", on.spec.symbol, "done"), ("cancel all", "", "not sent")]
                assert told == [*cancels, ("close", on.spec.symbol, "done")]

    run(main())


@pytest.mark.parametrize("venue", [venue for venue in TRADING if SPECS[venue].lists_all_open])
def test_a_halt_closes_what_an_order_opened_after_it_was_planned(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        async with on.exchange as exchange:
            steps = await halts(exchange, close=True)
            assert [step.action for step in steps] == ["cancel all", "close"]
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())  # while somebody is asked whether to go on
            ends = await carry_out({"mine": steps})
            told = [(done.action, done.symbol, done.result) for _, done in ends]
            assert told == [("cancel all", on.spec.symbol, "done"), ("close", on.spec.symbol, "done")]
            assert list(on.account.positions_of()) == []
            assert on.account.open_orders == {}

    run(main())


def test_a_halt_names_what_is_left_when_it_has_ended() -> None:
    async def main() -> None:
        on = Faulted(SPECS["bitget"])
        async with on.exchange as exchange:
            steps = await halts(exchange, close=True)
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            close = exchange.close_position

            async def half(symbol: str, **which: Any) -> Order | None:
                order = await close(symbol, **which)
                on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())  # a bot that runs elsewhere goes on
                return order

            exchange.close_position = half  # type: ignore[method-assign]
            ends = await carry_out({"mine": steps})
            assert [(done.action, done.result) for _, done in ends] == [("cancel all", "done"), ("close", "failed")]
            assert ends[1][1].detail.startswith(f"left: close {on.spec.symbol} long ")

    run(main())


@pytest.mark.parametrize("close", [True, False])
def test_a_halt_closes_where_it_cannot_be_told_what_to_cancel(close: bool) -> None:
    async def main() -> None:
        on = Faulted(SPECS["bitget"])
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        async with on.exchange as exchange:

            async def down(symbol: str | None = None) -> list[Order]:
                raise errors.RequestTimeout("no answer")

            exchange.fetch_open_orders = down  # type: ignore[method-assign]
            if not close:
                with pytest.raises(errors.RequestTimeout):
                    await halts(exchange, close=False)
                return
            ends = await carry_out({"mine": await halts(exchange, close=True)})
            assert [(done.action, done.result) for _, done in ends] == [("close", "done"), ("cancel all", "failed")]
            assert "no answer" in ends[1][1].detail
            assert list(on.account.positions_of()) == []

    run(main())


@pytest.mark.parametrize("venue", TRADING)
def test_where_nothing_closes_it_unread_the_error_says_what_to_do(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        sell_inside(on, on.spec.quantity)
        blurred(on, "quantity")
        async with on.exchange as exchange:
            if on.spec.closes_any_size:
                order = await exchange.close_position(on.spec.symbol)
                assert isinstance(order, Order)
                assert (order.side, list(on.account.positions_of())) == (Side.BUY, [])
                return
            with pytest.raises(errors.UnreadRows, match="no call that closes a position whatever its size") as caught:
                await exchange.close_position(on.spec.symbol)
            assert "close it by an order of the size that you know, or at the venue" in str(caught.value)
            assert len(caught.value.unread) == 1
            assert len(list(on.account.positions_of())) == 1

    run(main())


@pytest.mark.parametrize("venue", ALL_OF_IT)
def test_a_position_whose_side_cannot_be_read_is_closed_too(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        sell_inside(on, on.spec.quantity)
        blurred(on, "side")
        async with on.exchange as exchange:
            order = await exchange.close_position(on.spec.symbol)
            assert order is not None
            assert (order.side, list(on.account.positions_of())) == (Side.BUY, [])

    run(main())


def test_in_either_margin_mode_where_that_must_be_said() -> None:
    async def main() -> None:
        on = Faulted(SPECS["okx"])
        on.account.settings(on.spec.symbol).margin_mode = MarginMode.ISOLATED
        sell_inside(on, on.spec.quantity)
        [held] = on.account.positions_of()
        assert held.margin_mode is MarginMode.ISOLATED
        blurred(on, "quantity")
        async with on.exchange as exchange:
            assert await exchange.close_position(on.spec.symbol) is not None
            assert list(on.account.positions_of()) == []

    run(main())


@pytest.mark.parametrize("venue", ["okx", "bybit"])
@pytest.mark.parametrize("side", [None, PositionSide.SHORT])
@pytest.mark.parametrize("goes", [True, False])
def test_one_that_went_meanwhile_is_closed(venue: str, side: PositionSide | None, goes: bool) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        async with on.exchange as exchange:
            reads = 0

            async def odd(symbol: str | None = None) -> list[Position]:
                nonlocal reads
                reads += 1
                if goes and reads > 1:
                    return []
                facts = {"symbol": on.spec.symbol, "venue_symbol": exchange.venue_symbol(on.spec.symbol)}
                raise errors.unread_rows([errors.UnreadRow("size", "size cannot be read", None, facts, venue)])

            exchange.fetch_positions = odd  # type: ignore[method-assign]
            if goes:
                assert await exchange.close_position(on.spec.symbol, side=side) is None
            else:  # the venue finds nothing to close of what it lists
                with pytest.raises(errors.OrderRejected, match="still held could not be read"):
                    await exchange.close_position(on.spec.symbol, side=side)

    run(main())


@pytest.mark.parametrize("venue", [venue for venue in TRADING if venue != "bitget-v1"])  # by a call of its own
@pytest.mark.parametrize("gone", [True, False])
def test_what_went_before_its_close_arrived_is_closed_and_what_is_there_all_the_same_is_not(
    venue: str, gone: bool
) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        sell_inside(on, on.spec.quantity)
        async with on.exchange as exchange:
            held, fetch = await exchange.fetch_positions(on.spec.symbol), exchange.fetch_positions
            with on.inside.engine.arithmetic():
                on.inside.engine.orders.close_position(on.account, on.spec.symbol, PositionSide.SHORT)
            seen = [held]

            async def of_before(symbol: str | None = None) -> list[Position]:
                return held if not gone else seen.pop() if seen else await fetch(symbol)

            exchange.fetch_positions = of_before  # type: ignore[method-assign]
            if gone:
                assert await exchange.close_position(on.spec.symbol) is None
                return
            with pytest.raises(errors.OrderRejected) as caught:
                await exchange.close_position(on.spec.symbol)
            assert caught.value.code in exchange.nothing_to_close

    run(main())


def test_where_one_order_takes_no_more_several_close_it() -> None:
    async def main() -> None:
        on = Faulted(SPECS["bybit"])
        contracts = on.inside.engine.world.contracts
        sell_inside(on, 3 * on.spec.quantity)
        most = 10 * on.spec.quantity  # of limit orders; market orders may have a fifth of it
        contracts[on.spec.symbol] = dataclasses.replace(contracts[on.spec.symbol], max_quantity=most)
        blurred(on, "quantity")
        async with on.exchange as exchange:
            order = await exchange.close_position(on.spec.symbol)
            assert order is not None
            assert (order.side, order.quantity) == (Side.BUY, 2 * on.spec.quantity), "the first"
            assert list(on.account.positions_of()) == []

    run(main())


def test_a_close_whose_order_is_not_shown_is_no_failure_and_no_success() -> None:
    async def main() -> None:
        on = Faulted(SPECS["bitget"])
        sell_inside(on, on.spec.quantity)
        blurred(on, "quantity")
        async with on.exchange as exchange:

            async def lost(symbol: str, **ids: str | None) -> Order:
                raise errors.OrderNotFound("not yet", venue="bitget")

            exchange.fetch_order = lost  # type: ignore[method-assign]
            with pytest.raises(errors.OrderOutcomeUnknown, match="taken the close of BTCUSDT"):
                await exchange.close_position(on.spec.symbol)

    run(main())


@pytest.mark.parametrize("venue", ["bitget", "okx", "bybit"])
def test_with_both_sides_open_the_one_to_close_is_named(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        on.account.default_mode = PositionMode.HEDGE
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        sell_inside(on, on.spec.quantity)
        blurred(on, "quantity")
        async with on.exchange as exchange:
            with pytest.raises(errors.InvalidRequest, match="name the side"):
                await exchange.close_position(on.spec.symbol)
            await exchange.close_position(on.spec.symbol, side=PositionSide.LONG)
            assert [held.side for held in on.account.positions_of()] == [PositionSide.SHORT]

    run(main())


def both_held(on: Faulted, *, odd: dict[PositionSide, tuple[str, ...]]) -> None:
    """A long and a short; of the sides in `odd` these facts cannot be read, nor a size."""
    on.account.default_mode = PositionMode.HEDGE
    on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
    sell_inside(on, on.spec.quantity)
    fetch = on.exchange.fetch_positions

    async def some(symbol: str | None = None) -> list[Position]:
        found = await fetch(symbol)
        names = ("symbol", "venue_symbol", "side")
        unread = [
            errors.UnreadRow(
                "size",
                "size cannot be read",
                held.raw,
                {name: getattr(held, name) for name in names if name not in odd[held.side]},
                on.exchange.id,
            )
            for held in found
            if held.side in odd
        ]
        if unread:
            raise errors.unread_rows(unread, [held for held in found if held.side not in odd])
        return found

    on.exchange.fetch_positions = some  # type: ignore[method-assign]


HEDGED = [venue for venue in TRADING if PositionMode.HEDGE in SPECS[venue].modes]


@pytest.mark.parametrize("venue", HEDGED)
@pytest.mark.parametrize("lost", ["side", "venue_symbol"])
def test_a_side_that_can_be_read_is_closed_beside_a_row_that_may_be_anything(venue: str, lost: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        both_held(on, odd={PositionSide.SHORT: ("symbol", lost)})
        async with on.exchange as exchange:
            order = await exchange.close_position(on.spec.symbol, side=PositionSide.LONG)
            assert order is not None
            assert (order.side, order.quantity) == (Side.SELL, on.spec.quantity)
            assert [held.side for held in on.account.positions_of()] == [PositionSide.SHORT]

    run(main())


@pytest.mark.parametrize("venue", HEDGED)
def test_of_rows_that_may_be_either_side_none_is_closed(venue: str) -> None:
    async def main() -> None:
        on = Faulted(SPECS[venue])
        both_held(on, odd=dict.fromkeys(PositionSide, ("side",)))
        async with on.exchange as exchange:
            for side in PositionSide:
                with pytest.raises(errors.InvalidRequest, match=f"which row is the {side} position"):
                    await exchange.close_position(on.spec.symbol, side=side)
            assert len(list(on.account.positions_of())) == 2

    run(main())


def test_waiting_orders_are_cancelled_beside_one_that_has_no_id() -> None:
    async def main() -> None:
        on = Faulted(SPECS["bitget"])
        async with on.exchange as exchange:
            await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price("1.1")))
            fetch = exchange.fetch_trigger_orders
            nameless = errors.UnreadRow("orderId", "orderId is missing", None, {"venue_symbol": "BTCUSDT"}, "bitget")

            async def odd(symbol: str | None = None) -> list[Order]:
                raise errors.unread_rows([nameless], await fetch(symbol))

            exchange.fetch_trigger_orders = odd  # type: ignore[method-assign]
            with pytest.raises(errors.UnreadRows, match="orderId is missing"):
                await exchange.cancel_all_orders(on.spec.symbol)
            assert list(on.account.live_triggers) == []

    run(main())


@pytest.mark.parametrize("here", [True, False], ids=["refused here", "refused by the venue"])
def test_a_size_that_no_order_may_have_is_told_with_what_to_do(here: bool) -> None:
    async def main() -> None:
        on = Faulted(SPECS["binance"])
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        contracts = on.inside.engine.world.contracts
        contracts[on.spec.symbol] = dataclasses.replace(contracts[on.spec.symbol], step=2 * on.spec.quantity)
        async with on.exchange as exchange:
            if here:

                async def refuse(*_: object, **__: object) -> Order:
                    raise errors.InvalidOrder("no number of lots")

                exchange.create_order = refuse  # type: ignore[method-assign]
            with pytest.raises(errors.InvalidOrder if here else errors.ExchangeError) as caught:
                await exchange.close_position(on.spec.symbol)
            if here:
                assert str(caught.value).startswith("no number of lots. binance: the venue has no call")
                assert str(caught.value).endswith("close what is on the step by an order, the rest at the venue")
            else:
                assert isinstance(caught.value, errors.ExchangeError)
                assert caught.value.code == "-1111"
            assert len(list(on.account.positions_of())) == 1

    run(main())
