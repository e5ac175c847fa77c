"""Lists of a contract that a venue does not have, where its answer is the same as for one without rows."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from tests.adapters.hyperliquid.test_contract import SPEC
from tests.rig.support import Scripted, toy, virtual
from tests.rig.toy import Toy


class Silent(Toy):
    """Its venue answers no fills for whatever it is asked for."""

    silent_lists = frozenset({fa.Capability.FETCH_FILLS})
    reads = 0
    down = False

    async def fetch_contracts(self) -> list[fa.Contract]:
        self.reads += 1
        if self.down:
            raise fa.VenueUnavailable("maintenance", venue="toy")
        return await super().fetch_contracts()


class Counting(Toy):
    """Its venue counts contracts."""

    needs_contract = True


def test_it_is_told_by_a_symbol_of_the_venues_own() -> None:
    async def main() -> None:
        on = Inside(SPEC)
        async with on.exchange as exchange:
            reads: list[Any] = [exchange.fetch_open_orders, exchange.fetch_fills, exchange.fetch_contract]
            for read in reads:
                with pytest.raises(fa.SymbolNotFound, match=r"symbols look like \w+/USDC:USDC; fetch_contracts"):
                    await read("NOSUCH/USDC:USDC")

    run(main())


@virtual
async def test_the_contracts_are_read_for_it_once_and_where_they_cannot_be_it_is_no_error() -> None:
    async with toy(Scripted(), Silent) as exchange:
        assert isinstance(exchange, Silent)
        exchange.down = True
        assert await exchange.fetch_fills("XRP/USDT:USDT") == []
        exchange.down = False
        for _ in range(2):
            with pytest.raises(fa.SymbolNotFound):
                await exchange.fetch_fills("XRP/USDT:USDT")
        assert await exchange.fetch_fills("BTC/USDT:USDT") == []
        assert exchange.reads == 2


@virtual
async def test_an_iterator_and_what_is_the_accounts_own_say_so_too() -> None:
    async with toy(Scripted(), Silent) as exchange:
        assert [fill async for fill in exchange.iter_fills("BTC/USDT:USDT")] == []
        with pytest.raises(fa.SymbolNotFound):
            _ = [fill async for fill in exchange.iter_fills("XRP/USDT:USDT")]
        assert await exchange.fetch_position_mode("BTC/USDT:USDT") is fa.PositionMode.ONE_WAY
        with pytest.raises(fa.SymbolNotFound):
            await exchange.fetch_position_mode("XRP/USDT:USDT")


@virtual
async def test_an_order_whose_rows_could_not_be_read_for_want_of_a_contract_is_not_looked_for() -> None:
    async with toy(Scripted(), Counting) as exchange:
        began = anyio.current_time()
        with pytest.raises(fa.SymbolNotFound):
            await exchange.resolve_order("XRP/USDT:USDT", "left1")
        assert anyio.current_time() - began < 1
        assert await exchange.resolve_order("BTC/USDT:USDT", "left1") is None
