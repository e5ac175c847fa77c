"""Payloads damaged in one spot: fields too many or too few, other types, words and numbers that are none."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec


def damaged(body: bytes, how: str, source: random.Random, *, inside: Sequence[str] = (), bare: bool = False) -> bytes:
    """JSON with one spot of its payload changed, or all of it.

    Args:
        body: An object: the envelope.
        how: `add-field`, `drop-field`, `other-type`, `nan`, `blank`, `new-word` or `null`.
        source: Chooses the spot.
        inside: In these parts of the envelope; none: in all that are objects or lists.
        bare: There is no envelope: all of it is payload.
    """
    tree = msgspec.json.decode(body)
    if bare:
        around = {"": tree}
        _change(around, how, source, ())
        return msgspec.json.encode(around[""])
    if isinstance(tree, dict):
        _change(cast("dict[str, Any]", tree), how, source, inside)
    return msgspec.json.encode(tree)


def _change(envelope: dict[str, Any], how: str, source: random.Random, inside: Sequence[str]) -> None:
    payloads = [
        name for name, value in envelope.items() if isinstance(value, dict | list) and (not inside or name in inside)
    ]
    if how == "null":
        for name in payloads:
            envelope[name] = None
        return
    objects = list[dict[str, Any]]()
    for name in payloads:
        _objects(envelope[name], objects)
    if not objects:
        return
    if how == "add-field":
        for found in objects:
            found["aFieldThatNobodyKnows"] = {"deep": [1, None, "x"]}
        return
    target = objects[source.randrange(len(objects))]
    if how == "drop-field":
        if target:
            del target[source.choice(sorted(target))]
        return
    if how == "other-type":
        for found in objects:
            found.update({name: _other_type(value) for name, value in found.items()})
        return
    fitting, instead = _SPOTS[how]
    spots = [(found, name) for found in objects for name, value in sorted(found.items()) if fitting(value)]
    if spots:
        found, name = source.choice(spots)
        found[name] = instead


def _other_type(value: Any) -> Any:
    """Texts of digits become numbers, and numbers texts; everything else stays."""
    if isinstance(value, str) and _DIGITS(value):
        return msgspec.Raw(value.encode())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return msgspec.json.encode(value).decode()
    return value


def _objects(tree: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(tree, dict):
        node = cast("dict[str, Any]", tree)
        found.append(node)
        for value in node.values():
            _objects(value, found)
    elif isinstance(tree, list):
        for value in tree:  # pyright: ignore[reportUnknownVariableType] - JSON
            _objects(value, found)


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and "." in value and value.replace(".", "", 1).lstrip("-").isdigit()


_DIGITS = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII).fullmatch
_SPOTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "nan": (_is_number, "NaN"),
    "blank": (lambda value: isinstance(value, str) and value != "", ""),
    "new-word": (lambda value: isinstance(value, str) and value.isalpha() and value.islower(), "aNewWord"),
}
"""Which values a mutation may hit, and what stands there then."""
