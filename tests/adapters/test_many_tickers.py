"""Prices of many contracts are read from lists of all: what each tells by itself, in a few calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import futures_async as fa
from futures_async.simulator.contracts import CONTRACTS
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.testing.virtual_time import run
from futures_async.transport.limits.none import NoLimiter

EIGHT = 8
CALLS = {"binance": 3, "bitget": 1, "bitget-uta": 1, "bitmart": 1, "bybit": 1, "okx": 4, "hyperliquid": 1 + 2 * EIGHT}
"""For the prices of eight contracts: at Hyperliquid no list tells last trades and best prices."""


class Counting(InProcessBackend):
    """Counts calls."""

    calls = 0

    async def send(self, request: Any) -> Any:
        self.calls += 1
        return await super().send(request)


@pytest.mark.parametrize("venue", CALLS)
def test_prices_of_many_contracts_are_those_of_each_in_few_calls(venue: str) -> None:
    settle = "USDC" if venue == "hyperliquid" else "USDT"
    model = next(spec for spec in CONTRACTS if spec.symbol == f"BTC/{settle}:{settle}")
    contracts = [replace(model, base=f"T{chr(65 + number)}") for number in range(EIGHT + 1)]
    symbols = [spec.symbol for spec in contracts[:EIGHT]]

    async def main() -> None:
        simulated = SimulatedExchange(
            only=[venue], setup=Setup(empty=True), contracts=contracts, now_ms=lambda: 1_790_000_000_000
        )
        backend = Counting(simulated)
        options: Any = {"base_url": "http://127.0.0.1:1", "http": backend, "limiter": NoLimiter()}
        async with fa.connect(venue, **options) as exchange:
            alone = [await exchange.fetch_ticker(symbol) for symbol in symbols]
            await exchange.fetch_time()
            before, names = backend.calls, [exchange.venue_symbol(symbol) for symbol in symbols]
            read: Any = getattr(exchange, "_tickers")  # noqa: B009 - what a watch reads
            assert (await read(names, set()), backend.calls - before) == (alone, CALLS[venue])
            gone = "NONE-SWAP"
            assert await read([*names, gone], {gone}) == alone, "one that is none closes no list"

    run(main())
