"""The endpoint table of Bitget v2 mix: one row per documented call.

Without a row are order books, candles and public trades, which this library is not about; the parameters of the
multi-asset collateral and the list of VIP fees, whose rows are not documented; and `click-backhand`, whose page
leaves open what `side` and `tradeSide` must say. `request()` reaches them.

https://www.bitget.com/api-doc/contract/intro
"""

from __future__ import annotations

from typing import Any, cast

from futures_async.adapter import RateLimit, Root, or_null
from futures_async.adapters.bitget import wire, wire_orders, wire_venue

_ANYTHING = cast("type[Any]", Any)

v2, mix = Root("/api/v2"), Root("/api/v2/mix")

# Account. https://www.bitget.com/api-doc/contract/account/Get-Single-Account and its neighbours

ACCOUNT = mix.read("/account/account", wire.WireAccount, 10)
ACCOUNTS = mix.read("/account/accounts", list[wire.WireAccount], 10)
BILLS = mix.read("/account/bill", wire.WireBills, 10)
SET_LEVERAGE = mix.setting("/account/set-leverage", wire.WireLeverage, 5)
SET_MARGIN_MODE = mix.setting("/account/set-margin-mode", wire.WireLeverage, 5)
SET_POSITION_MODE = mix.setting("/account/set-position-mode", wire.WirePositionMode, 5)
# The amount is a difference: repeating it would move margin twice.
SET_MARGIN = mix.delta("/account/set-margin", _ANYTHING, 5)
SET_AUTO_MARGIN = mix.setting("/account/set-auto-margin", _ANYTHING, 5)
SET_ALL_LEVERAGE = mix.setting("/account/set-all-leverage", _ANYTHING, 5)
SET_ASSET_MODE = mix.setting("/account/set-asset-mode", _ANYTHING, 2)
ISOLATED_SYMBOLS = mix.read("/account/isolated-symbols", or_null(list[wire_venue.WireIsolatedSymbol]), 10)
SUB_ACCOUNTS = mix.read("/account/sub-account-assets", or_null(list[wire_venue.WireSubAccount]), RateLimit(1, 10.0))
INTEREST = mix.read("/account/interest-history", wire_venue.WireInterest, 5)
UNION_CONFIG = mix.read("/account/union-config", wire_venue.WireUnionConfig, 1)
UNION_USDT = mix.read("/account/switch-union-usdt", wire_venue.WireUsdtAmount, 1)
TRANSFER_LIMIT = mix.read("/account/transfer-limits", wire_venue.WireTransferLimit, 1)
# Repeating it would convert twice.
UNION_CONVERT = mix.delta("/account/union-convert", wire_venue.WireUsdtAmount, 1)
OPEN_COUNT = mix.read("/account/open-count", wire_venue.WireOpenCount, 10)
LIQUIDATION_PRICE = mix.read("/account/liq-price", wire_venue.WireLiquidation, 20)
MAX_OPEN = mix.read("/account/max-open", wire.WireMaxOpen, 20)
FEE_RATE = v2.read("/common/trade-rate", wire.WireFeeRate, 10)

# Positions. https://www.bitget.com/api-doc/contract/position/get-single-position

SINGLE_POSITION = mix.read("/position/single-position", or_null(list[wire.WirePosition]), 10)
ALL_POSITIONS = mix.read("/position/all-position", or_null(list[wire.WirePosition]), 5)
POSITION_HISTORY = mix.read("/position/history-position", wire.WireClosedPositions, 20)
ADL_RANKS = mix.read("/position/adlRank", or_null(list[wire.WireAdlRank]), 5)

# Orders. https://www.bitget.com/api-doc/contract/trade/Place-Order

PLACE = mix.order("/order/place-order", wire_orders.WireAck, 10)
PLACE_BATCH = mix.order("/order/batch-place-order", wire_orders.WireBatch, 5)
MODIFY = mix.order("/order/modify-order", wire_orders.WireAck, 10)
CANCEL = mix.cancel("/order/cancel-order", wire_orders.WireAck, 10)
# Without a list of ids this cancels every order of the symbol: a row of its own, never used with ids.
CANCEL_SYMBOL = mix.delta("/order/batch-cancel-orders", wire_orders.WireBatch, 10, cancels=True)
CANCEL_BATCH = mix.cancel("/order/batch-cancel-orders", wire_orders.WireBatch, 10)
# 10/s by the document; other clients keep to 1/s, and so does this one.
CANCEL_PRODUCT = mix.delta("/order/cancel-all-orders", wire_orders.WireBatch, 1, cancels=True)
CLOSE_POSITIONS = mix.order("/order/close-positions", wire_orders.WireBatch, 1)
# Documented as an object; an empty list has been seen for an order that is not there.
DETAIL = mix.read(
    "/order/detail",
    cast(
        "type[wire_orders.WireOrder | list[wire_orders.WireOrder] | None]",
        wire_orders.WireOrder | list[wire_orders.WireOrder] | None,
    ),
    10,
)
PENDING = mix.read("/order/orders-pending", wire_orders.WireOrders, 10)
HISTORY = mix.read("/order/orders-history", wire_orders.WireOrders, 10)
FILLS = mix.read("/order/fills", wire_orders.WireFills, 10)
# Spans of a week at most; not in demo trading (40404).
FILL_HISTORY = mix.read("/order/fill-history", wire_orders.WireFills, 10)

# Trigger, take-profit and stop-loss orders. https://www.bitget.com/api-doc/contract/plan/Place-Plan-Order

PLACE_PLAN = mix.order("/order/place-plan-order", wire_orders.WireAck, 10)
# One pair per position side; placing again amends it.
PLACE_POSITION_STOPS = mix.setting("/order/place-pos-tpsl", or_null(list[wire_orders.WireStops]), 10)
# Take-profit or stop-loss of a position for a stated size.
PLACE_STOP = mix.order("/order/place-tpsl-order", wire_orders.WireAck, 10)
# In place: the same values again change nothing.
MODIFY_PLAN = mix.setting("/order/modify-plan-order", wire_orders.WireAck, 10)
MODIFY_STOP = mix.setting("/order/modify-tpsl-order", wire_orders.WireAck, 10)
TRIGGERED = mix.read("/order/plan-sub-order", or_null(list[wire_venue.WireTriggered]), 10)
CANCEL_PLAN = mix.cancel("/order/cancel-plan-order", wire_orders.WireBatch, 10)
PLAN_PENDING = mix.read("/order/orders-plan-pending", wire_orders.WirePlanOrders, 10)
PLAN_HISTORY = mix.read("/order/orders-plan-history", wire_orders.WirePlanOrders, 10)

# Market. https://www.bitget.com/api-doc/contract/market/Get-All-Symbols-Contracts

CONTRACTS = mix.market("/market/contracts", list[wire.WireContract], 20)
TICKER = mix.market("/market/ticker", list[wire.WireTicker], 20)
FUNDING_RATE = mix.market("/market/current-fund-rate", list[wire.WireFundingRate], 20)
TICKERS = mix.market("/market/tickers", list[wire.WireTicker], 20)
SYMBOL_PRICE = mix.market("/market/symbol-price", list[wire_venue.WireSymbolPrice], 20)
FUNDING_HISTORY = mix.market("/market/history-fund-rate", or_null(list[wire_venue.WirePastFundingRate]), 20)
FUNDING_TIME = mix.market("/market/funding-time", list[wire_venue.WireFundingTime], 20)
OPEN_INTEREST = mix.market("/market/open-interest", wire_venue.WireOpenInterest, 20)
OPEN_INTEREST_LIMITS = mix.market("/market/oi-limit", or_null(list[wire_venue.WireOpenInterestLimit]), 10)
TIERS = mix.market("/market/query-position-lever", list[wire.WireTier], 10)
TIME = v2.market("/public/time", wire.WireTime, 20)
