"""Orders that wait for a price: in the journal, where calls of their own alone know them, and edited at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

import futures_async as fa
from futures_async.adapter import Adapter
from futures_async.adapters import OKX, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.journal.journal import IntentRecord, JournalFailed, MemoryJournal
from futures_async.manager.manager import OrderManager
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.unified.enums import Intent, OrderType, Outcome, Side
from futures_async.unified.models import Order, OrderRequest

SPECS = [VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Bitget, BitgetUTA, BitMart, OKX)]
each_venue = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
OWN = "signal1"


class Died(MemoryJournal):
    """The process dies between the answer and the verdict."""

    async def verdict(self, *given: Any, **named: Any) -> None:
        """Nothing is written any more."""


class Kept(MemoryJournal):
    """Keeps what was written, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[IntentRecord] = []

    async def intent(self, record: IntentRecord) -> None:
        await super().intent(record)
        self.seen.append(record)


class Full(MemoryJournal):
    async def intent(self, record: IntentRecord) -> None:
        raise JournalFailed("the disk is full")


async def place(on: Inside, exchange: Any) -> Order:
    """An order that waits, and closes: there every venue keeps an id of ours, and tells what it would do."""
    await on.trade(Side.BUY)
    if exchange.id == "bitget-uta":
        order: Order = await exchange.create_stop_order(
            on.spec.symbol, "long", on.spec.quantity, stop_loss=on.price("0.8"), client_order_id=OWN
        )
        return order
    return await waits(on, exchange, OWN)


async def waits(on: Inside, exchange: fa.FuturesExchange, client_order_id: str | None) -> Order:
    return await exchange.create_trigger_order(
        OrderRequest(
            symbol=on.spec.symbol,
            side=Side.SELL if client_order_id else Side.BUY,
            type=OrderType.TRIGGER,
            quantity=on.spec.quantity,
            trigger_price=on.price("0.8"),
            intent=Intent.CLOSE if client_order_id else Intent.OPEN,
            client_order_id=client_order_id,
        )
    )


def played(spec: VenueSpec, play: Callable[[Inside], Awaitable[None]]) -> None:
    async def main() -> None:
        on = Inside(spec)
        async with on.exchange:
            await play(on)

    run(main())


@each_venue
def test_a_waiting_order_that_a_dead_process_left_is_found(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        journal = Died()
        async with on.connect(on.credentials, journal=journal) as first:
            placed = await place(on, first)
        async with on.connect(on.credentials) as second:
            manager = OrderManager(second, journal=journal)
            found = await manager.recover()
            assert [(order.order_id, order.recovered) for order in found.placed] == [(placed.order_id, True)]
            assert manager.orders == {}  # the calls of other orders do not know it

    played(spec, play)


@each_venue
def test_a_waiting_order_that_is_not_seen_is_never_called_absent(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        journal = Died()
        async with on.connect(on.credentials, journal=journal) as first:
            placed = await place(on, first)
            await first.cancel_trigger_order(on.spec.symbol, order_id=placed.order_id)
            on.account.trigger_log.clear()
        async with on.connect(on.credentials) as second:
            found = await OrderManager(second, journal=journal).recover()
        ((record, error),) = found.unknown
        assert (record.client_order_id, error.outcome) == (OWN, Outcome.UNKNOWN)
        assert "proves nothing" in str(error)
        assert (found.placed, found.not_placed) == ((), ())

    played(spec, play)


async def never_sent(on: Inside, journal: MemoryJournal, exchange: Any, **fields: Any) -> None:
    """A limit order of the same id as `place`'s is written down, and its process dies before the first byte."""
    given: dict[str, Any] = {
        "venue": exchange.id,
        "account": exchange.account_id,
        "client_order_id": OWN,
        "symbol": on.spec.symbol,
        "venue_symbol": exchange.venue_symbol(on.spec.symbol),
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "quantity": on.spec.quantity,
        "price": on.price("0.9"),
        "created_ms": 1,
        "fence_ms": 1,
    }
    await journal.intent(IntentRecord(**(given | fields)))


@each_venue
def test_an_order_is_not_called_placed_because_a_waiting_one_has_its_id(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        await place(on, on.exchange)
        journal, called = MemoryJournal(), list[str]()
        async with on.connect(on.credentials) as second:
            await never_sent(on, journal, second)
            second.observe(lambda event: called.append(event.endpoint))
            found = await OrderManager(second, journal=journal).recover()
        assert (found.placed, found.unknown) == ((), ())
        assert [record.client_order_id for record in found.not_placed] == [OWN]
        apart = [name for name in called if any(word in name for word in ("plan", "strategy", "algo"))]
        assert apart == []  # nor is a limit order looked for there

    played(spec, play)


@each_venue
@pytest.mark.parametrize("fields", [{"side": Side.SELL}, {"quantity": 7}, {"price": 7}], ids=str)
def test_an_order_is_not_called_placed_because_another_one_has_its_id(spec: VenueSpec, fields: dict[str, Any]) -> None:
    async def play(on: Inside) -> None:
        await on.exchange.create_order(on.request(client_order_id=OWN))
        journal = MemoryJournal()
        async with on.connect(on.credentials) as second:
            await never_sent(on, journal, second, **{name: Decimal(v) if v == 7 else v for name, v in fields.items()})
            found = await OrderManager(second, journal=journal).recover()
        assert (found.placed, found.not_placed) == ((), ())
        ((_, error),) = found.unknown
        assert isinstance(error, fa.ResponseMismatch)
        assert next(iter(fields)) in str(error)

    played(spec, play)


@each_venue
def test_a_waiting_order_of_another_sort_than_the_journal_says_is_not_called_placed(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        await place(on, on.exchange)
        journal = MemoryJournal()
        async with on.connect(on.credentials) as second:
            await never_sent(on, journal, second, type=OrderType.TRIGGER, price=None)
            found = await OrderManager(second, journal=journal).recover()
        assert (found.placed, found.not_placed) == ((), ())
        ((_, error),) = found.unknown
        assert (type(error), "side" in str(error)) == (fa.ResponseMismatch, True)

    played(spec, play)


async def resolved(exchange: Adapter, on: Inside, fence_ms: int) -> Order | None:
    """As the journal asks: it knows that the order waits."""
    name = exchange.venue_symbol(on.spec.symbol)
    return await exchange._resolve_order(name, OWN, fence_ms, waits=True)  # pyright: ignore[reportPrivateUsage] - as the journal does


@each_venue
@pytest.mark.parametrize("readable", [True, False], ids=["not seen", "not to be read"])
def test_a_waiting_order_is_never_proved_absent(spec: VenueSpec, readable: bool) -> None:
    async def play(on: Inside) -> None:
        exchange = on.exchange
        if not readable:
            await place(on, exchange)
        async with on.connect(on.credentials) as second:
            if not readable:
                vars(second)["_find_waiting"] = unreadable
            with pytest.raises(fa.OrderOutcomeUnknown, match="proves nothing"):
                await resolved(second, on, 1)
            assert await second.resolve_order(on.spec.symbol, OWN, fence_until_ms=1) is None, "no plain order has it"

    async def unreadable(*ids: str) -> None:
        raise fa.RequestTimeout("no answer")

    played(spec, play)


@each_venue
def test_a_waiting_order_that_is_still_under_way_is_waited_for(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        looked: list[int] = []
        placed = await place(on, on.exchange)
        async with on.connect(on.credentials) as second:
            now_ms = on.inside.now_ms
            look = second._find_waiting  # pyright: ignore[reportPrivateUsage] - answers late here
            fence_ms = now_ms() + 5_000

            async def unseen_at_first(*ids: str) -> Order | None:
                looked.append(now_ms())
                return await look(*ids) if len(looked) > 1 else None

            vars(second)["_find_waiting"] = unseen_at_first
            found = await resolved(second, on, fence_ms)
        assert (found is not None and found.order_id, len(looked)) == (placed.order_id, 2)
        assert looked[1] >= fence_ms - 500  # what is known of the clock may be off by so much

    played(spec, play)


@each_venue
def test_a_waiting_order_that_cannot_be_written_down_is_not_sent(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        async with on.connect(on.credentials, journal=Full()) as exchange:
            with pytest.raises(JournalFailed):
                await place(on, exchange)
            assert exchange.unresolved() == []
        assert on.account.trigger_log == []

    played(spec, play)


@each_venue
def test_a_waiting_order_has_its_verdict_unless_the_venue_has_no_id_of_ours(spec: VenueSpec) -> None:
    async def play(on: Inside) -> None:
        journal = Kept()
        async with on.connect(on.credentials, journal=journal) as exchange:
            await place(on, exchange)
            if exchange.id == "bitmart":
                await waits(on, exchange, None)
            assert await journal.open_intents(exchange.id, exchange.account_id) == []
            mine = exchange.id, exchange.account_id
        written = [record.client_order_id for record in journal.seen]
        assert (written, await journal.open_intents(*mine)) == ([OWN], [])

    played(spec, play)


EDITED = pytest.mark.parametrize("kind", [Bitget, BitgetUTA, BitMart, Bybit], ids=lambda kind: kind.id)


def edited(kind: Any, play: Callable[[Inside, Any, Order], Awaitable[None]]) -> None:
    """Edit one order that waits, by whichever id: both edits stand in the end."""

    async def main() -> None:
        on = Inside(VenueSpec(factory=kind, raw_call=RawCall("/", {})))
        async with on.exchange:
            exchange: Any = on.exchange
            placed = await exchange.create_trigger_order(
                OrderRequest(
                    symbol=on.spec.symbol,
                    side=Side.BUY,
                    type=OrderType.TRIGGER,
                    quantity=on.spec.quantity * 2,
                    price=on.price("0.79"),
                    trigger_price=on.price("0.8"),
                    client_order_id=None if kind is BitMart else OWN,  # which takes none where it opens
                )
            )
            await play(on, exchange, placed)
            (waits,) = await exchange.fetch_trigger_orders(on.spec.symbol)
            assert (waits.trigger_price, waits.price) == (on.price("0.75"), on.price("0.74"))
            assert exchange.unresolved() == []

    run(main())


def ids_of(placed: Order, by: str) -> dict[str, Any]:
    """The id of ours, where it is that one's turn and there is one."""
    named = by == "mine" and placed.client_order_id is not None
    return {"client_order_id": placed.client_order_id} if named else {"order_id": placed.order_id}


@EDITED
@pytest.mark.parametrize("by", [("its", "its"), ("its", "mine"), ("mine", "its"), ("mine", "mine")], ids="-".join)
def test_two_edits_of_one_waiting_order_at_once_both_stand(kind: Any, by: tuple[str, str]) -> None:
    async def play(on: Inside, exchange: Any, placed: Order) -> None:
        changes = {"trigger_price": on.price("0.75")}, {"price": on.price("0.74")}
        ends: list[Order] = []

        async def edit(by: str, change: dict[str, Any]) -> None:
            ends.append(await exchange.edit_trigger_order(on.spec.symbol, **ids_of(placed, by), **change))

        async with anyio.create_task_group() as group:
            for name, change in zip(by, changes, strict=True):
                group.start_soon(edit, name, change)
        assert len(ends) == 2

    edited(kind, play)


@EDITED
@pytest.mark.parametrize("by", ["its", "mine"])
def test_an_edit_of_a_waiting_order_whose_caller_left_is_still_in_its_turn(kind: Any, by: str) -> None:
    async def play(on: Inside, exchange: Any, placed: Order) -> None:
        symbol, call = on.spec.symbol, exchange._call

        def slow_write(endpoint: Endpoint[Any], *given: Any, **named: Any) -> Any:
            on.backend.latency_s = 0.01 if endpoint.reads else 2.0
            return call(endpoint, *given, **named)

        vars(exchange)["_call"] = slow_write
        with anyio.move_on_after(1.0) as scope:
            await exchange.edit_trigger_order(symbol, order_id=placed.order_id, trigger_price=on.price("0.75"))
        assert scope.cancelled_caught
        vars(exchange)["_call"], on.backend.latency_s = call, 0.01
        await exchange.edit_trigger_order(symbol, **ids_of(placed, by), price=on.price("0.74"))

    edited(kind, play)


@each_venue
def test_a_look_that_fails_leaves_the_question_what_it_is(spec: VenueSpec) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(spec, plan=plan)
        async with on.exchange as exchange:
            plan.add("dropped", kinds=[Kind.ORDER])  # it does not arrive, and no answer comes
            with pytest.raises(fa.OrderOutcomeUnknown) as caught:
                await exchange.create_trigger_order(
                    on.request(type=OrderType.TRIGGER, trigger_price=on.price("0.8"), client_order_id=None)
                )
            plan.add("dropped")
            cause = caught.value.__cause__
            with pytest.raises(fa.OrderOutcomeUnknown) as again:
                await caught.value.resolve()
            assert again.value is caught.value
            assert caught.value.__cause__ is cause
            assert exchange.unresolved() == [caught.value]
            caught.value.settled = True

    run(main())
