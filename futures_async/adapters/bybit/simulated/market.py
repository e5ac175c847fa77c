"""Public endpoints of v5. Reference: venues/bybit.md sections 3.3 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from futures_async.adapters.bybit.simulated.base import V5, each, listed, venue_symbol, whole
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal, plain, public
from futures_async.simulator.engine import Engine

PATH = "/v5/market"
MINUTE_MS = 60_000
_TEN_THOUSANDTH = Decimal("0.0001")
INTERVALS = {**{str(minutes): minutes for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)}, "D": 1440, "W": 10_080}


class MarketCalls(V5):
    """Contracts, prices, funding, tiers."""

    @public(f"{PATH}/time")
    def time(self, request: Request) -> dict[str, Any]:
        """Seconds and nanoseconds; milliseconds are in the envelope."""
        now = self.engine.clock()
        return {"timeSecond": str(now // 1000), "timeNano": f"{now}000000"}

    @public(f"{PATH}/instruments-info", needs="category")
    def instruments(self, request: Request) -> dict[str, Any]:
        """Trading rules of what trades; nothing is announced or delivered here."""
        params = request.params
        found = list(self.asked(params))
        if (params.get("status") or "Trading") != "Trading":
            found = []
        size, start = whole(params, "limit") or 500, int(params.get("cursor") or 0)
        if not 1 <= size <= 1000:
            raise VenueRefusal("10001", "params error: limit invalid")
        rows = [_instrument(contract) for contract in found[start : start + size]]
        cursor = str(start + size) if start + size < len(found) else ""
        return listed(rows, cursor, params["category"])

    @public(f"{PATH}/tickers", needs="category", of=each)
    def tickers(self, contract: ContractSpec) -> dict[str, Any]:
        return ticker_row(self.engine, contract)

    @public(f"{PATH}/risk-limit", needs="category")
    def risk_limit(self, request: Request) -> dict[str, Any]:
        """Tiers: fractions for linear contracts, percent for inverse ones, whose bounds are base coin."""
        rows = [row for contract in self.asked(request.params)[:15] for row in self._tiers(contract)]
        return listed(rows, "", request.params["category"])

    def _tiers(self, contract: ContractSpec) -> list[dict[str, Any]]:
        percent = 100 if contract.is_inverse else 1
        mark = self.engine.world.mark(contract.symbol) if contract.is_inverse else 1
        return [
            {
                "id": tier.number,
                "symbol": venue_symbol(contract),
                "riskLimitValue": plain(tier.max_notional // mark),
                "maintenanceMargin": plain(tier.maintenance_rate * percent),
                "initialMargin": _initial(tier.max_leverage, percent),
                "isLowestRisk": int(tier.number == 1),
                "maxLeverage": f"{tier.max_leverage}.00",
                "mmDeduction": "" if tier.number == 1 else "0",
            }
            for tier in contract.tiers
        ]

    @public(f"{PATH}/funding/history", needs="category symbol")
    def funding_history(self, request: Request) -> dict[str, Any]:
        """Newest first; without a cursor."""
        params = request.params
        contract = self.contract(params)
        if params.get("startTime") and not params.get("endTime"):
            raise VenueRefusal("10001", "params error: endTime is required")
        rows = [
            {"symbol": venue_symbol(contract), "fundingRate": plain(rate), "fundingRateTimestamp": str(at)}
            for at, rate in self.engine.figures.past_funding(contract, min(whole(params, "limit") or 200, 200))
        ]
        return listed(rows, "", params["category"])

    @public(f"{PATH}/orderbook", needs="category symbol")
    def orderbook(self, request: Request) -> dict[str, Any]:
        """Levels ten ticks apart."""
        contract = self.contract(request.params)
        asks, bids = self.engine.figures.levels(contract, min(whole(request.params, "limit") or 25, 500))
        size, now = plain(contract.top_size), self.engine.clock()
        return {
            "s": venue_symbol(contract),
            "a": [[plain(price), size] for price in asks],
            "b": [[plain(price), size] for price in bids],
            "ts": now,
            "u": now,
            "seq": now,
            "cts": now,
        }

    @public(f"{PATH}/kline", needs="category symbol interval")
    def kline(self, request: Request) -> dict[str, Any]:
        """Of the mark price, newest first."""
        params = request.params
        contract = self.contract(params)
        minutes = INTERVALS.get(params["interval"])
        if minutes is None:
            raise VenueRefusal("10001", "params error: interval invalid")
        since, until, most = whole(params, "start"), whole(params, "end"), min(whole(params, "limit") or 200, 1000)
        rows = [
            [str(row.at_ms), *map(plain, (*row[1:], row.volume * row.close))]
            for row in self.engine.figures.candles(contract, minutes * MINUTE_MS, since, until, most)
        ]
        return {"category": params["category"], "symbol": venue_symbol(contract), "list": rows[::-1]}

    @public(f"{PATH}/price-limit", needs="symbol")
    def price_limit(self, request: Request) -> dict[str, Any]:
        params: Mapping[str, Any] = {"category": "linear"} | request.params
        contract = self.contract(params)
        lowest, highest = self.band(contract)
        return {
            "symbol": venue_symbol(contract),
            "buyLmt": plain(highest),
            "sellLmt": plain(lowest),
            "ts": str(self.engine.clock()),
        }


def _initial(leverage: int, percent: int) -> str:
    """One over leverage, in four decimals."""
    return plain((percent * 10_000 // leverage) * _TEN_THOUSANDTH)


def _instrument(contract: ContractSpec) -> dict[str, Any]:
    kind = "InversePerpetual" if contract.is_inverse else "LinearPerpetual"
    return {
        "symbol": venue_symbol(contract),
        "symbolId": 5,
        "contractType": kind,
        "status": "Trading" if contract.is_open else "Closed",
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": f"{contract.max_leverage}.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": plain(contract.tick),
            "maxPrice": plain(contract.start_price * 100),
            "tickSize": plain(contract.tick),
        },
        "lotSizeFilter": {
            "maxOrderQty": plain(contract.max_quantity),
            "minOrderQty": plain(contract.step),
            "qtyStep": plain(contract.step),
            "postOnlyMaxOrderQty": plain(contract.max_quantity),
            "maxMktOrderQty": plain(contract.max_market_quantity),
            "minNotionalValue": plain(contract.min_notional),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": contract.funding_interval_h * 60,
        "settleCoin": contract.settle,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "symbolType": "",
    }


def ticker_row(engine: Engine, contract: ContractSpec) -> dict[str, Any]:
    """Prices, without a time of their own."""
    book, figures = engine.world.book(contract.symbol), engine.figures
    day = figures.day(contract)
    empty = ("predictedDeliveryPrice", "basisRate", "deliveryFeeRate", "basis", "preOpenPrice", "preQty")
    return {
        "symbol": venue_symbol(contract),
        "lastPrice": plain(book.last),
        "indexPrice": plain(book.index_price),
        "markPrice": plain(book.mark),
        "prevPrice24h": plain(day.open),
        "price24hPcnt": plain(day.change),
        "highPrice24h": plain(day.high),
        "lowPrice24h": plain(day.low),
        "prevPrice1h": plain(day.open),
        "openInterest": plain(day.volume),
        "openInterestValue": plain(contract.notional(day.volume, book.last)),
        "turnover24h": plain(contract.counter(day.volume, book.last)),
        "volume24h": plain(day.volume),
        "fundingRate": plain(figures.funding_rate(contract)),
        "nextFundingTime": str(figures.next_funding_ms(contract)),
        **dict.fromkeys(empty, ""),
        "deliveryTime": "0",
        "ask1Size": plain(contract.top_size),
        "bid1Price": plain(book.bid),
        "ask1Price": plain(book.ask),
        "bid1Size": plain(contract.top_size),
        "curPreListingPhase": "",
        "fundingIntervalHour": str(contract.funding_interval_h),
        "basisRateYear": "",
        "fundingCap": "0.00375",
    }
