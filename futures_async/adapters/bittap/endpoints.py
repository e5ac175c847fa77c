"""BitTap's documented calls: futures account under /ftapi/v1, market data under /fmapi/v1. All of them read."""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, or_null
from futures_async.adapters.bittap import wire

MAX_LIMIT = 1000
"""Largest page of the list endpoints."""

# GET /ftapi/v1/account/info "Query User Info": totals, assets and positions in one answer. No parameters.
ACCOUNT_INFO = Endpoint("GET", "/ftapi/v1/account/info", result=wire.WireAccountInfo)

# The rows of account/info with marks and profits filled in. Parameter symbolId (the example URLs say symbol).
OPEN_POSITION = Endpoint("GET", "/ftapi/v1/openPosition", result=or_null(list[wire.WirePosition]))

# Parameters symbolId, orderId, limit.
OPEN_ORDER = Endpoint("GET", "/ftapi/v1/openOrder", result=or_null(list[wire.WireOpenOrder]))

# Parameters symbolId, orderId, startTime, endTime, limit; windows, order and default limit are not documented.
ORDER_HISTORY = Endpoint("GET", "/ftapi/v1/orderHis", result=or_null(list[wire.WirePastOrder]))
TRADE_HISTORY = Endpoint("GET", "/ftapi/v1/tradeHis", result=or_null(list[wire.WireTrade]))

EXCHANGE_INFO = Endpoint("GET", "/fmapi/v1/exchangeInfo", result=wire.WireExchangeInfo, private=False)
# Parameters symbolId, scale (price grouping, e.g. 0.1).
DEPTH = Endpoint("GET", "/fmapi/v1/depth", result=wire.WireDepth, private=False)
# Parameter symbolId. Whether `data` is a row or a list of them is not documented.
DAY_TICKER: Endpoint[wire.WireDayTicker | list[wire.WireDayTicker]] = Endpoint(
    "GET", "/fmapi/v1/ticker/24hr", result=cast("Any", wire.WireDayTicker | list[wire.WireDayTicker]), private=False
)
PRICE_TICKER: Endpoint[wire.WirePrice | list[wire.WirePrice]] = Endpoint(
    "GET", "/fmapi/v1/ticker/price", result=cast("Any", wire.WirePrice | list[wire.WirePrice]), private=False
)

ENDPOINTS = (
    ACCOUNT_INFO,
    OPEN_POSITION,
    OPEN_ORDER,
    ORDER_HISTORY,
    TRADE_HISTORY,
    EXCHANGE_INFO,
    DEPTH,
    DAY_TICKER,
    PRICE_TICKER,
)
"""Every call that the venue documents."""
