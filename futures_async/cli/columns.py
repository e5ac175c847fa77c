"""The tables' columns: what a person wants to see of each model, in the field's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from rich.text import Text

from futures_async.cli.tables import Column, grouped, percent, signed
from futures_async.portfolio.danger import CLOSE, NEAR, AccountRatios, Danger, nearness
from futures_async.risk import Dashboard, DashboardRow, position_notional, position_pnl, risk_level
from futures_async.unified.enums import PositionMode, PositionSide, RiskLevel
from futures_async.unified.models import Account, Fill, LedgerEntry, Order, Position, PositionRisk
from futures_async.unified.models.position import return_on_margin
from futures_async.unified.reading import Read

LEVEL_STYLES = {RiskLevel.SAFE: "green", RiskLevel.WARNING: "yellow", RiskLevel.DANGER: "bold red"}
BAR_WIDTH = 16
BAR_FULL = Decimal("0.5")
"""A distance of half the price or more fills the bar."""


def when(value_ms: int | None) -> str:
    """A time in UTC, to the second."""
    return "–" if value_ms is None else f"{datetime.fromtimestamp(value_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"


def side_text(side: PositionSide) -> Text:
    """LONG in green, SHORT in red."""
    return Text(side.value, style="green" if side is PositionSide.LONG else "red")


MARKS = {
    Danger.NEAR: ("!!", "bold red"),
    Danger.CLOSE: ("!", "yellow"),
    Danger.UNKNOWN: ("?", ""),
    Danger.FAR: ("", ""),
}
"""For eyes and terminals without colours."""


def marked(position: Position, account_ratio: Decimal | None = None) -> Text:
    """The distance to liquidation, with a mark where that is near, and the margin ratio where that is why."""
    near = nearness(position, account_ratio)
    mark, style = MARKS[near.danger]
    why = f"ratio {percent(near.ratio, 0)}  " if near.by_ratio else ""
    return Text(f"{mark} {why}{percent(near.distance)}".lstrip(), style=style)


def roe(position: Position) -> Decimal | None:
    """Profit over the margin held, a fraction."""
    return return_on_margin(position_pnl(position), position.margin)


def signed_percent(value: Decimal | None) -> Text:
    """A fraction in percent, in the colour of a profit."""
    return signed(None if value is None else value * 100, digits=1, unit=" %")


def money(value: Decimal | None) -> str:
    """An amount, two decimals."""
    return "–" if value is None else f"{value:,.2f}"


def bar(fraction: Decimal | None) -> Text:
    """A bar for the distance to liquidation: short and red is near."""
    if fraction is None:
        return Text("–")
    part = min(max(fraction, Decimal(0)), BAR_FULL) / BAR_FULL
    filled = int(part * BAR_WIDTH)
    style = "red" if fraction < NEAR else "yellow" if fraction < CLOSE else "green"
    return Text.assemble(("█" * filled, style), ("░" * (BAR_WIDTH - filled), "dim"), f" {percent(fraction)}")


def price(value: Decimal | None) -> str:
    """A price that is an average or computed, with as many decimals as its size asks for; `--json` has every digit."""
    if value is None:
        return "–"
    # Below one, seven digits that count: a coin may be worth a hundred thousandth of another.
    return grouped(value, 1 if value >= 1000 else 3 if value >= 10 else max(6, 6 - value.adjusted()))


def set_price(value: Decimal | None) -> str:
    """A price that somebody has set, or that was traded at: to the last digit."""
    return "–" if value is None else grouped(value, None)


def times(value: Decimal | None) -> str:
    """Leverage."""
    return "–" if value is None else f"{grouped(value)}x"


POSITIONS: list[Column[Position]] = [
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("side", lambda row: side_text(row.side), number=False, names=True),
    Column("quantity", lambda row: row.quantity, spare=2),
    Column("notional", lambda row: money(position_notional(row)), spare=4),
    Column("entry", lambda row: price(row.entry_price), spare=7),
    Column("mark", lambda row: price(row.mark_price), spare=5),
    Column("liquidation", lambda row: price(row.liquidation_price), spare=3),
    Column("distance", lambda row: marked(row)),
    Column("PnL", lambda row: signed(position_pnl(row))),
    Column("ROE", lambda row: signed_percent(roe(row)), spare=1),
    Column("leverage", lambda row: times(row.leverage), spare=8),
    Column("margin", lambda row: row.margin_mode, number=False, spare=9),
]


class RiskLine(PositionRisk, frozen=True, kw_only=True, eq=False, gc=False):
    """A row of `risk`: the position's risk, and what of the dashboard is not in that."""

    entry_price: Decimal | None = None
    """Average entry price, in quote coin."""
    position_mode: PositionMode | None = None
    """One-way or hedge."""


def risk_lines(dashboard: Dashboard, accounts: Iterable[Account] = ()) -> list[RiskLine]:
    """The dashboard's rows, one for each position.

    Args:
        dashboard: Of one account.
        accounts: Its balances: a cross position that tells no margin ratio has theirs.

    Raises:
        UnreadRows: Some positions cannot be read; the lines of the others are in it.
    """
    ratios = AccountRatios(("", account) for account in accounts)

    def line(row: DashboardRow) -> RiskLine:
        told = msgspec.structs.asdict(row.risk)
        if told["margin_ratio"] is None and (ratio := ratios.of("", row.position)) is not None:
            told |= {"margin_ratio": ratio, "level": risk_level(ratio)}
        mode = row.position.position_mode or dashboard.mode
        return RiskLine(**told, entry_price=row.position.entry_price, position_mode=mode)

    return Read([line(row) for row in dashboard.rows], dashboard.unread).whole()


RISK: list[Column[RiskLine]] = [
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("side", lambda row: side_text(row.side), number=False, names=True),
    Column("quantity", lambda row: row.quantity, spare=3),
    Column("entry", lambda row: price(row.entry_price), spare=6),
    Column("mark", lambda row: price(row.mark_price), spare=5),
    Column("liquidation", lambda row: price(row.liquidation_price), spare=2),
    Column("distance to liquidation", lambda row: bar(row.distance_to_liquidation), number=False),
    Column("margin ratio", lambda row: percent(row.margin_ratio), spare=1),
    Column("level", lambda row: level(row), number=False),
    Column("PnL", lambda row: signed(row.unrealized_pnl), spare=4),
    Column("leverage", lambda row: times(row.leverage), spare=7),
    Column("margin", lambda row: row.margin, spare=9),
    Column("margin mode", lambda row: row.margin_mode, number=False, spare=8),
    Column("mode", lambda row: row.position_mode, number=False, spare=10),
]


def level(row: PositionRisk) -> Text:
    """The risk level in its colour."""
    return Text("–") if row.level is None else Text(row.level.value, style=LEVEL_STYLES[row.level])


ACCOUNTS: list[Column[Account]] = [
    Column("coin", lambda row: row.margin_coin, number=False, names=True),
    Column("equity", lambda row: row.equity),
    Column("balance", lambda row: row.balance, spare=3),
    Column("available", lambda row: row.available),
    Column("locked", lambda row: row.locked, spare=5),
    Column("PnL", lambda row: signed(row.unrealized_pnl), spare=2),
    Column("maintenance", lambda row: row.maintenance_margin, spare=4),
    Column("margin ratio", lambda row: percent(row.margin_ratio, 2), spare=1),
    Column("mode", lambda row: row.position_mode, number=False, spare=6),
]

ORDERS: list[Column[Order]] = [
    Column("created (UTC)", lambda row: when(row.created_ms), number=False, spare=2),
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("side", lambda row: row.side, number=False, names=True),
    Column("type", lambda row: row.type, number=False, spare=4),
    Column("price", lambda row: set_price(row.price)),
    Column("average", lambda row: price(row.average_price), spare=5),
    Column("quantity", lambda row: row.quantity),
    Column("filled", lambda row: row.filled_quantity, spare=1),
    Column("status", lambda row: row.status, number=False),
    Column("reduces", lambda row: row.reduce_only, number=False, spare=6),
    Column("order id", lambda row: row.order_id, number=False, spare=3),
]

FILLS: list[Column[Fill]] = [
    Column("executed (UTC)", lambda row: when(row.created_ms), number=False, spare=1),
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("side", lambda row: row.side, number=False, names=True),
    Column("price", lambda row: set_price(row.price)),
    Column("quantity", lambda row: row.quantity),
    Column("fee", lambda row: row.fee, spare=3),
    Column("coin", lambda row: row.fee_coin, number=False, spare=3),
    Column("role", lambda row: row.role, number=False, spare=4),
    Column("realized", lambda row: signed(row.realized_pnl), spare=2),
    Column("order id", lambda row: row.order_id, number=False, spare=5),
]

LEDGER: list[Column[LedgerEntry]] = [
    Column("booked (UTC)", lambda row: when(row.created_ms), number=False, spare=1),
    Column("type", lambda row: row.type, number=False),
    Column("venue's word", lambda row: row.venue_type, number=False, spare=4),
    Column("symbol", lambda row: row.symbol, number=False, names=True),
    Column("amount", lambda row: signed(row.amount)),
    Column("fee", lambda row: row.fee, spare=3),
    Column("coin", lambda row: row.coin, number=False),
    Column("balance", lambda row: row.balance, spare=2),
]
