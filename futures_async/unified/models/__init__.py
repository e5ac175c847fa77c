"""The unified models: frozen structs in base coin, margin coin, fractions and Unix milliseconds."""

from futures_async.unified.enums import (
    Intent,
    LedgerType,
    MarginMode,
    OrderKind,
    OrderStatus,
    OrderType,
    Outcome,
    PositionMode,
    PositionSide,
    PriceSource,
    RiskLevel,
    Role,
    Side,
    TimeInForce,
)
from futures_async.unified.models.account import Account, LedgerEntry, Leverage, RiskLimit
from futures_async.unified.models.base import Model, to_builtins, to_json
from futures_async.unified.models.market import Contract, FundingRate, Ticker
from futures_async.unified.models.order import CancelResult, Fill, Order, OrderRequest, OrderResult, Stop
from futures_async.unified.models.position import Position, PositionHistory, PositionRisk

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
    "OrderKind",
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
    "PriceSource",
    "RiskLevel",
    "RiskLimit",
    "Role",
    "Side",
    "Stop",
    "Ticker",
    "TimeInForce",
    "to_builtins",
    "to_json",
]
