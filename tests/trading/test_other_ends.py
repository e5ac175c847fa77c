"""Ends of cancels, edits, settings and reads that only come about when two things go wrong at once."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import pytest

from futures_async.trading.ordering import Amendment
from futures_async.transport.dialect import refused
from futures_async.transport.http.backend import HttpFailure, HttpRequest, HttpResponse, Phase
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderStatus
from futures_async.unified.models import Order
from tests.rig.support import BTC, Scripted, limit_order, page, ticks, toy, virtual
from tests.rig.toy import Toy, ToyDialect
from tests.trading.test_trading import until

PLACE, DETAIL, CANCEL_ALL, OPEN = "/order/place", "/order/detail", "/order/cancel-all", "/order/open"
SET, GET, MOVE, POSITIONS = "/leverage/set", "/leverage", "/margin/move", "/positions"
FIRST = "9007199254740993"
"""The id of the first order."""
LOST = HttpFailure("read-timeout", Phase.BODY_STARTED, sent=True)


# Cancels


@virtual
async def test_a_cancel_that_finds_nothing_of_an_unknown_order_proves_nothing() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [LOST]
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(client_order_id="mine1"), on_unknown="raise")
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, client_order_id="mine1")
        assert caught.value.client_order_id == "mine1"


@virtual
async def test_cancelling_all_ends_unknown_when_nothing_can_be_read_or_nothing_was_seen() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[CANCEL_ALL] = [LOST]
        with pytest.raises(errors.SettingOutcomeUnknown):
            await exchange.cancel_all_orders(BTC)  # no order was open: nothing to judge it by, whenever it is read
        assert venue.sent(OPEN) == 2
        await exchange.create_order(limit_order(1))
        venue.plan[CANCEL_ALL] = [LOST]
        venue.plan[OPEN] = ["", *[page(404)] * 9]
        with pytest.raises(errors.SettingOutcomeUnknown) as caught:
            await exchange.cancel_all_orders(BTC)
        assert isinstance(caught.value.__cause__, errors.ExchangeError)
        assert venue.sent(CANCEL_ALL) == 2


@virtual
async def test_a_cancel_waits_for_a_placing_that_fails_and_then_finds_nothing() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[PLACE] = [venue.says("510")]
        placing = asyncio.create_task(exchange.create_order(limit_order(client_order_id="mine1")))
        await ticks(3)
        with pytest.raises(errors.OrderNotFound):
            await exchange.cancel_order(BTC, client_order_id="mine1")
        with pytest.raises(errors.InsufficientMargin):
            await placing


@pytest.mark.parametrize("crossed", [1, 99])
@virtual
async def test_the_reading_after_a_cancel_must_be_of_that_order(crossed: int) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        other = await exchange.create_order(limit_order(1))
        order = await exchange.create_order(limit_order(2))
        await exchange.cancel_order(BTC, order_id=other.order_id)
        answer = venue.json(200, {"code": "0", "data": venue.by_id[other.order_id].wire()})
        venue.plan[DETAIL] = [answer] * crossed
        if crossed == 1:
            assert (await exchange.cancel_order(BTC, order_id=order.order_id)).order_id == order.order_id
            return
        with pytest.raises(errors.CancelOutcomeUnknown) as caught:
            await exchange.cancel_order(BTC, order_id=order.order_id)
        assert isinstance(caught.value.__cause__, errors.ResponseMismatch)


# Edits


ABSENT = HttpResponse(status=400, headers={}, body=b'{"code":"404","msg":"no such order"}')


@pytest.mark.parametrize("reading", [page(404), ABSENT], ids=["page", "absent"])
@virtual
async def test_an_edit_that_was_accepted_never_fails_because_a_reading_did(reading: Any) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        order = await exchange.create_order(limit_order(100))
        venue.plan[DETAIL] = ["", *[reading] * 9]
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert (edited.order_id, edited.price, edited.remaining_quantity) == (order.order_id, Decimal(101), None)


class SaysUnchanged(Toy):
    """The venue refuses an edit that changes nothing."""

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        return super()._amendment(order, price, quantity)._replace(unchanged=frozenset({"510"}))


@virtual
async def test_an_edit_that_changes_nothing_ends_in_the_order_as_it_stands() -> None:
    venue = Scripted()
    async with toy(venue, SaysUnchanged) as exchange:
        order = await exchange.create_order(limit_order(100))
        venue.plan["/order/edit"] = [venue.says("510"), venue.says("401")]
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=100)
        assert (edited.order_id, edited.price, edited.status) == (order.order_id, Decimal(100), order.status)
        with pytest.raises(errors.AuthenticationError):
            await exchange.edit_order(BTC, order_id=order.order_id, price=99)


@virtual
async def test_an_edit_of_nothing_whose_order_has_ended_meanwhile_tells_what_the_venue_said() -> None:
    venue = Scripted()
    async with toy(venue, SaysUnchanged) as exchange:
        order = await exchange.create_order(limit_order(100))
        read = exchange.fetch_order
        venue.plan["/order/edit"] = [venue.says("510")]

        async def meanwhile(*of: Any, **named: Any) -> Order:
            found = await read(*of, **named)
            over = not venue.plan["/order/edit"]
            return msgspec.structs.replace(found.read(), status=OrderStatus.CANCELED) if over else found

        exchange.fetch_order = meanwhile  # type: ignore[method-assign]
        with pytest.raises(errors.SettingNotApplied, match=r"it ended as canceled \(the venue said: .*510") as caught:
            await exchange.edit_order(BTC, order_id=order.order_id, price=100)
        assert caught.value.refusal is not None
        assert caught.value.refusal.code == "510"
        assert caught.value.__cause__ is caught.value.refusal


class MovedElsewhere(Toy):
    """Every reading after an edit shows another order."""

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        found = await super().fetch_order(symbol, order_id=order_id, client_order_id=client_order_id)
        if found.price == 101:
            raise errors.ResponseMismatch("this is another order")
        return found


@virtual
async def test_an_edited_order_that_reads_as_another_one_is_no_success() -> None:
    venue = Scripted()
    async with toy(venue, MovedElsewhere) as exchange:
        order = await exchange.create_order(limit_order(100))
        with pytest.raises(errors.OrderOutcomeUnknown) as caught:
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert isinstance(caught.value.__cause__, errors.ResponseMismatch)
        assert caught.value in exchange.unresolved()


def _first(answer: Any) -> tuple[str | None, str | None]:
    return FIRST, None


def _renamed(answer: Any) -> tuple[str | None, str | None]:
    return None, "renamed"


class SaysAnother(Toy):
    """The answer to an edit names the order that was placed first."""

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        return super()._amendment(order, price, quantity)._replace(read_ids=_first)


@virtual
async def test_an_edit_whose_answer_names_another_order_is_judged_by_its_own() -> None:
    venue = Scripted()
    async with toy(venue, SaysAnother) as exchange:
        other = await exchange.create_order(limit_order(90))
        order = await exchange.create_order(limit_order(100))
        assert other.order_id == FIRST
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert (edited.order_id, edited.price) == (order.order_id, Decimal(101))


class Renames(Toy):
    """An edited order has another id, which the answer does not tell; here it is not seen at first."""

    unseen = 5

    def _amendment(self, order: Order, price: Decimal | None, quantity: Decimal | None) -> Amendment:
        change = super()._amendment(order, price, quantity)
        return change._replace(read_ids=_renamed, lost_ids=(None, "renamed"))

    async def fetch_order(
        self, symbol: str, *, order_id: str | None = None, client_order_id: str | None = None
    ) -> Order:
        found = await super().fetch_order(symbol, order_id=FIRST)
        if client_order_id != "renamed":
            return found if found.price == 100 else msgspec.structs.replace(found, status=OrderStatus.CANCELED)
        self.unseen -= 1
        if self.unseen >= 0:
            raise errors.OrderNotFound("not yet")
        return msgspec.structs.replace(found, order_id="77", client_order_id="renamed")


@virtual
async def test_an_edited_order_under_a_new_id_is_waited_for() -> None:
    venue = Scripted()
    async with toy(venue, Renames) as exchange:
        order = await exchange.create_order(limit_order(100))
        edited = await exchange.edit_order(BTC, order_id=order.order_id, price=101)
        assert (edited.order_id, edited.price, edited.replaces) == ("77", Decimal(101), order.order_id)


class NeverRenames(Renames):
    """The new order is never seen."""

    unseen = 1000


@virtual
async def test_an_edit_that_was_lost_on_its_way_leaves_the_order_under_its_id() -> None:
    venue = Scripted()
    async with toy(venue, NeverRenames) as exchange:
        order = await exchange.create_order(limit_order(100))
        venue.plan["/order/edit"] = [LOST]
        with pytest.raises(errors.SettingNotApplied):
            await exchange.edit_order(BTC, order_id=order.order_id, price=101)


# Settings and margin


class Exact(ToyDialect):
    """A venue that refuses to set what stands already."""

    codes: ClassVar = {**ToyDialect.codes, **refused(errors.ParameterRejected, "304", "305")}


class ExactToy(Toy):
    def make_dialect(self) -> ToyDialect:
        return Exact()


@virtual
async def test_a_setting_that_stood_already_is_read_back_all_the_same() -> None:
    venue = Scripted()
    async with toy(venue, ExactToy) as exchange:
        venue.plan[SET] = [venue.says("304"), venue.says("305")]
        assert (await exchange.set_leverage(BTC, 5)).leverage == 5
        assert venue.sent(SET) == 1
        with pytest.raises(errors.ParameterRejected):
            await exchange.set_leverage(BTC, 5)


@virtual
async def test_a_question_about_a_setting_may_be_given_a_deadline() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[SET] = [page(403, retry_after="1")]
        with pytest.raises(errors.Banned):
            await exchange.set_leverage(BTC, 7)
        [question] = exchange.unresolved()
        started = venue.now()
        with pytest.raises(errors.SettingOutcomeUnknown):
            await question.resolve(3.0)
        assert venue.now() - started < 4
        with pytest.raises(errors.SettingNotApplied):
            await question.resolve()


class GoesDark(Scripted):
    """From some time on, positions can be read once more and then no longer."""

    dark_ms = 10**15
    seen = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        if request.url.partition("?")[0].endswith(POSITIONS) and self.now_ms() >= self.dark_ms:
            if self.seen:
                raise LOST
            self.seen = True
        return await super().send(request)


@pytest.mark.parametrize("dark", [False, True])
@virtual
async def test_margin_that_something_else_moved_too_is_no_verdict(dark: bool) -> None:
    venue = GoesDark()
    async with toy(venue) as exchange:
        venue.plan[MOVE] = [LOST]
        task = asyncio.create_task(exchange.adjust_margin(BTC, 10))
        await until(lambda: len(exchange.unresolved()) > 0)
        if dark:
            venue.dark_ms = exchange.unresolved()[0].fence_until_ms or 0
        else:
            venue.margin = str(Decimal(venue.margin) + 3)
        with pytest.raises(errors.SettingOutcomeUnknown) as caught:
            await task
        assert isinstance(caught.value.__cause__, errors.RequestTimeout)
        assert exchange.unresolved() == [caught.value]
        assert not caught.value.settled
        caught.value.settled = True  # its caller has looked
        assert exchange.unresolved() == []


# Answers


@virtual
async def test_text_beyond_ascii_is_text() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        body = '{"code":"0","msg":"größer","data":{"leverage":"5"}}'.encode()
        venue.plan[GET] = [HttpResponse(status=200, headers={}, body=body)]
        assert (await exchange.fetch_leverage(BTC)).leverage == 5
        assert venue.sent(GET) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HttpResponse(status=404, headers={}, body=b'{"code":"0","data":{"leverage":"5"}}'), errors.ExchangeError),
        (page(401), errors.AuthenticationError),
        (HttpResponse(status=500, headers={}, body=b'{"code":"777","msg":"x"}'), errors.VenueUnavailable),
        (HttpResponse(status=429, headers={}, body=b'{"code":"777","msg":"x"}'), errors.RateLimited),
        (HttpFailure("protocol", Phase.ANSWERING, sent=True), errors.DecodeError),
    ],
    ids=["success with 404", "a page of 401", "an unlisted code with 500", "an unlisted code with 429", "broken HTTP"],
)
@virtual
async def test_status_and_code_that_do_not_agree(answer: Any, error: type[Exception]) -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[GET] = answer
        with pytest.raises(error):
            await exchange.fetch_leverage(BTC)


class Counted(Scripted):
    """Counts how often its connections were to be made anew."""

    renewed = 0

    def renew(self) -> None:
        self.renewed += 1
        super().renew()


STRAY = HttpResponse(status=200, headers={}, body=b'{"code":"0","data":{"list":[]}}')


@virtual
async def test_an_answer_that_may_be_strays_costs_the_connections() -> None:
    venue = Counted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order(100))
        assert venue.renewed == 0
        venue.plan[PLACE] = [STRAY]
        venue.plan[SET] = [STRAY]
        with pytest.raises(errors.OrderOutcomeUnknown):
            await exchange.create_order(limit_order(101), on_unknown="raise")
        assert venue.renewed == 1
        await exchange.set_leverage(BTC, 5)
        assert venue.renewed == 2


@virtual
async def test_a_read_that_never_fits_costs_them_once() -> None:
    venue = Counted()
    async with toy(venue) as exchange:
        for renewed in (1, 2):  # and anew after it fitted
            venue.plan[GET] = [STRAY] * 3
            for _ in range(3):
                with pytest.raises(errors.DecodeError):
                    await exchange.fetch_leverage(BTC)
                assert venue.renewed == renewed
            await exchange.fetch_leverage(BTC)
        venue.plan[GET] = [page(200)] * 2  # an edge's page is nobody's answer
        with pytest.raises(errors.DecodeError):
            await exchange.fetch_leverage(BTC)
        assert venue.renewed == 2


@pytest.mark.parametrize("intent", list(Intent))
@pytest.mark.parametrize("confirm", [True, False])
@virtual
async def test_an_order_says_whether_it_only_reduces_where_the_venue_does_not(intent: Intent, confirm: bool) -> None:
    async with toy(Scripted()) as exchange:
        order = await exchange.create_order(limit_order(intent=intent), confirm=confirm)
    # What is read back says nothing of it here: of an order that opens nothing is known then.
    unsaid = None if confirm and intent is Intent.OPEN else False
    assert order.reduce_only is (True if intent is Intent.CLOSE else unsaid)
