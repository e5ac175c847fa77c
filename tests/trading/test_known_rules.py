"""A position is closed by the rules that are known, whatever becomes of the list of contracts."""

from __future__ import annotations

import asyncio

import pytest

import futures_async as fa
from futures_async.trading.cancelling import urgent
from futures_async.trading.contracts import ContractBook
from futures_async.transport.limits.none import NoLimiter
from tests.rig.support import BTC, Scripted, limit_order, toy, virtual
from tests.rig.toy import Toy


class Counting(Toy):
    """Its orders need the contract's rules."""

    needs_contract = True
    list_s = 0.0
    down = False

    asked = 0

    async def fetch_contracts(self) -> list[fa.Contract]:
        self.asked += 1
        await asyncio.sleep(self.list_s)
        if self.down:
            raise fa.VenueUnavailable("maintenance", venue="toy", http_status=503)
        return await super().fetch_contracts()


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize("hangs", [False, True])
@virtual
async def test_it_is_closed_while_the_rules_cannot_be_read_anew(hangs: bool, forgotten: bool) -> None:
    venue = Scripted()
    async with toy(venue, Counting, limiter=NoLimiter()) as exchange:
        assert isinstance(exchange, Counting)
        await exchange.fetch_contract(BTC)
        if forgotten:
            exchange._forget_contracts()  # pyright: ignore[reportPrivateUsage] - as after a refused size
        else:
            await asyncio.sleep(3700)
        exchange.down, exchange.list_s = not hangs, 60.0 if hangs else 0.0
        began = asyncio.get_running_loop().time()
        assert await exchange.close_position(BTC) is not None
        assert asyncio.get_running_loop().time() - began < 0.5  # it is not waited for
        assert len(venue.orders) == 1


@pytest.mark.parametrize("hangs", [False, True])
@virtual
async def test_who_only_reads_waits_for_an_old_list_more_and_more_rarely(hangs: bool) -> None:
    venue = Scripted()
    async with toy(venue, Counting, limiter=NoLimiter()) as exchange:
        assert isinstance(exchange, Counting)
        await exchange.fetch_contract(BTC)
        await asyncio.sleep(3700)
        exchange.down, exchange.list_s, exchange.asked = not hangs, 10.0 if hangs else 0.0, 0
        waited_s = 0.0
        for _ in range(100):
            began = asyncio.get_running_loop().time()
            sizes = await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - for adapters
            waited_s += asyncio.get_running_loop().time() - began
            assert sizes("BTCUSDT").symbol == BTC
            await asyncio.sleep(1)
        if hangs:
            assert exchange.asked == 1  # it came after ten seconds
            assert waited_s < 5
        else:
            assert 4 <= exchange.asked <= 6
        exchange.down = False
        await asyncio.sleep(60)
        await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - as above
        asked = exchange.asked
        await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - as above
        assert exchange.asked == asked


@pytest.mark.parametrize("state", ["back", "hangs", "down"])
@virtual
async def test_a_close_of_a_contract_that_is_new_asks_for_the_list_that_others_ask_for_no_more(state: str) -> None:
    async with toy(Scripted(), Counting, limiter=NoLimiter()) as exchange:
        assert isinstance(exchange, Counting)
        await exchange.fetch_contract(BTC)
        known = exchange._contracts.known  # pyright: ignore[reportPrivateUsage] - for adapters
        known["ETHUSDT"] = known.pop("BTCUSDT")  # the other one is new
        await asyncio.sleep(60)
        exchange.down = True
        with pytest.raises(fa.VenueUnavailable):
            await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - for adapters
        exchange.down, exchange.list_s, exchange.asked = state == "down", 60.0 if state == "hangs" else 0.0, 0
        began = asyncio.get_running_loop().time()
        sizes = await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - as above
        assert exchange.asked == 0
        with urgent():
            sizes = await exchange._sizes_of(["BTCUSDT"], "symbol")  # pyright: ignore[reportPrivateUsage] - as above
        assert exchange.asked == 1
        assert asyncio.get_running_loop().time() - began < 2.5
        if state == "back":
            assert sizes("BTCUSDT").symbol == BTC
        else:
            with pytest.raises(fa.DecodeError):
                sizes("BTCUSDT")


def test_those_who_wait_for_one_reading_miss_it_once() -> None:
    book = ContractBook()
    for now in (100.0, 100.1, 101.9):
        book.missed(now)
    assert not book.due(106.8)
    assert book.due(106.9)
    book.missed(110.0)
    assert not book.due(119.9)
    assert book.due(120.0)
    for now in range(200, 80_000, 60):
        book.missed(now)
    assert not book.due(79_940 + 59)
    assert book.due(79_940 + 60)
    book.keep([], 80_000.0)
    assert book.due(80_000.0)
    book.missed(80_000.0)
    assert book.due(80_005.0)


@virtual
async def test_rules_that_were_never_read_are_not_made_up() -> None:
    venue = Scripted()
    async with toy(venue, Counting, limiter=NoLimiter()) as exchange:
        assert isinstance(exchange, Counting)
        exchange.down = True
        with pytest.raises(fa.VenueUnavailable) as caught:
            await exchange.close_position(BTC)
        assert caught.value.outcome is fa.Outcome.NOT_SENT
        assert venue.orders == []


@virtual
async def test_of_several_orders_only_the_one_that_cannot_be_planned_is_not_sent() -> None:
    venue = Scripted()
    async with toy(venue, Counting, limiter=NoLimiter()) as exchange:
        assert isinstance(exchange, Counting)
        unlisted = fa.OrderRequest(symbol="ETH/USDT:USDT", side="buy", type="limit", quantity="1", price="5")
        first, second = await exchange.create_orders([limit_order(1, client_order_id="mine1"), unlisted])
        assert first.order is not None
        assert isinstance(second.error, fa.SymbolNotFound)
        exchange.down = True
        await asyncio.sleep(3700)
        for result in await exchange.create_orders([limit_order(2), limit_order(3, client_order_id="mine3")]):
            assert isinstance(result.error, fa.VenueUnavailable)
            assert result.error.outcome is fa.Outcome.NOT_SENT
            assert result.error.client_order_id == result.request.client_order_id
        assert len(venue.orders) == 1
