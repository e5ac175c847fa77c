"""One account as it was found, and the words that describe it, wherever it was found.

Nothing here raises: a traceback that shows locals would show the frame's keys. What is wrong is returned as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from futures_async.registry import adapter_class, venue_ids
from futures_async.trading.options import Option, declared
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.words import near

OPTIONAL = ("passphrase", "memo")
"""Parts that some venues' keys have."""
PARTS = ("key", "secret", *OPTIONAL, "uid")
"""The words of `Credentials`."""


class Source(NamedTuple):
    """One account that can be opened."""

    name: str
    venue: str
    credentials: Credentials
    options: dict[str, Any]
    place: str
    """Where it was found, as errors say it."""

    def __repr__(self) -> str:
        # An option may hold a secret, as the URL of a proxy does.
        return f"Source({self.name!r}, {self.venue!r}, options={list(self.options)})"


def plain_options(venue: str) -> Mapping[str, Option] | None:
    """The options of an adapter that can be written down; None: it does not say which it has."""
    takes = getattr(adapter_class(venue), "takes", None)
    if takes is None:
        return None
    return {name: option for name, option in declared(takes).items() if option.plain}


def read_account(name: str, place: str, table: Mapping[str, Any]) -> Source | str:
    """The account that a table of words describes, or what is wrong with it.

    Args:
        name: The account's; its venue, where the table does not say which.
        place: For the message.
        table: `venue`, the parts of the credentials, the options of the venue's adapter.
    """
    venue = table.get("venue", name)
    if venue not in venue_ids():
        if "venue" not in table:
            return f"venue is missing, and {name[:40]!r} is none: {near(name, venue_ids())}"
        return f"venue {str(venue)[:40]!r} is none: {near(str(venue), venue_ids())}"
    options = plain_options(venue)
    if options is not None:
        words = ["venue", *PARTS, *options]
        for word in table:
            if word not in words:
                return f"unknown word {word[:40]!r}: {near(word, words)}"
    for part in PARTS:
        if not isinstance(table.get(part, ""), str):
            return f"{part} must be text in quotes"
    for part in ("key", "secret"):
        if part not in table:
            return f"{part} is missing"
    try:
        credentials = Credentials(**{part: table[part] for part in PARTS if part in table})
    except InvalidRequest as error:
        return str(error)
    own = {word: value for word, value in table.items() if word != "venue" and word not in PARTS}
    return Source(name, venue, credentials, own, place)
