"""Public endpoints of v3. Reference: venues/bitget-uta.md sections 3.4 and 5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from futures_async.adapters.bitget.simulated import base
from futures_async.adapters.bitget.simulated.base import contract_terms, limit_row, places, product_type
from futures_async.adapters.bitget.simulated.gate import required, whole, word
from futures_async.adapters.bitget_uta.simulated.base import OTHER_CATEGORIES, V3, venue_symbol
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, VenueRefusal, always, each, one, plain, public
from futures_async.transport.endpoint import RateLimit

PATH = "/api/v3/market"
MINUTE_MS = 60_000
INTERVALS = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "6H": 360, "12H": 720, "1D": 1440,
}  # fmt: skip
PAGES = 100


class MarketCalls(V3):
    """Contracts, prices, funding, tiers."""

    # The documented clock is v2's; v2's own dialect serves it where it is there.
    constants: ClassVar[Sequence[Route]] = (
        Route("GET", "/api/v2/margin/currencies", always([]), base.IP20, private=False, fallback=True),
    )

    @public("/api/v3/public/time", base.IP20)
    def time(self, request: Request) -> dict[str, str]:
        """The same clock under v3."""
        return self.server_time(request)

    def asked(self, values: Mapping[str, Any]) -> Sequence[ContractSpec]:
        """None of what is no futures."""
        required(values, "category")
        return [] if str(values["category"]).upper() in OTHER_CATEGORIES else super().asked(values)

    @public(f"{PATH}/instruments", base.IP20, of=each)
    def instrument(self, contract: ContractSpec) -> dict[str, Any]:
        """Trading rules; the spot list is empty."""
        return contract_terms(contract) | {
            "symbol": venue_symbol(contract),
            "category": product_type(contract),
            "feeRateUpRatio": "0.005",
            "openCostUpRatio": "0.01",
            "minOrderQty": plain(contract.step),
            "pricePrecision": str(places(contract.tick)),
            "quantityPrecision": str(places(contract.step)),
            "quotePrecision": None,
            "priceMultiplier": plain(contract.tick),
            "quantityMultiplier": plain(contract.step),
            "type": "perpetual",
            "symbolType": "crypto",
            "minOrderAmount": plain(contract.min_notional),
            "maxSymbolOrderNum": "200",
            "maxProductOrderNum": "1000",
            "status": "online" if contract.is_open else "limit_open",
            "deliveryPeriod": "",
            "minLeverage": "1",
            "maxLeverage": str(contract.max_leverage),
        }

    @public(f"{PATH}/tickers", base.IP20, of=each)
    def ticker(self, contract: ContractSpec) -> dict[str, Any]:
        book, day = self.engine.world.book(contract.symbol), self.engine.figures.day(contract)
        return {
            "category": product_type(contract),
            "symbol": venue_symbol(contract),
            "ts": str(self.engine.now_ms),
            "lastPrice": plain(book.last),
            "openPrice24h": plain(day.open),
            "highPrice24h": plain(day.high),
            "lowPrice24h": plain(day.low),
            "ask1Price": plain(book.ask),
            "bid1Price": plain(book.bid),
            "bid1Size": plain(contract.top_size),
            "ask1Size": plain(contract.top_size),
            "price24hPcnt": plain(day.change),
            "volume24h": plain(day.volume),
            "turnover24h": plain(day.turnover),
            "indexPrice": plain(book.index_price),
            "markPrice": plain(book.mark),
            "fundingRate": plain(self.engine.figures.funding_rate(contract)),
            "openInterest": plain(day.volume),
            "deliveryStartTime": "",
            "deliveryTime": "",
            "deliveryStatus": "",
        }

    @public(f"{PATH}/position-tier", base.IP20, of=one)
    def position_tier(self, contract: ContractSpec) -> list[dict[str, str]]:
        """Tiers of one symbol; the rows do not name it."""
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
        return base.Products.contract(self, {"symbol": request.params.get("symbol")})

    @public(f"{PATH}/current-fund-rate", base.IP20)
    def current_fund_rate(self, request: Request) -> list[dict[str, str]]:
        """A list of one."""
        return [self.funding_row(self._named(request))]

    @public(f"{PATH}/history-fund-rate", base.IP20)
    def history_fund_rate(self, request: Request) -> dict[str, Any]:
        """Newest first; the cursor is a page number, the list has a name of its own."""
        contract = self.contract(request.params)
        size = min(whole(request.params, "limit") or 200, 200)
        page = whole(request.params, "cursor") or 1
        if page > PAGES:
            raise VenueRefusal("25200", "Parameter cursor error")
        rows = [
            {"symbol": venue_symbol(contract), "fundingRate": plain(rate), "fundingRateTimestamp": str(at)}
            for at, rate in self.engine.figures.past_funding(contract, size, page)
        ]
        return {"resultList": rows}

    # -- the rest

    @public(f"{PATH}/orderbook", base.IP20)
    def orderbook(self, request: Request) -> dict[str, Any]:
        """Levels ten ticks apart."""
        contract = self.contract(request.params)
        asks, bids = self.engine.figures.levels(contract, min(whole(request.params, "limit") or 5, 200))
        size = plain(contract.top_size)
        return {
            "a": [[plain(price), size] for price in asks],
            "b": [[plain(price), size] for price in bids],
            "ts": str(self.engine.now_ms),
        }

    @public(f"{PATH}/open-interest", base.IP20)
    def open_interest(self, request: Request) -> dict[str, Any]:
        """An invented figure that stands still."""
        rows = [
            {"symbol": venue_symbol(contract), "openInterest": plain(self.engine.figures.volume(contract))}
            for contract in self.asked(request.params)
        ]
        return {"list": rows, "ts": str(self.engine.now_ms)}

    @public(f"{PATH}/oi-limit", RateLimit(10, scope="ip"), of=each)
    def oi_limit(self, contract: ContractSpec) -> dict[str, str]:
        return limit_row(contract)

    @public(f"{PATH}/candles", base.IP20)
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
