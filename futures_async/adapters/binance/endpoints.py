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

from futures_async.adapter import Params, RateLimit, Root, walks, windows
from futures_async.adapters.binance import wire
from futures_async.adapters.binance.dialect import ORDERS_1M, ORDERS_10S
from futures_async.adapters.binance.wire import WireDone

v1, v3 = Root("/fapi/v1"), Root("/fapi/v3")
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

ACCOUNT = v3.read("/account", wire.WireAccount, weight=5)
ACCOUNT_CONFIG = v1.read("/accountConfig", wire.WireAccountConfig, weight=5)
SYMBOL_CONFIG = v1.read("/symbolConfig", list[wire.WireSymbolConfig], weight=5)
INCOME = v1.read("/income", list[wire.WireIncome], weight=30)
FEE_RATE = v1.read("/commissionRate", wire.WireFeeRate, weight=20)
# A bare object was seen where one contract is asked for.
BRACKETS = v1.read(
    "/leverageBracket",
    cast("type[list[wire.WireBrackets] | wire.WireBrackets]", list[wire.WireBrackets] | wire.WireBrackets),
)
POSITIONS = v3.read("/positionRisk", list[wire.WirePosition], weight=5)
# Answers a row for Portfolio Margin accounts, which everything else here knows nothing of.
PORTFOLIO_MARGIN = v1.read("/pmAccountInfo", wire.WirePortfolioMargin, weight=5, aside=True)
MARGIN_MOVES = v1.read("/positionMargin/history", list[wire.WireMarginMove])

SET_POSITION_MODE = v1.setting("/positionSide/dual", WireDone)
SET_LEVERAGE = v1.setting("/leverage", wire.WireSymbolConfig)
SET_MARGIN_TYPE = v1.setting("/marginType", WireDone)
ADJUST_MARGIN = v1.delta("/positionMargin", WireDone)

# Orders

PLACE = v1.order("/order", wire.WireOrder, ONE_ORDER)
TEST = v1.read("/order/test", wire.WireOrder, method="POST")
AMEND = v1.order("/order", wire.WireOrder, ONE_ORDER, method="PUT")
CANCEL = v1.cancel("/order", wire.WireOrder, method="DELETE")
# In the order of the request; what was refused is a code in its place.
PLACE_BATCH = v1.order("/batchOrders", list[wire.WireItem], ONE_BATCH, weight=5)
CANCEL_BATCH = v1.cancel("/batchOrders", list[wire.WireItem], method="DELETE")
CANCEL_ALL = v1.delta("/allOpenOrders", WireDone, method="DELETE", cancels=True)
COUNTDOWN = v1.setting("/countdownCancelAll", wire.WireCountdown, cancels=True, weight=10)
ORDER = v1.read("/order", wire.WireOrder)
OPEN_ORDERS = v1.read("/openOrders", list[wire.WireOrder], weight=per_symbol(1, 40))
ALL_ORDERS = v1.read("/allOrders", list[wire.WireOrder], weight=5)
FILLS = v1.read("/userTrades", list[wire.WireFill], weight=5)
FORCE_ORDERS = v1.read("/forceOrders", list[wire.WireOrder], weight=per_symbol(20, 50))

# Conditional orders: a system of their own

PLACE_ALGO = v1.order("/algoOrder", wire.WireAlgoOrder, ONE_ORDER)
CANCEL_ALGO = v1.cancel("/algoOrder", wire.WireAlgoOrder, method="DELETE")
ALGO = v1.read("/algoOrder", wire.WireAlgoOrder)
CANCEL_ALGOS = v1.delta("/algoOpenOrders", WireDone, method="DELETE", cancels=True)
ALL_ALGOS = v1.read("/allAlgoOrders", list[wire.WireAlgoOrder], weight=5)
OPEN_ALGOS = v1.read("/openAlgoOrders", list[wire.WireAlgoOrder], weight=per_symbol(1, 40))

# User streams: the key alone

START_STREAM = v1.read("/listenKey", wire.WireListenKey, method="POST", signed=False)

# Market

TIME = v1.market("/time", wire.WireTime)
EXCHANGE_INFO = v1.market("/exchangeInfo", wire.WireExchangeInfo)
DAY_TICKER = v1.market("/ticker/24hr", wire.WireTicker)
BOOK_TICKER = v1.market("/ticker/bookTicker", wire.WireBook, weight=2)
PREMIUM = v1.market("/premiumIndex", wire.WirePremium)
# The same without a contract: of all.
DAY_TICKERS = v1.market("/ticker/24hr", list[wire.WireTicker], weight=40)
BOOK_TICKERS = v1.market("/ticker/bookTicker", list[wire.WireBook], weight=5)
PREMIUMS = v1.market("/premiumIndex", list[wire.WirePremium], weight=10)
FUNDING_INFO = v1.market("/fundingInfo", list[wire.WirePremium], FUNDING)
FUNDING_HISTORY = v1.market("/fundingRate", list[wire.WirePastFunding], FUNDING)
