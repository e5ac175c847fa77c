"""BitTap on the simulated exchange: the ftapi and fmapi calls from the server's side, for its reads.

Nothing here trades, as nothing there does: the demo account's past is what there is to see. Where the venue
documents nothing (HTTP statuses of refusals, order of rows, tolerance of clocks) this takes the plain choice:
statuses by class, newest first, the stream's tolerance of 5 minutes ahead and 1 behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.bittap.simulated_rows import Rows, symbol_id
from futures_async.simulator.venue import errors, get, one, open_demo_account, page, plain, public

AHEAD_MS = 300_000
BEHIND_MS = 60_000
MAX_LIMIT = 1000
CODES: sim.Table = {
    errors.UnknownSymbol: ("10001", "Parameter error"),
    errors.BadBody: ("10001", "Parameter error"),
    errors.RateLimited: ("429", "Too many requests"),
    errors.EngineError: ("500", "Server Error"),
}
PARAMETER = sim.VenueRefusal("10001", "Parameter error")
READER = sim.Reader(missing=lambda name: PARAMETER, wrong=lambda name, value: PARAMETER)


class SimulatedBitTap(sim.Dialect):
    """ftapi v1."""

    id = "bittap"
    family = "bittap"
    tables = (CODES,)
    statuses: ClassVar[Mapping[str, int]] = {"10001": 400, "429": 429, "500": 500}
    refusal_status = 200
    linear_only = True
    symbol_field = "symbolId"
    reader = READER
    prefixes = ("/ftapi/", "/fmapi/")
    # "600 requests per minute and 10 per second"; whether per key or per address is not said.
    ip_limits = (sim.RateLimit(10, 1.0, scope="ip"), sim.RateLimit(600, 60.0, scope="ip"))
    not_found = sim.VenueRefusal("404", "Not Found", status=404)
    ambiguous = sim.VenueRefusal("500", "Server Error")
    maintenance = sim.VenueRefusal("500", "Server Error", status=503)

    def __init__(self, engine: sim.Engine) -> None:
        super().__init__(engine)
        self._rows = Rows(engine)

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return symbol_id(contract.symbol)

    # Who asks

    key_header = "x-bt-apikey"
    no_key = unknown_key = sim.VenueRefusal("410001", "Invalid API key", status=401)
    no_right = sim.VenueRefusal("410006", "Insufficient permission", status=403)

    def check_signed(self, request: sim.Request, account: sim.Account, key: sim.ApiKey) -> None:
        stamp, nonce = request.header("x-bt-ts"), request.header("x-bt-nonce")
        if not stamp.isdigit() or not nonce or not -BEHIND_MS <= int(stamp) - request.now_ms <= AHEAD_MS:
            raise sim.VenueRefusal("410002", "Signature verification failed", status=401)
        pairs = sorted(pair for pair in request.query.split("&") if pair and not pair.endswith("="))
        # All calls are GETs: with an empty query the joining ampersand stays.
        text = "&".join(pairs) + f"&timestamp={stamp}&nonce={nonce}"
        if not key.has_signed(text.encode(), request.header("x-bt-sign")):
            raise sim.VenueRefusal("410002", "Signature verification failed", status=401)

    # Envelopes

    def success(self, request: sim.Request, result: Any) -> sim.Response:
        body = {"code": "0", "data": result, "msg": "Request successful", "success": True}
        return sim.Response(200, msgspec.json.encode(body))

    def failure(self, request: sim.Request, refusal: sim.VenueRefusal) -> sim.Response:
        # One documented envelope shows a timestamp; here refusals have it, so that a wrong clock can be put right.
        body = {"code": refusal.code, "msg": refusal.message, "success": False, "timestamp": self.engine.clock()}
        return sim.Response(self.status(refusal), msgspec.json.encode(body), refusal.headers)

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        key = sim.ApiKey(key="simulated-bittap-key", secret="simulated-bittap-secret")  # noqa: S106 - opens a simulation
        return open_demo_account(self.engine, setup, "76957286", key=key, family=self.family)

    # Account

    @get("/ftapi/v1/account/info")
    def account_info(self, request: sim.Request) -> dict[str, Any]:
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

    @get("/ftapi/v1/openPosition")
    def open_position(self, request: sim.Request) -> list[dict[str, Any]]:
        wanted = request.params.get("symbolId")
        rows = self._rows.positions(request.account, filled_in=True)
        return [row for row in rows if wanted in (None, "", row["symbolId"])]

    # Orders

    @get("/ftapi/v1/openOrder")
    def open_order(self, request: sim.Request) -> list[dict[str, Any]]:
        found = self._chosen(request, self.engine.lists.open_orders(request.account))
        return [self._rows.open_order(order, request.account.uid) for order in found]

    @get("/ftapi/v1/orderHis")
    def order_history(self, request: sim.Request) -> list[dict[str, Any]]:
        found = self._chosen(request, self.engine.lists.past_orders(request.account))
        return [self._rows.past_order(order, request.account.uid) for order in found]

    @get("/ftapi/v1/tradeHis")
    def trade_history(self, request: sim.Request) -> list[dict[str, Any]]:
        found = self._chosen(request, self.engine.lists.fills(request.account))
        return [self._rows.trade(fill, request.account.uid) for fill in found]

    def _chosen(self, request: sim.Request, rows: Sequence[sim.R]) -> list[sim.R]:
        """The newest rows that fit the documented parameters; bounds in time are inclusive."""
        asked = request.params
        since, until, limit = (READER.whole(asked, name) for name in ("startTime", "endTime", "limit"))
        if limit == 0 or (limit or 0) > MAX_LIMIT:
            raise PARAMETER
        name = asked.get("symbolId")
        wanted = sim.Wanted(
            symbols=None
            if name is None
            else {row.symbol for row in self.contracts_listed() if self.is_called(row, name)},
            since_ms=since,
            until_ms=until or request.now_ms,
            order_id=READER.whole(asked, "orderId"),
            limit=limit or MAX_LIMIT,
        )
        return page(rows, wanted).rows

    # Market data

    @public("/fmapi/v1/exchangeInfo")
    def exchange_info(self, request: sim.Request) -> dict[str, Any]:
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

    @public("/fmapi/v1/depth")
    def depth(self, request: sim.Request) -> dict[str, Any]:
        contract = self.contract(request.params)
        book = self.engine.world.book(contract.symbol)
        size = plain(contract.top_size)
        return {
            "asks": [[plain(book.ask), size]],
            "bids": [[plain(book.bid), size]],
            "e": "f_depth30",
            "i": request.params.get("scale", ""),
            "s": symbol_id(contract.symbol),
            "lastUpdateId": str(request.now_ms),
        }

    @public("/fmapi/v1/ticker/24hr", of=one)
    def day_ticker(self, contract: sim.ContractSpec) -> dict[str, Any]:
        now = self.engine.now_ms
        prices = [self.engine.marks.mark(contract, now - hours * sim.HOUR_MS) for hours in range(24, -1, -1)]
        first, last = prices[0], prices[-1]
        return self._names(contract) | {
            "openPrice": plain(first),
            "highPrice": plain(max(prices)),
            "lowPrice": plain(min(prices)),
            "closePrice": plain(last),
            "priceChange": plain(last - first),
            "priceChangePercentage": plain(round((last - first) / first, 6)),
            "volume": "0",
            "amount": "0",
            "openTime": now - 24 * sim.HOUR_MS,
            "closeTime": now,
        }

    @public("/fmapi/v1/ticker/price", of=one)
    def price_ticker(self, contract: sim.ContractSpec) -> dict[str, Any]:
        return self._names(contract) | {"price": plain(self.engine.world.book(contract.symbol).last)}

    def _names(self, contract: sim.ContractSpec) -> dict[str, str]:
        name = self.venue_symbol(contract)
        return {"symbolId": name, "symbolName": "".join(name.split("-")[:2]), "symbolPid": "1"}


DIALECT = SimulatedBitTap
