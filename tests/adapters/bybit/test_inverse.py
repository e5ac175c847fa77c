"""Coin-margined contracts: a dollar each, sized in base coin at a price."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.adapters.bybit import Bybit
from futures_async.portfolio.remedies import carry_out
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.trading.ordering import PlannedOrder, fingerprint
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Side, TimeInForce
from tests.adapters.bybit.test_traps import played

SYMBOL = "BTC/USD:BTC"
PRICE = D("59999.5")


def sized(contract: fa.Contract, dollars: int, price: D | None = PRICE, **more: Any) -> fa.OrderRequest:
    """So many dollars at a price."""
    settings: dict[str, Any] = {"symbol": SYMBOL, "side": Side.BUY, "type": OrderType.LIMIT, "price": price, **more}
    at = price or more.get("trigger_price") or PRICE
    return fa.OrderRequest(quantity=contract.quantity_of(D(dollars), at), **settings)


def inverse(
    play: Callable[[Inside, Bybit, fa.Contract, list[Any]], Awaitable[None]], plan: FaultPlan | None = None
) -> None:
    """Run a play that sees the bodies of its orders as they were sent."""

    async def wrapped(on: Inside, exchange: Bybit) -> None:
        send, bodies = on.backend.send, list[Any]()

        async def sent(request: Any) -> Any:
            if request.method == "POST":
                bodies.append(msgspec.json.decode(request.body))
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]
        async with on.connect(on.credentials) as other:
            contract = await other.fetch_contract(SYMBOL)
        await play(on, exchange, contract, bodies)

    played(wrapped, plan=plan)


def test_an_order_is_placed_read_changed_and_cancelled_in_dollars() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        placed = await exchange.create_order(sized(contract, 500))
        assert (bodies[-1]["category"], bodies[-1]["qty"], bodies[-1]["price"]) == ("inverse", "500", "59999.5")
        assert placed.quantity == placed.remaining_quantity == contract.quantity_of(D(500), PRICE)
        # As many dollars are less coin at a higher price.
        edited = await exchange.edit_order(SYMBOL, order_id=placed.order_id, price=60_000)
        assert "qty" not in bodies[-1]
        assert edited.quantity == contract.quantity_of(D(500), D(60_000))
        edited = await exchange.edit_order(
            SYMBOL, order_id=placed.order_id, quantity=contract.quantity_of(D(700), D(60_000))
        )
        assert bodies[-1]["qty"] == "700"
        edited = await exchange.edit_order(
            SYMBOL, order_id=placed.order_id, price=PRICE, quantity=contract.quantity_of(D(800), PRICE)
        )
        assert (bodies[-1]["qty"], edited.quantity) == ("800", contract.quantity_of(D(800), PRICE))
        assert (await exchange.cancel_order(SYMBOL, order_id=placed.order_id)).status is OrderStatus.CANCELED

    inverse(play)


def test_a_client_that_knows_no_contract_yet_edits_in_dollars_too() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        placed = await exchange.create_order(sized(contract, 500))
        async with on.connect(on.credentials) as other:
            size = contract.quantity_of(D(300), PRICE)
            assert (await other.edit_order(SYMBOL, order_id=placed.order_id, quantity=size)).quantity == size
        assert bodies[-1]["qty"] == "300"
        async with on.connect(on.credentials) as other:
            assert isinstance(other, Bybit)
            with pytest.raises(errors.InvalidOrder, match="no known price"):
                other._amendment(placed, None, size)  # pyright: ignore[reportPrivateUsage]

    inverse(play)


def test_a_position_is_opened_and_closed_to_the_dollar() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        mark = on.inside.engine.world.mark("BTC/1USD:BTC")
        above = contract.round_price(mark * D("1.01"))
        bought = await exchange.create_order(sized(contract, 3700, above, time_in_force=TimeInForce.IOC))
        assert bought.status is OrderStatus.FILLED
        # Filled at a better price, it is as many dollars as were asked for all the same.
        assert bought.quantity == bought.filled_quantity == contract.quantity_of(D(3700), above)
        assert bought.remaining_quantity == 0
        position = await exchange.fetch_position(SYMBOL)
        assert position is not None
        assert (position.contracts, position.contract_value) == (D(3700), D(1))
        on.inside.engine.marks.pin(SYMBOL, mark * D("0.9"))  # at its price they were another size
        closed = await exchange.close_position(SYMBOL)
        assert closed is not None
        assert (bodies[-1]["qty"], bodies[-1]["reduceOnly"], bodies[-1]["orderType"]) == ("3700", True, "Market")
        assert await exchange.fetch_position(SYMBOL) is None
        [gone] = await exchange.fetch_position_history(SYMBOL)
        assert gone.entry_price is not None
        assert gone.closed_quantity == contract.quantity_of(D(3700), gone.entry_price)

    inverse(play)


def test_a_position_in_danger_is_reduced_by_a_part_of_its_dollars() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        mark = on.inside.engine.world.mark("BTC/1USD:BTC")
        above = contract.round_price(mark * D("1.01"))
        await exchange.create_order(sized(contract, 3701, above, time_in_force=TimeInForce.IOC))
        [position] = await exchange.fetch_positions(SYMBOL)
        manager = fa.OrderManager(exchange, journal=fa.MemoryJournal())
        await carry_out(fa.Reduce(fraction=D("0.5")), manager, position)
        assert (bodies[-1]["qty"], bodies[-1]["reduceOnly"]) == ("1850", True)
        [left] = await exchange.fetch_positions(SYMBOL)
        assert left.contracts == D(1851)

    inverse(play)


def test_a_batch_counts_dollars() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        results = await exchange.create_orders([sized(contract, 200), sized(contract, 300, D(59_000))])
        assert [result.error for result in results] == [None, None]
        assert [item["qty"] for item in bodies[-1]["request"]] == ["200", "300"]

    inverse(play)


def test_a_trigger_order_counts_at_its_limit_or_at_its_trigger() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        at = contract.round_price(on.inside.engine.world.mark("BTC/1USD:BTC") * D("1.05"))
        waiting: dict[str, Any] = {"type": OrderType.TRIGGER, "trigger_price": at}
        placed = await exchange.create_trigger_order(sized(contract, 400, None, **waiting))
        assert (bodies[-1]["qty"], placed.quantity) == ("400", contract.quantity_of(D(400), at))
        await exchange.create_trigger_order(sized(contract, 600, at, **waiting))
        assert bodies[-1]["qty"] == "600"
        changed = await exchange.edit_trigger_order(
            SYMBOL, order_id=placed.order_id, quantity=contract.quantity_of(D(300), at)
        )
        assert (bodies[-1]["qty"], changed.quantity) == ("300", contract.quantity_of(D(300), at))
        # As many dollars at another price are another size.
        placed = await exchange.edit_trigger_order(SYMBOL, order_id=placed.order_id, trigger_price=at + 5)
        assert placed.quantity == contract.quantity_of(D(300), at + 5)
        on.inside.engine.marks.pin(SYMBOL, at + 10)
        on.advance(60_000)
        fired = await exchange.fetch_order(SYMBOL, order_id=placed.order_id)
        assert (fired.status, fired.quantity) == (OrderStatus.FILLED, placed.quantity)

    inverse(play)


def test_a_waiting_order_is_changed_to_whole_dollars_alone() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        at = contract.round_price(on.inside.engine.world.mark("BTC/1USD:BTC") * D("1.05"))
        placed = await exchange.create_trigger_order(
            sized(contract, 401, at, type=OrderType.TRIGGER, trigger_price=at, client_order_id="waits")
        )
        sent = len(bodies)
        for size in (D("0.00153"), contract.quantity_of(D(401), at) + D("0.000001")):
            with pytest.raises(errors.InvalidOrder, match="off the step 1"):
                await exchange.edit_trigger_order(SYMBOL, order_id=placed.order_id, quantity=size)
        with pytest.raises(errors.InvalidOrder, match="off the tick"):
            await exchange.edit_trigger_order(SYMBOL, order_id=placed.order_id, price=at + contract.price_tick / 2)
        assert len(bodies) == sent
        for price in (at + 1, at + 7, at * 2):
            moved = await exchange.edit_trigger_order(SYMBOL, order_id=placed.order_id, price=price)
            assert "qty" not in bodies[-1]
            assert moved.quantity == contract.quantity_of(D(401), price)
        async with on.connect(on.credentials) as other:  # it knows no contract yet
            assert isinstance(other, Bybit)
            moved = await other.edit_trigger_order(SYMBOL, client_order_id="waits", trigger_price=at + 3)
        assert (moved.trigger_price, moved.quantity) == (at + 3, contract.quantity_of(D(401), at * 2))

    inverse(play)


def test_the_stop_of_a_whole_position_in_dollars_is_moved() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        mark = on.inside.engine.world.mark("BTC/1USD:BTC")
        above = contract.round_price(mark * D("1.01"))
        await exchange.create_order(sized(contract, 3700, above, time_in_force=TimeInForce.IOC))
        await exchange.set_position_stops(SYMBOL, "long", stop_loss=contract.round_price(mark * D("0.9")))
        [stop] = await exchange.fetch_trigger_orders(SYMBOL)
        lower = contract.round_price(mark * D("0.8"))
        moved = await exchange.edit_trigger_order(SYMBOL, order_id=stop.order_id, trigger_price=lower)
        assert (moved.trigger_price, moved.quantity) == (lower, D(0))

    inverse(play)


def test_a_market_order_has_no_number_of_dollars() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        with pytest.raises(errors.InvalidOrder, match="time_in_force=IOC"):
            await exchange.create_order(sized(contract, 500, None, type=OrderType.MARKET))
        with pytest.raises(errors.InvalidOrder, match="off the step 1"):
            await exchange.create_order(
                fa.OrderRequest(symbol=SYMBOL, side="buy", type="limit", quantity="0.01", price=PRICE)
            )
        assert bodies == []

    inverse(play)


def test_an_order_that_was_moved_into_the_band_is_as_many_dollars_and_ours() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        far = contract.round_price(on.inside.engine.world.mark("BTC/1USD:BTC") * 20)
        moved = await exchange.create_order(sized(contract, 500, far, side=Side.SELL))
        assert moved.price is not None
        assert moved.price < far
        assert moved.quantity == contract.quantity_of(D(500), moved.price)

    inverse(play)


def test_a_lost_order_is_recognised_by_its_dollars() -> None:
    plan = FaultPlan(seed=1)
    plan.add("answer-lost", paths=["/v5/order/create"], most=1)

    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        far = contract.round_price(on.inside.engine.world.mark("BTC/1USD:BTC") * 20)
        found = await exchange.create_order(sized(contract, 500, far, side=Side.SELL))
        assert found.recovered
        assert len(on.account.orders) == 1

    inverse(play, plan)


def test_another_number_of_dollars_at_a_moved_price_is_another_order() -> None:
    async def play(on: Inside, exchange: Bybit, contract: fa.Contract, bodies: list[Any]) -> None:
        placed = await exchange.create_order(sized(contract, 500))
        asked = sized(contract, 500)
        plan = PlannedOrder(
            request=asked, venue_symbol="BTCUSD", client_order_id="a", local_id="a", contract=contract, contracts=D(500)
        )
        marks = fingerprint(plan)
        moved = msgspec.structs.replace(placed, price=D(50_000), quantity=contract.quantity_of(D(500), D(50_000)))
        assert marks.differences(moved, moves_prices=True) == []
        assert marks.differences(moved) == ["quantity", "price"]
        other = msgspec.structs.replace(moved, quantity=contract.quantity_of(D(501), D(50_000)))
        assert marks.differences(other, moves_prices=True) == ["quantity"]
        closing = msgspec.structs.replace(plan, request=msgspec.structs.replace(asked, intent=Intent.CLOSE))
        assert fingerprint(closing).differences(placed, moves_prices=True) == []

    inverse(play)
