"""Public endpoints, with the few of other product lines that clients ask for at start. Reference: section 3.7."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from futures_async.adapters.bitget.simulated.base import V2
from futures_async.adapters.bitget.simulated.gate import required, whole, word
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, VenueRefusal, plain
from futures_async.simulator.marks import HOUR_MS
from futures_async.transport.endpoint import RateLimit

PATH = "/api/v2/mix/market"
MINUTE_MS = 60_000
GRANULARITIES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "6H": 360, "12H": 720, "1D": 1440,
    "3D": 4320, "1W": 10080, "6Hutc": 360, "12Hutc": 720, "1Dutc": 1440, "3Dutc": 4320, "1Wutc": 10080,
}  # fmt: skip


class MarketCalls(V2):
    """Contracts, prices, funding, tiers."""

    def market_routes(self) -> list[Route]:
        """The rows of the table."""
        ip20, ip10 = RateLimit(20, scope="ip"), RateLimit(10, scope="ip")

        def public(path: str, handler: Any, limit: RateLimit = ip20) -> Route:
            return Route("GET", path, handler, limit, private=False)

        return [
            public("/api/v2/public/time", self.server_time),
            public(f"{PATH}/contracts", self.contract_list),
            public(f"{PATH}/ticker", self.ticker),
            public(f"{PATH}/tickers", self.tickers),
            public(f"{PATH}/symbol-price", self.symbol_price),
            public(f"{PATH}/merge-depth", self.merge_depth),
            public(f"{PATH}/current-fund-rate", self.current_fund_rate),
            public(f"{PATH}/history-fund-rate", self.history_fund_rate),
            public(f"{PATH}/funding-time", self.funding_time),
            public(f"{PATH}/open-interest", self.open_interest),
            public(f"{PATH}/oi-limit", self.open_interest_limits, ip10),
            public(f"{PATH}/candles", self.candles),
            public(f"{PATH}/history-candles", self.candles),
            public(f"{PATH}/query-position-lever", self.position_lever, ip10),
            # Third-party clients load these before anything else.
            public("/api/v2/spot/public/coins", self.coins),
            public("/api/v2/spot/public/symbols", self.no_rows),
            public("/api/v2/margin/currencies", self.no_rows),
        ]

    def contract_list(self, request: Request) -> list[dict[str, Any]]:
        """All of a product type, or one."""
        product = self.product(request.params)
        if request.params.get("symbol"):
            return [self._contract(self.contract(request.params))]
        return [self._contract(contract) for contract in self.contracts(product)]

    def _contract(self, contract: ContractSpec) -> dict[str, Any]:
        places = max(0, -int(contract.tick.as_tuple().exponent))
        volume_places = max(0, -int(contract.step.as_tuple().exponent))
        return {
            "symbol": self.venue_symbol(contract),
            "baseCoin": contract.base,
            "quoteCoin": contract.quote,
            "buyLimitPriceRatio": "0.9",
            "sellLimitPriceRatio": "0.9",
            "feeRateUpRatio": "0.1",
            "makerFeeRate": plain(contract.maker_rate),
            "takerFeeRate": plain(contract.taker_rate),
            "openCostUpRatio": "0.1",
            "supportMarginCoins": [contract.settle],
            "minTradeNum": plain(contract.step),
            "priceEndStep": plain(contract.tick.scaleb(places)),
            "volumePlace": str(volume_places),
            "pricePlace": str(places),
            "sizeMultiplier": plain(contract.step),
            "symbolType": "perpetual",
            "minTradeUSDT": plain(contract.min_notional),
            "maxSymbolOrderNum": "999999",
            "maxProductOrderNum": "999999",
            "maxPositionNum": "150",
            "symbolStatus": "normal" if contract.is_open else "maintain",
            "offTime": "-1",
            "limitOpenTime": "-1",
            "deliveryTime": "",
            "deliveryStartTime": "",
            "launchTime": "",
            "fundInterval": str(contract.funding_interval_h),
            "minLever": "1",
            "maxLever": str(contract.max_leverage),
            "posLimit": "0.05",
            "maintainTime": "",
            "maxMarketOrderQty": plain(contract.max_market_quantity),
            "maxOrderQty": plain(contract.max_quantity),
            "isRwa": "NO",
        }

    def ticker(self, request: Request) -> list[dict[str, Any]]:
        """A list of one."""
        required(request.params, "symbol", "productType")
        return [self._ticker(self.contract(request.params))]

    def tickers(self, request: Request) -> list[dict[str, Any]]:
        """All of a product type."""
        return [self._ticker(contract) for contract in self.contracts(self.product(request.params))]

    def _ticker(self, contract: ContractSpec) -> dict[str, Any]:
        now = self.engine.now_ms
        book = self.engine.world.book(contract.symbol)
        before = self.engine.marks.mark(contract, now - 24 * HOUR_MS)
        volume = contract.top_size * 9000
        return {
            "symbol": self.venue_symbol(contract),
            "lastPr": plain(book.last),
            "askPr": plain(book.ask),
            "bidPr": plain(book.bid),
            "bidSz": plain(contract.top_size),
            "askSz": plain(contract.top_size),
            "high24h": plain(max(book.last, before)),
            "low24h": plain(min(book.last, before)),
            "ts": str(now),
            "change24h": plain(((book.last - before) / before).quantize(Decimal("0.00001"))),
            "baseVolume": plain(volume),
            "quoteVolume": plain(volume * book.last),
            "usdtVolume": plain(volume * book.last),
            "openUtc": plain(before),
            "changeUtc24h": "0",
            "indexPrice": plain(book.index_price),
            "fundingRate": plain(self.engine.marks.funding_rate(contract, now)),
            "holdingAmount": plain(volume),
            "deliveryStartTime": None,
            "deliveryTime": None,
            "deliveryStatus": "",
            "open24h": plain(before),
            "markPrice": plain(book.mark),
        }

    def symbol_price(self, request: Request) -> list[dict[str, str]]:
        """The three prices of a symbol."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        book = self.engine.world.book(contract.symbol)
        return [
            {
                "symbol": self.venue_symbol(contract),
                "price": plain(book.last),
                "indexPrice": plain(book.index_price),
                "markPrice": plain(book.mark),
                "ts": str(self.engine.now_ms),
            }
        ]

    def merge_depth(self, request: Request) -> dict[str, Any]:
        """Five levels; numbers, not strings."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        book = self.engine.world.book(contract.symbol)
        away = 10 * contract.tick
        return {
            "asks": [[book.ask + level * away, contract.top_size] for level in range(5)],
            "bids": [[book.bid - level * away, contract.top_size] for level in range(5)],
            "ts": str(self.engine.now_ms),
            "scale": plain(contract.tick),
            "precision": "scale0",
            "isMaxPrecision": "NO",
        }

    # -- funding

    def _next_funding(self, contract: ContractSpec) -> int:
        interval = contract.funding_interval_h * HOUR_MS
        return (self.engine.now_ms // interval + 1) * interval

    def current_fund_rate(self, request: Request) -> list[dict[str, str]]:
        """Of one symbol, or of all."""
        contracts = self.contracts(self.product(request.params))
        if request.params.get("symbol"):
            contracts = [self.contract(request.params)]
        return [
            {
                "symbol": self.venue_symbol(contract),
                "fundingRate": plain(self.engine.marks.funding_rate(contract, self.engine.now_ms)),
                "fundingRateInterval": str(contract.funding_interval_h),
                "nextUpdate": str(self._next_funding(contract)),
                "minFundingRate": "-0.003",
                "maxFundingRate": "0.003",
            }
            for contract in contracts
        ]

    def history_fund_rate(self, request: Request) -> list[dict[str, str]]:
        """Newest first, by page number."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        size = min(whole(request.params, "pageSize") or 20, 100)
        number = max(whole(request.params, "pageNo") or 1, 1)
        interval = contract.funding_interval_h * HOUR_MS
        latest = self.engine.now_ms // interval * interval - (number - 1) * size * interval
        return [
            {
                "symbol": self.venue_symbol(contract),
                "fundingRate": plain(self.engine.marks.funding_rate(contract, at - 1)),
                "fundingTime": str(at),
            }
            for at in range(latest, latest - size * interval, -interval)
        ]

    def funding_time(self, request: Request) -> list[dict[str, str]]:
        """When the next settlement is."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        return [
            {
                "symbol": self.venue_symbol(contract),
                "nextFundingTime": str(self._next_funding(contract)),
                "ratePeriod": str(contract.funding_interval_h),
            }
        ]

    # -- the rest

    def open_interest(self, request: Request) -> dict[str, Any]:
        """An invented figure that stands still."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        row = {"symbol": self.venue_symbol(contract), "size": plain(contract.top_size * 9000)}
        return {"openInterestList": [row], "ts": str(self.engine.now_ms)}

    def open_interest_limits(self, request: Request) -> list[dict[str, str]]:
        """Of one symbol, or of all: the largest position of the last tier."""
        contracts = self.contracts(self.product(request.params))
        if request.params.get("symbol"):
            contracts = [self.contract(request.params)]
        return [
            {
                "symbol": self.venue_symbol(contract),
                "notionalValue": plain(contract.tiers[-1].max_notional),
                "totalNotionalValue": plain(contract.tiers[-1].max_notional),
            }
            for contract in contracts
        ]

    def candles(self, request: Request) -> list[list[str]]:
        """Of the mark price."""
        required(request.params, "symbol", "productType", "granularity")
        contract = self.contract(request.params)
        minutes = GRANULARITIES.get(request.params["granularity"])
        if minutes is None:
            raise VenueRefusal("40020", "Parameter granularity error")
        word(request.params, "kLineType", ("market", "mark", "index"), "market")
        return self.candle_rows(contract, minutes * MINUTE_MS, request.params)

    def position_lever(self, request: Request) -> list[dict[str, str]]:
        """The risk tiers of a symbol."""
        required(request.params, "symbol", "productType")
        contract = self.contract(request.params)
        return [
            {
                "symbol": self.venue_symbol(contract),
                "level": str(tier.number),
                "startUnit": plain(tier.min_notional),
                "endUnit": plain(tier.max_notional),
                "leverage": str(tier.max_leverage),
                "keepMarginRate": plain(tier.maintenance_rate),
            }
            for tier in contract.tiers
        ]
