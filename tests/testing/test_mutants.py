"""Wrong adapters: which lines are changed, how, and that tests notice or do not."""

from __future__ import annotations

import ast
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from futures_async.testing import check as checking
from futures_async.testing import mutants
from futures_async.testing.mutants import chosen, mutants_of, passes, survivors

MODULE = '''
"""A module."""
COINS = ("USDT", "USDC")
__all__ = ["COINS", "SIDE"]
SIDE = {"buy": Side.BUY, "sell": Side.SELL}
TRAITS = VenueTraits(client_id=True, window_s=5.0, dedup="open", recv_window_param="window")
CODES = {**refused(A, "1"), **ambiguous(B, "2", transient=True), **passing(C, "3")}
CANCEL = Endpoint("POST", "/cancel", kind=Kind.CANCEL)


def fills(row):
    return Fill(venue="x", side=needed(word(row.side, SIDE)), fee=negative(number(row.fee)), price=number(row.price))


class Client:
    def remaining(self, headers):
        return int(headers["left"])

    def order(self, request):
        body = {"symbol": request.symbol, "size": "1"}
        body["price"] = "2"
        self._mode = None
        return minus(row.a, row.b)

    async def page(self, cursor):
        answer = await self._call(LIST, {"before": cursor}, about=lambda row: row.id == 1)
        return Page(answer.rows, answer.next, ()) if answer.rows else Page([], None, ())

    async def find(self):
        for page in (self.open, self.past):
            await page
'''
EXPECTED = {
    "left out: 'USDT' COINS": 'COINS = ("USDC",)',
    "words exchanged: buy, sell": '"buy": Side.SELL',
    "promise: client_id=False": "client_id=False",
    "promise: window_s=1.0": "window_s=1.0",
    "promise: dedup=all": 'dedup="all"',
    "judgement: ambiguous(B, '2', transient=True)": '.OrderRejected, "2")',
    "judgement: passing(C, '3')": '.OrderRejected, "3")',
    "kind of call: '/cancel' is ORDER": "Kind.ORDER",
    "no field: Fill.fee": "side=needed(word(row.side, SIDE)), price=",
    "no field: Fill.price": "fee=negative(number(row.fee)))",
    "wrong column: Fill: fee for price": "price=number(row.fee)",
    "sign: negative(number(row.fee))": "(lambda column: column)(number(row.fee))",
    "unheard: remaining": "return None",
    "not sent: symbol": 'body = {"size": "1"}',
    "not sent: size": 'body = {"symbol": request.symbol}',
    "not sent: price": '_unsent = "2"',
    "not sent: before": "self._call(LIST, {}, about",
    "kept: self._mode": "self._mode = self._mode",
    "arithmetic: minus(row.a, row.b)": "plus(row.a, row.b)",
    "any answer: self._call(LIST, {'before': cursor}, about=lambda row: row.id == 1)": '{"before": cursor})',
    "first page only: Page(answer.rows, answer.next, ())": "Page(answer.rows, None, ())",
    "left out: self.open of": "for page in (self.past,)",
}


def test_each_kind_of_wrong_line_is_made_and_taken_back() -> None:
    tree = ast.parse(MODULE)
    before, found = ast.unparse(tree), dict[str, str]()
    for change in mutants.changes(tree):
        found[f"{change.kind}: {change.what}"] = ast.unparse(ast.fix_missing_locations(tree))
    assert ast.unparse(tree) == before
    for name, text in EXPECTED.items():
        assert text.replace('"', "'") in found[name]
    left = set(found) - set(EXPECTED)
    assert left == {
        "left out: 'USDC' COINS",
        "left out: self.past of",
        "condition: row.id == 1",
    }, "nothing else is changed: no list of exports, no field that a row must have"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a table, a simulated side, and two tests, one of which looks at the table."""
    home = tmp_path / "wrong_shop"
    home.mkdir()
    (home / "__init__.py").write_text("")
    (home / "words.py").write_text('LISTS = ("one", "two")\n')
    (home / "simulated.py").write_text('LISTS = ("one", "two")\n')
    (tmp_path / "test_right.py").write_text(
        "def test() -> None:\n    from wrong_shop import words\n    assert len(words.LISTS) == 2\n"
    )
    (tmp_path / "test_blind.py").write_text(
        "def test() -> None:\n    from wrong_shop import words\n    assert words.LISTS\n"
    )
    (tmp_path / "test_red.py").write_text("def test() -> None:\n    assert False\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    sys.modules.pop("wrong_shop", None)


def test_what_tests_do_not_notice_is_told(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = mutants_of("wrong_shop")
    assert {mutant.module for mutant in found} == {"wrong_shop.words"}, "the simulated side is left alone"
    blind, right = str(package / "test_blind.py"), str(package / "test_right.py")
    assert not passes(found[0], [right])
    assert list(survivors(found, [[blind]])) == found
    assert "survives wrong_shop.words:1 [wrong_shop.words:0] left out: 'one' LISTS" in capsys.readouterr().out
    assert list(survivors(found, [[blind], [right]])) == []
    assert f"2 of 2 wrong adapters noticed: 0 by {blind}, 2 by {right}" in capsys.readouterr().out
    assert list(survivors(found, [[blind]], frozenset({found[0].name}))) == found[1:]
    with pytest.raises(RuntimeError, match="fails without any change"):
        list(survivors(found, [[str(package / "test_red.py")]]))


NEVER = {"busy": "while True:\n        pass", "still": "import threading\n    threading.Event().wait()"}


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="bounds are changed here alone")
@pytest.mark.parametrize("how", NEVER)
def test_what_never_ends_is_noticed(how: str, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "TOO_LONG_S", 0.5 if how == "busy" else 1_000)
    monkeypatch.setattr(mutants, "STILL_S", 0.5 if how == "still" else 1_000)
    monkeypatch.setattr(mutants, "LOOKS_S", 0.01)
    never = package / "test_never.py"
    never.write_text(f"def test() -> None:\n    {NEVER[how]}\n")
    assert not passes(None, [str(never)])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="bounds are changed here alone")
def test_what_stands_still_where_no_thread_can_look_is_ended_from_outside(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "LONGEST_S", 0.5)
    still = package / "test_still.py"
    # It keeps all other threads waiting.
    still.write_text("import ctypes\n\n\ndef test() -> None:\n    ctypes.PyDLL(None).pause()\n")
    began = time.monotonic()
    assert not passes(None, [str(still)])
    assert time.monotonic() - began < mutants.STILL_S
    found = mutants_of("wrong_shop")
    assert checking._survivors(found, [str(still)], print) == []  # pyright: ignore[reportPrivateUsage]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="bounds are changed here alone")
def test_a_lower_bound_of_the_system_is_left_as_it_is(package: Path) -> None:
    """And what never ends is noticed all the same."""
    program = (
        "import resource, sys\n"
        "from futures_async.testing import mutants\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (100, 100))\n"
        "mutants.STILL_S = 0.5\n"
        f"sys.exit(mutants.passes(None, [{str(package / 'test_still.py')!r}]))\n"
    )
    (package / "test_still.py").write_text(f"def test() -> None:\n    {NEVER['still']}\n")
    subprocess.run([sys.executable, "-c", program], check=True, timeout=mutants.STILL_S)


def test_the_command_tells_by_its_exit_code(package: Path) -> None:
    right = str(package / "test_right.py")
    assert mutants.main(["wrong_shop", right]) == 0
    assert mutants.main(["wrong_shop", str(package / "test_blind.py"), "--count", "1"]) == 1
    assert mutants.main(["wrong_shop", right, "--spot", "wrong_shop.words:1"]) == 0
    with pytest.raises(ModuleNotFoundError):
        mutants_of("no_such_shop")


def test_the_kinds_are_taken_in_turn_and_the_same_every_time() -> None:
    found = mutants_of("tests.newcomer.acme")
    some = chosen(found, 12)
    assert some == chosen(found, 12)
    assert len({mutant.change.kind for mutant in some}) == min(12, len({one.change.kind for one in found}) - 1)
    assert "condition" in {mutant.change.kind for mutant in chosen(found, 20, conditions=True)}
