"""What was read cannot be used: no answer, one that is not what it should be, rows or changes that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from futures_async.unified.asked import asked_for
from futures_async.unified.errors.base import FuturesAsyncError


class RequestTimeout(FuturesAsyncError):
    """A read got no answer in time."""

    advice = "ask again"
    stale: bool = False
    """A kept connection was closed before any answer, as happens to idle ones: asking again at once is harmless."""


class BadResponse(FuturesAsyncError):
    """An answer came that cannot be used."""

    advice = "ask again; if it stays so, report it to this library"


class DecodeError(BadResponse):
    """The answer does not say what the venue documents; `path` names the field, never its value."""

    advice = "use the newest version of this library; if it stays so, report the field"

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class UnreadRow(msgspec.Struct, frozen=True):
    """A row of an answer that lacks what makes it one."""

    path: str
    """The venue's field that cannot be read."""
    problem: str
    """What is wrong with it."""
    raw: Any
    """The row as it came."""
    facts: dict[str, Any] = {}
    """What can be read of it, by the model's names: symbol, ids, side."""
    venue: str = ""
    """Id of the adapter that read it."""
    endpoint: str = ""
    """Method and path of the call that brought it, where it came as the answer to one."""

    @property
    def name(self) -> str:
        """The contract or the id, for messages; empty where neither can be read."""
        return next((str(self.facts[key]) for key in self.facts if key in _NAMES), "")

    def may_be(self, item: object) -> bool:
        """Whether it may be the row of this thing: all that can be read of what names it agrees."""
        return all(getattr(item, name, self.facts[name]) == self.facts[name] for name in _IDENTITY & self.facts.keys())

    def __repr__(self) -> str:
        # Without the row: a venue may repeat in it what it was sent.
        return f"UnreadRow({self.path}: {self.problem}, facts={self.facts!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("path", self.path), ("problem", self.problem), ("facts", self.facts)]


_NAMES = ("venue_symbol", "margin_coin", "order_id", "fill_id", "entry_id")
_IDENTITY = {*_NAMES, "side"}


class UnreadRows(DecodeError):
    """Some rows of a list cannot be read. `rows` are those that can, `unread` the others: nothing is left out."""

    advice = "`.rows` holds those that can be read, `.unread` these; the newest version of this library may read them"

    def __init__(self, message: str, *, rows: Sequence[Any] = (), unread: Sequence[UnreadRow] = ()) -> None:
        super().__init__(message, path=unread[0].path if unread else "")
        self.rows = list(rows)
        self.unread = tuple(unread)


SHOWN_ROWS = 3


def _from(row: UnreadRow) -> UnreadRow:
    """With where it is from, if that is not said yet and can be told."""
    raw: object = row.raw
    venue, endpoint = ("", "") if row.venue else asked_for(type(raw))
    return msgspec.structs.replace(row, venue=venue, endpoint=endpoint) if venue else row


def unread_rows(unread: Sequence[UnreadRow], rows: Sequence[Any] = ()) -> UnreadRows:
    """The error for rows of which some cannot be read: it names the first of these."""
    unread = [_from(row) for row in unread]
    shown = "; ".join(f"{row.name}: {row.problem}" if row.name else row.problem for row in unread[:SHOWN_ROWS])
    more = "" if len(unread) <= SHOWN_ROWS else f"; and {len(unread) - SHOWN_ROWS} more"
    endpoints = {row.endpoint for row in unread}
    where = " ".join(filter(None, (unread[0].venue, endpoints.pop() if len(endpoints) == 1 else "")))
    venue = f"{where}: " if where else ""
    count = (
        f"{len(unread)} of {len(rows) + len(unread)} rows" if rows else f"{len(unread)} row{'s' * (len(unread) > 1)}"
    )
    return UnreadRows(
        f"{venue}{count} cannot be read ({shown}{more})",
        rows=rows,
        unread=unread,
    )


class ResponseMismatch(BadResponse):
    """The answer belongs to another request, or describes another order than the one placed."""

    advice = "read what it is about again before you act on it"


class BodyTooLarge(BadResponse):
    """The answer is over the size cap; it was not read to the end."""

    advice = "ask for less: one symbol, a shorter time, a smaller limit"


class UnexpectedRedirect(BadResponse):
    """The answer points elsewhere. Redirects are never followed: headers carry credentials."""

    advice = "check base_url=, and what lies between here and the venue"


class IncompletePage(BadResponse):
    """The venue cannot return these rows without gaps; `rows` holds what was read, `unread` what could not be."""

    advice = "`.rows` holds what was read; ask for one symbol, or for a shorter time"

    def __init__(self, message: str, *, rows: Sequence[Any] = (), unread: Sequence[UnreadRow] = ()) -> None:
        super().__init__(message)
        self.rows = list(rows)
        self.unread = tuple(unread)


class StreamOverrun(FuturesAsyncError):
    """Who iterates over a watch was too slow: more fills or ended orders were waiting than it may hold."""

    advice = "open another watch, and take changes faster or give it a larger max_fills"
