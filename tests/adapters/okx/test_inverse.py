"""Coin-margined contracts: worth a fixed amount of USD each, sized in base coin at a price."""

from __future__ import annotations

import dataclasses
import functools
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.trading.closing_orders import counted, in_base_coin
from futures_async.trading.ordering import Fingerprint, PlannedOrder, fingerprint
from futures_async.trading.planning import check_request, check_steps, contracts_of
from futures_async.unified.enums import Intent, OrderType, Side, TimeInForce
from futures_async.unified.errors import InvalidOrder
from tests.adapters.okx.conftest import Rig
from tests.adapters.okx.samples import BTC, COIN

pytestmark = pytest.mark.anyio
SYMBOL = COIN.symbol
PRICE = D("59999.9")


def order(contracts: int | str, price: D | None = PRICE, **more: Any) -> fa.OrderRequest:
    """So many contracts at a price."""
    settings: dict[str, Any] = {"symbol": SYMBOL, "side": Side.BUY, "type": OrderType.LIMIT, "price": price, **more}
    return fa.OrderRequest(quantity=COIN.quantity_of(D(contracts), price or PRICE), **settings)


def sent(rig: Rig, path: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(rig.wire.posts(f"/api/v5/trade/{path}")[-1].body)
    return found


@pytest.mark.parametrize("contracts", ["1", "3", "7", "123456", "9999999"])
@pytest.mark.parametrize("price", [D("0.1"), D("3"), D("59999.9"), D("123456.7")])
def test_contracts_come_back_as_they_were(contracts: str, price: D) -> None:
    assert COIN.exact_contracts(COIN.quantity_of(D(contracts), price), price) == D(contracts)
    assert contracts_of(order(contracts, price), COIN) == D(contracts)


def test_linear_contracts_are_counted_without_a_price() -> None:
    assert contracts_of(order(1, None, symbol=BTC.symbol), BTC) is None
    assert BTC.exact_contracts(D("0.015"), D(1)) == D("1.5")


@pytest.mark.parametrize(
    ("contracts", "changes", "words"),
    [
        ("1.5", {}, "is off the step 1 of BTC/USD:BTC; contract.quantity_of"),
        ("21", {"max_quantity": D(20)}, r"\(21 contracts\) is over 20"),
        ("4", {"min_quantity": D(5)}, r"\(4 contracts\) is under the minimum 5"),
    ],
)
def test_rules_count_contracts(contracts: str, changes: dict[str, Any], words: str) -> None:
    contract = msgspec.structs.replace(COIN, **changes)
    with pytest.raises(InvalidOrder, match=words):
        check_steps(check_request(order(contracts)), contract)
    check_steps(check_request(order("20")), contract)


async def test_an_order_is_placed_read_changed_and_cancelled_by_contracts(rig: Rig) -> None:
    client = rig.client()
    placed = await client.create_order(order(5))
    assert (sent(rig, "order")["sz"], sent(rig, "order")["px"]) == ("5", "59999.9")
    assert (placed.quantity, placed.price) == (COIN.quantity_of(D(5), PRICE), PRICE)
    assert placed.remaining_quantity == placed.quantity
    # As many contracts are less at a higher price.
    edited = await client.edit_order(SYMBOL, order_id=placed.order_id, price=D(60000))
    assert sent(rig, "amend-order") == {"instId": "BTC-USD-SWAP", "ordId": placed.order_id, "newPx": "60000"}
    assert (edited.quantity, edited.price) == (COIN.quantity_of(D(5), D(60000)), D(60000))
    edited = await client.edit_order(SYMBOL, order_id=placed.order_id, quantity=COIN.quantity_of(D(7), D(60000)))
    assert sent(rig, "amend-order")["newSz"] == "7"
    edited = await client.edit_order(
        SYMBOL, order_id=placed.order_id, price=PRICE, quantity=COIN.quantity_of(D(8), PRICE)
    )
    assert (sent(rig, "amend-order")["newSz"], edited.price) == ("8", PRICE)
    await client.cancel_order(SYMBOL, order_id=placed.order_id)
    assert await client.fetch_open_orders(SYMBOL) == []


async def test_a_position_is_opened_and_closed_to_the_contract(rig: Rig) -> None:
    client = rig.client()
    ticker = await client.fetch_ticker(SYMBOL)
    assert ticker.last_price is not None
    above = BTC.round_price(ticker.last_price * D("1.01"))
    bought = await client.create_order(order(37, above, time_in_force=TimeInForce.IOC))
    assert bought.status is fa.OrderStatus.FILLED
    position = await client.fetch_position(SYMBOL)
    assert position is not None
    assert (position.contracts, position.contract_value) == (D(37), D(100))
    rig.exchange.engine.marks.pin(SYMBOL, ticker.last_price * D("0.9"))  # at its price they were another size
    closed = await client.close_position(SYMBOL)
    assert closed is not None
    assert sent(rig, "order")["sz"] == "37"
    assert await client.fetch_position(SYMBOL) is None


async def held(rig: Rig, contracts: int) -> D:
    """Buy so many contracts; the price that they were bought at."""
    client = rig.client()
    last = (await client.fetch_ticker(SYMBOL)).last_price
    assert last is not None
    bought = await client.create_order(
        order(contracts, BTC.round_price(last * D("1.01")), time_in_force=TimeInForce.IOC)
    )
    assert bought.status is fa.OrderStatus.FILLED
    return last


def largest(rig: Rig, *, market: int) -> None:
    """How many contracts one market order may have; limit orders five times as many."""
    contracts = rig.exchange.engine.world.contracts
    name = next(name for name, spec in contracts.items() if spec.quote_sized and spec.base == "BTC")
    contracts[name] = dataclasses.replace(contracts[name], max_quantity=D(market) * 100 * 5)


async def test_a_position_larger_than_a_market_order_is_closed_in_parts_to_the_contract(rig: Rig) -> None:
    largest(rig, market=10)
    last = await held(rig, 37)
    rig.exchange.engine.marks.pin(SYMBOL, last * D("1.1"))
    client = rig.client()
    await client.fetch_contracts()  # known, so that no order is refused for its size first
    closed = await client.close_position(SYMBOL)
    assert closed is not None
    sizes = [msgspec.json.decode(seen.body)["sz"] for seen in rig.wire.posts("/api/v5/trade/order")[1:]]
    assert sizes == ["10", "10", "10", "7"]
    assert await client.fetch_position(SYMBOL) is None


async def test_slices_are_contracts_and_go_on_at_another_price(rig: Rig) -> None:
    largest(rig, market=2)  # ten contracts in a limit order
    client = rig.client()
    await client.fetch_contracts()
    manager = fa.OrderManager(client, journal=fa.MemoryJournal())
    whole = order(23)
    sliced = functools.partial(manager.submit_sliced, pause=(0, 0), group="mine")
    first = await sliced(whole, max_quantity=D(1))
    assert [msgspec.json.decode(seen.body)["sz"] for seen in rig.wire.posts("/api/v5/trade/order")] == ["10", "10", "3"]
    assert (first.placed, first.remaining, first.error) == (whole.quantity, D(0), None)
    # Fourteen are less at a higher price, and no more of them.
    more = await sliced(order(37, D(65000)), max_quantity=COIN.quantity_of(D("4.9"), D(65000)))
    sizes = [msgspec.json.decode(seen.body)["sz"] for seen in rig.wire.posts("/api/v5/trade/order")][3:]
    assert sizes == ["4", "4", "4", "2"]
    assert more.placed == COIN.quantity_of(D(37), D(65000))
    with pytest.raises(fa.InvalidRequest, match="more than is asked"):
        await sliced(order(36), max_quantity=D(1))


async def test_market_orders_are_not_sliced_by_contracts(rig: Rig) -> None:
    manager = fa.OrderManager(rig.client(), journal=fa.MemoryJournal())
    with pytest.raises(InvalidOrder, match="time_in_force=IOC"):
        await manager.submit_sliced(order(5, None, type=OrderType.MARKET), max_quantity=D("0.01"))
    assert rig.wire.posts("/api/v5/trade/order") == []


async def test_a_position_without_a_number_of_contracts_is_not_guessed(rig: Rig) -> None:
    await held(rig, 3)
    position = await rig.client().fetch_position(SYMBOL)
    assert position is not None
    assert (counted(position), in_base_coin(position, D(3))) == (D(3), position.quantity)
    with pytest.raises(InvalidOrder, match="close it at the venue"):
        counted(msgspec.structs.replace(position, contracts=None))


def test_the_smallest_order_counts_contracts() -> None:
    assert msgspec.structs.replace(COIN, min_notional=D(250)).smallest_quantity(PRICE) == D(3)


async def test_a_batch_counts_contracts(rig: Rig) -> None:
    results = await rig.client().create_orders([order(2), order(3, D(59000))])
    assert [result.error for result in results] == [None, None]
    assert [item["sz"] for item in msgspec.json.decode(rig.wire.posts("/api/v5/trade/batch-orders")[-1].body)] == [
        "2",
        "3",
    ]


async def test_a_trigger_order_counts_at_its_limit_or_at_its_trigger(rig: Rig) -> None:
    client = rig.client()
    waiting: dict[str, Any] = {"type": OrderType.TRIGGER, "trigger_price": D(61000)}
    placed = await client.create_trigger_order(order(4, D(61000), **waiting))
    assert sent(rig, "order-algo")["sz"] == "4"
    assert placed.quantity == COIN.quantity_of(D(4), D(61000))
    request = fa.OrderRequest(symbol=SYMBOL, side=Side.BUY, quantity=COIN.quantity_of(D(6), D(61000)), **waiting)
    await client.create_trigger_order(request)
    assert sent(rig, "order-algo")["sz"] == "6"


async def test_a_market_order_has_no_number_of_contracts(rig: Rig) -> None:
    with pytest.raises(InvalidOrder, match="time_in_force=IOC") as refused:
        await rig.client().create_order(
            fa.OrderRequest(symbol=SYMBOL, side=Side.BUY, type=OrderType.MARKET, quantity=D("0.01"))
        )
    assert isinstance(refused.value, InvalidOrder)
    assert rig.wire.posts("/api/v5/trade/order") == []


def test_a_close_at_market_is_recognised_at_any_price() -> None:
    request = order(5, None, type=OrderType.MARKET, side=Side.SELL, intent=Intent.CLOSE)
    plan = PlannedOrder(
        request=request, venue_symbol="BTC-USD-SWAP", client_order_id="a", local_id="a", contract=COIN, contracts=D(5)
    )
    marks: Fingerprint = fingerprint(plan)
    assert marks.quantity is None
    assert fingerprint(msgspec.structs.replace(plan, contracts=None)).quantity == request.quantity
