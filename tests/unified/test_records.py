"""Records for data frames: one type and one scale for each column, nothing rounded."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import futures_async as fa

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=12)


def fill(number: Decimal | str, **more: Any) -> fa.Fill:
    return fa.Fill(
        venue="toy",
        fill_id="1",
        order_id="2",
        symbol="BTC/USDT:USDT",
        venue_symbol="BTCUSDT",
        side=fa.Side.BUY,
        price=Decimal(1),
        quantity=Decimal(number),
        **more,
    )


def test_a_column_has_the_largest_scale_that_occurs() -> None:
    records = fa.to_records([fill("1"), fill("0.64"), fill("1E+3")], numbers="text")

    assert [record["quantity"] for record in records] == ["1.00", "0.64", "1000.00"]


def test_decimals_keep_their_value_and_words_become_text() -> None:
    (record,) = fa.to_records([fill("0.640", fee=None, created_ms=5)])

    assert str(record["quantity"]) == "0.640"
    assert (record["side"], record["fee"], record["created_ms"], record["unread"]) == ("buy", None, 5, [])
    assert type(record["side"]) is str
    assert "raw" not in record


def test_a_scale_can_be_fixed_for_frames_of_several_times() -> None:
    records = fa.to_records([fill("1.50")], numbers="text", scales={"quantity": 4, "fee": 2})

    assert (records[0]["quantity"], records[0]["fee"]) == ("1.5000", None)


def test_a_scale_does_not_hang_on_the_callers_decimal_settings() -> None:
    with decimal.localcontext(decimal.Context(prec=1, Emin=0, Emax=0)):
        records = fa.to_records([fill("0.64")], numbers="text")

    assert records[0]["quantity"] == "0.64"


def test_zeros_at_the_end_may_go() -> None:
    assert fa.to_records([fill("1.500")], numbers="text", scales={"quantity": 1})[0]["quantity"] == "1.5"


def test_no_models_are_no_records() -> None:
    assert fa.to_records([]) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"scales": {"quantity": 1}}, "quantity has numbers of 2 decimal places: a scale of 1 would round them"),
        ({"scales": {"quantty": 1}}, "did you mean quantity"),
        ({"scales": {"quantity": -1}}, "decimal places from 0 to 38"),
        ({"scales": {"quantity": True}}, "decimal places from 0 to 38"),
        ({"numbers": "float"}, "decimal or text"),
    ],
)
def test_what_would_lose_something_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(fa.InvalidRequest, match=said):
        fa.to_records([fill("1.25")], **more)


def test_models_of_two_kinds_have_no_common_columns() -> None:
    other = fa.FundingRate(venue="toy", symbol="A", venue_symbol="A", funding_rate=Decimal(1))
    with pytest.raises(fa.InvalidRequest, match="not Fill, FundingRate"):
        fa.to_records([fill("1"), other])


def test_more_places_than_any_column_holds_are_refused() -> None:
    with pytest.raises(fa.InvalidRequest, match="39 decimal places"):
        fa.to_records([fill(Decimal("1E-39"))])


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_every_number_keeps_its_value_at_one_scale(numbers: list[Decimal]) -> None:
    records = fa.to_records([fill(number) for number in numbers])
    found = [record["quantity"] for record in records]

    assert found == numbers
    assert len({number.as_tuple().exponent for number in found}) == 1


def test_json_of_an_absurd_exponent_is_refused() -> None:
    with pytest.raises(fa.InvalidRequest, match="too large an exponent"):
        fa.to_json(fill("1E+10000000"))
