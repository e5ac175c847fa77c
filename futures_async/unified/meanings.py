"""What words mean, remembered: venues have few of them, and many rows that say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import reduce
from typing import Any

from futures_async.unified.column import Column, TextColumn
from futures_async.unified.composed import Needed
from futures_async.unified.quick import ODD, Code

MOST = 20_000
"""Choices of words that a table remembers the meaning of."""
SAID = {str, type(None)}


class Meanings:
    """What is made of words and names alone, of the facts or of parts of them: the same for the same words, and venues
    have few. One look-up brings all of it.
    """

    def __init__(self, facts: Iterable[Column]) -> None:
        found = [column for fact in facts for column in _worded(fact)]
        # A bare text is read as fast as it is looked up, and there may be one for each row.
        self._names = sorted({name for column in found if not _bare(column) for name in column.words() or ()})
        self._columns = [column for column in dict.fromkeys(found) if (column.words() or set()) <= {*self._names}]
        # By the first word, by the second, …: a tuple of them would be made, and hashed, for every row.
        self._known: dict[str | None, Any] = {}
        self._count = 0

    def source(self, code: Code) -> str:
        """Source that looks them up; raises `KeyError` where a row's words are new."""
        if not self._names:
            return ""
        values = "".join(f"{code.keep(column)}, " for column in self._columns)
        return f"{values}= {code.name(self._known)}{''.join(f'[row.{name}]' for name in self._names)}"

    def learn(self, row: Any) -> None:
        """Remember what a row's words mean, where they can be read."""
        key = tuple(getattr(row, name) for name in self._names)
        # Text and None only: true would be found under 1.
        if not SAID.issuperset(map(type, key)):
            return
        with suppress(*ODD):
            meanings = tuple(column.of(row, None) for column in self._columns)
            if self._count >= MOST:
                self._known.clear()
                self._count = 0
            *words, last = key
            known = reduce(lambda known, word: known.setdefault(word, {}), words, self._known)
            self._count += last not in known
            known[last] = meanings


def _worded(column: Column) -> Iterator[Column]:
    """The largest parts that are made of words alone."""
    if column.words():
        yield column
    else:
        yield from (one for part in column.parts if isinstance(part, Column) for one in _worded(part))


def _bare(column: Column) -> bool:
    return isinstance(column, TextColumn) or (isinstance(column, Needed) and _bare(column.column))
