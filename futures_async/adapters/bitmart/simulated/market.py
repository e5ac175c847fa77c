"""BitMart's public endpoints and the account's reads on the simulated exchange."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from futures_async.adapters.bitmart.simulated import rows
from futures_async.adapters.bitmart.simulated.base import BitMartSide, per2, whole
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, VenueRefusal, always, one, plain, public
from futures_async.transport.endpoint import RateLimit

COINS = ("USDT", "BTC", "ETH")
"""Listed among the balances even when they are zero."""
STEPS_MIN = (1, 3, 5, 15, 30, 60, 120, 240, 360, 720, 1440, 4320, 10080)
MINUTE_S = 60
LEVELS = 50
CANDLES = 500
PUBLIC = "/contract/public"
IP12, IP_TEN = RateLimit(12, 2.0, "ip"), RateLimit(10, 1.0, "ip")
CURRENCY = {
    "contract_address": None,
    "withdraw_enabled": True,
    "deposit_enabled": True,
    "withdraw_minsize": "1",
    "withdraw_minfee": "1",
    "withdraw_fee_estimate": "1",
    "withdraw_fee": "1",
}


class MarketData(BitMartSide):
    """Public endpoints."""

    constants: ClassVar[Sequence[Route]] = (
        Route("GET", "/system/service", always({"service": []}), IP_TEN, private=False),
        # Of the spot interface: what other clients ask for before they trade.
        Route("GET", "/spot/v1/symbols/details", always({"symbols": []}), IP12, private=False),
        Route("GET", "/spot/v1/wallet", always({"wallet": []}), per2(12)),
    )

    @public(f"{PUBLIC}/details", IP12)
    def details(self, request: Request) -> Any:
        """All contracts ever listed, or one; unknown ones have the catch-all code here."""
        symbol = request.params.get("symbol")
        found = [rows.contract_row(self.engine, contract, request.now_ms) for contract in self.engine.world.linear]
        found.append(rows.DELISTED_INVERSE)
        if symbol:
            found = [row for row in found if row["symbol"] == symbol]
            if not found:
                raise VenueRefusal("40012", "SYMBOL_NOT_EXIST")
        return {"symbols": found}

    @public(f"{PUBLIC}/depth", IP12, of=one)
    def depth(self, contract: ContractSpec) -> Any:
        """Price, size in contracts, cumulative size; a `limit` is ignored."""
        book = self.engine.marks.book(contract, self.engine.now_ms)

        def side(best: Decimal, away: Decimal) -> list[list[str]]:
            return [[plain(best + away * level), "1000", str(1000 * (level + 1))] for level in range(LEVELS)]

        return {
            "asks": side(book.ask, contract.tick),
            "bids": side(book.bid, -contract.tick),
            "symbol": rows.venue_symbol(contract),
            "timestamp": self.engine.now_ms,
        }

    @public(f"{PUBLIC}/market-trade", IP12, of=one)
    def market_trades(self, contract: ContractSpec) -> Any:
        """One trade, at the last price; `qty` is base coin, `time` seconds."""
        last = self.engine.marks.book(contract, self.engine.now_ms).last
        return [
            {
                "symbol": rows.venue_symbol(contract),
                "price": plain(last),
                "qty": plain(contract.contract_size),
                "quote_qty": plain(contract.contract_size * last),
                "time": self.engine.now_ms // 1000,
                "is_buyer_maker": False,
            }
        ]

    @public(f"{PUBLIC}/open-interest", RateLimit(2, 2.0, "ip"), of=one)
    def open_interest(self, contract: ContractSpec) -> Any:
        """Contracts and quote."""
        return {
            "symbol": rows.venue_symbol(contract),
            "open_interest": "4134180",
            "open_interest_value": "386587171.8",
            "timestamp": self.engine.now_ms,
        }

    @public(f"{PUBLIC}/funding-rate", IP12, of=one)
    def funding_rate(self, contract: ContractSpec) -> Any:
        """`rate_value` is settled, `expected_rate` is due at `funding_time`."""
        [(_, settled)] = self.engine.figures.past_funding(contract, 1)
        return {
            "symbol": rows.venue_symbol(contract),
            "rate_value": plain(settled),
            "expected_rate": plain(self.engine.figures.funding_rate(contract)),
            "funding_time": self.engine.figures.next_funding_ms(contract),
            "funding_upper_limit": "0.0375",
            "funding_lower_limit": "-0.0375",
            "timestamp": self.engine.now_ms,
        }

    @public(f"{PUBLIC}/funding-rate-history", IP12)
    def funding_rate_history(self, request: Request) -> Any:
        """Settled rates, newest first; here `funding_time` is text."""
        contract = self.contract(request.params)
        size = min(whole(request.params, "limit") or 100, 100)
        return {
            "list": [
                {"symbol": rows.venue_symbol(contract), "funding_rate": plain(rate), "funding_time": str(at)}
                for at, rate in self.engine.figures.past_funding(contract, size)
            ]
        }

    @public(f"{PUBLIC}/kline", IP12)
    @public(f"{PUBLIC}/markprice-kline", IP12)
    def candles(self, request: Request) -> Any:
        """At most 500 between two times in seconds."""
        contract = self.contract(request.params)
        step, start, end = (whole(request.params, name) for name in ("step", "start_time", "end_time"))
        if (step or 1) not in STEPS_MIN:
            raise VenueRefusal("40038", "The k-line step is error")
        width = (step or 1) * MINUTE_S
        stop = end or request.now_ms // 1000
        first = (start or stop - CANDLES * width) // width * width
        found: list[dict[str, Any]] = []
        for at in range(first, stop, width)[:CANDLES]:
            opened = self.engine.marks.mark(contract, at * 1000)
            closed = self.engine.marks.mark(contract, (at + width) * 1000)
            found.append(
                {
                    "timestamp": at,
                    "open_price": plain(opened),
                    "high_price": plain(max(opened, closed)),
                    "low_price": plain(min(opened, closed)),
                    "close_price": plain(closed),
                    "volume": "0" if "markprice" in request.path else "1000",
                }
            )
        return found

    @public(f"{PUBLIC}/leverage-bracket", IP12)
    def brackets(self, request: Request) -> Any:
        """Risk limits of one contract or all."""
        return {
            "rules": [
                {"symbol": rows.venue_symbol(contract), "brackets": list(rows.bracket_rows(contract))}
                for contract in self.asked(request.params)
            ]
        }

    @public("/system/time", IP_TEN)
    def time(self, request: Request) -> Any:
        """Milliseconds."""
        return {"server_time": request.now_ms}

    @public("/account/v1/currencies", IP12)
    def currencies(self, request: Request) -> Any:
        """Of the spot interface, minimal."""
        return {
            "currencies": [{"currency": coin, "name": coin, "network": coin} | CURRENCY for coin in (*COINS, "USDC")]
        }
