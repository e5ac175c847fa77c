"""Watches on the toy venue, and a judge of what they yield: it knows what the venue held at every moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from functools import partial
from typing import Any

import msgspec

from futures_async.streams.account import AccountStreams, Means, Wish
from futures_async.streams.dialect import What
from futures_async.streams.events import Reporter, StreamEvent
from futures_async.streams.fills import Fills
from futures_async.streams.orders import Orders
from futures_async.streams.picture import Picture
from futures_async.streams.rows import Rows
from futures_async.streams.rules import ACCOUNTS, POSITIONS, TICKERS
from futures_async.streams.watch import FeedWatch
from futures_async.transport.limits.local import LocalLimiter
from futures_async.transport.running import current_runtime
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.models import Account, Fill, Order, Position, Ticker
from futures_async.unified.watching import Change, ChangeKind, WatchState
from tests.streams.toy import MAKERS, ToyStreams, ToyVenue, WireTicker, streams_of

LIVE_WITHIN_S = {"list": 3.0, "rows": 3.0, "bare": 6.0}
"""Where pushes do not say when, only a read tells which of two is younger; one may fail."""
ALL = (What.ORDERS, What.FILLS, What.POSITIONS, What.ACCOUNTS)


class ToyReads:
    """The toy venue read."""

    def __init__(self, venue: ToyVenue, what: What, symbols: tuple[str, ...] = ()) -> None:
        self._venue = venue
        self._what = what
        self._symbols = symbols

    async def now(self) -> list[Any] | None:
        match self._what:
            case What.FILLS:
                return None
            case What.TICKERS:
                make = MAKERS["tickers"][1]
                return [make(WireTicker(symbol, "1", self._venue.now_ms())) for symbol in self._symbols]
            case what:
                return await self._venue.fetch(what.value)

    async def since(self, since_ms: int) -> list[Any]:
        if self._what in (What.ORDERS, What.FILLS):
            return await self._venue.history(self._what.value, since_ms)
        return []

    async def one(self, item: Order) -> Order | None:
        return await self._venue.look_up(item.order_id)


def picture(what: What, unsaid: tuple[str, ...] = ()) -> Picture[Any]:
    match what:
        case What.ORDERS:
            return Orders()
        case What.FILLS:
            return Fills()
        case What.POSITIONS:
            return Rows(POSITIONS, unsaid)
        case What.ACCOUNTS:
            return Rows(ACCOUNTS)
        case What.TICKERS:
            return Rows(TICKERS)
        case What.TRIGGERS:
            raise AssertionError("there is no picture of them")


class Bench:
    """A toy venue and one account's streams at it. Make it inside the loop."""

    def __init__(self, venue: ToyVenue, *, key: str = "key", audit_s: float = 15.0, dialect: ToyStreams | None = None):
        self.venue = venue
        self.events: list[StreamEvent] = []
        self.audit_s = audit_s
        runtime = current_runtime()
        self.clock_set = 0
        self.fast_ms = 0
        """By so much our clock is ahead of the venue's, until that is asked for its time."""

        async def know_time() -> None:
            self.fast_ms = 0

        def itself(url: str) -> ToyVenue:
            return venue

        async def set_clock() -> None:
            self.clock_set += 1

        self._means = Means(
            venue="toy",
            dialect=dialect or streams_of(venue.rule),
            backend=itself,
            runtime=lambda: runtime,
            now_ms=lambda: venue.now_ms() + self.fast_ms,
            error_ms=lambda: 250,
            know_time=know_time,
            set_clock=set_clock,
            credentials=Credentials(key=key, secret="secret"),
            base_url=None,
            demo=False,
            headers=(),
            limiter=LocalLimiter(),
            draw=venue.rng.random,
            report=Reporter("toy", self.events.append),
        )
        self.streams = AccountStreams(self._means)

    def polled(self) -> AccountStreams:
        """The same account, as if the venue streamed nothing."""
        return AccountStreams(self._means._replace(dialect=None))

    def watch(self, what: What, *, symbols: tuple[str, ...] = (), **options: Any) -> FeedWatch[Any]:
        reads = ToyReads(self.venue, what, symbols)
        made = partial(picture, what, unsaid=self.streams.unsaid(what))
        wish = Wish(what, made, reads, symbols, audit_s=self.audit_s)
        return self.streams.watch(wish._replace(**options))

    def happened(self, happening: str) -> list[StreamEvent]:
        return [event for event in self.events if event.happening == happening]


class Judge:
    """Follows one watch, and holds what it says against the venue's books."""

    def __init__(self, watch: FeedWatch[Any], what: What, venue: ToyVenue) -> None:
        self.watch = watch
        self.what = what
        self.venue = venue
        self.changes: list[Change[Any]] = []
        self.faults: list[str] = []
        self.followed: dict[Hashable, Any] = {}
        """What one who only follows the changes believes."""
        self.seen: Counter[str] = Counter()
        self.closed: dict[str, Order] = {}
        self._versions: dict[Hashable, int] = {}
        self.error: FuturesAsyncError | None = None
        self.pace_s = 0.0

    async def follow(self, pace_s: float = 0.0) -> None:
        self.pace_s = pace_s
        try:
            async for change in self.watch:
                self.note(change)
                if self.pace_s:
                    await asyncio.sleep(self.pace_s)
        except FuturesAsyncError as error:
            self.error = error

    def note(self, change: Change[Any]) -> None:
        self.changes.append(change)
        item = change.item
        if isinstance(item, Fill):
            self.seen[item.fill_id] += 1
            return
        key: Hashable = item.order_id if isinstance(item, Order) else _key(item)
        version = item.raw.v if item.raw is not None and not isinstance(item, Ticker) else 0
        # A push of no time that a read has overtaken cannot be told from a younger one: it is read again.
        timeless = self.venue.rule == "bare" and isinstance(item, Account)
        # A closed position carries the last row that was known of it, or the one that closed it.
        if version < self._versions.get(key, 0) and not timeless:
            self.faults.append(f"{self.what} {key} went back from {self._versions[key]} to {version}")
        self._versions[key] = max(version, self._versions.get(key, 0))
        known = self.followed.get(key)
        if change.kind is ChangeKind.CLOSED:
            self.followed.pop(key, None)
            if isinstance(item, Order):
                if item.order_id in self.closed:
                    self.faults.append(f"order {item.order_id} closed twice")
                self.closed[item.order_id] = item
            return
        if (known is None) is (change.kind is ChangeKind.CHANGED):
            self.faults.append(f"{self.what} {key}: {change.kind} although it was {'not ' * (known is None)}known")
        if isinstance(item, Order) and item.order_id in self.closed:
            self.faults.append(f"order {item.order_id} came back")
        self.followed[key] = item

    def judge(self) -> list[str]:
        """What is wrong, after quiet."""
        faults = list(self.faults)
        books = self.venue.now_books
        if self.what is What.FILLS:
            wrong = {fill.id: self.seen[fill.id] for fill in self.venue.fills if self.seen[fill.id] != 1}
            return faults + ([f"fills not seen once: {wrong}"] if wrong else [])
        rows = books.of(self.what.value)
        truth = self._truth(rows)
        for name, shown in (("current", self.watch.current), ("followed", self.followed)):
            believed = {key: self._plain(item) for key, item in shown.items()}
            if believed != truth:
                different = {key for key in {*believed, *truth} if believed.get(key) != truth.get(key)}
                faults.append(f"{name} {self.what} differ from the books in {different}")
        if self.what is What.ORDERS:
            for order_id, row in self.venue.ended.items():
                told = self.closed.get(order_id)
                if told is None:
                    faults.append(f"order {order_id} ended untold")
                elif told.status.value != row.status or str(told.filled_quantity) != row.filled:
                    faults.append(f"order {order_id} ended {row.status}, told {told.status}")
        return faults

    def sample(self) -> list[str]:
        """What is wrong with a picture that is shown as live: it must be of a moment that lies no further back."""
        if self.watch.state is not WatchState.LIVE:
            return []
        now, within_s = self.venue.now, LIVE_WITHIN_S[self.venue.rule]
        if self.what is What.FILLS:
            late = [fill.id for fill in self.venue.fills_before(now - within_s) if not self.seen[fill.id]]
            return [f"live, and fills are missing: {late}"] if late else []
        shown = {key: self._plain(item) for key, item in self.watch.current.items()}
        moments = [self._truth(books.of(self.what.value)) for books in self.venue.books_since(now - within_s)]
        keys: set[Hashable] = set(shown).union(*moments)
        wrong = [key for key in keys if not any(_says(shown.get(key), moment.get(key)) for moment in moments)]
        return [f"live, and of no moment within {within_s} s of {now}: {wrong}"] if wrong else []

    def _truth(self, rows: list[Any]) -> dict[Hashable, Any]:
        items = [self._plain(MAKERS[self.what.value][1](row)) for row in rows]
        return {(item.order_id if isinstance(item, Order) else _key(item)): item for item in items}

    def _plain(self, item: Any) -> Any:
        """Without the time, where reads do not say it."""
        bare = self.venue.rule == "bare" and isinstance(item, Position)
        return msgspec.structs.replace(item, updated_ms=None) if bare else item


def _says(shown: Any, held: Any) -> bool:
    """What is shown is what was held; a profit may be unknown."""
    if isinstance(shown, Position) and isinstance(held, Position) and shown.unrealized_pnl is None:
        held = msgspec.structs.replace(held, unrealized_pnl=None)
    return bool(shown == held)


def _key(item: Any) -> Hashable:
    if isinstance(item, Account):
        return item.margin_coin
    return item.symbol, getattr(item, "side", None)


async def trial(
    venue: ToyVenue,
    deeds: int,
    *,
    every_s: float = 0.5,
    reconnects: int = 0,
    audit_s: float = 15.0,
    sampled: bool = False,
) -> tuple[Bench, list[str]]:
    """Watch everything through so many deeds, and then a quiet time; what is wrong at its end, or meanwhile."""
    faults: list[str] = []
    bench = Bench(venue, audit_s=audit_s)
    judges = [Judge(bench.watch(what), what, venue) for _ in range(2) for what in ALL]
    tasks: list[asyncio.Task[None]] = []
    for number, judge in enumerate(judges):
        await judge.watch.__aenter__()
        # The second half of them takes its time, and must believe the same in the end.
        tasks.append(asyncio.create_task(judge.follow(0.0 if number < len(ALL) else 1.5 * every_s)))
    cuts = {round((number + 1) * deeds / (reconnects + 1)) for number in range(reconnects)}
    for number in range(deeds):
        await asyncio.sleep(venue.rng.expovariate(1 / every_s))
        if sampled:
            faults += [fault for judge in judges[: len(ALL)] for fault in judge.sample()]
        venue.deed()
        if number in cuts:
            venue.cut(politely=venue.rng.random() < 0.5)
    if venue.faults.silent and venue.rng.random() < 0.5:
        venue.silence()
    quiet(venue)
    await asyncio.sleep(40 + 4 * audit_s)
    for judge in judges[len(ALL) :]:
        judge.pace_s = 0.0
    await asyncio.sleep(10)
    faults += [fault for judge in judges for fault in judge.judge()]
    faults += [f"{judge.what} is {judge.watch.state}" for judge in judges if judge.watch.state.value != "live"]
    faults += [f"{judge.what} raised {judge.error!r}" for judge in judges if judge.error is not None]
    for judge in judges:
        await judge.watch.aclose()
    await asyncio.gather(*tasks)
    await bench.streams.aclose()
    if venue.connections:
        faults.append(f"{len(venue.connections)} connections stayed open")
    return bench, faults


def quiet(venue: ToyVenue) -> None:
    """From now on all goes well."""
    for name in venue.faults.__struct_fields__:
        setattr(venue.faults, name, 0.0)
