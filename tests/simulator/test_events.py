"""What the engine tells while things happen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from futures_async.simulator.accounts import Account
from futures_async.simulator.events import BalanceEvent, Event, OrderEvent, PositionEvent, SettingEvent, TriggerEvent
from futures_async.simulator.records import Preset, TriggerKind
from futures_async.unified.enums import MarginMode, PositionMode
from tests.simulator.rig import BTC, BUY, CLOSE, LONG, OPEN, SELL, SHORT, Bench, benches


def word(event: Event) -> str:
    match event:
        case OrderEvent():
            return f"{event.change} {event.order.side} {event.order.status}"
        case PositionEvent():
            return f"{'closed' if event.closed else 'position'} {event.side}"
        case BalanceEvent():
            return f"balance {event.coin}"
        case TriggerEvent():
            return f"trigger {event.trigger.kind} {event.trigger.status}"
        case SettingEvent():
            return f"setting {event.symbol}"


class Told:
    """Listens to an engine."""

    def __init__(self, bench: Bench) -> None:
        self.words: list[str] = []
        bench.engine.world.listeners.append(self)

    def __call__(self, account: Account, event: Event) -> None:
        self.words.append(word(event))

    def take(self) -> list[str]:
        words, self.words = self.words, []
        return words


@pytest.fixture
def bench() -> Iterator[Bench]:
    yield from benches(PositionMode.ONE_WAY)


def test_a_market_order_is_accepted_and_filled(bench: Bench) -> None:
    told = Told(bench)
    bench.place(BUY, "0.1")
    assert told.take() == ["accepted buy new", "filled buy filled", "balance USDT", "position long"]


def test_a_resting_order_tells_its_fill_when_the_price_comes(bench: Bench) -> None:
    told = Told(bench)
    order = bench.place(BUY, "0.1", "89000")
    assert told.take() == ["accepted buy new"]
    bench.wait(10_000)
    assert told.take() == []
    bench.move(88_999)
    assert told.take() == ["filled buy filled", "balance USDT", "position long"]
    assert order.filled == D("0.1")


def test_an_event_is_told_when_all_that_it_says_is_true(bench: Bench) -> None:
    seen: list[tuple[int, int, D]] = []

    def look(account: Account, event: Event) -> None:
        if isinstance(event, OrderEvent) and event.fill is not None:
            seen.append((len(account.positions), len(account.ledger), account.balance("USDT")))

    bench.engine.world.listeners.append(look)
    bench.place(BUY, "0.1")
    assert seen == [(1, 2, bench.balance)]


def test_a_flip_closes_one_side_and_opens_the_other(bench: Bench) -> None:
    bench.place(BUY, "0.1")
    told = Told(bench)
    bench.place(SELL, "0.3")
    assert told.take()[1:] == ["filled sell filled", "balance USDT", "closed long", "position short"]


def test_closing_orders_end_with_their_position(bench: Bench) -> None:
    bench.place(BUY, "0.1")
    bench.place(SELL, "0.1", "95000", reduce_only=True)
    preset = Preset(trigger_price=D(80_000))
    bench.engine.triggers.place_closing(bench.account, BTC, LONG, TriggerKind.POSITION_STOP_LOSS, preset)
    told = Told(bench)
    bench.place(SELL, "0.1")
    assert told.take() == [
        "accepted sell new", "filled sell filled", "balance USDT", "closed long",
        "canceled sell canceled", "trigger position_stop_loss canceled",
    ]  # fmt: skip


def test_a_refused_order_tells_nothing(bench: Bench) -> None:
    told = Told(bench)
    with pytest.raises(Exception, match="needs"):
        bench.place(BUY, "100")
    assert told.take() == []


def test_a_change_in_place_and_a_change_by_a_new_order(bench: Bench) -> None:
    order = bench.place(BUY, "0.1", "80000")
    told = Told(bench)
    bench.engine.orders.amend(bench.account, order, price=D(81_000), in_place=True)
    assert told.take() == ["amended buy new"]
    bench.engine.orders.amend(bench.account, order, price=D(82_000))
    assert told.take() == ["accepted buy new", "canceled buy canceled"]


def test_a_trigger_tells_its_life(bench: Bench) -> None:
    told = Told(bench)
    trigger = bench.engine.triggers.place_plan(bench.account, bench.ticket(BUY, "0.1"), D(91_000))
    bench.engine.triggers.changed(bench.account, trigger)
    bench.move(91_000)
    assert told.take() == [
        "trigger plan live", "trigger plan live", "accepted buy new", "filled buy filled", "balance USDT",
        "position long", "trigger plan executed",
    ]  # fmt: skip


def test_funding_and_deposits_change_balances(bench: Bench) -> None:
    bench.place(BUY, "0.1")
    told = Told(bench)
    bench.wait(4 * 3_600_000)
    assert told.take() == ["balance USDT", "position long"]
    bench.engine.deposit(bench.account, "USDT", D(5))
    assert told.take() == ["balance USDT"]


def test_settings_are_told_and_margin_moves_no_balance() -> None:
    bench = Bench(PositionMode.HEDGE, margin_mode=MarginMode.ISOLATED)
    bench.place(BUY, "0.1", intent=OPEN)
    bench.place(SELL, "0.05", intent=OPEN)
    told = Told(bench)
    bench.engine.settings.adjust_margin(bench.account, BTC, SHORT, D(10))
    bench.engine.settings.set_leverage(bench.account, BTC, D(5))
    bench.engine.settings.set_margin_mode(bench.account, "ETH/USDT:USDT", MarginMode.CROSS)
    bench.engine.settings.set_position_mode(bench.account, "USDC", PositionMode.ONE_WAY)
    assert told.take() == [f"setting {BTC}", f"setting {BTC}", "setting ETH/USDT:USDT", "setting None"]
    bench.place(SELL, "0.1", intent=CLOSE)
    assert told.take()[-1] == "closed long"
    bench.close()


def test_a_liquidation_is_a_fill_without_an_acceptance() -> None:
    bench = Bench(leverage=50, balance=2_000)
    bench.place(BUY, "1")
    bench.place(BUY, "0.01", "70000")
    told = Told(bench)
    bench.move(88_400)
    assert told.take() == ["canceled buy canceled", "filled sell filled", "balance USDT", "closed long"]
    bench.close()


def test_a_slot_outlives_its_positions(bench: Bench) -> None:
    first = bench.place(BUY, "0.1")
    slot = bench.account.slots[BTC, LONG]
    bench.wait(1_000)
    bench.place(SELL, "0.1")
    bench.wait(1_000)
    bench.place(BUY, "0.1")
    assert bench.account.slots[BTC, LONG] is slot
    assert slot.created_ms == first.created_ms
    assert bench.position is not None
    assert bench.position.id != slot.id


def test_short_ids_can_be_read_by_javascript() -> None:
    bench = Bench()
    bench.account.short_ids = True
    ids = [bench.place(BUY, "0.001").id for _ in range(50)]
    assert ids == sorted(set(ids))
    assert {len(str(one)) for one in ids} == {16}
    assert max(ids) < 2**53
    bench.close()
