"""Every error that the library raises.

    FuturesAsyncError                 .outcome: Outcome | None   (for writes)
    ├─ NotSupported                   the venue, or this adapter, cannot do it; raised before any I/O
    ├─ InvalidRequest                 refused here, before signing
    │  └─ SymbolNeeded · InvalidOrder ⊃ NotCarried, which is also a NotSupported
    ├─ NotSent                        proved that the venue cannot have acted
    │  └─ ConnectFailed · QueueFull · DeadlineExpired · ClientClosed · PoolClosed, ShutOut and KeyLocked, which are
    │     refused here after the venue had refused: also RateLimited, Banned and AuthenticationError
    ├─ ExchangeError                  refused by the venue
    │  └─ AuthenticationError ⊃ PermissionDenied · AccountModeMismatch · RateLimited ⊃ Banned · ClockSkew ·
    │     ParameterRejected ⊃ SymbolNotFound · OrderRejected ⊃ InsufficientMargin, RiskLimitExceeded,
    │     DuplicateOrder · OrderNotFound · PositionModeConflict · MarginModeConflict ·
    │     AccountInLiquidation · VenueUnavailable · VenueClosed
    ├─ RequestTimeout                 reads: no answer in time
    ├─ BadResponse ⊃ DecodeError ⊃ UnreadRows · ResponseMismatch · BodyTooLarge · UnexpectedRedirect ·
    │     IncompletePage
    ├─ OrderNotPlaced                 proved absent after the fence
    ├─ SettingNotApplied              read back after the fence: the old value stands
    ├─ OutcomeUnknown                 .resolve() ends as resolve_order does
    │  └─ OrderOutcomeUnknown · CancelOutcomeUnknown · SettingOutcomeUnknown
    ├─ StreamOverrun                  a watch's consumer was too slow
    └─ UnresolvedOrders               raised by aclose() when orders are still open questions

Three questions, three branches: did it leave this machine, could the answer be read, did the venue refuse.
What licenses placing again under a new id: `NotSent`, `OrderNotPlaced`, and an `ExchangeError` that is not
`DuplicateOrder`, `VenueUnavailable` or unlisted. Messages name venue, endpoint and code, and end in what to do next
(`advice`), never in a secret.

Imported from here, all of them. They stand in `base` (the two that others come from), `unsent`, `refusals`, `answers`
and `outcomes`; `portable` is what all of them can do.
"""

from __future__ import annotations

from futures_async.unified.errors.answers import (
    SHOWN_ROWS,
    BadResponse,
    BodyTooLarge,
    DecodeError,
    IncompletePage,
    RequestTimeout,
    ResponseMismatch,
    StreamOverrun,
    UnexpectedRedirect,
    UnreadRow,
    UnreadRows,
    unread_rows,
)
from futures_async.unified.errors.base import (
    ExchangeError,
    FuturesAsyncError,
)
from futures_async.unified.errors.outcomes import (
    Attempt,
    CancelOutcomeUnknown,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    OutcomeUnknown,
    SettingNotApplied,
    SettingOutcomeUnknown,
    UnresolvedOrders,
)
from futures_async.unified.errors.portable import (
    MAX_VENUE_TEXT,
    Portable,
    at_rest,
    printable,
)
from futures_async.unified.errors.portable import (  # where errors that were pickled before look for it
    _remade as _remade,  # pyright: ignore[reportPrivateUsage]
)
from futures_async.unified.errors.refusals import (
    AccountInLiquidation,
    AccountModeMismatch,
    AuthenticationError,
    Banned,
    ClockSkew,
    DuplicateOrder,
    InsufficientMargin,
    KeyLocked,
    LifecycleWarning,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    ParameterRejected,
    PermissionDenied,
    PoolClosed,
    PositionModeConflict,
    RateLimited,
    RiskLimitExceeded,
    ShutOut,
    SymbolNotFound,
    VenueClosed,
    VenueUnavailable,
)
from futures_async.unified.errors.unsent import (
    ClientClosed,
    ConnectFailed,
    DeadlineExpired,
    InvalidOrder,
    InvalidRequest,
    NotCarried,
    NotSent,
    NotSupported,
    QueueFull,
    SymbolNeeded,
)

__all__ = [
    "MAX_VENUE_TEXT",
    "SHOWN_ROWS",
    "AccountInLiquidation",
    "AccountModeMismatch",
    "Attempt",
    "AuthenticationError",
    "BadResponse",
    "Banned",
    "BodyTooLarge",
    "CancelOutcomeUnknown",
    "ClientClosed",
    "ClockSkew",
    "ConnectFailed",
    "DeadlineExpired",
    "DecodeError",
    "DuplicateOrder",
    "ExchangeError",
    "FuturesAsyncError",
    "IncompletePage",
    "InsufficientMargin",
    "InvalidOrder",
    "InvalidRequest",
    "KeyLocked",
    "LifecycleWarning",
    "MarginModeConflict",
    "NotCarried",
    "NotSent",
    "NotSupported",
    "OrderNotFound",
    "OrderNotPlaced",
    "OrderOutcomeUnknown",
    "OrderRejected",
    "OutcomeUnknown",
    "ParameterRejected",
    "PermissionDenied",
    "PoolClosed",
    "Portable",
    "PositionModeConflict",
    "QueueFull",
    "RateLimited",
    "RequestTimeout",
    "ResponseMismatch",
    "RiskLimitExceeded",
    "SettingNotApplied",
    "SettingOutcomeUnknown",
    "ShutOut",
    "StreamOverrun",
    "SymbolNeeded",
    "SymbolNotFound",
    "UnexpectedRedirect",
    "UnreadRow",
    "UnreadRows",
    "UnresolvedOrders",
    "VenueClosed",
    "VenueUnavailable",
    "at_rest",
    "printable",
    "unread_rows",
]
