"""What a `Portfolio` saw at one moment: a state for each venue, what makes it so, and sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec

from futures_async import risk
from futures_async.portfolio.feeds import Part
from futures_async.unified.enums import PositionSide
from futures_async.unified.errors import RateLimited, RequestTimeout, UnreadRows
from futures_async.unified.exact import ZERO, add, divide, subtract, total
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Account, Position, PositionRisk
from futures_async.unified.watching import WatchState


class VenueData(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one account. A part that could never be read, or that the venue has no call for, is None."""

    positions: tuple[Position, ...] | None = None
    """Open positions."""
    accounts: tuple[Account, ...] | None = None
    """One entry for each margin coin."""
    positions_unread: int = 0
    """Rows of positions that could not be read: they are not among `positions`, or there as they were last known."""
    accounts_unread: int = 0
    """The same of accounts."""


class Ok(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is known as of now: kept by a live stream, or read for this snapshot, or so shortly before that it
    may be shared."""

    status: Literal["ok"] = "ok"
    """Word for programs that read JSON."""
    venue: str
    """Id of the adapter."""
    data: VenueData
    """What was read."""
    age_s: float
    """Seconds since the oldest part was asked for; of a live stream, since its last sign of life."""
    latency_s: float
    """Seconds from asking to the slowest part's answer."""
    positions_age_s: float | None = None
    """Seconds since the positions were asked for; None: never read, or the venue has no such call."""
    accounts_age_s: float | None = None
    """The same of the accounts."""
    stream: WatchState | None = None
    """State of the streams, the worse of the two; None: the account is read only."""
    stream_error: Exception | None = None
    """Why a stream ended, as where the venue refuses its login, until another one stands: till then there are reads."""
    error: None = None
    """Always None here."""


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """Something was not read in time: `data` is the last that is known, `error` says why it is not newer.

    Also where all was read and not every row can be made out: then `data` is as of now, and `error` is `UnreadRows`.
    """

    status: Literal["stale"] = "stale"
    """Word for programs that read JSON."""
    venue: str
    """Id of the adapter."""
    data: VenueData
    """The last that is known; some parts may be fresh, others None."""
    age_s: float
    """Seconds since the oldest known part was asked for."""
    latency_s: float
    """Seconds from asking to the slowest known part's answer."""
    positions_age_s: float | None = None
    """Seconds since the positions were asked for; None: never read, or the venue has no such call."""
    accounts_age_s: float | None = None
    """The same of the accounts."""
    stream: WatchState | None = None
    """State of the streams, the worse of the two; None: the account is read only."""
    stream_error: Exception | None = None
    """Why a stream ended, as where the venue refuses its login, until another one stands: till then there are reads."""
    positions_fresh: bool = False
    """The positions are as of now all the same, and every row of them can be read: it is the balances that are not."""
    error: Exception
    """Why it is not fresh: where the deadline came first, what the read has met so far, else `RequestTimeout`."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is known of this venue."""

    status: Literal["failed"] = "failed"
    """Word for programs that read JSON."""
    venue: str
    """Id of the adapter."""
    data: None = None
    """Always None here."""
    age_s: None = None
    """Always None here."""
    latency_s: None = None
    """Always None here."""
    stream: WatchState | None = None
    """State of the streams, the worse of the two; None: the account is read only."""
    stream_error: Exception | None = None
    """Why a stream ended, as where the venue refuses its login, until another one stands: till then there are reads."""
    error: Exception
    """Why."""


VenueState: TypeAlias = Ok | Stale | Failed


def state_of(
    exchange: FuturesExchange,
    name: str,
    positions: Part[tuple[Position, ...]],
    accounts: Part[tuple[Account, ...]],
    *,
    now: float,
    deadline_s: float,
    shut_s: float,
) -> VenueState:
    """What can be said of an account: Ok when all was read in time, Stale when something is old, else Failed.

    Args:
        exchange: The account's.
        name: Its name in the portfolio.
        positions: What is known of them.
        accounts: The same of its balances.
        now: The loop's clock, as are the times of the feeds.
        deadline_s: A read under way for longer is late.
        shut_s: The rate limiter lets nothing through for so long.
    """
    parts: tuple[Part[Any], ...] = (positions, accounts)
    asked = [part for part in parts if not part.absent]
    held, balances = positions.good, accounts.good
    answers = [answer for part, answer in zip(parts, (held, balances), strict=True) if part in asked and answer]
    late = [why for part in asked if (why := part.late(now, deadline_s)) is not None]
    problems = [problem for part in asked or parts if (problem := part.error) is not None]
    # A row that cannot be read is the least of them: what else was read is as of now.
    error = min(problems, key=lambda problem: isinstance(problem, UnreadRows), default=None)
    stream = min((part.stream for part in parts if part.stream is not None), key=_WORST.index, default=None)
    ended = next((why for part in parts if (why := part.stream_error) is not None), None)
    if late:
        error = late[0]
    shut = [part for part in asked if shut_s > 0 and part.stream is not WatchState.LIVE]
    if shut:
        error = shut_error(exchange, shut_s)
    if not answers:
        error = error or RequestTimeout(f"{name}: never answered")
        return Failed(venue=exchange.id, stream=stream, stream_error=ended, error=error)
    seen: dict[str, Any] = {
        "data": VenueData(
            positions=held.value if held is not None else None,
            accounts=balances.value if balances is not None else None,
            positions_unread=0 if held is None else len(held.unread),
            accounts_unread=0 if balances is None else len(balances.unread),
        ),
        "stream": stream,
        "stream_error": ended,
        "age_s": now - min(answer.asked for answer in answers),
        "latency_s": max(answer.received - answer.asked for answer in answers),
        "positions_age_s": None if held is None else now - held.asked,
        "accounts_age_s": None if balances is None else now - balances.asked,
    }
    if error is not None:
        problem = positions.error or positions.late(now, deadline_s)
        old = held is None or positions in shut or problem is not None
        return Stale(venue=exchange.id, positions_fresh=not old, error=error, **seen)
    return Ok(venue=exchange.id, **seen)


def fresh_data(state: VenueState) -> VenueData | None:
    """What is known as of now, as far as it can be read; None where something may be older."""
    return state.data if isinstance(state, Ok) or isinstance(state.error, UnreadRows) else None


def with_fresh_positions(state: VenueState) -> VenueData | None:
    """What is known, where its positions are as of now, as far as they can be read; None where they may be older."""
    return state.data if isinstance(state, Stale) and state.positions_fresh else fresh_data(state)


_WORST = (WatchState.CLOSED, WatchState.CONNECTING, WatchState.STALE, WatchState.SYNCING, WatchState.LIVE)


def shut_error(exchange: FuturesExchange, shut_s: float) -> RateLimited:
    """What is said of an account that its rate limiter lets nothing through for."""
    error = RateLimited(f"closed by the rate limiter for {shut_s:.1f} s", venue=exchange.id)
    error.retry_after_s = shut_s
    return error


class CoinTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over all venues in one coin, of what is known; `missing` names who said nothing."""

    coin: str
    """Margin coin."""
    equity: Decimal
    """Sum of the accounts' equity."""
    unrealized_pnl: Decimal
    """Sum of unrealized profit: the account's figure where it has one, else that of its positions."""
    margin: Decimal
    """Sum of the margin that positions hold."""
    exposure: Decimal
    """Sum of the positions' values, longs and shorts both counted up; of one settled in its base coin, its quantity."""
    exposure_ratio: Decimal | None
    """Exposure over equity, a fraction, of those accounts of which both are known; None where there is none such."""
    missing: tuple[str, ...]
    """Names of venues whose part in any of these sums is unknown."""
    missing_parts: Mapping[str, tuple[str, ...]]
    """By name: the sums that it is not in. It is in the others."""


class NetPosition(msgspec.Struct, frozen=True, kw_only=True):
    """One contract over all venues."""

    symbol: str
    """Unified symbol."""
    long: Decimal
    """Sum of long positions, in base coin."""
    short: Decimal
    """Sum of short positions, in base coin, positive."""
    net: Decimal
    """Long − short, in base coin."""
    venues: tuple[str, ...]
    """Names of the venues that hold a part."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All venues at one moment."""

    venues: Mapping[str, VenueState]
    """State of each exchange, by its name in the portfolio."""

    @property
    def positions(self) -> list[Position]:
        """All known positions, venue by venue; those of stale venues too."""
        return [position for _, position in self.each_position()]

    @property
    def accounts(self) -> list[Account]:
        """All known accounts, venue by venue; those of stale venues too."""
        return [account for _, account in self.each_account()]

    @property
    def errors(self) -> dict[str, Exception]:
        """What went wrong, by name of the venue."""
        return {name: state.error for name, state in self.venues.items() if state.error is not None}

    def risks(self) -> list[PositionRisk]:
        """How far each known position is from liquidation, computed from what was read: no further call."""
        return [risk.position_risk(position) for position in self.positions]

    def totals(self) -> dict[str, CoinTotal]:
        """Sums by margin coin. Two exchange objects of one account count twice: give a portfolio each account once."""
        coins: dict[str, _Sums] = {}
        for name, account in self.each_account():
            own = coins.setdefault(account.margin_coin, _Sums()).of(name)
            own.add("equity", account.equity)
            if account.unrealized_pnl is not None:
                own.add("unrealized_pnl", account.unrealized_pnl)
                own.tells_pnl = True
        for name, position in self.each_position():
            own = coins.setdefault(position.margin_coin, _Sums()).of(name)
            if "equity" not in own.told:  # a balance that is not listed is no balance of 0 where margin is held
                own.unknown.add("equity")
            own.add("margin", position.margin)
            own.add("exposure", _value(position))
            if not own.tells_pnl:
                own.add("unrealized_pnl", risk.position_pnl(position))
        for name, state in self.venues.items():
            data = state.data or VenueData()
            no_accounts = data.accounts is None or bool(data.accounts_unread)
            no_positions = data.positions is None or bool(data.positions_unread)
            for own in [coin.of(name) for coin in coins.values() if no_accounts or no_positions]:
                own.unread = True
                if no_accounts:
                    own.unknown |= {"equity"}
                if no_positions:  # profit is known where the account tells it
                    own.unknown |= {"margin", "exposure"} | (set() if own.tells_pnl else {"unrealized_pnl"})
        return {name: coin.total(name) for name, coin in sorted(coins.items())}

    def net_positions(self) -> dict[str, NetPosition]:
        """Long, short and net size of each contract over all venues, by unified symbol."""
        found: dict[str, list[tuple[str, Position]]] = {}
        for name, position in self.each_position():
            found.setdefault(position.symbol, []).append((name, position))
        nets: dict[str, NetPosition] = {}
        for symbol, held in sorted(found.items()):
            long = total(position.quantity for _, position in held if position.side is PositionSide.LONG)
            short = total(position.quantity for _, position in held if position.side is PositionSide.SHORT)
            nets[symbol] = NetPosition(
                symbol=symbol,
                long=long,
                short=short,
                net=subtract(long, short),
                venues=tuple(dict.fromkeys(name for name, _ in held)),
            )
        return nets

    def each_position(self) -> Iterable[tuple[str, Position]]:
        """All known positions, each with the name of its account; those of stale venues too."""
        for name, state in self.venues.items():
            for position in (state.data.positions if state.data else None) or ():
                yield name, position

    def each_account(self) -> Iterable[tuple[str, Account]]:
        """All known balances, each with the name of its account; those of stale venues too."""
        for name, state in self.venues.items():
            for account in (state.data.accounts if state.data else None) or ():
                yield name, account


def _value(position: Position) -> Decimal | None:
    """A position's value in its margin coin; None where that is no coin of its pair."""
    if position.settlement == "base":
        return position.quantity
    return risk.position_notional(position) if position.settlement == "quote" else None


SUMMED = ("equity", "unrealized_pnl", "margin", "exposure")


class _Own:
    """One account's part in the sums of one coin."""

    def __init__(self) -> None:
        self.sums: dict[str, Decimal] = dict.fromkeys(SUMMED, ZERO)
        self.told: set[str] = set()
        self.unknown: set[str] = set()
        """What is not known, or not all of it."""
        self.tells_pnl = False
        self.unread = False
        """Its positions or its balances were never read, or not all of them can be."""

    def add(self, what: str, value: Decimal | None) -> None:
        if value is None:
            self.unknown.add(what)
        else:
            self.sums[what] = add(self.sums[what], value)
            self.told.add(what)


class _Sums:
    """The sums of one coin, account by account."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Own] = {}

    def of(self, name: str) -> _Own:
        return self._accounts.setdefault(name, _Own())

    def total(self, coin: str) -> CoinTotal:
        whole = [own for own in self._accounts.values() if "equity" in own.told and not own.unknown & RATIO_OF]
        equity, exposure = (total(own.sums[what] for own in whole) for what in ("equity", "exposure"))
        # Those of which something was never read come first.
        parts = {
            name: tuple(what for what in SUMMED if what in own.unknown)
            for name, own in sorted(self._accounts.items(), key=lambda item: not item[1].unread)
            if own.unknown
        }
        return CoinTotal(
            coin=coin,
            **{what: total(own.sums[what] for own in self._accounts.values()) for what in SUMMED},
            exposure_ratio=divide(exposure, equity) if equity > 0 else None,
            missing=tuple(parts),
            missing_parts=parts,
        )


RATIO_OF = {"equity", "exposure"}
