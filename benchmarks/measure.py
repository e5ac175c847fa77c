"""Compare things side by side in one run: interleaved rounds, ratios within a round, medians over the rounds.

A shared machine is slower in one second than in the next; within a round the subjects share that fate, so a round's
ratio stands, and only ratios are printed.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

Call = Callable[[], Awaitable[object]]

_RESIDENT = Path("/proc/self/statm")


class Ratio(NamedTuple):
    """One subject over another: median over the rounds, and the middle half of the rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


class Cost(NamedTuple):
    """Seconds per call, of this process's processors and of the clock on the wall."""

    cpu: float
    wall: float


Rounds = dict[str, list[Cost]]


class Row(NamedTuple):
    """One line of the goal table."""

    what: str
    goal: str
    result: str
    met: bool | None


def ratio(rounds: Rounds, subject: str, base: str, *, wall: bool = False) -> Ratio:
    """`subject` over `base`, round by round."""
    field = 1 if wall else 0
    values = sorted(ours[field] / theirs[field] for ours, theirs in zip(rounds[subject], rounds[base], strict=True))
    count = len(values)
    return Ratio(statistics.median(values), values[count // 4], values[count - 1 - count // 4])


def decoding(what: str, rounds: Rounds, subject: str, most: float, least: int) -> Row:
    """What decoding costs: over untyped msgspec at most `most`, of what ccxt takes at least a `least`th."""
    against, over = ratio(rounds, subject, "untyped"), ratio(rounds, "ccxt", subject)
    return Row(
        what,
        f"≤ {most} × untyped msgspec; ≥ {least} × ccxt",
        f"{against} × untyped; {over} × ccxt",
        against.median <= most and over.median >= least,
    )


UNREAD, FIVE = (1.3, 25), (2.3, 15)
"""The goals of decoding: nothing read, and five numbers of each row."""


def typical(rounds: Rounds, subject: str) -> Cost:
    """The subject's median cost; of use only beside another one's."""
    return Cost(*(statistics.median(values) for values in zip(*rounds[subject], strict=True)))


def compare(subjects: Mapping[str, Callable[[], object]], *, rounds: int = 15, seconds: float = 0.06) -> Rounds:
    """Run plain functions in turn, each about `seconds` long per round."""
    counts: dict[str, int] = {}
    for name, subject in subjects.items():
        subject()
        started = time.perf_counter()
        runs = 0
        while time.perf_counter() - started < seconds:
            subject()
            runs += 1
        counts[name] = max(runs, 1)
    found: Rounds = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            gc.collect()
            gc.disable()
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(counts[name]):
                subject()
            cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
            gc.enable()
            found[name].append(Cost(*(value / counts[name] for value in cost)))
    return found


async def compare_calls(
    subjects: Mapping[str, Call], *, at_once: int = 1, rounds: int = 11, seconds: float = 0.25
) -> Rounds:
    """Run coroutine functions in turn, each about `seconds` long per round, so many at once."""
    counts: dict[str, int] = {}
    for name, call in subjects.items():
        await _burst(call, at_once, 4 * at_once)
        started = time.perf_counter()
        await _burst(call, at_once, 8 * at_once)
        each = (time.perf_counter() - started) / (8 * at_once)
        counts[name] = max(round(seconds / each), 4 * at_once)
    found: Rounds = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, call in subjects.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await _burst(call, at_once, counts[name])
            cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
            found[name].append(Cost(*(value / counts[name] for value in cost)))
    return found


def resident_kb() -> int:
    """The memory that this process has now; where the system does not tell that, the most it ever had."""
    gc.collect()
    if _RESIDENT.exists():
        return int(_RESIDENT.read_text().split()[1]) * resource.getpagesize() // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def latencies(call: Call, *, at_once: int, count: int) -> list[float]:
    """Seconds of each of `count` calls, sorted."""
    times: list[float] = []

    async def timed() -> None:
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)

    await _burst(timed, at_once, count)
    return sorted(times)


async def _burst(call: Call, at_once: int, count: int) -> None:
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            await call()

    if at_once == 1:
        await work()
    else:
        await asyncio.gather(*(work() for _ in range(at_once)))
