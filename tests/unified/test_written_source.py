"""What tables are written out as takes no value from a row before: whatever way a row goes, what it uses is set."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from futures_async.unified.quick import Code, getter
from tests.fuzz.tables import TABLES, Table

Known = frozenset[str]


class Unset:
    """Finds variables of `Code.local` that are used where they may not have been set."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        for function in ast.parse(text).body:
            assert isinstance(function, ast.FunctionDef)
            self.body(function.body, frozenset())

    def body(self, lines: Sequence[ast.stmt], known: Known) -> Known:
        """What is set after these lines."""
        for line in lines:
            match line:
                case ast.If(test=test, body=body):
                    yes, no = self.value(test, known)
                    after = self.body(body, yes)
                    known = no if isinstance(body[-1], (ast.Continue, ast.Raise)) else after & no
                case ast.For(iter=rows, body=body):
                    known = self.both(rows, known)
                    self.body(body, known)
                case ast.Try(body=body, handlers=handlers):
                    self.body(body, known)
                    for handler in handlers:
                        self.body(handler.body, known)
                case _:
                    known = self.both(line, known)
        return known

    def both(self, node: ast.AST, known: Known) -> Known:
        yes, no = self.value(node, known)
        return yes & no

    def value(self, node: ast.AST, known: Known) -> tuple[Known, Known]:
        """What is set where the value is true, and where it is false."""
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                if name[0] == "v" and name[1:].isdigit() and name not in known:
                    self.names.append(name)
            case ast.NamedExpr(target=target, value=value):
                known = self.both(value, known) | {target.id}
            case ast.Assign(targets=targets, value=value):
                known = self.both(value, known)
                known |= {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yes, no = self.value(operand, known)
                return no, yes
            case ast.BoolOp(op=op, values=values):
                going, ended = self.going(op, self.value(values[0], known))
                for value in values[1:]:
                    going, left = self.going(op, self.value(value, going))
                    ended &= left
                return self.going(op, (going, ended))
            case ast.IfExp(test=test, body=body, orelse=other):
                yes, no = self.value(test, known)
                (one, nothing), (another, none) = self.value(body, yes), self.value(other, no)
                return one & another, nothing & none
            case _:
                for child in ast.iter_child_nodes(node):
                    known = self.both(child, known)
        return known, known

    def going(self, op: ast.boolop, ways: tuple[Known, Known]) -> tuple[Known, Known]:
        """`and` goes on where a value is true, `or` where it is false."""
        return ways if isinstance(op, ast.And) else (ways[1], ways[0])


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    compiled: Callable[[Code, str], dict[str, Any]] = Code.compiled

    def kept(code: Code, text: str) -> dict[str, Any]:
        texts.append(text)
        return compiled(code, text)

    monkeypatch.setattr(Code, "compiled", kept)
    return texts


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_table_uses_what_may_not_have_been_read(table: Table, written: list[str]) -> None:
    table.reading._code()  # pyright: ignore[reportPrivateUsage]
    for name, column in table.reading.columns.items():
        getter(column, f"_kept_{name}")
    assert len(written) == 1 + len(table.reading.columns)
    assert [Unset(text).names for text in written] == [[]] * len(written)


@pytest.mark.parametrize(
    ("expression", "unset"),
    [
        ("(v1 := row.a) and v1", []),
        ("v1 and (v1 := row.a)", ["v1"]),
        ("v1 if (v1 := row.a) is not None else v1", []),
        ("v1 if row.b and (v1 := row.a) else 0", []),
        ("v1 if row.b or (v1 := row.a) else v1", ["v1"]),
        ("(row.a if row.b else (v1 := row.c)) or v1", ["v1"]),
        ("0 if not (row.b and (v1 := row.a)) else v1", []),
    ],
)
def test_what_may_not_have_been_read_is_found(expression: str, unset: list[str]) -> None:
    assert Unset(f"def get(row, given):\n    return {expression}").names == unset
