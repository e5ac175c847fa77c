"""The httpx backend's own pool: what is idle for long is closed, what was hurt is thrown away."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from futures_async.transport.http import connections
from futures_async.transport.http.choose import select
from futures_async.transport.http.httpx import HttpxBackend
from tests.loopback import Loopback, later, reply
from tests.transport.http.conftest import a_request

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])]


async def many(backend: HttpxBackend, venue: Loopback, count: int) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(backend.send, a_request(venue.url))


async def test_the_connection_used_last_is_used_next(anyio_backend: str, venue: Loopback) -> None:
    backend = HttpxBackend()
    venue.default = later(0.02, reply())
    await many(backend, venue, 3)
    venue.default = reply()
    for _ in range(5):
        await backend.send(a_request(venue.url))
    assert len({seen.connection for seen in venue.requests[3:]}) == 1
    await backend.aclose()


async def test_connections_idle_for_long_are_closed(
    anyio_backend: str, venue: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = HttpxBackend()
    venue.default = later(0.02, reply())
    await many(backend, venue, 4)
    assert venue.open == 4
    monkeypatch.setattr(connections, "KEEP_ALIVE_S", 0.0)
    venue.default = reply()
    for _ in range(3):
        await backend.send(a_request(venue.url))
    with anyio.fail_after(60):
        while venue.open > 1:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)
    await backend.aclose()


async def test_cancelled_sends_cost_no_connection(anyio_backend: str, venue: Loopback) -> None:
    backend = HttpxBackend()
    venue.default = later(0.001, reply())

    async def call() -> None:
        await backend.send(a_request(venue.url))

    for steps in range(60):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            for _ in range(steps % 20):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    venue.default = reply()
    await many(backend, venue, backend.max_connections)
    await backend.aclose()
    with anyio.fail_after(60):
        while venue.open:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.005)


async def test_those_of_before_are_not_used_after_a_renewal(anyio_backend: str, venue: Loopback) -> None:
    lease, _ = select("httpx", venue.url)
    lease.renew()  # before there are any
    venue.default = later(0.02, reply())
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(lease.send, a_request(venue.url))
    async with anyio.create_task_group() as group:
        group.start_soon(lease.send, a_request(venue.url))  # under way: it ends well, and its connection with it
        await anyio.sleep(0.005)
        lease.renew()
    venue.default = reply()
    for _ in range(3):
        await lease.send(a_request(venue.url))
    *before, first, second, third = [seen.connection for seen in venue.requests]
    assert first == second == third
    assert first not in before
    with anyio.fail_after(60):
        while venue.open > 1:  # noqa: ASYNC110 - the server is in another thread
            await anyio.sleep(0.001)
    await lease.aclose()
