"""The documented calls of Binance's fapi, one row each, with what each takes of the address's weight.

Orders weigh nothing at the venue and one here: a pool that a call takes nothing of could not stop it during a ban. The
venue's own count, in the answer's headers, puts that right.

Without a row are order books and candles, which this library is not about, the wallet's and Portfolio Margin's calls,
and what v2 says in older words. `request()` reaches those on this host.

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from futures_async.adapter import Endpoint, Kind, Params, RateLimit, walks, windows
from futures_async.adapters.binance import wire
from futures_async.adapters.binance.dialect import ORDERS_1M, ORDERS_10S
from futures_async.adapters.binance.wire import WireDone

V1, V3 = "/fapi/v1", "/fapi/v3"
ONE_ORDER = (ORDERS_10S, ORDERS_1M)
# "5 on the 10 s limit, 1 on the minute's", however many it holds.
ONE_BATCH = (ORDERS_10S.taking(5), ORDERS_1M)
FUNDING = RateLimit(500, 300.0, scope="ip", pool="funding")
BATCH = 5
CANCELS = 10
PAGE = 1000
# A little less than documented: the venue measures up to its own present, which may be later than ours.
WEEK_MS = 7 * windows.DAY_MS - 600_000
DEPTH_MS = 90 * windows.DAY_MS - 600_000
ORDER_PAGE = walks.Cap(PAGE, WEEK_MS)
# No longest question is documented: one that holds too much is split.
LEDGER_PAGE = walks.Cap(PAGE, 30 * windows.DAY_MS)


def per_symbol(one: int, every: int) -> Callable[[Params, Any], int]:
    """The weight of a read of one contract, and of all."""
    return lambda params, body: one if params.get("symbol") else every


# Account

ACCOUNT = Endpoint("GET", f"{V3}/account", result=wire.WireAccount, weight=5)
ACCOUNT_CONFIG = Endpoint("GET", f"{V1}/accountConfig", result=wire.WireAccountConfig, weight=5)
SYMBOL_CONFIG = Endpoint("GET", f"{V1}/symbolConfig", result=list[wire.WireSymbolConfig], weight=5)
INCOME = Endpoint("GET", f"{V1}/income", result=list[wire.WireIncome], weight=30)
FEE_RATE = Endpoint("GET", f"{V1}/commissionRate", result=wire.WireFeeRate, weight=20)
# A bare object was seen where one contract is asked for.
BRACKETS = Endpoint(
    "GET",
    f"{V1}/leverageBracket",
    result=cast("type[list[wire.WireBrackets] | wire.WireBrackets]", list[wire.WireBrackets] | wire.WireBrackets),
)
POSITIONS = Endpoint("GET", f"{V3}/positionRisk", result=list[wire.WirePosition], weight=5)
# Answers a row for Portfolio Margin accounts, which everything else here knows nothing of.
PORTFOLIO_MARGIN = Endpoint("GET", f"{V1}/pmAccountInfo", result=wire.WirePortfolioMargin, weight=5)
MARGIN_MOVES = Endpoint("GET", f"{V1}/positionMargin/history", result=list[wire.WireMarginMove])

SET_POSITION_MODE = Endpoint("POST", f"{V1}/positionSide/dual", result=WireDone, kind=Kind.SETTING)
SET_LEVERAGE = Endpoint("POST", f"{V1}/leverage", result=wire.WireSymbolConfig, kind=Kind.SETTING)
SET_MARGIN_TYPE = Endpoint("POST", f"{V1}/marginType", result=WireDone, kind=Kind.SETTING)
ADJUST_MARGIN = Endpoint("POST", f"{V1}/positionMargin", result=WireDone, kind=Kind.DELTA)

# Orders

PLACE = Endpoint("POST", f"{V1}/order", result=wire.WireOrder, kind=Kind.ORDER, limit=ONE_ORDER)
TEST = Endpoint("POST", f"{V1}/order/test", result=wire.WireOrder, kind=Kind.READ)
AMEND = Endpoint("PUT", f"{V1}/order", result=wire.WireOrder, kind=Kind.ORDER, limit=ONE_ORDER)
CANCEL = Endpoint("DELETE", f"{V1}/order", result=wire.WireOrder, kind=Kind.CANCEL)
# In the order of the request; what was refused is a code in its place.
PLACE_BATCH = Endpoint(
    "POST", f"{V1}/batchOrders", result=list[wire.WireItem], kind=Kind.ORDER, limit=ONE_BATCH, weight=5
)
CANCEL_BATCH = Endpoint("DELETE", f"{V1}/batchOrders", result=list[wire.WireItem], kind=Kind.CANCEL)
CANCEL_ALL = Endpoint("DELETE", f"{V1}/allOpenOrders", result=WireDone, kind=Kind.DELTA, cancels=True)
COUNTDOWN = Endpoint(
    "POST", f"{V1}/countdownCancelAll", result=wire.WireCountdown, kind=Kind.SETTING, cancels=True, weight=10
)
ORDER = Endpoint("GET", f"{V1}/order", result=wire.WireOrder)
OPEN_ORDERS = Endpoint("GET", f"{V1}/openOrders", result=list[wire.WireOrder], weight=per_symbol(1, 40))
ALL_ORDERS = Endpoint("GET", f"{V1}/allOrders", result=list[wire.WireOrder], weight=5)
FILLS = Endpoint("GET", f"{V1}/userTrades", result=list[wire.WireFill], weight=5)
FORCE_ORDERS = Endpoint("GET", f"{V1}/forceOrders", result=list[wire.WireOrder], weight=per_symbol(20, 50))

# Conditional orders: a system of their own

PLACE_ALGO = Endpoint("POST", f"{V1}/algoOrder", result=wire.WireAlgoOrder, kind=Kind.ORDER, limit=ONE_ORDER)
CANCEL_ALGO = Endpoint("DELETE", f"{V1}/algoOrder", result=wire.WireAlgoOrder, kind=Kind.CANCEL)
ALGO = Endpoint("GET", f"{V1}/algoOrder", result=wire.WireAlgoOrder)
CANCEL_ALGOS = Endpoint("DELETE", f"{V1}/algoOpenOrders", result=WireDone, kind=Kind.DELTA, cancels=True)
ALL_ALGOS = Endpoint("GET", f"{V1}/allAlgoOrders", result=list[wire.WireAlgoOrder], weight=5)
OPEN_ALGOS = Endpoint("GET", f"{V1}/openAlgoOrders", result=list[wire.WireAlgoOrder], weight=per_symbol(1, 40))

# User streams: the key alone

START_STREAM = Endpoint("POST", f"{V1}/listenKey", result=wire.WireListenKey, signed=False)

# Market

TIME = Endpoint("GET", f"{V1}/time", result=wire.WireTime, private=False)
EXCHANGE_INFO = Endpoint("GET", f"{V1}/exchangeInfo", result=wire.WireExchangeInfo, private=False)
DAY_TICKER = Endpoint("GET", f"{V1}/ticker/24hr", result=wire.WireTicker, private=False, weight=per_symbol(1, 40))
BOOK_TICKER = Endpoint("GET", f"{V1}/ticker/bookTicker", result=wire.WireBook, private=False, weight=per_symbol(2, 5))
PREMIUM = Endpoint("GET", f"{V1}/premiumIndex", result=wire.WirePremium, private=False, weight=per_symbol(1, 10))
FUNDING_INFO = Endpoint("GET", f"{V1}/fundingInfo", result=list[wire.WirePremium], private=False, limit=FUNDING)
FUNDING_HISTORY = Endpoint("GET", f"{V1}/fundingRate", result=list[wire.WirePastFunding], private=False, limit=FUNDING)
