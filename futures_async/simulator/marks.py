"""Prices: a seeded walk that is a pure function of time, so that looking at it does not change it.

Noise of several periods is added up, each with an amplitude in proportion to the square root of its period,
as in a random walk, but bounded: a demo account left alone for a week is still there. All arithmetic is in
integers, so that every platform and Python version walks the same way.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple
from zlib import crc32

from futures_async.simulator.contracts import ContractSpec
from futures_async.unified.enums import Side

STEP_MS = 500
"""Prices change on this grid."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_MASK = (1 << 64) - 1
_UNIT = 1 << 20
# (period in steps, amplitude in millionths of the price)
_OCTAVES = ((4, 90), (16, 180), (64, 360), (256, 720), (1024, 1440), (4096, 2900), (16384, 5800), (65536, 11600))


class Book(NamedTuple):
    """The market at one moment, quote coin."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    mark: Decimal
    index_price: Decimal

    def fills(self, side: Side, price: Decimal | None) -> bool:
        """Whether an order at this price, or at none, is filled at once."""
        return price is None or (price >= self.ask if side is Side.BUY else price <= self.bid)


def _noise(key: int, index: int) -> int:
    """A number in [-2^20, 2^20) that depends on nothing but its arguments (splitmix64)."""
    x = (key + index * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((x ^ (x >> 31)) >> 43) - _UNIT


class Marks:
    """Mark prices and what follows from them. `pin` holds a price still, for tests and for stories."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pinned: dict[str, Decimal] = {}
        self._cache: dict[str, tuple[int, Decimal]] = {}

    def pin(self, symbol: str, price: Decimal | None) -> None:
        """Hold the mark price of `symbol` at `price`; None lets it walk again."""
        if price is None:
            self._pinned.pop(symbol, None)
        else:
            self._pinned[symbol] = price
        self._cache.pop(symbol, None)

    def mark(self, contract: ContractSpec, at_ms: int) -> Decimal:
        """The mark price at a time."""
        symbol = contract.market
        pinned = self._pinned.get(symbol)
        if pinned is not None:
            return pinned
        step = at_ms // STEP_MS
        cached = self._cache.get(symbol)
        if cached is not None and cached[0] == step:
            return cached[1]
        price = self._walk(contract, step)
        self._cache[symbol] = (step, price)
        return price

    def book(self, contract: ContractSpec, at_ms: int) -> Book:
        """Best bid and ask one tick around the mark."""
        mark = self.mark(contract, at_ms)
        tick = contract.tick
        return Book(bid=mark - tick, ask=mark + tick, last=mark, mark=mark, index_price=mark + 2 * tick)

    def funding_rate(self, contract: ContractSpec, at_ms: int) -> Decimal:
        """The rate of the funding interval that holds `at_ms`: longs pay shorts when it is positive."""
        interval = at_ms // (contract.funding_interval_h * HOUR_MS)
        noise = _noise(self._key(contract.market, 99), interval)
        return Decimal(100 + 60 * noise // _UNIT).scaleb(-6)

    def _key(self, symbol: str, octave: int) -> int:
        return (crc32(symbol.encode()) << 32) ^ (self._seed * 0x2545F4914F6CDD1D) ^ (octave << 8)

    def _walk(self, contract: ContractSpec, step: int) -> Decimal:
        total = 0
        for octave, (period, amplitude) in enumerate(_OCTAVES):
            index, offset = divmod(step, period)
            key = self._key(contract.market, octave)
            left = _noise(key, index)
            right = _noise(key, index + 1)
            total += (left + (right - left) * offset // period) * amplitude
        # total / 2^20 is the distance from the start price, in millionths.
        price = contract.start_price * (1_000_000 * _UNIT + total) / (1_000_000 * _UNIT)
        return (price / contract.tick).to_integral_value() * contract.tick
