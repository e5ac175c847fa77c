"""Futures accounts on several crypto venues, from async code: exact, fast, and safe with orders.

The vocabulary (models, enums, errors, the interface) is imported here; what does something is imported when it is
first used, so that importing the package loads no adapter and no HTTP library.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from futures_async.transport.endpoint import (
    RateLimit,
)
from futures_async.transport.events import (
    CallEvent,
)

# fmt: off
from futures_async.unified.credentials import (
    Credentials,
)
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
from futures_async.unified.errors import (
    AccountInLiquidation,
    AccountModeMismatch,
    AuthenticationError,
    BadResponse,
    Banned,
    BodyTooLarge,
    CancelOutcomeUnknown,
    ClientClosed,
    ClockSkew,
    ConnectFailed,
    DeadlineExpired,
    DecodeError,
    DuplicateOrder,
    ExchangeError,
    FuturesAsyncError,
    IncompletePage,
    InsufficientMargin,
    InvalidOrder,
    InvalidRequest,
    KeyLocked,
    LifecycleWarning,
    MarginModeConflict,
    NotCarried,
    NotSent,
    NotSupported,
    OrderNotFound,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    OrderRejected,
    OutcomeUnknown,
    ParameterRejected,
    PermissionDenied,
    PoolClosed,
    PositionModeConflict,
    QueueFull,
    RateLimited,
    RequestTimeout,
    ResponseMismatch,
    RiskLimitExceeded,
    SettingNotApplied,
    SettingOutcomeUnknown,
    ShutOut,
    StreamOverrun,
    SymbolNeeded,
    SymbolNotFound,
    UnexpectedRedirect,
    UnreadRow,
    UnreadRows,
    UnresolvedOrders,
    VenueClosed,
    VenueUnavailable,
)
from futures_async.unified.exchange import (
    Capability,
    FuturesExchange,
)
from futures_async.unified.models import (
    Account,
    CancelResult,
    Contract,
    Fill,
    FundingRate,
    LedgerEntry,
    Leverage,
    Order,
    OrderRequest,
    OrderResult,
    Position,
    PositionHistory,
    PositionRisk,
    RiskLimit,
    Stop,
    Ticker,
    to_builtins,
    to_json,
)
from futures_async.unified.records import to_records
from futures_async.unified.version import __version__ as __version__
from futures_async.unified.watching import (
    Change,
    ChangeKind,
    ChangeSource,
    Watch,
    WatchState,
)

if TYPE_CHECKING:
    from futures_async import risk, web
    from futures_async.accounts.load import load_accounts
    from futures_async.journal.journal import IntentRecord, Journal, JournalEntry, JournalFailed, MemoryJournal, Verdict
    from futures_async.journal.postgres import PostgresJournal
    from futures_async.journal.sqlite import SqliteJournal
    from futures_async.manager.fills import FillEffect, Leg, PositionBook
    from futures_async.manager.manager import OrderManager, Recovery
    from futures_async.manager.slicing import SlicedResult
    from futures_async.manager.tracking import OrderUpdate
    from futures_async.portfolio.monitor import Alert, RiskMonitor
    from futures_async.portfolio.portfolio import Portfolio
    from futures_async.portfolio.rules import AdjustMargin, Metric, ReachRatio, Reduce, Rule, Subject
    from futures_async.portfolio.share import RedisShare
    from futures_async.portfolio.snapshot import CoinTotal, Failed, NetPosition, Ok, Snapshot, Stale, VenueData
    from futures_async.registry import connect, detect, venue_ids
    from futures_async.streams.backend import StreamBackend
    from futures_async.streams.events import StreamEvent
    from futures_async.trading.bounds import OrderBounds
    from futures_async.transport.dialect import VenueTraits
    from futures_async.transport.http.backend import Timeouts
    from futures_async.transport.limits.host import HostLimiter
    from futures_async.transport.limits.local import LocalLimiter
    from futures_async.transport.limits.none import NoLimiter
    from futures_async.transport.limits.redis import RedisLimiter
    from futures_async.transport.retry import RetryPolicy

_LAZY = {
    "HostLimiter": "transport.limits.host",
    "LocalLimiter": "transport.limits.local",
    "NoLimiter": "transport.limits.none",
    "RedisLimiter": "transport.limits.redis",
    "Timeouts": "transport.http.backend",
    "connect": "registry",
    "detect": "registry",
    "load_accounts": "accounts.load",
    "venue_ids": "registry",
    "RetryPolicy": "transport.retry",
    "AdjustMargin": "portfolio.rules",
    "Alert": "portfolio.monitor",
    "OrderBounds": "trading.bounds",
    "CoinTotal": "portfolio.snapshot",
    "Failed": "portfolio.snapshot",
    "FillEffect": "manager.fills",
    "IntentRecord": "journal.journal",
    "Journal": "journal.journal",
    "JournalEntry": "journal.journal",
    "JournalFailed": "journal.journal",
    "Leg": "manager.fills",
    "MemoryJournal": "journal.journal",
    "Metric": "portfolio.rules",
    "NetPosition": "portfolio.snapshot",
    "Ok": "portfolio.snapshot",
    "OrderManager": "manager.manager",
    "OrderUpdate": "manager.tracking",
    "Portfolio": "portfolio.portfolio",
    "PositionBook": "manager.fills",
    "ReachRatio": "portfolio.rules",
    "Recovery": "manager.manager",
    "Reduce": "portfolio.rules",
    "RiskMonitor": "portfolio.monitor",
    "Rule": "portfolio.rules",
    "SlicedResult": "manager.slicing",
    "Snapshot": "portfolio.snapshot",
    "PostgresJournal": "journal.postgres",
    "RedisShare": "portfolio.share",
    "SqliteJournal": "journal.sqlite",
    "Stale": "portfolio.snapshot",
    "StreamBackend": "streams.backend",
    "StreamEvent": "streams.events",
    "Subject": "portfolio.rules",
    "VenueData": "portfolio.snapshot",
    "VenueTraits": "transport.dialect",
    "Verdict": "journal.journal",
    "risk": "",  # the module itself
    "web": "",
}

__all__ = [
    "Account", "AccountInLiquidation", "AccountModeMismatch", "AdjustMargin", "Alert", "AuthenticationError",
    "BadResponse", "Banned", "BodyTooLarge", "CallEvent", "CancelOutcomeUnknown", "CancelResult", "Capability",
    "Change", "ChangeKind", "ChangeSource", "ClientClosed", "ClockSkew", "CoinTotal", "ConnectFailed", "Contract",
    "Credentials", "DeadlineExpired", "DecodeError", "DuplicateOrder", "ExchangeError", "Failed", "Fill", "FillEffect",
    "FundingRate", "FuturesAsyncError", "FuturesExchange", "HostLimiter", "IncompletePage", "InsufficientMargin",
    "Intent", "IntentRecord", "InvalidOrder", "InvalidRequest", "Journal", "JournalEntry", "JournalFailed", "KeyLocked",
    "LedgerEntry", "LedgerType", "Leg", "Leverage", "LifecycleWarning", "LocalLimiter", "MarginMode",
    "MarginModeConflict", "MemoryJournal", "Metric", "NetPosition", "NoLimiter", "NotCarried", "NotSent",
    "NotSupported", "Ok", "Order", "OrderBounds", "OrderKind", "OrderManager", "OrderNotFound", "OrderNotPlaced",
    "OrderOutcomeUnknown", "OrderRejected", "OrderRequest", "OrderResult", "OrderStatus", "OrderType", "OrderUpdate",
    "Outcome", "OutcomeUnknown", "ParameterRejected", "PermissionDenied", "PoolClosed", "Portfolio", "Position",
    "PositionBook", "PositionHistory", "PositionMode", "PositionModeConflict", "PositionRisk", "PositionSide",
    "PostgresJournal", "PriceSource", "QueueFull", "RateLimit", "RateLimited", "ReachRatio", "Recovery", "RedisLimiter",
    "RedisShare", "Reduce", "RequestTimeout", "ResponseMismatch", "RetryPolicy", "RiskLevel", "RiskLimit",
    "RiskLimitExceeded", "RiskMonitor", "Role", "Rule", "SettingNotApplied", "SettingOutcomeUnknown", "ShutOut", "Side",
    "SlicedResult", "Snapshot", "SqliteJournal", "Stale", "Stop", "StreamBackend", "StreamEvent", "StreamOverrun",
    "Subject", "SymbolNeeded", "SymbolNotFound", "Ticker", "TimeInForce", "Timeouts", "UnexpectedRedirect", "UnreadRow",
    "UnreadRows", "UnresolvedOrders", "VenueClosed", "VenueData", "VenueTraits", "VenueUnavailable", "Verdict", "Watch",
    "WatchState", "connect", "detect", "load_accounts", "risk", "to_builtins", "to_json", "to_records", "venue_ids",
    "web",
]
# fmt: on


def __getattr__(name: str) -> Any:
    home = _LAZY.get(name)
    if home is None:
        raise AttributeError(f"module 'futures_async' has no attribute {name!r}")
    module = _import_module(f"futures_async.{home or name}")
    value = getattr(module, name) if home else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
