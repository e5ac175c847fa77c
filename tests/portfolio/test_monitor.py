"""The risk monitor: alerts once, acts once, survives everything."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any, get_args

import anyio
import anyio.abc
import msgspec
import pytest

from futures_async.journal.journal import MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.portfolio import monitor
from futures_async.portfolio.monitor import Alert, RiskMonitor
from futures_async.portfolio.portfolio import Portfolio
from futures_async.portfolio.rules import (
    DOCUMENTED_RULES,
    AdjustMargin,
    Metric,
    MetricLike,
    ReachRatio,
    Reduce,
    Rule,
    Subject,
)
from futures_async.portfolio.snapshot import Ok, Snapshot, Stale, VenueData
from futures_async.testing import virtual_time
from futures_async.testing.inside import Inside
from futures_async.trading.planning import check_steps
from futures_async.unified.convert import Number
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderType,
    PositionMode,
    PositionSide,
    PositionSideLike,
    Side,
)
from futures_async.unified.errors import InvalidRequest, UnreadRow, VenueUnavailable, unread_rows
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Account, Contract, OrderRequest, Position
from futures_async.unified.watching import WatchState
from tests.contract.venues import specs
from tests.fakes import Backend, FakeTrading, account, both_backends, in_virtual_time, position

D = Decimal
RATIO = Rule(name="ratio", metric=Metric.MARGIN_RATIO, above=D("0.8"))


class Bench:
    """A monitor over one fake venue, and what it told."""

    def __init__(self, *rules: Rule, exchange: FakeTrading | None = None, **options: Any) -> None:
        self.exchange = exchange or FakeMargin()
        self.told: list[tuple[float, str, bool, Decimal | None]] = []
        self.broken_callback: Exception | None = None
        self.slow_callback_s = 0.0
        self.portfolio = Portfolio([self.exchange])
        self.manager = OrderManager(self.exchange, journal=MemoryJournal())
        self.monitor = RiskMonitor(self.portfolio, rules or None, self.hear, managers={"fake": self.manager}, **options)

    async def hear(self, alert: Alert) -> None:
        self.told.append((anyio.current_time(), alert.rule.name, alert.raised, alert.value))
        await anyio.sleep(self.slow_callback_s)
        if self.broken_callback is not None:
            raise self.broken_callback

    async def watch(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self.monitor.run()

    @property
    def news(self) -> list[tuple[str, bool, Decimal | None]]:
        return [told[1:] for told in self.told]


class FakeMargin(FakeTrading):
    def __init__(self, *plan: str, **options: Any) -> None:
        super().__init__(*plan, **options)
        self.moved: list[tuple[str, Number, PositionSideLike | None]] = []

    async def adjust_margin(self, symbol: str, amount: Number, *, side: PositionSideLike | None = None) -> None:
        self.moved.append((symbol, amount, side))


def at(ratio: str, **fields: Any) -> list[Position]:
    return [position(margin_ratio=D(ratio), **fields)]


@both_backends
def test_a_line_of_the_log_says_which_position_and_how_far(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        bench.exchange.positions = at("0.93333333333333333")
        await bench.watch(0.5)

    in_virtual_time(backend, main)
    assert [one.getMessage() for one in caplog.records if one.name == "futures_async.monitor"] == [
        "fake BTC/USDT:USDT long isolated: rule ratio is broken: margin_ratio 0.933333"
    ]


@both_backends
def test_a_plain_function_may_hear_alerts_and_fail(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def hear(alert: Alert) -> None:
        told.append(alert.rule.name)
        raise RuntimeError("no mail")

    async def main() -> None:
        exchange = FakeMargin()
        exchange.positions = at("0.95")
        with anyio.move_on_after(0.5):
            await RiskMonitor(Portfolio([exchange]), [RATIO], hear).run()

    in_virtual_time(backend, main)
    assert told == ["ratio"]
    assert "on_alert failed for rule ratio" in caplog.text
    assert "can't be used in 'await'" not in caplog.text


@both_backends
def test_a_rule_alerts_once_when_broken_and_once_when_kept_again_well_behind_its_bound(backend: Backend) -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 61.0)
            for ratio in ("0.8", "0.81", "0.9", "0.8", "0.73", "0.72", "0.8", "0.81", "0.81"):
                bench.exchange.positions = at(ratio)
                await anyio.sleep(5)
        assert bench.news == [("ratio", True, D("0.81")), ("ratio", False, D("0.72")), ("ratio", True, D("0.81"))]

    in_virtual_time(backend, main)


@pytest.mark.parametrize(
    ("rule", "cleared", "not_yet"),
    [
        (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8")), "0.72", "0.721"),
        (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8"), clear=D("0.5")), "0.5", "0.501"),
        (Rule(name="r", metric=Metric.DISTANCE, below=D("0.2")), "0.22", "0.219"),
        (Rule(name="r", metric=Metric.DISTANCE, below=D("0.2"), clear=D("0.2")), "0.2", "0.199"),
    ],
)
def test_an_alert_ends_at_its_clear_mark_and_not_a_hair_before(rule: Rule, cleared: str, not_yet: str) -> None:
    assert rule.cleared_by(D(cleared))
    assert not rule.cleared_by(D(not_yet))
    assert not rule.broken_by(rule.bound)


def test_the_documents_rules_are_the_default_and_leave_a_healthy_account_alone() -> None:
    async def main() -> None:
        bench = Bench()
        bench.exchange.positions = [position(unrealized_pnl=D(-100))]
        await bench.watch(20)
        assert bench.told == []
        bench.exchange.positions = [position(unrealized_pnl=D(-200), margin_ratio=D("0.85"))]
        bench.exchange.accounts = [account(equity=D(100), maintenance_margin=D(95))]
        await bench.watch(20)
        assert sorted(name for name, _, _ in bench.news) == ["account coverage", "margin ratio", "profit or loss"]

    in_virtual_time("asyncio", main)
    assert [rule.action for rule in DOCUMENTED_RULES] == [None] * 4


def test_a_position_that_is_gone_is_all_clear_and_one_that_cannot_be_read_is_not() -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            bench.exchange.positions = at("0.9")
            await anyio.sleep(7)
            bench.exchange.error = VenueUnavailable("down")
            await anyio.sleep(20)
            assert bench.monitor.raised == [("ratio", Subject.of("fake", position()))]
            bench.exchange.error = None
            bench.exchange.positions = [position(margin_ratio=None, margin_mode=None)]
            await anyio.sleep(10)
            assert len(bench.monitor.raised) == 1  # it is there; its ratio is not known
            bench.exchange.positions = []
        assert bench.news == [("ratio", True, D("0.9")), ("ratio", False, None)]

    in_virtual_time("asyncio", main)


def test_old_data_and_a_venue_without_any_raise_the_alarm() -> None:
    age = Rule(name="age", metric=Metric.AGE, above=D(15))

    async def main() -> None:
        bench = Bench(age)
        bench.exchange.error = VenueUnavailable("down")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            await anyio.sleep(12)
            bench.exchange.error = None
            await anyio.sleep(20)
            bench.exchange.error = VenueUnavailable("down")
        (first, second, third) = bench.news
        assert first == ("age", True, None)
        assert second[:2] == ("age", False)
        assert third[:2] == ("age", True)
        assert third[2] is not None
        assert 15 < third[2] <= 20

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("callback", ["fails", "hangs"])
def test_a_callback_that_fails_or_hangs_does_not_stop_the_watch(callback: str, caplog: Any) -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        if callback == "fails":
            bench.broken_callback = KeyError("bug")
        else:
            bench.slow_callback_s = 3600
        bench.exchange.positions = at("0.9")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 60.0)
            await anyio.sleep(20)
            bench.exchange.positions = at("0.1")
        assert [raised for _, raised, _ in bench.news] == [True, False]
        assert "on_alert" in caplog.text

    in_virtual_time("asyncio", main)


def test_a_failure_of_its_own_is_logged_and_survived_with_back_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        times: list[float] = []
        real = bench.monitor.check

        def failing(snapshot: Any) -> list[Alert]:
            times.append(anyio.current_time())
            if len(times) <= 3:
                raise KeyError("bug")
            return real(snapshot)

        monkeypatch.setattr(bench.monitor, "check", failing)
        bench.exchange.positions = at("0.9")
        await bench.watch(80)
        assert [later - times[0] for later in times[1:4]] == pytest.approx([10, 30, 70], abs=0.1)
        assert len(bench.told) == 1
        assert caplog.text.count("risk monitor failed") == 3

    in_virtual_time("asyncio", main)


def test_closing_the_portfolio_ends_the_watch() -> None:
    async def main() -> None:
        bench = Bench(RATIO)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.monitor.run)
            await anyio.sleep(12)
            await bench.portfolio.aclose()
        await bench.monitor.run()  # closed before it begins: ends as well

    in_virtual_time("asyncio", main)


# Acting


def acting(action: Any, **fields: Any) -> Rule:
    return Rule(name="act", metric=Metric.MARGIN_RATIO, above=D("0.8"), action=action, **fields)


@both_backends
def test_a_position_in_danger_is_reduced_through_the_order_manager_once_and_again_after_a_while(
    backend: Backend,
) -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce(fraction=D("0.3"))), act_again_s=30)
        bench.exchange.positions = at("0.9", quantity=D("0.5005"))
        await bench.watch(29)
        (sent,) = bench.exchange.sent
        assert (sent.side, sent.type, sent.intent) == (Side.SELL, OrderType.MARKET, Intent.CLOSE)
        assert sent.quantity == D("0.150")
        assert len(bench.manager.orders) == 1
        await bench.watch(29)
        assert len(bench.exchange.sent) == 2

    in_virtual_time(backend, main)


@pytest.mark.parametrize(
    ("quantity", "least", "expected"), [("0.004", "0.003", "0.003"), ("0.002", "0.003", "0.002"), ("1", None, "0.5")]
)
def test_a_reduction_is_at_least_the_smallest_order_and_at_most_the_position(
    quantity: str, least: str | None, expected: str
) -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=FakeMargin(min_quantity=least))
        bench.exchange.positions = at("0.9", side=PositionSide.SHORT, quantity=D(quantity))
        await bench.watch(3)
        (sent,) = bench.exchange.sent
        assert (sent.side, sent.quantity) == (Side.BUY, D(expected))

    in_virtual_time("asyncio", main)


def test_without_a_contract_a_reduction_is_not_rounded() -> None:
    class NoContract(FakeMargin):
        capabilities = frozenset(Capability) - {Capability.FETCH_CONTRACT}

    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=NoContract())
        bench.exchange.positions = at("0.9", quantity=D("0.0003"))
        await bench.watch(3)
        assert bench.exchange.sent[0].quantity == D("0.00015")

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize(
    ("action", "fields", "moved"),
    [
        (ReachRatio(target=D("0.5")), {"margin": D(70), "unrealized_pnl": D(-1), "maintenance_margin": D(62)}, D(55)),
        (ReachRatio(target=D("0.5")), {"margin": D(7000)}, None),
        (ReachRatio(target=D("0.7")), {"margin": D(70), "unrealized_pnl": D(-1)}, D("19.57142858")),
        (ReachRatio(), {"margin": None}, None),
        (AdjustMargin(action="increase"), {}, D("150.0")),
        (AdjustMargin(action="decrease"), {}, None),
    ],
)
def test_margin_is_moved_as_the_rule_says(action: Any, fields: dict[str, Any], moved: Decimal | None) -> None:
    async def main() -> None:
        exchange = FakeMargin()
        bench = Bench(acting(action), exchange=exchange)
        exchange.positions = at("0.9", **fields)
        await bench.watch(3)
        assert exchange.moved == ([] if moved is None else [("BTCUSDT", moved, PositionSide.LONG)])

    in_virtual_time("asyncio", main)


def test_margin_is_moved_in_amounts_that_the_venue_takes() -> None:
    """Of a quotient with 34 digits nothing would be moved where amounts have six."""

    async def main() -> None:
        on = Inside(specs()["hyperliquid"])
        async with on.exchange as exchange:
            symbol = on.spec.symbol
            await exchange.set_leverage(symbol, 7, margin_mode="isolated")
            await exchange.create_order(
                OrderRequest(symbol=symbol, side=Side.BUY, type=OrderType.MARKET, quantity=on.spec.quantity)
            )
            rule = Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.01"), action=ReachRatio(target=D("0.007")))
            manager = OrderManager(exchange, journal=MemoryJournal())
            with anyio.move_on_after(3):
                await RiskMonitor(Portfolio([exchange]), [rule], managers={exchange.id: manager}).run()
            [after] = await exchange.fetch_positions(symbol)
            assert after.margin_ratio is not None
            assert D("0.00699999") < after.margin_ratio <= D("0.007")  # it was 0.028
            assert exchange.unresolved() == []

    virtual_time.run(main())


def test_an_action_that_fails_is_logged_and_one_of_unknown_outcome_is_not_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=FakeMargin("refused", "lost"), act_again_s=10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            bench.exchange.positions = at("0.9")
            await anyio.sleep(60)
            assert len(bench.exchange.sent) == 2
            bench.exchange.positions = at("0.1")  # kept again: what was unknown has been looked into
            await anyio.sleep(10)
            bench.exchange.positions = at("0.9")
            await anyio.sleep(7)
            assert len(bench.exchange.sent) == 3
        assert caplog.text.count("acting on rule act failed") == 2

    in_virtual_time("asyncio", main)


def test_a_doubt_outlasts_what_another_rule_says_of_the_position() -> None:
    async def main() -> None:
        other = Rule(name="other", metric=Metric.PNL_OVER_MARGIN, above=D("0.5"))
        bench = Bench(acting(Reduce()), other, exchange=FakeMargin("lost"), act_again_s=10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            bench.exchange.positions = at("0.9", unrealized_pnl=D(-1000))
            await anyio.sleep(40)
            bench.exchange.positions = at("0.9", unrealized_pnl=D(-100))  # the other rule is kept again
            await anyio.sleep(40)
        assert ("other", False) in [told[:2] for told in bench.news]
        assert len(bench.exchange.sent) == 1

    in_virtual_time("asyncio", main)


class SlowOrders(FakeMargin):
    """Each order takes five seconds."""

    def __init__(self, *plan: str) -> None:
        super().__init__(*plan)
        self.begun: list[float] = []

    async def create_order(self, request: Any, **options: Any) -> Any:
        self.begun.append(anyio.current_time())
        await anyio.sleep(5)
        return await super().create_order(request, **options)


def test_a_doubt_that_comes_after_its_rule_was_kept_again_blocks_nothing() -> None:
    """Nothing would have ended it: what is not raised is not kept again."""

    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=SlowOrders("lost"), interval_s=1.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 30.0)
            bench.exchange.positions = at("0.9")
            await anyio.sleep(2)
            bench.exchange.positions = at("0.1")
            await anyio.sleep(8)
            assert (len(bench.exchange.sent), bench.monitor.raised) == (1, [])
            bench.exchange.positions = at("0.9")
        assert len(bench.exchange.sent) == 2

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize(("ends", "orders"), [("ok", 2), ("lost", 1)])
def test_a_position_whose_margin_mode_is_told_later_is_acted_on_once_at_a_time(ends: str, orders: int) -> None:
    """Rules that were broken before and after know it by two subjects."""

    async def main() -> None:
        loss = Rule(name="loss", metric=Metric.PNL_OVER_MARGIN, above=D("0.5"), action=Reduce())
        exchange = SlowOrders(ends)
        bench = Bench(acting(Reduce()), loss, exchange=exchange, interval_s=1.0)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 30.0)
            exchange.positions = at("0.9", margin_mode=None)
            await anyio.sleep(2)
            exchange.positions = at("0.9", margin_mode=MarginMode.ISOLATED, unrealized_pnl=D(-1000))
        assert [name for name, *_ in bench.news] == ["act", "loss"]
        assert len(exchange.begun) == orders
        assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(exchange.begun))

    in_virtual_time("asyncio", main)


def test_nobody_who_is_told_holds_up_what_is_done() -> None:
    """Alerts are told in order, beside the watch, and what is done goes by what was just read."""

    async def main() -> None:
        bench = Bench(acting(Reduce()))
        bench.slow_callback_s = 9.0
        sent: list[tuple[float, Decimal]] = []
        names = [f"C{number}USDT" for number in range(10)]
        held = [position(venue_symbol=name, symbol=name, margin_ratio=D("0.9")) for name in names]

        async def place(request: Any, **options: Any) -> Any:
            sent.append((anyio.current_time(), D(request.quantity)))
            return bench.exchange.order(request, str(len(sent)))

        bench.exchange.create_order = place  # type: ignore[method-assign]
        bench.exchange.positions = held
        start = anyio.current_time()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 120.0)
            await anyio.sleep(20)
            assert len(sent) == 10
            assert max(at for at, _ in sent) - start < 1
        assert [told[0] - start for told in bench.told] == pytest.approx([9 * number for number in range(10)], abs=0.1)

    in_virtual_time("asyncio", main)


def test_what_was_raised_when_the_portfolio_closed_is_told_and_a_hanging_callback_ends() -> None:
    async def main() -> None:
        for slow, told in ((1.0, 1), (3600.0, 1)):
            bench = Bench(RATIO)
            bench.slow_callback_s = slow
            bench.exchange.positions = at("0.9")
            start = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(bench.monitor.run)
                await anyio.sleep(0.5)
                await bench.portfolio.aclose()
            assert len(bench.told) == told
            assert anyio.current_time() - start == pytest.approx(min(slow, 10.0), abs=1)

    in_virtual_time("asyncio", main)


def test_a_size_over_the_largest_market_order_is_reduced_in_parts() -> None:
    class Small(FakeMargin):
        async def fetch_contract(self, symbol: str) -> Contract:
            return msgspec.structs.replace(await super().fetch_contract(symbol), max_market_quantity=D(200))

        async def create_order(self, request: Any, **options: Any) -> Any:
            check_steps(request, await self.fetch_contract(""))
            return await super().create_order(request, **options)

    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=Small())
        bench.exchange.positions = at("0.9", quantity=D(1000))
        await bench.watch(3)
        assert [order.quantity for order in bench.exchange.sent] == [200, 200, 100]

    in_virtual_time("asyncio", main)


def hedge(long: str, short: str, **fields: Any) -> list[Position]:
    """Two sides of a contract in cross margin, that share a liquidation price above the mark."""
    shared: dict[str, Any] = {"mark_price": D(90000), "liquidation_price": D(99000), "margin_mode": MarginMode.CROSS}
    sides = ((PositionSide.LONG, long), (PositionSide.SHORT, short))
    return [position(**{"side": side, "quantity": D(size), **shared, **fields}) for side, size in sides]


NEAR = Rule(name="near", metric=Metric.DISTANCE, below=D("0.15"), action=Reduce())


@pytest.mark.parametrize(
    ("held", "reduced"),
    [
        (hedge("0.4", "1"), [(Side.BUY, D("0.5"))]),
        (hedge("1", "1"), [(Side.SELL, D("0.5")), (Side.BUY, D("0.5"))]),
        (hedge("0.4", "1", position_mode=None), [(Side.BUY, D("0.5"))]),
        # Past its liquidation price, and no other side is held: it is no hedge.
        (hedge("0.4", "1", liquidation_price=D(90100))[:1], [(Side.SELL, D("0.2"))]),
        (hedge("0.4", "1", position_mode=PositionMode.ONE_WAY)[:1], [(Side.SELL, D("0.2"))]),
        (hedge("0.4", "1", margin_mode=MarginMode.ISOLATED), [(Side.SELL, D("0.2")), (Side.BUY, D("0.5"))]),
    ],
)
def test_what_hedges_a_larger_position_is_not_reduced(held: list[Position], reduced: list[Any]) -> None:
    """Less of it brought the liquidation price nearer, again and again, until nothing of it was left."""

    async def main() -> None:
        bench = Bench(NEAR)
        bench.exchange.positions = held
        await bench.watch(3)
        assert [(order.side, order.quantity) for order in bench.exchange.sent] == reduced

    in_virtual_time("asyncio", main)


def test_a_hedge_whose_other_side_cannot_be_read_is_known_by_its_price() -> None:
    short = UnreadRow("size", "no number", object(), {"venue_symbol": "BTCUSDT", "side": PositionSide.SHORT}, "fake")

    class Half(FakeMargin):
        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            raise unread_rows((short,), await super().fetch_positions(symbol))

    async def main() -> None:
        for liquidation, sent in ((D(99000), 0), (D(81000), 1)):
            bench = Bench(NEAR, exchange=Half())
            bench.exchange.positions = hedge("0.4", "1", liquidation_price=liquidation)[:1]
            await bench.watch(3)
            assert len(bench.exchange.sent) == sent

    in_virtual_time("asyncio", main)


def test_a_cross_and_an_isolated_position_of_one_contract_are_two_subjects() -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()))
        calm = position(margin_mode=MarginMode.CROSS, margin_ratio=D("0.1"), quantity=D(2))
        for held in ([*at("0.9"), calm], [calm, *at("0.9")]):
            bench.exchange.positions = held
            await bench.watch(12)
        assert bench.news == [("act", True, D("0.9"))]
        assert {order.quantity for order in bench.exchange.sent} == {D("0.25")}

    in_virtual_time("asyncio", main)


def test_a_row_that_does_not_tell_its_margin_mode_is_no_new_subject() -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()), act_again_s=60)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 50.0)
            for mode in (MarginMode.CROSS, None, MarginMode.CROSS):
                bench.exchange.positions = at("0.9", margin_mode=mode)
                await anyio.sleep(12)
        assert len(bench.news) == len(bench.exchange.sent) == 1

    in_virtual_time("asyncio", main)


def test_all_clear_is_told_of_the_subject_that_was_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """By which whoever is told finds the alert that has ended, as the page does."""

    async def main() -> None:
        bench, told = Bench(RATIO), list[Alert]()
        monkeypatch.setattr(bench.monitor, "_on_alert", told.append)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 20.0)
            for mode, ratio in ((None, "0.9"), (MarginMode.CROSS, "0.1")):
                bench.exchange.positions = at(ratio, margin_mode=mode)
                await anyio.sleep(8)
        raised, cleared = told
        assert (raised.raised, cleared.raised, cleared.value) == (True, False, D("0.1"))
        assert cleared.subject == raised.subject

    in_virtual_time("asyncio", main)


def test_nothing_is_done_on_old_data_without_a_manager_or_for_a_position_that_is_gone() -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()))
        bench.exchange.positions = at("0.9")
        await bench.portfolio.snapshot()
        bench.exchange.error = VenueUnavailable("down")
        await anyio.sleep(1)
        await bench.watch(20)
        assert [raised for _, raised, _ in bench.news] == [True]
        assert bench.exchange.sent == []
        lone = Bench(acting(Reduce()))
        lone.exchange.positions = at("0.9")
        lone.monitor = RiskMonitor(lone.portfolio, [acting(Reduce())])
        await lone.watch(20)
        assert lone.exchange.sent == []
        assert len(lone.monitor.raised) == 1

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("odd", [False, True])
def test_balances_that_cannot_be_read_keep_no_position_in_danger(odd: bool) -> None:
    """Unless it may be shown as it was, since a row of positions cannot be read either."""

    class NoBalances(FakeMargin):
        async def fetch_accounts(self) -> list[Account]:
            raise VenueUnavailable("balances are down")

        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            held = await super().fetch_positions(symbol)
            if odd:
                raise unread_rows((UnreadRow("$[1]", "odd", None, {"symbol": "BTC/USDT:USDT"}, "fake"),), held)
            return held

    async def main() -> None:
        bench = Bench(acting(Reduce()), exchange=NoBalances())
        bench.exchange.positions = at("0.9")
        await bench.watch(3)
        state = (await bench.portfolio.snapshot()).venues["fake"]
        assert isinstance(state, Stale)
        assert isinstance(state.error, VenueUnavailable)
        assert state.positions_fresh is not odd
        assert len(bench.exchange.sent) == (0 if odd else 1)
        bench.exchange.error = VenueUnavailable("down")
        await anyio.sleep(1)
        state = (await bench.portfolio.snapshot()).venues["fake"]
        assert isinstance(state, Stale)
        assert not state.positions_fresh

    in_virtual_time("asyncio", main)


def test_two_rules_about_one_position_do_not_act_at_the_same_time() -> None:
    class Slow(FakeMargin):
        async def create_order(self, request: Any, **options: Any) -> Any:
            await anyio.sleep(30)
            return await super().create_order(request, **options)

    async def main() -> None:
        both = (
            acting(Reduce()),
            Rule(name="near", metric=Metric.DISTANCE, below=D("0.2"), action=Reduce()),
        )
        exchange = Slow()
        bench = Bench(*both, exchange=exchange)
        exchange.positions = at("0.9")
        placing: list[int] = []

        async def look() -> None:
            while True:
                placing.append(len(bench.manager._busy))  # pyright: ignore[reportPrivateUsage] - what is under way
                await anyio.sleep(1)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            await bench.watch(80)
            tasks.cancel_scope.cancel()
        assert max(placing) == 1
        assert len(exchange.sent) == 2

    in_virtual_time("asyncio", main)


def test_nothing_is_done_while_the_measure_of_a_position_is_not_known() -> None:
    """A position that has become small has no liquidation price any more: it would be halved until it is gone."""

    async def main() -> None:
        near = Rule(name="near", metric=Metric.DISTANCE, below=D("0.2"), action=Reduce())
        bench = Bench(near, act_again_s=10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            await anyio.sleep(3)
            bench.exchange.positions = [position(quantity=D("0.25"), liquidation_price=None)]
            await anyio.sleep(60)
            assert [sent.quantity for sent in bench.exchange.sent] == [D("0.25")]
            assert [name for name, _ in bench.monitor.raised] == ["near"]
            bench.exchange.positions = [position(quantity=D("0.25"))]
        assert [sent.quantity for sent in bench.exchange.sent[:2]] == [D("0.25"), D("0.125")]

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("lag_s", [0.6, 1.5])
def test_what_a_second_rule_does_goes_by_what_the_first_has_left(lag_s: float) -> None:
    """Else both would halve the same size, and close all of it."""

    class Lagging(FakeMargin):
        tasks: anyio.abc.TaskGroup

        async def create_order(self, request: Any, **options: Any) -> Any:
            order = await super().create_order(request, **options)
            self.tasks.start_soon(self.tell, request.quantity)
            return order

        async def tell(self, quantity: Decimal) -> None:
            await anyio.sleep(lag_s)
            self.positions = at("0.5", quantity=self.positions[0].quantity - quantity, liquidation_price=D(10_000))

    async def main() -> None:
        near = Rule(name="near", metric=Metric.DISTANCE, below=D("0.2"), action=Reduce())
        exchange = Lagging()
        bench = Bench(acting(Reduce()), near, exchange=exchange, interval_s=0.5)
        exchange.positions = at("0.9")
        async with anyio.create_task_group() as exchange.tasks:
            await bench.watch(30)
        assert [sent.quantity for sent in bench.exchange.sent] == [D("0.25")]
        assert bench.monitor.raised == []

    in_virtual_time("asyncio", main)


def test_a_position_whose_number_of_contracts_is_not_told_stops_no_look(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bench = Bench(acting(Reduce()), act_again_s=10)
        bench.exchange.positions = at("0.9", contract_value=D(100))
        await bench.watch(30)
        assert bench.exchange.sent == []

    in_virtual_time("asyncio", main)
    assert "the risk monitor failed" not in caplog.text
    assert caplog.text.count("acting on rule act failed") == 3


@pytest.mark.parametrize(
    ("age_s", "stream", "shown", "waits"),
    [
        (3.0, None, position(quantity=D("0.25")), True),
        (0.9, None, position(), False),
        (3.0, WatchState.LIVE, position(), True),
        (3.0, WatchState.LIVE, position(quantity=D("0.25")), False),
        (3.0, WatchState.STALE, position(quantity=D("0.25")), True),
        (0.9, WatchState.LIVE, position(), False),
        (None, None, position(), True),
    ],
)
def test_a_picture_that_may_be_of_before_what_was_done_is_not_acted_on(
    age_s: float | None, stream: WatchState | None, shown: Position, waits: bool
) -> None:
    """Three seconds after it was done."""
    subject, data = Subject.of("fake", position()), VenueData(positions=(shown,))
    state = Ok(venue="fake", data=data, age_s=0.0, latency_s=0.0, positions_age_s=age_s, stream=stream)
    past = monitor.Past(100.0, Reduce(), position())
    assert monitor.shows(Snapshot(venues={"fake": state}), subject, past, 103.0) is not waits
    assert not monitor.shows(Snapshot(venues={"fake": state}), subject, past, 101.0)
    assert not monitor.shows(Snapshot(venues={}), subject, past, 200.0)


# Rules


def test_rules_are_kept_to_a_venue_and_a_symbol() -> None:
    async def main() -> None:
        for rule, hits in (
            (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8"), venue="other"), 0),
            (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8"), symbol="ETHUSDT"), 0),
            (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8"), symbol="BTCUSDT"), 1),
            (Rule(name="r", metric=Metric.MARGIN_RATIO, above=D("0.8"), symbol="BTC/USDT:USDT", venue="fake"), 1),
            (Rule(name="r", metric=Metric.ACCOUNT_MARGIN_RATIO, above=D("0.005")), 1),
            (Rule(name="r", metric=Metric.ACCOUNT_MARGIN_RATIO, above=D("0.5")), 0),
            (Rule(name="r", metric=Metric.DISTANCE, below=D("0.2"), clear=D("0.3")), 1),
        ):
            bench = Bench(rule)
            bench.exchange.positions = at("0.9")
            await bench.watch(3)
            assert len(bench.told) == hits, rule

    in_virtual_time("asyncio", main)


def test_what_is_not_known_of_an_account_is_no_alert() -> None:
    async def main() -> None:
        bench = Bench(Rule(name="r", metric=Metric.ACCOUNT_COVERAGE, below=D("1.1")))
        bench.exchange.accounts = [account(maintenance_margin=None)]
        await bench.watch(3)
        assert bench.told == []

    in_virtual_time("asyncio", main)


def test_an_account_whose_figures_cannot_be_read_is_not_all_clear_and_one_that_needs_none_is() -> None:
    async def main() -> None:
        bench = Bench(Rule(name="r", metric=Metric.ACCOUNT_COVERAGE, below=D("1.1")))
        low = account(equity=D(100), maintenance_margin=D(95))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            for seen, news in (
                (low, 1),
                (account(equity=D(100), maintenance_margin=None), 1),
                (account(equity=None, maintenance_margin=D(95)), 1),
                (account(equity=D(100), maintenance_margin=D(0)), 2),
                (low, 3),
                (account(maintenance_margin=None, margin_ratio=D(0)), 4),
                (low, 5),
                (None, 6),
            ):
                bench.exchange.accounts = [] if seen is None else [seen]
                await anyio.sleep(7)
                assert len(bench.news) == news, seen

    in_virtual_time("asyncio", main)


def test_an_account_that_goes_through_its_equity_is_not_all_clear() -> None:
    async def main() -> None:
        bench = Bench(Rule(name="r", metric=Metric.ACCOUNT_COVERAGE, below=D("1.1")))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            for equity, maintenance, ratio in (
                ("160", D(155), "0.96875"),
                ("-50", D(155), "-3.1"),
                ("-50", D(155), "0"),
                ("0", D(155), "0"),
                ("-50", None, "0"),
                ("160", D(155), "0.96875"),
            ):
                bench.exchange.accounts = [
                    account(
                        equity=D(equity), maintenance_margin=maintenance, initial_margin=D(300), margin_ratio=D(ratio)
                    )
                ]
                await anyio.sleep(7)
                assert [raised for _, raised, _ in bench.news] == [True], equity
            bench.exchange.accounts = [account(equity=D(1000), maintenance_margin=D(155), margin_ratio=D("0.155"))]
            await anyio.sleep(7)
            assert [raised for _, raised, _ in bench.news] == [True, False]

    in_virtual_time("asyncio", main)


def test_a_rule_that_cannot_be_judged_keeps_no_other_from_its_work(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Rule, frozen=True, kw_only=True):
        def broken_by(self, value: Decimal) -> bool:
            raise KeyError("bug")

    async def main() -> None:
        bench = Bench(Odd(name="odd", metric=Metric.MARGIN_RATIO, above=D("0.8")), RATIO)
        bench.exchange.positions = at("0.9")
        await bench.watch(60)
        assert bench.news == [("ratio", True, D("0.9"))]
        assert caplog.text.count("rule odd cannot be judged") == 1

    in_virtual_time("asyncio", main)
    assert RiskMonitor(Portfolio([FakeTrading()])).check(Snapshot(venues={})) == []


def test_a_drawdown_is_the_fall_from_the_highest_equity_of_each_coin() -> None:
    async def main() -> None:
        bench = Bench(Rule(name="r", metric="drawdown", above="0.1", clear="0.05"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.watch, 100.0)
            for equity, news in (
                ("1000", []),
                ("1500", []),
                ("1351", []),  # 149 of 1500 are less than a tenth
                ("1200", [("r", True, D("0.2"))]),
                (None, []),  # an equity that cannot be read is none that has come back
                ("missing", []),  # nor is one that is not listed
                ("1400", []),
                ("1425", [("r", False, D("0.05"))]),
                ("2000", []),
                ("-100", [("r", True, D("1.05"))]),
            ):
                bench.told.clear()
                # What another coin has lost, or never had, is nothing of this one's.
                others = [account(margin_coin="USDC", equity=D(5)), account(margin_coin="BTC", equity=D(0))]
                own = [] if equity == "missing" else [account(equity=None if equity is None else D(equity))]
                bench.exchange.accounts = others + own
                await anyio.sleep(7)
                assert bench.news == news, equity
            assert bench.monitor.raised == [("r", Subject("fake", coin="USDT"))]

    in_virtual_time("asyncio", main)


def test_a_drawdown_is_of_each_account_by_its_own_peak() -> None:
    watcher = RiskMonitor(Portfolio([FakeTrading()]), [Rule(name="r", metric="drawdown", above="0.1")])

    def seen(**equities: int) -> list[tuple[str, Decimal | None]]:
        states = {
            name: Ok(venue="fake", data=VenueData(accounts=(account(equity=D(equity)),)), age_s=0.1, latency_s=0.1)
            for name, equity in equities.items()
        }
        return [(alert.subject.venue, alert.value) for alert in watcher.check(Snapshot(venues=states))]

    assert seen(a=1000, b=100) == []
    assert seen(a=950, b=80) == [("b", D("0.2"))]


def test_numbers_of_rules_may_be_whole_or_text() -> None:
    rule = Rule(name="r", metric=Metric.MARGIN_RATIO, above="0.8", clear="0.5")
    assert (rule.above, rule.clear) == (D("0.8"), D("0.5"))
    assert rule.broken_by(D("0.81"))
    assert isinstance(Reduce(fraction=1).fraction, Decimal)
    assert ReachRatio(target="0.4").target == D("0.4")


@pytest.mark.parametrize("bound", ["above", "clear"])
def test_a_float_in_a_rule_is_refused(bound: str) -> None:
    fields: dict[str, Any] = {"above": D(1), bound: 0.5}
    with pytest.raises(TypeError, match=f"rule r: {bound} must be Decimal, int or str, not float"):
        Rule(name="r", metric=Metric.MARGIN_RATIO, **fields)


@pytest.mark.parametrize("number", [D(0), D(-1), D("NaN"), D("Infinity"), "half", 0.5])
def test_actions_take_numbers_that_can_be_meant(number: Any) -> None:
    refusal = TypeError if isinstance(number, float) else InvalidRequest
    given: Any = number  # of a caller without types
    with pytest.raises(refusal, match="Reduce: fraction"):
        Reduce(fraction=given)
    with pytest.raises(refusal, match="ReachRatio: target"):
        ReachRatio(target=given)
    with pytest.raises(InvalidRequest, match="at most 1"):
        Reduce(fraction=D("1.01"))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"above": D(1), "below": D(1)},
        {"above": D(1), "clear": D(2)},
        {"below": D(1), "clear": D("0.5")},
        {"above": D(1), "metric": Metric.AGE, "action": Reduce()},
        {"above": D(1), "metric": "mood"},
    ],
)
def test_rules_that_cannot_be_meant_are_refused(broken: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"name": "r", "metric": Metric.MARGIN_RATIO, **broken}
    with pytest.raises(InvalidRequest, match="rule r"):
        Rule(**fields)


def test_the_metric_of_a_rule_may_be_plain_text() -> None:
    assert Rule(name="r", metric="age", above=1).metric is Metric.AGE
    assert set(Metric) == set(get_args(get_args(MetricLike)[1]))


def test_a_monitor_needs_names_that_fit() -> None:
    portfolio = Portfolio([FakeTrading()])
    with pytest.raises(InvalidRequest, match="same name"):
        RiskMonitor(portfolio, [RATIO, RATIO])
    with pytest.raises(InvalidRequest, match="not in the portfolio: stranger"):
        RiskMonitor(portfolio, [RATIO], managers={"stranger": OrderManager(FakeTrading(), journal=MemoryJournal())})
