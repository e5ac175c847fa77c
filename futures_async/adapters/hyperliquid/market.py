"""What concerns no account: contracts, their tiers, prices, funding rates, the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, unread_of
from futures_async.adapters.hyperliquid import endpoints as api
from futures_async.adapters.hyperliquid import mapping, wire
from futures_async.adapters.hyperliquid.streams import HyperliquidStreams
from futures_async.adapters.hyperliquid.symbols import Names

T = TypeVar("T")

DAY_MS = 86_400_000
FIRST_BUILDER, OF_A_DEX = 100_000, 10_000
"""Where the asset ids of builders' dexs begin, and how many each has."""


class MarketCalls(fa.Adapter):
    """Reads for everybody."""

    tickers_by_contract = True
    _names: Names
    _stream: HyperliquidStreams
    _tiers: dict[str, list[mapping.Tier]]

    def venue_symbol(self, symbol: str) -> str:
        """The venue's name of a contract, from either form; in ccxt's capitals too, once names are known."""
        name = self._names.venue(symbol)
        small = f"k{name[1:]}"
        known = self._contracts.known
        return small if name.startswith("K") and name not in known and small in known else name

    def unified_symbol(self, venue_symbol: str) -> str:
        return self._names.unified(venue_symbol)

    async def _ask(self, endpoint: fa.Endpoint[T], **fields: Any) -> T:
        return await self._call(endpoint, body={"type": endpoint.operation, **fields})

    # Contracts

    async def fetch_contracts(self) -> list[fa.Contract]:
        """Read the trading rules of all contracts of this dex. Names are as the venue has them.

        Prices have five significant figures and `price_tick` at the finest, or are whole numbers.
        """
        found = await self._listed()
        self._check_collateral(found)
        return found

    async def _listed(self) -> list[fa.Contract]:
        """The contracts, whatever their collateral is called."""
        meta, first = await self._ask(api.META, dex=self._names.dex), await self._first_asset()
        rows = self._numbered(meta, first)
        listed = fa.Rows(row for row in rows if row.is_delisted is not True)
        return mapping.contracts(self._names).known(listed)

    async def _read_contracts(self) -> None:
        """What cancels and closes need of them is right under any name of the collateral."""
        self._remember_contracts(await self._listed())

    def _check_collateral(self, contracts: Iterable[fa.Contract] | None = None) -> None:
        """Token 0 is USDC, and no other is: money of a dex that has another would be told as USDC.

        Args:
            contracts: Of this dex; None: those that were read last.

        Raises:
            InvalidRequest: It is not what `margin_coin` says; never in an emergency.
        """
        if not self._in_emergency and self._is_miscalled(contracts):
            token = self._token(contracts)
            raise fa.InvalidRequest(
                f"{self.id}: the collateral of this dex is {'USDC' if token == 0 else f'token {token}'}, not "
                f"{self._names.settle}: give its coin as margin_coin"
            )

    def _is_miscalled(self, contracts: Iterable[fa.Contract] | None = None) -> bool:
        """Whether the collateral is known to be another than `margin_coin` says."""
        token = self._token(contracts)
        return token is not None and (token == 0) is not (self._names.settle == "USDC")

    def _token(self, contracts: Iterable[fa.Contract] | None) -> Decimal | None:
        """The collateral's number; None where it is not known."""
        one = next(iter(self._contracts.known.values() if contracts is None else contracts), None)
        return None if one is None else decimal_or_none(one.raw.collateral_token, "collateralToken")

    def _numbered(self, meta: wire.WireMeta, first: int) -> fa.Rows[wire.WireContract]:
        """The contracts with their asset ids, which are their places in the list: delisted ones keep theirs.

        Raises:
            DecodeError: A row is none at all, so that those after it cannot be counted.
        """
        if unread_of(meta.universe):
            raise fa.DecodeError(f"{self.id}: contracts cannot be numbered: some rows are none", path="universe")
        rows: fa.Rows[wire.WireContract] = fa.Rows()
        for index, row in enumerate(meta.universe):
            values: dict[str, Any] = {name: getattr(row, name) for name in row.__struct_fields__}
            values |= {"asset": first + index, "collateral_token": meta.collateral_token}
            rows.append(wire.WireContract(**values))
            try:
                self._tiers[str(row.name)] = mapping.tiers_of(meta, row)
            except fa.DecodeError:
                self._tiers.pop(str(row.name), None)
        return rows

    async def _first_asset(self) -> int:
        """The asset id of this dex's first contract."""
        if not self._names.dex:
            return 0
        dexs = await self._ask(api.DEXS)
        for index, row in enumerate(dexs):
            if mapping.part(row, "name") == self._names.dex:
                return FIRST_BUILDER + index * OF_A_DEX
        raise fa.SymbolNotFound(f"no dex {self._names.dex}", venue=self.id, endpoint=api.DEXS.name)

    async def fetch_contract(self, symbol: str) -> fa.Contract:
        """Read the trading rules of one contract, from a list kept for an hour."""
        found = await self._any_contract(symbol)
        self._check_collateral([found])
        return found

    async def _contract_held(self, symbol: str) -> fa.Contract:
        if self.venue_symbol(symbol) not in self._contracts.known:
            await self._any_contract(symbol)
        return await super()._contract_held(symbol)

    async def _any_contract(self, symbol: str) -> fa.Contract:
        """The same, whatever its collateral is called."""
        try:
            return await super().fetch_contract(symbol)
        except fa.SymbolNotFound:
            if self.venue_symbol(symbol) == self._names.venue(symbol):
                raise
        return await super().fetch_contract(symbol)  # now that names are known

    async def _asset(self, venue_symbol: str) -> int:
        """A contract's number: they never change, so one that was read at any time will do."""
        known = self._contracts.known.get(venue_symbol)
        return mapping.asset_of(known if known is not None else await self._any_contract(venue_symbol))

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        """Read the risk tiers of a contract, smallest first. The maintenance rate is half of one over the leverage."""
        contract = await self.fetch_contract(symbol)
        await self.fetch_contracts()
        tiers = self._tiers.get(contract.venue_symbol)
        if tiers is None:
            raise fa.DecodeError(f"{self.id}: the tiers of {symbol} cannot be read", path="marginTables")
        rows = [
            wire.WireTier(
                lower_bound=tier.lower,
                max_leverage=tier.leverage,
                index=number,
                upper_bound=tiers[number].lower if number < len(tiers) else None,
            )
            for number, tier in enumerate(tiers, 1)
        ]
        return mapping.risk_limits(self._names).all(rows, lambda _: contract.raw)

    # Prices

    async def _contexts(self) -> dict[str, wire.WireContext]:
        """Prices and figures of all contracts: they come in the order of the list of contracts."""

        def named(answer: tuple[wire.WireMeta, list[wire.WireContext]]) -> dict[str, wire.WireContext] | None:
            meta, contexts = answer
            if len(meta.universe) != len(contexts) or unread_of(meta.universe) or unread_of(contexts):
                return None
            rows = zip(meta.universe, contexts, strict=True)
            return {str(row.name): msgspec.structs.replace(context, coin=row.name) for row, context in rows}

        body = {"type": api.CONTEXTS.operation, "dex": self._names.dex}
        return await self._pick(api.CONTEXTS, None, named, body=body)

    async def _context(self, symbol: str) -> wire.WireContext:
        """Those of one contract."""
        name = self.venue_symbol(symbol)
        found = (await self._contexts()).get(name)
        if found is None:
            raise fa.SymbolNotFound(f"no contract {name}", venue=self.id, endpoint=api.CONTEXTS.name)
        return found

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read mark, oracle and best prices, and the last trade from the day's candle: no call tells all of them."""
        return await self._ticker(await self._context(symbol))

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        """Of each contract still two calls: no list tells its last trade and best prices."""
        contexts, found = await self._contexts(), list[fa.Ticker]()
        for name in names:
            with suppress(fa.DecodeError):
                found += [await self._ticker(contexts[name])] if name in contexts else []
        return found

    async def _ticker(self, context: wire.WireContext) -> fa.Ticker:
        """What two more calls tell, beside what is known of a contract."""
        name = str(context.coin)
        book = await self._ask(api.BOOK, coin=name)
        now_ms = self._channel.now_ms()
        span = {"coin": name, "interval": "1d", "startTime": now_ms - 7 * DAY_MS, "endTime": now_ms + DAY_MS}
        candles = await self._ask(api.CANDLES, req=span)
        bids, asks = (*([] if book is None else book.levels), [], [])[:2]
        row = msgspec.structs.replace(
            context,
            last=candles[-1].c if candles else None,
            bid=bids[0].px if bids else None,
            ask=asks[0].px if asks else None,
            time=None if book is None else book.time,
        )
        self._stream.learn(row)
        return mapping.tickers(self._names).one(row)

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        """Read the rate of the hour under way."""
        row = await self._context(symbol)
        return mapping.funding_rates(self._names).one(msgspec.structs.replace(row, time=self._channel.now_ms()))

    async def fetch_funding_rates(self, symbol: str, *, since_ms: int) -> list[wire.WirePastFunding]:
        """Read the settled rates from a time on, an hour each: 500 at most, oldest first, as the venue sends them."""
        return await self._ask(api.FUNDING_RATES, coin=self.venue_symbol(symbol), startTime=since_ms)

    async def fetch_time(self) -> int:
        return (await self._ask(api.STATUS)).time
