"""What there is of it where the server runs on trio."""

from __future__ import annotations

import anyio
import httpx

import futures_async as fa
from futures_async import web
from tests.fakes import FakeReads


def test_events_say_that_they_need_asyncio_and_the_lists_do_not() -> None:
    async def main() -> None:
        async with fa.Portfolio([FakeReads()]) as portfolio:
            transport = httpx.ASGITransport(web.app(portfolio))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                told = await client.get("/events")
                assert (told.status_code, "asyncio" in told.json()["error"]) == (501, True)
                told = await client.get("/positions")
                assert told.json()["accounts"]["fake"]["status"] == "ok"

    anyio.run(main, backend="trio")
