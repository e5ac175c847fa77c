"""Prices of many contracts: one that the venue lists no more takes no other away."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, cast

from futures_async.streams.feed import Asked
from futures_async.streams.streamed import StreamFeed
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.models import Ticker
from futures_async.unified.watching import WatchState


class PricesFeed(StreamFeed[Ticker]):
    """Tickers, pushed by contract.

    Args:
        names: The venue's id of the contract that each topic is of.
    """

    def __init__(self, names: Mapping[Hashable, str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._names = names
        self._refused: dict[str, FuturesAsyncError] = {}
        """Of which contracts nothing comes any more, and why."""

    def refused(self, error: FuturesAsyncError, key: Hashable = None) -> None:
        """Of one of several that were true before: it may be listed no more, which a read tells."""
        left = tuple(topic for topic in self.topics if topic.key != key)
        if key not in self._names or not left or self._beginning:
            super().refused(error, key)
            return
        self.topics, self._refused[self._names[key]] = left, error
        self._standing.discard(key)
        if self._true_of == self._epoch:
            self._lost_at = self._runtime.now()
        self._true_of = -1
        self._enter(WatchState.STALE)
        if self._all_stand:
            self._begin_anew()

    async def _ask(self) -> Asked[Ticker] | None:
        answer = await super()._ask()
        for ticker in cast("Any", () if answer is None else answer.now or ()):
            if ticker.venue_symbol in self._refused:
                # It is there, and not pushed: this picture cannot be true.
                self.fail(self._refused[ticker.venue_symbol])
                return None
        return answer
