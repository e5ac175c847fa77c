"""A17: changes one spot of the classifier or the resolver at a time, and says which changes no test notices.

    python -m tests.mutation                      # all of TARGETS, every spot: a nightly job
    python -m tests.mutation adapters             # one line of each adapter at a time: `tests/wrong_adapters.py`
    python -m tests.mutation adapters bitmart     # of one adapter
    python -m tests.mutation search               # one module
    python -m tests.mutation answers --spot 17    # one change, with the tests' output

The change is made as the module is imported, in a process of its own; no file is touched.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from futures_async.testing.mutants import change_on_import
from tests import wrong_adapters

ROOT = Path(__file__).parents[1]
PURE = (
    "tests/transport/test_answers.py",
    "tests/transport/test_retry.py",
    "tests/transport/test_fault_matrix.py",
    "tests/transport/test_verdicts.py",
    "tests/trading",
)
ORDERS = (
    "tests/trading",
    "tests/rig/test_orders.py::test_no_order_is_doubled_lost_or_made_up",
)
TARGETS = {"answers": (*PURE, "tests/rig/test_swaps.py"), "retry": PURE, "search": ORDERS}
WINGS = {"answers": "transport", "retry": "transport", "search": "trading"}
UNCHANGED = -1
SAME = {
    # Changes that change nothing that could be seen, and why.
    "search: runtime.now() + absent_at",  # after an absence the next reading is a second later anyway
    "answers: if not isinstance(problem, msgspec.ValidationError): pass",  # nor is there an envelope then
    "answers: definitive=True",  # of a code at HTTP 5xx, which proves nothing whatever it says
    "retry: gateway_429=True",  # of what was never sent, which is no 429
    "retry: frozen=False",
    "retry: kw_only=False",
}
FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
EDGES: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def changes(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Makes one change after the other in place, and takes each back: line, and what was done."""
    names = {id(node.value): f"{node.arg}=" for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            kept = node.ops[0]
            for table in (FLIPS, EDGES):
                if type(kept) in table:
                    node.ops[0] = table[type(kept)]()
                    yield node.lineno, f"{ast.unparse(node)}"
            node.ops[0] = kept
        elif isinstance(node, ast.BoolOp):
            kept_op = node.op
            node.op = ast.Or() if isinstance(kept_op, ast.And) else ast.And()
            yield node.lineno, ast.unparse(node)
            node.op = kept_op
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            operand = node.operand
            node.operand = ast.UnaryOp(op=ast.Not(), operand=operand)
            yield node.lineno, ast.unparse(node)
            node.operand = operand
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            kept_bin = node.op
            node.op = ast.Sub() if isinstance(kept_bin, ast.Add) else ast.Add()
            yield node.lineno, ast.unparse(node)
            node.op = kept_bin
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            node.value = not node.value
            yield node.lineno, f"{names.get(id(node), '')}{node.value}"
            node.value = not node.value
        elif isinstance(node, ast.If):
            body = node.body
            node.body = [ast.copy_location(ast.Pass(), body[0])]
            yield node.lineno, f"if {ast.unparse(node.test)}: pass"
            node.body = body


def run_changed(module: str, spot: int) -> int:
    """Run the module's tests in this process, with one change; `UNCHANGED` is none."""
    import pytest

    if spot != UNCHANGED:
        change_on_import(f"futures_async.{WINGS[module]}.{module}", spot, changes)
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", *TARGETS[module]]))


def passes(module: str, spot: int) -> bool:
    """Whether the tests take this for right; what never ends is noticed too."""
    command = [sys.executable, "-m", "tests.mutation", module, "--spot", str(spot)]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, check=False, timeout=120, env={**os.environ, "CI": ""}
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def survivors(module: str) -> list[str]:
    """Changes that no test noticed.

    Raises:
        RuntimeError: The tests fail as it is, so that every change would look noticed.
    """
    if not passes(module, UNCHANGED):
        raise RuntimeError(f"{module}: its tests fail without any change")
    source = (ROOT / "futures_async" / WINGS[module] / f"{module}.py").read_text(encoding="utf-8")
    spots = [(line, what) for line, what in changes(ast.parse(source))]
    found: list[str] = []
    for spot, (line, what) in enumerate(spots):
        if passes(module, spot) and f"{module}: {what}" not in SAME:
            found.append(f"{module}.py:{line} [{spot}]: {what}")
            print("survives", found[-1], flush=True)
    print(f"{module}: {len(spots) - len(found)} of {len(spots)} changes noticed", flush=True)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("module", nargs="*", default=list(TARGETS))
    parser.add_argument("--spot", type=int)
    options = parser.parse_args()
    if options.module[0] == "adapters":
        sys.exit(wrong_adapters.main(options.module[1:]))
    if options.spot is not None:
        sys.exit(run_changed(options.module[0], options.spot))
    sys.exit(bool([line for name in options.module for line in survivors(name)]))
