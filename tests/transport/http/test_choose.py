"""Which backend an exchange gets, and who closes it."""

from __future__ import annotations

import httpx
import pytest

from futures_async.transport.http import choose
from futures_async.transport.http.backend import HttpBackend, HttpFailure
from futures_async.transport.http.choose import Lease, select
from futures_async.transport.http.httpx import HttpxBackend
from futures_async.unified.errors import InvalidRequest
from tests.loopback import Loopback
from tests.transport.http.conftest import a_request

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]


async def test_a_backend_of_the_users_is_used_and_not_closed(anyio_backend: str) -> None:
    backend = HttpxBackend()
    assert select(backend) == (backend, False)
    await backend.aclose()


async def test_an_httpx_client_or_transport_is_wrapped(anyio_backend: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text="hello"))
    for given in (transport, httpx.AsyncClient(transport=transport)):
        backend, _ = select(given)
        assert isinstance(backend, HttpxBackend)
        assert (await backend.send(a_request("http://venue.example"))).body == b"hello"


@pytest.mark.parametrize("name", ["curl", "HTTPX", ""])
async def test_an_unknown_name_is_refused(anyio_backend: str, name: str) -> None:
    with pytest.raises(InvalidRequest, match="http must be"):
        select(name)


async def test_exchanges_share_the_connections_to_a_host(anyio_backend: str, venue: Loopback) -> None:
    leases = [select("httpx", venue.url)[0] for _ in range(1000)]
    for lease in leases[:20]:
        assert (await lease.send(a_request(venue.url))).status == 200
    assert venue.connections == 1
    assert leases[0].slots is leases[999].slots
    for lease in leases[1:]:
        await lease.aclose()
    assert (await leases[0].send(a_request(venue.url))).status == 200
    assert venue.connections == 1
    await leases[0].aclose()


async def test_another_host_has_its_own_connections(anyio_backend: str) -> None:
    first, second = (select("httpx", url)[0] for url in ("https://a.example", "https://b.example"))
    assert first.slots is not second.slots
    await first.aclose()
    await second.aclose()


async def test_the_last_one_closes_and_the_next_one_opens_anew(anyio_backend: str, venue: Loopback) -> None:
    for connections in (1, 2):
        lease, owned = select("httpx", venue.url)
        assert owned
        await lease.send(a_request(venue.url))
        await lease.aclose()
        assert venue.connections == connections


async def test_a_share_is_given_back_once(anyio_backend: str, venue: Loopback) -> None:
    first, second = (select("httpx", venue.url)[0] for _ in range(2))
    await first.send(a_request(venue.url))
    await second.send(a_request(venue.url))
    await first.aclose()
    await first.aclose()
    assert (await second.send(a_request(venue.url))).status == 200
    with pytest.raises(HttpFailure, match="aborted"):
        await first.send(a_request(venue.url))
    await first.slots.take()
    await second.aclose()
    assert len(venue.requests) == 3


async def test_a_lease_that_was_never_used_closes(anyio_backend: str) -> None:
    lease: HttpBackend = select(None)[0]
    assert (lease.name, isinstance(lease, Lease)) == ("fastest", True)
    await lease.aclose()


async def test_the_default_is_the_fastest_that_runs_here(anyio_backend: str, venue: Loopback) -> None:
    lease, _ = select(None, venue.url)
    assert (await lease.send(a_request(venue.url))).status == 200
    assert lease.name == ("fast" if anyio_backend == "asyncio" else "httpx2")  # of the tests' extra
    await lease.aclose()


async def test_the_default_without_extras_is_httpx(
    anyio_backend: str, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "fast_installed", lambda: False)
    monkeypatch.setattr(choose, "httpx2_installed", lambda: False)
    lease, _ = select(None, venue.url)
    assert (await lease.send(a_request(venue.url))).status == 200
    assert lease.name == "httpx"
    await lease.aclose()
    with pytest.raises(InvalidRequest, match="pip install"):
        select("fast")


async def test_the_fast_one_is_for_asyncio(anyio_backend: str, venue: Loopback) -> None:
    lease, _ = select("fast", venue.url)
    if anyio_backend == "trio":
        with pytest.raises(InvalidRequest, match="asyncio"):
            await lease.send(a_request(venue.url))
    else:
        assert (await lease.send(a_request(venue.url))).status == 200
    await lease.aclose()
