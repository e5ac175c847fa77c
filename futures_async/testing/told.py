"""Every field of every model, as the exchange knows it: of an account that has lived, in each position mode.

All of it is read by a caller who has set the `decimal` module to a single digit: no figure may depend on that.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

import pytest

from futures_async.adapter import Adapter
from futures_async.simulator.records import LedgerKind, LedgerRow
from futures_async.simulator.world import Options
from futures_async.testing import figures
from futures_async.testing.base import Contract
from futures_async.testing.cramped import Cramped
from futures_async.testing.figures import Figures, told
from futures_async.testing.inside import Inside
from futures_async.testing.lives import Life
from futures_async.testing.spec import VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import LedgerType, MarginMode, OrderStatus, PositionMode
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Fill, LedgerEntry, Model, Order, PositionRisk

M = TypeVar("M", bound=Model)

MODES = pytest.mark.parametrize("mode", list(PositionMode))
MEANT = {
    LedgerKind.TRANSFER: {LedgerType.DEPOSIT, LedgerType.WITHDRAWAL, LedgerType.TRANSFER},
    LedgerKind.TRADE: {LedgerType.TRADE, LedgerType.FEE, LedgerType.REALIZED_PNL},
    LedgerKind.FUNDING: {LedgerType.FUNDING},
}
WAY = {LedgerType.DEPOSIT: 1, LedgerType.WITHDRAWAL: -1}
"""What brings money, and what takes it."""


NOT_TOLD = re.compile(r"(\w+\.\w+) is None, not ")


def undeclared(wrong: Iterable[str]) -> Iterator[str]:
    """All fields that are told nowhere, as they are declared: for whoever has looked at each in the venue's page."""
    names = dict.fromkeys(match[1] for match in map(NOT_TOLD.search, wrong) if match)
    if names:
        yield f"silent=frozenset({{{', '.join(map(repr, sorted(names)))}}})"


class Told(Contract):
    """See the module."""

    def lived(self, mode: PositionMode, look: Callable[[Inside], Awaitable[Iterable[str]]]) -> None:
        """Look at an account that has lived, and expect nothing to be wrong."""
        if mode not in self.spec.modes:
            pytest.skip(f"{self.spec.id} has no {mode.value} mode")

        async def main() -> None:
            on = Inside(self.spec, mode, options=Options(partial_fills=True))
            contracts = on.inside.engine.world.contracts
            own = contracts[self.spec.symbol]
            contracts[self.spec.symbol] = dataclasses.replace(own, top_size=self.spec.quantity)
            Life(on, mode).live()
            async with on.exchange:
                # An answer tells the venue's clock, which lists without end are asked by.
                await self.spec.raw_call.make(on.exchange)
                on.exchange = cast("Adapter", Cramped(on.exchange))
                wrong = list(await look(on))
            assert not wrong, "\n".join([*wrong, *undeclared(wrong)])

        run(main())

    @property
    def settled_in(self) -> set[str]:
        """The coins that positions of the account settle in."""
        second = self.spec.second_symbol
        return {self.spec.margin_coin} | (set() if second is None else {second.partition(":")[2]})

    @property
    def traded(self) -> list[str]:
        """The contracts that were traded."""
        return [name for name in (self.spec.symbol, self.spec.other_symbol, self.spec.second_symbol) if name]

    def each(
        self, rows: Iterable[M], expected: Mapping[Any, Figures], key: Callable[[M], Any], kind: str | None = None
    ) -> list[str]:
        """Rows one by one, none missing, none twice, and none made up."""
        found = {key(row): row for row in rows}
        wrong = [f"{name}: is missing" for name in expected if name not in found]
        wrong += [f"{name}: there is none" for name in found if name not in expected]
        for name, figure in expected.items():
            if name in found:
                wrong += [f"{name}: {text}" for text in told(found[name], figure, self.spec, kind)]
        return wrong

    @MODES
    def test_positions(self, mode: PositionMode) -> None:
        self.needs(Can.FETCH_POSITIONS)

        async def look(on: Inside) -> Iterable[str]:
            expected = {(held.symbol, held.side): figures.position(on, held) for held in on.account.positions_of()}
            assert len(expected) == len(self.traded) + (mode is PositionMode.HEDGE)
            positions = await on.exchange.fetch_positions()
            return self.each(positions, expected, lambda row: (row.symbol, row.side))

        self.lived(mode, look)

    @MODES
    def test_positions_at_risk(self, mode: PositionMode) -> None:
        self.needs(Can.FETCH_POSITION_RISK)

        async def look(on: Inside) -> Iterable[str]:
            # As positions are told; how old the answer is, venues say in their own ways.
            fields = set(PositionRisk.__struct_fields__) - {"updated_ms"}
            expected: dict[Any, Figures] = {}
            for held in on.account.positions_of():
                figure = {name: one for name, one in figures.position(on, held).items() if name in fields}
                view = on.inside.engine.margins.view(on.account, held)
                if held.margin_mode is MarginMode.ISOLATED:
                    # Where the venue tells none, it is made of what it tells: without the fee of closing.
                    made = view.maintenance_margin / (view.margin + view.unrealized_pnl)
                    figure["margin_ratio"] = (view.margin_ratio, made)
                expected[held.symbol, held.side] = figure
            rows = await on.exchange.fetch_position_risk()
            return self.each(rows, expected, lambda row: (row.symbol, row.side), "Position")

        self.lived(mode, look)

    @MODES
    def test_accounts(self, mode: PositionMode) -> None:
        self.needs(Can.FETCH_ACCOUNT)

        async def look(on: Inside) -> Iterable[str]:
            coin = self.spec.margin_coin
            wrong = list(told(await on.exchange.fetch_account(coin), figures.account(on, coin), self.spec))
            if on.exchange.supports(Can.FETCH_ACCOUNTS):
                accounts = await on.exchange.fetch_accounts()
                coins = {coin, *self.settled_in, *(row.margin_coin for row in accounts)}
                expected = {coin: figures.account(on, coin) for coin in coins}
                wrong += self.each(accounts, expected, lambda row: row.margin_coin)
            return wrong

        self.lived(mode, look)

    @MODES
    def test_open_orders(self, mode: PositionMode) -> None:
        self.needs(Can.FETCH_OPEN_ORDERS)

        async def look(on: Inside) -> Iterable[str]:
            inside = on.account.open_orders.values()
            assert {order.status for order in inside} == {OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED}
            expected = {str(order.id): figures.order(on, order) for order in inside}
            orders = [row for symbol in self.traded for row in await on.exchange.fetch_open_orders(symbol)]
            wrong = self.each(orders, expected, lambda row: row.order_id)
            if self.spec.lists_all_open:
                orders = await on.exchange.fetch_open_orders()
                wrong += self.each(orders, expected, lambda row: row.order_id)
            if on.exchange.supports(Can.FETCH_ORDER):
                read = [await on.exchange.fetch_order(order.symbol, order_id=str(order.id)) for order in inside]
                wrong += self.each(read, expected, lambda row: row.order_id)
            return wrong

        self.lived(mode, look)

    @MODES
    def test_past_orders(self, mode: PositionMode) -> None:
        self.needs(Can.ITER_ORDERS)

        async def look(on: Inside) -> Iterable[str]:
            ended = [order for order in on.account.order_log if not order.is_open]
            assert {order.status for order in ended} == {OrderStatus.FILLED, OrderStatus.CANCELED}
            wrong: list[str] = []
            for symbol in self.traded:
                expected = {str(order.id): figures.order(on, order) for order in ended if order.symbol == symbol}
                rows: list[Order] = [row async for row in on.exchange.iter_orders(symbol)]
                wrong += self.each(rows, expected, lambda row: row.order_id)
            return wrong

        self.lived(mode, look)

    @MODES
    def test_fills(self, mode: PositionMode) -> None:
        self.needs(Can.ITER_FILLS)

        async def look(on: Inside) -> Iterable[str]:
            wrong: list[str] = []
            for symbol in self.traded:
                inside = [fill for fill in on.account.fills if fill.symbol == symbol]
                expected = {self.spec.fill_id(fill): figures.fill(on, fill) for fill in inside}
                rows: list[Fill] = [row async for row in on.exchange.iter_fills(symbol)]
                wrong += self.each(rows, expected, lambda row: row.fill_id)
            return wrong

        self.lived(mode, look)

    @MODES
    def test_the_ledger_adds_up(self, mode: PositionMode) -> None:
        self.needs(Can.ITER_LEDGER)

        async def look(on: Inside) -> Iterable[str]:
            coin = self.spec.margin_coin
            # A walk through years of windows takes seconds, and life goes on meanwhile.
            on.inside.settle()
            until_ms, inside, balance = on.inside.now_ms(), list(on.account.ledger), on.account.balance(coin)
            rows = [row async for row in on.exchange.iter_ledger(margin_coin=coin)]
            rows = [row for row in rows if row.coin == coin and row.created_ms <= until_ms]
            return ledger_wrong(on.spec, rows, [row for row in inside if row.coin == coin], balance)

        self.lived(mode, look)

    @MODES
    def test_closed_positions(self, mode: PositionMode) -> None:
        self.needs(Can.FETCH_POSITION_HISTORY)

        async def look(on: Inside) -> Iterable[str]:
            [inside] = on.account.history
            rows = await on.exchange.fetch_position_history(self.spec.other_symbol)
            expected = {inside.closed_ms: figures.closed_position(on, inside)}
            return self.each(rows, expected, lambda row: row.closed_ms)

        self.lived(mode, look)

    def test_leverage(self) -> None:
        self.needs(Can.FETCH_LEVERAGE)

        async def look(on: Inside) -> Iterable[str]:
            wrong: list[str] = []
            cases = ((self.spec.symbol, MarginMode.CROSS), (self.spec.other_symbol, MarginMode.ISOLATED))
            for symbol, mode in cases:
                if mode in self.spec.margin_modes:
                    found = await on.exchange.fetch_leverage(symbol, mode)
                    wrong += told(found, figures.leverage(on, symbol, mode), self.spec)
            return wrong

        self.lived(self.spec.modes[0], look)

    def test_the_market(self) -> None:
        async def look(on: Inside) -> Iterable[str]:
            world, exchange, wrong = on.inside.engine.world, on.exchange, list[str]()
            specs = {spec.market: spec for spec in world.contracts.values() if spec.market == spec.symbol}
            if exchange.supports(Can.FETCH_CONTRACTS):
                rows = await exchange.fetch_contracts()
                expected = {row.symbol: figures.contract(on, specs[row.symbol]) for row in rows}
                assert set(self.traded) <= set(expected)
                wrong += self.each(rows, expected, lambda row: row.symbol)
            for symbol in self.traded:
                if exchange.supports(Can.FETCH_TICKER):
                    wrong += told(await exchange.fetch_ticker(symbol), figures.ticker(on, symbol), self.spec)
                if exchange.supports(Can.FETCH_RISK_LIMITS):
                    tiers = await exchange.fetch_risk_limits(symbol)
                    for row, inside in zip(tiers, specs[symbol].tiers, strict=True):
                        wrong += told(row, figures.tier(on, specs[symbol], inside), self.spec)
            return wrong

        self.lived(self.spec.modes[0], look)


def ledger_wrong(spec: VenueSpec, rows: list[LedgerEntry], inside: list[LedgerRow], balance: Decimal) -> list[str]:
    """Entries against the exchange's own: venues split a trade into one, two or three of them."""
    moved = {row.created_ms for row in inside if row.kind is LedgerKind.MARGIN}  # the balance stays: not listed by all
    rows = [row for row in rows if row.created_ms not in moved]
    inside = [row for row in inside if row.created_ms not in moved]
    wrong = [] if len({row.entry_id for row in rows}) == len(rows) else ["LedgerEntry.entry_id: some are the same"]
    for at in sorted({row.created_ms for row in rows} | {row.created_ms for row in inside}):
        own = [row for row in inside if row.created_ms == at]
        found = [row for row in rows if row.created_ms == at]
        symbols, meant = {row.symbol for row in own}, {kind for row in own for kind in MEANT[row.kind]}
        if {row.symbol for row in found} != symbols:
            wrong.append(f"{at}: LedgerEntry.symbol is {[row.symbol for row in found]}, not {symbols}")
        if "LedgerEntry.type" in spec.own_way:
            meant.add(LedgerType.OTHER)
        if {row.type for row in found} - meant:
            wrong.append(f"{at}: LedgerEntry.type is {[row.type.value for row in found]}, not {meant}")
        for row in found:
            if row.amount * WAY.get(row.type, 0) < 0:
                wrong.append(f"{at}: LedgerEntry.type is {row.type.value} of {row.amount}")
            # Kinds are words or short numbers; what is longer is an id.
            if not row.venue_type or row.venue_type == row.coin or re.fullmatch(r"\d{7,}", row.venue_type):
                wrong.append(f"{at}: LedgerEntry.venue_type is {row.venue_type!r}")
            if row.balance is None and "LedgerEntry.balance" not in spec.silent:
                wrong.append("LedgerEntry.balance is None")
            elif row.balance is not None and not any(figures.agrees(row.balance, one.balance) for one in own):
                wrong.append(f"{at}: LedgerEntry.balance is {row.balance}")
    total = sum((row.amount - (row.fee or 0) for row in rows), Decimal(0))
    fees = sum(((row.fee or 0) - (row.amount if row.type is LedgerType.FEE else 0) for row in rows), Decimal(0))
    if not figures.agrees(total, balance):
        wrong.append(f"LedgerEntry.amount less fee: {total} in all, and {balance} is there")
    if not figures.agrees(fees, sum((row.fee for row in inside), Decimal(0))):
        wrong.append(f"LedgerEntry.fee: {fees} in all")
    return wrong
