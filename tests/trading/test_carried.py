"""What an order cannot carry is refused, or set before it; nothing is dropped in silence."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from futures_async.trading.ordering import OrderFields, asked, carries
from futures_async.unified import errors
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderKind,
    OrderType,
    Outcome,
    PriceSource,
    Side,
    TimeInForce,
)
from futures_async.unified.models import OrderRequest, Stop
from tests.rig.support import BTC, Scripted, limit_order, page, toy, virtual

PLACE, SET, GET = "/order/place", "/leverage/set", "/leverage"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, []),
        ({"time_in_force": TimeInForce.GTC}, []),
        ({"time_in_force": TimeInForce.IOC, "type": OrderType.MARKET, "price": None}, []),
        ({"time_in_force": TimeInForce.IOC}, ["time_in_force=ioc"]),
        ({"leverage": 3, "margin_mode": MarginMode.CROSS}, ["margin_mode", "leverage"]),
        ({"take_profit": Decimal(1)}, ["take_profit.price"]),
        (
            {"stop_loss": Stop(Decimal(2), PriceSource.INDEX, Decimal(1))},
            ["stop_loss.price", "stop_loss.limit_price", "stop_loss.trigger_by=index"],
        ),
        ({"type": OrderType.TRIGGER, "trigger_by": PriceSource.LAST}, ["trigger_by=last"]),
    ],
)
def test_what_a_request_asks_for_has_a_word(fields: dict[str, Any], words: list[str]) -> None:
    given: dict[str, Any] = {"symbol": BTC, "side": Side.BUY, "type": OrderType.LIMIT, "quantity": 1, "price": 1}
    assert asked(OrderRequest(**given | fields)) == words


def test_each_kind_of_order_carries_what_is_declared_for_it() -> None:
    fields = OrderFields(
        limit=carries("leverage", stops=("price",), time_in_force=(TimeInForce.IOC,)),
        market=carries("leverage"),
        trigger=carries(trigger_by=(PriceSource.MARK,)),
        closing_trigger=frozenset({"x"}),
        trailing=frozenset({"y"}),
        only_opening=carries("leverage"),
    )
    plain, opens, closes = OrderKind.PLAIN, Intent.OPEN, Intent.CLOSE
    stops = {"take_profit.price", "stop_loss.price"}
    assert fields.of(plain, OrderType.LIMIT, opens) == {"leverage", "time_in_force=ioc", *stops}
    assert fields.of(plain, OrderType.LIMIT, closes) == {"time_in_force=ioc", *stops}
    assert fields.of(plain, OrderType.MARKET, closes) == set()
    assert fields.of(OrderKind.TRIGGER, OrderType.TRIGGER, opens) == {"trigger_by=mark"}
    assert fields.of(OrderKind.STOP_LOSS, OrderType.TRIGGER, closes) == {"x"}
    assert fields.of(OrderKind.TRAILING, OrderType.TRIGGER, closes) == {"y"}
    assert OrderFields(trigger=frozenset({"z"})).of(OrderKind.TRIGGER, OrderType.TRIGGER, closes) == {"z"}


@virtual
async def test_what_an_adapter_does_not_declare_is_refused_before_anything_is_sent() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        refused: list[dict[str, Any]] = [
            {"time_in_force": TimeInForce.FOK},
            {"take_profit": 120},
            {"margin_mode": MarginMode.CROSS},
        ]
        for fields in refused:
            with pytest.raises(
                errors.NotSupported, match=f"toy: a limit order carries no {next(iter(fields))}"
            ) as caught:
                await exchange.create_order(limit_order(**fields))
            assert isinstance(caught.value, errors.InvalidOrder)
        with pytest.raises(errors.InvalidOrder, match="closing limit order carries no leverage"):
            await exchange.create_order(limit_order(leverage=8, intent=Intent.CLOSE))
        whole = limit_order(stop_loss=Stop("90", trigger_by="mark", limit_price="89"), margin_mode=MarginMode.CROSS)
        with pytest.raises(
            errors.NotCarried, match=r"carries no margin_mode, no stop_loss here"
        ):  # not each of its parts
            await exchange.create_order(whole)
        assert venue.requests == []


@virtual
async def test_leverage_that_the_order_does_not_carry_is_set_first_and_read_back() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        await exchange.create_order(limit_order(leverage=8))
        paths = [urlsplit(request.url).path for request in venue.requests]
        assert paths == [GET, SET, GET, PLACE, "/order/detail"]
        assert venue.leverage == "8"
        venue.requests.clear()
        await exchange.create_order(limit_order(leverage="8"))  # it stands already
        assert [venue.sent(path) for path in (GET, SET, PLACE)] == [1, 0, 1]


@virtual
async def test_an_order_whose_leverage_could_not_be_set_is_not_sent() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[SET] = venue.says("40731")
        with pytest.raises(errors.SettingNotApplied) as caught:
            await exchange.create_order(limit_order(leverage=8, client_order_id="mine"), send_within_s=60)
        assert caught.value.outcome is Outcome.NOT_SENT
        assert caught.value.client_order_id == "mine"
        assert venue.sent(PLACE) == 0


@virtual
async def test_leverage_in_doubt_stays_the_question_that_it_is_and_the_order_is_not_sent() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.always[SET] = "read-timeout-lost"
        venue.plan[GET] = [""]
        venue.always[GET] = page(502)
        with pytest.raises(errors.SettingOutcomeUnknown) as caught:
            await exchange.create_order(limit_order(leverage=8, client_order_id="mine1"), send_within_s=60)
        assert (caught.value.outcome, caught.value.client_order_id) == (Outcome.NOT_SENT, "mine1")
        (question,) = exchange.unresolved()
        assert (question.outcome, question.client_order_id) == (Outcome.UNKNOWN, None)
        assert venue.sent(PLACE) == 0


@virtual
async def test_orders_of_one_batch_cannot_ask_for_two_leverages() -> None:
    venue = Scripted()
    async with toy(venue) as exchange:
        results = await exchange.create_orders([limit_order(leverage=8), limit_order(leverage=9), limit_order()])
        assert [result.order is not None for result in results] == [True, False, True]
        assert isinstance(results[1].error, errors.InvalidOrder)
        assert "different leverages" in str(results[1].error)
        assert venue.leverage == "8"
