"""No figure depends on the `decimal` settings of whoever calls: what Python's operators do with Decimals does.

`abs(x)`, `-x` and `sum(...)` round to the digits of the caller's context; `copy_abs()`, `EXACT.minus(x)` and
`unified.exact` do not. The contract suite reads every model, moves margin and closes under one digit; this is for what
it does not reach.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import futures_async

ROUNDING = {"abs", "sum"}
PACKAGE = Path(futures_async.__file__).parent
CLIENT_SIDES = [
    path
    for path in sorted((PACKAGE / "adapters").rglob("*.py"))
    if not any(part.startswith(("simulated", "_pyinstaller")) for part in path.relative_to(PACKAGE).parts)
]


def rounding(tree: ast.AST) -> Iterator[str]:
    """Where Python's own arithmetic is used with what may be a Decimal."""
    whole = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and _counts(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ROUNDING and id(node) not in whole:
            yield f"line {node.lineno}: {node.id}"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not _is_whole(node.operand):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _counts(call: ast.Call) -> bool:
    """`sum` of conditions."""
    return any(isinstance(given, ast.GeneratorExp) and isinstance(given.elt, ast.Compare) for given in call.args[:1])


def _is_whole(node: ast.AST) -> bool:
    """A literal, `int(...)`, or another library's constant."""
    match node:
        case ast.Constant():
            return True
        case ast.Call(func=ast.Name(id="int" | "len")):
            return True
        case ast.Attribute(attr=name):
            return name.isupper()
        case _:
            return False


@pytest.mark.parametrize("path", CLIENT_SIDES, ids=lambda path: str(path.relative_to(PACKAGE / "adapters")))
def test_no_adapter_reckons_in_the_callers_decimal_context(path: Path) -> None:
    assert list(rounding(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_check_sees_what_rounds() -> None:
    bad = "made(abs, amount); to_text(abs(moved)); -moved; sum(row.fee for row in rows); -_number(delta)"
    assert len(list(rounding(ast.parse(bad)))) == 5
    assert list(rounding(ast.parse("-1; -int(x); -zlib.MAX_WBITS; sum(x == y for y in z); x.copy_abs()"))) == []
