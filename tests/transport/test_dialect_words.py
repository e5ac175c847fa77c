"""What all venues' dialects say and read alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from futures_async.transport.dialect import Dialect, Refusal, SealedHeaders, Unsigned, number_in
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.credentials import Credentials


class Toy(Dialect):
    hints: ClassVar[Mapping[str, str]] = {"7": "sell less"}

    def headers(
        self, request: Unsigned, endpoint: Endpoint[Any], credentials: Credentials, now_ms: int
    ) -> SealedHeaders:
        raise NotImplementedError

    def refusal(self, envelope: Any) -> Refusal | None:
        raise NotImplementedError


def test_a_refusal_is_the_venues_words_and_our_hint_behind_them() -> None:
    assert Toy().said(7, "too much") == Refusal("7", "too much (sell less)")
    assert Toy().said("8", "too little") == Refusal("8", "too little")
    assert Toy().said(8, None) == Toy().said("8", "") == Refusal("8", "refused without a message")


@pytest.mark.parametrize(
    ("text", "digits", "found"),
    [("12", 9, 12), ("0", 9, 0), ("123456789", 9, 123456789), ("1234567890", 9, None), ("1234567890", 16, 1234567890)],
)
def test_a_header_is_a_number_of_so_many_digits(text: str, digits: int, found: int | None) -> None:
    assert number_in({"left": text}, "left", digits) == found


@pytest.mark.parametrize("text", ["", "-1", "1.5", "\u0661", "soon", " 1"])
def test_a_header_that_is_none_is_no_number(text: str) -> None:
    assert number_in({"left": text}, "left") is None
    assert number_in({}, "left") is None
