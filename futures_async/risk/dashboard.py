"""Positions with their risk side by side: the data of a position dashboard, in one call."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar

import anyio
import msgspec

from futures_async.risk.position import position_risk
from futures_async.unified.callbacks import failure_of
from futures_async.unified.enums import PositionMode
from futures_async.unified.errors import InvalidRequest, NotSupported, UnreadRow
from futures_async.unified.exact import ZERO
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Position, PositionRisk
from futures_async.unified.rows import readable

T = TypeVar("T")


class DashboardRow(msgspec.Struct, frozen=True, kw_only=True):
    """One open position."""

    position: Position
    """As `fetch_positions` read it."""
    risk: PositionRisk
    """As `fetch_position_risk` read it for the same symbol, side and margin mode; computed from the position where it
    has no row."""


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """All open positions of one account."""

    venue: str
    """Id of the adapter."""
    mode: PositionMode | None
    """One-way or hedge; None where neither the venue nor a position says."""
    rows: tuple[DashboardRow, ...]
    """Largest value first; those of unknown value last."""
    unread: tuple[UnreadRow, ...] = ()
    """Positions that cannot be read: they are held, and in no row."""


async def dashboard(exchange: FuturesExchange, symbol: str | None = None) -> Dashboard:
    """Read positions, their risk and the position mode at once, and put together what belongs together.

    Source: `positionDashboard` of the v2 positions document. Rows are matched by symbol and side, and by margin
    mode where both tell it; what the venue has no call for is taken from the positions themselves.

    Args:
        exchange: An open exchange with credentials.
        symbol: Only this contract; None is all.

    Raises:
        FuturesAsyncError: One of the reads failed.
    """
    positions: list[tuple[list[Position], tuple[UnreadRow, ...]]] = []
    risks: list[tuple[list[PositionRisk], tuple[UnreadRow, ...]]] = []
    modes: list[PositionMode] = []
    failures: list[Exception] = []

    async def read(call: Awaitable[T], into: list[T]) -> None:
        into.append(await call)

    async def guarded(call: Awaitable[T], into: list[T], *, needed: bool = False) -> None:
        error = await failure_of(read(call, into))
        if error is not None and (needed or not isinstance(error, (NotSupported, InvalidRequest))):
            failures.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: guarded(readable(exchange.fetch_positions(symbol)), positions, needed=True))
        tasks.start_soon(lambda: guarded(readable(exchange.fetch_position_risk(symbol)), risks))
        tasks.start_soon(lambda: guarded(exchange.fetch_position_mode(symbol), modes))
    if failures:
        raise failures[0]
    held, unread = positions[0]
    told = [risk for found, _ in risks for risk in found]
    rows = [DashboardRow(position=one, risk=_risk_of(one, held, told) or position_risk(one)) for one in held]
    rows.sort(key=lambda row: (row.risk.notional is None, (row.risk.notional or ZERO).copy_negate()))
    said = [position.position_mode for position in held if position.position_mode is not None]
    return Dashboard(
        venue=exchange.id,
        mode=modes[0] if modes else said[0] if said else None,
        rows=tuple(rows),
        unread=unread,
    )


def _risk_of(position: Position, held: Sequence[Position], told: Sequence[PositionRisk]) -> PositionRisk | None:
    """What was told of a position; of the mode that a row leaves out only where there is one position and one row."""
    name = (position.venue_symbol, position.side)
    found = [risk for risk in told if (risk.venue_symbol, risk.side) == name]
    own = [risk for risk in found if risk.margin_mode is position.margin_mode]
    if own:
        return own[0]
    alone = len(found) == 1 == sum((one.venue_symbol, one.side) == name for one in held)
    return found[0] if alone and None in (found[0].margin_mode, position.margin_mode) else None
