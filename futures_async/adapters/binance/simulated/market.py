"""Public endpoints. Reference: venues/binance.md section 6."""

from __future__ import annotations

from typing import Any

from futures_async.adapters.binance.simulated import base
from futures_async.adapters.binance.simulated.base import fields_of, one_or_all, per_symbol, venue_symbol
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal, plain, public
from futures_async.transport.endpoint import RateLimit

FUNDING = RateLimit(500, 300.0, scope="ip", pool="funding")
FAR_MS = 4_133_404_800_000
LISTED_MS = 1_569_398_400_000
SPEEDS = {60.0: ("MINUTE", 1), 10.0: ("SECOND", 10)}


class MarketCalls(base.Fapi):
    """Contracts, prices, funding."""

    @public(f"{base.V1}/ping")
    def ping(self, request: Request) -> dict[str, Any]:
        return {}

    @public(f"{base.V1}/time")
    def time(self, request: Request) -> dict[str, int]:
        """The one clock."""
        return {"serverTime": request.now_ms}

    @public(f"{base.V1}/exchangeInfo")
    def exchange_info(self, request: Request) -> dict[str, Any]:
        """Its own clock stands still."""
        limits = [("REQUEST_WEIGHT", base.WEIGHT), *(("ORDERS", limit) for limit in base.ORDERS)]
        return {
            "timezone": "UTC",
            "serverTime": LISTED_MS,
            "rateLimits": [
                {
                    "rateLimitType": kind,
                    "interval": SPEEDS[limit.per_s][0],
                    "intervalNum": SPEEDS[limit.per_s][1],
                    "limit": limit.count,
                }
                for kind, limit in limits
            ],
            "exchangeFilters": [],
            "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
            "symbols": [_symbol(contract) for contract in self.engine.world.linear],
        }

    @public(f"{base.V1}/ticker/24hr", weight=per_symbol(1, 40), of=one_or_all)
    def day_row(self, contract: ContractSpec) -> dict[str, Any]:
        """The last 24 hours; no best prices."""
        day, now = self.engine.figures.day(contract), self.engine.now_ms
        return {
            "symbol": venue_symbol(contract),
            "priceChange": plain(day.last - day.open),
            "priceChangePercent": plain(day.change * 100),
            "weightedAvgPrice": plain(day.last),
            "lastPrice": plain(day.last),
            "lastQty": plain(contract.step),
            "openPrice": plain(day.open),
            "highPrice": plain(day.high),
            "lowPrice": plain(day.low),
            "volume": plain(day.volume),
            "quoteVolume": plain(day.turnover),
            "openTime": now - 86_400_000,
            "closeTime": now,
            "count": 1,
        }

    @public(f"{base.V1}/ticker/bookTicker", weight=per_symbol(2, 5), of=one_or_all)
    def book_ticker(self, contract: ContractSpec) -> dict[str, Any]:
        book, size = self.engine.world.book(contract.symbol), plain(contract.top_size)
        return {
            "symbol": venue_symbol(contract),
            "bidPrice": plain(book.bid),
            "bidQty": size,
            "askPrice": plain(book.ask),
            "askQty": size,
            "time": self.engine.now_ms,
            "lastUpdateId": self.engine.now_ms,
        }

    @public(f"{base.V1}/ticker/price", of=one_or_all)
    @public(f"{base.V2}/ticker/price", of=one_or_all)
    def price(self, contract: ContractSpec) -> dict[str, Any]:
        """The last price alone."""
        last = self.engine.world.book(contract.symbol).last
        return {"symbol": venue_symbol(contract), "price": plain(last), "time": self.engine.now_ms}

    @public(f"{base.V1}/premiumIndex", weight=per_symbol(1, 10), of=one_or_all)
    def premium_row(self, contract: ContractSpec) -> dict[str, Any]:
        """Mark, index, and the estimate of the next funding."""
        book, figures = self.engine.world.book(contract.symbol), self.engine.figures
        return {
            "symbol": venue_symbol(contract),
            "markPrice": plain(book.mark),
            "indexPrice": plain(book.index_price),
            "estimatedSettlePrice": plain(book.mark),
            "lastFundingRate": plain(figures.funding_rate(contract)),
            "interestRate": "0.0001",
            "nextFundingTime": figures.next_funding_ms(contract),
            "time": self.engine.now_ms,
        }

    @public(f"{base.V1}/fundingInfo", FUNDING)
    def funding_info(self, request: Request) -> list[dict[str, Any]]:
        """Of contracts whose settings are not the default."""
        return [
            {
                "symbol": venue_symbol(contract),
                "adjustedFundingRateCap": "0.02",
                "adjustedFundingRateFloor": "-0.02",
                "fundingIntervalHours": contract.funding_interval_h,
            }
            for contract in self.engine.world.linear
            if contract.funding_interval_h != 8
        ]

    @public(f"{base.V1}/fundingRate", FUNDING)
    def funding_rate(self, request: Request) -> list[dict[str, Any]]:
        """Settled rates, ascending."""
        fields = fields_of(request)
        since, limit = base.READER.whole(fields, "startTime") or 0, min(base.READER.whole(fields, "limit") or 100, 1000)
        rows: list[dict[str, Any]] = [
            {
                "symbol": venue_symbol(contract),
                "fundingRate": plain(rate),
                "fundingTime": at,
                "markPrice": plain(self.engine.marks.mark(contract, at)),
            }
            for contract in self.asked(fields)
            for at, rate in self.engine.figures.past_funding(contract, limit)
            if at >= since
        ]
        return sorted(rows, key=lambda row: row["fundingTime"])[-limit:]

    @public(f"{base.V1}/depth", needs="symbol", weight=2)
    def depth(self, request: Request) -> dict[str, Any]:
        """Levels ten ticks apart."""
        fields = fields_of(request)
        contract, count = self.contract(fields), base.READER.whole(fields, "limit") or 500
        if count > 1000:
            raise VenueRefusal("-1130", "Data sent for parameter 'limit' is not valid.")
        asks, bids = self.engine.figures.levels(contract, min(count, 20))
        size, now = plain(contract.top_size), self.engine.now_ms
        return {
            "lastUpdateId": now,
            "E": now,
            "T": now,
            "bids": [[plain(price), size] for price in bids],
            "asks": [[plain(price), size] for price in asks],
        }


def _symbol(contract: ContractSpec) -> dict[str, Any]:
    tick, step, largest = plain(contract.tick), plain(contract.step), plain(contract.max_quantity)
    lot = {"minQty": step, "stepSize": step}
    return {
        "symbol": venue_symbol(contract),
        "pair": venue_symbol(contract),
        "contractType": "PERPETUAL",
        "deliveryDate": FAR_MS,
        "onboardDate": LISTED_MS,
        "status": "TRADING" if contract.is_open else "SETTLING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.settle,
        "pricePrecision": 8,
        "quantityPrecision": 8,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10000,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "4529764", "tickSize": tick},
            {"filterType": "LOT_SIZE", "maxQty": largest, **lot},
            {"filterType": "MARKET_LOT_SIZE", "maxQty": plain(contract.max_market_quantity), **lot},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
            {"filterType": "MIN_NOTIONAL", "notional": plain(contract.min_notional)},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "10", "multiplierDown": "0.1", "multiplierDecimal": "4"},
        ],
        "orderTypes": [
            "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }  # fmt: skip
