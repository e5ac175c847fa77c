"""The documented calls of Bitget's v3 interface, futures part: one row each.

Limits are the vendor's. Orders live in one account over all categories, so every row that takes a `category` is
always given one.

Without a row are order books and candles, which this library is not about; `adjust-account-mode`, which changes the
whole account's level; and what the reference names without its fields: the list of all fee rates, leverage set in
advance, open interest and its limits. `request()` reaches them.
"""

from __future__ import annotations

from typing import cast

import msgspec

from futures_async.adapter import Root, windows
from futures_async.adapters.bitget_uta import wire, wire_market

v2, v3 = Root("/api/v2"), Root("/api/v3")
PAGE = 100
# A little less than documented: the venue measures up to its own present, which may be later than ours.
# https://www.bitget.com/api-doc/uta/trade/Get-Order-History
REACH = windows.Reach(PAGE, window_ms=30 * windows.DAY_MS - 600_000, depth_ms=90 * windows.DAY_MS - 600_000)
BOUNDS = ("startTime", "endTime", "limit", "cursor")
"""What the venue calls them."""
"""Rows of a page at most, in all paged lists."""
BATCH = 20
"""Orders of a batch at most."""

# https://www.bitget.com/api-doc/uta/account/Get-Account
ASSETS = v3.read("/account/assets", wire.WireAssets, 20)
# https://www.bitget.com/api-doc/uta/account/Get-Account-Setting
SETTINGS = v3.read("/account/settings", wire.WireSettings, 20)
# https://www.bitget.com/api-doc/uta/account/Get-Account-Info
INFO = v3.read("/account/info", wire.WireInfo, 5)
# https://www.bitget.com/api-doc/uta/account/Get-Account-Financial-Records
RECORDS = v3.read("/account/financial-records", wire.WireRows[wire.WireRecord], 20)
# https://www.bitget.com/api-doc/uta/account/Get-Account-Fee-Rate
FEE_RATE = v3.read("/account/fee-rate", wire.WireFeeRate, 3)
# https://www.bitget.com/api-doc/uta/account/Get-Open-Interest-Limit
OPEN_LIMIT = v3.read("/account/open-interest-limit", wire.WireOpenLimit, 5)
# https://www.bitget.com/api-doc/uta/account/Get-Max-Open-Available - a read, although it posts
MAX_OPEN = v3.read("/account/max-open-available", wire.WireMaxOpen, 5, method="POST")
# https://www.bitget.com/api-doc/uta/account/Change-Leverage - answers "success", not the values
SET_LEVERAGE = v3.setting("/account/set-leverage", msgspec.Raw, 10)
# https://www.bitget.com/api-doc/uta/account/Change-Position-Mode
SET_HOLD_MODE = v3.setting("/account/set-hold-mode", msgspec.Raw, 10)
# https://www.bitget.com/api-doc/uta/account/Set-Margin
SET_MARGIN = v3.delta("/account/set-margin", msgspec.Raw, 10)

# https://www.bitget.com/api-doc/uta/trade/Get-Position - `list` is null when flat; some answers are the list itself
POSITIONS = v3.read(
    "/position/current-position",
    cast(
        "type[wire.WireRows[wire.WirePosition] | list[wire.WirePosition]]",
        wire.WireRows[wire.WirePosition] | list[wire.WirePosition],
    ),
    20,
)
# https://www.bitget.com/api-doc/uta/trade/Get-Position-History
PAST_POSITIONS = v3.read("/position/history-position", wire.WireRows[wire.WirePastPosition], 20)
# https://www.bitget.com/api-doc/uta/trade/Get-Position-ADL-Rank
ADL_RANKS = v3.read("/position/adlRank", list[wire.WireAdlRank], 1)

# https://www.bitget.com/api-doc/uta/trade/Place-Order
PLACE_ORDER = v3.order("/trade/place-order", wire.WireIds, 10)
# https://www.bitget.com/api-doc/uta/trade/Place-Batch - the body is a bare array
PLACE_BATCH = v3.order("/trade/place-batch", list[wire.WireIds], 5)
# https://www.bitget.com/api-doc/uta/trade/Modify-Order
MODIFY_ORDER = v3.order("/trade/modify-order", wire.WireIds, 10)
# https://www.bitget.com/api-doc/uta/trade/Batch-Modify-Orders
MODIFY_BATCH = v3.order("/trade/batch-modify-order", list[wire.WireIds], 10)
# https://www.bitget.com/api-doc/uta/trade/Cancel-Order
CANCEL_ORDER = v3.cancel("/trade/cancel-order", wire.WireIds, 10)
# https://www.bitget.com/api-doc/uta/trade/Cancel-Batch
CANCEL_BATCH = v3.cancel("/trade/cancel-batch", list[wire.WireIds], 5)
# https://www.bitget.com/api-doc/uta/trade/Cancel-All-Order
CANCEL_SYMBOL = v3.delta("/trade/cancel-symbol-order", wire.WireRows[wire.WireIds], 5, cancels=True)
# https://www.bitget.com/api-doc/uta/trade/Close-All-Positions - the client ids are the venue's own
CLOSE_POSITIONS = v3.delta("/trade/close-positions", wire.WireRows[wire.WireIds], 5)
# https://www.bitget.com/api-doc/uta/trade/CountDown-Cancel-All - restarts the timer, so it may be repeated
COUNTDOWN = v3.setting("/trade/countdown-cancel-all", msgspec.Raw, 1, cancels=True)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Details
ORDER = v3.read("/trade/order-info", wire.WireOrder, 20)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Pending
OPEN_ORDERS = v3.read("/trade/unfilled-orders", wire.WireRows[wire.WireOrder], 20)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-History
PAST_ORDERS = v3.read("/trade/history-orders", wire.WireRows[wire.WireOrder], 20)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Fills
FILLS = v3.read("/trade/fills", wire.WireRows[wire.WireFill], 20)

# Orders that wait for a price have lists and ids of their own: the calls above do not know them.
# https://www.bitget.com/api-doc/uta/strategy/Place-Strategy-Order
PLACE_STRATEGY = v3.order("/trade/place-strategy-order", wire.WireIds, 10)
# https://www.bitget.com/api-doc/uta/strategy/Modify-Strategy-Order - in place, so that it may be repeated
MODIFY_STRATEGY = v3.setting("/trade/modify-strategy-order", wire.WireIds, 10)
# https://www.bitget.com/api-doc/uta/strategy/Cancel-Strategy-Order - `data` is null
CANCEL_STRATEGY = v3.cancel("/trade/cancel-strategy-order", msgspec.Raw, 10)
# https://www.bitget.com/api-doc/uta/strategy/Get-Unfilled-Strategy-Orders - a bare list, not paged
OPEN_STRATEGIES = v3.read(
    "/trade/unfilled-strategy-orders",
    cast(
        "type[wire.WireRows[wire.WireStrategy] | list[wire.WireStrategy] | None]",
        wire.WireRows[wire.WireStrategy] | list[wire.WireStrategy] | None,
    ),
    20,
)
# https://www.bitget.com/api-doc/uta/strategy/Get-History-Strategy-Orders
PAST_STRATEGIES = v3.read("/trade/history-strategy-orders", wire.WireRows[wire.WireStrategy], 20)
# https://www.bitget.com/api-doc/uta/strategy/Get-Strategy-Sub-Orders
SUB_ORDERS = v3.read("/trade/strategy-sub-orders", wire.WireRows[wire.WireSubOrder], 10)

# https://www.bitget.com/api-doc/uta/public/Instruments
INSTRUMENTS = v3.market("/market/instruments", list[wire_market.WireInstrument], 20)
# https://www.bitget.com/api-doc/uta/public/Tickers
TICKERS = v3.market("/market/tickers", list[wire_market.WireTicker], 20)
# https://www.bitget.com/api-doc/uta/public/Get-Current-Funding-Rate
FUNDING_RATE = v3.market("/market/current-fund-rate", list[wire_market.WireFundingRate], 20)
# https://www.bitget.com/api-doc/uta/public/Get-History-Funding-Rate - the cursor is a page number
PAST_FUNDING_RATES = v3.market("/market/history-fund-rate", wire_market.WirePastFundingRates, 20)
# https://www.bitget.com/api-doc/uta/public/Get-Position-Tier-Data
TIERS = v3.market("/market/position-tier", list[wire.WireTier], 20)
# https://www.bitget.com/api-doc/common/public/Get-Server-Time - v3 has one of its own by now; clocks are the same
TIME = v2.market("/public/time", wire_market.WireTime, 20)
