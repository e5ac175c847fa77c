import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from futures_async.transport.limits.limiter import Pool
from futures_async.transport.limits.window import DRIFT, GENERATION_S, KEPT, MAX_CLOSED_S, RoundTrips, Window

POOL = Pool("uid", 2, 1.0)
SPAN = 1.0 + DRIFT


def full_window() -> Window:
    window = Window(POOL)
    for _ in range(2):
        assert window.free(0.0)
        window.used += 1
    return window


def test_a_slot_comes_back_one_window_after_its_answer() -> None:
    window = full_window()
    assert not window.free(99.0)
    assert window.due() is None
    window.answered(100.0, None)
    assert window.due() == 100.0 + SPAN
    assert not window.free(100.0 + SPAN - 1e-6)
    assert window.free(100.0 + SPAN)
    assert window.used == 1


def test_what_was_not_sent_comes_back_at_once() -> None:
    window = full_window()
    window.used -= 1
    assert window.free(0.0)


def test_a_smaller_round_trip_also_holds_back_slots_already_on_their_way() -> None:
    window = full_window()
    for _ in range(KEPT):
        window.round_trips.add(100.0, 0.2)
    window.answered(100.0, 0.2)
    before = window.due()
    window.answered(100.1, 0.05)
    after = window.due()
    assert before == pytest.approx(100.0 + SPAN - 0.196)
    assert after == 100.0 + SPAN


def test_a_round_trip_longer_than_the_window_frees_the_slot_with_its_answer_and_no_earlier() -> None:
    window = Window(Pool("uid", 1, 0.1))
    for _ in range(KEPT):
        window.round_trips.add(0.0, 5.0)
    window.used += 1
    assert not window.free(10.0)
    window.answered(10.0, 5.0)
    assert window.free(10.0)


def test_nothing_is_deducted_before_enough_round_trips_were_seen() -> None:
    trips = RoundTrips()
    for _ in range(KEPT - 1):
        trips.add(0.0, 0.2)
    assert trips.credit == 0.0
    trips.add(0.0, 0.2)
    assert trips.credit == pytest.approx(0.196)


def test_round_trips_that_lie_apart_are_trusted_less() -> None:
    trips = RoundTrips()
    for step in range(KEPT):
        trips.add(0.0, 0.2 + step * 0.002)
    assert trips.credit == pytest.approx(0.2 - 2 * 0.014)


@pytest.mark.parametrize("rtt", [math.nan, math.inf, -math.inf, -1.0, 1e9])
def test_what_cannot_be_a_round_trip_is_ignored(rtt: float) -> None:
    trips = RoundTrips()
    for _ in range(KEPT):
        trips.add(0.0, 0.2)
        trips.add(0.0, rtt)
    assert trips.credit == pytest.approx(0.196)


def test_old_round_trips_are_forgotten() -> None:
    trips = RoundTrips()
    for _ in range(KEPT):
        trips.add(0.0, 0.1)
    for _ in range(KEPT):
        trips.add(GENERATION_S, 0.3)
    assert trips.credit < 0.1
    for _ in range(KEPT):
        trips.add(2 * GENERATION_S, 0.3)
    assert trips.credit == pytest.approx(0.294)


def test_after_a_long_silence_round_trips_are_learned_anew() -> None:
    trips = RoundTrips()
    for _ in range(KEPT):
        trips.add(0.0, 0.3)
    trips.add(3 * GENERATION_S, 0.3)
    assert trips.credit == 0.0


def test_a_refusal_for_speed_makes_round_trips_start_anew() -> None:
    window = full_window()
    for _ in range(KEPT):
        window.round_trips.add(0.0, 0.3)
    window.close(0.0, 1.0)
    assert window.round_trips.credit == 0.0


def test_a_closed_pool_opens_in_time() -> None:
    window = Window(POOL)
    window.close(10.0, 5.0)
    window.close(10.0, 2.0)
    assert not window.free(14.9)
    assert window.due() == 15.0
    assert window.free(15.0)


@pytest.mark.parametrize("seconds", [math.nan, -1.0, 0.0])
def test_a_closing_for_no_time_is_none(seconds: float) -> None:
    window = Window(POOL)
    window.close(10.0, seconds)
    assert window.free(10.0)


def test_no_closing_is_forever() -> None:
    window = Window(POOL)
    window.close(0.0, math.inf)
    assert window.free(MAX_CLOSED_S)


def test_the_venues_count_takes_slots_that_strangers_used() -> None:
    window = Window(Pool("uid", 10, 1.0))
    window.used = 3
    window.correct(0.0, 2)
    assert window.used == 8
    window.correct(0.0, 5)
    assert window.used == 8
    window.correct(0.0, -7)
    assert not window.free(0.0)
    assert window.free(SPAN)
    assert window.used == 3


def test_of_two_limits_for_one_key_the_stricter_holds() -> None:
    window = Window(Pool("uid", 10, 1.0))
    window.narrow(Pool("uid", 5, 2.0))
    window.narrow(Pool("uid", 20, 0.5))
    assert (window.limit, window.span) == (5, 2.0 * (1 + DRIFT))


def test_after_narrowing_the_window_waits_until_enough_slots_are_back() -> None:
    window = Window(Pool("uid", 3, 1.0))
    for at in range(3):
        window.used += 1
        window.answered(float(at), None)
    window.narrow(Pool("uid", 1, 1.0))
    assert window.due() == 2.0 + SPAN


def test_a_window_is_idle_when_nothing_is_in_flight_or_on_its_way() -> None:
    window = Window(POOL)
    assert window.idle(0.0)
    window.used += 1
    assert not window.idle(0.0)
    window.answered(0.0, None)
    assert not window.idle(1.0)
    assert window.idle(SPAN)
    window.close(5.0, 1.0)
    assert not window.idle(5.0)


# No deadline for one example: the machine may be busy with other things.
@settings(deadline=None)
@given(
    limit=st.integers(1, 6),
    per_s=st.sampled_from([0.05, 1.0, 60.0]),
    least=st.floats(0.0, 0.5),
    spread=st.floats(0.0, 0.5),
    seed=st.integers(0, 2**32),
    pause=st.floats(0.0, 0.3),
)
def test_no_sliding_window_at_the_venue_ever_holds_more_than_the_limit(
    limit: int, per_s: float, least: float, spread: float, seed: int, pause: float
) -> None:
    rng = random.Random(seed)
    window = Window(Pool("uid", limit, per_s))
    now, flights, stamps = 0.0, list[tuple[float, float]](), list[float]()
    # Learning the route takes luck that a route with rare short cuts may not give; this one is learned beforehand.
    for _ in range(KEPT):
        window.round_trips.add(0.0, least)
    while len(stamps) < 60:
        flights.sort(reverse=True)
        due = window.due()
        if window.free(now):
            window.used += 1
            up, down = (least / 2 + spread * rng.random() for _ in range(2))
            stamps.append(now + up)
            flights.append((now + up + down, up + down))
            now += pause * rng.random()
        elif flights and (due is None or flights[-1][0] < due):
            answered, rtt = flights.pop()
            now = max(now, answered)
            window.answered(now, rtt)
        else:
            assert due is not None
            now = max(now, due)
    ordered = sorted(stamps)
    assert all(b - a >= per_s - 1e-9 for a, b in zip(ordered, ordered[limit:], strict=False))


def test_a_wide_limit_that_is_never_reached_keeps_no_old_slots() -> None:
    window = Window(Pool("address", 6000, 1.0))
    for number in range(1000):
        window.used += 1
        window.answered(number * 0.1, None)
        assert len(window.returns) <= 11
        assert window.used == len(window.returns)
