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

from futures_async.adapter import Endpoint, Kind, RateLimit, windows
from futures_async.adapters.bitget_uta import wire, wire_market

MARKET = RateLimit(20, 1.0, scope="ip")
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
ASSETS = Endpoint("GET", "/api/v3/account/assets", result=wire.WireAssets, limit=RateLimit(20))
# https://www.bitget.com/api-doc/uta/account/Get-Account-Setting
SETTINGS = Endpoint("GET", "/api/v3/account/settings", result=wire.WireSettings, limit=RateLimit(20))
# https://www.bitget.com/api-doc/uta/account/Get-Account-Info
INFO = Endpoint("GET", "/api/v3/account/info", result=wire.WireInfo, limit=RateLimit(5))
# https://www.bitget.com/api-doc/uta/account/Get-Account-Financial-Records
RECORDS = Endpoint(
    "GET", "/api/v3/account/financial-records", result=wire.WireRows[wire.WireRecord], limit=RateLimit(20)
)
# https://www.bitget.com/api-doc/uta/account/Get-Account-Fee-Rate
FEE_RATE = Endpoint("GET", "/api/v3/account/fee-rate", result=wire.WireFeeRate, limit=RateLimit(3))
# https://www.bitget.com/api-doc/uta/account/Get-Open-Interest-Limit
OPEN_LIMIT = Endpoint("GET", "/api/v3/account/open-interest-limit", result=wire.WireOpenLimit, limit=RateLimit(5))
# https://www.bitget.com/api-doc/uta/account/Get-Max-Open-Available - a read, although it posts
MAX_OPEN = Endpoint("POST", "/api/v3/account/max-open-available", result=wire.WireMaxOpen, limit=RateLimit(5))
# https://www.bitget.com/api-doc/uta/account/Change-Leverage - answers "success", not the values
SET_LEVERAGE = Endpoint(
    "POST", "/api/v3/account/set-leverage", result=msgspec.Raw, limit=RateLimit(10), kind=Kind.SETTING
)
# https://www.bitget.com/api-doc/uta/account/Change-Position-Mode
SET_HOLD_MODE = Endpoint(
    "POST", "/api/v3/account/set-hold-mode", result=msgspec.Raw, limit=RateLimit(10), kind=Kind.SETTING
)
# https://www.bitget.com/api-doc/uta/account/Set-Margin
SET_MARGIN = Endpoint("POST", "/api/v3/account/set-margin", result=msgspec.Raw, limit=RateLimit(10), kind=Kind.DELTA)

# https://www.bitget.com/api-doc/uta/trade/Get-Position - `list` is null when flat; some answers are the list itself
POSITIONS = Endpoint(
    "GET",
    "/api/v3/position/current-position",
    result=cast(
        "type[wire.WireRows[wire.WirePosition] | list[wire.WirePosition]]",
        wire.WireRows[wire.WirePosition] | list[wire.WirePosition],
    ),
    limit=RateLimit(20),
)
# https://www.bitget.com/api-doc/uta/trade/Get-Position-History
PAST_POSITIONS = Endpoint(
    "GET", "/api/v3/position/history-position", result=wire.WireRows[wire.WirePastPosition], limit=RateLimit(20)
)
# https://www.bitget.com/api-doc/uta/trade/Get-Position-ADL-Rank
ADL_RANKS = Endpoint("GET", "/api/v3/position/adlRank", result=list[wire.WireAdlRank], limit=RateLimit(1))

# https://www.bitget.com/api-doc/uta/trade/Place-Order
PLACE_ORDER = Endpoint("POST", "/api/v3/trade/place-order", result=wire.WireIds, limit=RateLimit(10), kind=Kind.ORDER)
# https://www.bitget.com/api-doc/uta/trade/Place-Batch - the body is a bare array
PLACE_BATCH = Endpoint(
    "POST", "/api/v3/trade/place-batch", result=list[wire.WireIds], limit=RateLimit(5), kind=Kind.ORDER
)
# https://www.bitget.com/api-doc/uta/trade/Modify-Order
MODIFY_ORDER = Endpoint("POST", "/api/v3/trade/modify-order", result=wire.WireIds, limit=RateLimit(10), kind=Kind.ORDER)
# https://www.bitget.com/api-doc/uta/trade/Batch-Modify-Orders
MODIFY_BATCH = Endpoint(
    "POST", "/api/v3/trade/batch-modify-order", result=list[wire.WireIds], limit=RateLimit(10), kind=Kind.ORDER
)
# https://www.bitget.com/api-doc/uta/trade/Cancel-Order
CANCEL_ORDER = Endpoint(
    "POST", "/api/v3/trade/cancel-order", result=wire.WireIds, limit=RateLimit(10), kind=Kind.CANCEL
)
# https://www.bitget.com/api-doc/uta/trade/Cancel-Batch
CANCEL_BATCH = Endpoint(
    "POST", "/api/v3/trade/cancel-batch", result=list[wire.WireIds], limit=RateLimit(5), kind=Kind.CANCEL
)
# https://www.bitget.com/api-doc/uta/trade/Cancel-All-Order
CANCEL_SYMBOL = Endpoint(
    "POST",
    "/api/v3/trade/cancel-symbol-order",
    result=wire.WireRows[wire.WireIds],
    limit=RateLimit(5),
    kind=Kind.DELTA,
    cancels=True,
)
# https://www.bitget.com/api-doc/uta/trade/Close-All-Positions - the client ids are the venue's own
CLOSE_POSITIONS = Endpoint(
    "POST", "/api/v3/trade/close-positions", result=wire.WireRows[wire.WireIds], limit=RateLimit(5), kind=Kind.DELTA
)
# https://www.bitget.com/api-doc/uta/trade/CountDown-Cancel-All - restarts the timer, so it may be repeated
COUNTDOWN = Endpoint(
    "POST",
    "/api/v3/trade/countdown-cancel-all",
    result=msgspec.Raw,
    limit=RateLimit(1),
    kind=Kind.SETTING,
    cancels=True,
)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Details
ORDER = Endpoint("GET", "/api/v3/trade/order-info", result=wire.WireOrder, limit=RateLimit(20))
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Pending
OPEN_ORDERS = Endpoint(
    "GET", "/api/v3/trade/unfilled-orders", result=wire.WireRows[wire.WireOrder], limit=RateLimit(20)
)
# https://www.bitget.com/api-doc/uta/trade/Get-Order-History
PAST_ORDERS = Endpoint("GET", "/api/v3/trade/history-orders", result=wire.WireRows[wire.WireOrder], limit=RateLimit(20))
# https://www.bitget.com/api-doc/uta/trade/Get-Order-Fills
FILLS = Endpoint("GET", "/api/v3/trade/fills", result=wire.WireRows[wire.WireFill], limit=RateLimit(20))

# Orders that wait for a price have lists and ids of their own: the calls above do not know them.
# https://www.bitget.com/api-doc/uta/strategy/Place-Strategy-Order
PLACE_STRATEGY = Endpoint(
    "POST", "/api/v3/trade/place-strategy-order", result=wire.WireIds, limit=RateLimit(10), kind=Kind.ORDER
)
# https://www.bitget.com/api-doc/uta/strategy/Modify-Strategy-Order - in place, so that it may be repeated
MODIFY_STRATEGY = Endpoint(
    "POST", "/api/v3/trade/modify-strategy-order", result=wire.WireIds, limit=RateLimit(10), kind=Kind.SETTING
)
# https://www.bitget.com/api-doc/uta/strategy/Cancel-Strategy-Order - `data` is null
CANCEL_STRATEGY = Endpoint(
    "POST", "/api/v3/trade/cancel-strategy-order", result=msgspec.Raw, limit=RateLimit(10), kind=Kind.CANCEL
)
# https://www.bitget.com/api-doc/uta/strategy/Get-Unfilled-Strategy-Orders - a bare list, not paged
OPEN_STRATEGIES = Endpoint(
    "GET",
    "/api/v3/trade/unfilled-strategy-orders",
    result=cast(
        "type[wire.WireRows[wire.WireStrategy] | list[wire.WireStrategy] | None]",
        wire.WireRows[wire.WireStrategy] | list[wire.WireStrategy] | None,
    ),
    limit=RateLimit(20),
)
# https://www.bitget.com/api-doc/uta/strategy/Get-History-Strategy-Orders
PAST_STRATEGIES = Endpoint(
    "GET", "/api/v3/trade/history-strategy-orders", result=wire.WireRows[wire.WireStrategy], limit=RateLimit(20)
)
# https://www.bitget.com/api-doc/uta/strategy/Get-Strategy-Sub-Orders
SUB_ORDERS = Endpoint(
    "GET", "/api/v3/trade/strategy-sub-orders", result=wire.WireRows[wire.WireSubOrder], limit=RateLimit(10)
)

# https://www.bitget.com/api-doc/uta/public/Instruments
INSTRUMENTS = Endpoint(
    "GET", "/api/v3/market/instruments", result=list[wire_market.WireInstrument], limit=MARKET, private=False
)
# https://www.bitget.com/api-doc/uta/public/Tickers
TICKERS = Endpoint("GET", "/api/v3/market/tickers", result=list[wire_market.WireTicker], limit=MARKET, private=False)
# https://www.bitget.com/api-doc/uta/public/Get-Current-Funding-Rate
FUNDING_RATE = Endpoint(
    "GET", "/api/v3/market/current-fund-rate", result=list[wire_market.WireFundingRate], limit=MARKET, private=False
)
# https://www.bitget.com/api-doc/uta/public/Get-History-Funding-Rate - the cursor is a page number
PAST_FUNDING_RATES = Endpoint(
    "GET", "/api/v3/market/history-fund-rate", result=wire_market.WirePastFundingRates, limit=MARKET, private=False
)
# https://www.bitget.com/api-doc/uta/public/Get-Position-Tier-Data
TIERS = Endpoint("GET", "/api/v3/market/position-tier", result=list[wire.WireTier], limit=MARKET, private=False)
# https://www.bitget.com/api-doc/common/public/Get-Server-Time - v3 has no documented one; this asks no account type
TIME = Endpoint("GET", "/api/v2/public/time", result=wire_market.WireTime, limit=MARKET, private=False)
