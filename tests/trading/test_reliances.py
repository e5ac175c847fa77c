"""Orders of different leverage, or margin mode, at once on one exchange object: each arrives at what it names."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import itertools
import random
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

import futures_async as fa
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, Bybit, Hyperliquid
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Order
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.trading.settings import SettingDesk
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.unified.enums import OrderType, Outcome, PositionMode, Side
from tests.trading.test_late_copies import now, played

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitgetUTA, Bybit, OKX)]
BINANCE, _, _, BYBIT, HEDGED_OKX = SPECS
HYPERLIQUID = VenueSpec(
    factory=Hyperliquid,
    raw_call=RawCall("/", {}),
    symbol="BTC/USDC:USDC",
    tick=Decimal(1),
    quantity=Decimal("0.01"),
)
each_venue = pytest.mark.parametrize("spec", [*SPECS, HYPERLIQUID], ids=lambda spec: spec.factory.id)
ETH = "ETH/USDT:USDT"


def name_of(number: int, spec: VenueSpec | None = None) -> str:
    """An id that the venue takes, and writes as it is."""
    return f"0x{number:032x}" if spec is HYPERLIQUID else f"order{number:04}"


def arrivals(on: Inside) -> dict[str | None, Order]:
    """The orders as they arrive, by our ids: what is set later changes those that rest."""
    arrived: dict[str | None, Order] = {}
    orders: Any = on.inside.engine.orders
    place = orders.place

    def placed(*given: Any, **more: Any) -> Any:
        done = place(*given, **more)
        order = done.order
        arrived[order.client_id] = Order(**{name: getattr(order, name) for name in order.__slots__})
        return done

    orders.place = placed
    return arrived


def delayed(on: Inside, delay_s: Callable[[HttpRequest], float]) -> None:
    """Let requests take so much longer on their way, and answers on theirs."""
    backend: Any = on.backend

    async def sent(request: HttpRequest) -> HttpResponse:
        way = copy.copy(backend)
        way.latency_s += delay_s(request)
        return await InProcessBackend.send(way, request)

    backend.send = sent


def slow(*numbers: int, by_s: float = 0.5) -> Callable[[HttpRequest], float]:
    """Orders of these numbers take long on their way; reads do not."""
    names = [name_of(number, spec).encode() for number in numbers for spec in (None, HYPERLIQUID)]

    def delay_s(request: HttpRequest) -> float:
        body = request.body or b""
        return by_s if request.method == "POST" and any(name in body for name in names) else 0.0

    return delay_s


async def left_open(on: Inside, plan: FaultPlan) -> fa.OrderOutcomeUnknown:
    """What is asked about an order at 10x that never arrives."""
    plan.add("no-answer", kinds=[Kind.ORDER], most=1, applied=False)
    with pytest.raises(fa.OrderOutcomeUnknown) as caught:
        await on.exchange.create_order(on.request(leverage=10), on_unknown="raise")
    return caught.value


def settings_of(on: Inside) -> SettingDesk:
    return on.exchange._settings  # pyright: ignore[reportPrivateUsage] - what it keeps is what is tested


def is_idle(on: Inside) -> bool:
    """Whether nothing is held, set, or waited for."""
    desk: Any = settings_of(on)
    return not (desk.reliances._held or desk.reliances._wishes or desk._locks or desk._under_way)


@contextmanager
def streams(on: Inside, leverage: int, group: TaskGroup) -> Generator[None]:
    """Orders of one leverage without end, so that one is always under way."""
    over = anyio.Event()

    async def one_after_the_other(after_s: float) -> None:
        await anyio.sleep(after_s)
        for side in itertools.cycle(Side):
            if over.is_set():
                return
            with suppress(fa.DeadlineExpired):
                await on.exchange.create_order(on.request(side, leverage=leverage, type="market", price=None))

    delayed(on, lambda request: 0.15 if request.method == "POST" else 0.0)
    for after_s in (0.0, 0.11):
        group.start_soon(one_after_the_other, after_s)
    yield
    over.set()


@each_venue
def test_an_order_arrives_at_the_leverage_that_it_names_whatever_is_asked_for_meanwhile(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        delayed(on, slow(1, 2))

        async def later(delay_s: float, call: Awaitable[object]) -> None:
            await anyio.sleep(delay_s)
            await call

        await asyncio.gather(
            on.exchange.create_order(on.request(leverage=10, client_order_id=name_of(1, spec))),
            later(0.3, on.exchange.create_order(on.request(leverage=20, client_order_id=name_of(2, spec)))),
            later(1.2, on.exchange.set_leverage(spec.symbol, 30)),
        )
        assert {name: order.leverage for name, order in arrived.items()} == {name_of(1, spec): 10, name_of(2, spec): 20}
        assert (await on.exchange.fetch_leverage(spec.symbol)).leverage == 30
        assert is_idle(on)

    played(spec, play)


@pytest.mark.parametrize("several", [False, True], ids=["alone", "in a batch"])
@pytest.mark.parametrize(("spec", "in_book"), [(BINANCE, True), (BYBIT, False)], ids=["binance", "bybit"])
def test_an_order_is_relied_on_until_it_is_in_the_book(spec: VenueSpec, in_book: bool, several: bool) -> None:
    """By the word of the venue's engine, or by reading it back where only a gateway has acknowledged it."""

    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        delayed(on, lambda request: 4.0 if request.method == "GET" and arrived else 0.0)
        orders = [on.request(leverage=10, client_order_id=name_of(number)) for number in (1, 2)]
        placing = on.exchange.create_orders(orders) if several else on.exchange.create_order(orders[0])
        under_way = asyncio.create_task(placing)
        await anyio.sleep(1)
        assert arrived
        assert not under_way.done()
        assert is_idle(on) is in_book
        if not in_book:
            with pytest.raises(fa.DeadlineExpired, match="is acknowledged, and not read back yet"):
                await on.exchange.create_order(on.request(leverage=20))
        await under_way
        assert is_idle(on)

    played(spec, play)


def test_orders_of_equal_leverage_and_those_that_name_none_go_side_by_side() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(1, 2, 3))
        began = now()
        orders = (on.request(leverage=lot, client_order_id=name_of(n)) for n, lot in ((1, 3), (2, 3), (3, None)))
        await asyncio.gather(*map(on.exchange.create_order, orders))
        assert now() - began < 1.2

    played(BINANCE, play)


def test_each_side_of_a_hedge_has_a_leverage_of_its_own() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        delayed(on, slow(1, 2))
        await on.exchange.set_leverage(on.spec.symbol, 3, margin_mode="isolated")
        began = now()
        long = on.request(leverage=10, margin_mode="isolated", client_order_id=name_of(1))
        short = on.request(Side.SELL, leverage=20, margin_mode="isolated", client_order_id=name_of(2))
        await asyncio.gather(on.exchange.create_order(long), on.exchange.create_order(short))
        assert now() - began < 1.5
        assert {name: order.leverage for name, order in arrived.items()} == {name_of(1): 10, name_of(2): 20}

    played(HEDGED_OKX, play, PositionMode.HEDGE)


def test_an_order_of_another_leverage_is_not_sent_while_one_may_still_arrive() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        plan.add("late-landing", kinds=[Kind.ORDER], most=1, delay_s=4)
        first = on.request(leverage=10, client_order_id=name_of(1))
        with pytest.raises(fa.OrderOutcomeUnknown) as caught:
            await on.exchange.create_order(first, on_unknown="raise")
        began = now()
        with pytest.raises(fa.DeadlineExpired, match=f"order {name_of(1)} relies on 10x and may still") as refused:
            await on.exchange.create_order(on.request(leverage=20, client_order_id=name_of(2)))
        assert 1.9 < now() - began < 2.1
        assert refused.value.outcome is Outcome.NOT_SENT
        assert refused.value.client_order_id == name_of(2)
        assert (await on.exchange.create_order(on.request(leverage=10))).order_id  # the same
        await on.exchange.set_leverage(on.spec.symbol, 20)  # waits for as long as that one can arrive
        assert arrived[name_of(1)].leverage == 10
        await caught.value.resolve()

    played(BINANCE, play)


def test_batches_that_need_each_others_contracts_do_not_wait_for_each_other() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(1, 3, by_s=0.5))

        def order(symbol: str, leverage: int, number: int) -> fa.OrderRequest:
            return fa.OrderRequest(
                symbol=symbol, side="buy", type="market", quantity="0.1", leverage=leverage,
                client_order_id=name_of(number),
            )  # fmt: skip

        arrived = arrivals(on)
        batches = await asyncio.gather(
            on.exchange.create_orders([order(on.spec.symbol, 10, 1), order(ETH, 10, 2)]),
            on.exchange.create_orders([order(ETH, 20, 3), order(on.spec.symbol, 20, 4)]),
        )
        assert [result.error for results in batches for result in results] == [None] * 4
        assert [int(arrived[name_of(number)].leverage) for number in (1, 2, 3, 4)] == [10, 10, 20, 20]
        assert is_idle(on)

    played(BYBIT, play)


def test_an_entry_of_a_batch_that_cannot_have_its_leverage_keeps_no_other_one_back() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.trade(Side.BUY)
        question = await left_open(on, plan)
        arrived = arrivals(on)
        closing = on.request(Side.SELL, intent="close", type="market", price=None)
        wanted = [on.request(leverage=20), on.request(), on.request(leverage=20), closing]
        batch = asyncio.create_task(on.exchange.create_orders(wanted))
        await anyio.sleep(0.3)
        assert len(arrived) == 2
        late, sent, later, closed = await batch
        assert (sent.error, closed.error) == (None, None)
        for refused in (late, later):
            assert isinstance(refused.error, fa.DeadlineExpired)
            assert refused.error.outcome is Outcome.NOT_SENT
        assert [result.request.leverage for result in (late, sent, later, closed)] == [20, None, 20, None]
        assert await question.resolve() is None
        assert (await on.exchange.create_order(on.request(leverage=20))).order_id

    played(BINANCE, play)


def test_entries_of_a_batch_that_had_to_wait_for_their_leverage_are_sent_together() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        delayed(on, slow(1))
        first = on.exchange.create_order(on.request(leverage=10, client_order_id=name_of(1)))
        under_way = asyncio.create_task(first)
        await anyio.sleep(0.2)
        sent: list[HttpRequest] = []

        def delay_s(request: HttpRequest) -> float:
            sent.append(request)
            return 0.0

        delayed(on, delay_s)
        late = [on.request(leverage=20, client_order_id=name_of(number)) for number in (2, 3)]
        results = await on.exchange.create_orders([*late, on.request(client_order_id=name_of(4))])
        assert [result.error for result in results] == [None] * 3
        assert list(arrived) == [name_of(number) for number in (4, 1, 2, 3)]
        assert sum("batchOrders" in request.target for request in sent) == 2
        await under_way
        assert is_idle(on)

    played(BINANCE, play)


def test_an_entry_of_a_batch_whose_leverage_is_just_being_set_keeps_no_other_one_back() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.trade(Side.BUY)
        arrived = arrivals(on)
        delayed(on, lambda request: 1.0 if request.method == "POST" and "leverage" in request.target else 0.0)
        setting = asyncio.create_task(on.exchange.set_leverage(on.spec.symbol, 10))
        await anyio.sleep(0.2)
        closing = on.request(Side.SELL, intent="close", type="market", price=None)
        batch = asyncio.create_task(on.exchange.create_orders([on.request(leverage=20), closing]))
        await anyio.sleep(0.3)
        assert [order.side for order in arrived.values()] == ["sell"]
        await setting
        await batch
        assert is_idle(on)

    played(BINANCE, play)


def test_a_setting_that_waits_for_another_one_keeps_no_order_back() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)

        def delay_s(request: HttpRequest) -> float:
            return 1.0 if request.method == "POST" and "leverage=20" in request.target else slow(1)(request)

        await on.exchange.set_leverage(on.spec.symbol, 10)
        delayed(on, delay_s)
        async with anyio.create_task_group() as group:
            group.start_soon(on.exchange.create_order, on.request(leverage=10, client_order_id=name_of(1)))
            await anyio.sleep(0.2)
            group.start_soon(on.exchange.set_leverage, on.spec.symbol, 20)
            await anyio.sleep(0.1)
            group.start_soon(on.exchange.set_leverage, on.spec.symbol, 30)
            await anyio.sleep(0.6)
            await on.exchange.create_order(on.request(leverage=20, client_order_id=name_of(2)))
        assert [int(order.leverage) for order in arrived.values()] == [10, 20]
        assert (await on.exchange.fetch_leverage(on.spec.symbol)).leverage == 30
        assert is_idle(on)

    played(BINANCE, play)


def test_what_saves_a_position_never_waits_for_an_order_under_way() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.trade(Side.BUY)
        question = await left_open(on, plan)
        began = now()
        closed = await on.exchange.close_position(on.spec.symbol)
        assert closed is not None
        assert now() - began < 0.5
        await question.resolve()

    played(BINANCE, play)


@pytest.mark.parametrize("after_s", [0.1, 0.45])
def test_who_gives_up_keeps_nothing_held(after_s: float) -> None:
    """Waiting for its turn, or while its leverage is set."""

    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(1, by_s=0.2))
        async with anyio.create_task_group() as group:
            group.start_soon(on.exchange.create_order, on.request(leverage=3, client_order_id=name_of(1)))
            await anyio.sleep(0.05)
            with pytest.raises(TimeoutError), anyio.fail_after(after_s):
                await on.exchange.create_order(on.request(leverage=20))
        await anyio.sleep(1)
        assert is_idle(on)

    played(BINANCE, play)


@each_venue
def test_a_setting_whose_caller_has_gone_keeps_no_order_back(spec: VenueSpec) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(1, by_s=4))
        async with anyio.create_task_group() as group:
            first = on.request(leverage=3, client_order_id=name_of(1, spec))
            group.start_soon(on.exchange.create_order, first)
            await anyio.sleep(0.3)
            with anyio.move_on_after(0.2):
                await on.exchange.set_leverage(spec.symbol, 30)
            began = now()
            await on.exchange.create_order(on.request(leverage=3))
            assert now() - began < 0.5
        assert is_idle(on)
        assert (await on.exchange.fetch_leverage(spec.symbol)).leverage == 3

    played(spec, play)


def test_an_order_whose_placer_gives_up_is_relied_on_until_it_has_arrived() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        delayed(on, slow(1))
        with anyio.move_on_after(0.3):
            await on.exchange.create_order(on.request(leverage=3, client_order_id=name_of(1)))
        assert not arrived
        await on.exchange.set_leverage(on.spec.symbol, 20)
        assert [int(order.leverage) for order in arrived.values()] == [3]
        assert is_idle(on)

    played(BINANCE, play)


def test_a_margin_mode_is_not_changed_under_an_order_that_names_it() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.exchange.set_margin_mode("isolated", symbol=on.spec.symbol)
        arrived = arrivals(on)
        delayed(on, slow(1))
        order = on.exchange.create_order(on.request(margin_mode="isolated", client_order_id=name_of(1)))
        under_way = asyncio.create_task(order)
        await anyio.sleep(0.4)
        with pytest.raises(fa.ExchangeError):  # by the venue: an order is open then
            await on.exchange.set_margin_mode("cross", symbol=on.spec.symbol)
        await under_way
        assert arrived[name_of(1)].margin_mode == "isolated"

    played(BINANCE, play)


@pytest.mark.parametrize("kind", ["plain", "trigger"])
def test_no_margin_mode_is_set_before_an_order_that_names_another_has_arrived(kind: str) -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.exchange.set_margin_mode("isolated", symbol=on.spec.symbol)
        delayed(on, slow(1))
        named: dict[str, Any] = {"margin_mode": "isolated", "client_order_id": name_of(1)}
        if kind == "plain":
            order = on.exchange.create_order(on.request(**named))
        else:
            waits: dict[str, Any] = {"type": OrderType.TRIGGER, "trigger_price": on.price("1.1")}
            order = on.exchange.create_trigger_order(on.request(**named, **waits))
        under_way = asyncio.create_task(order)
        await anyio.sleep(0.4)
        with contextlib.suppress(fa.ExchangeError):  # the venue may refuse it while an order is open
            await on.exchange.set_margin_mode("cross", symbol=on.spec.symbol)
        assert under_way.done()
        assert is_idle(on)

    played(BINANCE, play)


def test_where_no_time_ends_an_open_question_the_refusal_says_what_does() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        question = await left_open(on, plan)
        [[hold]] = settings_of(on).reliances._held.values()  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(fa.DeadlineExpired, match=r"may still arrive for another \d+ s, try again after that"):
            await on.exchange.create_order(on.request(leverage=20))
        hold.until_ms = None  # of a venue that gives no time for it
        await anyio.sleep(3600)
        with pytest.raises(fa.DeadlineExpired, match=r"no time after .* resolve\(\) .* unresolved\(\), or set"):
            await on.exchange.create_order(on.request(leverage=20))
        assert on.exchange.unresolved() == [question]
        question.settled = True
        assert (await on.exchange.create_order(on.request(leverage=20))).order_id

    played(BINANCE, play)


def test_a_setting_gives_way_only_so_long() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        question = await left_open(on, plan)
        [[hold]] = settings_of(on).reliances._held.values()  # pyright: ignore[reportPrivateUsage]
        hold.until_ms = None  # of a venue that gives no time for it
        began = now()
        with pytest.raises(fa.DeadlineExpired, match="nothing was sent"):
            await on.exchange.set_leverage(on.spec.symbol, 20)
        assert 59 < now() - began < 61
        await question.resolve()
        await on.exchange.set_leverage(on.spec.symbol, 20)

    played(BINANCE, play)


def test_a_setting_and_an_order_of_another_leverage_have_their_turns_beside_a_stream_of_orders() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived = arrivals(on)
        async with anyio.create_task_group() as group:
            with streams(on, 3, group):
                await anyio.sleep(1)
                await on.exchange.create_order(on.request(leverage=5, client_order_id=name_of(1)))
                for wanted in (20, 30):
                    await anyio.sleep(1)
                    began = now()
                    await on.exchange.set_leverage(on.spec.symbol, wanted)
                    assert now() - began < 1
                went = len(arrived)
                await anyio.sleep(1)
                assert len(arrived) > went  # the stream has its turns, too
        assert arrived[name_of(1)].leverage == 5
        assert is_idle(on)

    played(BINANCE, play)


def test_who_waits_in_vain_for_an_open_question_holds_up_no_order_that_need_not_wait() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        question = await left_open(on, plan)
        async with anyio.create_task_group() as group:
            group.start_soon(on.exchange.set_leverage, on.spec.symbol, 20)
            await anyio.sleep(0.5)
            began = now()
            await on.exchange.create_order(on.request(leverage=10))
            assert now() - began < 0.5
        await question.resolve()
        assert is_idle(on)

    played(BINANCE, play)


def test_what_closes_a_position_waits_for_no_turn() -> None:
    async def play(on: Inside, plan: FaultPlan) -> None:
        await on.exchange.set_margin_mode("isolated", symbol=on.spec.symbol)
        await on.trade(Side.BUY)
        delayed(on, slow(1))
        opening = on.exchange.create_order(on.request(margin_mode="isolated", client_order_id=name_of(1)))
        under_way = asyncio.create_task(opening)
        await anyio.sleep(0.1)
        waiting = asyncio.create_task(on.exchange.set_margin_mode("cross", symbol=on.spec.symbol))
        await anyio.sleep(0.1)
        began = now()
        closing = on.request(Side.SELL, margin_mode="isolated", intent="close", type="market", price=None)
        await on.exchange.create_order(closing)
        assert now() - began < 0.3
        with pytest.raises(fa.ExchangeError):  # by the venue: an order is open
            await waiting
        await under_way
        assert is_idle(on)

    played(BINANCE, play)


@pytest.mark.parametrize("spec", [SPECS[1], HYPERLIQUID], ids=["bitget", "hyperliquid"])
def test_an_order_that_a_batch_places_alone_is_relied_on_only_until_it_has_arrived(
    spec: VenueSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those are that bring stops."""

    async def play(on: Inside, plan: FaultPlan) -> None:
        delayed(on, slow(2, by_s=4))
        planned = on.exchange._plan  # pyright: ignore[reportPrivateUsage] - how often it is called is tested
        plans: list[fa.OrderRequest] = []

        def counted(request: fa.OrderRequest, **more: Any) -> Any:
            plans.append(request)
            return planned(request, **more)

        monkeypatch.setattr(on.exchange, "_plan", counted)
        stop = on.price("0.5")
        first = on.request(leverage=10, stop_loss=stop, client_order_id=name_of(1, spec))
        second = on.request(stop_loss=stop, client_order_id=name_of(2, spec))
        batch = asyncio.create_task(on.exchange.create_orders([first, second]))
        await anyio.sleep(1.5)
        assert len(plans) == 2
        began = now()
        await on.exchange.create_order(on.request(leverage=20))
        assert now() - began < 1
        assert [result.error for result in await batch] == [None, None]

    played(spec, play)


@pytest.mark.parametrize(
    ("spec", "mode", "seed"), [(BINANCE, None, 2), (HEDGED_OKX, PositionMode.HEDGE, 2)], ids=["binance", "okx"]
)
def test_whatever_comes_between_every_order_arrives_at_its_leverage_or_not_at_all(
    spec: VenueSpec, mode: PositionMode | None, seed: int
) -> None:
    lots = random.Random(seed)
    named: dict[str | None, int] = {}

    async def play(on: Inside, plan: FaultPlan) -> None:
        arrived, exchange = arrivals(on), on.exchange
        delayed(on, lambda _: lots.choice((0.0, 0.01, 0.1, 0.6)))
        plan.add("late-landing", kinds=[Kind.ORDER, Kind.SETTING], probability=0.15, delay_s=(0.5, 4))
        plan.add("answer-lost", kinds=[Kind.ORDER, Kind.SETTING], probability=0.1)

        def order(leverage: int) -> fa.OrderRequest:
            name = name_of(len(named))
            named[name] = leverage
            return on.request(lots.choice(list(Side)), leverage=leverage, client_order_id=name)

        async def act() -> None:
            await anyio.sleep(lots.uniform(0, 4))
            what, leverage = lots.choice(("order", "order", "batch", "set")), lots.choice((5, 5, 7, 9))
            with anyio.move_on_after(lots.choice((0.3, 1.0, 600, 600))):
                try:
                    if what == "set":
                        await exchange.set_leverage(spec.symbol, leverage)
                    elif what == "batch":
                        await exchange.create_orders([order(leverage), order(leverage)])
                    else:
                        await exchange.create_order(order(leverage))
                except (fa.DeadlineExpired, fa.OrderNotPlaced, fa.OutcomeUnknown, fa.SettingNotApplied):
                    pass

        async with anyio.create_task_group() as group:
            for _ in range(16):
                group.start_soon(act)
        await anyio.sleep(120)
        assert {name: int(order.leverage) for name, order in arrived.items()}.items() <= named.items()
        assert len(arrived) >= 5
        await exchange.set_leverage(spec.symbol, 11)
        assert is_idle(on)

    played(spec, play, mode)
