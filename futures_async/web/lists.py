"""Open orders and fills of all accounts, read on demand: one read of each at a time, shared by all who ask."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from futures_async.portfolio.feeds import Answer, Feed, answered
from futures_async.portfolio.portfolio import Portfolio
from futures_async.transport.asleep import counting_sleep
from futures_async.transport.running import current_runtime
from futures_async.transport.runtime import Runtime
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.models import to_builtins
from futures_async.unified.reading import Read
from futures_async.unified.rows import readable

SHARED_S: Final = 1.0
"""So old an answer is given to the next who asks."""
WITHIN_S: Final = 10.0
"""A read that takes longer is late: what was known before is given."""
GIVE_UP_S: Final = 60.0

Row = dict[str, Any]


class Lists:
    """What accounts list, by account; what cannot be read hides no other account.

    Args:
        portfolio: Whose accounts are read.
        capability: That lists it.
        read: The call.
    """

    def __init__(
        self,
        portfolio: Portfolio,
        capability: Capability,
        read: Callable[[FuturesExchange], Awaitable[Sequence[Any]]],
    ) -> None:
        self._accounts = {
            name: exchange for name, exchange in portfolio.exchanges.items() if exchange.supports(capability)
        }
        self._read = read
        self._feeds: dict[str, Feed[Sequence[Any]]] = {}
        self._runtime: Runtime | None = None

    async def ask(self) -> tuple[list[Row], dict[str, Row]]:
        """All rows with their accounts, and each account's state: `ok`, `stale` (a read failed, rows are the last that
        are known; or some cannot be made out), `failed` (nothing is known)."""
        runtime = self._runtime
        if runtime is None:
            runtime = self._runtime = current_runtime()
            # What was listed before a night with the lid shut is as old as that.
            runtime.now = counting_sleep(runtime.now)
        feeds = self._feeds = self._feeds or {
            name: feed_of(name, partial(self._read, exchange), runtime) for name, exchange in self._accounts.items()
        }
        for feed in feeds.values():
            feed.ask(SHARED_S)
        for feed in feeds.values():
            await feed.wait(WITHIN_S)
        now = runtime.now()
        rows = [
            {"account": name, **to_builtins(row)}
            for name, feed in feeds.items()
            if feed.good is not None
            for row in feed.good.value
        ]
        return rows, {name: self._state(name, feed, now) for name, feed in feeds.items()}

    def _state(self, name: str, feed: Feed[Sequence[Any]], now: float) -> Row:
        age_s = None if feed.good is None else now - feed.good.asked
        error = feed.late(now, WITHIN_S) or feed.error
        return {
            "venue": self._accounts[name].id,
            "status": "failed" if age_s is None else "ok" if error is None else "stale",
            "error": None if error is None else f"{type(error).__name__}: {error}",
            **when(age_s),
        }

    def stop(self) -> None:
        """Stop the reads under way."""
        for feed in self._feeds.values():
            feed.stop()


def feed_of(name: str, read: Callable[[], Awaitable[Sequence[Any]]], runtime: Runtime) -> Feed[Sequence[Any]]:
    """A list that is read when somebody asks, and not too often where the venue refuses."""

    async def fetch(_: float) -> Answer[Sequence[Any]]:
        return await answered(read(), runtime)

    return Feed(name, fetch, runtime, GIVE_UP_S)


async def open_orders(exchange: FuturesExchange) -> Sequence[Any]:
    """Orders that work, and those that wait for a price, each once."""
    orders, unread = await readable(exchange.fetch_open_orders())
    found = {row.order_id: row for row in orders}
    if exchange.supports(Capability.FETCH_TRIGGER_ORDERS):
        waiting, more = await readable(exchange.fetch_trigger_orders())
        found |= {row.order_id: row for row in waiting if row.order_id not in found}
        unread += more
    return Read(list(found.values()), unread).whole()


def when(age_s: float | None) -> Row:
    """How old something is, in seconds, and when it was asked for, which stays true on its way."""
    if age_s is None:
        return {"age_s": None, "as_of_ms": None}
    return {"age_s": round(age_s, 3), "as_of_ms": int((time.time() - age_s) * 1000)}
