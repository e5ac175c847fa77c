"""Public calls: contracts, prices, funding, tiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.okx.simulated.base import API, READER, OKXSide, contract_worth, in_contracts, inst_id
from futures_async.simulator.venue import always, each, get, one, plain, public

YEAR = 3 * 365
"""Settlements that are remembered."""
TEN, TWENTY = sim.RateLimit(10, 2.0, "ip"), sim.RateLimit(20, 2.0, "ip")


def one_or_any(dialect: sim.Dialect, row: Callable[[sim.ContractSpec], Any], request: sim.Request) -> Any:
    """The row of one contract; `ANY` is all of them."""
    return (
        [row(spec) for spec in dialect.asked({})]
        if request.params.get("instId") == "ANY"
        else one(dialect, row, request)
    )


class MarketCalls(OKXSide):
    """What everybody may read."""

    # Clients ask at their start which coins there are.
    constants: ClassVar[Sequence[sim.Route]] = (sim.Route("GET", f"{API}/asset/currencies", always(list[Any]()), TEN),)

    @public(f"{API}/public/time", TEN)
    def time(self, request: sim.Request) -> dict[str, str]:
        return {"ts": str(self.engine.clock())}

    @public(f"{API}/public/instruments", TWENTY, needs="instType", of=each)
    @get(f"{API}/account/instruments", TWENTY, needs="instType", of=each)
    def instrument_row(self, contract: sim.ContractSpec) -> dict[str, Any]:
        """Trading rules: base and quote coin are empty for swaps, sizes are contracts."""
        pair, worth = f"{contract.base}-{contract.quote}", contract_worth(contract)
        lot = Decimal(1) if contract.quote_sized else contract.step / worth
        largest, market = (int(most / worth) for most in (contract.max_quantity, contract.max_market_quantity))
        return {
            "instType": "SWAP",
            "instId": inst_id(contract),
            "instIdCode": sum(map(ord, pair)),
            "instFamily": pair,
            "uly": pair,
            "baseCcy": "",
            "quoteCcy": "",
            "settleCcy": contract.settle,
            "ctVal": plain(worth),
            "ctMult": "1",
            "ctValCcy": contract.quote if contract.quote_sized else contract.base,
            "ctType": "inverse" if contract.is_inverse else "linear",
            "lotSz": plain(lot),
            "minSz": plain(lot),
            "tickSz": plain(contract.tick),
            "maxLmtSz": str(largest),
            "maxMktSz": str(market),
            "lever": str(contract.max_leverage),
            "state": "live" if contract.is_open else "suspend",
            "listTime": "1573557408000",
            "expTime": "",
            "ruleType": "normal",
            "futureSettlement": False,
            "upcChg": list[Any](),
            "groupId": "1",
            **dict.fromkeys(("optType", "stk", "alias", "openType", "auctionEndTime", "maxLmtAmt", "maxMktAmt"), ""),
            **dict.fromkeys(("maxTwapSz", "maxIcebergSz", "maxTriggerSz", "maxStopSz"), str(largest)),
            "category": "1",
        }

    @public(f"{API}/market/ticker", TWENTY, of=one)
    @public(f"{API}/market/tickers", TWENTY, needs="instType", of=each)
    def ticker_row(self, contract: sim.ContractSpec) -> dict[str, str]:
        """Sizes are contracts."""
        book, day = self.engine.world.book(contract.symbol), self.engine.figures.day(contract)
        top = in_contracts(contract.top_size, contract)
        return {
            "instType": "SWAP",
            "instId": inst_id(contract),
            "last": plain(book.last),
            "lastSz": top,
            "askPx": plain(book.ask),
            "askSz": top,
            "bidPx": plain(book.bid),
            "bidSz": top,
            "open24h": plain(day.open),
            "high24h": plain(day.high),
            "low24h": plain(day.low),
            "volCcy24h": plain(day.volume),
            "vol24h": in_contracts(day.volume, contract),
            "ts": str(self.engine.now_ms),
            "sodUtc0": plain(day.open),
            "sodUtc8": plain(day.open),
        }

    @public(f"{API}/public/mark-price", TEN, needs="instType", of=each)
    def mark_row(self, contract: sim.ContractSpec) -> dict[str, str]:
        price, now = plain(self.engine.world.mark(contract.symbol)), str(self.engine.now_ms)
        return {"instType": "SWAP", "instId": inst_id(contract), "markPx": price, "ts": now}

    @public(f"{API}/market/index-tickers", TWENTY)
    def index_tickers(self, request: sim.Request) -> dict[str, str] | list[dict[str, str]]:
        """By the pair: `BTC-USDT`; or all of a quote coin."""
        quote = request.params.get("quoteCcy")
        specs = {spec.base: spec for spec in self.asked({}) if spec.quote == quote}
        if "instId" not in request.params and specs:
            return list(map(self.index_row, specs.values()))
        return self.index_row(self.contract({"instId": f"{request.params.get('instId')}-SWAP"}))

    def index_row(self, contract: sim.ContractSpec) -> dict[str, str]:
        price = plain(self.engine.world.book(contract.symbol).index_price)
        return {"instId": inst_id(contract).removesuffix("-SWAP"), "idxPx": price, "ts": str(self.engine.now_ms)}

    @public(f"{API}/public/funding-rate", TEN, of=one_or_any)
    def funding_row(self, contract: sim.ContractSpec) -> dict[str, str]:
        """Of the running period; `nextFundingTime` is the end of the period after the running one."""
        due, figures = self.engine.figures.next_funding_ms(contract), self.engine.figures
        [(_, last)] = figures.past_funding(contract, 1)
        return {
            "instType": "SWAP",
            "instId": inst_id(contract),
            "fundingRate": plain(figures.funding_rate(contract)),
            "fundingTime": str(due),
            "nextFundingRate": "",
            "nextFundingTime": str(due + contract.funding_interval_h * 3_600_000),
            "minFundingRate": "-0.00375",
            "maxFundingRate": "0.00375",
            "settFundingRate": plain(last),
            "settState": "settled",
            "premium": "0",
            "interestRate": "0.0001",
            "impactValue": "20000",
            "method": "current_period",
            "formulaType": "withRate",
            "ts": str(self.engine.now_ms),
        }

    @public(f"{API}/public/funding-rate-history", TEN)
    def funding_history(self, request: sim.Request) -> list[dict[str, str]]:
        """What was paid, newest first."""
        contract = self.contract(request.params)
        most, after = min(READER.whole(request.params, "limit") or 400, 400), READER.whole(request.params, "after")
        paid = self.engine.figures.past_funding(contract, YEAR)
        return [
            {
                "instType": "SWAP",
                "instId": inst_id(contract),
                "fundingRate": plain(rate),
                "realizedRate": plain(rate),
                "fundingTime": str(at),
                "method": "current_period",
                "formulaType": "withRate",
            }
            for at, rate in islice((row for row in paid if after is None or row[0] < after), most)
        ]

    @public(f"{API}/public/position-tiers", TEN, needs="instType tdMode")
    def position_tiers(self, request: sim.Request) -> list[dict[str, str]]:
        """By family; bounds are contracts."""
        pair = request.params.get("instFamily") or request.params.get("uly")
        contract = self.find_contract(f"{pair}-SWAP")
        mark = self.engine.world.mark(contract.symbol)

        def bound(notional: Decimal) -> str:
            base = notional if contract.quote_sized else notional / mark
            return plain(Decimal(int(base / contract_worth(contract))))

        return [
            {
                "instType": "",
                "instFamily": str(pair),
                "uly": str(pair),
                "instId": "",
                "tier": str(tier.number),
                "minSz": bound(tier.min_notional),
                "maxSz": bound(tier.max_notional),
                "mmr": plain(tier.maintenance_rate),
                "imr": plain((Decimal(1) / tier.max_leverage).quantize(Decimal("1e-4"))),
                "maxLever": str(tier.max_leverage),
                "optMgnFactor": "0",
                "quoteMaxLoan": "0",
                "baseMaxLoan": "0",
            }
            for tier in contract.tiers
        ]
