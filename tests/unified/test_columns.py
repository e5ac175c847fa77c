"""One column reads one field: exactly, or it names what is wrong; quick and exact readings agree."""

from __future__ import annotations

from decimal import Decimal as D
from enum import StrEnum
from typing import Any

import pytest

from futures_async.unified.column import Column
from futures_async.unified.columns import (
    absolute,
    by_sign,
    either,
    fields,
    identifier,
    if_said,
    in_base,
    made,
    margin_ratio,
    minus,
    moment,
    needed,
    negative,
    number,
    otherwise,
    plus,
    price,
    resting,
    size,
    text,
    times,
    whole,
    within,
    word,
    yes_no,
)
from futures_async.unified.convert import Loose
from futures_async.unified.enums import OrderType, PositionSide
from futures_async.unified.errors import DecodeError
from futures_async.unified.quick import ODD, Code
from futures_async.unified.rows import Id, Moment, Row, Text


class Way(StrEnum):
    UP = "up"
    DOWN = "down"
    SIDEWAYS = "sideways"


WAYS: dict[str | int, Way] = {"u": Way.UP, "d": Way.DOWN, 1: Way.UP, 3: Way.SIDEWAYS}


class WireThing(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    the_name: Text = None
    the_id: Id = None
    the_number: Loose = None
    other: Loose = None
    at: Moment = None
    yes_no: Text = None
    way: Id = None
    old_way: Id = None


class WireSet(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    way_set: Text = None
    the_number: Loose = None


class WireHolder(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    as_set: WireSet = WireSet()


row = fields(WireThing)


def column(value: object) -> Column:
    assert isinstance(value, Column)
    return value


def reads(what: object, **row_fields: Any) -> Any:
    return column(what).of(WireThing(**row_fields), None)


def refuses(what: object, **row_fields: Any) -> str:
    with pytest.raises(DecodeError) as caught:
        reads(what, **row_fields)
    assert column(what).problems(WireThing(**row_fields), None) == (caught.value.path,)
    return caught.value.path


def quickly(what: object, row: WireThing) -> Any:
    """What the short way makes of a row."""
    return compiled(what)(row, None)


def compiled(what: object) -> Any:
    code = Code()
    return code.compiled(f"def read(row, given): return {column(what).source(code)}")["read"]


UNSAID: tuple[Any, ...] = (None, "")


@pytest.mark.parametrize("nothing", UNSAID)
def test_what_the_venue_did_not_say_is_none(nothing: Any) -> None:
    for what in (number(row.the_number), price(row.the_number), size(row.the_number)):
        assert reads(what, the_number=nothing) is None
    assert reads(moment(row.at), at=nothing) is None
    assert reads(text(row.the_name), the_name=nothing) is None
    assert reads(identifier(row.the_id), the_id=nothing) is None
    assert reads(yes_no(row.yes_no), yes_no=nothing) is None
    assert reads(word(row.way, WAYS), way=nothing) is None


def test_numbers_keep_their_digits_whether_text_or_json() -> None:
    assert str(reads(number(row.the_number), the_number="-1.10")) == "-1.10"
    assert str(reads(number(row.the_number), the_number=D("2.50"))) == "2.50"
    assert reads(number(row.the_number), the_number=7) == 7


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "--", "1e99", "9" * 61, True, {}, [1], 0.5])
def test_what_is_no_number_names_the_venues_field(odd: Any) -> None:
    for what in (number(row.the_number), price(row.the_number), size(row.the_number)):
        assert refuses(what, the_number=odd) == "theNumber"


def test_a_price_of_0_or_less_is_none_and_a_size_below_0_an_error() -> None:
    assert reads(price(row.the_number), the_number="0") is None
    assert reads(price(row.the_number), the_number="-3") is None
    assert reads(size(row.the_number), the_number="0") == 0
    assert refuses(size(row.the_number), the_number="-3") == "theNumber"


@pytest.mark.parametrize(
    ("said", "value"), [(1700000000000, 1700000000000), ("1700000000000", 1700000000000), ("-1", None), (0, None)]
)
def test_moments_are_milliseconds(said: Any, value: int | None) -> None:
    assert reads(moment(row.at), at=said) == value


@pytest.mark.parametrize("odd", ["soon", "1_700", "1.5", D("1.5"), True, "9" * 30, "9" * 5000, 10**18, {}, "１２"])
def test_what_is_no_moment_is_refused(odd: Any) -> None:
    assert refuses(moment(row.at), at=odd) == "at"


def test_text_keeps_every_alphabet_and_takes_numbers_for_names() -> None:
    assert reads(text(row.the_name), the_name="龙虾USDT") == "龙虾USDT"
    assert reads(text(row.the_id), the_id=1491757336292159489) == "1491757336292159489"


@pytest.mark.parametrize("odd", ["a\nb", "\x00", "\ud800", {}, [], True, D(1)])
def test_text_that_cannot_be_shown_is_refused(odd: Any) -> None:
    assert refuses(text(row.the_name), the_name=odd) == "theName"
    assert refuses(identifier(row.the_id), the_id=odd) == "theId"


def turned(field: Loose) -> object:
    return negative(number(field))


def unsigned(field: Loose) -> object:
    return absolute(number(field))


def sided(field: Loose) -> object:
    return by_sign(number(field))


def doubled(field: Id) -> object:
    return if_said(lambda said: said * 2, text(field))


READS: tuple[Any, ...] = (
    *(number, price, size, margin_ratio, text, identifier, yes_no, turned, unsigned, sided, doubled),
)
SAID: tuple[Any, ...] = (
    *("", "0", "00", "7", "-7", "1.50", "-0", "+1", ".5", "1e3", "1E-41", "NaN", "sNaN", "Infinity", "1_0", " 7", "7 "),
    *("١٢", "１２", "²", "x", "a b", " a", "a-b", "a\nb", "\x00", "\ud800", "龙虾", "\u200b", "0" * 70, "9" * 70),
    *("YES", "no", "On", "false", None, 0, 1, 7, -7, True, False, 0.5, D("1.5"), D(1), D("NaN"), {}, [], ["7"]),
)


@pytest.mark.parametrize("said", SAID, ids=ascii)
@pytest.mark.parametrize("read", READS)
def test_the_short_way_reads_what_the_exact_one_reads(read: Any, said: Any) -> None:
    def outcome(of: Any) -> Any:
        try:
            value = of()
        except DecodeError as error:
            return type(error), error.path
        return type(value), str(value)

    one, thing = read(row.other), WireThing(other=said)
    try:
        quick = quickly(one, thing)
    except ODD:
        return  # the exact one will be asked
    assert outcome(lambda: quick) == outcome(lambda: one.of(thing, None))


@pytest.mark.parametrize(
    ("read", "said"),
    [
        *((read, said) for read in (number, price, size, turned) for said in ("7", "1.50", "0.00001")),
        *((read, said) for read in (number, turned) for said in ("-1.50", "0")),
        *((read, said) for read in (text, identifier) for said in ("a-b", "BTCUSDT", "fx-20260112-000004")),
        *((yes_no, said) for said in (True, False, None, "YES", "no", "")),
        (price, "0.00"), (identifier, 1491757336292159489), (moment, "1700000000000"),
    ],
)  # fmt: skip
def test_what_is_plainly_good_needs_no_exact_reading(read: Any, said: Any) -> None:
    what, thing = read(row.other), WireThing(other=said)
    exactly = what.of(thing, None)
    what.convert = None
    assert repr(quickly(what, thing)) == repr(exactly)


def test_a_word_in_another_case_is_looked_up_once() -> None:
    what, thing = word(row.way, {"left": Way.DOWN}), WireThing(way="LEFT")
    with pytest.raises(KeyError):
        quickly(what, thing)
    assert column(what).of(thing, None) is quickly(what, thing) is Way.DOWN


def test_an_id_of_0_is_none_and_one_with_spaces_around_it_an_error() -> None:
    assert reads(identifier(row.the_id), the_id="0") is None
    assert reads(identifier(row.the_id), the_id=0) is None
    assert reads(identifier(row.the_id), the_id="a b") == "a b"
    assert refuses(identifier(row.the_id), the_id=" a") == "theId"


@pytest.mark.parametrize(
    ("said", "value"),
    [("YES", True), ("on", True), ("no", False), (False, False), (True, True), (1, True), ("0", False)],
)
def test_flags_are_read_in_any_case(said: Any, value: bool) -> None:
    assert reads(yes_no(row.yes_no), yes_no=said) is value


@pytest.mark.parametrize("odd", ["maybe", 2, {}])
def test_a_flag_that_is_neither_is_refused(odd: Any) -> None:
    assert refuses(yes_no(row.yes_no), yes_no=odd) == "yesNo"


def test_words_mean_what_their_table_says_in_any_case() -> None:
    assert reads(word(row.way, WAYS), way="U") is Way.UP
    assert reads(word(row.way, WAYS), way=3) is Way.SIDEWAYS
    assert refuses(word(row.way, WAYS), way="left") == "way"
    odds: tuple[Any, ...] = (True, {}, [], D(3))
    for odd in odds:
        assert refuses(word(row.way, WAYS), way=odd) == "way"


def test_a_word_that_is_new_may_stand_for_something_and_is_still_a_problem() -> None:
    what = word(row.way, WAYS, unknown=Way.SIDEWAYS)
    assert reads(what, way="left") is Way.SIDEWAYS
    assert column(what).problems(WireThing(way="left"), None) == ("way",)
    assert column(what).problems(WireThing(way="u"), None) == ()
    assert reads(what, way=None) is None
    assert refuses(what, way={}) == "way"


def test_what_is_needed_must_be_said() -> None:
    assert reads(needed(number(row.the_number)), the_number="0") == 0
    assert refuses(needed(number(row.the_number)), the_number="") == "theNumber"


def test_what_has_another_value_otherwise_is_always_there() -> None:
    what = otherwise(word(row.way, WAYS), Way.DOWN)
    assert reads(what, way=None) is reads(what, way="left") is reads(what, way="d") is Way.DOWN
    assert column(what).problems(WireThing(way="left"), None) == ("way",)
    assert column(what).problems(WireThing(way=None), None) == ()


def test_the_first_field_that_says_something_is_read() -> None:
    what = word(either(row.way, row.old_way), WAYS)
    assert reads(what, way="", old_way="d") is Way.DOWN
    assert reads(what, way="u", old_way="d") is Way.UP
    assert reads(what) is None


def test_of_several_columns_those_after_the_first_that_says_something_are_not_looked_at() -> None:
    what = either(price(row.the_number), number(row.other))
    assert reads(what, the_number="2", other="--") == 2
    assert reads(what, the_number="0", other="-3") == -3
    assert reads(what) is None
    assert refuses(what, other="--") == "other"


def test_contracts_become_base_coin_by_their_size_or_at_the_first_price_that_is_known() -> None:
    count, prices = number(row.the_number), (price(row.other), price(row.at))
    linear, dear = in_base(count, D("0.01"), None, *prices), in_base(count, D(1), D(100), *prices)
    assert str(reads(linear, the_number="-3.0", other="--")) == "-0.030"
    assert str(reads(in_base(count, None, None, *prices), the_number="3.0")) == "3.0"
    assert reads(dear, the_number="3", other="0", at="600") == D("0.5")
    assert reads(dear, the_number="3", other="300", at="--") == 1
    assert reads(dear, the_number="0", other="--") == 0
    assert reads(dear) is None
    assert refuses(dear, the_number="3") == "other"
    assert refuses(dear, the_number="3", at="--") == "at"


def test_size_and_price_of_contracts_may_be_made_of_the_same() -> None:
    """Only one of the two is looked at: the other is not what the row before it said."""
    shared = price(row.other)
    what = in_base(number(row.the_number), times(shared, price(row.at)), number(row.yes_no), shared)
    read = compiled(what)
    assert read(WireThing(the_number="2", other="10", at="3"), None) == 60
    assert read(WireThing(the_number="2", other="50", yes_no="100"), None) == 4
    assert quickly(what, WireThing(the_number="2", other="50", yes_no="100")) == 4


def test_contracts_that_have_no_prices_become_base_coin_by_their_size_alone() -> None:
    assert reads(in_base(number(row.the_number), D(2), None), the_number="3") == 6
    assert refuses(in_base(number(row.the_number), D(2), D(100)), the_number="3") == "theNumber"
    assert reads(in_base(number(row.the_number), D(2), number(row.other)), the_number="3") == 6


def test_sums_and_products_are_exact_and_none_without_both() -> None:
    left, right = number(row.the_number), number(row.other)
    both = {"the_number": "0.1", "other": "3"}
    assert reads(times(left, right), **both) == D("0.3")
    assert reads(plus(left, right), **both) == D("3.1")
    assert reads(minus(left, right), **both) == D("-2.9")
    for what in (times(left, right), plus(left, right), minus(left, right)):
        assert reads(what, the_number="0.1") is None
        assert refuses(what, the_number="0.1", other="--") == "other"


@pytest.mark.parametrize(("said", "paid"), [("-0.5", "0.5"), ("0.5", "-0.5"), ("0", "0"), ("-0", "0")])
def test_a_fee_that_was_paid_is_positive(said: str, paid: str) -> None:
    assert str(reads(negative(number(row.the_number)), the_number=said)) == paid
    assert reads(negative(number(row.the_number))) is None


def test_the_sign_of_an_amount_is_its_direction() -> None:
    amount = number(row.the_number)
    assert [reads(by_sign(amount), the_number=said) for said in ("-0.5", "0.5", "")] == [
        PositionSide.SHORT,
        PositionSide.LONG,
        None,
    ]
    assert [str(reads(absolute(amount), the_number=said)) for said in ("-0.50", "0.50", "")] == ["0.50", "0.50", "None"]
    assert refuses(by_sign(amount), the_number="--") == refuses(absolute(amount), the_number="--") == "theNumber"


def test_a_whole_number_is_one_without_its_fraction() -> None:
    seconds = whole(times(number(row.the_number), D(3600)))
    assert [reads(seconds, the_number=said) for said in ("8", "0.00028", "")] == [28800, 1, None]
    assert refuses(seconds, the_number="--") == "theNumber"


def test_what_is_said_of_an_order_at_market_counts_where_it_may_rest() -> None:
    kinds = {"m": OrderType.MARKET, "l": OrderType.LIMIT}
    limit = resting(word(row.way, kinds), price(row.the_number))
    assert [reads(limit, way=way, the_number="7") for way in ("m", "l", "")] == [None, D(7), D(7)]
    assert refuses(limit, way="l", the_number="--") == "theNumber"


def test_what_is_made_gets_columns_fields_and_constants() -> None:
    def join(name: str | None, mark: str, raw: Loose) -> str:
        return f"{name}{mark}{raw!r}"

    assert reads(made(join, text(row.the_name), "-", row.other), the_name="a", other=[1]) == "a-[1]"
    soft = made(lambda way: way.value, otherwise(word(row.way, WAYS), Way.DOWN))
    assert column(soft).problems(WireThing(way="left"), None) == ("way",)


def test_a_field_that_the_row_lacks_is_an_error_where_the_table_is_written() -> None:
    with pytest.raises(AttributeError):
        _ = row.the_nmae  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    with pytest.raises(TypeError, match="no field"):
        number("the_number")
    with pytest.raises(TypeError, match="no column"):
        needed(row.the_number)
    assert repr(row.the_number) == "row.the_number"


def together(*parts: object) -> object:
    return parts


OTHER = number(row.other)
COLUMNS: tuple[tuple[str, Any], ...] = (
    ("the_number", number(row.the_number)),
    ("the_number", price(row.the_number)),
    ("the_number", size(row.the_number)),
    ("the_number", needed(size(row.the_number))),
    ("the_number", negative(number(row.the_number))),
    ("the_number", times(number(row.the_number), number(row.the_number))),
    ("the_number", either(price(row.the_number), needed(number(row.the_number)))),
    ("the_number", plus(price(row.the_number), minus(number(row.the_number), number(row.other)))),
    ("the_number", absolute(number(row.the_number))),
    ("the_number", by_sign(number(row.the_number))),
    ("the_number", in_base(number(row.the_number), D("0.01"), None, price(row.other))),
    ("the_number", in_base(needed(size(row.the_number)), D(1), D(100), price(row.other), number(row.the_number))),
    # A part that may not have been reached is read where it is wanted next.
    ("the_number", made(together, either(number(row.the_number), OTHER), OTHER)),
    ("the_number", made(together, times(number(row.the_number), OTHER), OTHER)),
    ("the_number", made(together, in_base(number(row.the_number), None, OTHER, price(row.at)), OTHER)),
    ("the_number", made(together, number(row.the_number), price(row.the_number), row.the_number)),
    ("at", moment(row.at)),
    ("the_name", text(row.the_name)),
    ("the_name", made(str.upper, needed(text(row.the_name)))),
    ("the_id", identifier(row.the_id)),
    ("the_id", needed(identifier(row.the_id))),
    ("yes_no", yes_no(row.yes_no)),
    ("way", word(row.way, WAYS)),
    ("way", word(row.way, WAYS, unknown=Way.UP)),
    ("way", otherwise(word(row.way, WAYS), Way.UP)),
)
VALUES: tuple[Any, ...] = (
    None, "", "0", "-0", "1", "1.50", "-2", "NaN", "sNaN", "-Infinity", "1e-13", "1e40", "1e41", "1_0", " 1", "１",
    "--", "9" * 61, 0, 1, -1, 10**20, True, False, D("1.5"), D(3), D("NaN"), {}, [], [None], "u", "U", "left", 3, "yes",
    "a b", "a ", "a\n", "é", "1700000000000", 1700000000000,
)  # fmt: skip


@pytest.mark.parametrize(("name", "what"), COLUMNS)
def test_columns_read_quickly_what_they_read_exactly(name: str, what: Any) -> None:
    for value in VALUES:
        thing = WireThing(**{name: value})
        try:
            quick = quickly(what, thing)
        except ODD:
            continue
        assert repr(quick) == repr(column(what).of(thing, None))


HELD = within(fields(WireHolder).as_set)


@pytest.mark.parametrize(
    ("said", "way", "number_"),
    [
        (WireSet(way_set="u", the_number="1.5"), Way.UP, D("1.5")),
        (WireSet(way_set="u"), Way.UP, None),
        (None, None, None),
    ],
)
def test_a_field_of_a_struct_in_a_row_reads_as_one_of_the_row(said: Any, way: Way | None, number_: D | None) -> None:
    holder = WireHolder(as_set=said)
    for what, meant in ((word(HELD.way_set, WAYS), way), (number(HELD.the_number), number_)):
        assert column(what).of(holder, None) == meant
        if said is not None:
            assert compiled(what)(holder, None) == meant


@pytest.mark.parametrize("came", ["text", {"waySet": "u"}, [], WireThing()])
def test_what_is_no_such_struct_is_an_error_of_its_fields(came: Any) -> None:
    what, holder = word(HELD.way_set, WAYS), WireHolder(as_set=came)
    with pytest.raises(DecodeError, match="asSet is not what it was"):
        column(what).of(holder, None)
    assert column(what).problems(holder, None) == ("asSet.waySet",)
    with pytest.raises(ODD):
        compiled(what)(holder, None)
