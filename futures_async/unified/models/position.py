"""Open and closed positions, and what can be said of their risk."""

from __future__ import annotations

from decimal import Decimal

from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, RiskLevel
from futures_async.unified.exact import divide
from futures_async.unified.models.base import Model
from futures_async.unified.symbols import Settlement, settlement


def return_on_margin(profit: Decimal | None, margin: Decimal | None) -> Decimal | None:
    """Profit over collateral, a fraction; None without both, or with no collateral."""
    return None if profit is None or not margin else divide(profit, margin)


class Position(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One open position, as the venue reported it."""

    facts = ("symbol", "venue_symbol", "side", "quantity")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    side: PositionSide
    """Direction of the position."""
    quantity: Decimal
    """Size in base coin, never negative."""
    contracts: Decimal | None = None
    """Size in contracts, where the venue counts contracts."""
    contract_size: Decimal | None = None
    """Base coin per contract, where the venue counts contracts."""
    contract_value: Decimal | None = None
    """Quote coin per contract, where a contract is worth a fixed amount of it: `contracts` is exact then, and
    `quantity` what they are at the mark price, or at the entry price where no mark is known."""
    entry_price: Decimal | None = None
    """Average entry price, in quote coin."""
    mark_price: Decimal | None = None
    """Mark price, in quote coin."""
    break_even_price: Decimal | None = None
    """Price at which closing costs nothing, fees and funding included; in quote coin."""
    liquidation_price: Decimal | None = None
    """Estimated liquidation price, in quote coin; None when the venue names none."""
    unrealized_pnl: Decimal | None = None
    """Unrealized profit at the mark, in margin coin."""
    realized_pnl: Decimal | None = None
    """Profit of closed parts, in margin coin; without fees and funding where the venue separates them."""
    fee: Decimal | None = None
    """Trading fees of the position, in margin coin; paid is positive."""
    funding: Decimal | None = None
    """Funding received (positive) or paid (negative), in margin coin."""
    leverage: Decimal | None = None
    """Leverage, times."""
    margin_mode: MarginMode | None = None
    """Cross or isolated."""
    position_mode: PositionMode | None = None
    """One-way or hedge."""
    margin_coin: str
    """Coin that margin and profit are counted in."""
    margin: Decimal | None = None
    """Collateral held by the position, in margin coin; of a cross position, which has none of its own, its initial
    margin."""
    initial_margin: Decimal | None = None
    """Initial margin requirement, in margin coin."""
    maintenance_margin: Decimal | None = None
    """Maintenance margin requirement, an amount in margin coin."""
    maintenance_margin_rate: Decimal | None = None
    """Maintenance margin over notional, a fraction (0.004 = 0.4 %)."""
    margin_ratio: Decimal | None = None
    """Maintenance margin over equity, a fraction; liquidation at 1."""
    notional: Decimal | None = None
    """Value of the position, in quote coin."""
    available: Decimal | None = None
    """Part that can be closed now, in base coin."""
    locked: Decimal | None = None
    """Part bound by closing orders, in base coin."""
    take_profit: Decimal | None = None
    """Take-profit trigger price, in quote coin."""
    stop_loss: Decimal | None = None
    """Stop-loss trigger price, in quote coin."""
    auto_margin: bool | None = None
    """Whether the venue tops the margin up by itself."""
    position_id: str | None = None
    """The venue's id of the position."""
    created_ms: int | None = None
    """Opened at, Unix milliseconds UTC."""
    updated_ms: int | None = None
    """Last changed at, Unix milliseconds UTC."""

    @property
    def settlement(self) -> Settlement | None:
        """The coin of its pair that margin and profit are counted in, `quote` or `base`; None: another, or not known.

        What is worth a fixed amount of quote coin is not settled in it: its profit is no product of size and price.
        """
        found = settlement(self.symbol, self.venue_symbol, self.margin_coin)
        return found if self.contract_value is None or found != "quote" else None

    @property
    def roe(self) -> Decimal | None:
        """Unrealized profit over the collateral held, a fraction (0.1 = 10 %); None where either is not known."""
        return return_on_margin(self.unrealized_pnl, self.margin)


class PositionHistory(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One closed position."""

    facts = ("symbol", "venue_symbol", "side")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    side: PositionSide
    """Direction of the position."""
    position_id: str | None = None
    """The venue's id of the position."""
    quantity: Decimal | None = None
    """Largest size, in base coin."""
    closed_quantity: Decimal | None = None
    """Closed size, in base coin."""
    entry_price: Decimal | None = None
    """Average entry price, in quote coin."""
    exit_price: Decimal | None = None
    """Average closing price, in quote coin."""
    realized_pnl: Decimal | None = None
    """Profit without fees and funding, in margin coin, where the venue separates them."""
    net_pnl: Decimal | None = None
    """Profit after fees and funding, in margin coin."""
    fee: Decimal | None = None
    """Trading fees, in margin coin; paid is positive."""
    funding: Decimal | None = None
    """Funding received (positive) or paid (negative), in margin coin."""
    leverage: Decimal | None = None
    """Leverage, times."""
    margin_mode: MarginMode | None = None
    """Cross or isolated."""
    position_mode: PositionMode | None = None
    """One-way or hedge."""
    margin_coin: str | None = None
    """Coin that margin and profit are counted in."""
    created_ms: int | None = None
    """Opened at, Unix milliseconds UTC."""
    closed_ms: int | None = None
    """Closed at, Unix milliseconds UTC."""


class PositionRisk(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """How far one position is from liquidation."""

    facts = ("symbol", "venue_symbol", "side", "quantity")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    side: PositionSide
    """Direction of the position."""
    quantity: Decimal
    """Size in base coin, never negative."""
    mark_price: Decimal | None = None
    """Mark price, in quote coin."""
    liquidation_price: Decimal | None = None
    """Estimated liquidation price, in quote coin."""
    distance_to_liquidation: Decimal | None = None
    """Adverse move to the liquidation price as a fraction of the mark price; of a position that may share that price
    with the other side of a cross hedge, the way there, whichever way it lies: one of the two gains on it."""
    leverage: Decimal | None = None
    """Leverage, times."""
    margin_mode: MarginMode | None = None
    """Cross or isolated."""
    margin: Decimal | None = None
    """Collateral held by the position, in margin coin."""
    notional: Decimal | None = None
    """Value of the position, in quote coin."""
    unrealized_pnl: Decimal | None = None
    """Unrealized profit at the mark, in margin coin."""
    margin_ratio: Decimal | None = None
    """Maintenance margin over equity, a fraction; liquidation at 1."""
    level: RiskLevel | None = None
    """The margin ratio in words; None where the venue gives no ratio."""
    updated_ms: int | None = None
    """As of, Unix milliseconds UTC."""

    @property
    def roe(self) -> Decimal | None:
        """Unrealized profit over the collateral held, a fraction (0.1 = 10 %); None where either is not known."""
        return return_on_margin(self.unrealized_pnl, self.margin)
