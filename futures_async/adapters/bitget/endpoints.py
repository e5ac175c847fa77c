"""The endpoint table of Bitget v2 mix: one row per documented call.

Without a row are order books, candles and public trades, which this library is not about; the parameters of the
multi-asset collateral and the list of VIP fees, whose rows are not documented; and `click-backhand`, whose page
leaves open what `side` and `tradeSide` must say. `request()` reaches them.

https://www.bitget.com/api-doc/contract/intro
"""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, Kind, RateLimit, or_null
from futures_async.adapters.bitget.wire import (
    WireAccount,
    WireAdlRank,
    WireBills,
    WireClosedPositions,
    WireContract,
    WireFeeRate,
    WireFundingRate,
    WireLeverage,
    WireMaxOpen,
    WirePosition,
    WirePositionMode,
    WireTicker,
    WireTier,
    WireTime,
)
from futures_async.adapters.bitget.wire_orders import (
    WireAck,
    WireBatch,
    WireFills,
    WireOrder,
    WireOrders,
    WirePlanOrders,
    WireStops,
)
from futures_async.adapters.bitget.wire_venue import (
    WireFundingTime,
    WireInterest,
    WireIsolatedSymbol,
    WireLiquidation,
    WireOpenCount,
    WireOpenInterest,
    WireOpenInterestLimit,
    WirePastFundingRate,
    WireSubAccount,
    WireSymbolPrice,
    WireTransferLimit,
    WireTriggered,
    WireUnionConfig,
    WireUsdtAmount,
)

_ANYTHING = cast("type[Any]", Any)

_MIX = "/api/v2/mix"
_PER_UID_10 = RateLimit(10)
_PER_UID_5 = RateLimit(5)
_PER_UID_20 = RateLimit(20)
_PER_IP_20 = RateLimit(20, scope="ip")
_PER_IP_10 = RateLimit(10, scope="ip")


# Account. https://www.bitget.com/api-doc/contract/account/Get-Single-Account and its neighbours

ACCOUNT = Endpoint("GET", f"{_MIX}/account/account", result=WireAccount, limit=_PER_UID_10)
ACCOUNTS = Endpoint("GET", f"{_MIX}/account/accounts", result=list[WireAccount], limit=_PER_UID_10)
BILLS = Endpoint("GET", f"{_MIX}/account/bill", result=WireBills, limit=_PER_UID_10)
SET_LEVERAGE = Endpoint(
    "POST", f"{_MIX}/account/set-leverage", result=WireLeverage, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_MARGIN_MODE = Endpoint(
    "POST", f"{_MIX}/account/set-margin-mode", result=WireLeverage, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_POSITION_MODE = Endpoint(
    "POST", f"{_MIX}/account/set-position-mode", result=WirePositionMode, limit=_PER_UID_5, kind=Kind.SETTING
)
# The amount is a difference: repeating it would move margin twice.
SET_MARGIN = Endpoint("POST", f"{_MIX}/account/set-margin", result=_ANYTHING, limit=_PER_UID_5, kind=Kind.DELTA)
SET_AUTO_MARGIN = Endpoint(
    "POST", f"{_MIX}/account/set-auto-margin", result=_ANYTHING, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_ALL_LEVERAGE = Endpoint(
    "POST", f"{_MIX}/account/set-all-leverage", result=_ANYTHING, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_ASSET_MODE = Endpoint(
    "POST", f"{_MIX}/account/set-asset-mode", result=_ANYTHING, limit=RateLimit(2), kind=Kind.SETTING
)
ISOLATED_SYMBOLS = Endpoint(
    "GET", f"{_MIX}/account/isolated-symbols", result=or_null(list[WireIsolatedSymbol]), limit=_PER_UID_10
)
SUB_ACCOUNTS = Endpoint(
    "GET", f"{_MIX}/account/sub-account-assets", result=or_null(list[WireSubAccount]), limit=RateLimit(1, 10.0)
)
INTEREST = Endpoint("GET", f"{_MIX}/account/interest-history", result=WireInterest, limit=_PER_UID_5)
UNION_CONFIG = Endpoint("GET", f"{_MIX}/account/union-config", result=WireUnionConfig, limit=RateLimit(1))
UNION_USDT = Endpoint("GET", f"{_MIX}/account/switch-union-usdt", result=WireUsdtAmount, limit=RateLimit(1))
TRANSFER_LIMIT = Endpoint("GET", f"{_MIX}/account/transfer-limits", result=WireTransferLimit, limit=RateLimit(1))
# Repeating it would convert twice.
UNION_CONVERT = Endpoint(
    "POST", f"{_MIX}/account/union-convert", result=WireUsdtAmount, limit=RateLimit(1), kind=Kind.DELTA
)
OPEN_COUNT = Endpoint("GET", f"{_MIX}/account/open-count", result=WireOpenCount, limit=_PER_UID_10)
LIQUIDATION_PRICE = Endpoint("GET", f"{_MIX}/account/liq-price", result=WireLiquidation, limit=_PER_UID_20)
MAX_OPEN = Endpoint("GET", f"{_MIX}/account/max-open", result=WireMaxOpen, limit=_PER_UID_20)
FEE_RATE = Endpoint("GET", "/api/v2/common/trade-rate", result=WireFeeRate, limit=_PER_UID_10)

# Positions. https://www.bitget.com/api-doc/contract/position/get-single-position

SINGLE_POSITION = Endpoint(
    "GET", f"{_MIX}/position/single-position", result=or_null(list[WirePosition]), limit=_PER_UID_10
)
ALL_POSITIONS = Endpoint("GET", f"{_MIX}/position/all-position", result=or_null(list[WirePosition]), limit=_PER_UID_5)
POSITION_HISTORY = Endpoint("GET", f"{_MIX}/position/history-position", result=WireClosedPositions, limit=_PER_UID_20)
ADL_RANKS = Endpoint("GET", f"{_MIX}/position/adlRank", result=or_null(list[WireAdlRank]), limit=_PER_UID_5)

# Orders. https://www.bitget.com/api-doc/contract/trade/Place-Order

PLACE = Endpoint("POST", f"{_MIX}/order/place-order", result=WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
PLACE_BATCH = Endpoint("POST", f"{_MIX}/order/batch-place-order", result=WireBatch, limit=_PER_UID_5, kind=Kind.ORDER)
MODIFY = Endpoint("POST", f"{_MIX}/order/modify-order", result=WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
CANCEL = Endpoint("POST", f"{_MIX}/order/cancel-order", result=WireAck, limit=_PER_UID_10, kind=Kind.CANCEL)
# Without a list of ids this cancels every order of the symbol: a row of its own, never used with ids.
CANCEL_SYMBOL = Endpoint(
    "POST", f"{_MIX}/order/batch-cancel-orders", result=WireBatch, limit=_PER_UID_10, kind=Kind.DELTA, cancels=True
)
CANCEL_BATCH = Endpoint(
    "POST", f"{_MIX}/order/batch-cancel-orders", result=WireBatch, limit=_PER_UID_10, kind=Kind.CANCEL
)
# 10/s by the document; other clients keep to 1/s, and so does this one.
CANCEL_PRODUCT = Endpoint(
    "POST", f"{_MIX}/order/cancel-all-orders", result=WireBatch, limit=RateLimit(1), kind=Kind.DELTA, cancels=True
)
CLOSE_POSITIONS = Endpoint(
    "POST", f"{_MIX}/order/close-positions", result=WireBatch, limit=RateLimit(1), kind=Kind.ORDER
)
# Documented as an object; an empty list has been seen for an order that is not there.
DETAIL = Endpoint(
    "GET",
    f"{_MIX}/order/detail",
    result=cast("type[WireOrder | list[WireOrder] | None]", WireOrder | list[WireOrder] | None),
    limit=_PER_UID_10,
)
PENDING = Endpoint("GET", f"{_MIX}/order/orders-pending", result=WireOrders, limit=_PER_UID_10)
HISTORY = Endpoint("GET", f"{_MIX}/order/orders-history", result=WireOrders, limit=_PER_UID_10)
FILLS = Endpoint("GET", f"{_MIX}/order/fills", result=WireFills, limit=_PER_UID_10)
# Spans of a week at most; not in demo trading (40404).
FILL_HISTORY = Endpoint("GET", f"{_MIX}/order/fill-history", result=WireFills, limit=_PER_UID_10)

# Trigger, take-profit and stop-loss orders. https://www.bitget.com/api-doc/contract/plan/Place-Plan-Order

PLACE_PLAN = Endpoint("POST", f"{_MIX}/order/place-plan-order", result=WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
# One pair per position side; placing again amends it.
PLACE_POSITION_STOPS = Endpoint(
    "POST", f"{_MIX}/order/place-pos-tpsl", result=or_null(list[WireStops]), limit=_PER_UID_10, kind=Kind.SETTING
)
# Take-profit or stop-loss of a position for a stated size.
PLACE_STOP = Endpoint("POST", f"{_MIX}/order/place-tpsl-order", result=WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
# In place: the same values again change nothing.
MODIFY_PLAN = Endpoint("POST", f"{_MIX}/order/modify-plan-order", result=WireAck, limit=_PER_UID_10, kind=Kind.SETTING)
MODIFY_STOP = Endpoint("POST", f"{_MIX}/order/modify-tpsl-order", result=WireAck, limit=_PER_UID_10, kind=Kind.SETTING)
TRIGGERED = Endpoint("GET", f"{_MIX}/order/plan-sub-order", result=or_null(list[WireTriggered]), limit=_PER_UID_10)
CANCEL_PLAN = Endpoint("POST", f"{_MIX}/order/cancel-plan-order", result=WireBatch, limit=_PER_UID_10, kind=Kind.CANCEL)
PLAN_PENDING = Endpoint("GET", f"{_MIX}/order/orders-plan-pending", result=WirePlanOrders, limit=_PER_UID_10)
PLAN_HISTORY = Endpoint("GET", f"{_MIX}/order/orders-plan-history", result=WirePlanOrders, limit=_PER_UID_10)

# Market. https://www.bitget.com/api-doc/contract/market/Get-All-Symbols-Contracts

CONTRACTS = Endpoint("GET", f"{_MIX}/market/contracts", result=list[WireContract], limit=_PER_IP_20, private=False)
TICKER = Endpoint("GET", f"{_MIX}/market/ticker", result=list[WireTicker], limit=_PER_IP_20, private=False)
FUNDING_RATE = Endpoint(
    "GET", f"{_MIX}/market/current-fund-rate", result=list[WireFundingRate], limit=_PER_IP_20, private=False
)
TICKERS = Endpoint("GET", f"{_MIX}/market/tickers", result=list[WireTicker], limit=_PER_IP_20, private=False)
SYMBOL_PRICE = Endpoint(
    "GET", f"{_MIX}/market/symbol-price", result=list[WireSymbolPrice], limit=_PER_IP_20, private=False
)
FUNDING_HISTORY = Endpoint(
    "GET",
    f"{_MIX}/market/history-fund-rate",
    result=or_null(list[WirePastFundingRate]),
    limit=_PER_IP_20,
    private=False,
)
FUNDING_TIME = Endpoint(
    "GET", f"{_MIX}/market/funding-time", result=list[WireFundingTime], limit=_PER_IP_20, private=False
)
OPEN_INTEREST = Endpoint(
    "GET", f"{_MIX}/market/open-interest", result=WireOpenInterest, limit=_PER_IP_20, private=False
)
OPEN_INTEREST_LIMITS = Endpoint(
    "GET",
    f"{_MIX}/market/oi-limit",
    result=or_null(list[WireOpenInterestLimit]),
    limit=_PER_IP_10,
    private=False,
)
TIERS = Endpoint("GET", f"{_MIX}/market/query-position-lever", result=list[WireTier], limit=_PER_IP_10, private=False)
TIME = Endpoint("GET", "/api/v2/public/time", result=WireTime, limit=_PER_IP_20, private=False)
