"""Numbers whose JSON form a venue does not promise."""

from decimal import Decimal

import msgspec
import pytest

from futures_async.adapters._bitget import Envelope
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.convert import Loose, decimal_or_none, positive_or_none
from futures_async.unified.errors import DecodeError


class WireRow(msgspec.Struct, frozen=True):
    margin: Loose = None


ROWS = Endpoint("GET", "/rows", result=list[WireRow])


def read(text: str) -> Decimal | None:
    body = b'{"code":"00000","data":[{"margin":' + text.encode() + b"}]}"
    return decimal_or_none(ROWS.decoder(Envelope).decode(body).data[0].margin, "margin")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"12282.88002680674743639045"', Decimal("12282.88002680674743639045")),
        ("12282.88002680674743639045", Decimal("12282.88002680674743639045")),
        ("9007199254740993", Decimal("9007199254740993")),
        ("1e-7", Decimal("1E-7")),
        ('""', None),
        ("null", None),
    ],
)
def test_a_number_keeps_its_digits_in_every_json_form(text: str, value: Decimal | None) -> None:
    assert read(text) == value


@pytest.mark.parametrize("text", ["true", "[]", '{"a":1}', '"NaN"', '"x"', "1e99", "1e99999999999999999999"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(DecodeError, match="margin"):
        read(text)


def test_zero_stands_for_none_where_the_venue_says_so() -> None:
    assert positive_or_none(0, "liquidPrice") is None
    assert positive_or_none(3, "liquidPrice") == Decimal(3)
