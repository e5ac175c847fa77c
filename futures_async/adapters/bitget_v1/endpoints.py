"""The calls of the v1 dialect. Sources: the seed documents "Futures Account API" and "Futures Trading API".

They state no limits; these are the historical interface's: 10/s for trading and positions, 5/s for settings.
"""

from __future__ import annotations

from futures_async.adapter import Root, or_null
from futures_async.adapters.bitget_v1 import wire

v1 = Root("/api/mix/v1")

MAX_LIMIT = 500
"""Rows of the largest page."""

# Account: "Get Account Information", marginCoin
ACCOUNT = v1.read("/account/info", wire.WireAccount, 10)
# "Get Positions", marginCoin, symbol?
POSITIONS = v1.read("/position/allPosition", or_null(list[wire.WirePosition]), 10)
# "Get Account Bills", marginCoin, startTime?, endTime?, type?, limit?
BILLS = v1.read("/account/bills", or_null(list[wire.WireBill]), 10)
# "Set Risk Limit", symbol, riskLimit
SET_RISK_LIMIT = v1.setting("/account/setPositionRiskLimit", wire.WireRiskSetting, 5)
# "Set Margin Mode", marginCoin, marginMode: for all contracts of the coin
SET_MARGIN_MODE = v1.setting("/account/setMarginMode", wire.WireMarginSetting, 5)
# "Set Position Mode", symbol, positionMode
SET_POSITION_MODE = v1.setting("/account/setPositionMode", wire.WireModeSetting, 5)
# "Get Risk Limits", symbol
RISK_LIMITS = v1.read("/account/riskLimit", or_null(list[wire.WireRiskTier]), 10)

# Trading: "Place Order", symbol, side, orderType, price?, size, leverage, marginMode, reduceOnly?
PLACE_ORDER = v1.order("/order/placeOrder", wire.WireOrder, 10)
# "Place Batch Orders", orders
BATCH_ORDERS = v1.order("/order/batchOrders", list[wire.WireOrderRef], 10)
# "Cancel Order", symbol, orderId
CANCEL = v1.cancel("/order/cancel", wire.WireOrderRef, 10)
# "Cancel All Orders", symbol
CANCEL_ALL = v1.delta("/order/cancelAll", wire.WireCancelled, 10, cancels=True)
# "Get Order", symbol, orderId
DETAIL = v1.read("/order/detail", wire.WireOrder, 10)
# "Get Open Orders", symbol, limit?
CURRENT = v1.read("/order/current", or_null(list[wire.WireOrder]), 10)
# "Get Order History", symbol, startTime?, endTime?, limit?
HISTORY = v1.read("/order/history", or_null(list[wire.WireOrder]), 10)
# "Get Trade History", symbol, startTime?, endTime?, limit?
FILLS = v1.read("/order/fills", or_null(list[wire.WireFill]), 10)
# "Close Position", symbol, positionSide?
CLOSE = v1.order("/position/close", wire.WireOrderRef, 10)
# "Set Leverage", symbol, leverage, marginMode
SET_LEVERAGE = v1.setting("/position/leverage", wire.WireLeverage, 5)

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
