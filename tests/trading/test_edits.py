"""Edits that put another order in the place of one: whatever is lost or late, somebody names what is open."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from functools import partial
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapter import Adapter, BatchCancels, Call
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid
from futures_async.adapters.okx.codes import OrderExpired
from futures_async.simulator.plan import FaultPlan
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.trading.ordering import Amendment
from futures_async.transport.endpoint import Endpoint, Kind
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.unified import errors
from futures_async.unified.enums import OrderStatus, Role
from futures_async.unified.models import Order
from tests.adapters.hyperliquid.test_contract import SPEC as HYPERLIQUID
from tests.rig.support import BTC, Scripted, limit_order, order_of, toy, virtual
from tests.rig.toy import Toy

MAKER = Role.MAKER
LOST = HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True)
EDIT, CANCEL, GET = "/order/edit", "/order/cancel", "/order/detail"
BATCH = Endpoint("POST", "/order/batch-cancel", result=list[str], kind=Kind.CANCEL, nullable=True)


def _renamed(answer: Any) -> tuple[str | None, str | None]:
    return None, "renamed"


class Replaces(Toy):
    """An edited order is cancelled, and another one placed, which is seen when the test says so."""

    replaced = False
    """The venue has acted on the edit."""
    seen = False
    """The new order is visible."""
    open = True
    """The new order stands."""

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        change = super()._amendment(order, price, quantity)
        return change._replace(read_ids=_renamed, lost_ids=(None, "renamed"), replaces=True)

    async def _call(self, endpoint: Any, params: Any = None, body: Any = None, **more: Any) -> Any:
        if endpoint.path == CANCEL and self.named(body.get("orderId"), body.get("clientId")):
            if not self.seen:
                raise errors.OrderNotFound("no such order")
            self.open = False
            return None
        return await super()._call(endpoint, params, body, **more)

    @staticmethod
    def named(order_id: str | None, client_order_id: str | None) -> bool:
        return order_id == "77" or client_order_id == "renamed"

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        if not self.named(order_id, client_order_id):
            found = await super().fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
            former = msgspec.structs.replace(found, price=Decimal(100))
            return msgspec.structs.replace(former, status=OrderStatus.CANCELED) if self.replaced else former
        if not self.seen:
            raise errors.OrderNotFound("not yet")
        found = await super().fetch_order(symbol, order_id=self.former)
        status = OrderStatus.NEW if self.open else OrderStatus.CANCELED
        return msgspec.structs.replace(
            found, order_id="77", client_order_id="renamed", price=Decimal(101), status=status
        )

    former = ""

    async def placed(self) -> Order:
        order = await self.create_order(limit_order(100))
        self.former = order.order_id
        return order

    async def edited_unseen(self) -> Order:
        """An order whose edit the venue has carried out, and of which nothing is seen."""
        order = await self.placed()
        self.replaced = True
        with pytest.raises(errors.OrderOutcomeUnknown):
            await self.edit_order(BTC, order_id=order.order_id, price=101)
        return order


@asynccontextmanager
async def replacing(venue: Scripted) -> AsyncGenerator[Replaces]:
    async with toy(venue, Replaces) as exchange:
        assert isinstance(exchange, Replaces)
        yield exchange


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "accepted"])
@virtual
async def test_an_order_that_left_its_place_while_nothing_is_seen_there_is_an_open_question(lost: bool) -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.placed()
        exchange.replaced = True
        venue.plan[EDIT] = [LOST] if lost else []
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert caught.value.client_order_id == "renamed"
        assert exchange.unresolved() == [caught.value]
        exchange.seen = True
        found = await order_of(caught.value)
        assert (found.order_id, found.replaces) == ("77", order.order_id)
        assert exchange.unresolved() == []
        canceled = await exchange.cancel_order(BTC, order_id=order.order_id)
        assert (canceled.order_id, exchange.open) == ("77", False)


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "accepted"])
@virtual
async def test_an_order_that_left_its_place_for_nothing_is_no_question_for_ever(lost: bool) -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.placed()
        exchange.replaced = True  # or somebody has cancelled it meanwhile
        venue.plan[EDIT] = [LOST] if lost else []
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        if not lost:
            with pytest.raises(errors.OrderOutcomeUnknown):  # what was accepted may take a while to be seen
                await caught.value.resolve()
        assert exchange.unresolved() == [caught.value]
        await anyio.sleep(60)
        asked = venue.sent(GET)
        with pytest.raises(errors.SettingNotApplied, match=r"it ended as canceled .*nothing of it is left to edit"):
            await caught.value.resolve()
        assert venue.sent(GET) - asked == 2  # one absence proves nothing
        assert exchange.unresolved() == []
        assert (await exchange.cancel_order(BTC, order_id=order.order_id)).order_id == order.order_id


@pytest.mark.parametrize("kind", [Bitget, BitgetUTA, Hyperliquid], ids=lambda kind: kind.id)
def test_a_lost_edit_of_an_order_that_is_cancelled_meanwhile_can_be_settled(kind: type[Adapter]) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(
            HYPERLIQUID if kind is Hyperliquid else VenueSpec(factory=kind, raw_call=RawCall("/", {})), plan=plan
        )
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request())
            plan.add("write-timeout", kinds=[Kind.ORDER])
            edit = asyncio.create_task(
                exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=on.price("0.8"))
            )
            await anyio.sleep(0.5)
            with pytest.raises(errors.CancelOutcomeUnknown, match="may still put another one") as caught:
                await exchange.cancel_all_orders(on.spec.symbol)
            with pytest.raises(errors.OrderOutcomeUnknown):
                await edit
            assert caught.value.cancelled == (order.order_id,)
            plan.rules.clear()  # not before the edit has ended: the same bytes may be sent again
            await anyio.sleep(60)
            began = anyio.current_time()
            assert await exchange.cancel_all_orders(on.spec.symbol) == []
            assert anyio.current_time() - began < 0.2  # it waits for nothing that is past its fence
            assert (await order_of(caught.value)).order_id == order.order_id
            [question] = exchange.unresolved()
            with pytest.raises(errors.SettingNotApplied, match="ended as canceled"):
                await question.resolve()
            assert exchange.unresolved() == []

    run(main())


@pytest.mark.parametrize("fault", [None, "late-landing", "answer-lost"])
@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("kind", [Bitget, BitgetUTA, Hyperliquid], ids=lambda kind: kind.id)
def test_cancelling_all_cancels_what_an_edit_under_way_puts_in_the_place_of_an_order(
    kind: type[Adapter], after_s: float, fault: str | None
) -> None:
    async def main() -> None:
        plan = FaultPlan()
        on = Inside(
            HYPERLIQUID if kind is Hyperliquid else VenueSpec(factory=kind, raw_call=RawCall("/", {})), plan=plan
        )
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request())
            if fault is not None:
                plan.add(fault, kinds=[Kind.ORDER])

            async def edit() -> None:
                with suppress(errors.FuturesAsyncError):
                    await exchange.edit_order(on.spec.symbol, order_id=order.order_id, price=on.price("0.8"))

            question: errors.OutcomeUnknown | None = None
            async with anyio.create_task_group() as group:
                group.start_soon(edit)
                await anyio.sleep(after_s)
                plan.rules.clear()
                try:
                    await exchange.cancel_all_orders(on.spec.symbol)
                except errors.OutcomeUnknown as unknown:
                    question = unknown
            await anyio.sleep(60)
            if question is not None:
                await question.resolve()
            assert await exchange.fetch_open_orders(on.spec.symbol) == []
            for left in exchange.unresolved():  # what became of the edit
                with suppress(errors.SettingNotApplied):
                    await left.resolve()
            assert exchange.unresolved() == []

    run(main())


@virtual
async def test_cancelling_an_order_that_may_have_been_replaced_cancels_what_took_its_place() -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.edited_unseen()
        exchange.seen = True
        canceled = await exchange.cancel_order(BTC, order_id=order.order_id)
        assert (canceled.order_id, canceled.replaces, exchange.open) == ("77", order.order_id, False)


class Batched(BatchCancels, Replaces):
    """Its cancels go together; the answer to one of an order that was replaced says that there is none such."""

    max_cancels = 10

    def _batch_cancellation(self, venue_symbol: str, ids: Sequence[tuple[str | None, str | None]]) -> Call:
        return Call(BATCH, [order_id for order_id, _ in ids])

    def _cancel_refusals(self, answer: Any) -> Mapping[str, errors.ExchangeError]:
        return {name: errors.OrderNotFound("no such order", venue="toy", definitive=True) for name in answer}


class Batches(Scripted):
    def on_order_batch_cancel(self, query: dict[str, str], body: list[str]) -> tuple[int, dict[str, Any]]:
        return 200, {"code": "0", "data": body}


@virtual
async def test_a_batch_of_cancels_goes_on_to_what_took_an_orders_place_too() -> None:
    async with toy(Batches(), Batched) as exchange:
        assert isinstance(exchange, Batched)
        order = await exchange.edited_unseen()
        exchange.seen = True
        (canceled,) = await exchange.cancel_orders(BTC, order_ids=[order.order_id])
        assert canceled.order is not None
        assert (canceled.order.order_id, canceled.order.replaces, exchange.open) == ("77", order.order_id, False)


@virtual
async def test_a_cancel_whose_reading_failed_goes_on_to_what_took_the_orders_place_later() -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.edited_unseen()
        venue.plan[GET] = [LOST] * 20
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        venue.plan[GET] = []
        exchange.seen = True
        canceled = await order_of(caught.value)
        assert (canceled.order_id, exchange.open) == ("77", False)


@virtual
async def test_a_cancel_is_no_success_while_an_edit_may_still_replace_the_order() -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.placed()
        exchange.replaced = True
        async with anyio.create_task_group() as group:

            async def edit() -> None:
                with pytest.raises(errors.SettingNotApplied, match="what was to take its place ended as canceled"):
                    await exchange.edit_order(BTC, order_id=order.order_id, price=101)

            group.start_soon(edit)
            await anyio.sleep(0.1)
            with pytest.raises(errors.CancelOutcomeUnknown) as caught:
                await exchange.cancel_order(BTC, order_id=order.order_id)
            exchange.seen = True
            assert (await order_of(caught.value)).order_id == "77"
            assert not exchange.open


@virtual
async def test_an_edit_after_a_lost_one_is_of_what_took_the_orders_place() -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.edited_unseen()
        sent = venue.sent(EDIT)
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.edit_order(BTC, order_id=order.order_id, price=102)
        assert venue.sent(EDIT) == sent
        assert len(exchange.unresolved()) == 1


@pytest.mark.parametrize("kind", [Binance, Bitget, Bybit, Hyperliquid, OKX], ids=lambda kind: kind.id)
def test_two_edits_of_one_order_at_once_both_stand(kind: type[Adapter]) -> None:
    async def main() -> None:
        spec = HYPERLIQUID if kind is Hyperliquid else VenueSpec(factory=kind, raw_call=RawCall("/", {}))
        on, symbol = Inside(spec), spec.symbol
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request(quantity=on.spec.quantity * 4))
            price, quantity = on.price("0.8"), on.spec.quantity * 2
            async with anyio.create_task_group() as group:
                changes: list[dict[str, Any]] = [{"price": price}, {"quantity": quantity}, {"price": price}]
                for change in changes:
                    group.start_soon(partial(exchange.edit_order, symbol, order_id=order.order_id, **change))
            (stands,) = await exchange.fetch_open_orders(symbol)
            assert (stands.price, stands.quantity) == (price, quantity)

    run(main())


@pytest.mark.parametrize("kind", [Binance, BitgetUTA, BitMart, Bybit, Hyperliquid, OKX], ids=lambda kind: kind.id)
def test_an_edit_down_to_what_is_filled_is_refused_before_it_is_sent(kind: type[Adapter]) -> None:
    async def main() -> None:
        spec = HYPERLIQUID if kind is Hyperliquid else VenueSpec(factory=kind, raw_call=RawCall("/", {}))
        on, symbol, one = Inside(spec), spec.symbol, spec.quantity
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request(quantity=one * 4))
            assert order.price is not None
            engine = on.inside.engine
            with engine.arithmetic():
                engine.matching._fill(on.account, on.account.orders[int(order.order_id)], one * 2, order.price, MAKER)
            await anyio.sleep(5)
            for quantity in (one, one * 2):
                with pytest.raises(errors.InvalidOrder, match=r"as much of order .* is filled already: cancel it"):
                    await exchange.edit_order(symbol, order_id=order.order_id, quantity=quantity)
            (stands,) = await exchange.fetch_open_orders(symbol)
            assert (stands.order_id, stands.remaining_quantity) == (order.order_id, one * 2)

    run(main())


def test_an_edit_down_to_what_has_filled_meanwhile_is_told_as_filled_where_the_venue_ends_the_order_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # "less than or equal to the filled quantity … the order status will be changed to filled": okx.com/docs-v5, Amend
    async def main() -> None:
        on = Inside(VenueSpec(factory=OKX, raw_call=RawCall("/", {})))
        one, engine, amendment = on.spec.quantity, on.inside.engine, on.exchange._amendment
        async with on.exchange as exchange:
            order = await exchange.create_order(on.request(quantity=one * 4))

            def meanwhile(*asked: Any) -> Amendment:
                inside = on.account.orders[int(order.order_id)]
                with engine.arithmetic():
                    engine.matching._fill(on.account, inside, one * 2, on.price("0.9"), MAKER)
                return amendment(*asked)

            monkeypatch.setattr(exchange, "_amendment", meanwhile)
            ended = await exchange.edit_order(on.spec.symbol, order_id=order.order_id, quantity=one * 2)
            assert (ended.status, ended.filled_quantity) == (OrderStatus.FILLED, one * 2)
            assert await exchange.fetch_open_orders(on.spec.symbol) == []

    run(main())


class Cancels(Toy):
    """An edit is accepted, and ends the order."""

    after: OrderStatus | None = None

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        found = await super().fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        return found if self.after is None else msgspec.structs.replace(found, status=self.after)

    async def _call(self, endpoint: Any, params: Any = None, body: Any = None, **more: Any) -> Any:
        try:
            return await super()._call(endpoint, params, body, **more)
        finally:
            if endpoint.path == EDIT:
                self.after = self.becomes

    becomes = OrderStatus.CANCELED


@pytest.mark.parametrize("becomes", [OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED])
@pytest.mark.parametrize("lost", [False, True], ids=["accepted", "lost"])
@virtual
async def test_an_order_that_its_edit_has_ended_is_no_success(becomes: OrderStatus, lost: bool) -> None:
    venue = Scripted()
    async with toy(venue, Cancels) as exchange:
        assert isinstance(exchange, Cancels)
        order = await exchange.create_order(limit_order(100))
        exchange.becomes = becomes
        venue.plan[EDIT] = [LOST] if lost else []
        with pytest.raises(errors.SettingNotApplied, match=f"it ended as {becomes} .nothing of it is left"):
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert exchange.unresolved() == []


@virtual
async def test_edits_of_orders_that_nobody_else_edits_read_each_once() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        orders = [await exchange.create_order(limit_order(100 + index)) for index in range(4)]
        before = venue.sent(GET)
        async with anyio.create_task_group() as group:
            for order in orders:
                group.start_soon(partial(exchange.edit_order, BTC, order_id=order.order_id, price=200))
        assert venue.sent(GET) - before == 2 * len(orders)  # before and after


class Behind(Toy):
    """Edits are carried out later than they are answered, or never."""

    takes_s = 1.0
    as_it_was: Order | None = None

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        found = await super().fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        if found.price == 100:
            self.as_it_was, self.since = found, anyio.current_time()
        late = anyio.current_time() - self.since < self.takes_s
        return self.as_it_was if late and self.as_it_was is not None else found

    since = 0.0


@virtual
async def test_an_edit_that_takes_a_while_is_waited_for() -> None:
    venue = Scripted()
    async with toy(venue, Behind) as exchange:
        order = await exchange.create_order(limit_order(100))
        assert (await exchange.edit_order(BTC, order_id=order.order_id, price=101)).price == 101


class Never(Behind):
    """Edits are answered, and not carried out."""

    takes_s = 1000.0


@virtual
async def test_an_accepted_edit_that_is_not_carried_out_is_no_success() -> None:
    venue = Scripted()
    async with toy(venue, Never) as exchange:
        order = await exchange.create_order(limit_order(100))
        with pytest.raises(errors.SettingNotApplied, match=r"stands as before \(edit it again\)"):
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert exchange.unresolved() == []


class Fills(Behind):
    """An edited order is shown as it was for a while, and has been filled as it was then."""

    takes_s = 1000.0
    filled_after_s = 5.0

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        found = await super().fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        filled = anyio.current_time() - self.since > self.filled_after_s
        return msgspec.structs.replace(found, status=OrderStatus.FILLED) if filled else found


@virtual
async def test_an_order_that_was_filled_before_its_accepted_edit_took_effect_is_told_as_it_ended() -> None:
    venue = Scripted()
    async with toy(venue, Fills) as exchange:
        order = await exchange.create_order(limit_order(100))
        ended = await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert (ended.order_id, ended.status, ended.price) == (order.order_id, OrderStatus.FILLED, Decimal(100))
        assert exchange.unresolved() == []


@virtual
async def test_a_lost_edit_to_what_an_order_is_already_has_not_failed() -> None:
    venue = Scripted()
    async with replacing(venue) as exchange:
        order = await exchange.placed()
        venue.plan[EDIT] = [LOST]
        stands = await exchange.edit_order(BTC, order_id=order.order_id, price=100)
        assert (stands.order_id, stands.status, stands.price) == (order.order_id, OrderStatus.NEW, Decimal(100))
        assert exchange.unresolved() == []


@virtual
async def test_an_accepted_edit_that_cannot_be_read_is_told_as_it_was_asked_for() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order(100))
        venue.plan[GET] = ["", *[LOST] * 20]
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=101, quantity="0.25")
        assert (edited.order_id, edited.price, edited.quantity) == (order.order_id, Decimal(101), Decimal("0.25"))
        assert edited.remaining_quantity is None


class Refusing(Toy):
    """Its venue refuses edits."""

    refusal: errors.ExchangeError

    async def _call(self, endpoint: Any, params: Any = None, body: Any = None, **more: Any) -> Any:
        if endpoint.path == EDIT:
            raise self.refusal
        return await super()._call(endpoint, params, body, **more)


@pytest.mark.parametrize(
    ("refusal", "advice"),
    [
        (errors.OrderRejected("not now", venue="toy", definitive=True), "edit it again once the reason is gone"),
        (
            OrderExpired("late", venue="toy", definitive=True),
            "edit it again; if it stays so, set this computer's clock",
        ),
        (errors.InsufficientMargin("no", venue="toy", definitive=True), errors.InsufficientMargin.advice),
    ],
    ids=lambda value: type(value).__name__,
)
@virtual
async def test_a_refused_edit_does_not_advise_to_place_the_order_once_more(
    refusal: errors.ExchangeError, advice: str
) -> None:
    async with toy(Scripted(), Refusing) as exchange:
        assert isinstance(exchange, Refusing)
        exchange.refusal = refusal
        order = await exchange.create_order(limit_order())
        with pytest.raises(type(refusal)) as caught:
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert caught.value.advice == advice
        assert refusal.advice == type(refusal).advice  # which others may have been told too


@virtual
async def test_what_is_no_price_or_quantity_is_refused_before_the_order_is_read() -> None:
    venue = Scripted()
    given: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"price": 1.5}, TypeError),
        ({"quantity": 0.1}, TypeError),
        ({"price": "NaN"}, errors.InvalidOrder),
        ({"quantity": 0}, errors.InvalidOrder),
    ]
    async with toy(venue) as exchange:
        for numbers, error in given:
            with pytest.raises(error):
                await exchange.edit_order(BTC, order_id="1", **numbers)
    assert venue.requests == []
