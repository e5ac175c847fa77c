"""The documented calls of Bybit's v5 interface, perpetuals part: one row each.

Limits are those of accounts without VIP level. Batches count orders and have pools of their own. Without a row are
order books and candles, which this library is not about, and what a unified account refuses (`switch-isolated`,
`set-risk-limit`, `set-tpsl-mode`). `request()` reaches them.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, cast

import msgspec

from futures_async.adapter import Params, RateLimit, Root, windows
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


v5 = Root("/v5")
BY_ORDER = RateLimit(10, weight=_orders)

# https://bybit-exchange.github.io/docs/v5/account/wallet-balance
WALLET = v5.read("/account/wallet-balance", wire.WireRows[wire.WireWallet], 50)
# https://bybit-exchange.github.io/docs/v5/account/account-info
INFO = v5.read("/account/info", wire.WireInfo, 50)
# https://bybit-exchange.github.io/docs/v5/user/apikey-info
KEY = v5.read("/user/query-api", wire.WireKey, 10)
# https://bybit-exchange.github.io/docs/v5/account/transaction-log
RECORDS = v5.read("/account/transaction-log", wire.WireRows[wire.WireRecord], 25)
# https://bybit-exchange.github.io/docs/v5/account/fee-rate
FEE_RATE = v5.read("/account/fee-rate", wire.WireRows[wire.WireFeeRate], 5)
# https://bybit-exchange.github.io/docs/v5/account/set-margin-mode - of the whole account
SET_MARGIN_MODE = v5.setting("/account/set-margin-mode", wire.WireReasons, 5, nullable=True)
# https://bybit-exchange.github.io/docs/v5/account/set-limit-price-action
SET_BAND = v5.setting("/account/set-limit-px-action", msgspec.Raw, 10, nullable=True)

# https://bybit-exchange.github.io/docs/v5/position
POSITIONS = v5.read("/position/list", wire.WireRows[wire.WirePosition], 50)
# https://bybit-exchange.github.io/docs/v5/position/close-pnl
CLOSED = v5.read("/position/closed-pnl", wire.WireRows[wire.WireClosed], 50)
# https://bybit-exchange.github.io/docs/v5/position/leverage - answers {}, not the values
SET_LEVERAGE = v5.setting("/position/set-leverage", msgspec.Raw, 10)
# https://bybit-exchange.github.io/docs/v5/position/position-mode
SWITCH_MODE = v5.setting("/position/switch-mode", msgspec.Raw, 10)
# https://bybit-exchange.github.io/docs/v5/position/manual-add-margin
ADD_MARGIN = v5.delta("/position/add-margin", msgspec.Raw, 10)
# https://bybit-exchange.github.io/docs/v5/position/auto-add-margin
SET_AUTO_MARGIN = v5.setting("/position/set-auto-add-margin", msgspec.Raw, 10)
# https://bybit-exchange.github.io/docs/v5/position/trading-stop - TP/SL of a position
TRADING_STOP = v5.setting("/position/trading-stop", msgspec.Raw, 10)

# https://bybit-exchange.github.io/docs/v5/order/create-order
CREATE = v5.order("/order/create", wire.WireIds, 10)
# https://bybit-exchange.github.io/docs/v5/order/amend-order
AMEND = v5.order("/order/amend", wire.WireIds, 10)
# What waits, and TP/SL of orders, are changed as settings are: to what they shall be, and read back.
AMEND_WAITING = v5.setting("/order/amend", wire.WireIds, 10)
# https://bybit-exchange.github.io/docs/v5/order/cancel-order
CANCEL = v5.cancel("/order/cancel", wire.WireIds, 10)
# https://bybit-exchange.github.io/docs/v5/order/cancel-all - of what was asked to be cancelled
CANCEL_ALL = v5.delta("/order/cancel-all", wire.WireRows[wire.WireIds], 10, cancels=True)
# https://bybit-exchange.github.io/docs/v5/order/batch-place
CREATE_BATCH = v5.order("/order/create-batch", wire.WireRows[wire.WireIds], BY_ORDER)
# https://bybit-exchange.github.io/docs/v5/order/batch-cancel
CANCEL_BATCH = v5.cancel("/order/cancel-batch", wire.WireRows[wire.WireIds], BY_ORDER)
# https://bybit-exchange.github.io/docs/v5/order/open-order - by id also the last 500 that are closed
OPEN = v5.read("/order/realtime", wire.WireRows[wire.WireOrder], 50)
# https://bybit-exchange.github.io/docs/v5/order/order-list
PAST = v5.read("/order/history", wire.WireRows[wire.WireOrder], 50)
# https://bybit-exchange.github.io/docs/v5/order/execution - not only trades
FILLS = v5.read("/execution/list", wire.WireRows[wire.WireFill], 50)
# https://bybit-exchange.github.io/docs/v5/order/dcp - answers nothing
SET_DISCONNECT = v5.setting("/order/disconnected-cancel-all", msgspec.Raw, 5, nullable=True)
# https://bybit-exchange.github.io/docs/v5/account/dcp-info
DISCONNECT = v5.read("/account/query-dcp-info", wire.WireDisconnects, 5)

# https://bybit-exchange.github.io/docs/v5/market/time
TIME = v5.market("/market/time", wire_market.WireTime)
# https://bybit-exchange.github.io/docs/v5/market/instrument
INSTRUMENTS = v5.market("/market/instruments-info", wire.WireRows[wire_market.WireInstrument])
# https://bybit-exchange.github.io/docs/v5/market/tickers
TICKERS = v5.market("/market/tickers", wire.WireRows[wire_market.WireTicker])
# https://bybit-exchange.github.io/docs/v5/market/history-fund-rate
FUNDING = v5.market("/market/funding/history", wire.WireRows[wire_market.WirePastFunding])
# https://bybit-exchange.github.io/docs/v5/market/risk-limit
TIERS = v5.market("/market/risk-limit", wire.WireRows[wire_market.WireTier])
# https://bybit-exchange.github.io/docs/v5/market/order-price-limit
BAND = v5.market("/market/price-limit", wire_market.WireBand)
