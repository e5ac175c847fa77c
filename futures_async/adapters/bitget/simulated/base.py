"""What the v2 endpoints share: symbols, product types, pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from futures_async.adapters.bitget.simulated.gate import BitgetGate, required, whole
from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal, plain
from futures_async.simulator.paging import newest
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide

T = TypeVar("T")

PRODUCTS = ("USDT-FUTURES", "USDC-FUTURES", "COIN-FUTURES", "SUSDT-FUTURES", "SUSDC-FUTURES", "SCOIN-FUTURES")
"""Those with an S are the venue's old demo products: clients still ask for them, nothing is listed there."""
COINS = (("BTC", Decimal("0.5")), ("ETH", Decimal(5)))
"""What accounts are given for coin-margined contracts."""
MARGIN_MODES = {"crossed": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
MARGIN_WORDS = {mode: name for name, mode in MARGIN_MODES.items()}
POSITION_MODES = {"one_way_mode": PositionMode.ONE_WAY, "hedge_mode": PositionMode.HEDGE}
MODE_WORDS = {mode: name for name, mode in POSITION_MODES.items()}
SIDES = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
DAY_MS = 86_400_000


class V2(BitgetGate):
    """Helpers for the groups of endpoints."""

    def venue_symbol(self, contract: ContractSpec) -> str:
        """`BTCUSDT`; contracts settled in USDC are called `BTCPERP`."""
        return contract.base + ("PERP" if contract.settle == "USDC" else contract.quote)

    def name(self, symbol: str) -> str:
        """The venue's id of a unified symbol."""
        return self.venue_symbol(self.engine.world.contract(symbol))

    def product(self, values: Mapping[str, Any]) -> str:
        """The request's product type."""
        required(values, "productType")
        found = str(values["productType"]).upper()
        if found not in PRODUCTS:
            raise VenueRefusal("40020", "Parameter productType error")
        return found

    def product_of(self, symbol: str) -> str:
        """The product type of a unified symbol."""
        return product_type(self.engine.world.contract(symbol))

    def contracts(self, product: str) -> list[ContractSpec]:
        """All contracts of a product type."""
        return [contract for contract in self.engine.world.listed() if product_type(contract) == product]

    def margin_coins(self, product: str) -> list[str]:
        """The margin coins of a product type."""
        return list(dict.fromkeys(contract.settle for contract in self.contracts(product)))

    def contract(self, values: Mapping[str, Any]) -> ContractSpec:
        """The contract that the request names, in its product type where the endpoint takes one."""
        required(values, "symbol")
        symbol = str(values["symbol"])
        listed = self.contracts(self.product(values)) if "productType" in values else self.engine.world.listed()
        for contract in listed:
            if self.venue_symbol(contract) == symbol.upper():
                if values.get("marginCoin") and str(values["marginCoin"]).upper() != contract.settle:
                    raise VenueRefusal("40072", "Symbol and marginCoin do not match")
                return contract
        raise VenueRefusal("40034", f"Parameter {symbol[:40]} does not exist")

    def maybe_symbol(self, values: Mapping[str, Any]) -> str | None:
        """The unified symbol that a list is filtered by."""
        return self.contract(values).symbol if values.get("symbol") else None

    def position_sides(self, account: Account, symbol: str) -> list[PositionSide]:
        """Which sides of a symbol are open."""
        return [position.side for position in account.positions_of(symbol=symbol)]

    def page(
        self,
        request: Request,
        rows: Sequence[T],
        *,
        key: Callable[[T], int],
        match: Callable[[T], bool],
        time_of: Callable[[T], int],
        default: int = 100,
        longest_ms: int = 90 * DAY_MS,
    ) -> tuple[list[T], str | None]:
        """One page by the venue's `idLessThan` scheme: rows, newest first, and `endId`."""
        params = request.params
        since, until = whole(params, "startTime"), whole(params, "endTime")
        if since is not None and until is not None:
            if since > until:
                raise VenueRefusal("00001", "startTime should be less than endTime")
            if until - since > longest_ms:
                days = longest_ms // DAY_MS
                raise VenueRefusal("00001", f"startTime and endTime interval cannot be greater than {days} days")

        def wanted(row: T) -> bool:
            at = time_of(row)
            return (since is None or at >= since) and (until is None or at <= until) and match(row)

        limit = whole(params, "limit") or default
        found = newest(rows, key=key, limit=min(limit, 100), before_id=whole(params, "idLessThan"), match=wanted).rows
        return found, (str(key(found[-1])) if found else None)


def product_type(contract: ContractSpec) -> str:
    """Where a contract is listed."""
    return "COIN-FUTURES" if contract.is_inverse else f"{contract.settle}-FUTURES"


def times(created_ms: int, updated_ms: int) -> dict[str, str]:
    """`cTime` and `uTime`."""
    return {"cTime": str(created_ms), "uTime": str(updated_ms)}


def cut4(value: Decimal) -> str:
    """Quote volumes are truncated to four decimals."""
    return plain(value // Decimal("0.0001") * Decimal("0.0001"))
