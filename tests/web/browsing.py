"""The page served for a real browser: the app on a thread of its own, over accounts that the test can act on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

import futures_async as fa
from futures_async import web
from futures_async.simulator.server import RunningExchange
from futures_async.web.serving import serve

T = TypeVar("T")


class Served:
    """The page at `url`; `do` runs something beside it, in its event loop."""

    url: str

    def __init__(self, accounts: dict[str, RunningExchange], port: int, options: dict[str, Any]) -> None:
        self._accounts = accounts
        self._options = options
        self._port = port
        self._listens = threading.Event()
        self._ends = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()
        if not self._listens.wait(20):
            raise TimeoutError("the page was not served")

    def stop(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._ends.set)
        self._thread.join(20)

    def do(self, call: Callable[[dict[str, fa.FuturesExchange]], Awaitable[T]]) -> T:
        """Run a call on the accounts, in their loop."""

        async def run() -> T:
            return await call(self._exchanges)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(20)

    def _ready(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.port = port
        self._listens.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            self._exchanges: dict[str, fa.FuturesExchange] = {}
            for name, running in self._accounts.items():
                keys, hasty = running.credentials(name), fa.Timeouts(deadline_s=1)
                exchange = fa.connect(name, keys, base_url=running.base_url, timeout=hasty)
                self._exchanges[name] = await stack.enter_async_context(exchange)
            live = self._options.pop("live", False)
            portfolio = await stack.enter_async_context(fa.Portfolio(self._exchanges, live=live))
            app = web.app(portfolio, **self._options)
            serving = asyncio.ensure_future(serve(app, "127.0.0.1", self._port, ready=self._ready))
            await self._ends.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@contextmanager
def served(
    running: RunningExchange,
    *venues: str,
    port: int = 0,
    elsewhere: dict[str, RunningExchange] | None = None,
    **options: Any,
) -> Generator[Served]:
    """A page over these accounts, and over others of other exchanges."""
    page = Served(dict.fromkeys(venues, running) | (elsewhere or {}), port, options)
    page.start()
    try:
        yield page
    finally:
        page.stop()
