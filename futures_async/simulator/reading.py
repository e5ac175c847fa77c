"""What a request says, field by field; refused in the venue's words where it says it wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from futures_async.simulator.errors import InvalidClientId
from futures_async.simulator.lists import Wanted
from futures_async.simulator.refusals import VenueRefusal

T = TypeVar("T")


class Reader:
    """Reads the values of requests to one venue. A value that is missing, null or empty is None.

    Args:
        missing: The refusal of a request without a field, by its name.
        wrong: That of a value that is no number, or no word that is known; by name and (cut) value.
        not_whole: That of a value that is no whole number, by name; None: as `wrong`.
    """

    def __init__(
        self,
        missing: Callable[[str], VenueRefusal],
        wrong: Callable[[str, str], VenueRefusal],
        not_whole: Callable[[str], VenueRefusal] | None = None,
    ) -> None:
        self._missing = missing
        self._wrong = wrong
        self._not_whole = not_whole

    def required(self, values: Mapping[str, Any], *names: str) -> None:
        """Refuse when one of these is missing or empty."""
        for name in names:
            if values.get(name) in (None, ""):
                raise self._missing(name)

    def number(self, values: Mapping[str, Any], name: str) -> Decimal | None:
        """A number, as JSON or as text."""
        value = values.get(name)
        if value is None or value == "":
            return None
        try:
            parsed = Decimal(str(value))
        except InvalidOperation:
            raise self._wrong(name, str(value)[:40]) from None
        if not parsed.is_finite():
            raise self._wrong(name, str(value)[:40])
        return parsed

    def needed_number(self, values: Mapping[str, Any], name: str) -> Decimal:
        """A number that must be there."""
        found = self.number(values, name)
        if found is None:
            raise self._missing(name)
        return found

    def whole(self, values: Mapping[str, Any], name: str) -> int | None:
        """A whole number, as ids and times are sent."""
        value = values.get(name)
        if value is None or value == "":
            return None
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise self._wrong(name, text[:40]) if self._not_whole is None else self._not_whole(name)
        return int(text)

    def either(
        self, values: Mapping[str, Any], own: str, ours: str, refusal: VenueRefusal
    ) -> tuple[int | None, str | None]:
        """The venue's id of an order and the caller's; refused where neither is there."""
        order_id, client_id = self.whole(values, own), values.get(ours) or None
        if order_id is None and client_id is None:
            raise refusal
        return order_id, client_id

    def client_id(self, values: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str | None:
        """The caller's id of an order, in the form that the venue takes.

        Raises:
            InvalidClientId: In another; its text is the name of the field.
        """
        text = values.get(name)
        if text in (None, ""):
            return None
        if not isinstance(text, str) or not form.fullmatch(text):
            raise InvalidClientId(name)
        return text

    def word(self, values: Mapping[str, Any], name: str, allowed: Iterable[str], default: str | None = None) -> str:
        """One of some words, in lower case."""
        value = values.get(name)
        if value in (None, "") and default is not None:
            return default
        if not isinstance(value, str) or value.lower() not in allowed:
            raise self._wrong(name, str(value)[:40])
        return value.lower()

    def pick(self, values: Mapping[str, Any], name: str, table: Mapping[str, T], default: str | None = None) -> T:
        """What one of the table's words stands for: as it is written there, or in lower case."""
        value = values.get(name)
        return (
            table[value]
            if isinstance(value, str) and value in table
            else table[self.word(values, name, table, default)]
        )

    def maybe(self, values: Mapping[str, Any], name: str, table: Mapping[str, T]) -> T | None:
        """The same of a field that may be missing."""
        return self.pick(values, name, table) if values.get(name) else None

    def wanted(
        self,
        values: Mapping[str, Any],
        symbols: Container[str] | None,
        most: int = 100,
        /,
        *,
        default: int | None = None,
        oldest_ms: int | None = None,
        since: str = "startTime",
        until: str = "endTime",
        before: str = "",
        limit: str = "limit",
        order_id: str = "",
        client_id: str = "",
    ) -> Wanted:
        """Which rows of a list are asked for, by the names of the fields that say so: of two ids the venue's counts. On
        a page there are `most`, and `default` where no number is named; before `oldest_ms` nothing is kept."""
        number, since_ms = self.whole(values, order_id), self.whole(values, since)
        return Wanted(
            symbols=symbols,
            since_ms=since_ms if oldest_ms is None else max(since_ms or 0, oldest_ms),
            until_ms=self.whole(values, until),
            order_id=number,
            client_id=values.get(client_id) or None if number is None else None,
            before_id=self.whole(values, before),
            limit=min(self.whole(values, limit) or default or most, most),
        )

    def objects(self, values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        """A list of JSON objects."""
        found: list[Any] = values[name] if isinstance(values.get(name), list) else [None]
        if not all(isinstance(item, dict) for item in found):
            raise self._missing(name)
        return found
