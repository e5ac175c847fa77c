"""BitMart's public endpoints and the account's reads on the simulated exchange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from futures_async.adapters.bitmart.simulated import rows
from futures_async.adapters.bitmart.simulated.base import BitMartSide
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal, plain
from futures_async.simulator.marks import HOUR_MS

COINS = ("USDT", "BTC", "ETH")
"""Listed among the balances even when they are zero."""
STEPS_MIN = (1, 3, 5, 15, 30, 60, 120, 240, 360, 720, 1440, 4320, 10080)
MINUTE_S = 60
LEVELS = 50
CANDLES = 500


class MarketData(BitMartSide):
    """Public endpoints, balances, positions, modes."""

    # Public

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

    def depth(self, request: Request) -> Any:
        """Price, size in contracts, cumulative size; a `limit` is ignored."""
        contract = self.wanted_contract(request)
        book = self.engine.marks.book(contract, request.now_ms)

        def side(best: Any, away: int) -> list[list[str]]:
            return [
                [plain(best + away * level * contract.tick), "1000", str(1000 * (level + 1))] for level in range(LEVELS)
            ]

        return {
            "asks": side(book.ask, 1),
            "bids": side(book.bid, -1),
            "symbol": rows.venue_symbol(contract),
            "timestamp": request.now_ms,
        }

    def market_trades(self, request: Request) -> Any:
        """One trade, at the last price; `qty` is base coin, `time` seconds."""
        contract = self.wanted_contract(request)
        last = self.engine.marks.book(contract, request.now_ms).last
        return [
            {
                "symbol": rows.venue_symbol(contract),
                "price": plain(last),
                "qty": plain(contract.contract_size),
                "quote_qty": plain(contract.contract_size * last),
                "time": request.now_ms // 1000,
                "is_buyer_maker": False,
            }
        ]

    def open_interest(self, request: Request) -> Any:
        """Contracts and quote."""
        return {
            "symbol": rows.venue_symbol(self.wanted_contract(request)),
            "open_interest": "4134180",
            "open_interest_value": "386587171.8",
            "timestamp": request.now_ms,
        }

    def funding_rate(self, request: Request) -> Any:
        """`rate_value` is settled, `expected_rate` is due at `funding_time`."""
        contract = self.wanted_contract(request)
        interval, now = contract.funding_interval_h * HOUR_MS, request.now_ms
        return {
            "symbol": rows.venue_symbol(contract),
            "rate_value": plain(self.engine.marks.funding_rate(contract, now - interval)),
            "expected_rate": plain(self.engine.marks.funding_rate(contract, now)),
            "funding_time": (now // interval + 1) * interval,
            "funding_upper_limit": "0.0375",
            "funding_lower_limit": "-0.0375",
            "timestamp": now,
        }

    def funding_rate_history(self, request: Request) -> Any:
        """Settled rates, newest first; here `funding_time` is text."""
        contract = self.wanted_contract(request)
        interval = contract.funding_interval_h * HOUR_MS
        last = request.now_ms // interval
        return {
            "list": [
                {
                    "symbol": rows.venue_symbol(contract),
                    "funding_rate": plain(self.engine.marks.funding_rate(contract, (last - 1 - back) * interval)),
                    "funding_time": str((last - back) * interval),
                }
                for back in range(min(self.number(request, "limit") or 100, 100))
            ]
        }

    def candles(self, request: Request) -> Any:
        """At most 500 between two times in seconds."""
        contract = self.wanted_contract(request)
        step, start, end = (self.number(request, name) for name in ("step", "start_time", "end_time"))
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

    def brackets(self, request: Request) -> Any:
        """Risk limits of one contract or all."""
        only = self.maybe_contract(request)
        listed: Iterable[ContractSpec] = self.engine.world.linear if only is None else (only,)
        return {
            "rules": [
                {"symbol": rows.venue_symbol(contract), "brackets": list(rows.bracket_rows(contract))}
                for contract in listed
            ]
        }

    def time(self, request: Request) -> Any:
        """Milliseconds."""
        return {"server_time": request.now_ms}

    def service(self, request: Request) -> Any:
        """No maintenance ahead."""
        return {"service": []}

    def currencies(self, request: Request) -> Any:
        """Of the spot interface, minimal."""
        return {
            "currencies": [
                {
                    "currency": coin,
                    "name": coin,
                    "contract_address": None,
                    "network": coin,
                    "withdraw_enabled": True,
                    "deposit_enabled": True,
                    "withdraw_minsize": "1",
                    "withdraw_minfee": "1",
                    "withdraw_fee_estimate": "1",
                    "withdraw_fee": "1",
                }
                for coin in (*COINS, "USDC")
            ]
        }

    def spot_symbols(self, request: Request) -> Any:
        """No spot trading here."""
        return {"symbols": []}
