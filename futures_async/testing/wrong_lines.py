"""The changes that make an adapter wrong: each line of its tree that a tired author may get so, one after the other."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
