"""What a `Portfolio` saw at one moment: a state for each venue, and sums over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from futures_async import risk
from futures_async.unified.enums import PositionSide
from futures_async.unified.exact import ZERO, add, subtract, total
from futures_async.unified.models import Account, Position, PositionRisk


class VenueData(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one account. A part that could never be read, or that the venue has no call for, is None."""

    positions: tuple[Position, ...] | None = None
    """Open positions."""
    accounts: tuple[Account, ...] | None = None
    """One entry for each margin coin."""


class Ok(msgspec.Struct, frozen=True, kw_only=True):
    """Everything was read for this snapshot, or so shortly before that it may be shared."""

    status: Literal["ok"] = "ok"
    venue: str
    """Id of the adapter."""
    data: VenueData
    """What was read."""
    age_s: float
    """Seconds since the oldest part was asked for."""
    latency_s: float
    """Seconds from asking to the slowest part's answer."""
    error: None = None
    """Always None here."""


class Stale(msgspec.Struct, frozen=True, kw_only=True):
    """Something was not read in time: `data` is the last that is known, `error` says why it is not newer."""

    status: Literal["stale"] = "stale"
    venue: str
    """Id of the adapter."""
    data: VenueData
    """The last that is known; some parts may be fresh, others None."""
    age_s: float
    """Seconds since the oldest known part was asked for."""
    latency_s: float
    """Seconds from asking to the slowest known part's answer."""
    error: Exception
    """Why it is not fresh: `RequestTimeout` when the deadline came first."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is known of this venue."""

    status: Literal["failed"] = "failed"
    venue: str
    """Id of the adapter."""
    data: None = None
    """Always None here."""
    age_s: None = None
    """Always None here."""
    latency_s: None = None
    """Always None here."""
    error: Exception
    """Why."""


VenueState: TypeAlias = Ok | Stale | Failed


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
    """Sum of the positions' values, longs and shorts both counted up."""
    missing: tuple[str, ...]
    """Names of venues whose part in any of these sums is unknown: the sums are without them."""


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
        return [position for _, position in self._positions()]

    @property
    def accounts(self) -> list[Account]:
        """All known accounts, venue by venue; those of stale venues too."""
        return [account for _, account in self._accounts()]

    @property
    def errors(self) -> dict[str, Exception]:
        """What went wrong, by name of the venue."""
        return {name: state.error for name, state in self.venues.items() if state.error is not None}

    def risks(self) -> list[PositionRisk]:
        """How far each known position is from liquidation, computed from what was read: no further call."""
        return [risk.position_risk(position) for position in self.positions]

    def totals(self) -> dict[str, CoinTotal]:
        """Sums by margin coin. Two exchange objects of one account count twice: give a portfolio each account once."""
        sums: dict[str, _Sums] = {}
        own_pnl: set[tuple[str, str]] = set()
        for name, account in self._accounts():
            coin = sums.setdefault(account.margin_coin, _Sums())
            coin.add(name, "equity", account.equity)
            if account.unrealized_pnl is not None:
                coin.add(name, "unrealized_pnl", account.unrealized_pnl)
                own_pnl.add((name, account.margin_coin))
        for name, position in self._positions():
            coin = sums.setdefault(position.margin_coin, _Sums())
            coin.add(name, "margin", position.margin)
            coin.add(name, "exposure", risk.position_notional(position))
            if (name, position.margin_coin) not in own_pnl:
                coin.add(name, "unrealized_pnl", risk.position_pnl(position))
        blind = [
            name
            for name, state in self.venues.items()
            if state.data is None or state.data.positions is None or state.data.accounts is None
        ]
        return {
            coin: CoinTotal(
                coin=coin,
                equity=known.sums["equity"],
                unrealized_pnl=known.sums["unrealized_pnl"],
                margin=known.sums["margin"],
                exposure=known.sums["exposure"],
                missing=tuple(dict.fromkeys([*blind, *known.missing])),
            )
            for coin, known in sorted(sums.items())
        }

    def net_positions(self) -> dict[str, NetPosition]:
        """Long, short and net size of each contract over all venues, by unified symbol."""
        found: dict[str, list[tuple[str, Position]]] = {}
        for name, position in self._positions():
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

    def _positions(self) -> Iterable[tuple[str, Position]]:
        for name, state in self.venues.items():
            for position in (state.data.positions if state.data else None) or ():
                yield name, position

    def _accounts(self) -> Iterable[tuple[str, Account]]:
        for name, state in self.venues.items():
            for account in (state.data.accounts if state.data else None) or ():
                yield name, account


class _Sums:
    def __init__(self) -> None:
        self.sums: dict[str, Decimal] = {"equity": ZERO, "unrealized_pnl": ZERO, "margin": ZERO, "exposure": ZERO}
        self.missing: list[str] = []

    def add(self, name: str, what: str, value: Decimal | None) -> None:
        if value is None:
            self.missing.append(name)
        else:
            self.sums[what] = add(self.sums[what], value)
