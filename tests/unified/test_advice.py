"""Every error says what to do next, in the text that programs and the command line print, and says it once."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import futures_async
from futures_async.cli.output import one_line
from futures_async.portfolio.told import error_of, failure_as_told
from futures_async.unified import errors
from futures_async.unified.errors import (
    ConnectFailed,
    ExchangeError,
    FuturesAsyncError,
    InvalidRequest,
    NotSupported,
    OrderOutcomeUnknown,
    SymbolNotFound,
)

MODULES = (
    "journal.journal",
    "transport.retry",
    "accounts.load",
    "adapters.bittap.dialect",
    "adapters.bybit.streams",
    "adapters.okx.codes",
)
"""Where errors are made beside `unified.errors`."""
ROOT = Path(futures_async.__file__).parent
OF_PROGRAMS = re.compile(r"\w\(|\b\w+=|`\.|[a-z]_[a-z]|[A-Z][a-z]+[A-Z]")
"""What the command line's user can do nothing with: calls, arguments, attributes, classes."""
SAID_BY_THE_TEXT = (InvalidRequest, NotSupported)
"""Refused here: each place that raises one says what is right."""


def kinds(kind: type[FuturesAsyncError] = FuturesAsyncError) -> Iterator[type[FuturesAsyncError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


def all_kinds() -> list[type[FuturesAsyncError]]:
    for name in MODULES:
        importlib.import_module(f"futures_async.{name}")
    return sorted(
        {kind for kind in kinds() if kind.__module__.startswith("futures_async.")}, key=lambda kind: kind.__name__
    )


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.__name__)
def test_every_error_says_what_to_do_next(kind: type[FuturesAsyncError]) -> None:
    error = kind.__new__(kind, "binance GET /fapi [1]: what happened")
    if issubclass(kind, SAID_BY_THE_TEXT):
        assert kind.advice == ""
        assert str(error) == error.text
    else:
        assert kind.advice, f"{kind.__name__} has no advice"
        assert str(error) == f"{error.text} ({kind.advice})"
        assert not OF_PROGRAMS.search(one_line(error).removeprefix(f"{kind.__name__}: {error.text}"))
        assert len(one_line(error)) > len(f"{kind.__name__}: {error.text} (try)")


def test_an_error_may_know_better_than_its_class() -> None:
    error = ConnectFailed("cannot connect", kind="tls", advice="its root goes into ca_file=")
    assert str(error) == "cannot connect (its root goes into ca_file=)"
    assert str(error_of(failure_as_told(error))) == str(error)


def test_what_goes_to_another_process_says_it_once() -> None:
    error = SymbolNotFound("no contract", venue="okx", code="51001", endpoint="GET /ticker")
    again = error_of(failure_as_told(error))
    assert type(again) is SymbolNotFound
    assert str(again) == str(error)


def test_the_name_of_an_order_stands_before_the_advice() -> None:
    error = OrderOutcomeUnknown("okx: lost")
    error.name("BTC/USDT:USDT", "abc")
    assert str(error) == f"okx: lost [order abc of BTC/USDT:USDT] ({OrderOutcomeUnknown.advice})"


def _names(node: ast.AST | None) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} if node else set()


def _shown(node: ast.AST, name: str) -> Iterator[int]:
    """Where the whole text of an error, its advice too, goes into another error's."""
    for call in ast.walk(node):
        if not (isinstance(call, ast.Call) and _is_error(call.func)):
            continue
        for one in ast.walk(call):
            shown = one.value if isinstance(one, ast.FormattedValue) else None
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "str":
                shown = one.args[0]
            if isinstance(shown, ast.Name) and shown.id == name:
                yield call.lineno


NAMES = {kind.__name__: kind for kind in all_kinds()}


def _is_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and (node.id in NAMES or isinstance(getattr(errors, node.id, None), type))


def test_no_error_carries_the_advice_of_another() -> None:
    found: list[str] = []
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            caught = _names(node.type) & NAMES.keys() if isinstance(node, ast.ExceptHandler) else set[str]()
            if isinstance(node, ast.ExceptHandler) and node.name and any(NAMES[name].advice for name in caught):
                found += [f"{path.relative_to(ROOT)}:{line}" for line in _shown(node, node.name)]
    assert not found, "take error.text there: two pieces of advice may contradict each other"


def test_the_venues_words_end_before_the_advice() -> None:
    assert str(ExchangeError("no.", venue="okx", code="1", endpoint="GET /x")) == (
        f"okx GET /x [1]: no. ({ExchangeError.advice})"
    )
