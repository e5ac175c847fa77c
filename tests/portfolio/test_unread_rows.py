"""What cannot be read of an account is said, and hides nothing that can."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import anyio
import pytest

from futures_async.journal.journal import MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.portfolio.feeds import Feed, answered
from futures_async.portfolio.live import Live
from futures_async.portfolio.monitor import RiskMonitor
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import Metric, Reduce, Rule
from futures_async.portfolio.snapshot import Stale, VenueState, fresh_data
from futures_async.transport.running import current_runtime
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import NotSupported, RequestTimeout, UnreadRow, UnreadRows, unread_rows
from futures_async.unified.models import Account, Position, to_builtins
from futures_async.unified.watching import Watch, WatchState
from tests.fakes import Backend, FakeReads, FakeTrading, both_backends, in_virtual_time, position

D = Decimal
ETH = UnreadRow("size", "size is no number", object(), {"venue_symbol": "ETHUSDT", "side": PositionSide.SHORT}, "fake")
BTC_COIN = UnreadRow("available", "available is no number", object(), {"margin_coin": "BTC"}, "fake")


class Blurred(FakeTrading):
    """One position, or one coin, cannot be read."""

    odd_positions: tuple[UnreadRow, ...] = (ETH,)
    odd_accounts: tuple[UnreadRow, ...] = ()

    async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
        found = await super().fetch_positions(symbol)
        if self.odd_positions:
            raise unread_rows(self.odd_positions, found)
        return found

    async def fetch_accounts(self) -> list[Account]:
        found = await super().fetch_accounts()
        if self.odd_accounts:
            raise unread_rows(self.odd_accounts, found)
        return found


async def state_of(portfolio: Portfolio) -> VenueState:
    return (await portfolio.snapshot()).venues["fake"]


@both_backends
def test_the_others_are_as_of_now_and_the_error_names_the_odd_one(backend: Backend) -> None:
    async def main() -> None:
        exchange = Blurred()
        async with Portfolio([exchange]) as portfolio:
            for _ in range(3):
                state = await state_of(portfolio)
                assert isinstance(state, Stale)
                assert isinstance(state.error, UnreadRows)
                assert state.error.unread == (ETH,)
                assert state.data.positions == (position(),)
                assert (state.data.positions_unread, state.data.accounts_unread) == (1, 0)
                assert state.age_s < 1
                assert to_builtins(state)["data"]["positions_unread"] == 1
                await anyio.sleep(10)
            exchange.odd_positions = ()
            state = await state_of(portfolio)
            assert (state.status, state.error) == ("ok", None)

    in_virtual_time(backend, main)


@both_backends
def test_a_read_that_failed_is_told_before_a_row_that_cannot_be_read(backend: Backend) -> None:
    class Slow(Blurred):
        async def fetch_accounts(self) -> list[Account]:
            raise RequestTimeout("slow")

    async def main() -> None:
        async with Portfolio([Slow()]) as portfolio:
            assert isinstance((await state_of(portfolio)).error, RequestTimeout)

    in_virtual_time(backend, main)


@both_backends
@pytest.mark.parametrize(
    ("odd", "missing"),
    [
        ({"odd_positions": (ETH,)}, ("margin", "exposure")),
        ({"odd_positions": (), "odd_accounts": (BTC_COIN,)}, ("equity",)),
    ],
)
def test_sums_name_what_may_be_lacking_in_them_and_no_ratio_is_told(
    backend: Backend, odd: dict[str, Any], missing: tuple[str, ...]
) -> None:
    async def main() -> None:
        exchange = Blurred()
        vars(exchange).update(odd)
        async with Portfolio({"fake": exchange, "good": FakeReads()}) as portfolio:
            total = (await portfolio.snapshot()).totals()["USDT"]
        assert total.missing_parts == {"fake": missing}
        assert total.equity == D(20_000)
        assert total.exposure_ratio == D("1.55"), "of the account that is known whole"

    in_virtual_time(backend, main)


@both_backends
def test_the_monitor_acts_for_what_it_can_read(backend: Backend) -> None:
    async def main() -> None:
        exchange = Blurred()
        exchange.positions = [position(margin_ratio=D("0.9"), quantity=D("0.4"))]
        rule = Rule(name="ratio", metric=Metric.MARGIN_RATIO, above=D("0.8"), action=Reduce(fraction=D("0.5")))
        manager = OrderManager(exchange, journal=MemoryJournal())
        async with Portfolio([exchange]) as portfolio:
            with anyio.move_on_after(3):
                await RiskMonitor(portfolio, [rule], managers={"fake": manager}).run()
        assert [(order.symbol, order.quantity) for order in exchange.sent] == [("BTCUSDT", D("0.2"))]

    in_virtual_time(backend, main)


class Picture:
    """Of a watch, what a live portfolio asks of it."""

    state = WatchState.LIVE
    age_s = 0.5

    def __init__(self) -> None:
        self.current = {"a": position()}
        self.unread: tuple[UnreadRow, ...] = (ETH,)

    async def __aenter__(self) -> Picture:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    def __aiter__(self) -> Picture:
        return self

    async def __anext__(self) -> None:
        await anyio.sleep(3600)


@both_backends
def test_a_live_picture_says_what_it_could_not_read(backend: Backend) -> None:
    async def main() -> None:
        runtime = current_runtime()
        polled = Feed("fake: positions", lambda _: answered(FakeReads().fetch_positions(), runtime), runtime, 10.0)
        picture = Picture()
        live: Live[Any] = Live(cast("Any", polled), lambda: cast("Watch[Any]", picture), runtime, lambda: None)
        live.ask(1.0)
        await anyio.sleep(1)
        assert live.good is not None
        assert (live.good.value, live.good.unread) == ((position(),), (ETH,))
        assert isinstance(live.error, UnreadRows)
        picture.unread = ()
        assert live.error is None
        live.stop()
        await anyio.sleep(0.1)

    in_virtual_time(backend, main)


@both_backends
def test_a_row_that_could_not_be_read_does_not_make_old_data_fresh(backend: Backend) -> None:
    """The venue stops answering: what was read before is old, whatever row of it was odd."""

    async def main() -> None:
        exchange = Blurred()
        exchange.positions = [position(margin_ratio=D("0.9"), quantity=D("0.4"))]
        rule = Rule(name="ratio", metric=Metric.MARGIN_RATIO, above=D("0.8"), action=Reduce(fraction=D("0.5")))
        manager = OrderManager(exchange, journal=MemoryJournal())
        async with Portfolio([exchange]) as portfolio:
            assert fresh_data(await state_of(portfolio)) is not None
            exchange.delay_s = 3600.0
            await anyio.sleep(10)
            state = await state_of(portfolio)
            assert isinstance(state, Stale)
            assert isinstance(state.error, RequestTimeout)
            assert fresh_data(state) is None
            with anyio.move_on_after(8):
                await RiskMonitor(portfolio, [rule], managers={"fake": manager}).run()
        assert list(exchange.sent) == []

    in_virtual_time(backend, main)


@both_backends
def test_an_odd_row_of_an_earlier_read_is_not_why_a_dropped_picture_is_old(backend: Backend) -> None:
    async def main() -> None:
        runtime = current_runtime()
        polled: Any = Feed("fake: positions", lambda _: answered(Blurred().fetch_positions(), runtime), runtime, 10.0)
        picture = Picture()
        picture.state, picture.unread = WatchState.SYNCING, ()
        live: Live[Any] = Live(polled, lambda: cast("Watch[Any]", picture), runtime, lambda: None)
        live.ask(1.0)
        await anyio.sleep(1)
        assert live.good is polled.good
        assert isinstance(live.error, UnreadRows), "of the read that is shown"
        picture.state = WatchState.LIVE
        await anyio.sleep(100)
        assert live.error is None
        picture.state = WatchState.STALE
        assert live.good is not polled.good
        assert isinstance(live.error, RequestTimeout)
        polled.error = NotSupported("none")
        assert live.error is polled.error
        live.stop()
        await anyio.sleep(0.1)

    in_virtual_time(backend, main)


@both_backends
@pytest.mark.parametrize(
    ("unread", "acts"),
    [
        ((UnreadRow("size", "size is no number", object(), {"venue_symbol": "BTCUSDT"}, "fake"),), False),
        ((UnreadRow("symbol", "symbol is missing", object(), {"side": PositionSide.LONG}, "fake"),), False),
        ((ETH,), True),
        ((), True),
    ],
    ids=["its-row", "a-nameless-row", "another-row", "all-read"],
)
@pytest.mark.parametrize(
    "coins", [(), (BTC_COIN, UnreadRow("equity", "no number", None, {"margin_coin": "USDT"}, "f"))]
)
def test_the_monitor_leaves_a_position_alone_that_may_be_shown_as_it_was(
    backend: Backend, unread: tuple[UnreadRow, ...], acts: bool, coins: tuple[UnreadRow, ...]
) -> None:
    """A live picture keeps what cannot be read as it was: what is done about it would never show."""

    class Kept(Blurred):
        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            found = await FakeTrading.fetch_positions(self, symbol)
            if unread:
                raise unread_rows(unread, found)
            return found

    async def main() -> None:
        exchange = Kept()
        exchange.odd_accounts = coins
        exchange.positions = [position(margin_ratio=D("0.9"), quantity=D("0.4"))]
        rule = Rule(name="ratio", metric=Metric.MARGIN_RATIO, above=D("0.8"), action=Reduce(fraction=D("0.5")))
        manager = OrderManager(exchange, journal=MemoryJournal())
        async with Portfolio([exchange]) as portfolio:
            monitor = RiskMonitor(portfolio, [rule], managers={"fake": manager}, act_again_s=1.0)
            with anyio.move_on_after(8):
                await monitor.run()
        assert len(monitor.raised) == 1, "the alert stands either way"
        assert (len(exchange.sent) > 0) is acts

    in_virtual_time(backend, main)
