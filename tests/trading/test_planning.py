"""What is refused before anything is signed."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, get_args

import msgspec
import pytest

from futures_async import (
    Contract,
    Intent,
    InvalidOrder,
    InvalidRequest,
    LedgerType,
    MarginMode,
    OrderRequest,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    PriceSource,
    RequestTimeout,
    Side,
    Stop,
    TimeInForce,
)
from futures_async.trading.around_sending import before_sending
from futures_async.trading.planning import (
    check_client_order_id,
    check_id,
    check_request,
    check_steps,
    one_id,
    several_ids,
)
from futures_async.unified.enums import (
    IntentLike,
    LedgerTypeLike,
    MarginModeLike,
    PositionModeLike,
    PositionSideLike,
    PriceSourceLike,
    SideLike,
    TimeInForceLike,
)
from tests.rig.toy import ToyDialect

GOOD: dict[str, Any] = {
    "symbol": "BTC/USDT:USDT",
    "side": Side.BUY,
    "type": OrderType.LIMIT,
    "quantity": "0.5",
    "price": 100,
}
CONTRACT = Contract(
    venue="toy",
    symbol="BTC/USDT:USDT",
    venue_symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=Decimal(1),
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.01"),
)


def request(**changes: Any) -> OrderRequest:
    return OrderRequest(**GOOD | changes)


def from_json(**changes: Any) -> OrderRequest:
    return msgspec.json.decode(msgspec.json.encode(GOOD | changes), type=OrderRequest)


def test_an_order_from_json_is_exact_and_none_of_its_fields_is_dropped() -> None:
    assert from_json(quantity=0.1, stop_loss={"price": "99.5", "trigger_by": "mark"}) == request(
        quantity="0.1", stop_loss=Stop("99.5", trigger_by="mark")
    )
    for misspelt in ({"stop_los": "99.5"}, {"stop_loss": {"price": "99.5", "trigger": "mark"}}):
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            from_json(**misspelt)


def test_numbers_come_out_as_decimals() -> None:
    checked = check_request(request(leverage="5", take_profit=120, stop_loss="90.5"))
    assert (checked.quantity, checked.price) == (Decimal("0.5"), Decimal(100))
    assert (checked.leverage, checked.take_profit, checked.stop_loss) == (Decimal(5), Decimal(120), Decimal("90.5"))


def stop(*said: Any) -> Stop:
    return Stop(*said)


def test_attached_stops_are_prices_or_say_more() -> None:
    checked = check_request(request(take_profit=120, stop_loss=stop("90.5", "last", 90)))
    assert checked.attached == {
        "take_profit": Stop(Decimal(120)),
        "stop_loss": Stop(Decimal("90.5"), PriceSource.LAST, Decimal(90)),
    }


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stop_loss": stop("nan")}, "stop_loss.price"),
        ({"stop_loss": stop(None)}, "stop_loss needs a price"),
        ({"stop_loss": Stop(Decimal(90), limit_price=Decimal(0))}, "stop_loss.limit_price"),
        ({"stop_loss": stop(Decimal(90), "best")}, "stop_loss.trigger_by"),
        ({"trigger_by": "mark"}, "give both"),
        ({"quantity": "nan"}, "quantity"),
        ({"quantity": 0}, "above 0"),
        *(({name: None}, f"{name} is missing") for name in ("side", "intent", "quantity")),
        ({"price": "-1"}, "above 0"),
        ({"price": None}, "needs a price"),
        ({"symbol": "../x"}, "symbol"),
        ({"type": OrderType.TRIGGER}, "is placed by create_trigger_order"),
        ({"type": "trigger", "trigger_price": 1}, "is placed by create_trigger_order"),
        ({"type": OrderType.ADL}, "no order of type adl can be placed"),
        ({"trigger_price": 1}, "create_trigger_order"),
        ({"type": OrderType.MARKET}, "takes no price"),
        ({"type": OrderType.MARKET, "price": None, "time_in_force": TimeInForce.GTC}, "cannot be"),
    ],
)
def test_a_request_that_cannot_be_right_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOrder, match=says):
        check_request(request(**changes))


WORDS: dict[str, type[StrEnum]] = {
    "side": Side,
    "type": OrderType,
    "intent": Intent,
    "time_in_force": TimeInForce,
    "margin_mode": MarginMode,
}


@pytest.mark.parametrize("name", WORDS)
def test_words_come_out_as_members_of_their_enums(name: str) -> None:
    for member in WORDS[name]:
        if member not in (OrderType.LIQUIDATION, OrderType.ADL, OrderType.UNKNOWN, OrderType.TRIGGER, OrderType.MARKET):
            assert getattr(check_request(request(**{name: member.value})), name) is member


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("word", ["sideways", "", "BUY", 7, 0.5, []])
def test_a_word_that_is_none_is_refused_with_those_that_are(name: str, word: Any) -> None:
    words = "limit or market" if name == "type" else f"one of {', '.join(WORDS[name])}"
    with pytest.raises(InvalidOrder, match=f"{name} must be {words}, not"):
        check_request(request(**{name: word}))


def test_floats_are_type_errors() -> None:
    with pytest.raises(TypeError):
        check_request(request(quantity=0.5))


def test_a_market_order_may_be_ioc_or_fok() -> None:
    for force in (None, TimeInForce.IOC, TimeInForce.FOK):
        assert check_request(request(type=OrderType.MARKET, price=None, time_in_force=force)).price is None


def test_a_trigger_order_needs_its_type_and_its_price() -> None:
    good = request(type=OrderType.TRIGGER, trigger_price="99")
    assert check_request(good, trigger=True).trigger_price == 99
    for bad in (request(type=OrderType.TRIGGER), request(trigger_price="99")):
        with pytest.raises(InvalidOrder, match="trigger order needs"):
            check_request(bad, trigger=True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"quantity": Decimal("0.0105")}, "off the step"),
        ({"quantity": Decimal("0.009")}, "under the minimum"),
        ({"price": Decimal("1.05")}, "price 1.05 is off the tick"),
        ({"stop_loss": Decimal("1.05")}, "stop_loss 1.05 is off the tick"),
        ({"stop_loss": Stop(Decimal(1), limit_price=Decimal("0.99"))}, "stop_loss.limit_price 0.99 is off the tick"),
    ],
)
def test_nothing_is_rounded_to_the_contracts_steps(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidOrder, match=says):
        check_steps(check_request(request(**changes)), CONTRACT)


def test_a_closing_order_may_be_under_the_minimum() -> None:
    check_steps(check_request(request(quantity="0.001", intent=Intent.CLOSE)), CONTRACT)
    check_steps(check_request(request(quantity="0.001")), msgspec.structs.replace(CONTRACT, min_quantity=None))


WORTH = msgspec.structs.replace(CONTRACT, min_notional=Decimal(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "0.05", "price": 100},
        {"quantity": "0.049", "price": 100, "intent": Intent.CLOSE},  # what closes may be the rest of a position
        {"quantity": "0.049", "type": OrderType.MARKET, "price": None},  # worth what the market pays
    ],
)
def test_what_is_worth_the_minimum_closes_or_has_no_price_is_let_through(changes: dict[str, Any]) -> None:
    check_steps(check_request(request(**changes)), WORTH)


def test_a_limit_order_worth_less_than_the_minimum_is_refused() -> None:
    with pytest.raises(InvalidOrder, match=r"worth 4\.900 USDT, under the minimum 5 of BTC/USDT:USDT"):
        check_steps(check_request(request(quantity="0.049", price=100)), WORTH)


@pytest.mark.parametrize(
    ("price", "smallest"),
    [
        (None, "0.01"),
        (Decimal(100), "0.05"),
        (Decimal("99.9"), "0.051"),
        (Decimal(10**6), "0.01"),
        (Decimal(0), "0.01"),
    ],
)
def test_the_smallest_quantity_is_worth_the_minimum_value(price: Decimal | None, smallest: str) -> None:
    assert WORTH.smallest_quantity(price) == Decimal(smallest)


def test_the_smallest_quantity_of_a_contract_without_minimums_is_a_step() -> None:
    assert msgspec.structs.replace(CONTRACT, min_quantity=None).smallest_quantity(Decimal(1)) == Decimal("0.001")


def test_a_client_order_id_fits_the_venues_pattern_to_the_last_character() -> None:
    assert check_client_order_id("abc1", ToyDialect.traits) == "abc1"
    for bad in ("", "a b", "abc\n", "x" * 33):
        with pytest.raises(InvalidOrder):
            check_client_order_id(bad, ToyDialect.traits)


@pytest.mark.parametrize("bad", ["", " ", "0", "a/b", None, 7, "x" * 65])
def test_what_names_no_order_is_no_id(bad: Any) -> None:
    with pytest.raises(InvalidRequest):
        check_id("order_id", bad)


def test_exactly_one_id_is_used_the_venues_own_first() -> None:
    assert one_id("1", None) == ("1", None)
    assert one_id("1", "mine") == ("1", None)
    assert one_id(None, "mine") == (None, "mine")
    with pytest.raises(InvalidRequest, match="give order_id or"):
        one_id(None, None)


def test_several_ids_are_not_taken_from_the_characters_of_one() -> None:
    assert several_ids(["1"], ("mine",)) == [("1", None), (None, "mine")]
    assert several_ids((), ()) == []
    for given in (("123", ()), ((), "mine")):
        with pytest.raises(InvalidRequest, match="takes several ids, in a list"):
            several_ids(*given)


def test_words_and_numbers_given_as_text_are_read_when_the_request_is_made() -> None:
    request = OrderRequest(
        symbol="BTC/USDT:USDT",
        side="buy",
        type="limit",
        quantity="0.01",
        price=1,
        time_in_force="post_only",
        intent="close",
        margin_mode="isolated",
        leverage="10",
        take_profit="2",
        stop_loss=Stop("0.5", "mark", 1),
    )
    assert request == OrderRequest(
        symbol="BTC/USDT:USDT",
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=Decimal("0.01"),
        price=Decimal(1),
        time_in_force=TimeInForce.POST_ONLY,
        intent=Intent.CLOSE,
        margin_mode=MarginMode.ISOLATED,
        leverage=Decimal(10),
        take_profit=Decimal(2),
        stop_loss=Stop(Decimal("0.5"), PriceSource.MARK, Decimal(1)),
    )
    for value in (request.side, request.type, request.intent, request.time_in_force, request.margin_mode):
        assert isinstance(value, Enum)
    assert isinstance(request.price, Decimal)


def test_what_cannot_be_read_is_refused_with_its_reason_when_the_order_is_checked() -> None:
    request = OrderRequest(symbol="BTC/USDT:USDT", side="bux", type="market", quantity="a lot")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point
    with pytest.raises(InvalidOrder, match="side must be one of buy, sell, not 'bux'"):
        check_request(request)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Side, SideLike),
        (Intent, IntentLike),
        (TimeInForce, TimeInForceLike),
        (PriceSource, PriceSourceLike),
        (PositionSide, PositionSideLike),
        (MarginMode, MarginModeLike),
        (PositionMode, PositionModeLike),
        (LedgerType, LedgerTypeLike),
    ],
)
def test_type_checkers_let_every_word_of_an_enum_pass(kind: type[Enum], words: Any) -> None:
    member, literal = get_args(words)
    assert member is kind
    assert set(get_args(literal)) == {word.value for word in kind}


def test_a_waiting_order_has_one_type() -> None:
    with pytest.raises(InvalidOrder, match="type must be trigger, not 'stop'"):
        check_request(request(type="stop", trigger_price=1), trigger=True)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"symbol": "BTC/USDT:USDT"}, r"OrderRequest\(\*\*order\), not as a dict"),
        ("BTC/USDT:USDT", r"OrderRequest\(symbol=…, side=…, type=…, quantity=…\), not as a str"),
        (None, "not as a NoneType"),
        ([request()], "not as a list of them"),
    ],
)
def test_what_is_no_order_is_refused_with_what_is(given: Any, says: str) -> None:
    with pytest.raises(InvalidOrder, match=says):
        check_request(given)


def test_a_read_that_fails_before_an_order_says_that_the_order_was_not_sent() -> None:
    with pytest.raises(RequestTimeout) as caught, before_sending("mine1"):
        raise RequestTimeout("no answer in time")
    assert str(caught.value) == "no answer in time (the order was not sent; ask again)"
    assert caught.value.outcome is Outcome.NOT_SENT
    assert RequestTimeout.advice == "ask again"
