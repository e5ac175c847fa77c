"""BitTap on the simulated exchange: the ftapi and fmapi calls from the server's side, for its reads.

Nothing here trades, as nothing there does: the demo account's past is what there is to see. Where the venue
documents nothing (HTTP statuses of refusals, order of rows, tolerance of clocks) this takes the plain choice:
statuses by class, newest first, the stream's tolerance of 5 minutes ahead and 1 behind.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from futures_async.adapters.bittap.simulated_rows import Rows, symbol_id
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import Dialect, Request, Response, Route, VenueRefusal, plain
from futures_async.simulator.engine import Engine
from futures_async.simulator.errors import BadBody, EngineError, RateLimited, UnknownSymbol
from futures_async.simulator.marks import HOUR_MS
from futures_async.simulator.records import Fill, Order
from futures_async.transport.endpoint import RateLimit

T = TypeVar("T", Order, Fill)

AHEAD_MS = 300_000
BEHIND_MS = 60_000
MAX_LIMIT = 1000
PARAMETER = VenueRefusal("10001", "Parameter error", status=400)


class SimulatedBitTap(Dialect):
    """ftapi v1."""

    id = "bittap"
    family = "bittap"
    prefixes = ("/ftapi/", "/fmapi/")
    # "600 requests per minute and 10 per second"; whether per key or per address is not said.
    ip_limits = (RateLimit(10, 1.0, scope="ip"), RateLimit(600, 60.0, scope="ip"))
    not_found = VenueRefusal("404", "Not Found", status=404)
    ambiguous = VenueRefusal("500", "Server Error", status=500)
    maintenance = VenueRefusal("500", "Server Error", status=503)

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._rows = Rows(engine)

    def routes(self) -> Sequence[Route]:
        return [
            Route("GET", "/ftapi/v1/account/info", self.account_info),
            Route("GET", "/ftapi/v1/openPosition", self.open_position),
            Route("GET", "/ftapi/v1/openOrder", self.open_order),
            Route("GET", "/ftapi/v1/orderHis", self.order_history),
            Route("GET", "/ftapi/v1/tradeHis", self.trade_history),
            Route("GET", "/fmapi/v1/exchangeInfo", self.exchange_info, private=False),
            Route("GET", "/fmapi/v1/depth", self.depth, private=False),
            Route("GET", "/fmapi/v1/ticker/24hr", self.day_ticker, private=False),
            Route("GET", "/fmapi/v1/ticker/price", self.price_ticker, private=False),
        ]

    # Who asks

    def authenticate(self, request: Request) -> Account:
        found = self.engine.find_key(self.family, request.header("x-bt-apikey"))
        if found is None:
            raise VenueRefusal("410001", "Invalid API key", status=401)
        account, key = found
        stamp, nonce = request.header("x-bt-ts"), request.header("x-bt-nonce")
        if not stamp.isdigit() or not nonce or not -BEHIND_MS <= int(stamp) - request.now_ms <= AHEAD_MS:
            raise VenueRefusal("410002", "Signature verification failed", status=401)
        pairs = sorted(pair for pair in request.query.split("&") if pair and not pair.endswith("="))
        # All calls are GETs: with an empty query the joining ampersand stays.
        text = "&".join(pairs) + f"&timestamp={stamp}&nonce={nonce}"
        digest = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(digest, request.header("x-bt-sign")):
            raise VenueRefusal("410002", "Signature verification failed", status=401)
        if not key.can_read:
            raise VenueRefusal("410006", "Insufficient permission", status=403)
        return account

    # Envelopes

    def success(self, request: Request, result: Any) -> Response:
        return Response(
            200, msgspec.json.encode({"code": "0", "data": result, "msg": "Request successful", "success": True})
        )

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        # One documented envelope shows a timestamp; here refusals have it, so that a wrong clock can be put right.
        body = {"code": refusal.code, "msg": refusal.message, "success": False, "timestamp": self.engine.clock()}
        return Response(refusal.status or 200, msgspec.json.encode(body), refusal.headers)

    def translate(self, error: EngineError, request: Request) -> VenueRefusal:
        if isinstance(error, RateLimited):
            return VenueRefusal("429", "Too many requests", status=429)
        if isinstance(error, (UnknownSymbol, BadBody)):
            return PARAMETER
        return VenueRefusal("500", "Server Error", status=500)

    def demo_account(self, setup: Setup) -> Account:
        key = ApiKey(key="simulated-bittap-key", secret="simulated-bittap-secret")  # noqa: S106 - opens a simulation
        return open_demo_account(self.engine, setup, "76957286", key=key, family=self.family)

    # Account

    def account_info(self, request: Request) -> dict[str, Any]:
        account = request.account
        assets = [self._rows.asset(account, coin) for coin in account.balances]
        one = next((asset for asset in assets if asset["coin"] == "USDT"), None) or self._rows.asset(account, "USDT")
        totals = {name: value for name, value in one.items() if name not in ("coin", "equities", "locked")}
        return totals | {
            "totalEquities": one["equities"],
            "totalLocked": one["locked"],
            "assets": assets,
            "positions": self._rows.positions(account, filled_in=False),
        }

    def open_position(self, request: Request) -> list[dict[str, Any]]:
        wanted = request.params.get("symbolId")
        rows = self._rows.positions(request.account, filled_in=True)
        return [row for row in rows if wanted in (None, "", row["symbolId"])]

    # Orders

    def open_order(self, request: Request) -> list[dict[str, Any]]:
        orders = self.engine.orders.open_orders(request.account)
        return [self._rows.open_order(order, request.account.uid) for order in _chosen(request, reversed(orders))]

    def order_history(self, request: Request) -> list[dict[str, Any]]:
        done = (order for order in reversed(request.account.order_log) if self.engine.orders.finished(order))
        return [self._rows.past_order(order, request.account.uid) for order in _chosen(request, done)]

    def trade_history(self, request: Request) -> list[dict[str, Any]]:
        fills = (fill for fill in reversed(request.account.fills) if fill.visible_ms <= request.now_ms)
        return [self._rows.trade(fill, request.account.uid) for fill in _chosen(request, fills)]

    # Market data

    def _symbol(self, request: Request) -> str:
        """The unified symbol asked for."""
        parts = request.params.get("symbolId", "").split("-")
        if len(parts) != 3 or parts[2] != "M":
            raise PARAMETER
        return self.engine.world.contract(f"{parts[0]}/{parts[1]}:{parts[1]}").symbol

    def exchange_info(self, request: Request) -> dict[str, Any]:
        """Rows hold the documented fields alone: what the symbol's own field is called, nobody says."""
        contracts = self.engine.world.linear
        return {
            "coins": [{"coinSymbol": coin, "preciousShow": 8} for coin in sorted({row.settle for row in contracts})],
            "orderTypes": ["LIMIT", "MARKET"],
            "timeInForces": ["GTC", "IOC", "FOK"],
            "symbols": [
                {
                    "contractSide": "FORWARD",
                    "contractType": "PERPETUAL",
                    "defaultLeverage": 20,
                    "defaultMarginMode": "ISOLATION",
                    "riskLimitConfigs": [
                        {
                            "level": tier.number,
                            "maintainMarginRate": plain(tier.maintenance_rate),
                            "maxLeverage": tier.max_leverage,
                            "maxPositionValue": plain(tier.max_notional),
                            "minPositionValue": plain(tier.min_notional),
                        }
                        for tier in contract.tiers
                    ],
                }
                for contract in contracts
            ],
        }

    def depth(self, request: Request) -> dict[str, Any]:
        symbol = self._symbol(request)
        contract, book = self.engine.world.contract(symbol), self.engine.world.book(symbol)
        size = plain(contract.top_size)
        return {
            "asks": [[plain(book.ask), size]],
            "bids": [[plain(book.bid), size]],
            "e": "f_depth30",
            "i": request.params.get("scale", ""),
            "s": symbol_id(symbol),
            "lastUpdateId": str(request.now_ms),
        }

    def day_ticker(self, request: Request) -> dict[str, Any]:
        symbol = self._symbol(request)
        contract = self.engine.world.contract(symbol)
        prices = [self.engine.marks.mark(contract, request.now_ms - hours * HOUR_MS) for hours in range(24, -1, -1)]
        first, last = prices[0], prices[-1]
        return self._names(symbol) | {
            "openPrice": plain(first),
            "highPrice": plain(max(prices)),
            "lowPrice": plain(min(prices)),
            "closePrice": plain(last),
            "priceChange": plain(last - first),
            "priceChangePercentage": plain(round((last - first) / first, 6)),
            "volume": "0",
            "amount": "0",
            "openTime": request.now_ms - 24 * HOUR_MS,
            "closeTime": request.now_ms,
        }

    def price_ticker(self, request: Request) -> dict[str, Any]:
        symbol = self._symbol(request)
        return self._names(symbol) | {"price": plain(self.engine.world.book(symbol).last)}

    def _names(self, symbol: str) -> dict[str, str]:
        name = symbol_id(symbol)
        return {"symbolId": name, "symbolName": "".join(name.split("-")[:2]), "symbolPid": "1"}


def _chosen(request: Request, rows: Iterable[T]) -> Iterable[T]:
    """The newest rows that fit the documented parameters; bounds in time are inclusive."""
    asked = request.params
    try:
        limit = int(asked.get("limit") or MAX_LIMIT)
        since, until = int(asked.get("startTime") or 0), int(asked.get("endTime") or request.now_ms)
    except ValueError:
        raise PARAMETER from None
    if not 0 < limit <= MAX_LIMIT:
        raise PARAMETER
    wanted, order_id = asked.get("symbolId"), asked.get("orderId")
    fitting = (
        row
        for row in rows
        if since <= row.created_ms <= until
        and wanted in (None, "", symbol_id(row.symbol))
        and order_id in (None, "", str(row.order.id if isinstance(row, Fill) else row.id))
    )
    return itertools.islice(fitting, limit)


DIALECT = SimulatedBitTap
