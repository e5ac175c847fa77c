"""Wrong adapters, one line each: what is changed, and whether the tests notice.

    python -m futures_async.testing.mutants my_package tests/test_contract.py
    python -m futures_async.testing.mutants my_package tests/test_contract.py --spot my_package.mapping:17

The changes are those that a tired author makes: a field left out, a wrong column, a lost sign, two words exchanged, a
settle coin never read, only the first page, a parameter not sent, an answer not compared with its question, a promise
or a refusal that says too much, a wrong kind of call. Each is made as the module is imported, in a process of its own;
no file is touched.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.util
import itertools
import multiprocessing
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

from futures_async.testing.wrong_lines import CONDITION
from futures_async.testing.wrong_lines import Change as Change
from futures_async.testing.wrong_lines import changes as changes

TOO_LONG_S = 180.0
"""Of processor time: a busy machine makes no adapter wrong."""
STILL_S = 180.0
"""Tests that use no processor for so long wait for what never comes."""
LONGEST_S = 3_600.0
"""After so long a process is ended from outside: one that stands still in C lets no thread of its own look."""
LOOKS_S = 0.1
EACH = 30

Changes = Callable[[ast.Module], Iterator[Any]]
"""Makes one change after the other in a tree, in place, and takes each back."""


class _Changed(SourceFileLoader):
    """Loads a module with one change."""

    def __init__(self, name: str, path: str, spot: int, changes: Changes) -> None:
        super().__init__(name, path)
        self._spot = spot
        self._changes = changes

    def get_code(self, fullname: str) -> CodeType:
        tree = ast.parse(self.get_data(self.path))
        for number, _ in enumerate(self._changes(tree)):
            if number == self._spot:
                return compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)
        raise IndexError(self._spot)


class _Finder:
    """Finds the one module that is changed."""

    def __init__(self, module: str, spot: int, changes: Changes) -> None:
        self._module = module
        self._spot = spot
        self._changes = changes

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Changed(fullname, spec.origin, self._spot, self._changes)
        return spec


def change_on_import(module: str, spot: int, changes: Changes = changes) -> None:
    """Have a module imported, from now on in this process, with one change; no file is touched.

    Args:
        module: Its full name; not imported yet.
        spot: Which of `changes`, counted from 0. On import `IndexError` where there are not so many.
        changes: What is changed.
    """
    sys.meta_path.insert(0, _Finder(module, spot, changes))


class Mutant(NamedTuple):
    """One change of one module."""

    module: str
    spot: int
    change: Change

    @property
    def name(self) -> str:
        """What it is, wherever it stands."""
        return f"{self.module.rpartition('.')[2]}: {self.change.kind}: {self.change.what}"

    def __str__(self) -> str:
        return f"{self.module}:{self.change.line} [{self.module}:{self.spot}] {self.change.kind}: {self.change.what}"


def mutants_of(package: str) -> list[Mutant]:
    """All of a package's, its simulated side left out."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    if not spec.submodule_search_locations:
        return _of_file(package, Path(spec.origin))
    folder, found = Path(spec.origin).parent, list[Mutant]()
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        # The simulated side is what the client is held against; streams have tests of their own.
        if not any(part.startswith(("simulated", "stream", "test")) for part in parts):
            found += _of_file(".".join((package, *parts)).removesuffix(".__init__"), path)
    return found


def _of_file(module: str, path: Path) -> list[Mutant]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [Mutant(module, spot, change) for spot, change in enumerate(changes(tree))]


def chosen(mutants: Sequence[Mutant], count: int, *, conditions: bool = False, seed: int = 1) -> list[Mutant]:
    """So many of them, the kinds in turn; the same ones every time."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    kinds: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        if conditions or mutant.change.kind != CONDITION:
            kinds.setdefault(mutant.change.kind, []).append(mutant)
    for rows in kinds.values():
        draw.shuffle(rows)
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*kinds.values()))
    found = [mutant for mutant in in_turn if mutant is not None]
    return sorted(found[:count], key=lambda mutant: (mutant.module, mutant.spot))


def _run(mutant: Mutant | None, tests: Sequence[str], quiet: bool) -> None:
    """Run tests in this process, with one change or with none."""
    if quiet:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    threading.Thread(target=_end_the_endless, daemon=True).start()
    if mutant is not None:
        change_on_import(mutant.module, mutant.spot)
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *tests])
    os._exit(int(code))


def _end_the_endless() -> None:
    """End this process when its tests never do."""
    if sys.platform != "win32":  # what never comes back from C lets no thread look
        import resource

        most_s = int(TOO_LONG_S) + 60
        _, bound_s = resource.getrlimit(resource.RLIMIT_CPU)  # nobody may raise it
        if bound_s == resource.RLIM_INFINITY or bound_s > most_s:
            resource.setrlimit(resource.RLIMIT_CPU, (most_s, most_s))
    began_s = used_s = time.process_time()
    still_since = time.monotonic()
    while used_s - began_s < TOO_LONG_S and time.monotonic() - still_since < STILL_S:
        time.sleep(LOOKS_S)
        if time.process_time() - used_s > 0.5:
            used_s, still_since = time.process_time(), time.monotonic()
    os._exit(1)


def forked(function: Callable[..., None], *args: Any) -> Any:
    """Start a process. A fork has all that is imported here; an adapter is not, so it is imported there, changed."""
    importlib.import_module("futures_async.testing.suite")  # what every adapter's tests import, once for all forks
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    process = context.Process(target=function, args=args)
    process.start()
    return process


def passes(mutant: Mutant | None, tests: Sequence[str], *, quiet: bool = True) -> bool:
    """Whether these tests take an adapter for a right one; a wrong one that never ends is noticed too."""
    return Trial(mutant, tests, quiet=quiet).passed()


class Trial:
    """Tests under way against one wrong adapter (None: against the right one), in a process of their own."""

    def __init__(self, mutant: Mutant | None, tests: Sequence[str], *, quiet: bool = True) -> None:
        self._process = forked(_run, mutant, list(tests), quiet)
        self._ends = time.monotonic() + LONGEST_S

    @property
    def sentinel(self) -> int:
        """What `multiprocessing.connection.wait` waits for."""
        found: int = self._process.sentinel
        return found

    @property
    def left_s(self) -> float:
        """So long it is waited for."""
        return max(0.0, self._ends - time.monotonic())

    def passed(self) -> bool:
        """Wait for the end; what would never end has not passed."""
        self._process.join(self.left_s)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        return bool(self._process.exitcode == 0)


def survivors(
    mutants: Sequence[Mutant], stages: Sequence[Sequence[str]], same: frozenset[str] = frozenset()
) -> Iterator[Mutant]:
    """Those that no stage of tests notices, told as they are found.

    Args:
        mutants: To try.
        stages: Tests, each stage only for those that the ones before it did not notice.
        same: Names of changes that change nothing that could be seen.

    Raises:
        RuntimeError: The tests fail as it is.
    """
    for tests in stages:
        if not passes(None, tests):
            raise RuntimeError(f"{' '.join(tests)}: fails without any change")
    caught = [0] * len(stages)
    tried = [mutant for mutant in mutants if mutant.name not in same]
    for mutant in tried:
        for number, tests in enumerate(stages):
            if not passes(mutant, tests):
                caught[number] += 1
                break
        else:
            print("survives", mutant, flush=True)
            yield mutant
    told = ", ".join(f"{count} by {' '.join(tests)}" for count, tests in zip(caught, stages, strict=True))
    print(f"{sum(caught)} of {len(tried)} wrong adapters noticed: {told}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m futures_async.testing.mutants", description=__doc__)
    parser.add_argument("package")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--count", type=int, default=EACH)
    parser.add_argument("--conditions", action="store_true", help="turned comparisons too")
    parser.add_argument("--spot", help="one change, with the tests' output: MODULE:NUMBER")
    options = parser.parse_args(arguments)
    found = mutants_of(options.package)
    if options.spot is not None:
        module, _, spot = options.spot.rpartition(":")
        [mutant] = [one for one in found if (one.module, one.spot) == (module, int(spot))]
        print(mutant, flush=True)
        return int(passes(mutant, options.tests, quiet=False))
    return int(bool(list(survivors(chosen(found, options.count, conditions=options.conditions), [options.tests]))))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
