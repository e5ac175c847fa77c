"""Public endpoints, with the few of other product lines that clients ask for at start. Reference: section 3.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from futures_async.adapters.bitget.simulated.base import V2, contract_terms, limit_row, places
from futures_async.adapters.bitget.simulated.gate import whole, word
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, VenueRefusal, always, each, one, plain, public
from futures_async.transport.endpoint import RateLimit

PATH = "/api/v2/mix/market"
IP20, IP10 = RateLimit(20, scope="ip"), RateLimit(10, scope="ip")
ONE = "symbol productType"
MINUTE_MS = 60_000
GRANULARITIES = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "6H": 360, "12H": 720, "1D": 1440,
    "3D": 4320, "1W": 10080, "6Hutc": 360, "12Hutc": 720, "1Dutc": 1440, "3Dutc": 4320, "1Wutc": 10080,
}  # fmt: skip


class MarketCalls(V2):
    """Contracts, prices, funding, tiers."""

    constants: ClassVar[Sequence[Route]] = (
        Route("GET", "/api/v2/spot/public/symbols", always([]), IP20, private=False),
        Route("GET", "/api/v2/margin/currencies", always([]), IP20, private=False),
    )

    @public(f"{PATH}/contracts", IP20, needs="productType", of=each)
    def contract_row(self, contract: ContractSpec) -> dict[str, Any]:
        return contract_terms(contract) | {
            "feeRateUpRatio": "0.1",
            "openCostUpRatio": "0.1",
            "supportMarginCoins": [contract.settle],
            "minTradeNum": plain(contract.step),
            "priceEndStep": plain(contract.tick.scaleb(places(contract.tick))),
            "volumePlace": str(places(contract.step)),
            "pricePlace": str(places(contract.tick)),
            "sizeMultiplier": plain(contract.step),
            "symbolType": "perpetual",
            "minTradeUSDT": plain(contract.min_notional),
            "maxSymbolOrderNum": "999999",
            "maxProductOrderNum": "999999",
            "symbolStatus": "normal" if contract.is_open else "maintain",
            "minLever": "1",
            "maxLever": str(contract.max_leverage),
            "posLimit": "0.05",
        }

    @public(f"{PATH}/tickers", IP20, needs="productType")
    def tickers(self, request: Request) -> list[dict[str, Any]]:
        """All of a product type, whatever else is named."""
        return [self.ticker(contract) for contract in self.contracts(self.product(request.params))]

    @public(f"{PATH}/ticker", IP20, needs=ONE, of=each)
    def ticker(self, contract: ContractSpec) -> dict[str, Any]:
        """A list of one."""
        book, day = self.engine.world.book(contract.symbol), self.engine.figures.day(contract)
        return {
            "symbol": self.venue_symbol(contract),
            "lastPr": plain(book.last),
            "askPr": plain(book.ask),
            "bidPr": plain(book.bid),
            "bidSz": plain(contract.top_size),
            "askSz": plain(contract.top_size),
            "high24h": plain(day.high),
            "low24h": plain(day.low),
            "ts": str(self.engine.now_ms),
            "change24h": plain(day.change),
            "baseVolume": plain(day.volume),
            "quoteVolume": plain(day.turnover),
            "usdtVolume": plain(day.turnover),
            "openUtc": plain(day.open),
            "changeUtc24h": "0",
            "indexPrice": plain(book.index_price),
            "fundingRate": plain(self.engine.figures.funding_rate(contract)),
            "holdingAmount": plain(day.volume),
            "deliveryStartTime": None,
            "deliveryTime": None,
            "deliveryStatus": "",
            "open24h": plain(day.open),
            "markPrice": plain(book.mark),
        }

    @public(f"{PATH}/symbol-price", IP20, needs=ONE, of=each)
    def symbol_price(self, contract: ContractSpec) -> dict[str, str]:
        book = self.engine.world.book(contract.symbol)
        return {
            "symbol": self.venue_symbol(contract),
            "price": plain(book.last),
            "indexPrice": plain(book.index_price),
            "markPrice": plain(book.mark),
            "ts": str(self.engine.now_ms),
        }

    @public(f"{PATH}/merge-depth", IP20, needs=ONE, of=one)
    def merge_depth(self, contract: ContractSpec) -> dict[str, Any]:
        """Five levels; numbers, not strings."""
        asks, bids = self.engine.figures.levels(contract, 5)
        return {
            "asks": [[price, contract.top_size] for price in asks],
            "bids": [[price, contract.top_size] for price in bids],
            "ts": str(self.engine.now_ms),
            "scale": plain(contract.tick),
            "precision": "scale0",
            "isMaxPrecision": "NO",
        }

    # -- funding

    @public(f"{PATH}/current-fund-rate", IP20, needs="productType", of=each)
    def current_fund_rate(self, contract: ContractSpec) -> dict[str, str]:
        return self.funding_row(contract)

    @public(f"{PATH}/history-fund-rate", IP20, needs=ONE)
    def history_fund_rate(self, request: Request) -> list[dict[str, str]]:
        """Newest first, by page number."""
        contract = self.contract(request.params)
        size = min(whole(request.params, "pageSize") or 20, 100)
        number = max(whole(request.params, "pageNo") or 1, 1)
        return [
            {"symbol": self.venue_symbol(contract), "fundingRate": plain(rate), "fundingTime": str(at)}
            for at, rate in self.engine.figures.past_funding(contract, size, number)
        ]

    @public(f"{PATH}/funding-time", IP20, needs=ONE, of=each)
    def funding_time(self, contract: ContractSpec) -> dict[str, str]:
        return {
            "symbol": self.venue_symbol(contract),
            "nextFundingTime": str(self.engine.figures.next_funding_ms(contract)),
            "ratePeriod": str(contract.funding_interval_h),
        }

    # -- the rest

    @public(f"{PATH}/open-interest", IP20, needs=ONE, of=one)
    def open_interest(self, contract: ContractSpec) -> dict[str, Any]:
        """An invented figure that stands still."""
        row = {"symbol": self.venue_symbol(contract), "size": plain(self.engine.figures.volume(contract))}
        return {"openInterestList": [row], "ts": str(self.engine.now_ms)}

    @public(f"{PATH}/oi-limit", IP10, needs="productType", of=each)
    def open_interest_limits(self, contract: ContractSpec) -> dict[str, str]:
        return limit_row(contract)

    @public(f"{PATH}/candles", IP20, needs=f"{ONE} granularity")
    @public(f"{PATH}/history-candles", IP20, needs=f"{ONE} granularity")
    def candles(self, request: Request) -> list[list[str]]:
        """Of the mark price."""
        contract = self.contract(request.params)
        minutes = GRANULARITIES.get(request.params["granularity"])
        if minutes is None:
            raise VenueRefusal("40020", "Parameter granularity error")
        word(request.params, "kLineType", ("market", "mark", "index"), "market")
        return self.candle_rows(contract, minutes * MINUTE_MS, request.params)

    @public(f"{PATH}/query-position-lever", IP10, needs=ONE, of=one)
    def position_lever(self, contract: ContractSpec) -> list[dict[str, str]]:
        """The risk tiers of a symbol."""
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
