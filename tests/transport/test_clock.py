import math
import random
import time

import anyio
import pytest

from futures_async.testing import virtual_time
from futures_async.transport.clock import (
    EARLIEST_MS,
    JUMP_MS,
    KEPT,
    LATEST_MS,
    LEAST_ERROR_MS,
    UNKNOWN_ERROR_MS,
    VenueClock,
    loop_time,
)

EPOCH_MS = 1_770_000_000_000


class World:
    """A computer and a venue with clocks that can be set."""

    def __init__(self) -> None:
        self.now = 500.0
        self.wall_ahead_s = 0.0
        self.venue_ahead_ms = 0.0
        self.clock = VenueClock(monotonic=lambda: self.now, wall=self.wall)

    def wall(self) -> float:
        return EPOCH_MS / 1000 + self.now + self.wall_ahead_s

    def venue_ms(self) -> float:
        return EPOCH_MS + self.now * 1000 + self.venue_ahead_ms

    def ask(self, up_s: float = 0.02, down_s: float = 0.02, *, coarse: bool = False, off_ms: float = 0.0) -> None:
        sent = self.now
        self.now += up_s
        told = int(self.venue_ms() + off_ms)
        self.now += down_s
        self.clock.sample(told // 1000 * 1000 if coarse else told, sent, self.now, coarse=coarse)

    def error_ms(self) -> float:
        return abs(self.clock.now_ms() - self.venue_ms())


def test_before_the_first_sample_the_computers_clock_is_used_and_its_steps_are_not() -> None:
    world = World()
    assert world.error_ms() <= 1
    world.wall_ahead_s = 3600.0
    world.now += 10
    assert world.error_ms() <= 1
    assert world.clock.error_ms == UNKNOWN_ERROR_MS
    assert not world.clock.synchronized


def test_the_first_sample_is_believed_however_wrong_the_computers_clock_is() -> None:
    world = World()
    world.wall_ahead_s = -3600.0
    assert world.error_ms() > 3_000_000
    world.ask()
    assert world.error_ms() <= 1
    assert world.clock.synchronized
    assert not world.clock.wants_sample
    assert world.clock.error_ms == LEAST_ERROR_MS


def test_a_step_of_the_computers_clock_moves_nothing() -> None:
    world = World()
    world.ask()
    world.wall_ahead_s = 3600.0
    world.now += 100
    assert world.error_ms() <= 1


def test_samples_with_short_round_trips_decide() -> None:
    world = World()
    for number in range(KEPT):
        world.ask(0.02, 0.02) if number % 2 else world.ask(0.02, 0.8)
    assert world.error_ms() <= 1


def test_a_slow_answer_is_no_sample_but_proves_that_time_has_passed() -> None:
    world = World()
    world.ask(0.0, 2.1)
    assert not world.clock.synchronized
    assert world.clock.server_seen_ms > EPOCH_MS


def test_one_wild_answer_moves_nothing() -> None:
    world = World()
    world.ask()
    for _ in range(20):
        world.ask(off_ms=5000)
        world.ask(off_ms=-60_000)
        world.ask()
    assert world.error_ms() <= 1


@pytest.mark.parametrize("there_s", [0.0, 3.0])
def test_one_answer_from_the_future_proves_no_time_to_have_passed(there_s: float) -> None:
    world = World()
    world.ask()
    world.ask(0.0, there_s, off_ms=40_000)
    assert world.clock.server_seen_ms < world.venue_ms()
    world.ask()
    assert abs(world.clock.server_seen_ms - world.venue_ms()) <= 100


def test_a_jump_that_is_confirmed_has_been_seen() -> None:
    world = World()
    world.ask()
    world.venue_ahead_ms = 40_000
    for _ in range(2):
        world.ask()
        assert world.clock.server_seen_ms < world.venue_ms() - 30_000
    world.ask()
    assert abs(world.clock.server_seen_ms - world.venue_ms()) <= 100


def test_a_jump_that_a_refusal_confirms_has_been_seen() -> None:
    world = World()
    world.ask()
    world.venue_ahead_ms = 40_000
    world.ask()
    world.clock.resync()
    assert abs(world.clock.server_seen_ms - world.venue_ms()) <= 100


def test_three_answers_that_agree_move_the_clock() -> None:
    world = World()
    world.ask()
    world.venue_ahead_ms = -5000
    for _ in range(2):
        world.ask()
        assert world.error_ms() > 4000
    world.ask()
    assert world.error_ms() <= 1


def test_a_refusal_makes_the_next_answer_count() -> None:
    world = World()
    world.ask()
    world.venue_ahead_ms = 5000
    world.now += 10
    world.clock.resync()
    assert world.clock.wants_sample
    assert world.error_ms() > 4000
    world.ask()
    assert world.error_ms() <= 1
    assert not world.clock.wants_sample


def test_a_refusal_that_told_the_time_needs_no_further_answer() -> None:
    world = World()
    world.ask()
    world.venue_ahead_ms = 5000
    world.ask()
    world.clock.resync()
    assert world.error_ms() <= 1
    assert not world.clock.wants_sample


def test_a_refusal_in_spite_of_a_fresh_answer_changes_nothing() -> None:
    world = World()
    world.ask()
    world.clock.resync()
    world.ask(off_ms=60_000)
    assert world.error_ms() <= 1


def test_whole_seconds_are_read_as_their_middle_and_admit_their_error() -> None:
    rng = random.Random(1)
    world = World()
    for _ in range(50):
        world.ask(coarse=True)
        world.now += rng.random() * 3
        assert world.error_ms() <= world.clock.error_ms
    assert 500 <= world.clock.error_ms <= 1100


def test_exact_samples_beat_coarse_ones() -> None:
    world = World()
    for _ in range(KEPT // 2):
        world.ask(coarse=True)
        world.now += 0.9
        world.ask()
        world.now += 1.3
    assert world.error_ms() <= 1


def test_the_server_time_seen_goes_back_with_the_venues_clock() -> None:
    """What was dead by the later clock may live by the earlier one, and so may what is signed by it from now on."""
    world = World()
    world.ask()
    world.venue_ahead_ms = -60_000
    for there_s in (0.02, 3.0, 0.02, 0.02, 0.02):
        world.ask(0.02, there_s)
        assert abs(world.clock.server_seen_ms + there_s * 1000 - world.venue_ms()) <= 1
    world.ask(off_ms=-1500)  # an answer that was held up
    assert abs(world.clock.server_seen_ms - world.venue_ms()) <= 100


def test_a_jump_is_noted_when_it_is_believed_and_so_is_one_in_many_steps() -> None:
    world = World()
    for _ in range(20):
        world.ask(off_ms=300)
        world.ask(off_ms=-300)
    assert world.clock.jumped_at == -math.inf
    world.venue_ahead_ms = -60_000
    for confirmed in (False, False, True):
        world.ask()
        assert (world.clock.jumped_at == world.now) is confirmed
    world.now += 100
    for _ in range(60):
        world.venue_ahead_ms += 100
        world.now += 1.0
        world.ask()
    assert world.error_ms() <= JUMP_MS
    assert world.now - world.clock.jumped_at < 30


@pytest.mark.parametrize("relied", [True, False])
def test_the_computers_clock_was_wrong_that_is_a_jump_for_what_was_reckoned_by_it(relied: bool) -> None:
    world = World()
    world.wall_ahead_s = -3600.0
    world.clock.now_ms()
    if relied:
        world.clock.rely()
    world.ask()
    assert (world.clock.jumped_at == world.now) is relied
    world.now += 10
    world.ask()
    assert world.clock.jumped_at < world.now


def test_a_slow_answer_from_the_future_is_not_believed_after_a_refusal_either() -> None:
    world = World()
    world.ask()
    world.now += 10
    world.clock.resync()
    world.ask(0.0, 3.0, off_ms=40_000)
    assert world.clock.server_seen_ms < world.venue_ms()


@pytest.mark.parametrize("server_ms", [0, -1, EARLIEST_MS - 1, LATEST_MS + 1, 1_770_000_000])
def test_what_cannot_be_a_time_is_ignored(server_ms: int) -> None:
    world = World()
    world.clock.sample(server_ms, world.now, world.now)
    assert not world.clock.synchronized
    assert world.clock.server_seen_ms == 0


def test_an_answer_before_its_question_is_ignored() -> None:
    world = World()
    world.clock.sample(EPOCH_MS, 10.0, 9.0)
    assert not world.clock.synchronized


def test_many_answers_a_second_cost_one_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for _ in range(KEPT):
        world.ask()
    estimates: list[int] = []

    def count(_: VenueClock) -> None:
        estimates.append(1)

    monkeypatch.setattr(VenueClock, "_estimate", count)
    for _ in range(10):
        world.ask(0.02, 0.03)
    assert len(estimates) <= 1
    world.now += 1.0
    world.ask(0.02, 0.03)
    assert estimates


@pytest.mark.parametrize("seed", range(10))
def test_clocks_that_step_cause_no_refusals_and_no_early_fence(seed: int) -> None:
    """A13: a hundred scenarios for each seed."""
    for scenario in range(100):
        _clocks_that_step(random.Random(seed * 1000 + scenario))


def _clocks_that_step(rng: random.Random) -> None:
    window_ms, lag_ms = 4000.0, 5000.0
    world = World()
    world.wall_ahead_s = rng.choice([0.0, rng.uniform(-3600, 3600)])
    slowest = rng.choice([0.1, 1.9])
    resyncs, jumps = 0, 0
    world.venue_ahead_ms = rng.uniform(-500, 500)
    world.clock.now_ms()
    fences: list[tuple[float, float]] = []
    for _ in range(60):
        world.now += rng.expovariate(0.5)
        if rng.random() < 0.1:
            world.wall_ahead_s += rng.uniform(-3600, 3600)
        if rng.random() < 0.03 and jumps < 2:
            jumps += 1
            world.venue_ahead_ms += rng.choice([-5000, 5000])
        # One call: signed, judged where it arrives, sent once more after a refusal.
        for attempt in (1, 2):
            signed = world.clock.now_ms()
            sent, trip = world.now, rng.uniform(0.01, slowest)
            world.now += trip * rng.random()
            told = world.venue_ms()
            refused = abs(told - signed) > window_ms
            wild = rng.random() < 0.05 and world.clock.synchronized and not refused
            noise = rng.uniform(-30_000, 30_000) if wild else rng.gauss(0, 20)
            world.now = sent + trip
            world.clock.sample(int(told + noise), sent, world.now)
            if not refused:
                break
            assert attempt == 1, "refused again after a resync"
            world.clock.resync()
            resyncs += 1
        fences.append((signed + window_ms + world.clock.error_ms + lag_ms, signed + window_ms))
    for fence, expires in fences:
        assert fence - 5000 >= expires, "a jump back of 5 s would let the request live on past the fence"
    assert resyncs <= 1 + jumps, "only a jump, or the computer's own clock at the start, can cause a refusal"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_event_loops_clock_is_the_base(backend: str) -> None:
    async def main() -> None:
        clock = VenueClock(wall=lambda: EPOCH_MS / 1000)
        assert clock.now_ms() in (EPOCH_MS - 1, EPOCH_MS)
        await anyio.sleep(3600)
        assert clock.now_ms() == pytest.approx(EPOCH_MS + 3_600_000, abs=1)

    if backend == "asyncio":
        virtual_time.run(main())
    else:
        virtual_time.run_trio(main)


def test_outside_of_an_event_loop_the_systems_monotonic_clock_is_the_base() -> None:
    assert loop_time() == pytest.approx(time.monotonic(), abs=1.0)


def test_a_jump_within_the_tolerance_is_followed_slowly() -> None:
    world = World()
    for _ in range(KEPT):
        world.ask()
        world.now += 1
    world.venue_ahead_ms = JUMP_MS - 100
    for _ in range(KEPT):
        world.ask()
        world.now += 1
    assert world.error_ms() <= 1
