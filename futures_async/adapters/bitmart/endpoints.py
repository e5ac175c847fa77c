"""BitMart's endpoint table. Limits are the venue's; `uid` stands for its dimensions KEY and UID.

https://developer-pro.bitmart.com/en/futuresv2/
"""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, RateLimit, Root
from futures_async.adapters.bitmart import wire

public = Root("/contract/public", per_s=2.0)
private = Root("/contract/private", per_s=2.0, signs_reads=False)
system = Root("/system")
ANYTHING = cast("type[Any]", Any)

# Public

# #get-contract-details
DETAILS = public.market("/details", wire.WireContracts, 12)
# #get-current-funding-rate
FUNDING_RATE = public.market("/funding-rate", wire.WireFunding, 12)
# #get-funding-rate-history
FUNDING_HISTORY = public.market("/funding-rate-history", wire.WireFundingHistory, 12)
# #get-futures-openinterest
OPEN_INTEREST = public.market("/open-interest", wire.WireOpenInterest, 2)
# #get-leverage-bracket
LEVERAGE_BRACKET = public.market("/leverage-bracket", wire.WireBrackets, 12)
# #get-system-time
TIME = system.market("/time", wire.WireTime, 10)
# #get-system-service-status
SERVICE = system.market("/service", wire.WireServices, 10)

# Account and positions: KEYED, the key without signature

# #get-contract-assets-keyed
ASSETS = private.read("/assets-detail", list[wire.WireAsset], 12)
# #get-trade-fee-rate-keyed
FEE_RATE = private.read("/trade-fee-rate", wire.WireFeeRate, 2)
# #get-current-position-keyed
POSITIONS_V1 = private.read("/position", list[wire.WirePositionV1], 6)
# #get-current-position-v2-keyed
POSITIONS = private.read("/position-v2", list[wire.WirePosition], 6)
# #get-current-position-risk-details-keyed
POSITION_RISK = private.read("/position-risk", list[wire.WirePositionRisk], 24)
# #get-position-mode-keyed
POSITION_MODE = private.read("/get-position-mode", wire.WirePositionMode, 2)
# #set-position-mode-signed
SET_POSITION_MODE = private.setting("/set-position-mode", wire.WirePositionMode, 2)
# #submit-leverage-signed
SUBMIT_LEVERAGE = private.setting("/submit-leverage", wire.WireLeverage, 24)
# The same call without `leverage` is described as a query.
QUERY_LEVERAGE = private.read("/submit-leverage", wire.WireLeverage, 24, method="POST", signed=True)

# Of the demo host alone: tops up the demo account. No limit is documented: the one of calls without their own.
CLAIM: Endpoint[Any] = private.delta("/claim", ANYTHING, RateLimit(600, 60.0))

# Orders

# #submit-order-signed
SUBMIT_ORDER = private.order("/submit-order", wire.WireOrderAck, 24)
# #modify-limit-order-signed
MODIFY_ORDER = private.order("/modify-limit-order", wire.WireIds, 24)
# #cancel-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_ORDER: Endpoint[Any] = private.cancel("/cancel-order", ANYTHING, 40)
# #cancel-all-orders-signed
CANCEL_ORDERS: Endpoint[Any] = private.delta("/cancel-orders", ANYTHING, 2, cancels=True)
# #timed-cancel-all-orders-signed
CANCEL_ALL_AFTER = private.setting("/cancel-all-after", wire.WireDeadMan, 4, cancels=True)
# #get-order-detail-keyed
ORDER = private.read("/order", wire.WireOrder, 50)
# #get-all-open-orders-keyed
OPEN_ORDERS = private.read("/get-open-orders", list[wire.WireOrder], 50)
# #get-order-history-keyed
ORDER_HISTORY = private.read("/order-history", list[wire.WireOrder], 6)
# #get-order-trade-keyed
TRADES = private.read("/trades", list[wire.WireTrade], 6)
# #get-transaction-history-keyed
TRANSACTIONS = private.read("/transaction-history", list[wire.WireLedgerEntry], 6)

# Conditional orders

# #get-all-current-plan-orders-keyed
PLAN_ORDERS = private.read("/current-plan-order", list[wire.WirePlanOrder], 50)
# #submit-plan-order-signed
SUBMIT_PLAN_ORDER = private.order("/submit-plan-order", wire.WireIds, 24)
# #submit-tp-or-sl-order-signed
SUBMIT_TP_SL_ORDER = private.order("/submit-tp-sl-order", wire.WireIds, 24)
# #modify-plan-order-signed: the same values again change nothing
MODIFY_PLAN_ORDER = private.setting("/modify-plan-order", wire.WireIds, 24)
# #modify-tp-or-sl-order-signed
MODIFY_TP_SL_ORDER = private.setting("/modify-tp-sl-order", wire.WireIds, 24)
# #modify-preset-plan-order-signed: take-profit and stop-loss that come with an open order
MODIFY_PRESETS = private.setting("/modify-preset-plan-order", wire.WireIds, 24)
# #submit-trail-order-signed
SUBMIT_TRAIL_ORDER = private.order("/submit-trail-order", wire.WireIds, 24)
# #cancel-trail-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_TRAIL_ORDER: Endpoint[Any] = private.cancel("/cancel-trail-order", ANYTHING, 24)
# #cancel-plan-order-signed: never without an id, see `dialect.CANCELS_ONE`
CANCEL_PLAN_ORDER: Endpoint[Any] = private.cancel("/cancel-plan-order", ANYTHING, 40)
