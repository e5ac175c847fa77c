"""What everybody can see of a market, as far as it follows from the marks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.marks import DAY_MS, HOUR_MS
from futures_async.simulator.world import World


class Day(NamedTuple):
    """The last 24 hours. Prices are quote coin, the volume is what contracts are counted in."""

    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    volume: Decimal
    turnover: Decimal

    @property
    def change(self) -> Decimal:
        """A fraction, to five decimals."""
        return ((self.last - self.open) / self.open).quantize(Decimal("0.00001"))


class Candle(NamedTuple):
    """One stretch of time, rough: from its first and last mark price."""

    at_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Figures:
    """Asked, never changed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def volume(self, contract: ContractSpec) -> Decimal:
        """An invented figure that stands still: of a day's trades, of open interest."""
        return contract.top_size * 9000

    def day(self, contract: ContractSpec) -> Day:
        """The last 24 hours."""
        last = self._world.book(contract.symbol).last
        before = self._world.marks.mark(contract, self._world.now_ms - DAY_MS)
        volume = self.volume(contract)
        return Day(before, max(last, before), min(last, before), last, volume, volume * last)

    def levels(self, contract: ContractSpec, count: int) -> tuple[list[Decimal], list[Decimal]]:
        """Prices of asks and bids from the best on, ten ticks apart; `top_size` lies at each."""
        book, away = self._world.book(contract.symbol), 10 * contract.tick
        return [book.ask + n * away for n in range(count)], [book.bid - n * away for n in range(count)]

    def funding_rate(self, contract: ContractSpec) -> Decimal:
        """What is due at the end of this interval."""
        return self._world.marks.funding_rate(contract, self._world.now_ms)

    def next_funding_ms(self, contract: ContractSpec) -> int:
        """When that is."""
        interval = contract.funding_interval_h * HOUR_MS
        return (self._world.now_ms // interval + 1) * interval

    def past_funding(self, contract: ContractSpec, size: int, number: int = 1) -> Iterator[tuple[int, Decimal]]:
        """Settlements and their rates, newest first: the `number`-th `size` of them."""
        interval = contract.funding_interval_h * HOUR_MS
        latest = self.next_funding_ms(contract) - interval - (number - 1) * size * interval
        for at in range(latest, latest - size * interval, -interval):
            yield at, self._world.marks.funding_rate(contract, at - 1)

    def candles(
        self, contract: ContractSpec, length_ms: int, since_ms: int | None, until_ms: int | None, most: int
    ) -> Iterator[Candle]:
        """The newest so many between two times, oldest first."""
        now = self._world.now_ms
        last = min(until_ms or now, now) // length_ms * length_ms
        first = max(since_ms or 0, last - (most - 1) * length_ms) // length_ms * length_ms
        volume = contract.top_size * (length_ms // 60_000)
        for at in range(first, last + 1, length_ms):
            opened = self._world.marks.mark(contract, at)
            closed = self._world.marks.mark(contract, min(at + length_ms - 1, now))
            yield Candle(at, opened, max(opened, closed), min(opened, closed), closed, volume)
