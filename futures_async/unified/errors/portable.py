"""What every exception here can do: travel to another process, be kept without its frames, be printed safely."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, ClassVar, Self, TypeVar

MAX_VENUE_TEXT = 200


def printable(text: str) -> str:
    """Cut a venue's text to a safe length and escape what could forge log lines or move a cursor."""
    cut = text if len(text) <= MAX_VENUE_TEXT else text[:MAX_VENUE_TEXT] + "…"
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in cut)


P = TypeVar("P", bound="Portable")


class Portable(Exception):
    """An exception that can be pickled and copied with all that stands in it, whatever its constructor takes.

    What it was raised from travels along where that is an error of this library too; a traceback never does.
    """

    _here: ClassVar[frozenset[str]] = frozenset()
    """Attributes that mean nothing in another process; a copy in this one shares them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args), self._state()

    def __setstate__(self, state: tuple[dict[str, Any], BaseException | None, bool] | dict[str, Any] | None) -> None:
        attributes, cause, suppressed = state if isinstance(state, tuple) else (state or {}, None, False)
        self.__dict__.update(attributes)
        self.__cause__ = cause
        self.__suppress_context__ = suppressed

    def __copy__(self) -> Self:
        new = _remade(type(self), self.args)
        new.__setstate__(self._state())
        return self._sharing(new)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        new = memo[id(self)] = _remade(type(self), deepcopy(self.args, memo))
        new.__setstate__(deepcopy(self._state(), memo))
        return self._sharing(new)

    def _sharing(self, new: P) -> P:
        new.__dict__.update((name, self.__dict__[name]) for name in self._here if name in self.__dict__)
        return new

    def _state(self) -> tuple[dict[str, Any], BaseException | None, bool]:
        attributes = {name: value for name, value in self.__dict__.items() if name not in self._here}
        cause = self.__cause__ if isinstance(self.__cause__, Portable) else None
        return attributes, cause, self.__suppress_context__


def _remade(kind: type[P], args: tuple[Any, ...]) -> P:
    return kind.__new__(kind, *args)  # which sets `args`; the constructor would ask for what is in the state


def at_rest(error: P) -> P:
    """A copy of an error that is kept, and causes likewise: without the frames that it came through, which hold all
    that its callers had at hand, and go on growing where it is told."""
    kept = copy(error)
    cause, refusal = kept.__cause__, getattr(kept, "refusal", None)
    if isinstance(cause, Portable):
        kept.__cause__ = at_rest(cause)
    if isinstance(refusal, Portable):
        kept.__dict__["refusal"] = kept.__cause__ if refusal is cause else at_rest(refusal)
    return kept
