"""All feeds and lines of one account: opened by the first who watches, closed after the last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from futures_async.streams.backend import StreamBackend, StreamRequest
from futures_async.streams.dialect import Channel, StreamDialect, Topic, What
from futures_async.streams.events import Reporter
from futures_async.streams.feed import Feed, Listener, Reads, Surroundings
from futures_async.streams.line import Guard, Line
from futures_async.streams.picture import Picture, Push
from futures_async.streams.polled import PolledFeed
from futures_async.streams.prices import PricesFeed
from futures_async.streams.session import Setting
from futures_async.streams.spread import Spread
from futures_async.streams.streamed import STIR_S, ContractFeed, StreamFeed
from futures_async.streams.watch import MAX_FILLS, FeedWatch
from futures_async.transport.forks import ModuleLock
from futures_async.transport.limits.limiter import Limiter, Pool
from futures_async.transport.on_asyncio import AsyncioRuntime
from futures_async.transport.runtime import Runtime, Work
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import ClientClosed, FuturesAsyncError, InvalidRequest, NotSupported
from futures_async.unified.models import Account, Order, Position
from futures_async.unified.watching import Change

T = TypeVar("T")

_together: WeakKeyDictionary[Limiter, WeakSet[AccountStreams]] = WeakKeyDictionary()
_lock = ModuleLock()

STIRRING = (What.FILLS, What.ORDERS)
PAIR = {What.POSITIONS: What.ACCOUNTS, What.ACCOUNTS: What.POSITIONS}
"""What tells of one account's executions, each by itself."""
AUDIT_S = 60.0
LEAST_S = 0.1


class Means(NamedTuple):
    """What streams need of the account that they belong to."""

    venue: str
    dialect: StreamDialect | None
    """None: the venue streams nothing."""
    backend: Callable[[str], StreamBackend]
    """What makes connections to a URL; called when the first one is made."""
    runtime: Callable[[], Runtime]
    now_ms: Callable[[], int]
    """The venue's time."""
    error_ms: Callable[[], int]
    """How far that may be off."""
    know_time: Callable[[], Awaitable[object]]
    """Asks the venue for its time, unless it has told it."""
    set_clock: Callable[[], Awaitable[object]]
    """Asks the venue for its time."""
    credentials: Credentials | None
    base_url: str | None
    """Where REST goes, if that was chosen."""
    demo: bool
    headers: tuple[tuple[str, str], ...]
    limiter: Limiter
    draw: Callable[[], float]
    report: Reporter
    ticket: Callable[[], Awaitable[str]] | None = None
    """Asks for what private connections are opened with, where the dialect has tickets."""


class Wish(NamedTuple):
    """What a watch is to show."""

    what: What
    picture: Callable[[], Picture[Any]]
    reads: Reads[Any]
    symbols: tuple[str, ...] = ()
    """The venue's ids, for tickers."""
    wanted: Callable[[Any], bool] | None = None
    contract: str | None = None
    """The venue's id of the one contract that `reads` are of, whatever is pushed; None: they are of all."""
    fallback_s: float | None = None
    audit_s: float = AUDIT_S
    max_fills: int = MAX_FILLS


class Overheard:
    """A subscriber that misses nothing when nothing comes.

    Args:
        told: Is given every row.
    """

    def __init__(self, told: Callable[[Any], None]) -> None:
        self._told = told

    def pushed(self, push: Push[Any], whole: bool, at: float) -> None:
        """Rows came."""
        for item in push.items:
            self._told(item)

    def acknowledged(self, key: Hashable, *, overlapped: bool) -> None:
        """It comes from now on."""

    def lost(self, keys: Collection[Hashable]) -> None:
        """Of these topics nothing comes any more."""

    def refused(self, error: FuturesAsyncError, key: Hashable = None) -> None:
        """The venue does not have it: what is watched does not need it."""

    def doubt(self) -> None:
        """Something may have been missed."""


class AccountStreams:
    """The streams of one account."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._feeds: dict[Hashable, Feed[Any]] = {}
        self._lines: dict[tuple[bool, str], list[Line]] = {}
        """Of each kind; several where one does not hold all."""
        self._observers: dict[What, list[Listener[Any]]] = {}
        self._overheard: list[tuple[What, What, Callable[[Any], None]]] = []
        self._endings: set[Work[None]] = set()
        self._closed = False

    def observe(self, what: What, listener: Listener[Any]) -> None:
        """Be told of changes whenever somebody watches; it opens nothing by itself."""
        self._observers.setdefault(what, []).append(listener)

    def overhear(self, what: What, beside: What, told: Callable[[Any], None]) -> None:
        """Be told each row of `what` that is pushed while `beside` is watched; nothing is read for it."""
        self._overheard.append((what, beside, told))

    def unsaid(self, what: What) -> tuple[str, ...]:
        """Fields that the venue's pushes leave out and reads tell."""
        dialect = self._means.dialect
        return () if dialect is None else dialect.unsaid.get(what, ())

    def watch(self, wish: Wish) -> FeedWatch[Any]:
        """Make a watch; it begins when it is entered or iterated.

        Raises:
            NotSupported: The venue does not stream this, and no `fallback_s` was given.
            InvalidRequest: Intervals that cannot be.
        """
        for name, value in (("fallback_s", wish.fallback_s), ("audit_s", wish.audit_s)):
            if value is not None and not value >= LEAST_S:
                raise InvalidRequest(f"{name} must be at least {LEAST_S} s, not {value}")
        streamed = bool(self._topics(wish))
        if not streamed and wish.fallback_s is None:
            raise NotSupported(
                f"{self._means.venue}: watch_{wish.what} is not supported: the venue does not stream it; "
                "with fallback_s= it is read at that interval"
            )
        return FeedWatch(
            lambda watch: self._join(wish, watch), self._leave, wanted=wish.wanted, max_fills=wish.max_fills
        )

    async def aclose(self) -> None:
        """End all watches, and say goodbye to the venue."""
        self._closed = True
        error = ClientClosed(f"{self._means.venue}: the exchange object was closed")
        for feed in tuple(self._feeds.values()):
            feed.fail(error)
        while self._endings:
            await next(iter(self._endings)).wait()
            self._endings = {work for work in self._endings if not work.done}

    def _topics(self, wish: Wish) -> tuple[Topic, ...]:
        dialect = self._means.dialect
        return () if dialect is None else dialect.topics(wish.what, wish.symbols)

    # What all accounts at one address have together

    def _too_many(self, topics: Sequence[Topic]) -> str:
        """Why the venue would not take these from this address, however many lines there are; empty: it would."""
        limits = None if self._means.dialect is None else self._means.dialect.limits
        if limits is None or (limits.per_address is None and limits.users is None):
            return ""
        neighbours = self._neighbours()
        held = {id(one): one._held() for one in neighbours}
        held[id(self)] |= {topic.key for topic in topics}
        count = sum(map(len, held.values()))
        users = {one._user for one in neighbours if one._held(private=True)} | {self._user}
        accounts = len(users) if topics[0].channel.private else 0
        for found, most, kind in ((count, limits.per_address, "subscriptions"), (accounts, limits.users, "accounts")):
            if most is not None and found > most:
                return f"{found} {kind} from one address, where the venue takes {most}; with fallback_s= it is read"
        return ""

    def _neighbours(self) -> list[AccountStreams]:
        """All of this process that the venue takes for one, this too: their limiter is what they have in common."""
        with _lock:
            known = _together.setdefault(self._means.limiter, WeakSet())
            known.add(self)
            return [one for one in known if one._place == self._place]

    @property
    def _place(self) -> tuple[str, str | None, bool]:
        return self._means.venue, self._means.base_url, self._means.demo

    @property
    def _user(self) -> str:
        return "" if self._means.credentials is None else self._means.credentials.limit_id

    def _held(self, *, private: bool = False) -> set[Hashable]:
        """What is watched by pushes."""
        feeds = [feed for feed in tuple(self._feeds.values()) if isinstance(feed, StreamFeed)]
        return {topic.key for feed in feeds for topic in feed.topics if topic.channel.private or not private}

    # Feeds

    def _join(self, wish: Wish, watch: FeedWatch[Any]) -> Feed[Any]:
        if self._closed:
            raise ClientClosed(f"{self._means.venue}: the exchange object is closed")
        runtime = self._means.runtime()
        topics = self._topics(wish)
        if topics:
            problem = self._too_many(topics)
            if not isinstance(runtime, AsyncioRuntime):
                problem = "streams need asyncio; with fallback_s= it works on trio"
            if problem and wish.fallback_s is None:
                raise NotSupported(f"{self._means.venue}: {problem}")
            if problem:
                topics = ()
            elif topics[0].channel.private and self._means.credentials is None:
                raise InvalidRequest(f"{self._means.venue}: a private stream needs credentials, and none were given")
        # What one contract's reads tell is nobody else's picture.
        key = (wish.what, wish.symbols, wish.contract, wish.fallback_s if not topics else None)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = self._make(wish, topics, runtime)
            feed.listeners = tuple(self._observers.get(wish.what, ()))
            feed.start()
        if isinstance(feed, StreamFeed):
            feed.audit_for(watch, wish.audit_s)
        feed.listeners += (watch,)
        return feed

    def _make(self, wish: Wish, topics: tuple[Topic, ...], runtime: Runtime) -> Feed[Any]:
        means = self._means
        around = Surroundings(runtime, means.now_ms, means.error_ms, means.know_time, means.draw, means.report)
        picture = wish.picture()
        if not topics:
            return PolledFeed(wish.what, picture, wish.reads, around, every_s=wish.fallback_s or AUDIT_S)
        kind: Callable[..., StreamFeed[Any]] = StreamFeed[Any]
        if wish.contract is not None:
            kind = partial(ContractFeed[Any], wish.contract)
        elif wish.symbols and means.dialect is not None:
            of = means.dialect.topics
            kind = partial(PricesFeed, {topic.key: name for name in wish.symbols for topic in of(wish.what, (name,))})
        return kind(
            wish.what,
            picture,
            wish.reads,
            Spread(partial(self._line, runtime)),
            topics,
            around,
            audit_s=wish.audit_s,
            stirred=self._stirred,
            found=self._found,
            beside=[
                (topic, what, Overheard(told))
                for what, beside, told in self._overheard
                if beside is wish.what and means.dialect is not None
                for topic in means.dialect.topics(what)
            ],
        )

    def _leave(self, watch: FeedWatch[Any], feed: Feed[Any]) -> None:
        feed.listeners = tuple(one for one in feed.listeners if one is not watch)
        if isinstance(feed, StreamFeed):
            feed.audit_for(watch, None)
        observers = self._observers.get(feed.what, [])
        if any(listener not in observers for listener in feed.listeners):
            return
        self._feeds = {key: one for key, one in self._feeds.items() if one is not feed}
        self._endings = {work for work in self._endings if not work.done}
        self._endings.add(self._means.runtime().start(self._end(feed)))

    async def _end(self, feed: Feed[Any]) -> None:
        await feed.aclose()
        for lines in tuple(self._lines.values()):
            for line in tuple(lines):
                if line.idle and line in lines:
                    lines.remove(line)
                    await line.aclose()

    def _stirred(self, source: StreamFeed[Any], changes: Sequence[Change[Any]]) -> None:
        """Fills and orders move positions and accounts, and each other; what is not executed moves no fill.

        Where positions and accounts each tell of executions, they move each other.
        """
        if source.what not in STIRRING:
            self._found(source, changes, self._means.runtime().now() - STIR_S)
            return
        if len(self._feeds) == 1:
            return
        executed = source.what is What.FILLS or any(map(_executes, changes))
        still = {What.TICKERS}
        if not executed:
            still.add(What.FILLS)
            if self._means.dialect is not None and not self._means.dialect.binds:
                still.add(What.ACCOUNTS)
        at = self._means.runtime().now()
        for feed in self._feeds.values():
            if feed is not source and isinstance(feed, StreamFeed) and feed.what not in still:
                feed.stir(at, at - STIR_S)

    def _found(self, source: StreamFeed[Any], changes: Sequence[Change[Any]], since: float) -> None:
        """What shows a trade after `since`, pushed or read, is told by the other one of the pair as well."""
        other, dialect = PAIR.get(source.what), self._means.dialect
        if other is None or dialect is None or not dialect.paired or not any(map(_shows_a_trade, changes)):
            return
        for feed in self._feeds.values():
            if feed.what is other and isinstance(feed, StreamFeed):
                feed.stir(self._means.runtime().now(), since, seldom=True)

    def look_again(self) -> None:
        """Something has changed that pushes do not tell: all that is streamed is compared with reads."""
        for feed in tuple(self._feeds.values()):
            feed.audit()

    # Lines

    def _line(self, runtime: Runtime, topic: Topic) -> Line:
        """The one that has the topic; else the first that has room for it, or a new one."""
        channel = topic.channel
        lines = self._lines.setdefault((channel.private, channel.path), [])
        lines[:] = [line for line in lines if not line.over]
        holding = (line for line in lines if line.holds(topic.key))
        line = next(holding, None) or next((line for line in lines if line.has_room), None)
        if line is None:
            line = self._new_line(channel, runtime)
            lines.append(line)
        return line

    def _new_line(self, channel: Channel, runtime: Runtime) -> Line:
        private = channel.private
        means, dialect = self._means, self._means.dialect
        if dialect is None:
            raise NotSupported(f"{means.venue}: the venue has no streams")
        url = dialect.url(means.base_url, private=private, demo=means.demo) + channel.path
        host = url.partition("://")[2].partition("/")[0]
        allowed = dialect.limits.connects
        pool = Pool(f"{host}:ip:streams:{allowed.count}/{allowed.per_s}", allowed.count, allowed.per_s)
        ticketed = private and dialect.ticket_s is not None
        return Line(
            Setting(
                dialect,
                means.backend(url),
                StreamRequest(url=url, headers=means.headers + dialect.headers),
                means.credentials if private and dialect.logs_in and not ticketed else None,
                runtime.now,
                means.now_ms,
                means.ticket if ticketed else None,
            ),
            runtime,
            name="private" if private else "public",
            guard=Guard(means.limiter, pool),
            draw=means.draw,
            set_clock=means.set_clock,
            report=means.report,
        )


def _shows_a_trade(change: Change[Any]) -> bool:
    """A position has another size, or a coin another balance: a trade does both, as it is paid for."""
    item, before = change.item, change.previous
    if isinstance(item, Account):
        known = None if before is None else before.balance
        return None not in (item.balance, known) and item.balance != known
    return isinstance(item, Position) and item.quantity != (0 if before is None else before.quantity)


def _executes(change: Change[Order]) -> bool:
    """Whether an order is filled further than was known, as far as that is told."""
    before = None if change.previous is None else change.previous.filled_quantity
    return change.item.filled_quantity is None or change.item.filled_quantity != (before or 0)
