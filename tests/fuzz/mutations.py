"""Seeded changes to recorded answers that know JSON's structure and what breaks readers of money."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, cast

LEAVES: tuple[Any, ...] = (
    None, True, False, "", " ", "0", "-0", "-1", "1", "NaN", "sNaN", "-nan", "Infinity", "-Infinity", "inf", "1_000",
    "１２", "١٢", " 1.5 ", "1e999999", "1E-999999", "1e40", "1e41", "9" * 61, "9" * 5000, "0x10", "1,5", "1.5.5",
    "null", "BTCUSDT", "buy", "sell", "long", "short", "live", "🙂", "\x00", "a\nb", "\ud800", "x" * 10_000,
    0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**40, -(10**300), 0.1, -0.0, 1e308, [], {}, [None], [[]], {"a": {}},
)  # fmt: skip
RAW: tuple[str, ...] = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "1E400",
    "-",
    "1" * 400,
    "0.1e-400",
    "1e-99999999",
    "tru",
)
JUNK = (b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\xef\xbb\xbf", b"\x00", b'"', b"}", b"[", b",,", b"\xf0")
OTHERS = (b"", b"null", b"[]", b"{}", b'""', b"0", b"true", b"<html>502</html>", b"\x1f\x8b\x08", b'{"code":"0"}')
MARK = "\u2063raw\u2063"
ESCAPED = MARK.encode("unicode_escape").decode()


def _keys(value: object) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value))
    return list(range(len(cast("list[object]", value)))) if isinstance(value, list) else []


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a document with every key or index of it."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        for key in _keys(each):
            found.append((each, key))
            waiting.append(each[key])
    return found


def _change(document: Any, draw: random.Random) -> None:
    places = _places(document)
    if not places:
        return
    holder, key = draw.choice(places)
    how = draw.randrange(10)
    if how < 5:
        holder[key] = copy.deepcopy(draw.choice(LEAVES))
    elif how == 5:
        holder[key] = MARK + draw.choice(RAW)
    elif how == 6:
        del holder[key]
    elif how == 7:  # a value from elsewhere in the document
        other, name = draw.choice(places)
        try:
            holder[key] = copy.deepcopy(other[name])
        except (KeyError, IndexError):
            return
    elif how == 8 and isinstance(key, int):
        holder.extend(copy.deepcopy(holder[key]) for _ in range(draw.choice((1, 2, 50))))
    elif isinstance(key, str):
        holder[draw.choice(("", "x", key.upper(), f"{key} "))] = holder.pop(key)
    else:
        holder[key] = [holder[key]]


def _cut(body: bytes, draw: random.Random) -> bytes:
    return body[: draw.randrange(len(body) + 1)]


def _flip(body: bytes, draw: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(draw.choice((1, 1, 3, 10))):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _insert(body: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(body) + 1)
    return body[:at] + draw.choice(JUNK) + body[at:]


def _deep(body: bytes, draw: random.Random) -> bytes:
    levels = draw.choice((65, 600, 3000))
    opened, closed = draw.choice(((b"[", b"]"), (b'{"data":', b"}")))
    return opened * levels + body + closed * draw.choice((levels, 0))


def _repeat_key(body: bytes, draw: random.Random) -> bytes:
    return body[:-1] + draw.choice((b',"code":"1","data":null}', b',"data":[]}', b',"code":1}'))


def _swap(body: bytes, draw: random.Random) -> bytes:
    return draw.choice((*OTHERS, body * 2))


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_cut, _flip, _insert, _deep, _repeat_key, _swap)


def mutated(body: bytes, draw: random.Random) -> bytes:
    """A document with something wrong: three times in four in its structure, else in its bytes."""
    if draw.random() >= 0.75:
        return draw.choice(BYTES)(body, draw)
    document = json.loads(body)
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        _change(document, draw)
    text = json.dumps(document)
    if ESCAPED in text:
        for raw in RAW:
            text = text.replace(f'"{ESCAPED}{raw}"', raw)
    return text.encode()
