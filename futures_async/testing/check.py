"""One verdict on a venue's package: its tests by what they are about, and the wrong adapters that they notice."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import NamedTuple

import msgspec
import pytest

from futures_async.testing.mutants import Mutant, Trial, chosen, forked, mutants_of

ABOUT = {
    "fault_matrix": "faults: none doubles, loses or makes up an order",
    "traits": "promises to order safety, limits, the probe",
    "told": "every field as the exchange knows it",
    "carried": "nothing that a request asks for is dropped",
    "recorded": "documented answers",
}
"""By module of this package; the rest of it is the contract suite's everyday part."""
EVERYDAY, OWN = "calls, orders, lists, watches", "the package's own tests"
ENOUGH = 0.8
"""Of the wrong adapters: some changes make no difference that could be seen."""


class Part(msgspec.Struct, frozen=True):
    """Tests about one thing."""

    about: str
    passed: int
    failed: int
    skipped: int
    """Of capabilities that the adapter does not claim, mostly."""


class Verdict(NamedTuple):
    """What came of it."""

    parts: list[Part]
    failures: list[str]
    """Tests, and what they said."""
    tried: int
    survivors: list[Mutant]
    """Wrong adapters that no test noticed."""

    @property
    def noticed(self) -> int:
        """How many wrong adapters failed."""
        return self.tried - len(self.survivors)

    @property
    def good(self) -> bool:
        """No test failed, and wrong adapters do."""
        whole = any(part.passed for part in self.parts) and not self.failures
        return whole and self.noticed >= ENOUGH * self.tried


class Tally:
    """A pytest plugin that counts tests by what they are about."""

    def __init__(self) -> None:
        self._about: dict[str, str] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.failures: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            home = getattr(getattr(item, "function", None), "__module__", "")
            package, _, module = home.rpartition(".")
            own = package != __name__.rpartition(".")[0]
            self._about[item.nodeid] = OWN if own else ABOUT.get(module, EVERYDAY)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._failed(OWN, report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        about = self._about.get(report.nodeid, OWN)
        if report.failed:
            self._failed(about, report)
        elif report.skipped or report.when == "call":
            self.counts[about, report.outcome] += 1

    def _failed(self, about: str, report: pytest.CollectReport | pytest.TestReport) -> None:
        self.counts[about, "failed"] += 1
        lines = [line.removeprefix("E").strip() for line in report.longreprtext.splitlines() if line[:2] == "E "]
        broke = [line.partition("the simulated side broke ")[2] for line in report.caplog.splitlines()]
        behind = next((f" (the simulated side broke {line})" for line in broke if line), "")
        self.failures.append(f"{report.nodeid}: {lines[0] if lines else report.longreprtext[-200:]}{behind}")

    @property
    def parts(self) -> list[Part]:
        """In a fixed order."""
        found = {about for about, _ in self.counts}
        return [
            Part(about, *(self.counts[about, outcome] for outcome in ("passed", "failed", "skipped")))
            for about in (EVERYDAY, *ABOUT.values(), OWN)
            if about in found
        ]


def _tallied(tests: Sequence[str], answer: Connection) -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    tally = Tally()
    pytest.main(["-q", "-p", "no:cacheprovider", "--assert=plain", "--tb=short", *tests], plugins=[tally])
    answer.send((tally.parts, tally.failures))
    answer.close()


def tallied(tests: Sequence[str]) -> tuple[list[Part], list[str]]:
    """Run tests in a process of its own: what passed, and what failed."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = forked(_tallied, tests, theirs)
    theirs.close()
    try:
        found: tuple[list[Part], list[str]] = ours.recv()
    except EOFError:
        found = ([], ["the tests ended before they had begun"])
    process.join()
    return found


def check(package: str, tests: Sequence[str], count: int, say: Callable[[str], object] = lambda text: None) -> Verdict:
    """Run the tests, and if they pass, wrong adapters against them.

    Args:
        package: The adapter's.
        tests: As pytest takes them.
        count: How many wrong adapters; 0: none.
        say: Told what is under way.
    """
    say(f"running {' '.join(tests)}")
    parts, failures = tallied(tests)
    some = chosen(mutants_of(package), count) if count and not failures else []
    return Verdict(parts, failures, len(some), _survivors(some, tests, say))


def _survivors(mutants: Sequence[Mutant], tests: Sequence[str], say: Callable[[str], object]) -> list[Mutant]:
    """Those that these tests take for right ones, in their order: as many at once as there are processors."""
    waiting = list(enumerate(mutants, 1))
    found: list[tuple[int, Mutant]] = []
    under_way: dict[int, tuple[int, Mutant, Trial]] = {}
    while waiting or under_way:
        while waiting and len(under_way) < (os.cpu_count() or 1):
            number, mutant = waiting.pop(0)
            say(f"wrong adapter {number} of {len(mutants)}: {mutant.change.kind}: {mutant.change.what}")
            trial = Trial(mutant, tests)
            under_way[trial.sentinel] = number, mutant, trial
        ready = wait(list(under_way), min(trial.left_s for _, _, trial in under_way.values()))
        for sentinel, (number, mutant, trial) in list(under_way.items()):
            if sentinel in ready or not trial.left_s:
                del under_way[sentinel]
                if trial.passed():
                    found.append((number, mutant))
    return [mutant for _, mutant in sorted(found, key=lambda row: row[0])]
