"""The endpoint table of Bitget v2 mix: one row per documented call.

Without a row are order books, candles and public trades, which this library is not about; the parameters of the
multi-asset collateral and the list of VIP fees, whose rows are not documented; and `click-backhand`, whose page
leaves open what `side` and `tradeSide` must say. `request()` reaches them.

https://www.bitget.com/api-doc/contract/intro
"""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import Endpoint, Kind, RateLimit, or_null
from futures_async.adapters.bitget import wire, wire_orders, wire_venue

_ANYTHING = cast("type[Any]", Any)

_MIX = "/api/v2/mix"
_PER_UID_10 = RateLimit(10)
_PER_UID_5 = RateLimit(5)
_PER_UID_20 = RateLimit(20)
_PER_IP_20 = RateLimit(20, scope="ip")
_PER_IP_10 = RateLimit(10, scope="ip")


# Account. https://www.bitget.com/api-doc/contract/account/Get-Single-Account and its neighbours

ACCOUNT = Endpoint("GET", f"{_MIX}/account/account", result=wire.WireAccount, limit=_PER_UID_10)
ACCOUNTS = Endpoint("GET", f"{_MIX}/account/accounts", result=list[wire.WireAccount], limit=_PER_UID_10)
BILLS = Endpoint("GET", f"{_MIX}/account/bill", result=wire.WireBills, limit=_PER_UID_10)
SET_LEVERAGE = Endpoint(
    "POST", f"{_MIX}/account/set-leverage", result=wire.WireLeverage, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_MARGIN_MODE = Endpoint(
    "POST", f"{_MIX}/account/set-margin-mode", result=wire.WireLeverage, limit=_PER_UID_5, kind=Kind.SETTING
)
SET_POSITION_MODE = Endpoint(
    "POST", f"{_MIX}/account/set-position-mode", result=wire.WirePositionMode, limit=_PER_UID_5, kind=Kind.SETTING
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
    "GET", f"{_MIX}/account/isolated-symbols", result=or_null(list[wire_venue.WireIsolatedSymbol]), limit=_PER_UID_10
)
SUB_ACCOUNTS = Endpoint(
    "GET",
    f"{_MIX}/account/sub-account-assets",
    result=or_null(list[wire_venue.WireSubAccount]),
    limit=RateLimit(1, 10.0),
)
INTEREST = Endpoint("GET", f"{_MIX}/account/interest-history", result=wire_venue.WireInterest, limit=_PER_UID_5)
UNION_CONFIG = Endpoint("GET", f"{_MIX}/account/union-config", result=wire_venue.WireUnionConfig, limit=RateLimit(1))
UNION_USDT = Endpoint("GET", f"{_MIX}/account/switch-union-usdt", result=wire_venue.WireUsdtAmount, limit=RateLimit(1))
TRANSFER_LIMIT = Endpoint(
    "GET", f"{_MIX}/account/transfer-limits", result=wire_venue.WireTransferLimit, limit=RateLimit(1)
)
# Repeating it would convert twice.
UNION_CONVERT = Endpoint(
    "POST", f"{_MIX}/account/union-convert", result=wire_venue.WireUsdtAmount, limit=RateLimit(1), kind=Kind.DELTA
)
OPEN_COUNT = Endpoint("GET", f"{_MIX}/account/open-count", result=wire_venue.WireOpenCount, limit=_PER_UID_10)
LIQUIDATION_PRICE = Endpoint("GET", f"{_MIX}/account/liq-price", result=wire_venue.WireLiquidation, limit=_PER_UID_20)
MAX_OPEN = Endpoint("GET", f"{_MIX}/account/max-open", result=wire.WireMaxOpen, limit=_PER_UID_20)
FEE_RATE = Endpoint("GET", "/api/v2/common/trade-rate", result=wire.WireFeeRate, limit=_PER_UID_10)

# Positions. https://www.bitget.com/api-doc/contract/position/get-single-position

SINGLE_POSITION = Endpoint(
    "GET", f"{_MIX}/position/single-position", result=or_null(list[wire.WirePosition]), limit=_PER_UID_10
)
ALL_POSITIONS = Endpoint(
    "GET", f"{_MIX}/position/all-position", result=or_null(list[wire.WirePosition]), limit=_PER_UID_5
)
POSITION_HISTORY = Endpoint(
    "GET", f"{_MIX}/position/history-position", result=wire.WireClosedPositions, limit=_PER_UID_20
)
ADL_RANKS = Endpoint("GET", f"{_MIX}/position/adlRank", result=or_null(list[wire.WireAdlRank]), limit=_PER_UID_5)

# Orders. https://www.bitget.com/api-doc/contract/trade/Place-Order

PLACE = Endpoint("POST", f"{_MIX}/order/place-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
PLACE_BATCH = Endpoint(
    "POST", f"{_MIX}/order/batch-place-order", result=wire_orders.WireBatch, limit=_PER_UID_5, kind=Kind.ORDER
)
MODIFY = Endpoint("POST", f"{_MIX}/order/modify-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.ORDER)
CANCEL = Endpoint("POST", f"{_MIX}/order/cancel-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.CANCEL)
# Without a list of ids this cancels every order of the symbol: a row of its own, never used with ids.
CANCEL_SYMBOL = Endpoint(
    "POST",
    f"{_MIX}/order/batch-cancel-orders",
    result=wire_orders.WireBatch,
    limit=_PER_UID_10,
    kind=Kind.DELTA,
    cancels=True,
)
CANCEL_BATCH = Endpoint(
    "POST", f"{_MIX}/order/batch-cancel-orders", result=wire_orders.WireBatch, limit=_PER_UID_10, kind=Kind.CANCEL
)
# 10/s by the document; other clients keep to 1/s, and so does this one.
CANCEL_PRODUCT = Endpoint(
    "POST",
    f"{_MIX}/order/cancel-all-orders",
    result=wire_orders.WireBatch,
    limit=RateLimit(1),
    kind=Kind.DELTA,
    cancels=True,
)
CLOSE_POSITIONS = Endpoint(
    "POST", f"{_MIX}/order/close-positions", result=wire_orders.WireBatch, limit=RateLimit(1), kind=Kind.ORDER
)
# Documented as an object; an empty list has been seen for an order that is not there.
DETAIL = Endpoint(
    "GET",
    f"{_MIX}/order/detail",
    result=cast(
        "type[wire_orders.WireOrder | list[wire_orders.WireOrder] | None]",
        wire_orders.WireOrder | list[wire_orders.WireOrder] | None,
    ),
    limit=_PER_UID_10,
)
PENDING = Endpoint("GET", f"{_MIX}/order/orders-pending", result=wire_orders.WireOrders, limit=_PER_UID_10)
HISTORY = Endpoint("GET", f"{_MIX}/order/orders-history", result=wire_orders.WireOrders, limit=_PER_UID_10)
FILLS = Endpoint("GET", f"{_MIX}/order/fills", result=wire_orders.WireFills, limit=_PER_UID_10)
# Spans of a week at most; not in demo trading (40404).
FILL_HISTORY = Endpoint("GET", f"{_MIX}/order/fill-history", result=wire_orders.WireFills, limit=_PER_UID_10)

# Trigger, take-profit and stop-loss orders. https://www.bitget.com/api-doc/contract/plan/Place-Plan-Order

PLACE_PLAN = Endpoint(
    "POST", f"{_MIX}/order/place-plan-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.ORDER
)
# One pair per position side; placing again amends it.
PLACE_POSITION_STOPS = Endpoint(
    "POST",
    f"{_MIX}/order/place-pos-tpsl",
    result=or_null(list[wire_orders.WireStops]),
    limit=_PER_UID_10,
    kind=Kind.SETTING,
)
# Take-profit or stop-loss of a position for a stated size.
PLACE_STOP = Endpoint(
    "POST", f"{_MIX}/order/place-tpsl-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.ORDER
)
# In place: the same values again change nothing.
MODIFY_PLAN = Endpoint(
    "POST", f"{_MIX}/order/modify-plan-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.SETTING
)
MODIFY_STOP = Endpoint(
    "POST", f"{_MIX}/order/modify-tpsl-order", result=wire_orders.WireAck, limit=_PER_UID_10, kind=Kind.SETTING
)
TRIGGERED = Endpoint(
    "GET", f"{_MIX}/order/plan-sub-order", result=or_null(list[wire_venue.WireTriggered]), limit=_PER_UID_10
)
CANCEL_PLAN = Endpoint(
    "POST", f"{_MIX}/order/cancel-plan-order", result=wire_orders.WireBatch, limit=_PER_UID_10, kind=Kind.CANCEL
)
PLAN_PENDING = Endpoint(
    "GET", f"{_MIX}/order/orders-plan-pending", result=wire_orders.WirePlanOrders, limit=_PER_UID_10
)
PLAN_HISTORY = Endpoint(
    "GET", f"{_MIX}/order/orders-plan-history", result=wire_orders.WirePlanOrders, limit=_PER_UID_10
)

# Market. https://www.bitget.com/api-doc/contract/market/Get-All-Symbols-Contracts

CONTRACTS = Endpoint("GET", f"{_MIX}/market/contracts", result=list[wire.WireContract], limit=_PER_IP_20, private=False)
TICKER = Endpoint("GET", f"{_MIX}/market/ticker", result=list[wire.WireTicker], limit=_PER_IP_20, private=False)
FUNDING_RATE = Endpoint(
    "GET", f"{_MIX}/market/current-fund-rate", result=list[wire.WireFundingRate], limit=_PER_IP_20, private=False
)
TICKERS = Endpoint("GET", f"{_MIX}/market/tickers", result=list[wire.WireTicker], limit=_PER_IP_20, private=False)
SYMBOL_PRICE = Endpoint(
    "GET", f"{_MIX}/market/symbol-price", result=list[wire_venue.WireSymbolPrice], limit=_PER_IP_20, private=False
)
FUNDING_HISTORY = Endpoint(
    "GET",
    f"{_MIX}/market/history-fund-rate",
    result=or_null(list[wire_venue.WirePastFundingRate]),
    limit=_PER_IP_20,
    private=False,
)
FUNDING_TIME = Endpoint(
    "GET", f"{_MIX}/market/funding-time", result=list[wire_venue.WireFundingTime], limit=_PER_IP_20, private=False
)
OPEN_INTEREST = Endpoint(
    "GET", f"{_MIX}/market/open-interest", result=wire_venue.WireOpenInterest, limit=_PER_IP_20, private=False
)
OPEN_INTEREST_LIMITS = Endpoint(
    "GET",
    f"{_MIX}/market/oi-limit",
    result=or_null(list[wire_venue.WireOpenInterestLimit]),
    limit=_PER_IP_10,
    private=False,
)
TIERS = Endpoint(
    "GET", f"{_MIX}/market/query-position-lever", result=list[wire.WireTier], limit=_PER_IP_10, private=False
)
TIME = Endpoint("GET", "/api/v2/public/time", result=wire.WireTime, limit=_PER_IP_20, private=False)
