"""Readings written out as Python source: the fewest steps that rows which are plainly good can be read in.

Whatever reads itself (`Source`) writes an expression of the `row` and of what is `given` beside it. Its value is what
the exact reading gives; where it raises one of `ODD`, that one judges. It is text, compiled once for each table:
closures, and passes over a column of many rows, take twice the time.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from decimal import DecimalException
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import force_setattr

from futures_async.unified.convert import ordinary
from futures_async.unified.errors import DecodeError

UNREAD: Final = msgspec.UNSET
"""Stands in a model's field until its first use."""
ODD = (DecimalException, TypeError, KeyError, ValueError, AttributeError, DecodeError)
"""What a quick reading ends with where a value is not plainly good; the exact one then judges it."""

_GETTER = """
def get(model):
    value = model.{kept}
    if value is UNREAD:
        row{given} = model.raw{its}
        try:
            value = {source}
        except ODD:
            value = closely(row, model._given)
        keep(model, {kept!r}, value)
    return value
"""


class Source(Protocol):
    """What reads itself."""

    def source(self, code: Code) -> str:
        """An expression for the value, or what raises one of `ODD`."""
        ...


class Code:
    """Source text under way: its constants, and what it has read already."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"ODD": ODD, "UNREAD": UNREAD, "ordinary": ordinary, "keep": force_setattr}
        self._read: dict[Source, str] = {}
        self._locals = 0

    def name(self, value: object) -> str:
        """A name for a constant."""
        found = f"c{len(self.names)}"
        self.names[found] = value
        return found

    def local(self) -> str:
        """The name of a new variable."""
        self._locals += 1
        return f"v{self._locals}"

    def value(self, part: Source) -> str:
        """An expression for a part; what was read on the way to here is not read twice."""
        if (known := self._read.get(part)) is not None:
            return known
        source = part.source(self)
        return source if source.isidentifier() else f"({self.keep(part)} := {source})"

    def keep(self, part: Source) -> str:
        """The name of the variable in which a part will be found from here on."""
        self._read[part] = self.local()
        return self._read[part]

    @contextmanager
    def branch(self) -> Generator[None]:
        """For what may not be reached: nothing after it can count on what is read in it."""
        before = dict(self._read)
        yield
        self._read = before

    def compiled(self, text: str) -> dict[str, Any]:
        """The functions that are defined in `text`, by name."""
        # Compiled before: where Ctrl-C comes while a text is compiled and run, `python -m` of CPython 3.11 ends by that
        # signal in the end, whoever has caught it meanwhile and whatever exit code was given.
        code = compile(text, "<futures_async.unified.quick>", "exec")
        exec(code, self.names)  # noqa: S102 - names of struct fields and of this class, nothing that was received
        return self.names


def getter(part: Source, kept: str, **names: Any) -> Any:
    """The getter of a model's field: reads it from `raw` at its first use.

    Args:
        part: What reads it.
        kept: The attribute in which the value is kept.
        names: `closely` reads the row and what is given exactly.
    """
    code = Code()
    code.names |= names
    source = part.source(code)
    given, its = (", given", ", model._given") if "given" in source else ("", "")
    return code.compiled(_GETTER.format(kept=kept, source=source, given=given, its=its))["get"]
