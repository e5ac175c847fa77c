"""Balances, ledger rows, leverage and risk tiers of an account."""

from __future__ import annotations

from decimal import Decimal

from futures_async.unified.enums import LedgerType, MarginMode, PositionMode
from futures_async.unified.models.base import Model


class Account(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """The account's state in one margin coin."""

    facts = ("margin_coin",)
    one_of = ("available", "equity", "balance")

    margin_coin: str
    """Coin that everything here is counted in."""
    equity: Decimal | None = None
    """Balance plus unrealized profit."""
    balance: Decimal | None = None
    """Wallet balance without unrealized profit."""
    available: Decimal | None = None
    """What new orders can use; None where it cannot be read (then it is named in `unread`)."""
    locked: Decimal | None = None
    """Bound by orders and, on some venues, positions."""
    transferable: Decimal | None = None
    """What can be moved out."""
    bonus: Decimal | None = None
    """Trial or bonus funds."""
    unrealized_pnl: Decimal | None = None
    """Unrealized profit of all positions."""
    initial_margin: Decimal | None = None
    """Initial margin in use, an amount."""
    initial_margin_rate: Decimal | None = None
    """Initial margin over notional, a fraction."""
    maintenance_margin: Decimal | None = None
    """Maintenance margin requirement, an amount."""
    maintenance_margin_rate: Decimal | None = None
    """Maintenance margin over notional, a fraction."""
    margin_mode: MarginMode | None = None
    """Margin mode, where it is the account's."""
    position_mode: PositionMode | None = None
    """Position mode, where it is the account's."""
    margin_ratio: Decimal | None = None
    """Maintenance margin over equity, a fraction; liquidation at 1."""
    risk_level: str | None = None
    """The venue's own word."""


class LedgerEntry(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One change of balance."""

    facts = ("entry_id", "amount", "coin", "created_ms")

    entry_id: str
    """The venue's id of the row."""
    type: LedgerType
    """Why the balance changed."""
    venue_type: str
    """The venue's own word for it."""
    amount: Decimal
    """Change of balance, in `coin`; received is positive. Whether the fee is inside is the venue's convention."""
    fee: Decimal | None = None
    """Fee, in `coin`; paid is positive."""
    coin: str
    """Coin of the row."""
    symbol: str | None = None
    """Unified symbol, where the row belongs to a contract."""
    venue_symbol: str | None = None
    """The venue's own id of the contract."""
    balance: Decimal | None = None
    """Balance after the change, in `coin`."""
    created_ms: int
    """When, Unix milliseconds UTC."""
    description: str | None = None
    """The venue's remark."""


class RiskLimit(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """One tier of a contract's risk limits."""

    facts = ("symbol", "venue_symbol")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    tier: int | None = None
    """Number of the tier, smallest positions first."""
    risk_limit: Decimal | None = None
    """The venue's risk limit value, where it names one."""
    min_notional: Decimal | None = None
    """Tier starts at this position value, in quote coin."""
    max_notional: Decimal | None = None
    """Tier ends at this position value, in quote coin."""
    max_quantity: Decimal | None = None
    """Largest position of the tier, in base coin."""
    max_leverage: Decimal | None = None
    """Highest leverage, times."""
    maintenance_margin_rate: Decimal | None = None
    """Maintenance margin over notional, a fraction."""
    initial_margin_rate: Decimal | None = None
    """Initial margin over notional, a fraction."""


class Leverage(Model, frozen=True, kw_only=True, eq=False, gc=False):
    """Leverage settings of one contract."""

    facts = ("symbol", "venue_symbol")

    symbol: str
    """Unified symbol, `BASE/QUOTE:SETTLE`."""
    venue_symbol: str
    """The venue's own id of the contract."""
    leverage: Decimal | None = None
    """Times; None when the two sides differ."""
    long_leverage: Decimal | None = None
    """Times, for long positions."""
    short_leverage: Decimal | None = None
    """Times, for short positions."""
    margin_mode: MarginMode | None = None
    """The margin mode that these belong to."""
    max_leverage: Decimal | None = None
    """Highest leverage that the venue allows, times."""
