"""The documented calls of Bybit's v5 interface, perpetuals part: one row each.

Limits are those of accounts without VIP level. Batches count orders and have pools of their own. Without a row are
order books and candles, which this library is not about, and what a unified account refuses (`switch-isolated`,
`set-risk-limit`, `set-tpsl-mode`). `request()` reaches them.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, cast

import msgspec

from futures_async.adapter import Endpoint, Kind, Params, RateLimit, windows
from futures_async.adapters.bybit import wire, wire_market

BATCH = 10
"""Orders of a batch at most: one page says 20, another 10."""
# A little less than documented: the venue measures up to its own present, which may be later than ours.
_WEEK_MS = 7 * windows.DAY_MS - 600_000
_TWO_YEARS_MS = 730 * windows.DAY_MS
BOUNDS = ("startTime", "endTime", "limit", "cursor")
"""What the venue calls them."""
POSITIONS_PAGE, OPEN_PAGE, INSTRUMENTS_PAGE = 200, 50, 1000
PAST_ORDERS_REACH = windows.Reach(50, window_ms=_WEEK_MS, depth_ms=_TWO_YEARS_MS)
REACH = windows.Reach(100, window_ms=_WEEK_MS, depth_ms=_TWO_YEARS_MS)
# "Only startTime is passed, return range between startTime and startTime+24 hours": of the others it is seven days.
RECORDS_REACH = windows.Reach(50, window_ms=_WEEK_MS, depth_ms=_TWO_YEARS_MS, ahead_ms=60_000)


def _orders(params: Params, body: Any) -> int:
    """How many a batch holds."""
    fields = cast("dict[str, Sized]", body) if isinstance(body, dict) else {}
    return len(fields.get("request", ()))


FIFTY, TEN, FIVE = RateLimit(50), RateLimit(10), RateLimit(5)
BY_ORDER = RateLimit(10, weight=_orders)

# https://bybit-exchange.github.io/docs/v5/account/wallet-balance
WALLET = Endpoint("GET", "/v5/account/wallet-balance", result=wire.WireRows[wire.WireWallet], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/account/account-info
INFO = Endpoint("GET", "/v5/account/info", result=wire.WireInfo, limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/user/apikey-info
KEY = Endpoint("GET", "/v5/user/query-api", result=wire.WireKey, limit=TEN)
# https://bybit-exchange.github.io/docs/v5/account/transaction-log
RECORDS = Endpoint("GET", "/v5/account/transaction-log", result=wire.WireRows[wire.WireRecord], limit=RateLimit(25))
# https://bybit-exchange.github.io/docs/v5/account/fee-rate
FEE_RATE = Endpoint("GET", "/v5/account/fee-rate", result=wire.WireRows[wire.WireFeeRate], limit=FIVE)
# https://bybit-exchange.github.io/docs/v5/account/set-margin-mode - of the whole account
SET_MARGIN_MODE = Endpoint(
    "POST", "/v5/account/set-margin-mode", result=wire.WireReasons, limit=FIVE, kind=Kind.SETTING, nullable=True
)
# https://bybit-exchange.github.io/docs/v5/account/set-limit-price-action
SET_BAND = Endpoint(
    "POST", "/v5/account/set-limit-px-action", result=msgspec.Raw, limit=TEN, kind=Kind.SETTING, nullable=True
)

# https://bybit-exchange.github.io/docs/v5/position
POSITIONS = Endpoint("GET", "/v5/position/list", result=wire.WireRows[wire.WirePosition], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/position/close-pnl
CLOSED = Endpoint("GET", "/v5/position/closed-pnl", result=wire.WireRows[wire.WireClosed], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/position/leverage - answers {}, not the values
SET_LEVERAGE = Endpoint("POST", "/v5/position/set-leverage", result=msgspec.Raw, limit=TEN, kind=Kind.SETTING)
# https://bybit-exchange.github.io/docs/v5/position/position-mode
SWITCH_MODE = Endpoint("POST", "/v5/position/switch-mode", result=msgspec.Raw, limit=TEN, kind=Kind.SETTING)
# https://bybit-exchange.github.io/docs/v5/position/manual-add-margin
ADD_MARGIN = Endpoint("POST", "/v5/position/add-margin", result=msgspec.Raw, limit=TEN, kind=Kind.DELTA)
# https://bybit-exchange.github.io/docs/v5/position/auto-add-margin
SET_AUTO_MARGIN = Endpoint("POST", "/v5/position/set-auto-add-margin", result=msgspec.Raw, limit=TEN, kind=Kind.SETTING)
# https://bybit-exchange.github.io/docs/v5/position/trading-stop - TP/SL of a position
TRADING_STOP = Endpoint("POST", "/v5/position/trading-stop", result=msgspec.Raw, limit=TEN, kind=Kind.SETTING)

# https://bybit-exchange.github.io/docs/v5/order/create-order
CREATE = Endpoint("POST", "/v5/order/create", result=wire.WireIds, limit=TEN, kind=Kind.ORDER)
# https://bybit-exchange.github.io/docs/v5/order/amend-order
AMEND = Endpoint("POST", "/v5/order/amend", result=wire.WireIds, limit=TEN, kind=Kind.ORDER)
# What waits, and TP/SL of orders, are changed as settings are: to what they shall be, and read back.
AMEND_WAITING = Endpoint("POST", "/v5/order/amend", result=wire.WireIds, limit=TEN, kind=Kind.SETTING)
# https://bybit-exchange.github.io/docs/v5/order/cancel-order
CANCEL = Endpoint("POST", "/v5/order/cancel", result=wire.WireIds, limit=TEN, kind=Kind.CANCEL)
# https://bybit-exchange.github.io/docs/v5/order/cancel-all - of what was asked to be cancelled
CANCEL_ALL = Endpoint(
    "POST", "/v5/order/cancel-all", result=wire.WireRows[wire.WireIds], limit=TEN, kind=Kind.DELTA, cancels=True
)
# https://bybit-exchange.github.io/docs/v5/order/batch-place
CREATE_BATCH = Endpoint(
    "POST", "/v5/order/create-batch", result=wire.WireRows[wire.WireIds], limit=BY_ORDER, kind=Kind.ORDER
)
# https://bybit-exchange.github.io/docs/v5/order/batch-cancel
CANCEL_BATCH = Endpoint(
    "POST", "/v5/order/cancel-batch", result=wire.WireRows[wire.WireIds], limit=BY_ORDER, kind=Kind.CANCEL
)
# https://bybit-exchange.github.io/docs/v5/order/open-order - by id also the last 500 that are closed
OPEN = Endpoint("GET", "/v5/order/realtime", result=wire.WireRows[wire.WireOrder], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/order/order-list
PAST = Endpoint("GET", "/v5/order/history", result=wire.WireRows[wire.WireOrder], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/order/execution - not only trades
FILLS = Endpoint("GET", "/v5/execution/list", result=wire.WireRows[wire.WireFill], limit=FIFTY)
# https://bybit-exchange.github.io/docs/v5/order/dcp - answers nothing
SET_DISCONNECT = Endpoint(
    "POST", "/v5/order/disconnected-cancel-all", result=msgspec.Raw, limit=FIVE, kind=Kind.SETTING, nullable=True
)
# https://bybit-exchange.github.io/docs/v5/account/dcp-info
DISCONNECT = Endpoint("GET", "/v5/account/query-dcp-info", result=wire.WireDisconnects, limit=FIVE)

# https://bybit-exchange.github.io/docs/v5/market/time
TIME = Endpoint("GET", "/v5/market/time", result=wire_market.WireTime, private=False)
# https://bybit-exchange.github.io/docs/v5/market/instrument
INSTRUMENTS = Endpoint(
    "GET", "/v5/market/instruments-info", result=wire.WireRows[wire_market.WireInstrument], private=False
)
# https://bybit-exchange.github.io/docs/v5/market/tickers
TICKERS = Endpoint("GET", "/v5/market/tickers", result=wire.WireRows[wire_market.WireTicker], private=False)
# https://bybit-exchange.github.io/docs/v5/market/history-fund-rate
FUNDING = Endpoint(
    "GET", "/v5/market/funding/history", result=wire.WireRows[wire_market.WirePastFunding], private=False
)
# https://bybit-exchange.github.io/docs/v5/market/risk-limit
TIERS = Endpoint("GET", "/v5/market/risk-limit", result=wire.WireRows[wire_market.WireTier], private=False)
# https://bybit-exchange.github.io/docs/v5/market/order-price-limit
BAND = Endpoint("GET", "/v5/market/price-limit", result=wire_market.WireBand, private=False)
