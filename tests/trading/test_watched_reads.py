"""What the watches of an adapter read: a row that cannot be read keeps no other out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import pytest

from futures_async.streams.account import AccountStreams, Wish
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import OrderStatus
from futures_async.unified.errors import DecodeError, SymbolNotFound, UnreadRow, unread_rows
from futures_async.unified.models import Fill, Order, Ticker
from futures_async.unified.watching import ChangeKind, Watch, WatchState
from tests.fakes import FakeTrading, request
from tests.rig.support import Scripted, toy
from tests.rig.toy import Toy

SOL = "SOL/USDT:USDT"
BTC = "BTC/USDT:USDT"


def odd(what: str, **facts: Any) -> UnreadRow:
    return UnreadRow(what, f"{what} cannot be read", {what: "--"}, {"venue_symbol": "SOLUSDT", **facts}, "toy")


def order(number: str, venue_symbol: str, status: OrderStatus = OrderStatus.NEW) -> Order:
    made = FakeTrading().order(request(), number)
    return msgspec.structs.replace(made, venue_symbol=venue_symbol, status=status, created_ms=None, updated_ms=None)


class Odd(Toy):
    """Each of its lists has one row that cannot be read."""

    past_by_contract = True

    async def fetch_ticker(self, symbol: str) -> Ticker:
        if symbol == "SOLUSDT":
            raise DecodeError("last is no number", path="last")
        return Ticker(venue=self.id, symbol=self.unified_symbol(symbol), venue_symbol=symbol, last_price=Decimal(1))

    async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
        raise unread_rows([odd("side", order_id="9")], [order("1", "BTCUSDT"), order("2", "ETHUSDT")])

    async def iter_orders(self, symbol: str | None = None, **bounds: Any) -> AsyncIterator[Order]:
        yield order(f"{symbol}-ended", str(symbol), OrderStatus.CANCELED)
        if symbol == "BTCUSDT":
            raise unread_rows([odd("status", order_id="8")])

    async def iter_fills(self, symbol: str | None = None, **bounds: Any) -> AsyncIterator[Fill]:
        made = FakeTrading()
        made.placed["1"] = order("1", "BTCUSDT")
        made.fill("1", "0.01", "30000", created_ms=4_000_000_000_000)
        yield made.fills[0]
        raise unread_rows([odd("price", fill_id="7")])


class Delisting(Toy):
    """Contracts go."""

    gone: ClassVar[set[str]] = set()
    alone: ClassVar[list[str]] = []

    async def fetch_ticker(self, symbol: str) -> Ticker:
        if symbol in self.gone:
            raise SymbolNotFound(f"no contract {symbol}", venue=self.id)
        self.alone.append(symbol)
        return self.ticker(symbol, Decimal(1))

    def ticker(self, name: str, price: Decimal) -> Ticker:
        return Ticker(venue=self.id, symbol=self.unified_symbol(name), venue_symbol=name, last_price=price)


class Listing(Delisting):
    """Its list of all tickers lacks one, and has one that nobody asked for."""

    async def _listed_tickers(self, names: Sequence[str]) -> list[Ticker]:
        return [self.ticker(name, Decimal(2)) for name in (*names[:5], "ZZZUSDT")]


async def seen(watch: Watch[Any], count: int) -> tuple[list[Any], list[str]]:
    """What is told first, and what cannot be read."""
    async with watch:
        found = [(await anext(watch)).item for _ in range(count)]
        await watch.live()
        assert watch.state is WatchState.LIVE
        return found, [row.path for row in watch.unread]


def test_a_ticker_that_cannot_be_read_keeps_no_other_out() -> None:
    async def main() -> None:
        async with toy(Scripted(), Odd) as exchange:
            found, unread = await seen(exchange.watch_tickers([SOL, BTC], fallback_s=1.0), 1)
            assert ([one.venue_symbol for one in found], unread) == (["BTCUSDT"], ["last"])

    run(main())


def test_a_contract_that_is_not_there_any_more_is_told_as_closed_and_the_others_stay_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        async with toy(Scripted(), Delisting) as exchange:
            watch = exchange.watch_tickers([SOL, BTC], fallback_s=1.0)
            async with watch:
                await watch.live()
                monkeypatch.setattr(Delisting, "gone", {"SOLUSDT"})
                while (change := await anext(watch)).kind is not ChangeKind.CLOSED:
                    pass
                assert (change.item.symbol, list(watch.current)) == (SOL, [BTC])
                # Of all at once it is believed of none: something else is wrong.
                monkeypatch.setattr(Delisting, "gone", {"SOLUSDT", "BTCUSDT"})
                await asyncio.sleep(100)
                assert (list(watch.current), watch.state) == ([BTC], WatchState.STALE)

    run(main())


@pytest.mark.parametrize("symbols", [[SOL], [SOL, BTC]], ids=len)
def test_a_contract_that_was_never_there_ends_the_watch(symbols: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delisting, "gone", {"SOLUSDT"})

    async def main() -> None:
        async with toy(Scripted(), Delisting) as exchange, exchange.watch_tickers(symbols, fallback_s=1.0) as watch:
            with pytest.raises(SymbolNotFound, match="no contract SOLUSDT"):
                await watch.live()
            assert watch.state is WatchState.CLOSED

    run(main())


def test_prices_that_a_list_leaves_out_are_read_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delisting, "alone", alone := list[str]())

    async def main() -> None:
        async with toy(Scripted(), Listing) as exchange:
            symbols = [f"{name}/USDT:USDT" for name in ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")]
            async with exchange.watch_tickers(symbols, fallback_s=1.0) as watch:
                await watch.live()
            assert ({one.symbol: one.last_price for one in watch.current.values()}, alone) == (
                dict.fromkeys(symbols[:5], Decimal(2)) | {symbols[5]: Decimal(1)},
                ["FFFUSDT"],
            )

    run(main())


@pytest.mark.parametrize(("by_contract", "audit_s"), [(False, 60.0), (True, 180.0)])
def test_reads_of_many_prices_take_no_more_in_a_minute_than_those_of_a_few(
    by_contract: bool, audit_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(streams: AccountStreams, wish: Wish) -> None:
        assert wish.audit_s == audit_s

    async def main() -> None:
        async with toy(Scripted(), Listing) as exchange:
            exchange.watch_tickers([f"{name * 3}/USDT:USDT" for name in "ABCDEFGHIJK"], fallback_s=1.0)

    monkeypatch.setattr(AccountStreams, "watch", watch)
    monkeypatch.setattr(Listing, "tickers_by_contract", by_contract)
    run(main())


def test_orders_of_all_contracts_are_read_beside_rows_that_cannot_be() -> None:
    async def main() -> None:
        async with toy(Scripted(), Odd) as exchange:
            found, unread = await seen(exchange.watch_orders(fallback_s=1.0), 4)
            assert {one.order_id for one in found} == {"1", "2", "BTCUSDT-ended", "ETHUSDT-ended"}
            assert unread == ["side", "status"]

    run(main())


def test_fills_before_one_that_cannot_be_read_are_told() -> None:
    async def main() -> None:
        async with toy(Scripted(), Odd) as exchange:
            found, unread = await seen(exchange.watch_fills(BTC, fallback_s=1.0), 1)
            assert ([one.fill_id for one in found], unread) == (["f0"], ["price"])

    run(main())


@pytest.mark.parametrize("facts", [{}, {"venue_symbol": "BTCUSDT"}, {"venue_symbol": "BTCUSDT", "order_id": "1"}])
def test_a_row_may_be_what_nothing_that_can_be_read_of_it_denies(facts: dict[str, Any]) -> None:
    row = UnreadRow("side", "side is no word", None, {**facts, "quantity": 7}, "toy")
    assert row.may_be(order("1", "BTCUSDT"))
    assert row.may_be(order("2", "ETHUSDT")) is (not facts)
