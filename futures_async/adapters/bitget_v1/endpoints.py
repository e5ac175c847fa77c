"""The calls of the v1 dialect. Sources: the seed documents "Futures Account API" and "Futures Trading API".

They state no limits; these are the historical interface's: 10/s for trading and positions, 5/s for settings.
"""

from __future__ import annotations

from futures_async.adapter import Endpoint, Kind, RateLimit, or_null
from futures_async.adapters.bitget_v1 import wire

BASE = "/api/mix/v1"
TEN = RateLimit(10, 1.0)
FIVE = RateLimit(5, 1.0)

DEFAULT_LIMIT = 100
"""Rows of a page unless asked otherwise."""
MAX_LIMIT = 500
"""Rows of the largest page."""

# Account: "Get Account Information", marginCoin
ACCOUNT = Endpoint("GET", f"{BASE}/account/info", result=wire.WireAccount, limit=TEN)
# "Get Positions", marginCoin, symbol?
POSITIONS = Endpoint("GET", f"{BASE}/position/allPosition", result=or_null(list[wire.WirePosition]), limit=TEN)
# "Get Account Bills", marginCoin, startTime?, endTime?, type?, limit?
BILLS = Endpoint("GET", f"{BASE}/account/bills", result=or_null(list[wire.WireBill]), limit=TEN)
# "Set Risk Limit", symbol, riskLimit
SET_RISK_LIMIT = Endpoint(
    "POST", f"{BASE}/account/setPositionRiskLimit", result=wire.WireRiskSetting, limit=FIVE, kind=Kind.SETTING
)
# "Set Margin Mode", marginCoin, marginMode: for all contracts of the coin
SET_MARGIN_MODE = Endpoint(
    "POST", f"{BASE}/account/setMarginMode", result=wire.WireMarginSetting, limit=FIVE, kind=Kind.SETTING
)
# "Set Position Mode", symbol, positionMode
SET_POSITION_MODE = Endpoint(
    "POST", f"{BASE}/account/setPositionMode", result=wire.WireModeSetting, limit=FIVE, kind=Kind.SETTING
)
# "Get Risk Limits", symbol
RISK_LIMITS = Endpoint("GET", f"{BASE}/account/riskLimit", result=or_null(list[wire.WireRiskTier]), limit=TEN)

# Trading: "Place Order", symbol, side, orderType, price?, size, leverage, marginMode, reduceOnly?
PLACE_ORDER = Endpoint("POST", f"{BASE}/order/placeOrder", result=wire.WireOrder, limit=TEN, kind=Kind.ORDER)
# "Place Batch Orders", orders
BATCH_ORDERS = Endpoint("POST", f"{BASE}/order/batchOrders", result=list[wire.WireOrderRef], limit=TEN, kind=Kind.ORDER)
# "Cancel Order", symbol, orderId
CANCEL = Endpoint("POST", f"{BASE}/order/cancel", result=wire.WireOrderRef, limit=TEN, kind=Kind.CANCEL)
# "Cancel All Orders", symbol
CANCEL_ALL = Endpoint(
    "POST", f"{BASE}/order/cancelAll", result=wire.WireCancelled, limit=TEN, kind=Kind.DELTA, cancels=True
)
# "Get Order", symbol, orderId
DETAIL = Endpoint("GET", f"{BASE}/order/detail", result=wire.WireOrder, limit=TEN)
# "Get Open Orders", symbol, limit?
CURRENT = Endpoint("GET", f"{BASE}/order/current", result=or_null(list[wire.WireOrder]), limit=TEN)
# "Get Order History", symbol, startTime?, endTime?, limit?
HISTORY = Endpoint("GET", f"{BASE}/order/history", result=or_null(list[wire.WireOrder]), limit=TEN)
# "Get Trade History", symbol, startTime?, endTime?, limit?
FILLS = Endpoint("GET", f"{BASE}/order/fills", result=or_null(list[wire.WireFill]), limit=TEN)
# "Close Position", symbol, positionSide?
CLOSE = Endpoint("POST", f"{BASE}/position/close", result=wire.WireOrderRef, limit=TEN, kind=Kind.ORDER)
# "Set Leverage", symbol, leverage, marginMode
SET_LEVERAGE = Endpoint("POST", f"{BASE}/position/leverage", result=wire.WireLeverage, limit=FIVE, kind=Kind.SETTING)

ENDPOINTS = (
    ACCOUNT,
    POSITIONS,
    BILLS,
    SET_RISK_LIMIT,
    SET_MARGIN_MODE,
    SET_POSITION_MODE,
    RISK_LIMITS,
    PLACE_ORDER,
    BATCH_ORDERS,
    CANCEL,
    CANCEL_ALL,
    DETAIL,
    CURRENT,
    HISTORY,
    FILLS,
    CLOSE,
    SET_LEVERAGE,
)
"""Every call that the documents describe."""
