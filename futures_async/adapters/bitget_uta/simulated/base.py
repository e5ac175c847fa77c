"""What the v3 endpoints share on the server's side: categories, symbols, pages, codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from futures_async.adapters.bitget.simulated.base import product_type
from futures_async.adapters.bitget.simulated.gate import CODES as FAMILY_CODES
from futures_async.adapters.bitget.simulated.gate import UNIFIED, BitgetGate, Table, required, whole, word
from futures_async.simulator import errors
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.paging import newest
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide

T = TypeVar("T")

CATEGORIES = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES")
# Known words without futures behind them.
OTHER_CATEGORIES = ("SPOT", "MARGIN")
MARGIN_MODES = {"crossed": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
MARGIN_WORDS = {mode: name for name, mode in MARGIN_MODES.items()}
HOLD_MODES = {"one_way_mode": PositionMode.ONE_WAY, "hedge_mode": PositionMode.HEDGE}
HOLD_WORDS = {mode: name for name, mode in HOLD_MODES.items()}
SIDES = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
DAY_MS = 86_400_000

NO_ORDER = VenueRefusal("25204", "Order does not exist")

# Codes that v3 has of its own; the family's table serves for the rest.
CODES: Table = {
    errors.UnknownSymbol: ("25100", "Symbol does not exist"),
    errors.SymbolClosed: ("25101", "The symbol is not open for trading"),
    errors.InvalidQuantity: ("25610", None),
    errors.BelowMinimum: ("25207", None),
    errors.AboveMaximum: ("25208", None),
    errors.PriceOutOfBand: ("25205", None),
    errors.InvalidPrice: ("25244", None),
    errors.InvalidTrigger: ("25579", None),
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


class V3(BitgetGate):
    """Helpers for the groups of endpoints. Keys of classic accounts are refused with 40084 by the gate."""

    kind: ClassVar[str] = UNIFIED
    tables: ClassVar[Sequence[Table]] = (CODES, FAMILY_CODES)

    # -- categories and symbols

    def category(self, values: Mapping[str, Any]) -> str:
        """The request's category: one of futures.

        Raises:
            VenueRefusal: Missing, or no futures.
        """
        required(values, "category")
        found = str(values["category"]).upper()
        if found not in CATEGORIES:
            raise VenueRefusal("25200", "Parameter category error")
        return found

    def contracts(self, category: str) -> list[ContractSpec]:
        """What is listed in a category."""
        return [contract for contract in self.engine.world.listed() if product_type(contract) == category]

    def contract(self, values: Mapping[str, Any]) -> ContractSpec:
        """The contract that the request names, in its category."""
        category = self.category(values)
        required(values, "symbol")
        for contract in self.contracts(category):
            if venue_symbol(contract) == str(values["symbol"]).upper():
                return contract
        raise errors.UnknownSymbol(str(values["symbol"])[:40])

    def maybe_contract(self, values: Mapping[str, Any]) -> ContractSpec | None:
        """The same, where the symbol only filters."""
        return self.contract(values) if values.get("symbol") else None

    def name(self, symbol: str) -> str:
        """The venue's id of a unified symbol."""
        return venue_symbol(self.engine.world.contract(symbol))

    def category_of(self, symbol: str) -> str:
        """The category of a unified symbol."""
        return product_type(self.engine.world.contract(symbol))

    # -- pages

    def page(
        self,
        request: Request,
        rows: Sequence[T],
        *,
        key: Callable[[T], int],
        match: Callable[[T], bool],
        time_of: Callable[[T], int],
        windowed: bool = True,
        offset: int = 0,
    ) -> tuple[list[T], str | None]:
        """One page, newest first, and the cursor, which is there on the last page too.

        Args:
            request: With `startTime`, `endTime`, `limit`, `cursor`.
            rows: Ascending by `key`.
            key: A row's id.
            match: Which rows count.
            time_of: What the times are about.
            windowed: At most 30 days in one question, at most 90 days back.
            offset: Between a cursor and the row that it stands for: where it is no row's id.
        """
        params = request.params
        since, until = whole(params, "startTime"), whole(params, "endTime")
        if since is not None and until is not None and since > until:
            raise VenueRefusal("00001", "startTime should be less than endTime")
        oldest = 0
        if windowed:
            if since is not None and (until or request.now_ms) - since > 30 * DAY_MS:
                raise VenueRefusal("00001", "startTime and endTime interval cannot be greater than 30 days")
            oldest = request.now_ms - 90 * DAY_MS

        def wanted(row: T) -> bool:
            at = time_of(row)
            return at >= max(since or 0, oldest) and (until is None or at <= until) and match(row)

        limit = whole(params, "limit")
        if limit is not None and not 1 <= limit <= 100:
            raise VenueRefusal("25200", "Parameter limit error")
        cursor = whole(params, "cursor")
        found = newest(
            rows, key=key, limit=limit or 100, before_id=None if cursor is None else cursor - offset, match=wanted
        ).rows
        return found, (str(key(found[-1]) + offset) if found else None)


def venue_symbol(contract: ContractSpec) -> str:
    """`BTCUSDT`; contracts settled in USDC are called `BTCPERP`."""
    return contract.base + ("PERP" if contract.settle == "USDC" else contract.quote)


def listed(rows: list[Any], cursor: str | None = None) -> dict[str, Any]:
    """A list in its wrapping: null when there is nothing."""
    return {"list": rows or None, "cursor": cursor}


def side_of(values: Mapping[str, Any], name: str) -> PositionSide:
    """A position side that must be there."""
    required(values, name)
    return SIDES[word(values, name, tuple(SIDES))]
