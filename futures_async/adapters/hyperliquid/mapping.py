"""Hyperliquid's rows as unified models: account, positions, market, one line a field; orders are in `orders.py`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple, cast

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import (
    by_sign,
    decimal_or_none,
    if_said,
    made,
    minus,
    moment,
    named,
    needed,
    negative,
    number,
    price,
    text,
    within,
    word,
)
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.symbols import Names

VENUE = "hyperliquid"
MARGIN_MODE = {"cross": fa.MarginMode.CROSS, "isolated": fa.MarginMode.ISOLATED}
HOUR_MS = 3_600_000
FIGURES = 5
DECIMALS = 6
"""Of a price and a size together."""
MIN_NOTIONAL = Decimal(10)
PLAIN_TIERS = 50
"""Ids of margin tables below this are the leverage of a single tier, where there is no such table."""
ZERO = Decimal(0)
MAX_RATE = Decimal("0.04")
"""Of funding, for an hour."""
LIQUIDATED_ABOVE = Decimal("0.95")
"""Of the venue's ratio of an account with portfolio margin."""
_OUTCOME = re.compile(r"(\+|o)\d+")


class Tier(NamedTuple):
    """One tier of a margin table: from this notional on, so much leverage; `deduction` makes the steps meet."""

    lower: Decimal
    leverage: Decimal
    rate: Decimal
    deduction: Decimal


def part(value: Any, *path: str) -> Any:
    """A field of what stands in a row as an object; None where there is none."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = cast("dict[str, Any]", value).get(name)
    return value


# Margin tables


def tiers_of(meta: wire.WireMeta, row: wire.WireContract) -> list[Tier]:
    """The tiers of a contract, smallest first.

    Raises:
        DecodeError: They cannot be read.
    """
    number = _needed(row.margin_table_id, "marginTableId")
    for pair in meta.margin_tables:
        match pair:
            case [int(found), table] if found == number:
                rows: Any = part(table, "marginTiers")
            case _:
                continue
        return _stepped([(_needed(part(one, "lowerBound"), "lowerBound"), _leverage_of(one)) for one in rows or ()])
    if number >= PLAIN_TIERS:
        raise fa.DecodeError(f"there is no margin table {number}", path="marginTableId")
    return _stepped([(ZERO, number)])


def _leverage_of(row: Any) -> Decimal:
    return _needed(part(row, "maxLeverage"), "maxLeverage")


def _needed(value: Any, path: str) -> Decimal:
    found = decimal_or_none(value, path)
    if found is None:
        raise fa.DecodeError(f"{path} is missing", path=path)
    return found


def _stepped(steps: Sequence[tuple[Decimal, Decimal]]) -> list[Tier]:
    """Maintenance is notional x rate - deduction, and the same from both sides of each bound."""
    tiers: list[Tier] = []
    for lower, leverage in steps:
        rate = fa.divide(Decimal(1), fa.EXACT.multiply(Decimal(2), leverage))
        deduction = ZERO
        if tiers:
            rise = fa.EXACT.multiply(lower, fa.EXACT.subtract(rate, tiers[-1].rate))
            deduction = fa.EXACT.add(tiers[-1].deduction, rise)
        tiers.append(Tier(lower, leverage, rate, deduction))
    return tiers


def maintenance(notional: Decimal | None, tiers: Sequence[Tier] | None) -> Decimal | None:
    """The maintenance margin of a position of this value; None where its tiers are not known."""
    tier = next((tier for tier in reversed(tiers or ()) if notional is not None and notional >= tier.lower), None)
    if tier is None or notional is None:
        return None
    return fa.EXACT.subtract(fa.EXACT.multiply(notional, tier.rate), tier.deduction)


@fa.table_with
def risk_limits(row: wire.WireTier, contract: wire.WireContract, names: Names) -> fa.RiskLimit:
    """The tiers of a contract."""
    name, leverage = needed(text(contract.name)), price(row.max_leverage)
    return fa.RiskLimit(
        venue=VENUE,
        symbol=made(names.unified, name),
        venue_symbol=name,
        tier=made(int, row.index),
        min_notional=number(row.lower_bound),
        max_notional=number(row.upper_bound),
        max_leverage=leverage,
        maintenance_margin_rate=if_said(lambda times: fa.divide(Decimal("0.5"), times), leverage),
        initial_margin_rate=if_said(lambda times: fa.divide(Decimal(1), times), leverage),
    )


# Account


def _account_value(summary: wire.WireSummary) -> Decimal | None:
    return decimal_or_none(summary.account_value, "marginSummary.accountValue")


def _used(summary: wire.WireSummary) -> Decimal | None:
    return decimal_or_none(summary.total_margin_used, "marginSummary.totalMarginUsed")


def _free(summary: wire.WireSummary) -> Decimal | None:
    """Of the cross book; what resting orders hold is not in it. Below zero it is none."""
    value = decimal_or_none(summary.account_value, "crossMarginSummary.accountValue")
    used = decimal_or_none(summary.total_margin_used, "crossMarginSummary.totalMarginUsed")
    return None if value is None or used is None else max(ZERO, fa.EXACT.subtract(value, used))


def _unrealized(rows: Any) -> Decimal | None:
    total = ZERO
    for row in rows if isinstance(rows, list) else [rows]:  # pyright: ignore[reportUnknownVariableType] - JSON
        position: Any = getattr(row, "position", None)  # pyright: ignore[reportUnknownArgumentType] - as above
        if not isinstance(position, wire.WirePosition):
            raise fa.DecodeError("one of the positions is none", path="assetPositions")
        pnl = decimal_or_none(position.unrealized_pnl, "assetPositions[].position.unrealizedPnl")
        if pnl is None:
            return None
        total = fa.EXACT.add(total, pnl)
    return total


def _ratio(maintenance: Decimal | None, equity: Decimal | None) -> Decimal | None:
    """Liquidation at 1, which is also said where nothing is left: the quotient would read as safe."""
    if maintenance is None or equity is None or (equity <= 0 and not maintenance):
        return None
    return fa.divide(maintenance, equity) if equity > 0 else Decimal(1)


@fa.table
def accounts(row: wire.WireState, settle: str) -> fa.Account:
    """The collateral of a dex. Unrealized profit is in its value, the margin of resting orders nowhere."""
    equity, unrealized = made(_account_value, row.margin_summary), made(_unrealized, row.asset_positions)
    maintenance = number(row.cross_maintenance_margin_used)
    return fa.Account(
        venue=VENUE,
        margin_coin=settle,
        equity=equity,
        balance=minus(equity, unrealized),
        available=made(_free, row.cross_margin_summary),
        transferable=number(row.withdrawable),
        unrealized_pnl=unrealized,
        initial_margin=made(_used, row.margin_summary),
        maintenance_margin=maintenance,
        position_mode=fa.PositionMode.ONE_WAY,
        margin_ratio=made(_ratio, maintenance, made(_account_value, row.cross_margin_summary)),
    )


def is_coin(row: wire.WireSpotBalance) -> bool:
    """Shares of outcome markets (`+12`, and `o7` of a settled one) stand among the coins."""
    return not (isinstance(row.coin, str) and _OUTCOME.fullmatch(row.coin))


@fa.table
def spot_accounts(row: wire.WireSpotBalance) -> fa.Account:
    """Collateral in the spot ledger, of accounts that keep all of it there.

    The total is worth what it is at the mark, profit and loss of all positions with it. `hold` is what is bound, under
    portfolio margin less what may be borrowed, so that it may be below 0; `spotHold` is what is bound itself.
    """
    total = number(row.total)
    return fa.Account(
        venue=VENUE,
        margin_coin=needed(text(row.coin)),
        equity=total,
        available=minus(total, number(row.hold)),
        locked=number(fa.either(row.spot_hold, row.hold)),
        margin_ratio=if_said(lambda ratio: fa.divide(ratio, LIQUIDATED_ABOVE), number(row.portfolio_ratio)),
    )


# Positions


class Beside(msgspec.Struct, frozen=True):
    """What is known of a position elsewhere: its contract's tiers."""

    tiers: Sequence[Tier] | None = None


def _mark(value: Decimal | None, quantity: Decimal | None) -> Decimal | None:
    return None if value is None or not quantity else fa.divide(value, quantity)


def _given(mode: fa.MarginMode | None, used: Decimal | None, unrealized: Decimal | None) -> Decimal | None:
    """Profit and loss are in the figure of an isolated position, and not in that of another."""
    if mode is not fa.MarginMode.ISOLATED:
        return used
    return None if used is None or unrealized is None else fa.EXACT.subtract(used, unrealized)


def _initial(mode: fa.MarginMode | None, used: Decimal | None) -> Decimal | None:
    """The figure of a cross position is its value by the leverage; that of an isolated one is all that it has."""
    return used if mode is fa.MarginMode.CROSS else None


def _position_ratio(
    mode: fa.MarginMode | None,
    own: Decimal | None,
    used: Decimal | None,
    whole: Decimal | None,
    equity: Decimal | None,
) -> Decimal | None:
    """Isolated positions stand alone; of the others the whole cross book has one."""
    if mode is None:
        return None
    if mode is fa.MarginMode.CROSS:
        return _ratio(whole, equity)
    return Decimal(1) if used is not None and used <= 0 else _ratio(own, used)


@fa.table_with
def positions(row: wire.WirePosition, beside: Beside, names: Names) -> fa.Position:
    """Open positions: net, one for each coin. They have no id and no time, and tell no profit that was realized."""
    szi = number(row.szi)
    quantity, notional = fa.absolute(szi), number(row.position_value)
    leverage, used, unrealized = within(row.leverage), number(row.margin_used), number(row.unrealized_pnl)
    mode = needed(word(leverage.type, MARGIN_MODE))
    own = made(maintenance, notional, beside.tiers)
    return fa.Position(
        **named(VENUE, row.coin, names.unified),
        side=needed(by_sign(szi)),
        quantity=needed(quantity),
        entry_price=price(row.entry_px),
        mark_price=made(_mark, notional, quantity),
        liquidation_price=price(row.liquidation_px),
        unrealized_pnl=unrealized,
        # "Positive: paid", unlike the rows of payments.
        funding=needed(negative(number(within(row.cum_funding).since_open))),
        leverage=needed(number(leverage.value)),
        margin_mode=mode,
        position_mode=fa.PositionMode.ONE_WAY,
        margin_coin=names.settle,
        margin=made(_given, mode, used, unrealized),
        initial_margin=made(_initial, mode, used),
        maintenance_margin=own,
        margin_ratio=made(_position_ratio, mode, own, used, number(row.cross_maintenance), number(row.cross_value)),
        notional=notional,
    )


def to_leverage(row: wire.WireAsset, names: Names, max_leverage: Decimal | None) -> fa.Leverage:
    """How a coin is set, whether or not there is a position; what cannot be read is a `DecodeError`."""
    name, mode = str(row.coin), fa.known(MARGIN_MODE, str(getattr(row.leverage, "type", None)), "leverage.type")
    return fa.Leverage(
        venue=VENUE,
        raw=row,
        symbol=names.unified(name),
        venue_symbol=name,
        leverage=decimal_or_none(row.leverage.value, "leverage.value"),
        margin_mode=mode,
        max_leverage=max_leverage,
    )


# Market


def _step(decimals: Decimal | None) -> Decimal | None:
    if decimals is None or decimals != int(decimals) or not 0 <= decimals <= 12:
        return None
    return Decimal(1).scaleb(-int(decimals), fa.EXACT)


def _tick(decimals: Decimal | None) -> Decimal | None:
    return (
        None if _step(decimals) is None or decimals is None else Decimal(1).scaleb(int(decimals) - DECIMALS, fa.EXACT)
    )


@fa.table
def contracts(row: wire.WireContract, names: Names) -> fa.Contract:
    """Trading rules; names with `k` are of a thousand units."""
    name, decimals = needed(text(row.name)), number(row.sz_decimals)
    return fa.Contract(
        **named(VENUE, row.name, names.unified),
        base=made(names.base, name),
        quote=names.settle,
        settle=names.settle,
        contract_size=Decimal(1),
        price_tick=needed(made(_tick, decimals)),
        quantity_step=needed(made(_step, decimals)),
        min_notional=MIN_NOTIONAL,
        max_leverage=price(row.max_leverage),
        price_figures=FIGURES,
    )


def asset_of(contract: fa.Contract) -> int:
    """The venue's number of a contract: its place in the list."""
    asset: int = contract.raw.asset
    return asset


@fa.table
def tickers(row: wire.WireContext, names: Names) -> fa.Ticker:
    """Prices of one contract."""
    return fa.Ticker(
        **named(VENUE, row.coin, names.unified),
        last_price=needed(price(row.last)),
        bid_price=price(row.bid),
        ask_price=price(row.ask),
        mark_price=price(row.mark_px),
        index_price=price(row.oracle_px),
        funding_rate=number(row.funding),
        created_ms=moment(row.time),
    )


@fa.table
def funding_rates(row: wire.WireContext, names: Names) -> fa.FundingRate:
    """The rate of the hour under way, paid at its end."""
    return fa.FundingRate(
        **named(VENUE, row.coin, names.unified),
        funding_rate=needed(number(row.funding)),
        interval_s=3600,
        next_funding_ms=if_said(lambda now_ms: (now_ms // HOUR_MS + 1) * HOUR_MS, moment(row.time)),
        # A builder may multiply the rates of its contracts.
        min_rate=None if names.dex else fa.EXACT.minus(MAX_RATE),
        max_rate=None if names.dex else MAX_RATE,
        created_ms=moment(row.time),
    )
