"""Client order ids and cloids: one for one, both ways."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_async.adapters.hyperliquid.ids import PATTERN, client_id_of, cloid_of, is_canonical
from futures_async.trading.planning import make_client_order_id

TEXTS = st.from_regex(r"[0-9A-Za-z_-]{1,18}", fullmatch=True)
CLOIDS = st.integers(0, 2**128 - 1).map(lambda number: f"0x{number:032x}")


@given(TEXTS)
def test_a_text_is_one_cloid_and_comes_back(text: str) -> None:
    cloid = cloid_of(text)
    assert re.fullmatch(r"0x[0-9a-f]{32}", cloid)
    assert client_id_of(cloid) == text
    assert is_canonical(text)


@given(TEXTS, TEXTS)
def test_two_texts_are_two_cloids(one: str, other: str) -> None:
    assert (cloid_of(one) == cloid_of(other)) is (one == other)


@given(CLOIDS)
def test_a_cloid_is_one_id_whoever_made_it(cloid: str) -> None:
    assert cloid_of(client_id_of(cloid)) == cloid


@given(st.integers(0, 2**112 - 1).map(lambda number: f"0xfa74{number:028x}"))
def test_a_cloid_that_looks_like_text_is_one_id_too(cloid: str) -> None:
    assert cloid_of(client_id_of(cloid)) == cloid
    assert re.fullmatch(PATTERN, client_id_of(cloid))


def test_ids_of_this_library_keep_all_their_bits() -> None:
    ours = make_client_order_id()
    assert cloid_of(ours) == f"0xfa6c0000{ours[2:]}"
    assert client_id_of(cloid_of(ours)) == ours
    assert client_id_of(cloid_of(ours).upper().replace("X", "x")) == ours


@pytest.mark.parametrize("cloid", ["0x0000000000000000000000000000a001", "0xfa740000000000000000000000000000"])
def test_foreign_cloids_stay_as_they_are(cloid: str) -> None:
    assert client_id_of(cloid) == cloid_of(cloid) == cloid
    assert is_canonical(cloid)


def test_a_cloid_that_stands_for_text_is_to_be_named_by_it() -> None:
    assert not is_canonical(cloid_of("grid-7"))
    assert client_id_of("what is no cloid") == "what is no cloid"
