"""Many accounts at many venues, seen together; none of them can delay or hide another."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import anyio
import anyio.lowlevel

from futures_async.portfolio.feeds import Answer, Feed, Part, answered
from futures_async.portfolio.live import Live, audits_of
from futures_async.portfolio.share import Member, RedisShare
from futures_async.portfolio.snapshot import Snapshot, VenueState, shut_error, state_of
from futures_async.transport.asleep import counting_sleep
from futures_async.transport.running import current_runtime
from futures_async.transport.runtime import Runtime
from futures_async.unified.convert import check_number
from futures_async.unified.errors import ClientClosed, InvalidRequest, UnreadRows
from futures_async.unified.exchange import Capability, FuturesExchange
from futures_async.unified.given import check_kind, flag
from futures_async.unified.models import Account, Position
from futures_async.unified.watching import WatchState

T = TypeVar("T")

DEADLINE_S = 0.8
MAX_AGE_S = 0.25
"""Two reads a venue, each at most every quarter of a second: no more than 10 calls in any second."""
GIVE_UP_S = 15.0
EAGER_S = 0.1
"""At least between two snapshots of an eager poll."""


class Portfolio:
    """Positions and accounts of any number of exchange objects, read side by side.

    A read goes on when the snapshot that began it has run out of time: its answer is there for the next one.
    Readers share: however many ask at once, one request of a kind is under way, and an answer younger than
    `max_age_s` is not asked for again. Exchanges stay their owner's: closing a portfolio stops its reads only.

    Args:
        exchanges: Exchange objects, named by their id (`id`, `id-2`, …), or a mapping that names them.
        max_age_s: Share answers, and failures, up to this age; 0 always asks.
        margin_coin: For venues that can read an account in one coin only.
        give_up_s: Stop a read that has had no answer for so long.
        live: Keep positions and accounts true by the venues' streams, and read only in audits (every 110 s; positions
            more rarely where that takes many requests), before a stream stands and while it is lost, and where there is
            none. What follows the market (mark, profit, liquidation price) is then as of the venue's last push or read.
            On asyncio, with the extra `[streams]`.
        share: Of all processes with the same accounts one reads, or streams where it is `live`, and the others get what
            it knows: see `RedisShare`.

    Raises:
        InvalidRequest: No exchange, one twice, or a duration that is none.
    """

    def __init__(
        self,
        exchanges: Sequence[FuturesExchange] | Mapping[str, FuturesExchange],
        *,
        max_age_s: float = MAX_AGE_S,
        margin_coin: str = "USDT",
        give_up_s: float = GIVE_UP_S,
        live: bool = False,
        share: RedisShare | None = None,
    ) -> None:
        given = [*exchanges.values()] if isinstance(exchanges, Mapping) else _several(exchanges)
        for one in given:
            if not hasattr(one, "fetch_positions"):
                raise InvalidRequest(f"a portfolio is made of exchange objects, not of {type(one).__name__}")
        self._exchanges = dict(exchanges) if isinstance(exchanges, Mapping) else _named(given)
        if len({id(exchange) for exchange in self._exchanges.values()}) != len(self._exchanges):
            raise InvalidRequest("an exchange object is in the portfolio twice: its sums would count twice")
        if not self._exchanges:
            raise InvalidRequest("a portfolio needs at least one exchange")
        check_number("give_up_s", give_up_s, 0, above=True)
        check_number("max_age_s", max_age_s, 0)
        check_kind("margin_coin", margin_coin, str, "the name of a coin")
        if share is not None:
            check_kind("share", share, RedisShare, "a RedisShare")
        self._max_age_s = max_age_s
        self._margin_coin = margin_coin
        self._give_up_s = give_up_s
        self._live = flag(live, "live")
        self._share = share
        self._member: Member | None = None
        self._runtime: Runtime | None = None
        self._venues: list[_Venue] = []
        self._closed = False
        self._closing: anyio.Event | None = None
        self._news: anyio.Event | None = None
        """Set at the next change, where somebody waits for it."""

    @property
    def exchanges(self) -> Mapping[str, FuturesExchange]:
        """The exchange objects by name."""
        return dict(self._exchanges)

    async def snapshot(self, deadline_s: float = DEADLINE_S, *, max_age_s: float | None = None) -> Snapshot:
        """Read all venues and return what is known of each after at most `deadline_s` seconds.

        Never raises for a venue: what went wrong is in its state. A read that an earlier snapshot began has had its
        time: it is not waited for beyond `deadline_s` after its beginning. A venue that is closed by its rate
        limiter, or that refuses the key, is not asked; its state says so.

        Args:
            deadline_s: Seconds.
            max_age_s: Share answers up to this age; None is the portfolio's own. 0 asks for everything now. What is
                live needs no answer: with an age it is compared with a read beside that, which a later snapshot shows.

        Raises:
            ClientClosed: The portfolio was closed.
        """
        own = self._max_age_s if max_age_s is None else max_age_s
        return await self._take(deadline_s, own, max_age_s, for_all=True)

    async def _take(self, deadline_s: float, max_age_s: float, refresh_s: float | None, *, for_all: bool) -> Snapshot:
        check_number("deadline_s", deadline_s, 0, above=True)
        runtime, venues = self._open()
        for venue in venues:
            # An age that was named is meant: it is not that of a read which somebody else began before.
            venue.ask(max_age_s, refresh_s, follow=for_all and refresh_s is not None)
        for venue in venues:
            for feed in (venue.positions, venue.accounts):
                if for_all or feed.prompt(deadline_s):
                    await feed.wait(deadline_s)
        now = runtime.now()
        return Snapshot(venues={venue.name: venue.state(now, deadline_s) for venue in venues})

    async def poll(
        self,
        interval_s: float = 1.0,
        *,
        deadline_s: float | None = None,
        eager: bool = False,
        refresh_s: float | None = None,
    ) -> AsyncGenerator[Snapshot, None]:
        """Take a snapshot every `interval_s` seconds, until the portfolio is closed or the loop is left.

        Beats lie at whole intervals after the first one, whatever a snapshot or the loop's body takes: they do not
        drift. Beats that were missed meanwhile are left out: they do not pile up. A venue whose last read failed, or
        took longer than the deadline, is read on, and not waited for until a read went well in time.

        Args:
            interval_s: Seconds.
            deadline_s: For each snapshot; None is 0.8 s, or 80 % of a shorter interval.
            eager: Between the beats too, as soon as something live has changed, and at most ten times a second.
            refresh_s: Compare what is live with a read as often as this, for figures that follow the market.
        """
        check_number("interval_s", interval_s, 0, above=True)
        within_s = min(DEADLINE_S, 0.8 * interval_s) if deadline_s is None else deadline_s
        runtime, _ = self._open()
        closing = self._closing = self._closing or anyio.Event()
        start, beat, early = runtime.now(), 0, False
        while not self._closed:
            news = self._news = self._news or anyio.Event()
            taken = runtime.now()
            yield await self._take(within_s, min(self._max_age_s, interval_s / 2), refresh_s, for_all=False)
            if not early:
                beat = max(beat + 1, math.ceil((runtime.now() - start) / interval_s))
            due = start + beat * interval_s
            early = False
            with anyio.move_on_after(due - runtime.now()):
                if eager:
                    await runtime.sleep(max(taken + EAGER_S - runtime.now(), 0))
                await (news if eager else closing).wait()
                early = True

    async def aclose(self) -> None:
        """Stop reads under way and all polls. The exchanges stay open."""
        self._closed = True
        if self._closing is not None:
            self._closing.set()
        self._changed()
        for venue in self._venues:
            venue.positions.stop()
            venue.accounts.stop()
        member, self._member = self._member, None
        if member is not None:
            await member.aclose()
        await anyio.lowlevel.checkpoint()

    def _changed(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        await self.aclose()

    def _open(self) -> tuple[Runtime, list[_Venue]]:
        if self._closed:
            closed = ClientClosed("the portfolio was closed")
            closed.advice = "make a new one"
            raise closed
        if self._runtime is None:
            runtime = current_runtime()
            # Ages count the time that this computer sleeps.
            runtime.now = counting_sleep(runtime.now)
            if self._share is not None:
                accounts = [f"{exchange.id} {exchange.view_id}" for exchange in self._exchanges.values()]
                self._member = self._share.join([*accounts, self._margin_coin], runtime)
            self._runtime = runtime
            self._venues = [
                _Venue(name, exchange, runtime, self._give_up_s, self._margin_coin, self._member)
                for name, exchange in self._exchanges.items()
            ]
            if self._live:
                for venue in self._venues:
                    venue.watch(self._changed)
        self._runtime.check()
        return self._runtime, self._venues


class _Venue:
    """The feeds of one exchange object, and its state made from them."""

    def __init__(
        self,
        name: str,
        exchange: FuturesExchange,
        runtime: Runtime,
        give_up_s: float,
        margin_coin: str,
        member: Member | None,
    ) -> None:
        self.name = name
        self._exchange = exchange
        self._runtime = runtime
        self._member = member

        async def positions() -> tuple[Position, ...]:
            return tuple(await exchange.fetch_positions())

        async def accounts() -> tuple[Account, ...]:
            if exchange.supports(Capability.FETCH_ACCOUNTS):
                return tuple(await exchange.fetch_accounts())
            return (await exchange.fetch_account(margin_coin),)

        self._read_positions = Feed(
            f"{name}: positions", self._shared("positions", positions, tuple[Position, ...]), runtime, give_up_s
        )
        self._read_accounts = Feed(
            f"{name}: accounts", self._shared("accounts", accounts, tuple[Account, ...]), runtime, give_up_s
        )
        self.positions: Part[tuple[Position, ...]] = self._read_positions
        self.accounts: Part[tuple[Account, ...]] = self._read_accounts
        self._shut_s = 0.0

    def watch(self, changed: Callable[[], object]) -> None:
        """Keep it by the venue's streams."""
        exchange, runtime = self._exchange, self._runtime
        positions_s, accounts_s = audits_of(exchange)
        watch_positions = partial(exchange.watch_positions, audit_s=positions_s)
        watch_accounts = partial(exchange.watch_accounts, audit_s=accounts_s)
        member = self._member

        def leads() -> bool:
            return member is None or member.leads

        self.positions = positions = Live(self._read_positions, watch_positions, runtime, changed, leads)
        self.accounts = accounts = Live(self._read_accounts, watch_accounts, runtime, changed, leads)
        if member is not None:
            member.turns += [positions.keep_watching, accounts.keep_watching]

    def _shared(
        self, what: str, read: Callable[[], Awaitable[T]], kind: type[T]
    ) -> Callable[[float], Awaitable[Answer[T]]]:
        """The read by which this account is known here: its own, or that of the process that leads."""
        runtime, member = self._runtime, self._member
        if member is None:

            async def own(_: float) -> Answer[T]:
                return await answered(read(), runtime)

            return own
        field = f"{self._exchange.id} {self._exchange.view_id} {what}"
        member.attach(field, partial(self._wanted, member, field, what))

        async def shared(max_age_s: float) -> Answer[T]:
            feed = self._read_positions if what == "positions" else self._read_accounts
            return await member.fetch(field, read, kind, max_age_s, feed.refresh_s)

        return shared

    def _wanted(
        self, member: Member, field: str, what: str, max_age_s: float, follow: bool, refresh_s: float | None
    ) -> None:
        """Another process wants it: read it, or say what is known without, or why nothing is."""
        self._shut_s = self._exchange.closed_for_s()
        part: Part[Any] = self.positions if what == "positions" else self.accounts
        feed: Feed[Any] = self._read_positions if what == "positions" else self._read_accounts
        if self._shut_s <= 0:
            part.ask(max_age_s, refresh_s, follow=follow)
        if part.stream is WatchState.LIVE and part.good is not None:
            overdue = part.error
            member.offer(field, part.good, None if isinstance(overdue, UnreadRows) else overdue)
            return
        error = shut_error(self._exchange, self._shut_s) if self._shut_s > 0 else feed.error
        if isinstance(error, UnreadRows):
            return  # told with what can be read
        if feed.flight is None and error is not None:
            member.refused(field, error)

    def ask(self, max_age_s: float, refresh_s: float | None, *, follow: bool) -> None:
        self._shut_s = self._exchange.closed_for_s()
        if self._shut_s > 0:
            return
        self.positions.ask(max_age_s, refresh_s, follow=follow)
        self.accounts.ask(max_age_s, refresh_s, follow=follow)

    def state(self, now: float, deadline_s: float) -> VenueState:
        return state_of(
            self._exchange,
            self.name,
            self.positions,
            self.accounts,
            now=now,
            deadline_s=deadline_s,
            shut_s=self._shut_s,
        )


def _several(exchanges: object) -> list[FuturesExchange]:
    if isinstance(exchanges, Iterable) and not isinstance(exchanges, (str, bytes)):
        return [*cast("Iterable[FuturesExchange]", exchanges)]
    raise InvalidRequest(
        f"a portfolio takes several exchange objects, in a list or by name, not {type(exchanges).__name__}"
    )


def _named(exchanges: Sequence[FuturesExchange]) -> dict[str, FuturesExchange]:
    named: dict[str, FuturesExchange] = {}
    for exchange in exchanges:
        name, number = exchange.id, 2
        while name in named:
            name, number = f"{exchange.id}-{number}", number + 1
        named[name] = exchange
    return named
