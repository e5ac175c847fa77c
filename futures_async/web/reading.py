"""A portfolio as JSON: exact numbers as text, and of each account its state and age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from itertools import chain, count
from typing import Any

from futures_async.portfolio.danger import AccountRatios, nearness
from futures_async.portfolio.snapshot import Snapshot, VenueData, VenueState, fresh_data
from futures_async.risk import position_risk
from futures_async.unified.models import Account, Fill, Order, Position, to_builtins
from futures_async.web.lists import when

Rows = dict[str, dict[str, Any]]
"""Rows by their key."""
Known = dict[str, tuple[Position, Decimal | None, dict[str, Any]]]
"""Rows of positions by their key, after what they were made of."""


SAME_READ_MS = 100
"""Ages and the time are not measured at one moment: what differs by less is of the same read."""


def accounts(snapshot: Snapshot, before: Rows | None = None) -> Rows:
    """Each account's state, by its name: when it was read, not how long ago, so that it stays true on its way.

    Args:
        snapshot: Where they are.
        before: Rows that were made before, whose times stand where nothing was read since.
    """
    rows = {name: _account(name, state) for name, state in snapshot.venues.items()}
    for name, row in rows.items():
        said, now = ((before or {}).get(name) or row)["as_of_ms"], row["as_of_ms"]
        if said is not None and now is not None and abs(now - said) < SAME_READ_MS:
            row["as_of_ms"] = said
    return rows


def _account(name: str, state: VenueState) -> dict[str, Any]:
    data = state.data or VenueData()
    told = {
        "positions": data.positions is not None and not data.positions_unread,
        "balances": data.accounts is not None and not data.accounts_unread,
    }
    return {
        "account": name,
        "venue": state.venue,
        "status": state.status,
        "stream": None if state.stream is None else state.stream.value,
        "stream_error": _said(state.stream_error),
        "error": _said(state.error),
        "as_of_ms": when(state.age_s)["as_of_ms"],
        "old": fresh_data(state) is None,
        "not_known": [part for part, known in told.items() if not known],
        "balances": [_balance(account) for account in data.accounts or ()],
    }


def _said(error: Exception | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"


def _balance(account: Account) -> dict[str, Any]:
    row: dict[str, Any] = to_builtins(account)
    return row


def positions(snapshot: Snapshot, known: Known | None = None) -> Rows:
    """Each known position with its risk, those of stale accounts too, by account, contract and side, and by margin
    mode where a contract has one of each.

    Args:
        snapshot: Where they are.
        known: Rows made before, which are given again where the position is the same object, and the margin ratio of
            its account the same; kept up to date here.
    """
    made: Known = {}
    ratios = AccountRatios(snapshot.each_account())
    each = [(f"{name} {one.symbol} {one.side.value}", name, one) for name, one in snapshot.each_position()]
    times = Counter(key for key, _, _ in each)
    for said, name, position in each:
        key = said if times[said] == 1 else f"{said} {position.margin_mode or ''}".rstrip()
        key = next(one for one in chain([key], (f"{key} {number}" for number in count(2))) if one not in made)
        before, ratio = None if known is None else known.get(key), ratios.of(name, position)
        if before is not None and before[0] is position and before[1] == ratio:
            made[key] = before
        else:
            made[key] = position, ratio, {"key": key, "account": name, **position_row(position, ratio)}
    if known is not None:
        known.clear()
        known.update(made)
    return {key: row for key, (_, _, row) in made.items()}


def position_row(position: Position, account_ratio: Decimal | None = None) -> dict[str, Any]:
    """A position, with how far it is from liquidation and its profit over its margin.

    Args:
        position: The position.
        account_ratio: Margin ratio of its account, where it is a cross position.
    """
    risk, near = position_risk(position), nearness(position, account_ratio)
    return {
        **to_builtins(position),
        "notional": to_builtins(risk.notional),
        "unrealized_pnl": to_builtins(risk.unrealized_pnl),
        "margin_ratio": to_builtins(risk.margin_ratio),
        "distance_to_liquidation": to_builtins(risk.distance_to_liquidation),
        "roe": to_builtins(risk.roe),
        "level": None if risk.level is None else risk.level.value,
        "danger": near.danger.value,
        "danger_left": to_builtins(near.left),
        "danger_ratio": to_builtins(near.ratio if near.by_ratio else None),
    }


def totals(snapshot: Snapshot) -> dict[str, Any]:
    """Sums by margin coin, with what is not in them."""
    found: dict[str, Any] = to_builtins(snapshot.totals())
    return found


def order_row(name: str, order: Order) -> dict[str, Any]:
    """An order, or a stop that waits."""
    return {"key": f"{name} {order.order_id}", "account": name, **to_builtins(order)}


def fill_row(name: str, fill: Fill) -> dict[str, Any]:
    """An execution."""
    return {"key": " ".join((name, *fill.key)), "account": name, **to_builtins(fill)}


def states(snapshot: Snapshot) -> dict[str, Any]:
    """What every answer says beside its rows: each account's state and when it was read."""
    shown = ("venue", "status", "stream", "error", "as_of_ms", "old", "not_known")
    rows = accounts(snapshot)
    return {
        name: {**{word: rows[name][word] for word in shown}, **when(state.age_s)}
        for name, state in snapshot.venues.items()
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is new or other in `after`; what is gone is None."""
    found = {key: value for key, value in after.items() if (old := before.get(key)) is not value and old != value}
    return found | dict.fromkeys(key for key in before if key not in after)
