"""The documented calls of OKX v5, swaps part: one row each.

Private reads count per user id, public ones per address, orders per user id and instrument. What is placed and what
is edited counts once more over all instruments of a sub-account.

Without a row are order books and candles, which this library is not about, the calls of other products, and what
changes the whole account's mode. `request()` reaches them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from futures_async.adapter import Endpoint, Kind, RateLimit, windows
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


def _by_user(count: int, per_s: float = 2.0) -> RateLimit:
    return RateLimit(count, per_s)


def _by_address(count: int, by: str = "") -> RateLimit:
    return RateLimit(count, 2.0, scope="ip", by=by)


def _by_contract(count: int) -> RateLimit:
    """Of an order endpoint. Batches count their orders."""
    return RateLimit(count, 2.0, by="instId")


def _orders(_: object, body: Any) -> int:
    return len(body) if isinstance(body, list) else 1  # pyright: ignore[reportUnknownArgumentType] - JSON


# "1000 order requests per 2 seconds" of a sub-account, new and amended ones; good fill ratios earn more.
OF_ACCOUNT = RateLimit(1000, 2.0, pool="orders").taking(_orders)

# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-balance
BALANCE = Endpoint("GET", "/api/v5/account/balance", result=list[wire.WireBalance], limit=_by_user(10))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
CONFIG = Endpoint("GET", "/api/v5/account/config", result=list[wire.WireConfig], limit=_by_user(5))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-positions - not paged
POSITIONS = Endpoint("GET", "/api/v5/account/positions", result=list[wire.WirePosition], limit=_by_user(10))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-positions-history - pages by time of update
PAST_POSITIONS = Endpoint(
    "GET", "/api/v5/account/positions-history", result=list[wire.WirePastPosition], limit=_by_user(10)
)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-7-days
BILLS = Endpoint("GET", "/api/v5/account/bills", result=list[wire.WireBill], limit=_by_user(5, 1.0))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-bills-details-last-3-months
OLD_BILLS = Endpoint("GET", "/api/v5/account/bills-archive", result=list[wire.WireBill], limit=_by_user(5))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-leverage
LEVERAGE = Endpoint("GET", "/api/v5/account/leverage-info", result=list[wire.WireLeverage], limit=_by_user(20))
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-set-position-mode
SET_POSITION_MODE = Endpoint(
    "POST", "/api/v5/account/set-position-mode", result=msgspec.Raw, limit=_by_user(5), kind=Kind.SETTING
)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-set-leverage
SET_LEVERAGE = Endpoint(
    "POST", "/api/v5/account/set-leverage", result=msgspec.Raw, limit=_by_user(20), kind=Kind.SETTING
)
# https://www.okx.com/docs-v5/en/#trading-account-rest-api-increase-decrease-margin
MOVE_MARGIN = Endpoint(
    "POST", "/api/v5/account/position/margin-balance", result=msgspec.Raw, limit=_by_user(20), kind=Kind.DELTA
)


def _ordering(path: str, result: type[T], count: int = 60) -> Endpoint[T]:
    """What places or edits orders: it expires, and counts over all instruments too."""
    limits = (_by_contract(count), OF_ACCOUNT)
    return Endpoint("POST", path, result=result, limit=limits, kind=Kind.ORDER, window_s=EXPIRE_S)


# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-order
PLACE = _ordering("/api/v5/trade/order", list[wire.WireAck])
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-place-multiple-orders - the body is a bare array
PLACE_BATCH = _ordering("/api/v5/trade/batch-orders", list[wire.WireVerdict], 300)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-amend-order
AMEND = _ordering("/api/v5/trade/amend-order", list[wire.WireAck])
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-order
CANCEL = Endpoint(
    "POST", "/api/v5/trade/cancel-order", result=list[wire.WireAck], limit=_by_contract(60), kind=Kind.CANCEL
)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-multiple-orders
CANCEL_BATCH = Endpoint(
    "POST",
    "/api/v5/trade/cancel-batch-orders",
    result=list[wire.WireVerdict],
    limit=_by_contract(300),
    kind=Kind.CANCEL,
)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-close-positions - the answer has no order id
CLOSE_POSITION = Endpoint(
    "POST", "/api/v5/trade/close-position", result=list[wire.WireAck], limit=_by_contract(20), kind=Kind.ORDER
)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-post-cancel-all-after - each call starts the timer anew
CANCEL_ALL_AFTER = Endpoint(
    "POST",
    "/api/v5/trade/cancel-all-after",
    result=msgspec.Raw,
    limit=_by_user(1, 1.0),
    kind=Kind.SETTING,
    cancels=True,
)
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-details
ORDER = Endpoint("GET", "/api/v5/trade/order", result=list[wire.WireOrder], limit=_by_user(60))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-list
OPEN_ORDERS = Endpoint("GET", "/api/v5/trade/orders-pending", result=list[wire.WireOrder], limit=_by_user(60))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-history-last-7-days
PAST_ORDERS = Endpoint("GET", "/api/v5/trade/orders-history", result=list[wire.WireOrder], limit=_by_user(40))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-order-history-last-3-months
OLD_ORDERS = Endpoint("GET", "/api/v5/trade/orders-history-archive", result=list[wire.WireOrder], limit=_by_user(20))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-transaction-details-last-3-days
FILLS = Endpoint("GET", "/api/v5/trade/fills", result=list[wire.WireFill], limit=_by_user(60))
# https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-transaction-details-last-3-months
OLD_FILLS = Endpoint("GET", "/api/v5/trade/fills-history", result=list[wire.WireFill], limit=_by_user(10))

# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-place-algo-order
PLACE_ALGO = Endpoint(
    "POST", "/api/v5/trade/order-algo", result=list[wire.WireAck], limit=_by_contract(20), kind=Kind.ORDER
)
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-post-cancel-algo-order - an array of at most ten
CANCEL_ALGOS = Endpoint(
    "POST", "/api/v5/trade/cancel-algos", result=list[wire.WireAck], limit=_by_contract(20), kind=Kind.CANCEL
)
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-get-algo-order-details - in any state
ALGO = Endpoint("GET", "/api/v5/trade/order-algo", result=list[wire.WireAlgo], limit=_by_user(20))
# https://www.okx.com/docs-v5/en/#order-book-trading-algo-trading-get-algo-order-list
OPEN_ALGOS = Endpoint("GET", "/api/v5/trade/orders-algo-pending", result=list[wire.WireAlgo], limit=_by_user(20))

# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
INSTRUMENTS = Endpoint(
    "GET",
    "/api/v5/public/instruments",
    result=list[wire.WireInstrument],
    limit=_by_address(20, "instType"),
    private=False,
)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers
TIERS = Endpoint(
    "GET", "/api/v5/public/position-tiers", result=list[wire.WireTier], limit=_by_address(10), private=False
)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-funding-rate
FUNDING_RATE = Endpoint(
    "GET",
    "/api/v5/public/funding-rate",
    result=list[wire.WireFundingRate],
    limit=_by_address(10, "instId"),
    private=False,
)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-mark-price
MARK_PRICE = Endpoint(
    "GET", "/api/v5/public/mark-price", result=list[wire.WireMarkPrice], limit=_by_address(10), private=False
)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-system-time
TIME = Endpoint("GET", "/api/v5/public/time", result=list[wire.WireTime], limit=_by_address(10), private=False)
# https://www.okx.com/docs-v5/en/#public-data-rest-api-get-index-tickers - by the pair, BTC-USDT
INDEX = Endpoint(
    "GET", "/api/v5/market/index-tickers", result=list[wire.WireIndex], limit=_by_address(20), private=False
)
# https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-ticker
TICKER = Endpoint("GET", "/api/v5/market/ticker", result=list[wire.WireTicker], limit=_by_address(20), private=False)
