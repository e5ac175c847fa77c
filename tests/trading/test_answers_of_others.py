"""The answer to a placement that names no id of ours: is the order that it names this one?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import futures_async as fa
from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.records import Order
from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.trading.books import Record
from futures_async.transport.endpoint import Kind
from tests.contract.venues import specs

PATH = "/contract/private/"


def placed(
    *unread: str, crossed: bool = True, lost: bool = False, confirm: bool = True
) -> tuple[fa.Order | fa.FuturesAsyncError, str]:
    """What an order comes to that may get the answer to an earlier one, which may be lost; and its id in the book."""

    async def main() -> tuple[fa.Order | fa.FuturesAsyncError, str]:
        on = Faulted(specs()["bitmart"])
        await on.warm_up(every_endpoint=False)
        if lost:
            on.plan.add("answer-lost", kinds=[Kind.ORDER], most=1)
            with pytest.raises(fa.OrderOutcomeUnknown):
                await on.exchange.create_order(on.request(price=on.price("0.72")), on_unknown="raise")
        if unread:
            on.plan.add("html-502", kinds=[Kind.READ], paths=[PATH + one for one in unread])
        if crossed:
            on.plan.add("crossed", kinds=[Kind.ORDER], most=1)
        end: fa.Order | fa.FuturesAsyncError
        try:
            end = await on.exchange.create_order(
                on.request(price=on.price("0.71")), on_unknown="raise" if "*" in unread else "resolve", confirm=confirm
            )
        except fa.FuturesAsyncError as error:
            end = error
        try:
            await on.exchange.aclose(0)
        except fa.UnresolvedOrders:
            assert isinstance(end, fa.OrderOutcomeUnknown) or lost
        [held] = on.placed("0.71")
        return end, str(held.id)

    return run(main())


@pytest.mark.parametrize(("unread", "confirm"), [((), True), (("order",), True), ((), False)])
def test_an_order_whose_answer_names_another_is_found_by_our_id(unread: tuple[str, ...], confirm: bool) -> None:
    end, own_id = placed(*unread, confirm=confirm)
    assert isinstance(end, fa.Order)
    assert end.order_id == own_id
    assert end.recovered


@pytest.mark.parametrize("lost", [False, True])
def test_an_id_that_may_be_another_orders_is_given_to_none_that_cannot_be_read(lost: bool) -> None:
    end, _ = placed("*", lost=lost)
    assert isinstance(end, fa.OrderOutcomeUnknown)


@pytest.mark.parametrize("unread", ["*", "order"])
def test_an_order_that_cannot_be_read_has_the_id_that_its_answer_names(unread: str) -> None:
    end, own_id = placed(unread, crossed=False)
    assert isinstance(end, fa.Order)
    assert (end.order_id, end.status, end.recovered) == (own_id, fa.OrderStatus.NEW, False)


def test_an_order_that_is_nowhere_to_be_seen_is_not_taken_for_the_one_that_its_answer_names() -> None:
    async def main() -> None:
        on = Faulted(specs()["bitmart"])
        await on.warm_up(every_endpoint=False)

        async def nothing(*_: object) -> None:
            return None

        orders: Any = getattr(on.exchange, "_orders")  # noqa: B009 - whose lists lag
        orders._glance = nothing
        on.plan.add("html-502", kinds=[Kind.READ], paths=[PATH + "order"])
        on.plan.add("crossed", kinds=[Kind.ORDER], most=1)
        with pytest.raises(fa.OrderOutcomeUnknown, match="nowhere to be seen"):
            await on.exchange.create_order(on.request(price=on.price("0.71")), on_unknown="raise")
        with pytest.raises(fa.UnresolvedOrders):
            await on.exchange.aclose(0)

    run(main())


def test_two_orders_without_an_id_have_not_the_same_one() -> None:
    plan: Any = None
    assert not Record(plan).has_id(None)


def test_an_order_of_another_account_on_the_same_connections_is_not_taken() -> None:
    async def main() -> None:
        on = Faulted(specs()["bitmart"])
        mine, key = on.account, ApiKey(key="other", secret="s", memo="m")
        account = on.inside.engine.open_account("other", keys=[key], family=mine.family, kind=mine.kind, coin="USDT")
        on.inside.engine.deposit(account, "USDT", Decimal(100_000))
        async with on.exchange, on.exchange.with_credentials(fa.Credentials("other", "s", memo="m")) as other:
            await other.create_order(on.request(price=on.price("0.72")))
            on.plan.add("crossed", kinds=[Kind.ORDER], most=1)
            order = await on.exchange.create_order(on.request(price=on.price("0.71")))
        assert [order.order_id] == [str(held.id) for held in on.placed("0.71")]

    run(main())


@pytest.mark.parametrize("edits", [False, True])
def test_a_refusal_that_names_another_order_is_not_taken(edits: bool) -> None:
    async def main() -> None:
        on = Faulted(specs()["okx"])
        await on.warm_up(every_endpoint=False)
        other = on.resting("0.73")

        async def ask(order: Order, price: str, quantity: Decimal) -> fa.Order:
            asked = on.request(price=on.price(price), quantity=quantity)
            if not edits:
                return await on.exchange.create_order(asked)
            return await on.exchange.edit_order(
                asked.symbol, order_id=str(order.id), price=asked.price, quantity=quantity
            )

        with pytest.raises(fa.RiskLimitExceeded):
            await ask(other, "0.72", Decimal(1_000))
        on.plan.add("crossed", kinds=[Kind.ORDER, Kind.DELTA], most=1)
        order = await ask(on.target, "0.71", on.spec.quantity)
        assert [order.order_id] == [str(held.id) for held in on.placed("0.71")]
        assert [strike.fault.name for _, _, strike in on.plan.struck] == ["crossed"]
        await on.exchange.aclose()

    run(main())


def test_an_empty_list_that_was_meant_for_another_reading_proves_no_cancel_of_all() -> None:
    async def main() -> None:
        on = Faulted(specs()["bybit"])
        with pytest.raises(fa.OrderNotFound):
            await on.exchange.fetch_order(on.spec.symbol, order_id="1")
        on.plan.add("crossed", paths=["/v5/order/realtime"], after=2, most=1)
        on.plan.add("dropped", kinds=[Kind.DELTA])
        with pytest.raises(fa.OutcomeUnknown):
            await on.exchange.cancel_all_orders(on.spec.symbol, triggers=False)
        assert [strike.fault.name for _, _, strike in on.plan.struck] == ["dropped", "crossed"]
        await on.exchange.aclose()

    run(main())
