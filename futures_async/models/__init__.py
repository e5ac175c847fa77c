"""The unified models: frozen structs in base coin, margin coin, fractions and Unix milliseconds."""

from futures_async.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    RiskLevel,
    Role,
    Side,
    TimeInForce,
)
from futures_async.models.account import Account, LedgerEntry, Leverage, RiskLimit
from futures_async.models.base import Model, to_builtins, to_json
from futures_async.models.market import Contract, FundingRate, Ticker
from futures_async.models.order import CancelResult, Fill, Order, OrderRequest, OrderResult
from futures_async.models.position import Position, PositionHistory, PositionRisk

__all__ = [
    "Account",
    "CancelResult",
    "Contract",
    "Fill",
    "FundingRate",
    "Intent",
    "LedgerEntry",
    "LedgerType",
    "Leverage",
    "MarginMode",
    "Model",
    "Order",
    "OrderRequest",
    "OrderResult",
    "OrderStatus",
    "OrderType",
    "Outcome",
    "Position",
    "PositionHistory",
    "PositionMode",
    "PositionRisk",
    "PositionSide",
    "RiskLevel",
    "RiskLimit",
    "Role",
    "Side",
    "Ticker",
    "TimeInForce",
    "to_builtins",
    "to_json",
]
