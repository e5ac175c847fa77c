"""The documented calls of OKX v5, swaps part: one row each.

Private reads count per user id, public ones per address, orders per user id and instrument. What is placed and what
is edited counts once more over all instruments of a sub-account.

Without a row are order books and candles, which this library is not about, the calls of other products, and what
changes the whole account's mode. `request()` reaches them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from futures_async.adapter import Endpoint, RateLimit, Root, windows
from futures_async.adapters.okx import wire

T = TypeVar("T")

PAGE = 100
"""Rows of a page at most, in all paged lists."""
BATCH = 20
"""Orders of a batch at most."""
ORDERS_EXPIRE = 5
"""Seconds after which an order of ours that has not arrived is discarded by the venue: it carries `expTime`."""
EXPIRE_S = float(ORDERS_EXPIRE)
# "3 months", "7 days", "3 days": a little less, as the venue measures up to its own present.
REACH = windows.Reach(PAGE, window_ms=89 * windows.DAY_MS, depth_ms=89 * windows.DAY_MS)

SWAP: dict[str, str | int | None] = {"instType": "SWAP"}

v5 = Root("/api/v5", per_s=2.0)


def _by_contract(count: int) -> RateLimit:
    """Of an order endpoint. Batches count their orders."""
    return RateLimit(count, 2.0, by="instId")


def _orders(_: object, body: Any) -> int:
    return len(body) if isinstance(body, list) else 1  # pyright: ignore[reportUnknownArgumentType] - JSON


# "1000 order requests per 2 seconds" of a sub-account, new and amended ones; good fill ratios earn more.
OF_ACCOUNT = RateLimit(1000, 2.0, pool="orders").taking(_orders)

# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-balance
BALANCE = v5.read("/account/balance", list[wire.WireBalance], 10)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
CONFIG = v5.read("/account/config", list[wire.WireConfig], 5)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-positions - not paged
POSITIONS = v5.read("/account/positions", list[wire.WirePosition], 10)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-positions-history - pages by time of update
PAST_POSITIONS = v5.read("/account/positions-history", list[wire.WirePastPosition], 10)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-7-days
BILLS = v5.read("/account/bills", list[wire.WireBill], RateLimit(5))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-3-months
OLD_BILLS = v5.read("/account/bills-archive", list[wire.WireBill], 5)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-leverage
LEVERAGE = v5.read("/account/leverage-info", list[wire.WireLeverage], 20)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-set-position-mode
SET_POSITION_MODE = v5.setting("/account/set-position-mode", msgspec.Raw, 5)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-set-leverage
SET_LEVERAGE = v5.setting("/account/set-leverage", msgspec.Raw, 20)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-increase-decrease-margin
MOVE_MARGIN = v5.delta("/account/position/margin-balance", msgspec.Raw, 20)


def _ordering(path: str, result: type[T], count: int = 60) -> Endpoint[T]:
    """What places or edits orders: it expires, and counts over all instruments too."""
    return v5.order(path, result, (_by_contract(count), OF_ACCOUNT), window_s=EXPIRE_S)


# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-order
PLACE = _ordering("/trade/order", list[wire.WireAck])
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-multiple-orders - the body is a bare array
PLACE_BATCH = _ordering("/trade/batch-orders", list[wire.WireVerdict], 300)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-amend-order
AMEND = _ordering("/trade/amend-order", list[wire.WireAck])
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-order
CANCEL = v5.cancel("/trade/cancel-order", list[wire.WireAck], _by_contract(60))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-multiple-orders
CANCEL_BATCH = v5.cancel("/trade/cancel-batch-orders", list[wire.WireVerdict], _by_contract(300))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-close-positions - the answer has no order id
CLOSE_POSITION = v5.order("/trade/close-position", list[wire.WireAck], _by_contract(20))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-all-after - each call starts the timer anew
CANCEL_ALL_AFTER = v5.setting("/trade/cancel-all-after", msgspec.Raw, RateLimit(1), cancels=True)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-details
ORDER = v5.read("/trade/order", list[wire.WireOrder], 60)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-list
OPEN_ORDERS = v5.read("/trade/orders-pending", list[wire.WireOrder], 60)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-history-last-7-days
PAST_ORDERS = v5.read("/trade/orders-history", list[wire.WireOrder], 40)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-history-last-3-months
OLD_ORDERS = v5.read("/trade/orders-history-archive", list[wire.WireOrder], 20)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-transaction-details-last-3-days
FILLS = v5.read("/trade/fills", list[wire.WireFill], 60)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-transaction-details-last-3-months
OLD_FILLS = v5.read("/trade/fills-history", list[wire.WireFill], 10)

# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-place-algo-order
PLACE_ALGO = v5.order("/trade/order-algo", list[wire.WireAck], _by_contract(20))
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-cancel-algo-order - an array of at most ten
CANCEL_ALGOS = v5.cancel("/trade/cancel-algos", list[wire.WireAck], _by_contract(20))
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-get-algo-order-details - in any state
ALGO = v5.read("/trade/order-algo", list[wire.WireAlgo], 20)
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-get-algo-order-list
OPEN_ALGOS = v5.read("/trade/orders-algo-pending", list[wire.WireAlgo], 20)

# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
INSTRUMENTS = v5.market("/public/instruments", list[wire.WireInstrument], RateLimit(20, 2.0, scope="ip", by="instType"))
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers
TIERS = v5.market("/public/position-tiers", list[wire.WireTier], 10)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-funding-rate
FUNDING_RATE = v5.market(
    "/public/funding-rate", list[wire.WireFundingRate], RateLimit(10, 2.0, scope="ip", by="instId")
)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-mark-price
MARK_PRICE = v5.market("/public/mark-price", list[wire.WireMarkPrice], 10)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-system-time
TIME = v5.market("/public/time", list[wire.WireTime], 10)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-index-tickers - by the pair, BTC-USDT
INDEX = v5.market("/market/index-tickers", list[wire.WireIndex], 20)
# https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-ticker
TICKER = v5.market("/market/ticker", list[wire.WireTicker], 20)
# https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-tickers
TICKERS = v5.market("/market/tickers", list[wire.WireTicker], 20)
