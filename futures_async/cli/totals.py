"""What all accounts are worth: sums by coin, and in one money as far as the coins' marks are known."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import anyio
import msgspec

from futures_async.cli.tables import Column, grouped, percent, signed
from futures_async.portfolio.snapshot import SUMMED, CoinTotal, Ok, Snapshot, VenueData
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exact import ZERO, add, multiply
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.symbols import split

NAMED = 3
MARKS_S = 30.0
"""A mark that was read is known for so long."""


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all coins in one money, at the marks of this moment."""

    total_in: str
    """The money."""
    equity: Decimal
    """Sum of the accounts' equity."""
    unrealized_pnl: Decimal
    """Sum of unrealized profit."""
    margin: Decimal
    """Sum of the margin that positions hold."""
    exposure: Decimal
    """Sum of the positions' values, longs and shorts both counted up."""
    left_out: tuple[str, ...]
    """Coins without a known mark, and accounts with the sums that they are not in."""


def coins_of(snapshot: Snapshot) -> list[CoinTotal]:
    """The sums by coin, without coins of which nobody has anything."""
    return [total for total in snapshot.totals().values() if _is_something(total)]


def _is_something(total: CoinTotal) -> bool:
    return any(getattr(total, what) for what in SUMMED)


class Marks:
    """What a coin costs in the money: by the marks of positions that are fresh, else by a ticker that was asked for."""

    def __init__(
        self, exchanges: Mapping[str, FuturesExchange], money: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._exchanges = exchanges
        self.money = money
        self._now = now
        self._read: dict[str, tuple[float, Decimal]] = {}

    def of(self, snapshot: Snapshot) -> dict[str, Decimal]:
        """The known ones by coin; the money's own is 1."""
        now = self._now()
        found = {coin: mark for coin, (at, mark) in self._read.items() if now - at <= MARKS_S}
        for state in snapshot.venues.values():
            for position in (state.data.positions if isinstance(state, Ok) else None) or ():
                parts = split(position.symbol)  # a contract with a date has a price of its own
                if parts is not None and parts.quote == self.money and position.mark_price is not None:
                    found[parts.base] = position.mark_price
        return found | {self.money: Decimal(1)}

    async def read(self, snapshot: Snapshot) -> None:
        """Ask for those that the totals need and that no position tells."""
        known = self.of(snapshot)
        async with anyio.create_task_group() as tasks:
            for total in coins_of(snapshot):
                if total.coin not in known:
                    tasks.start_soon(self._ask, total.coin)

    async def _ask(self, coin: str) -> None:
        for exchange in self._exchanges.values():
            if not exchange.supports(Capability.FETCH_TICKER):
                continue
            try:
                ticker = await exchange.fetch_ticker(f"{coin}/{self.money}:{self.money}")
            except FuturesAsyncError:  # it has no such contract, or does not answer: the coin is named as left out
                continue
            if ticker.mark_price is not None:
                self._read[coin] = (self._now(), ticker.mark_price)
                return


def worth(snapshot: Snapshot, coin: str, marks: Mapping[str, Decimal]) -> Worth:
    """Everything in one money.

    Args:
        snapshot: What is known of the accounts.
        coin: The money.
        marks: What coins cost in it.
    """
    sums = dict.fromkeys(SUMMED, ZERO)
    left_out: list[str] = []
    totals = snapshot.totals()  # of coins of which nobody has anything too: somebody may be missing from them
    for total in totals.values():
        mark = marks.get(total.coin)
        if mark is not None:
            for what in SUMMED:
                sums[what] = add(sums[what], multiply(getattr(total, what), mark))
        elif _is_something(total):
            left_out.append(total.coin)
        # Of a coin that is left out whole only those are named who may have others as well.
        missing = [
            (name, parts)
            for name, parts in total.missing_parts.items()
            if mark is not None or len(parts) == len(SUMMED)
        ]
        left_out += [without(*part) for part in missing]
    if not totals:  # not even the coins are known in which an account may have something
        datas = {name: state.data or VenueData() for name, state in snapshot.venues.items()}
        left_out += [name for name, data in datas.items() if data.accounts is None or data.positions is None]
    return Worth(total_in=coin, **sums, left_out=tuple(dict.fromkeys(left_out)))


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def without(name: str, parts: Sequence[str]) -> str:
    """An account, and the sums that it is not in, if it is in others."""
    return name if len(parts) == len(SUMMED) else f"{name}: {', '.join(PART_NAMES[part] for part in parts)}"


PART_NAMES = {"equity": "equity", "unrealized_pnl": "PnL", "margin": "margin", "exposure": "exposure"}


def in_words(total: CoinTotal | Worth) -> str:
    """Who or what is not in it."""
    if isinstance(total, Worth):
        return some(total.left_out)
    return some([without(*part) for part in total.missing_parts.items()])


def rows_of(coins: Sequence[CoinTotal], whole: Worth) -> list[CoinTotal | Worth]:
    """The rows of the table: coin by coin, and all in the money, unless that would say the same again."""
    return list(coins) if {total.coin for total in coins} <= {whole.total_in} else [*coins, whole]


def amount(value: Decimal) -> str:
    """Of any coin, with as many decimals as its size asks for."""
    return grouped(value, 2 if abs(value) >= 100 else 6)


TOTALS: list[Column[CoinTotal | Worth]] = [
    Column(
        "total",
        lambda row: f"all in {row.total_in}" if isinstance(row, Worth) else row.coin,
        number=False,
        names=True,
    ),
    Column("equity", lambda row: amount(row.equity)),
    Column("PnL", lambda row: signed(row.unrealized_pnl)),
    Column("margin", lambda row: amount(row.margin), spare=2),
    Column("exposure", lambda row: amount(row.exposure), spare=1),
    Column("exposure / equity", lambda row: percent(exposure_ratio(row)), spare=3),
    Column("not in it", in_words, number=False, prose=True),
]


def exposure_ratio(row: CoinTotal | Worth) -> Decimal | None:
    """Exposure over equity; of the one money, where nothing is left out of it."""
    if isinstance(row, CoinTotal):
        return row.exposure_ratio
    return row.exposure / row.equity if row.equity > 0 and not row.left_out else None
