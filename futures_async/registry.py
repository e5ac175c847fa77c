"""Adapters by id: found through entry points, so that another distribution can add a venue."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

from futures_async.credentials import Credentials
from futures_async.errors import InvalidRequest
from futures_async.exchange import FuturesExchange

GROUP = "futures_async.adapters"


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}


def venue_ids() -> list[str]:
    """Ids of the installed adapters."""
    return list(_entry_points())


def adapter_class(venue: str) -> type[FuturesExchange]:
    """The adapter class of a venue id, imported now.

    Raises:
        InvalidRequest: No such adapter is installed.
    """
    entry = _entry_points().get(venue)
    if entry is None:
        raise InvalidRequest(f"no adapter {venue!r}; installed are {', '.join(venue_ids())}")
    return cast("type[FuturesExchange]", entry.load())


def connect(venue: str, credentials: Credentials | None = None, **options: Any) -> FuturesExchange:
    """Make the adapter of a venue by its id: the same as calling its class.

    Args:
        venue: Adapter id, such as those of `venue_ids()`.
        credentials: None gives the public endpoints only.
        options: See `adapter.Options` and the adapter's own.

    Raises:
        InvalidRequest: Unknown id, or options that cannot be right.
    """
    factory = cast("Any", adapter_class(venue))
    return cast("FuturesExchange", factory(credentials, **options))
