"""What a process remembers of its own slots, for a store that may forget them."""

from __future__ import annotations

import pytest

from futures_async.transport.limits import own_slots
from futures_async.transport.limits.limiter import Pool
from futures_async.transport.limits.own_slots import TOLD_FOR_S, OwnSlots
from futures_async.transport.limits.window import DRIFT

ONE, TWO = Pool("one", 2, 10.0), Pool("two", 5, 1.0)
LEASE_S = 30.0


def test_a_slot_stands_for_its_lease_then_for_a_window_after_the_answer_and_not_at_all_unused() -> None:
    own = OwnSlots()
    own.granted(100.0, [ONE, TWO], ["a", "b"], LEASE_S)
    own.granted(101.0, [ONE], ["c"], LEASE_S)
    assert own.standing(101.0) == {
        "one": {"a": pytest.approx(39 + 10 * DRIFT), "c": pytest.approx(40 + 10 * DRIFT)},
        "two": {"b": pytest.approx(30 + DRIFT)},
    }
    own.answered(102.0, [ONE, TWO], ["a", "b"])
    own.unused([ONE, Pool("three", 1, 1.0)], ["c", "d"])
    assert own.standing(102.5) == {
        "one": {"a": pytest.approx(9.5 + 10 * DRIFT)},
        "two": {"b": pytest.approx(0.5 + DRIFT)},
    }
    assert own.standing(200.0) == {}


def test_the_answer_to_a_call_of_which_nothing_is_known_any_more_counts() -> None:
    own = OwnSlots()
    own.answered(5.0, [TWO], ["a"])
    assert own.standing(5.5) == {"two": {"a": pytest.approx(0.5 + DRIFT)}}


def test_calls_are_counted_as_long_as_the_last_is_of_late() -> None:
    own = OwnSlots()
    assert own.told(7.0) == (0, 0.0)
    own.granted(10.0, [ONE, TWO], ["a", "b"], LEASE_S)
    own.granted(20.0, [ONE], ["c"], LEASE_S)
    assert own.told(23.0) == (2, 3.0)
    assert own.told(19.0) == (2, 0.0)  # another loop's clock
    assert own.told(20.0 + TOLD_FOR_S + 1) == (0, 0.0)


def test_what_is_back_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_slots, "POOLS_KEPT", 10)
    own = OwnSlots()
    for number in range(1_000):
        pool = Pool(f"of {number}", 2, 1.0)
        own.granted(float(number), [ONE, pool], [f"a{number}", f"b{number}"], 0.1)
        assert sum(map(len, own._back.values())) <= 10 + 2 * ONE.limit + 12  # pyright: ignore[reportPrivateUsage] - to see what is kept
    assert set(own.standing(999.5)["one"]) == {f"a{number}" for number in range(990, 1_000)}
