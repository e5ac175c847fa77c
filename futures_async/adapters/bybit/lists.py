"""The venue's lists: by contract, by settlement coin or by category, page by page, and by windows of seven days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import unread_of, windows
from futures_async.adapters._rows import Named, listed, same_name
from futures_async.adapters.bybit import endpoints, wire
from futures_async.adapters.bybit.options import Market
from futures_async.adapters.bybit.symbols import CATEGORIES, Category, category_of, named, settle_of

M = TypeVar("M", bound=fa.Model)
R = TypeVar("R")
Asked = dict[str, str | int | None]


class Scope(NamedTuple):
    """What one list is asked for."""

    params: Asked
    fits: Callable[[Any], bool]
    """Whether a row can be of it: another one is the answer to another question."""


def of_contract(name: str) -> Scope:
    """Of one contract."""

    def fits(row: Named) -> bool:
        return same_name(row.symbol, name)

    return Scope({"category": category_of(name), "symbol": name}, fits)


def of_category(category: Category) -> Scope:
    """Of all its contracts."""

    def fits(row: Named) -> bool:
        name = named(row.symbol) if isinstance(row.symbol, str) else None
        return name is None or not name.settle or name.category == category

    return Scope({"category": category}, fits)


def of_market(market: Market) -> Scope:
    """Of all contracts that settle in a coin, or of the inverse ones: linear reads want to be told a coin."""
    if market == "inverse":
        return of_category("inverse")

    def fits(row: Named) -> bool:
        return not isinstance(row.symbol, str) or settle_of(row.symbol) in ("", market)

    return Scope({"category": "linear", "settleCoin": market}, fits)


def following(answer: wire.WireRows[Any], cursor: str | None, *, blank: bool = False) -> str | None:
    """Where the next page begins; None at the end.

    Cursors come percent-encoded, and are encoded again as queries are written: so they are kept decoded. One is there
    on the last page too, so that only an empty page, or one that names itself, is the end; where pages may be `blank`,
    only the latter.
    """
    if not blank and not listed(answer.rows) and not unread_of(answer.rows):
        return None
    found = unquote(answer.next_page_cursor or "")
    return found if found and found != cursor else None


class Lists(fa.Adapter):
    """Reads lists."""

    _markets: tuple[Market, ...]

    def _scopes(self, name: str | None) -> list[Scope]:
        """One list for each kind of contracts that is read, or that of one contract."""
        return [of_contract(name)] if name is not None else [of_market(market) for market in self._markets]

    def _categories(self, name: str | None) -> list[Scope]:
        """The same of the past, which needs no coin to be named."""
        if name is not None:
            return [of_contract(name)]
        wanted = {"inverse" if market == "inverse" else "linear" for market in self._markets}
        return [of_category(category) for category in CATEGORIES if category in wanted]

    async def _rows(
        self, endpoint: fa.Endpoint[wire.WireRows[R]], scope: Scope, asked: Asked | None = None
    ) -> wire.WireRows[R]:
        """One answer, of what was asked; one that is of something else altogether is asked for once more."""

        def about(answer: wire.WireRows[R]) -> bool:
            return not answer.rows or any(map(scope.fits, answer.rows))

        answer = await self._call(endpoint, {**scope.params, **(asked or {})}, about=about)
        rows = listed(answer.rows)
        if all(map(scope.fits, rows)):
            return answer
        return msgspec.structs.replace(answer, rows=fa.Rows(filter(scope.fits, rows)).without(unread_of(rows)))

    async def _all_rows(self, endpoint: fa.Endpoint[wire.WireRows[R]], scope: Scope, size: int) -> fa.Rows[R]:
        """All rows of a list that the venue keeps whole, as they came; a list of one contract is one page."""
        found: list[R] = []
        unread: tuple[fa.UnreadRow, ...] = ()
        seen: set[str | None] = set()
        cursor: str | None = None
        while cursor not in seen:
            seen.add(cursor)
            answer = await self._rows(endpoint, scope, {"limit": size, "cursor": cursor})
            found += listed(answer.rows)
            unread += unread_of(answer.rows)
            cursor = following(answer, cursor)
            if cursor is None or "symbol" in scope.params:
                break
        return fa.Rows(found).without(unread)

    def _pages(
        self, endpoint: fa.Endpoint[wire.WireRows[R]], scope: Scope, size: int, reading: fa.Reading[R, M], **asked: str
    ) -> fa.FetchPage[M]:
        """A list that the venue keeps whole, by its cursor."""

        async def page(query: fa.PageQuery, cursor: str | None) -> fa.Page[M]:
            answer = await self._rows(endpoint, scope, {**asked, "limit": size, "cursor": cursor})
            rows, unread = reading.each(answer.rows)
            return fa.Page(rows, following(answer, cursor), unread)

        return page

    def _asking(
        self, endpoint: fa.Endpoint[wire.WireRows[R]], scope: Scope, reading: fa.Reading[R, M], **asked: str
    ) -> windows.Ask[M]:
        """One of the venue's lists of the past, asked page by page."""

        async def ask(bounds: windows.Bounds) -> windows.Part[M]:
            answer = await self._rows(endpoint, scope, {**asked, **bounds.named(*endpoints.BOUNDS)})
            rows, unread = reading.each(answer.rows)
            return windows.Part(rows, following(answer, bounds.cursor), unread)

        return ask
