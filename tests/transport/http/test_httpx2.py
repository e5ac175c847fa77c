"""httpx2, the continuation of httpx: what only its own classes can show. The backends' other tests run on both."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from futures_async.transport.http import choose
from futures_async.transport.http.backend import HttpFailure
from futures_async.transport.http.choose import Lease, select
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.transport.http.library import library_of, portable
from futures_async.unified.errors import InvalidRequest
from tests.loopback import Loopback, twice
from tests.transport.http.conftest import a_request, an_order

httpcore2 = pytest.importorskip("httpcore2")
httpx2 = pytest.importorskip("httpx2")

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]

URL = "http://venue.example/api"


def exceptions_of(*modules: Any) -> Iterator[type[Exception]]:
    for module in modules:
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, Exception) and not issubclass(found, Warning):
                yield found


def test_every_exception_has_a_meaning(anyio_backend: str) -> None:
    found = list(exceptions_of(httpx2, httpcore2))
    assert len(found) > 30
    unmapped = [kind for kind in found if not issubclass(kind, portable("httpx2").mapped)]
    assert unmapped == []


async def test_a_client_is_used_and_stays_open(anyio_backend: str, venue: Loopback) -> None:
    async with httpx2.AsyncClient() as client:
        backend, _ = select(client)
        assert backend.name == "httpx2"
        venue.next(twice(b'{"first":1}'))
        assert (await backend.send(a_request(venue.url))).body == b'{"first":1}'
        assert (await backend.send(a_request(venue.url))).status == 200
        assert venue.connections == 2  # what an answer came twice on is not used again
        await backend.aclose()
        assert not client.is_closed
    with pytest.raises(HttpFailure) as caught:
        await HttpxBackend(client).send(an_order(venue.url))
    assert (caught.value.kind, caught.value.sent) == ("aborted", False)


async def test_a_mock_transport_answers(anyio_backend: str) -> None:
    def handle(request: Any) -> Any:
        return httpx2.Response(200, json={"got": request.content.decode()})

    answer = await HttpxBackend(httpx2.MockTransport(handle)).send(an_order(URL))
    assert json.loads(answer.body) == {"got": '{"size":"0.01"}'}


async def test_what_proves_not_sent_is_its_own(anyio_backend: str) -> None:
    for kind, sent in ((httpx2.ConnectError, False), (httpx2.ReadError, True)):

        def handle(request: Any, kind: Any = kind) -> Any:
            raise kind("x")

        with pytest.raises(HttpFailure) as caught:
            await HttpxBackend(httpx2.MockTransport(handle)).send(an_order(URL))
        assert caught.value.sent is sent


async def test_it_is_taken_by_name_and_where_nothing_faster_runs(
    anyio_backend: str, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "fast_installed", lambda: False)
    for http in ("httpx2", None):
        lease, _ = select(http, venue.url)
        assert isinstance(lease, Lease)
        assert (await lease.send(a_request(venue.url))).status == 200
        assert lease.name == "httpx2"
        await lease.aclose()


async def test_without_its_extra_the_name_says_how_to_get_it(
    anyio_backend: str, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "httpx2_installed", lambda: False)
    monkeypatch.setattr(choose, "fast_installed", lambda: False)
    with pytest.raises(InvalidRequest, match=r"futures-async\[httpx2\]"):
        select("httpx2")
    lease, _ = select(None, venue.url)
    assert (await lease.send(a_request(venue.url))).status == 200
    assert lease.name == "httpx"
    await lease.aclose()


def test_what_is_of_neither_library_is_of_none(anyio_backend: str) -> None:
    assert library_of(object()) is None
    assert library_of(httpx.MockTransport(lambda request: httpx.Response(200))) is portable("httpx")
