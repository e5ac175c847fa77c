"""One odd row takes no other away: every odd value in every field of every list of the adapters."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
import pytest

from futures_async.adapter import Adapter
from futures_async.transport.http.backend import HttpBackend, HttpRequest, HttpResponse
from futures_async.unified.errors import DecodeError, UnreadRow, UnreadRows
from futures_async.unified.models import Model
from futures_async.unified.models.base import kind_of
from futures_async.unified.rows import unread_of
from tests.adapters.odd_rows import LISTS, Lists
from tests.security.cases import CASES, WALLET

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parents[1] / "data"
MISSING = "(missing)"
UNSAID: tuple[Any, ...] = ("", None, MISSING)
FLAGS = ("postOnly", "maker", "isTrigger")
"""True says something good there, which a model has another word for."""
ODD: tuple[Any, ...] = (*UNSAID, "--", "NaN", "-Infinity", "1.2,1.3", "new_word", True, {"a": 1}, [1], -5)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def on_one_page(document: Any) -> Any:
    """Without a cursor, behind which the same page would come again."""
    return {**document, "result": {**document["result"], "nextPageCursor": ""}}


def of_none(document: Any) -> Any:
    """The list of contracts before their listing."""
    return {**document, "result": {**document["result"], "list": []}}


class Answering(HttpBackend):
    """Answers each path with one document, made just now."""

    name = "answering"

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, Any] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url).path
        said: Any = json.loads(request.body) if request.body.startswith(b"{") else {}
        document: Any = self.documents[f"{path} {said['type']}" if "type" in said else path]
        if "requestTime" in document:
            document = {**document, "requestTime": int(time.time() * 1000)}
        if "retCode" in document:
            document = of_none(document) if "status=PreLaunch" in request.url else on_one_page(document)
            document |= {"time": int(time.time() * 1000)}
        return HttpResponse(status=200, headers={}, body=json.dumps(document).encode())

    async def aclose(self) -> None: ...


class Desk:
    """One list call, whose answer's rows are chosen."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        folder = DATA / lists.venue.replace("-", "_")
        self.document = json.loads((folder / f"{lists.file}.json").read_bytes())
        self.backend = Answering()
        for path, file in lists.files.items():
            self.backend.documents[path] = json.loads((folder / f"{file}.json").read_bytes())
        case = next(case for case in (*CASES, WALLET) if case.id == lists.venue)
        self.exchange: Adapter = case.open("http://127.0.0.1:1", http=self.backend)
        self.around: dict[str, Any] = self._holder()[0]
        self.first: dict[str, Any] = self.around[lists.inner] if lists.inner else self.around
        self.last_key = 0

    def _holder(self, document: Any = None) -> list[Any]:
        found = self.document if document is None else document
        for part in filter(None, self.lists.rows.split(".")):
            found = found[int(part) if part.isdigit() else part]
        return cast("list[Any]", found)

    def row(self, **changes: Any) -> dict[str, Any]:
        """The recorded row under a key of its own, with changes."""
        self.last_key += 1
        key = self.first[self.lists.key]
        own = int(key) + self.last_key if isinstance(key, int) or str(key).isdigit() else f"A{self.last_key}{key}"
        row = {**self.first, self.lists.key: own if isinstance(key, int) else str(own), **changes}
        return {name: value for name, value in row.items() if value != MISSING}

    async def read(self, rows: list[Any]) -> tuple[list[Any], list[UnreadRow]]:
        """What the call makes of these rows: those that it reads, and the others."""
        document = json.loads(json.dumps(self.document))
        self._holder(document)[:] = [
            {**self.around, self.lists.inner: row} if self.lists.inner and isinstance(row, dict) else row
            for row in rows
        ]
        self.backend.documents[self.lists.path] = document
        call = getattr(self.exchange, self.lists.call)(**self.lists.arguments)
        found: list[Any] = []
        try:
            if self.lists.call.startswith("iter_"):
                async for item in call:
                    found.append(item)  # noqa: PERF401 - those before the error count
            else:
                found = await call
        except UnreadRows as error:
            assert self.lists.call.startswith("iter_") or not found
            return found or error.rows, list(error.unread)
        unread = list(unread_of(found))
        if self.lists.rank:
            found = [msgspec.structs.replace(one, **dict.fromkeys(self.lists.rank.split())) for one in found]
        return found, unread


def shown(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """The fields of a model, or of a row of the venue's."""
    names = kind_of(value).__struct_fields__ if isinstance(value, Model) else value.__struct_fields__
    return ((name, getattr(value, name)) for name in names if name not in ("raw", "unread"))


def says(value: Any, odd: Any) -> bool:
    """Whether a field shows the odd value itself, which then is a good one here: a name, a word of the venue's own."""
    if isinstance(value, str):
        return str(odd).lower() in value.lower()
    return isinstance(value, (Decimal, int)) and not isinstance(odd, (dict, list)) and str(value) == str(odd)


def settled(untouched: Any, found: Any, field: str, odd: Any) -> None:
    """An odd value in a row that is read all the same: nothing is made of it, or it is named."""
    changed = {
        name: value for (name, value), (_, was) in zip(shown(found), shown(untouched), strict=True) if value != was
    }
    unread = getattr(found, "unread", ())
    if not changed or odd in UNSAID or any(re.split(r"[.\[]", path)[0] == field for path in unread):
        return
    if odd is True and field in FLAGS:
        return
    # A negative number is a good one in many places, and means "none" in others.
    assert any(says(value, odd) for value in changed.values()) or odd == -5, f"{field}={odd!r} became {changed}"


@pytest.mark.parametrize("lists", LISTS, ids=str)
async def test_an_odd_value_in_any_field_takes_no_other_row_away(
    lists: Lists, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(lists)
    before, after = desk.row(), desk.row()
    good, none = await desk.read([before, after])
    assert (len(good), none) == (2, [])
    for field in desk.first:
        for odd in ODD:
            untouched, odd_row = desk.row(), None
            odd_row = {**untouched, field: odd}
            if odd == MISSING:
                del odd_row[field]
            caplog.clear()
            with caplog.at_level(logging.WARNING, "futures_async"):
                found, unread = await desk.read([before, odd_row, after])
            where = f"{field}={odd!r}"
            assert [one for one in good if one not in found] == [], where
            others = [one for one in found if one not in good]
            assert len(others) + len(unread) == 1 or not others, where
            if unread:
                assert len(unread) == 1, where
                assert unread[0].path, where
                assert unread[0].raw is not None, where
                assert bool(caplog.records) is lists.reference, where
            elif others:
                [whole], _ = await desk.read([untouched])
                settled(whole, others[0], field, odd)
            else:
                # Nothing is made of it: a flat row, one that is under another's key now, or another contract's.
                elsewhere = field in (lists.key, lists.sorts, "symbol") or lists.call == "fetch_position_risk"
                assert odd in UNSAID or elsewhere, where


@pytest.mark.parametrize("odd", [None, 7, "text", [], True])
@pytest.mark.parametrize("lists", LISTS, ids=str)
async def test_what_is_no_row_at_all_takes_no_row_away(lists: Lists, odd: Any) -> None:
    desk = Desk(lists)
    before, after = desk.row(), desk.row()
    good, _ = await desk.read([before, after])
    if lists.counted:
        with pytest.raises(DecodeError):
            await desk.read([before, odd, after])
        return
    found, unread = await desk.read([before, odd, after])
    assert found == good
    assert [row.raw for row in unread] == [odd]
    found, unread = await desk.read([odd])
    assert (found, [row.raw for row in unread]) == ([], [odd])


@pytest.mark.parametrize("lists", LISTS, ids=str)
async def test_a_row_that_cannot_be_read_names_the_call_that_brought_it(lists: Lists) -> None:
    desk = Desk(lists)
    _, unread = await desk.read([desk.row(**{lists.key: {"a": 1}}), desk.row()])
    for row in unread:
        assert row.endpoint.endswith(f" {lists.path}"), row


def test_every_list_of_the_adapters_is_looked_at() -> None:
    """Lists of a venue that reads by tables; the others follow."""
    for venue in {lists.venue for lists in LISTS}:
        make = next(lists.make for lists in LISTS if lists.venue == venue)
        lists_of = {
            name
            for name in cast("Any", make).capabilities
            if name.startswith(("fetch_", "iter_")) and name.endswith("s")
        }
        assert {str(name) for name in lists_of} - {lists.call for lists in LISTS if lists.venue == venue} <= {
            "fetch_position_mode",
            # Where tiers are reckoned one from the other, they are told whole or not at all.
            *({"fetch_risk_limits"} if venue == "hyperliquid" else ()),
        }


@pytest.mark.parametrize("lists", [lists for lists in LISTS if lists.call in ("fetch_ledger", "iter_ledger")], ids=str)
async def test_a_change_of_balance_whose_contract_cannot_be_read_is_not_taken_for_another_contracts(
    lists: Lists,
) -> None:
    desk = Desk(lists._replace(arguments={"symbol": "BTC/USDT:USDT"}))
    if "symbol" not in desk.first:
        pytest.skip("its rows name no contract")
    good = desk.row(symbol=desk.exchange.venue_symbol("BTC/USDT:USDT"))
    other = desk.row(symbol=desk.exchange.venue_symbol("ETH/USDT:USDT"))
    found, unread = await desk.read([good, desk.row(symbol=None), desk.row(symbol={"a": 1}), other])
    assert [entry.symbol for entry in found] == ["BTC/USDT:USDT"]
    assert [row.path for row in unread] == ["symbol"]
