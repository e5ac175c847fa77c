"""BitMart's endpoint table. Limits are the venue's; `uid` stands for its dimensions KEY and UID.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, Kind, RateLimit
from futures_async.adapters.bitmart import wire

ANYTHING = cast("type[Any]", Any)

# Public

# #get-contract-details
DETAILS = Endpoint(
    "GET", "/contract/public/details", result=wire.WireContracts, limit=RateLimit(12, 2.0, scope="ip"), private=False
)
# #get-current-funding-rate
FUNDING_RATE = Endpoint(
    "GET", "/contract/public/funding-rate", result=wire.WireFunding, limit=RateLimit(12, 2.0, scope="ip"), private=False
)
# #get-funding-rate-history
FUNDING_HISTORY = Endpoint(
    "GET",
    "/contract/public/funding-rate-history",
    result=wire.WireFundingHistory,
    limit=RateLimit(12, 2.0, scope="ip"),
    private=False,
)
# #get-futures-openinterest
OPEN_INTEREST = Endpoint(
    "GET",
    "/contract/public/open-interest",
    result=wire.WireOpenInterest,
    limit=RateLimit(2, 2.0, scope="ip"),
    private=False,
)
# #get-leverage-bracket
LEVERAGE_BRACKET = Endpoint(
    "GET",
    "/contract/public/leverage-bracket",
    result=wire.WireBrackets,
    limit=RateLimit(12, 2.0, scope="ip"),
    private=False,
)
# #get-system-time
TIME = Endpoint("GET", "/system/time", result=wire.WireTime, limit=RateLimit(10, 1.0, scope="ip"), private=False)

# #get-system-service-status
SERVICE = Endpoint(
    "GET", "/system/service", result=wire.WireServices, limit=RateLimit(10, 1.0, scope="ip"), private=False
)

# Account and positions: KEYED, the key without signature

# #get-contract-assets-keyed
ASSETS = Endpoint(
    "GET", "/contract/private/assets-detail", result=list[wire.WireAsset], limit=RateLimit(12, 2.0), signed=False
)
# #get-trade-fee-rate-keyed
FEE_RATE = Endpoint(
    "GET", "/contract/private/trade-fee-rate", result=wire.WireFeeRate, limit=RateLimit(2, 2.0), signed=False
)
# #get-current-position-keyed
POSITIONS_V1 = Endpoint(
    "GET", "/contract/private/position", result=list[wire.WirePositionV1], limit=RateLimit(6, 2.0), signed=False
)
# #get-current-position-v2-keyed
POSITIONS = Endpoint(
    "GET", "/contract/private/position-v2", result=list[wire.WirePosition], limit=RateLimit(6, 2.0), signed=False
)
# #get-current-position-risk-details-keyed
POSITION_RISK = Endpoint(
    "GET",
    "/contract/private/position-risk",
    result=list[wire.WirePositionRisk],
    limit=RateLimit(24, 2.0),
    signed=False,
)
# #get-position-mode-keyed
POSITION_MODE = Endpoint(
    "GET", "/contract/private/get-position-mode", result=wire.WirePositionMode, limit=RateLimit(2, 2.0), signed=False
)
# #set-position-mode-signed
SET_POSITION_MODE = Endpoint(
    "POST",
    "/contract/private/set-position-mode",
    result=wire.WirePositionMode,
    limit=RateLimit(2, 2.0),
    kind=Kind.SETTING,
)
# #submit-leverage-signed
SUBMIT_LEVERAGE = Endpoint(
    "POST", "/contract/private/submit-leverage", result=wire.WireLeverage, limit=RateLimit(24, 2.0), kind=Kind.SETTING
)
# The same call without `leverage` is described as a query.
QUERY_LEVERAGE = Endpoint(
    "POST", "/contract/private/submit-leverage", result=wire.WireLeverage, limit=RateLimit(24, 2.0), kind=Kind.READ
)

# Of the demo host alone: tops up the demo account. No limit is documented: the one of calls without their own.
CLAIM: Endpoint[Any] = Endpoint(
    "POST", "/contract/private/claim", result=ANYTHING, limit=RateLimit(600, 60.0), kind=Kind.DELTA
)

# Orders

# #submit-order-signed
SUBMIT_ORDER = Endpoint(
    "POST", "/contract/private/submit-order", result=wire.WireOrderAck, limit=RateLimit(24, 2.0), kind=Kind.ORDER
)
# #modify-limit-order-signed
MODIFY_ORDER = Endpoint(
    "POST", "/contract/private/modify-limit-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.ORDER
)
# #cancel-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_ORDER: Endpoint[Any] = Endpoint(
    "POST", "/contract/private/cancel-order", result=ANYTHING, limit=RateLimit(40, 2.0), kind=Kind.CANCEL
)
# #cancel-all-orders-signed
CANCEL_ORDERS: Endpoint[Any] = Endpoint(
    "POST", "/contract/private/cancel-orders", result=ANYTHING, limit=RateLimit(2, 2.0), kind=Kind.DELTA, cancels=True
)
# #timed-cancel-all-orders-signed
CANCEL_ALL_AFTER = Endpoint(
    "POST",
    "/contract/private/cancel-all-after",
    result=wire.WireDeadMan,
    limit=RateLimit(4, 2.0),
    kind=Kind.SETTING,
    cancels=True,
)
# #get-order-detail-keyed
ORDER = Endpoint("GET", "/contract/private/order", result=wire.WireOrder, limit=RateLimit(50, 2.0), signed=False)
# #get-all-open-orders-keyed
OPEN_ORDERS = Endpoint(
    "GET", "/contract/private/get-open-orders", result=list[wire.WireOrder], limit=RateLimit(50, 2.0), signed=False
)
# #get-order-history-keyed
ORDER_HISTORY = Endpoint(
    "GET", "/contract/private/order-history", result=list[wire.WireOrder], limit=RateLimit(6, 2.0), signed=False
)
# #get-order-trade-keyed
TRADES = Endpoint("GET", "/contract/private/trades", result=list[wire.WireTrade], limit=RateLimit(6, 2.0), signed=False)
# #get-transaction-history-keyed
TRANSACTIONS = Endpoint(
    "GET",
    "/contract/private/transaction-history",
    result=list[wire.WireLedgerEntry],
    limit=RateLimit(6, 2.0),
    signed=False,
)

# Conditional orders

# #get-all-current-plan-orders-keyed
PLAN_ORDERS = Endpoint(
    "GET",
    "/contract/private/current-plan-order",
    result=list[wire.WirePlanOrder],
    limit=RateLimit(50, 2.0),
    signed=False,
)
# #submit-plan-order-signed
SUBMIT_PLAN_ORDER = Endpoint(
    "POST", "/contract/private/submit-plan-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.ORDER
)
# #submit-tp-or-sl-order-signed
SUBMIT_TP_SL_ORDER = Endpoint(
    "POST", "/contract/private/submit-tp-sl-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.ORDER
)
# #modify-plan-order-signed: the same values again change nothing
MODIFY_PLAN_ORDER = Endpoint(
    "POST", "/contract/private/modify-plan-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.SETTING
)
# #modify-tp-or-sl-order-signed
MODIFY_TP_SL_ORDER = Endpoint(
    "POST", "/contract/private/modify-tp-sl-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.SETTING
)
# #modify-preset-plan-order-signed: take-profit and stop-loss that come with an open order
MODIFY_PRESETS = Endpoint(
    "POST",
    "/contract/private/modify-preset-plan-order",
    result=wire.WireIds,
    limit=RateLimit(24, 2.0),
    kind=Kind.SETTING,
)
# #submit-trail-order-signed
SUBMIT_TRAIL_ORDER = Endpoint(
    "POST", "/contract/private/submit-trail-order", result=wire.WireIds, limit=RateLimit(24, 2.0), kind=Kind.ORDER
)
# #cancel-trail-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_TRAIL_ORDER: Endpoint[Any] = Endpoint(
    "POST", "/contract/private/cancel-trail-order", result=ANYTHING, limit=RateLimit(24, 2.0), kind=Kind.CANCEL
)
# #cancel-plan-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_PLAN_ORDER: Endpoint[Any] = Endpoint(
    "POST", "/contract/private/cancel-plan-order", result=ANYTHING, limit=RateLimit(40, 2.0), kind=Kind.CANCEL
)
