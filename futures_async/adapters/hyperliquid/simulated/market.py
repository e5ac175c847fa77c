"""Reads for everybody. Reference: sections 3.5 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from futures_async.adapters.hyperliquid.simulated.gate import MALFORMED, Gate, dec, part
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, always, post

DELISTED = {"szDecimals": 1, "name": "MATIC", "maxLeverage": 20, "marginTableId": 20, "isDelisted": True}
INTERVALS = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1440}
MINUTE_MS = 60_000
TABLES = 50
"""Ids of margin tables from here on are tables; below, a leverage."""


def asked(body: Any, name: str) -> Any:
    """A field that must be there."""
    found = part(body, name)
    if found is None:
        raise MALFORMED
    return found


class MarketCalls(Gate):
    """Contracts, prices, funding, time."""

    constants: ClassVar[Sequence[Route]] = (
        Route("POST", "/info perpDexs", always([None]), private=False, weight=20),
        Route("POST", "/info spotMeta", always({"universe": [], "tokens": []}), private=False, weight=20),
        Route(
            "POST", "/info spotMetaAndAssetCtxs", always([{"universe": [], "tokens": []}, []]), private=False, weight=20
        ),
        Route("POST", "/info perpsAtOpenInterestCap", always([]), private=False, weight=20),
    )

    @post("/info exchangeStatus", private=False, weight=2)
    def status_of_exchange(self, request: Request) -> dict[str, Any]:
        return {"time": request.now_ms, "specialStatuses": None}

    @post("/info meta", private=False, weight=20)
    def meta(self, request: Request) -> dict[str, Any]:
        """Delisted contracts keep their place."""
        return {
            "universe": [
                DELISTED if spec is None else contract_row(spec, TABLES + index)
                for index, spec in enumerate(self.universe())
            ],
            "marginTables": [
                [TABLES + index, table(spec)] for index, spec in enumerate(self.universe()) if spec is not None
            ],
            "collateralToken": 0,
        }

    @post("/info metaAndAssetCtxs", private=False, weight=20)
    def contexts(self, request: Request) -> list[Any]:
        return [
            self.meta(request),
            [{"markPx": "0.2", "oraclePx": "0.2"} if spec is None else self.context(spec) for spec in self.universe()],
        ]

    def context(self, spec: ContractSpec) -> dict[str, Any]:
        """Prices and figures of one contract; no last trade."""
        book, day = self.engine.world.book(spec.symbol), self.engine.figures.day(spec)
        return {
            "funding": dec(self.engine.figures.funding_rate(spec)),
            "openInterest": dec(day.volume),
            "prevDayPx": dec(day.open),
            "dayNtlVlm": dec(day.turnover),
            "premium": "0.0003",
            "oraclePx": dec(book.index_price),
            "markPx": dec(book.mark),
            "midPx": dec((book.bid + book.ask) / 2),
            "impactPxs": [dec(book.bid), dec(book.ask)],
            "dayBaseVlm": dec(day.volume),
        }

    @post("/info allMids", private=False, weight=2)
    def mids(self, request: Request) -> dict[str, str]:
        return self.mid_prices()

    def mid_prices(self) -> dict[str, str]:
        """Of all markets, spot among them."""
        books = {spec.base: self.engine.world.book(spec.symbol) for spec in self.contracts_listed()}
        return {coin: dec((book.bid + book.ask) / 2) for coin, book in books.items()} | {"@107": "24.31"}

    @post("/info l2Book", private=False, weight=2)
    def l2_book(self, request: Request) -> dict[str, Any] | None:
        """Null where there is no such coin."""
        spec = self.named(asked(request.fields(), "coin"))
        return None if spec is None else self.book_row(spec, request.now_ms)

    def book_row(self, spec: ContractSpec, now_ms: int) -> dict[str, Any]:
        """Bids, then asks."""
        asks, bids = self.engine.figures.levels(spec, 20)
        levels = [[{"px": dec(px), "sz": dec(spec.top_size), "n": 3} for px in side] for side in (bids, asks)]
        return {"coin": spec.base, "time": now_ms, "levels": levels}

    @post("/info candleSnapshot", private=False, weight=20)
    def candles(self, request: Request) -> list[dict[str, Any]]:
        req = asked(request.fields(), "req")
        spec, interval = self.named(part(req, "coin")), str(part(req, "interval"))
        if spec is None or interval not in INTERVALS:
            raise MALFORMED
        return self.candle_rows(spec, interval, part(req, "startTime"), part(req, "endTime"))

    def candle_rows(
        self, spec: ContractSpec, interval: str, since_ms: int | None, until_ms: int | None
    ) -> list[dict[str, Any]]:
        """Oldest first; the last one's close is the last trade."""
        length_ms = INTERVALS[interval] * MINUTE_MS
        rows = self.engine.figures.candles(spec, length_ms, since_ms, until_ms, 500)
        return [
            {
                "t": row.at_ms,
                "T": row.at_ms + length_ms - 1,
                "s": spec.base,
                "i": interval,
                "o": dec(row.open),
                "h": dec(row.high),
                "l": dec(row.low),
                "c": dec(row.close),
                "v": dec(row.volume),
                "n": 10,
            }
            for row in rows
        ]

    @post("/info fundingHistory", private=False, weight=20)
    def past_funding(self, request: Request) -> list[dict[str, Any]]:
        """Oldest first."""
        fields = request.fields()
        spec, start = self.named(asked(fields, "coin")), int(asked(fields, "startTime"))
        rows = [] if spec is None else list(self.engine.figures.past_funding(spec, 500))
        return [
            {"coin": fields["coin"], "fundingRate": dec(rate), "premium": "0.00027", "time": at + 21}
            for at, rate in reversed(rows)
            if at >= start
        ]


def contract_row(spec: ContractSpec, table_id: int) -> dict[str, Any]:
    exponent = spec.step.as_tuple().exponent
    return {
        "szDecimals": max(0, -exponent if isinstance(exponent, int) else 0),
        "name": spec.base,
        "maxLeverage": spec.max_leverage,
        "marginTableId": table_id,
    }


def table(spec: ContractSpec) -> dict[str, Any]:
    tiers = [{"lowerBound": dec(tier.min_notional), "maxLeverage": tier.max_leverage} for tier in spec.tiers]
    return {"description": f"tiered {spec.max_leverage}x", "marginTiers": tiers}


def price_is_good(spec: ContractSpec, price: Decimal) -> bool:
    """Whole, or of five figures and not too many decimals."""
    if price == price.to_integral_value():
        return True
    _, digits, exponent = price.normalize().as_tuple()
    decimals = 6 - contract_row(spec, 0)["szDecimals"]
    return isinstance(exponent, int) and len(digits) <= 5 and -exponent <= decimals
