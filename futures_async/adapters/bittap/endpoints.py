"""BitTap's documented calls: futures account under /ftapi/v1, market data under /fmapi/v1. All of them read."""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, Root, or_null
from futures_async.adapters.bittap import wire

ftapi, fmapi = Root("/ftapi/v1"), Root("/fmapi/v1")
MAX_LIMIT = 1000
"""Largest page of the list endpoints."""

# GET /ftapi/v1/account/info "Query User Info": totals, assets and positions in one answer. No parameters.
ACCOUNT_INFO = ftapi.read("/account/info", wire.WireAccountInfo)

# The rows of account/info with marks and profits filled in. Parameter symbolId (the example URLs say symbol).
OPEN_POSITION = ftapi.read("/openPosition", or_null(list[wire.WirePosition]))

# Parameters symbolId, orderId, limit.
OPEN_ORDER = ftapi.read("/openOrder", or_null(list[wire.WireOpenOrder]))

# Parameters symbolId, orderId, startTime, endTime, limit; windows, order and default limit are not documented.
ORDER_HISTORY = ftapi.read("/orderHis", or_null(list[wire.WirePastOrder]))
TRADE_HISTORY = ftapi.read("/tradeHis", or_null(list[wire.WireTrade]))

EXCHANGE_INFO = fmapi.market("/exchangeInfo", wire.WireExchangeInfo)
# Parameters symbolId, scale (price grouping, e.g. 0.1).
DEPTH = fmapi.market("/depth", wire.WireDepth)
# Parameter symbolId. Whether `data` is a row or a list of them is not documented.
DAY_TICKER: Endpoint[wire.WireDayTicker | list[wire.WireDayTicker]] = fmapi.market(
    "/ticker/24hr", cast("Any", wire.WireDayTicker | list[wire.WireDayTicker])
)
PRICE_TICKER: Endpoint[wire.WirePrice | list[wire.WirePrice]] = fmapi.market(
    "/ticker/price", cast("Any", wire.WirePrice | list[wire.WirePrice])
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
