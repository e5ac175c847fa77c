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
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

KINDS_OF_CALL = {"ORDER": "SETTING", "CANCEL": "ORDER", "SETTING": "ORDER", "DELTA": "SETTING"}
JUDGEMENTS = ("ambiguous", "passing")
PLAIN = "__import__('futures_async.unified.errors', fromlist=['OrderRejected']).OrderRejected"
ARITHMETIC = {"minus": "plus", "plus": "minus", "times": "plus"}
NAMES = ("venue", "symbol", "venue_symbol", "raw")
"""Of fields that every model has: without one of them it cannot be made."""
MODELS = frozenset(
    ("Account", "Contract", "Fill", "FundingRate", "LedgerEntry", "Leverage", "Order", "Position", "PositionHistory",
     "RiskLimit", "Ticker")
)  # fmt: skip
COLUMNS = frozenset(("number", "price", "size", "moment", "text", "identifier", "yes_no"))
HEADERS = ("remaining", "counts", "retry_after_s")
"""What answers tell of limits. The clock is told by the Date of every answer too."""
FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
CONDITION = "condition"
"""The one kind that is not of those above; left out unless it is asked for."""
TOO_LONG_S = 180.0
EACH = 30

Swap = Callable[[], Callable[[], None]]
"""Makes a change, and returns what takes it back."""


class Change(NamedTuple):
    """One wrong line."""

    line: int
    kind: str
    what: str


class _Spot(NamedTuple):
    kind: str
    what: str
    swap: Swap


def changes(tree: ast.Module) -> Iterator[Change]:
    """Makes one change after the other in place, and takes each back when it is asked for the next."""
    for node in ast.walk(tree):
        for spot in _spots(node):
            back = spot.swap()
            yield Change(getattr(node, "lineno", 0), spot.kind, spot.what)
            back()


def _spots(node: ast.AST) -> Iterator[_Spot]:
    match node:
        case ast.Call():
            yield from _of_call(node)
        case ast.Dict():
            yield from _of_dict(node)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Tuple(elts=parts) | ast.List(elts=parts)):
            if len(parts) > 1 and name not in ("__all__", "ENDPOINTS"):
                yield from _shorter(parts, name)
        case ast.For(iter=ast.Tuple(elts=parts) | ast.List(elts=parts)) if len(parts) > 1:
            yield from _shorter(parts, "of")
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(key)))]):
            yield _Spot("not sent", key, _put(node, "targets", [ast.Name("_unsent", ast.Store())]))
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"))], value=ast.Constant(value=None)):
            yield _Spot("kept", _text(node.targets[0]), _put(node, "value", node.targets[0]))
        case ast.FunctionDef(name=name) if name in HEADERS:
            nothing = ast.parse("()" if name == "counts" else "None", mode="eval").body
            yield _Spot("unheard", name, _put(node, "body", [ast.Return(nothing)]))
        case ast.Compare(ops=[op]) if type(op) in FLIPS:
            yield _Spot(CONDITION, _text(node), _put(node, "ops", [FLIPS[type(op)]()]))
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield _Spot(CONDITION, _text(node), _put(node, "op", other))
        case _:
            return


def _of_call(node: ast.Call) -> Iterator[_Spot]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    if name in MODELS:
        for index, keyword in enumerate(node.keywords):
            if keyword.arg not in (None, *NAMES) and not _is_needed(keyword.value):
                yield _Spot("no field", f"{name}.{keyword.arg}", _drop(node.keywords, index))
        yield from _columns(node, name)
    elif name == "VenueTraits":
        for keyword in node.keywords:
            match keyword.value:
                case ast.Constant(value=value) if _promised(value) != value:
                    other = _promised(value)
                    yield _Spot(
                        "promise",
                        f"{keyword.arg}={other}",
                        _put(keyword, "value", ast.parse(repr(other), mode="eval").body),
                    )
                case _:
                    pass
    elif name in JUDGEMENTS:
        # As a plain refusal, by a class that is one: what a time-out is taken for by who has not read the page.
        args = [ast.parse(PLAIN, mode="eval").body, *node.args[1:]]
        plain = _all(_put(node, "func", _called(node, "refused")), _put(node, "args", args), _put(node, "keywords", []))
        yield _Spot("judgement", _text(node), plain)
    elif name == "negative":
        yield _Spot("sign", _text(node), _put(node, "func", ast.parse("(lambda column: column)", mode="eval").body))
    elif name in ARITHMETIC and len(node.args) == 2:
        yield _Spot("arithmetic", _text(node), _put(node, "func", _called(node, ARITHMETIC[name])))
    elif name == "Page" and len(node.args) > 1 and not _is_none(node.args[1]):
        args = [node.args[0], ast.Constant(None), *node.args[2:]]
        yield _Spot("first page only", _text(node), _put(node, "args", args))
    elif name == "in_turn" and node.args and isinstance(node.args[0], ast.List):
        yield from _shorter(node.args[0].elts, name)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg == "about":
            yield _Spot("any answer", _text(node), _drop(node.keywords, index))
        if keyword.arg == "kind" and isinstance(keyword.value, ast.Attribute) and keyword.value.attr in KINDS_OF_CALL:
            other = KINDS_OF_CALL[keyword.value.attr]
            yield _Spot("kind of call", f"{_text(node.args[1])} is {other}", _put(keyword.value, "attr", other))


def _columns(node: ast.Call, model: str) -> Iterator[_Spot]:
    """Of a table: a column reads what the next one of its kind reads."""
    found: dict[str, list[ast.Attribute]] = {}
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id=column) | ast.Attribute(attr=column), args=[ast.Attribute() as read]) if (
                column in COLUMNS
            ):
                found.setdefault(column, []).append(read)
            case _:
                pass
    for reads in found.values():
        for one, other in itertools.pairwise(reads):
            if one.attr != other.attr:
                yield _Spot("wrong column", f"{model}: {other.attr} for {one.attr}", _put(one, "attr", other.attr))


def _of_dict(node: ast.Dict) -> Iterator[_Spot]:
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    if len(keys) > 1 and all(isinstance(value, ast.Attribute) for value in node.values):
        for index, (one, other) in enumerate(itertools.pairwise(node.values)):
            if _text(one) != _text(other):
                turned = [*node.values[:index], other, one, *node.values[index + 2 :]]
                yield _Spot("words exchanged", f"{keys[index]!s}, {keys[index + 1]!s}", _put(node, "values", turned))
        return
    for index, key in enumerate(keys):
        if isinstance(key, str):
            yield _Spot("not sent", key, _all(_drop(node.keys, index), _drop(node.values, index)))


def _shorter(parts: list[ast.expr], name: str) -> Iterator[_Spot]:
    """Of a list that is walked: one of its parts is not."""
    for index, part in enumerate(parts):
        yield _Spot("left out", f"{_text(part)} {name}", _drop(parts, index))


def _promised(value: object) -> object:
    """Another promise, too large where there is one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value / 5
    return {"open": "all", "all": "open", "none": "open"}.get(str(value), value)


def _is_needed(value: ast.expr) -> bool:
    """Without it the table cannot be made, or it is the same in every row."""
    match value:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in ("needed", "otherwise")
        case ast.Constant():
            return True
        case _:
            return False


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _called(node: ast.Call, name: str) -> ast.expr:
    """Another function of the same module: `fa.refused` where `fa.passing` was called, else by its name alone."""
    match node.func:
        case ast.Attribute(value=module):
            return ast.Attribute(module, name, ast.Load())
        case _:
            return ast.Name(name, ast.Load())


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:120]


def _put(node: ast.AST, name: str, value: Any) -> Swap:
    def swap() -> Callable[[], None]:
        kept = getattr(node, name)
        setattr(node, name, value)
        return lambda: setattr(node, name, kept)

    return swap


def _drop(items: list[Any], index: int) -> Swap:
    def swap() -> Callable[[], None]:
        kept = items.pop(index)
        return lambda: items.insert(index, kept)

    return swap


def _all(*swaps: Swap) -> Swap:
    def swap() -> Callable[[], None]:
        backs = [one() for one in swaps]

        def back() -> None:
            for one in reversed(backs):
                one()

        return back

    return swap


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
    if mutant is not None:
        change_on_import(mutant.module, mutant.spot)
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *tests])
    os._exit(int(code))


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
        self._until = time.monotonic() + TOO_LONG_S

    @property
    def sentinel(self) -> int:
        """What `multiprocessing.connection.wait` waits for."""
        found: int = self._process.sentinel
        return found

    @property
    def left_s(self) -> float:
        """Seconds until it has taken too long."""
        return max(0.0, self._until - time.monotonic())

    def passed(self) -> bool:
        """Wait for the end; what never ends has not passed."""
        self._process.join(self.left_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
            return False
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
