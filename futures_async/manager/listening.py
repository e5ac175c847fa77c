"""An account's orders and fills as the venue pushes them, for who follows orders; nothing where it does not stream."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import anyio

from futures_async.transport.running import current_runtime
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.callbacks import failure_of
from futures_async.unified.errors import NotSupported
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import Fill, Order
from futures_async.unified.watching import Watch, WatchState

logger = logging.getLogger("futures_async.orders")

EARLY = 1_000
"""So many changes are remembered of orders that are not, or not yet, one's own: pushes may come before the answer to
placing."""


class Listening:
    """Both watches of one account. `start` it; `stop` it.

    Args:
        exchange: The account's.
        mine: Whether an order, by its id, is one's own.
    """

    def __init__(self, exchange: FuturesExchange, mine: Callable[[str], bool]) -> None:
        self._exchange = exchange
        self._mine = mine
        self._orders: Watch[Order] | None = None
        self._fills: Watch[Fill] | None = None
        self._works: list[Work[None]] = []
        self._heard: deque[Order | Fill] = deque()
        self._early: deque[Order | Fill] = deque(maxlen=EARLY)
        self._news = anyio.Event()

    def start(self) -> None:
        """Begin to listen, where the venue streams orders."""
        if not self._exchange.supports(Capability.WATCH_ORDERS):
            return
        try:
            runtime = current_runtime()
            self._orders = self._follow(self._exchange.watch_orders(), runtime)
            if self._exchange.supports(Capability.WATCH_FILLS):
                self._fills = self._follow(self._exchange.watch_fills(), runtime)
        except NotSupported as error:
            logger.info("%s: orders are followed by reads: %s", self._exchange.id, error)

    def stop(self) -> None:
        """Listen no more."""
        for work in self._works:
            work.cancel()

    @property
    def live(self) -> bool:
        """What is not told has not happened."""
        watches = [watch for watch in (self._orders, self._fills) if watch is not None]
        return bool(watches) and all(watch.state is WatchState.LIVE for watch in watches)

    @property
    def tells_fills(self) -> bool:
        """Fills are streamed too."""
        return self._fills is not None

    def open(self, order_id: str) -> bool:
        """The order stands, as far as the stream tells."""
        return self._orders is not None and order_id in self._orders.current

    def take(self) -> Iterator[Order | Fill]:
        """What was heard of one's own orders since the last time, oldest first."""
        while self._heard:
            yield self._heard.popleft()

    def recall(self, order_id: str) -> None:
        """An order has become one's own: what was heard of it before is news."""
        self._heard.extend(item for item in self._early if item.order_id == order_id)
        self._ring()

    async def wait(self, within_s: float) -> bool:
        """Until there is news; False: there was none."""
        news = self._news
        if not self._heard:
            with anyio.move_on_after(within_s):
                await news.wait()
        return bool(self._heard)

    def _ring(self) -> None:
        news, self._news = self._news, anyio.Event()
        news.set()

    def _follow(self, watch: Watch[Any], runtime: Runtime) -> Watch[Any]:
        self._works.append(runtime.start(self._hear(watch)))
        return watch

    async def _hear(self, watch: Watch[Any]) -> None:
        error = await failure_of(self._drain(watch))
        # The watch is CLOSED by now, so that reads take its place.
        level = logging.INFO if isinstance(error, NotSupported) else logging.WARNING
        logger.log(level, "%s: orders are followed by reads from now on: %s", self._exchange.id, error)

    async def _drain(self, watch: Watch[Any]) -> None:
        async with watch:
            async for change in watch:
                if self._mine(change.item.order_id):
                    self._heard.append(change.item)
                    self._ring()
                else:
                    self._early.append(change.item)
