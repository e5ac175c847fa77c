"""What the market is: trading rules, prices, funding and tiers, as calls and as tables, one line a field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decimal_or_none, made, moment, named, needed, number, positive_or_none, price, text
from futures_async.adapters._rows import listed, readable
from futures_async.adapters.bybit import endpoints
from futures_async.adapters.bybit import wire_market as wire
from futures_async.adapters.bybit.lists import Lists, Scope, of_category, of_contract
from futures_async.adapters.bybit.mapping import VENUE, dollar
from futures_async.adapters.bybit.symbols import (
    CATEGORIES,
    Category,
    category_of,
    is_inverse,
    unified_symbol,
    venue_symbol,
)

LINEAR, PRELAUNCH = {"category": "linear"}, {"status": "PreLaunch"}
_FILTERS: dict[type, str] = {
    wire.WireLot: "lotSizeFilter",
    wire.WirePrices: "priceFilter",
    wire.WireLeverages: "leverageFilter",
}


def _above_zero(part: object, name: str, kind: type) -> Decimal | None:
    if part is not None and (not isinstance(part, kind) or part == kind()):
        raise fa.DecodeError(f"{_FILTERS[kind]} is not what it was", path=_FILTERS[kind])
    return positive_or_none(getattr(part, name, None), name)


@fa.table
def contracts(row: wire.WireInstrument) -> fa.Contract:
    """Trading rules. An inverse contract is a dollar: its sizes are contracts."""
    name, lot, prices = needed(text(row.symbol)), row.lot_size_filter, row.price_filter
    return fa.Contract(
        **named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        base=needed(text(row.base_coin)),
        quote=needed(text(row.quote_coin)),
        settle=needed(text(row.settle_coin)),
        contract_size=Decimal(1),
        contract_value=made(dollar, name),
        price_tick=needed(made(_above_zero, prices, "tick_size", wire.WirePrices)),
        quantity_step=needed(made(_above_zero, lot, "qty_step", wire.WireLot)),
        min_quantity=made(_above_zero, lot, "min_order_qty", wire.WireLot),
        max_quantity=made(_above_zero, lot, "max_order_qty", wire.WireLot),
        max_market_quantity=made(_above_zero, lot, "max_mkt_order_qty", wire.WireLot),
        min_notional=made(_above_zero, lot, "min_notional_value", wire.WireLot),
        max_leverage=made(_above_zero, row.leverage_filter, "max_leverage", wire.WireLeverages),
        status=text(row.status),
        delisted_ms=moment(row.delivery_time),
    )


@fa.table_with
def tickers(row: wire.WireTicker, stamp: wire.WireStamp) -> fa.Ticker:
    """Prices; when they were is said beside the rows."""
    return fa.Ticker(
        **named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        last_price=needed(number(row.last_price)),
        bid_price=price(row.bid1_price),
        ask_price=price(row.ask1_price),
        mark_price=price(row.mark_price),
        index_price=price(row.index_price),
        funding_rate=number(row.funding_rate),
        created_ms=moment(stamp.time),
    )


@fa.table_with
def funding_rates(row: wire.WireTicker, stamp: wire.WireStamp) -> fa.FundingRate:
    """The rate that is settled next; the ticker has it."""
    return fa.FundingRate(
        **named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        funding_rate=needed(number(row.funding_rate)),
        interval_s=fa.whole(fa.times(price(row.funding_interval_hour), Decimal(3600))),
        next_funding_ms=moment(row.next_funding_time),
        max_rate=price(row.funding_cap),
        created_ms=moment(stamp.time),
    )


def clock_ms(answer: wire.WireTime) -> int:
    """The venue's time: in milliseconds beside the payload, in nanoseconds within it.

    Raises:
        DecodeError: In neither.
    """
    found = fa.ms_or_none(answer.time, "time")
    if found is None:
        nano = decimal_or_none(answer.time_nano, "timeNano")
        if nano is None:
            raise fa.DecodeError("the answer tells no time", path="timeNano")
        found = int(nano) // 1_000_000
    return found


# Tiers


def _fraction(rate: Decimal | None, initial: Decimal | None, leverage: Decimal | None) -> Decimal | None:
    """Rates of inverse contracts may be percent: then initial margin times leverage is about 100, not 1."""
    if rate is None or initial is None or leverage is None:
        return rate
    return fa.EXACT.multiply(rate, Decimal("0.01")) if fa.EXACT.multiply(initial, leverage) > 10 else rate


@fa.table
def risk_limits(row: wire.WireTier) -> fa.RiskLimit:
    """Tiers. Their bounds are quote coin, base coin of inverse contracts."""
    name, most = needed(text(row.symbol)), number(row.risk_limit_value)
    initial, leverage = number(row.initial_margin), price(row.max_leverage)
    return fa.RiskLimit(
        **named(VENUE, row.symbol, unified_symbol, spelled=str.upper),
        risk_limit=most,
        max_notional=made(lambda name, most: None if is_inverse(name) else most, name, most),
        max_quantity=made(lambda name, most: most if is_inverse(name) else None, name, most),
        max_leverage=leverage,
        maintenance_margin_rate=made(_fraction, number(row.maintenance_margin), initial, leverage),
        initial_margin_rate=made(_fraction, initial, initial, leverage),
    )


def ranked(tiers: Sequence[fa.RiskLimit]) -> Iterator[fa.RiskLimit]:
    """Tiers of one contract, smallest first, with their numbers; each begins where the one before ends."""
    low: Decimal | None = Decimal(0)
    for place, tier in enumerate(sorted(tiers, key=lambda tier: tier.risk_limit or Decimal(0)), 1):
        above = low if tier.max_notional is not None else None
        yield msgspec.structs.replace(tier, tier=place, min_notional=above)
        low = tier.max_notional


class MarketCalls(Lists):
    """What needs no key."""

    pairs = fa.Names(venue_symbol, unified_symbol)
    _early_missed = False
    """The contracts before their listing could not be read."""

    async def fetch_contracts(self) -> list[fa.Contract]:
        """Read the trading rules of all contracts that trade now, of all kinds, those before their listing too.

        Where only these cannot be read, they are told as they were last.
        """
        scopes = self._categories(None)
        early = self._early(scopes)

        async def read(scope: Scope) -> list[fa.Contract]:
            try:
                found = await self._instruments(scope)
            except fa.FuturesAsyncError as error:
                if scope not in early:
                    raise
                self._early_missed = True
                problem = f"those before their listing: {error.text}"
                lost = fa.UnreadRow("status", problem, None, {}, self.id, endpoints.INSTRUMENTS.name)
                return contracts().known(fa.Rows[wire.WireInstrument]().without((lost,)))
            self._early_missed = self._early_missed and scope not in early
            return found

        found = await fa.side_by_side(read, [*scopes, *early])
        if self._early_missed:
            listed = {contract.venue_symbol for contract in found}
            known = [one for one in self._contracts.known.values() if one.status == PRELAUNCH["status"]]
            found += [one for one in known if one.venue_symbol not in listed]
        return found

    def _early(self, scopes: Sequence[Scope]) -> list[Scope]:
        """What is traded before its listing is listed apart, and there is such among linear contracts alone."""
        return [scope._replace(params={**scope.params, **PRELAUNCH}) for scope in scopes if scope.params == LINEAR]

    async def _instruments(self, scope: Scope) -> list[fa.Contract]:
        return contracts().known(await self._all_rows(endpoints.INSTRUMENTS, scope, endpoints.INSTRUMENTS_PAGE))

    async def fetch_contract(self, symbol: str) -> fa.Contract:
        """Read the trading rules of one contract, from a list kept for an hour."""
        try:
            return await super().fetch_contract(symbol)
        except fa.SymbolNotFound:
            if not self._early_missed:
                raise
        await self._seldom("early contracts", self._read_early)
        return await super().fetch_contract(symbol)

    async def _read_early(self) -> None:
        """Those that were missed: without them it is not known whether there is such a contract."""
        for contract in await fa.side_by_side(self._instruments, self._early(self._categories(None))):
            self._contracts.rows[contract.venue_symbol] = self._contracts.known[contract.venue_symbol] = contract
        self._early_missed = False

    async def _ticker(self, symbol: str) -> tuple[wire.WireTicker, wire.WireStamp]:
        """The row of one contract; none at all means that there is no such contract."""
        scope = of_contract(self.venue_symbol(symbol))
        answer = await self._rows(endpoints.TICKERS, scope)
        rows = listed(answer.rows)
        if not rows:
            if lost := fa.unread_of(answer.rows):
                raise fa.unread_rows(lost, [])
            raise fa.SymbolNotFound(f"no contract {symbol}", venue=self.id, endpoint=endpoints.TICKERS.name)
        return rows[0], wire.WireStamp(time=answer.time)

    async def fetch_ticker(self, symbol: str) -> fa.Ticker:
        """Read last, best, mark and index prices."""
        return tickers().one(*await self._ticker(symbol))

    async def _listed_tickers(self, names: Sequence[str]) -> Sequence[fa.Ticker]:
        async def read(category: Category) -> list[fa.Ticker]:
            answer = await self._rows(endpoints.TICKERS, of_category(category))
            return tickers().each(answer.rows, lambda _: wire.WireStamp(time=answer.time)).rows

        asked = set(map(category_of, names))
        return await fa.side_by_side(read, [category for category in CATEGORIES if category in asked])

    async def fetch_funding_rate(self, symbol: str) -> fa.FundingRate:
        """Read the rate that is settled next."""
        return funding_rates().one(*await self._ticker(symbol))

    async def fetch_time(self) -> int:
        answer = await self._call(endpoints.TIME)
        return clock_ms(answer)

    async def fetch_risk_limits(self, symbol: str) -> list[fa.RiskLimit]:
        scope = of_contract(self.venue_symbol(symbol))
        tiers = risk_limits().known((await self._rows(endpoints.TIERS, scope)).rows)
        return fa.Rows(ranked(tiers)).without(fa.unread_of(tiers))

    async def fetch_funding_history(self, symbol: str) -> list[wire.WirePastFunding]:
        """The last 200 settled funding rates, newest first.

        https://bybit-exchange.github.io/docs/v5/market/history-fund-rate
        """
        scope = of_contract(self.venue_symbol(symbol))
        return readable(listed((await self._rows(endpoints.FUNDING, scope, {"limit": 200})).rows))
