"""What processes that share reads tell each other: questions, answers, and errors as they travel."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from futures_async.unified import errors
from futures_async.unified.errors import FuturesAsyncError, UnreadRow


class Failure(msgspec.Struct, frozen=True):
    """An error, as it travels."""

    kind: str
    text: str
    facts: dict[str, Any]


class Found(msgspec.Struct, frozen=True):
    """What a leader read."""

    field: str
    lease: str
    asked_ago_s: float
    value: msgspec.Raw
    failure: Failure | None = None
    unread: list[UnreadRow] = []
    """Rows that could not be read; without these rows, as all models travel."""
    live: bool = False
    """It is the picture that a stream keeps."""


class Wanted(msgspec.Struct, frozen=True):
    """What another process wants."""

    field: str
    max_age_s: float
    follow: bool = False
    """A read under way that was begun earlier than that will not do. Not so when the question is asked again: the read
    that it began before will."""
    refresh_s: float | None = None
    """A picture that a stream keeps is to be compared with a read, unless the last one is no older."""


_FACTS = (
    "message",
    "venue",
    "code",
    "endpoint",
    "http_status",
    "retryable",
    "retry_after_s",
    "until_ms",
    "path",
    "kind",
    "advice",
)


def named(row: UnreadRow) -> UnreadRow:
    """A row that could not be read, without itself: as all models travel."""
    facts = {name: str(value) for name, value in row.facts.items() if isinstance(value, str)}
    return UnreadRow(row.path, row.problem, None, facts, row.venue)


def failure_as_told(error: Exception) -> Failure:
    """An error, to be sent."""
    facts = {name: value for name in _FACTS if isinstance(value := getattr(error, name, None), (str, int, float))}
    return Failure(type(error).__name__, error.text if isinstance(error, FuturesAsyncError) else str(error), facts)


def error_of(failure: Failure) -> FuturesAsyncError:
    """The same error, as far as it is one of the library's own."""
    kind: Any = getattr(errors, failure.kind, None)
    if not isinstance(kind, type) or not issubclass(kind, FuturesAsyncError):
        return FuturesAsyncError(failure.text)
    try:
        takes: tuple[str, ...] = tuple(inspect.signature(kind).parameters)[1:]
    except ValueError:  # one without a constructor of its own takes the text alone
        takes = ()
    try:
        error: FuturesAsyncError = kind(
            failure.text, **{name: value for name, value in failure.facts.items() if name in takes}
        )
    except (TypeError, ValueError):
        return FuturesAsyncError(failure.text)
    error.args = (failure.text,)  # which constructors put together from the facts
    for name, value in failure.facts.items():
        setattr(error, name, value)
    return error
