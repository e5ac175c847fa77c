"""Orders that survive: written down first, placed once, sliced, recovered, followed."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async.journal.journal import IntentRecord, JournalFailed, MemoryJournal, Verdict
from futures_async.journal.opening import default_journal
from futures_async.journal.sqlite import SqliteJournal
from futures_async.manager.fills import FillEffect
from futures_async.manager.manager import OrderManager
from futures_async.manager.slicing import SlicedResult, Slices
from futures_async.manager.tracking import OrderUpdate
from futures_async.unified.enums import Intent, OrderStatus, OrderType, Side
from futures_async.unified.errors import (
    ConnectFailed,
    DecodeError,
    ExchangeError,
    FuturesAsyncError,
    InsufficientMargin,
    InvalidOrder,
    InvalidRequest,
    OrderNotFound,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    RequestTimeout,
    UnreadRow,
    VenueUnavailable,
    unread_rows,
)
from futures_async.unified.exchange import Capability
from futures_async.unified.models import Contract, Fill, Order, OrderRequest
from tests.fakes import Backend, FakeTrading, both_backends, in_virtual_time, request, settle

D = Decimal


class BrokenJournal(MemoryJournal):
    async def intent(self, record: IntentRecord) -> None:
        raise JournalFailed("disk full")


def managed(*plan: str, **options: Any) -> tuple[FakeTrading, OrderManager]:
    exchange = FakeTrading(*plan, **options)
    return exchange, OrderManager(exchange, journal=MemoryJournal(), now_ms=lambda: 77)


async def verdicts(manager: OrderManager, group: str) -> list[Verdict | None]:
    return [entry.verdict for entry in await manager.journal.group("fake", "account", group)]


async def opens(manager: OrderManager) -> list[str]:
    return [record.client_order_id for record in await manager.journal.open_intents("fake", "account")]


# Placing


@both_backends
def test_an_order_stands_in_the_journal_before_it_is_sent_and_with_its_verdict_after(backend: Backend) -> None:
    async def main() -> None:
        exchange, manager = managed()
        before: list[list[str]] = []

        class Spy(FakeTrading):
            async def create_order(self, request: OrderRequest, **options: Any) -> Any:
                before.append(await opens(manager))
                return await super().create_order(request, **options)

        exchange = manager.exchange = Spy()
        order = await manager.submit(request(quantity="0.010"), group="g")
        assert before == [[order.client_order_id]]
        (entry,) = await manager.journal.group("fake", "account", "g")
        assert (entry.verdict, entry.order_id) == (Verdict.PLACED, "1")
        assert (entry.record.venue_symbol, entry.record.symbol) == ("BTCUSDT", "BTC/USDT:USDT")
        assert (entry.record.quantity, entry.record.created_ms) == (D("0.010"), 77)
        assert manager.orders == {order.client_order_id: order}
        assert exchange.sent[0].client_order_id == order.client_order_id

    in_virtual_time(backend, main)


@both_backends
@pytest.mark.parametrize(
    ("word", "error", "verdict"),
    [
        ("refused", InsufficientMargin, Verdict.REJECTED),
        ("unsent", ConnectFailed, Verdict.NOT_SENT),
        ("gone", OrderNotPlaced, Verdict.NOT_PLACED),
        ("lost", OrderOutcomeUnknown, None),
        ("absent", OrderOutcomeUnknown, None),
        ("vague", ExchangeError, None),
    ],
)
def test_only_proof_closes_an_intent(
    backend: Backend, word: str, error: type[FuturesAsyncError], verdict: Verdict | None
) -> None:
    async def main() -> None:
        _, manager = managed(word)
        with pytest.raises(error):
            await manager.submit(request(), group="g")
        assert await verdicts(manager, "g") == [verdict]
        assert manager.orders == {}

    in_virtual_time(backend, main)


def test_what_cannot_be_written_down_is_not_sent() -> None:
    async def main() -> None:
        exchange = FakeTrading()
        with pytest.raises(JournalFailed):
            await OrderManager(exchange, journal=BrokenJournal()).submit(request(), attempts=3)
        assert exchange.sent == []

    in_virtual_time("asyncio", main)


def test_a_request_that_cannot_be_right_is_neither_written_down_nor_sent() -> None:
    async def main() -> None:
        exchange, manager = managed()
        with pytest.raises(InvalidOrder, match="needs a price"):
            await manager.submit(request(price=None))
        assert exchange.sent == []
        assert await opens(manager) == []

    in_virtual_time("asyncio", main)


def test_a_caller_who_is_cancelled_leaves_an_open_intent() -> None:
    class Hanging(FakeTrading):
        async def create_order(self, request: OrderRequest, **options: Any) -> Any:
            await anyio.sleep(3600)

    async def main() -> None:
        manager = OrderManager(Hanging(), journal=MemoryJournal())
        with anyio.move_on_after(1):
            await manager.submit(request(client_order_id="mine"))
        assert await opens(manager) == ["mine"]

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("word", ["unsent", "gone"])
def test_an_order_that_does_not_stand_for_certain_is_placed_again_under_a_new_id(word: str) -> None:
    async def main() -> None:
        exchange, manager = managed(word, word)
        order = await manager.submit(request(client_order_id="mine"), attempts=3)
        ids = [sent.client_order_id for sent in exchange.sent]
        assert len(set(ids)) == 3
        assert ids[0] == "mine"
        assert list(exchange.placed) == [order.client_order_id]

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("word", ["lost", "absent", "refused", "vague"])
def test_an_order_that_may_stand_or_was_refused_is_not_placed_again(word: str) -> None:
    async def main() -> None:
        exchange, manager = managed(word)
        with pytest.raises(FuturesAsyncError):
            await manager.submit(request(), attempts=5)
        assert len(exchange.sent) == 1

    in_virtual_time("asyncio", main)


def test_attempts_end_and_are_at_least_one() -> None:
    async def main() -> None:
        exchange, manager = managed(*["unsent"] * 9)
        with pytest.raises(ConnectFailed):
            await manager.submit(request(), attempts=2)
        assert len(exchange.sent) == 2
        with pytest.raises(InvalidRequest):
            await manager.submit(request(), attempts=0)

    in_virtual_time("asyncio", main)


def test_an_order_is_cancelled_by_itself_or_by_its_id() -> None:
    async def main() -> None:
        _, manager = managed()
        one, two = await manager.submit(request()), await manager.submit(request())
        assert (await manager.cancel(one)).status is OrderStatus.CANCELED
        assert (await manager.cancel(two.client_order_id or "")).status is OrderStatus.CANCELED
        assert {order.status for order in manager.orders.values()} == {OrderStatus.CANCELED}
        with pytest.raises(InvalidRequest, match="no order of this manager"):
            await manager.cancel("stranger")

    in_virtual_time("asyncio", main)


# Recovering


@both_backends
def test_recovery_says_of_every_open_intent_what_became_of_it_and_sends_nothing(backend: Backend) -> None:
    async def main() -> None:
        exchange, manager = managed("lost", "absent", "lost")
        for number in range(3):
            with pytest.raises(OrderOutcomeUnknown):
                await manager.submit(request(client_order_id=f"id{number}"))
        after = OrderManager(exchange, journal=manager.journal)
        exchange.slow_ids = {"id0"}
        recovery = await after.recover()
        assert [record.client_order_id for record, _ in recovery.unknown] == ["id0"]
        assert [record.client_order_id for record in recovery.not_placed] == ["id1"]
        assert [order.client_order_id for order in recovery.placed] == ["id2"]
        assert await opens(after) == ["id0"]
        assert [order.client_order_id for order in (await after.recover()).placed] == ["id0"]
        assert await opens(after) == []
        assert set(after.orders) == {"id0", "id2"}
        assert len(exchange.sent) == 3

    in_virtual_time(backend, main)


def test_recovery_passes_the_fence_on_and_leaves_other_accounts_and_orders_under_way_alone() -> None:
    class Slow(FakeTrading):
        async def create_order(self, request: OrderRequest, **options: Any) -> Any:
            await anyio.sleep(5)
            return await super().create_order(request, **options)

    async def main() -> None:
        exchange = Slow()
        manager = OrderManager(exchange, journal=MemoryJournal())
        await manager.journal.intent(foreign("mine", fence_ms=99))
        await manager.journal.intent(foreign("other", account="somebody"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(manager.submit, request(client_order_id="under way"))
            await anyio.sleep(1)
            recovery = await manager.recover()
            assert [record.client_order_id for record in recovery.not_placed] == ["mine"]
        assert exchange.resolved == [("mine", 99)]

    in_virtual_time("asyncio", main)


def foreign(client_order_id: str, *, account: str = "account", fence_ms: int | None = None) -> IntentRecord:
    return IntentRecord(
        venue="fake",
        account=account,
        client_order_id=client_order_id,
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=D(1),
        created_ms=1,
        fence_ms=fence_ms,
    )


def test_without_client_ids_at_the_venue_an_open_intent_stays_unknown() -> None:
    async def main() -> None:
        exchange, manager = managed("lost", "ok")
        exchange.takes_ids = False
        with pytest.raises(OrderOutcomeUnknown):
            await manager.submit(request())
        await manager.submit(request())
        assert [sent.client_order_id for sent in exchange.sent] == [None, None]
        recovery = await manager.recover()
        assert [type(error) for _, error in recovery.unknown] == [OutcomeUnknown]
        assert exchange.resolved == []
        assert len(await opens(manager)) == 1

    in_virtual_time("asyncio", main)


# Where the journal is


def test_a_path_is_an_sqlite_journal_that_the_manager_closes(tmp_path: Path) -> None:
    async def main() -> None:
        async with OrderManager(FakeTrading(), journal=tmp_path / "orders.sqlite") as manager:
            await manager.submit(request(), group="g")
        with pytest.raises(JournalFailed, match="closed"):
            await manager.journal.group("fake", "account", "g")
        async with SqliteJournal(tmp_path / "orders.sqlite") as journal:
            assert len(await journal.group("fake", "account", "g")) == 1
            async with OrderManager(FakeTrading(), journal=journal):
                pass
            assert len(await journal.group("fake", "account", "g")) == 1  # not its own: still open

    anyio.run(main)


def test_the_default_journal_is_in_the_users_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = default_journal()
    assert path == tmp_path / "state" / "futures-async" / "orders.sqlite"
    assert os.name != "posix" or stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert OrderManager(FakeTrading()).journal.path == path  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - an SQLite journal
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_journal() == tmp_path / ".local" / "state" / "futures-async" / "orders.sqlite"


def test_without_a_folder_for_the_journal_the_error_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))  # nothing can be made below it
    with pytest.raises(JournalFailed, match=r"OrderManager\(journal=…\), or a folder with the variable XDG_STATE_HOME"):
        OrderManager(FakeTrading())
    monkeypatch.delenv("XDG_STATE_HOME")

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    with pytest.raises(JournalFailed, match="Could not determine home directory"):
        OrderManager(FakeTrading())


def test_a_journal_that_cannot_be_opened_is_that_error_and_no_group_of_errors(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(JournalFailed, match="nowhere"):
            async with OrderManager(FakeTrading(), journal=tmp_path / "nowhere" / "orders.db"):
                pass
        manager = OrderManager(FakeTrading(), journal=tmp_path / "nowhere" / "orders.db")
        with pytest.raises(JournalFailed, match="nowhere"):
            await manager.recover()

    anyio.run(main)


# Slicing


def run_sliced(
    exchange: FakeTrading, manager: OrderManager, total: str, largest: str, **options: Any
) -> Coroutine[Any, Any, SlicedResult]:
    return manager.submit_sliced(request(quantity=D(total)), max_quantity=largest, rng=random.Random(1), **options)


@both_backends
def test_slices_add_up_to_the_total_with_random_pauses_between(backend: Backend) -> None:
    async def main() -> None:
        exchange, manager = managed()
        start = anyio.current_time()
        result = await run_sliced(exchange, manager, "1.000", "0.3005")
        took = anyio.current_time() - start
        assert [sent.quantity for sent in exchange.sent] == [D("0.300"), D("0.300"), D("0.300"), D("0.100")]
        assert (result.placed, result.remaining, result.unknown) == (D(1), D(0), D(0))
        assert result.error is None
        assert len(result.orders) == 4
        assert len({sent.client_order_id for sent in exchange.sent}) == 4
        chance = random.Random(1)
        assert took == pytest.approx(sum(chance.uniform(0.1, 0.3) for _ in range(3)))

    in_virtual_time(backend, main)


def test_no_slice_is_larger_than_the_venue_takes() -> None:
    class Bounded(FakeTrading):
        async def fetch_contract(self, symbol: str) -> Contract:
            contract = await super().fetch_contract(symbol)
            return msgspec.structs.replace(contract, max_quantity=D("0.5"), max_market_quantity=D("0.2"))

    async def main() -> None:
        for kind, sizes in ((OrderType.LIMIT, ["0.5", "0.5", "0.1"]), (OrderType.MARKET, ["0.2"] * 5 + ["0.1"])):
            exchange = Bounded()
            manager = OrderManager(exchange, journal=MemoryJournal())
            price = None if kind is OrderType.MARKET else D(30_000)
            whole = request(type=kind, price=price, quantity=D("1.1"))
            await manager.submit_sliced(whole, max_quantity="1", rng=random.Random(1))
            assert [sent.quantity for sent in exchange.sent] == [D(size) for size in sizes]

    in_virtual_time("asyncio", main)


def test_slicing_stops_at_a_rejection_and_goes_on_when_asked_again() -> None:
    async def main() -> None:
        exchange, manager = managed("ok", "refused")
        first = await run_sliced(exchange, manager, "1", "0.4")
        assert isinstance(first.error, InsufficientMargin)
        assert (first.placed, first.unknown, first.remaining) == (D("0.4"), D(0), D("0.6"))
        again = await run_sliced(exchange, manager, "1", "0.4", group=first.group)
        assert again.error is None
        assert again.placed == 1
        assert sum(order.quantity for order in exchange.placed.values()) == 1

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("word", ["lost", "absent", "vague"])
def test_after_a_crash_slicing_first_finds_out_and_never_places_more_than_the_total(word: str) -> None:
    async def main() -> None:
        exchange, manager = managed("ok", word)
        first = await run_sliced(exchange, manager, "1", "0.4", group="mine")
        assert (first.placed, first.unknown, first.remaining) == (D("0.4"), D("0.4"), D("0.2"))
        reborn = OrderManager(exchange, journal=manager.journal)
        exchange.unreadable = [RequestTimeout("slow")]
        stuck = await run_sliced(exchange, reborn, "1", "0.4", group="mine")
        assert isinstance(stuck.error, RequestTimeout)
        assert stuck.unknown == D("0.4")
        assert len(exchange.sent) == 2
        done = await run_sliced(exchange, reborn, "1", "0.4", group="mine")
        assert done.error is None
        assert sum(order.quantity for order in exchange.placed.values()) == 1
        idle = await run_sliced(exchange, reborn, "1", "0.4", group="mine")
        assert (idle.placed, idle.orders) == (D(1), ())

    in_virtual_time("asyncio", main)


def test_a_group_is_placed_by_one_call_at_a_time() -> None:
    async def main() -> None:
        exchange, manager = managed()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: run_sliced(exchange, manager, "1", "0.4", group="mine"))
            await settle()
            assert len(exchange.sent) == 1  # the first call is in its pause
            with pytest.raises(InvalidRequest, match="by another call"):
                await run_sliced(exchange, manager, "1", "0.4", group="mine")
        assert sum(order.quantity for order in exchange.placed.values()) == 1
        done = await run_sliced(exchange, manager, "1", "0.4", group="mine")
        assert (done.placed, done.orders) == (D(1), ())

    in_virtual_time("asyncio", main)


def test_a_group_is_one_order_only() -> None:
    async def main() -> None:
        exchange, manager = managed()
        await run_sliced(exchange, manager, "1", "0.4", group="mine")
        with pytest.raises(InvalidRequest, match="more than is asked"):
            await run_sliced(exchange, manager, "0.5", "0.4", group="mine")
        with pytest.raises(InvalidRequest, match="another order"):
            await manager.submit_sliced(request(side=Side.SELL), max_quantity=1, group="mine")
        with pytest.raises(InvalidRequest, match="each slice gets its own"):
            await manager.submit_sliced(request(client_order_id="mine"), max_quantity=1)
        with pytest.raises(InvalidRequest, match="pause"):
            await manager.submit_sliced(request(), max_quantity=1, pause=(2, 1))
        with pytest.raises(TypeError, match="float"):
            await manager.submit_sliced(request(), max_quantity=0.1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - refused
        assert len(exchange.sent) == 3

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ({}, ["4", "3.999", "2.002"]),  # at 10 each, 20 is 2, and 2.002 counts in whole steps
        ({"intent": Intent.CLOSE}, ["4", "4", "2.001"]),
        ({"type": OrderType.MARKET, "price": None}, ["4", "3.999", "2.002"]),
    ],
)
def test_no_slice_is_worth_less_than_the_venues_minimum(changes: dict[str, Any], sizes: list[str]) -> None:
    async def main() -> None:
        exchange = FakeTrading(min_notional="20.02")
        exchange.last_price = D(10)
        manager = OrderManager(exchange, journal=MemoryJournal())
        whole = msgspec.structs.replace(request(quantity="10.001", price="10"), **changes)
        result = await manager.submit_sliced(whole, max_quantity="4")
        assert result.error is None
        assert [sent.quantity for sent in exchange.sent] == [D(size) for size in sizes]

    in_virtual_time("asyncio", main)


def test_without_a_contract_slices_are_not_rounded() -> None:
    class NoContract(FakeTrading):
        capabilities = frozenset(Capability) - {Capability.FETCH_CONTRACT}

    async def main() -> None:
        exchange = NoContract()
        await run_sliced(exchange, OrderManager(exchange, journal=MemoryJournal()), "0.00011", "0.00007")
        assert [sent.quantity for sent in exchange.sent] == [D("0.00007"), D("0.00004")]

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize(
    ("total", "largest", "step", "least"),
    [
        ("1.0005", "0.4", "0.001", None),
        ("1", "0.0005", "0.001", None),
        ("5", "4", "1", "3"),
        ("2", "4", "1", "3"),
        ("1", "0", "1", None),
        ("0", "1", None, None),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_is_sent(
    total: str, largest: str, step: str | None, least: str | None
) -> None:
    with pytest.raises(InvalidOrder):
        Slices(D(total), D(largest), None if step is None else D(step), None if least is None else D(least))


@given(
    st.integers(1, 3000),
    st.integers(1, 300),
    st.integers(1, 40),
    st.sampled_from(["1", "0.001", "0.3", "0.00000007"]).map(D),
    st.booleans(),
)
def test_slices_are_whole_steps_within_bounds_and_add_up(
    total: int, largest: int, least: int, step: Decimal, stepped: bool
) -> None:
    try:
        slices = Slices(total * step, largest * step, step if stepped else None, least * step)
    except InvalidOrder:
        # Refused only where no number of slices fits.
        assert not any(count * least <= total <= count * largest for count in range(1, total + 1))
        return
    left, parts = total * step, list[Decimal]()
    while left > 0:
        parts.append(slices.next(left))
        left -= parts[-1]
    assert left == 0
    assert all(least * step <= part <= largest * step for part in parts)
    assert not stepped or all(part % step == 0 for part in parts)


@given(
    st.integers(1, 3000),
    st.integers(1, 300),
    st.integers(1, 40),
    st.integers(0, 10_000).map(lambda cents: D(cents) / 100),
    st.sampled_from(["0.00000031", "0.07", "3", "92171.3"]).map(D),
    st.sampled_from(["1", "0.001", "0.3", "0.00000007"]).map(D),
)
def test_slices_are_worth_the_minimum_each_and_add_up(
    total: int, largest: int, least: int, value: Decimal, price: Decimal, step: Decimal
) -> None:
    contract = Contract(
        venue="toy",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        settle="USDT",
        contract_size=D(1),
        price_tick=D("0.1"),
        quantity_step=step,
        min_quantity=least * step,
        min_notional=value * step * price,
    )
    smallest = contract.smallest_quantity(price)
    # No step less would do.
    assert smallest >= least * step
    assert smallest * price >= value * step * price
    assert smallest == least * step or (smallest - step) * price < value * step * price
    try:
        slices = Slices(total * step, largest * step, step, smallest)
    except InvalidOrder:
        assert not any(count * smallest <= total * step <= count * largest * step for count in range(1, total + 1))
        return
    left, parts = total * step, list[Decimal]()
    while left > 0:
        parts.append(slices.next(left))
        left -= parts[-1]
    assert sum(parts) == total * step
    for part in parts:
        assert part % step == 0
        assert least * step <= part <= largest * step
        assert part * price >= value * step * price


# Following


async def collect(manager: OrderManager, **options: Any) -> list[OrderUpdate]:
    return [update async for update in manager.track(**options)]


@both_backends
def test_an_order_is_followed_through_its_fills_to_its_end(backend: Backend) -> None:
    async def main() -> None:
        exchange = FakeTrading()
        seen: list[FillEffect] = []

        async def on_fill(effect: FillEffect) -> None:
            seen.append(effect)

        manager = OrderManager(exchange, journal=MemoryJournal(), on_fill=on_fill)
        await manager.submit(request(quantity=D(1)))
        updates: list[OrderUpdate] = []
        async for update in manager.track():
            updates.append(update)
            if len(updates) == 1:
                exchange.fill("1", "0.4", "30000", fee=D("1"))
            elif len(updates) == 2:
                exchange.fill("1", "0.6", "29000")
        assert [update.order.status for update in updates] == [
            OrderStatus.NEW,
            OrderStatus.PARTIALLY_FILLED,
            OrderStatus.FILLED,
        ]
        assert [update.filled for update in updates] == [D(0), D("0.4"), D("0.6")]
        assert updates[0].previous is None
        assert updates[2].previous == updates[1].order
        assert [effect.fill.quantity for effect in seen] == [D("0.4"), D("0.6")]
        assert manager.book.leg("BTC/USDT:USDT").quantity == 1
        assert manager.book.leg("BTC/USDT:USDT").average_price == D(29400)
        assert manager.book.leg("BTC/USDT:USDT").fees == 1

    in_virtual_time(backend, main)


def test_following_ends_with_the_last_order_and_not_with_the_first() -> None:
    async def main() -> None:
        exchange, manager = managed()
        for _ in range(2):
            await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "1", "30000")
        closed: list[str] = []
        async for update in manager.track():
            if update.order.status is OrderStatus.FILLED:
                closed.append(update.order.order_id)
                if len(closed) == 1:
                    exchange.fill("2", "1", "30000")
        assert closed == ["1", "2"]

    in_virtual_time("asyncio", main)


def test_fills_that_are_listed_late_are_waited_for() -> None:
    async def main() -> None:
        exchange, manager = managed()
        await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "1", "30000")
        exchange.listed = False
        updates: list[OrderUpdate] = []
        async for update in manager.track():
            updates.append(update)
            exchange.listed = True
        assert [(update.filled, len(update.fills)) for update in updates] == [(D(1), 0), (D(0), 1)]

    in_virtual_time("asyncio", main)


class PagedFills(FakeTrading):
    """Lists two fills a page, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[int | None, int | None]] = []

    async def fetch_fills(
        self,
        symbol: str | None = None,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        self.asked.append((since_ms, limit))
        return (await super().fetch_fills(symbol))[: limit or 2]


def test_an_order_with_more_fills_than_a_page_has_rows_gets_them_all() -> None:
    async def main() -> None:
        exchange = PagedFills()
        manager = OrderManager(exchange, journal=MemoryJournal())
        await manager.submit(request(quantity=D(1)))
        for _ in range(5):
            exchange.fill("1", "0.2", "30000")
        updates = await collect(manager)
        assert [len(update.fills) for update in updates] == [5]
        assert manager.book.leg("BTC/USDT:USDT").quantity == 1
        # One page since a second before the order was made; all pages only because that was not enough.
        assert exchange.asked == [(0, None), (0, 10_000)]

    in_virtual_time("asyncio", main)


def test_fills_are_asked_for_since_the_oldest_order_or_without_a_bound() -> None:
    async def main() -> None:
        exchange = PagedFills()
        manager = OrderManager(exchange, journal=MemoryJournal())
        for created_ms in (7_000, 5_000):
            order = await manager.submit(request(quantity=D(1)))
            exchange.change(order.order_id, created_ms=created_ms)
            exchange.fill(order.order_id, "1", "30000")
        await collect(manager)
        assert exchange.asked == [(4_000, None)]
        order = await manager.submit(request(quantity=D(1)))
        exchange.change(order.order_id, created_ms=None)
        exchange.fill(order.order_id, "1", "30000")
        await collect(manager)
        assert exchange.asked[1:] == [(None, None)]

    in_virtual_time("asyncio", main)


def test_fills_that_never_come_are_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        exchange, manager = managed()
        await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "1", "30000")
        exchange.listed = False
        assert len(await collect(manager)) == 1
        assert "its fills are not listed" in caplog.text

    in_virtual_time("asyncio", main)


def test_a_venue_that_lists_no_fills_has_them_made_from_the_order() -> None:
    class NoFills(FakeTrading):
        capabilities = frozenset(Capability) - {Capability.FETCH_FILLS}

    async def main() -> None:
        exchange = NoFills()
        manager = OrderManager(exchange, journal=MemoryJournal())
        await manager.submit(request(quantity=D(1)))
        await manager.submit(request(type=OrderType.MARKET, price=None))
        updates: list[OrderUpdate] = []
        async for update in manager.track():
            updates.append(update)
            if len(updates) == 1:
                exchange.fill("1", "0.5", "30000")
                exchange.change("2", status=OrderStatus.FILLED, filled_quantity=D("0.01"))  # at an unknown price
            elif len(updates) == 3:
                exchange.fill("1", "0.5", "29000")  # the average that the venue says
        fills = [effect.fill for update in updates for effect in update.fills]
        assert [(fill.quantity, fill.price) for fill in fills] == [(D("0.5"), D(30000)), (D("0.5"), D(28000))]

    in_virtual_time("asyncio", main)


def test_a_callback_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        exchange = FakeTrading()

        async def on_fill(effect: FillEffect) -> None:
            raise KeyError("bug")

        manager = OrderManager(exchange, journal=MemoryJournal(), on_fill=on_fill)
        await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "1", "30000")
        assert len((await collect(manager))[0].fills) == 1
        assert "on_fill failed" in caplog.text

    in_virtual_time("asyncio", main)


def test_a_venue_that_cannot_be_read_is_asked_less_often_and_ends_nothing() -> None:
    async def main() -> None:
        exchange, manager = managed()
        await manager.submit(request())
        exchange.unreadable = [VenueUnavailable("down")] * 4
        start = anyio.current_time()
        exchange.change("1", status=OrderStatus.CANCELED)
        updates = await collect(manager)
        assert [update.order.status for update in updates] == [OrderStatus.NEW, OrderStatus.CANCELED]
        assert anyio.current_time() - start == pytest.approx(2 + 4 + 8 + 16)

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("alone", [False, True], ids=["readable by itself", "not by itself either"])
def test_a_row_that_cannot_be_read_keeps_no_other_order_from_being_followed(alone: bool) -> None:
    odd = UnreadRow("side", "side is no word", object(), {"venue_symbol": "BTCUSDT"}, "fake")

    class Blurred(FakeTrading):
        """The order 1 is never listed, nor a fill of it."""

        async def fetch_open_orders(self, symbol: str | None = None) -> list[Order]:
            raise unread_rows([odd], [one for one in await super().fetch_open_orders() if one.order_id != "1"])

        async def fetch_fills(self, symbol: str | None = None, **bounds: Any) -> list[Fill]:
            raise unread_rows([odd], [one for one in await super().fetch_fills() if one.order_id != "1"])

        async def fetch_order(self, symbol: str, *, order_id: str | None = None, **ids: Any) -> Order:
            if alone and order_id == "1":
                raise DecodeError("side is no word", path="side")
            return await super().fetch_order(symbol, order_id=order_id)

    async def main() -> None:
        exchange = Blurred()
        manager = OrderManager(exchange, journal=MemoryJournal())
        first, second = await manager.submit(request(quantity=D(1))), await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "0.5", "30000")
        exchange.fill("2", "1", "30000")
        seen: dict[str | None, OrderUpdate] = {}
        with anyio.move_on_after(30):
            async for update in manager.track():
                seen[update.client_order_id] = update
        found = seen[second.client_order_id]
        assert (found.order.status, len(found.fills)) == (OrderStatus.FILLED, 1)
        assert seen[first.client_order_id].order.filled_quantity == (0 if alone else D("0.5"))

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("what", ["forgotten", "unreadable word"])
def test_an_order_that_the_venue_cannot_name_is_let_go(what: str, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        exchange, manager = managed()
        await manager.submit(request())
        if what == "forgotten":
            exchange.placed.clear()
        else:
            exchange.change("1", status=OrderStatus.UNKNOWN)
        await collect(manager)
        assert "is not followed any more" in caplog.text

    in_virtual_time("asyncio", main)


def test_a_reading_that_was_overtaken_is_ignored() -> None:
    async def main() -> None:
        exchange, manager = managed()
        first = await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "0.5", "30000")
        exchange.change("1", updated_ms=2_000)
        half = await exchange.fetch_order("", order_id="1")
        tracker = manager._tracker  # pyright: ignore[reportPrivateUsage] - readings cannot be reordered from outside
        tracker.add(first.client_order_id or "", half)  # found again, by `recover`
        assert manager.orders[first.client_order_id or ""] == half
        tracker.see(first)
        exchange.change("1", updated_ms=1_500, average_price=D(1))
        tracker.see(await exchange.fetch_order("", order_id="1"))
        assert manager.orders[first.client_order_id or ""] == half
        exchange.change(
            "1", updated_ms=1_500, average_price=D(30_000), status=OrderStatus.CANCELED
        )  # an end is the last
        canceled = await exchange.fetch_order("", order_id="1")
        tracker.see(canceled)
        tracker.see(half)
        tracker.see(exchange.order(request(), "stranger"))
        tracker.add(first.client_order_id or "", half)
        assert manager.orders == {first.client_order_id: canceled}

    in_virtual_time("asyncio", main)


def without_streams(**options: Any) -> tuple[FakeTrading, OrderManager]:
    class Read(FakeTrading):
        capabilities = frozenset(Capability) - {Capability.WATCH_ORDERS}

    exchange = Read()
    return exchange, OrderManager(exchange, journal=MemoryJournal(), **options)


def test_an_end_that_does_not_say_how_much_was_filled_is_an_end() -> None:
    async def main() -> None:
        exchange, manager = without_streams()
        order = await manager.submit(request(quantity=D(1)))
        exchange.fill("1", "0.5", "30000")
        updates: list[OrderUpdate] = []
        with anyio.fail_after(60):
            async for update in manager.track():
                updates.append(update)
                if len(updates) == 1:
                    exchange.change("1", status=OrderStatus.CANCELED, filled_quantity=None)
        assert updates[-1].order.status is OrderStatus.CANCELED
        assert manager.orders[order.client_order_id or ""].filled_quantity == D("0.5")
        assert sum(update.filled for update in updates) == D("0.5")

    in_virtual_time("asyncio", main)


def test_looks_in_vain_count_one_after_the_other() -> None:
    """An order that one look of many does not find stands all the time."""

    async def main() -> None:
        exchange, manager = without_streams()
        await manager.submit(request(quantity=D(1)))
        looks, listed = 0, exchange.fetch_open_orders

        async def sometimes(symbol: str | None = None) -> list[Order]:
            nonlocal looks
            looks += 1
            if looks == 300:
                exchange.fill("1", "1", "30000")
            return [] if looks % 5 == 0 else await listed(symbol)

        async def one(symbol: str, **ids: Any) -> Order:
            if looks < 300:
                raise OrderNotFound("it lags")
            return await FakeTrading.fetch_order(exchange, symbol, **ids)

        exchange.fetch_open_orders, exchange.fetch_order = sometimes, one  # type: ignore[method-assign]
        updates = await collect(manager)
        assert updates[-1].order.status is OrderStatus.FILLED

    in_virtual_time("asyncio", main)


def test_an_order_is_not_told_as_ended_before_what_an_edit_put_in_its_place_is_seen() -> None:
    async def main() -> None:
        exchange, manager = without_streams()
        await manager.submit(request(quantity=D(1)))
        tracker = manager._tracker  # pyright: ignore[reportPrivateUsage] - readings come in any order
        [tracked] = tracker._tracked.values()  # pyright: ignore[reportPrivateUsage]
        exchange.change("1", status=OrderStatus.CANCELED)
        tracker.see(await exchange.fetch_order("BTC/USDT:USDT", order_id="1"))
        tracked.order_id = "2"  # as the answer to the edit has told
        assert tracker._news(tracked) is None  # pyright: ignore[reportPrivateUsage]
        tracked.let_go = True
        told = tracker._news(tracked)  # pyright: ignore[reportPrivateUsage]
        assert told is not None
        assert told.order.status is OrderStatus.CANCELED

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("known_by", ["reading", "cancel", "word"])
def test_an_order_that_was_edited_into_another_is_followed_under_its_new_id(known_by: str) -> None:
    async def main() -> None:
        exchange, manager = without_streams()
        order = await manager.submit(request(quantity=D(1)))
        name = order.client_order_id or ""
        exchange.fill("1", "0.25", "30000")
        tracker = manager._tracker  # pyright: ignore[reportPrivateUsage] - readings come in any order
        updates: list[OrderUpdate] = []
        real = exchange.fetch_order

        async def successor(symbol: str, *, order_id: str | None = None, **other: Any) -> Order:
            """As an adapter does, by the old id too."""
            return await real(symbol, order_id="2" if order_id == "1" and len(exchange.placed) == 2 else order_id)

        exchange.fetch_order = successor  # type: ignore[method-assign]

        def edit() -> None:
            exchange.change("1", status=OrderStatus.CANCELED)
            rest = exchange.order(request(quantity=D("0.75"), client_order_id="edited"), "2")
            exchange.placed["edited"] = msgspec.structs.replace(rest, replaces="1" if known_by == "word" else None)

        with anyio.fail_after(60):
            async for update in manager.track():
                updates.append(update)
                if len(updates) == 1:
                    edit()
                    if known_by == "cancel":
                        exchange.change("2", status=OrderStatus.CANCELED)
                        await manager.cancel(name)
                        break
                    if known_by == "word":
                        tracker.see(exchange.placed["edited"])
                elif update.order.order_id == "2" and not exchange.placed["edited"].status.is_final:
                    exchange.fill("2", "0.75", "31000")
        after = manager.orders[name]
        assert after.order_id == "2"
        if known_by == "cancel":
            assert after.status is OrderStatus.CANCELED
            return
        assert after.status is OrderStatus.FILLED
        assert manager.book.leg("BTC/USDT:USDT").quantity == D(1)
        assert sum(update.filled for update in updates) == D(1)
        assert [effect.fill.quantity for update in updates for effect in update.fills] == [D("0.25"), D("0.75")]

    in_virtual_time("asyncio", main)


def test_old_closed_orders_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("futures_async.manager.tracking.REMEMBERED", 2)

    async def main() -> None:
        _, manager = managed()
        one = await manager.submit(request())
        two = await manager.submit(request())
        await manager.cancel(two)
        three = await manager.submit(request())
        assert set(manager.orders) == {one.client_order_id, three.client_order_id}
        four = await manager.submit(request())
        assert set(manager.orders) == {one.client_order_id, three.client_order_id, four.client_order_id}

    in_virtual_time("asyncio", main)


def test_following_goes_on_for_who_wants_it_so_and_needs_an_interval() -> None:
    async def main() -> None:
        _, manager = managed()
        seen: list[str] = []

        async def follow() -> None:
            async for update in manager.track(interval_s=0.5, until_closed=False):
                seen.append(update.order.order_id)  # noqa: PERF401 - it never ends

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await anyio.sleep(10)
            await manager.submit(request())
            await anyio.sleep(1)
            tasks.cancel_scope.cancel()
        assert seen == ["1"]
        with pytest.raises(InvalidRequest):
            await collect(manager, interval_s=0)

    in_virtual_time("asyncio", main)
