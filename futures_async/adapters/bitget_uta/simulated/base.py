"""What the v3 endpoints share on the server's side: categories, symbols, pages, codes."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.base import SIDES, Products, span
from futures_async.adapters.bitget.simulated.base import venue_symbol as classic_symbol
from futures_async.adapters.bitget.simulated.gate import CODES as FAMILY_CODES
from futures_async.adapters.bitget.simulated.gate import UNIFIED, pick, required, whole
from futures_async.simulator.venue import errors, page

CATEGORIES = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES")
# Known words without futures behind them.
OTHER_CATEGORIES = ("SPOT", "MARGIN")
CURSOR_OFFSET = 1_000_003
"""Between a cursor and the row that it stands for, where it is no row's id."""

# Codes that v3 has of its own; the family's table serves for the rest.
CODES: sim.Table = {
    errors.UnknownSymbol: ("25100", "Symbol does not exist"),
    errors.SymbolClosed: ("25101", "The symbol is not open for trading"),
    errors.InvalidQuantity: ("25610", None),
    errors.BelowMinimum: ("25207", None),
    errors.AboveMaximum: ("25208", None),
    errors.PriceOutOfBand: ("25205", None),
    errors.InvalidPrice: ("25244", None),
    errors.InvalidTrigger: ("25579", None),
    errors.LongStopAbove: ("25579", None),
    errors.ShortStopBelow: ("25579", None),
    errors.LongProfitBelow: ("25579", None),
    errors.ShortProfitAbove: ("25579", None),
    errors.InvalidClientId: ("25200", "Parameter clientOid error"),
    errors.InsufficientMargin: ("25203", "Insufficient margin"),
    errors.RiskLimitExceeded: ("25233", None),
    # Unknown, filled or cancelled: the venue does not tell them apart.
    errors.UnknownOrder: ("25204", "Order does not exist"),
    errors.OrderFinished: ("25204", "Order does not exist"),
    errors.NothingToCancel: ("25204", "Order does not exist"),
    errors.DuplicateClientId: ("25212", "Duplicate clientOid"),
    errors.NotAmendable: ("25568", None),
    errors.Unchanged: ("25571", None),
    errors.NoPosition: ("25227", "No position available to close"),
    errors.InsufficientPosition: ("25225", None),
    errors.ModeConflict: ("25236", "Incorrect position open type"),
    errors.PositionModeLocked: ("25107", "There is a position, please close it first"),
    errors.MarginModeLocked: ("25107", "There is a position, please close it first"),
    errors.LeverageOutOfRange: ("25223", None),
    errors.LeverageLocked: ("25233", None),
    errors.NotIsolated: ("25240", "The operation is not supported"),
    errors.MarginNotRemovable: ("25242", None),
    errors.AccountInLiquidation: ("25008", None),
}


def venue_symbol(contract: sim.ContractSpec) -> str:
    """`BTCUSDT`, `BTCPERP`, and `BTCUSD_CM` of what is margined in its coin."""
    return classic_symbol(contract) + ("_CM" if contract.is_inverse else "")


class V3(Products):
    """Helpers for the groups of endpoints. Keys of classic accounts are refused with 40084 by the gate."""

    kind: ClassVar[str] = UNIFIED
    tables: ClassVar[Sequence[sim.Table]] = (CODES, FAMILY_CODES)
    product_field = "category"
    bad_product = sim.VenueRefusal("25200", "Parameter category error")
    products = CATEGORIES

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return venue_symbol(contract)

    def contract(self, values: Mapping[str, Any]) -> sim.ContractSpec:
        """The contract that the request names, in its category."""
        self.product(values)
        return super().contract(values)

    def page(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        symbols: Container[str] | None = None,
        also: Callable[[sim.R], bool] | None = None,
        *,
        windowed: bool = True,
        offset: int = 0,
        order_id: int | None = None,
    ) -> tuple[list[sim.R], str | None]:
        """One page, newest first, and the cursor, which is there on the last page too.

        Args:
            request: With `startTime`, `endTime`, `limit`, `cursor`.
            rows: Ascending.
            symbols: Of which contracts; None: of all.
            also: Which rows count.
            windowed: At most 30 days in one question, at most 90 days back.
            offset: Added to a row's id in the cursor that stands for it.
            order_id: Of which order.
        """
        params = request.params
        since, until = span(params, None)
        if windowed and since is not None and (until or request.now_ms) - since > 30 * sim.DAY_MS:
            raise sim.VenueRefusal("00001", "startTime and endTime interval cannot be greater than 30 days")
        limit, cursor = whole(params, "limit"), whole(params, "cursor")
        if limit is not None and not 1 <= limit <= 100:
            raise sim.VenueRefusal("25200", "Parameter limit error")
        wanted = sim.Wanted(
            symbols=symbols,
            since_ms=max(since or 0, request.now_ms - 90 * sim.DAY_MS) if windowed else since,
            until_ms=until,
            order_id=order_id,
            before_id=None if cursor is None else cursor - offset,
            limit=limit or 100,
        )
        found = page(rows, wanted, also)
        return found.rows, None if found.last_id is None else str(found.last_id + offset)


def listed(rows: list[Any], cursor: str | None = None) -> dict[str, Any]:
    """A list in its wrapping: null when there is nothing."""
    return {"list": rows or None, "cursor": cursor}


def side_of(values: Mapping[str, Any], name: str) -> sim.PositionSide:
    """A position side that must be there."""
    required(values, name)
    return pick(values, name, SIDES)
