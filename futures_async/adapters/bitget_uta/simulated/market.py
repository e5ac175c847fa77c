"""Public endpoints of v3. Reference: venues/bitget-uta.md sections 3.4 and 5."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated.gate import required, whole, word
from futures_async.adapters.bitget_uta.simulated.base import OTHER_CATEGORIES, V3, venue_symbol
from futures_async.simulator import errors
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Handler, Request, Route, VenueRefusal, plain
from futures_async.simulator.marks import HOUR_MS
from futures_async.transport.endpoint import RateLimit

PATH = "/api/v3/market"
MINUTE_MS = 60_000
INTERVALS = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "6H": 360, "12H": 720, "1D": 1440,
}  # fmt: skip
PAGES = 100


class MarketCalls(V3):
    """Contracts, prices, funding, tiers."""

    def market_routes(self) -> list[Route]:
        """The rows of the table, and what clients ask for at start of other product lines."""

        def public(path: str, handler: Handler, limit: int = 20, *, fallback: bool = False) -> Route:
            return Route("GET", path, handler, RateLimit(limit, scope="ip"), private=False, fallback=fallback)

        return [
            public(f"{PATH}/instruments", self.instruments),
            public(f"{PATH}/tickers", self.tickers),
            public(f"{PATH}/position-tier", self.position_tier),
            public(f"{PATH}/current-fund-rate", self.current_fund_rate),
            public(f"{PATH}/history-fund-rate", self.history_fund_rate),
            public(f"{PATH}/orderbook", self.orderbook),
            public(f"{PATH}/candles", self.candles),
            public(f"{PATH}/open-interest", self.open_interest),
            public(f"{PATH}/oi-limit", self.oi_limit, 10),
            public("/api/v3/public/time", self.server_time),
            # The documented clock is v2's; v2's own dialect serves it where it is there.
            public("/api/v2/public/time", self.server_time, fallback=True),
            public("/api/v2/spot/public/coins", self.coins, fallback=True),
            public("/api/v2/margin/currencies", self.no_rows, fallback=True),
        ]

    def _asked(self, request: Request) -> list[tuple[str, ContractSpec]]:
        """The contracts of a category, or the one that is named."""
        params = request.params
        required(params, "category")
        if str(params["category"]).upper() in OTHER_CATEGORIES:
            return []
        category = self.category(params)
        contract = self.maybe_contract(params)
        return [(category, each) for each in ([contract] if contract is not None else self.contracts(category))]

    def instruments(self, request: Request) -> list[dict[str, Any]]:
        """Trading rules; the spot list is empty."""
        return [_instrument(category, contract) for category, contract in self._asked(request)]

    def tickers(self, request: Request) -> list[dict[str, Any]]:
        """Prices."""
        return [self._ticker(category, contract) for category, contract in self._asked(request)]

    def _ticker(self, category: str, contract: ContractSpec) -> dict[str, Any]:
        now = self.engine.now_ms
        book = self.engine.world.book(contract.symbol)
        before = self.engine.marks.mark(contract, now - 24 * HOUR_MS)
        volume = contract.top_size * 9000
        return {
            "category": category,
            "symbol": venue_symbol(contract),
            "ts": str(now),
            "lastPrice": plain(book.last),
            "openPrice24h": plain(before),
            "highPrice24h": plain(max(book.last, before)),
            "lowPrice24h": plain(min(book.last, before)),
            "ask1Price": plain(book.ask),
            "bid1Price": plain(book.bid),
            "bid1Size": plain(contract.top_size),
            "ask1Size": plain(contract.top_size),
            "price24hPcnt": plain(((book.last - before) / before).quantize(Decimal("0.00001"))),
            "volume24h": plain(volume),
            "turnover24h": plain(volume * book.last),
            "indexPrice": plain(book.index_price),
            "markPrice": plain(book.mark),
            "fundingRate": plain(self.engine.marks.funding_rate(contract, now)),
            "openInterest": plain(volume),
            "deliveryStartTime": "",
            "deliveryTime": "",
            "deliveryStatus": "",
        }

    def position_tier(self, request: Request) -> list[dict[str, str]]:
        """Tiers of one symbol; the rows do not name it."""
        contract = self.contract(request.params)
        return [
            {
                "tier": str(tier.number),
                "minTierValue": plain(tier.min_notional),
                "maxTierValue": plain(tier.max_notional),
                "leverage": str(tier.max_leverage),
                "mmr": plain(tier.maintenance_rate),
            }
            for tier in contract.tiers
        ]

    # -- funding

    def _named(self, request: Request) -> ContractSpec:
        """By symbol alone: the funding calls take no category, or ignore it."""
        required(request.params, "symbol")
        for contract in self.engine.world.listed():
            if venue_symbol(contract) == request.params["symbol"].upper():
                return contract
        raise errors.UnknownSymbol(request.params["symbol"][:40])

    def current_fund_rate(self, request: Request) -> list[dict[str, str]]:
        """A list of one."""
        contract = self._named(request)
        interval = contract.funding_interval_h * HOUR_MS
        return [
            {
                "symbol": venue_symbol(contract),
                "fundingRate": plain(self.engine.marks.funding_rate(contract, self.engine.now_ms)),
                "fundingRateInterval": str(contract.funding_interval_h),
                "nextUpdate": str((self.engine.now_ms // interval + 1) * interval),
                "minFundingRate": "-0.003",
                "maxFundingRate": "0.003",
            }
        ]

    def history_fund_rate(self, request: Request) -> dict[str, Any]:
        """Newest first; the cursor is a page number, the list has a name of its own."""
        contract = self.contract(request.params)
        size = min(whole(request.params, "limit") or 200, 200)
        page = whole(request.params, "cursor") or 1
        if page > PAGES:
            raise VenueRefusal("25200", "Parameter cursor error")
        interval = contract.funding_interval_h * HOUR_MS
        latest = self.engine.now_ms // interval * interval - (page - 1) * size * interval
        rows = [
            {
                "symbol": venue_symbol(contract),
                "fundingRate": plain(self.engine.marks.funding_rate(contract, at - 1)),
                "fundingRateTimestamp": str(at),
            }
            for at in range(latest, latest - size * interval, -interval)
        ]
        return {"resultList": rows}

    # -- the rest

    def orderbook(self, request: Request) -> dict[str, Any]:
        """Levels ten ticks apart."""
        contract = self.contract(request.params)
        levels = min(whole(request.params, "limit") or 5, 200)
        book = self.engine.world.book(contract.symbol)
        away, size = 10 * contract.tick, plain(contract.top_size)
        return {
            "a": [[plain(book.ask + level * away), size] for level in range(levels)],
            "b": [[plain(book.bid - level * away), size] for level in range(levels)],
            "ts": str(self.engine.now_ms),
        }

    def open_interest(self, request: Request) -> dict[str, Any]:
        """An invented figure that stands still."""
        rows = [
            {"symbol": venue_symbol(contract), "openInterest": plain(contract.top_size * 9000)}
            for _, contract in self._asked(request)
        ]
        return {"list": rows, "ts": str(self.engine.now_ms)}

    def oi_limit(self, request: Request) -> list[dict[str, str]]:
        """Likewise."""
        return [
            {
                "symbol": venue_symbol(contract),
                "notionalValue": plain(contract.tiers[-1].max_notional),
                "totalNotionalValue": plain(contract.tiers[-1].max_notional),
            }
            for _, contract in self._asked(request)
        ]

    def candles(self, request: Request) -> list[list[str]]:
        """Of the mark price."""
        params = request.params
        contract = self.contract(params)
        required(params, "interval")
        minutes = INTERVALS.get(params["interval"])
        if minutes is None:
            raise VenueRefusal("25200", "Parameter interval error")
        word(params, "type", ("market", "mark", "index", "premium"), "market")
        return self.candle_rows(contract, minutes * MINUTE_MS, params)


def _instrument(category: str, contract: ContractSpec) -> dict[str, Any]:
    places = max(0, -int(contract.tick.as_tuple().exponent))
    quantity_places = max(0, -int(contract.step.as_tuple().exponent))
    return {
        "symbol": venue_symbol(contract),
        "category": category,
        "isRwa": "NO",
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "buyLimitPriceRatio": "0.9",
        "sellLimitPriceRatio": "0.9",
        "feeRateUpRatio": "0.005",
        "makerFeeRate": plain(contract.maker_rate),
        "takerFeeRate": plain(contract.taker_rate),
        "openCostUpRatio": "0.01",
        "minOrderQty": plain(contract.step),
        "maxOrderQty": plain(contract.max_quantity),
        "maxMarketOrderQty": plain(contract.max_market_quantity),
        "pricePrecision": str(places),
        "quantityPrecision": str(quantity_places),
        "quotePrecision": None,
        "priceMultiplier": plain(contract.tick),
        "quantityMultiplier": plain(contract.step),
        "type": "perpetual",
        "symbolType": "crypto",
        "minOrderAmount": plain(contract.min_notional),
        "maxSymbolOrderNum": "200",
        "maxProductOrderNum": "1000",
        "maxPositionNum": "150",
        "status": "online" if contract.is_open else "limit_open",
        "offTime": "-1",
        "limitOpenTime": "-1",
        "deliveryTime": "",
        "deliveryStartTime": "",
        "deliveryPeriod": "",
        "launchTime": "",
        "fundInterval": str(contract.funding_interval_h),
        "minLeverage": "1",
        "maxLeverage": str(contract.max_leverage),
        "maintainTime": "",
    }
