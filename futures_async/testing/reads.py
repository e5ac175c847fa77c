"""Market, account and positions, as the exchange's inside has them."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import pytest

from futures_async.testing.base import Contract, exercises
from futures_async.testing.cramped import ONE_DIGIT
from futures_async.testing.loopback import Loopback, Running
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderType, PositionMode, PositionSide, Side
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import Model, to_builtins, to_json


def whole(on: Running, model: Model) -> None:
    """Every model names its venue and its symbols, holds its payload, and goes to JSON without it."""
    assert model.venue == on.spec.id
    assert model.raw is not None
    assert "raw" not in to_builtins(model)
    assert to_json(model)
    venue_symbol = getattr(model, "venue_symbol", None)
    if venue_symbol == on.exchange.venue_symbol(on.spec.symbol):
        assert getattr(model, "symbol", None) == on.spec.symbol


LISTS = (
    Can.FETCH_OPEN_ORDERS, Can.FETCH_TRIGGER_ORDERS, Can.FETCH_ORDER_HISTORY, Can.FETCH_FILLS,
    Can.FETCH_POSITION_HISTORY, Can.FETCH_LEDGER,
    Can.ITER_ORDERS, Can.ITER_FILLS, Can.ITER_LEDGER,
)  # fmt: skip


class Reads(Contract):
    """See the module."""

    @exercises(Can.FETCH_TIME)
    async def test_the_venues_clock_is_read(self, server: Loopback) -> None:
        async with self.on(server) as on:
            assert abs(await on.exchange.fetch_time() - on.inside.now_ms()) < 5000

    @exercises(Can.FETCH_CONTRACTS)
    async def test_contracts_have_the_steps_that_the_venue_checks(self, server: Loopback) -> None:
        async with self.on(server) as on:
            rows = await on.exchange.fetch_contracts()
            assert len({row.venue_symbol for row in rows}) == len(rows)
            found = next(row for row in rows if row.symbol == on.spec.symbol)
            inside = on.inside.engine.world.contract(on.spec.symbol)
            # Where figures are counted, the step of low prices is finer than that around here.
            assert found.price_tick == inside.tick or (found.price_figures and inside.tick % found.price_tick == 0)
            assert found.quantity_step in (inside.step, inside.contract_size)
            assert (found.base, found.quote, found.settle) == (inside.base, inside.quote, inside.settle)
            whole(on, found)

    @exercises(Can.FETCH_CONTRACT)
    async def test_one_contract_is_read_once_and_kept(self, server: Loopback) -> None:
        async with self.on(server) as on:
            first = await on.exchange.fetch_contract(on.spec.symbol)
            asked = len(on.arrived)
            assert await on.exchange.fetch_contract(first.venue_symbol) == first
            assert len(on.arrived) == asked
            with pytest.raises(errors.SymbolNotFound):
                await on.exchange.fetch_contract(on.exchange.venue_symbol(on.spec.symbol.replace("BTC", "NOSUCH")))

    @exercises(Can.FETCH_TICKER)
    async def test_the_ticker_has_the_markets_prices(self, server: Loopback) -> None:
        async with self.on(server) as on:
            ticker = await on.exchange.fetch_ticker(on.spec.symbol)
            book = on.inside.engine.world.book(on.spec.symbol)
            assert ticker.last_price == book.last
            assert ticker.bid_price in (None, book.bid)
            assert ticker.ask_price in (None, book.ask)
            assert ticker.mark_price in (None, book.mark)
            whole(on, ticker)

    @exercises(Can.FETCH_TICKER)
    async def test_an_unknown_contract_is_the_venues_refusal(self, server: Loopback) -> None:
        async with self.on(server) as on:
            with pytest.raises((errors.ExchangeError, errors.BadResponse)):
                await on.exchange.fetch_ticker(on.exchange.venue_symbol(on.spec.symbol.replace("BTC", "NOSUCH")))

    @pytest.mark.parametrize("call", LISTS)
    async def test_a_list_of_an_unknown_contract_says_that_there_is_none(self, server: Loopback, call: Can) -> None:
        async with self.on(server) as on:
            if not (on.exchange.supports(call) and on.exchange.supports(Can.FETCH_CONTRACTS)):
                pytest.skip("the venue has no such list, or tells no contracts")

            async def read(symbol: str) -> list[Any]:
                asked: Any = getattr(on.exchange, call.value)(symbol=symbol)
                return [row async for row in asked] if call.value.startswith("iter_") else await asked

            await on.exchange.fetch_contracts()
            await on.exchange.fetch_contract(on.spec.symbol)
            asked = len(on.arrived)
            assert await read(on.spec.symbol) == []
            told = len(on.arrived) - asked
            with pytest.raises(errors.SymbolNotFound):
                await read(on.exchange.venue_symbol(on.spec.symbol.replace("BTC", "NOSUCH")))
            assert len(on.arrived) - asked <= 2 * told  # what contracts there are was known

    @exercises(Can.FETCH_POSITION_MODE)
    async def test_an_unknown_contract_has_no_position_mode(self, server: Loopback) -> None:
        async with self.on(server) as on:
            if not on.exchange.supports(Can.FETCH_CONTRACTS):
                pytest.skip("the venue tells no contracts")
            with pytest.raises(errors.SymbolNotFound):
                await on.exchange.fetch_position_mode(on.exchange.venue_symbol(on.spec.symbol.replace("BTC", "NOSUCH")))

    @exercises(Can.FETCH_FUNDING_RATE)
    async def test_the_funding_rate_is_a_fraction(self, server: Loopback) -> None:
        async with self.on(server) as on:
            rate = await on.exchange.fetch_funding_rate(on.spec.symbol)
            world = on.inside.engine.world
            assert rate.funding_rate == world.marks.funding_rate(world.contract(on.spec.symbol), on.inside.now_ms())
            assert rate.next_funding_ms is None or rate.next_funding_ms > on.inside.now_ms()
            whole(on, rate)

    @exercises(Can.FETCH_RISK_LIMITS)
    async def test_risk_tiers_ascend(self, server: Loopback) -> None:
        async with self.on(server) as on:
            tiers = await on.exchange.fetch_risk_limits(on.spec.symbol)
            inside = on.inside.engine.world.contract(on.spec.symbol).tiers
            assert [tier.max_leverage for tier in tiers] == [Decimal(tier.max_leverage) for tier in inside]
            assert [tier.maintenance_margin_rate for tier in tiers] == [tier.maintenance_rate for tier in inside]
            for tier in tiers:
                whole(on, tier)

    @exercises(Can.FETCH_ACCOUNT)
    async def test_the_account_has_the_money_that_was_put_in(self, server: Loopback) -> None:
        async with self.on(server) as on:
            account = await on.exchange.fetch_account(on.spec.margin_coin)
            money = on.account.balance(on.spec.margin_coin)
            assert account.available == money
            assert account.equity in (None, money)
            assert account.balance in (None, money)
            assert account.margin_coin == on.spec.margin_coin
            whole(on, account)

    @exercises(Can.FETCH_ACCOUNTS)
    async def test_accounts_are_listed_by_coin(self, server: Loopback) -> None:
        async with self.on(server) as on:
            accounts = {account.margin_coin: account for account in await on.exchange.fetch_accounts()}
            assert accounts[on.spec.margin_coin].available == on.account.balance(on.spec.margin_coin)

    @exercises(Can.FETCH_POSITIONS, Can.FETCH_POSITION)
    async def test_a_flat_account_has_no_positions(self, server: Loopback) -> None:
        async with self.on(server) as on:
            assert await on.exchange.fetch_positions() == []
            assert await on.exchange.fetch_positions(on.spec.symbol) == []
            assert await on.exchange.fetch_position(on.spec.symbol) is None

    @pytest.mark.parametrize("mode", list(PositionMode))
    @exercises(Can.FETCH_POSITIONS, Can.FETCH_POSITION, Can.FETCH_POSITION_RISK)
    async def test_positions_read_as_the_exchange_holds_them(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            now = on.inside.now_ms()
            on.trade_inside(Side.BUY, at_ms=now)
            if mode is PositionMode.HEDGE:
                on.trade_inside(Side.SELL, at_ms=now)
            on.move(on.price("1.01"))
            positions = await on.exchange.fetch_positions()
            held = {position.side: position for position in on.account.positions_of()}
            assert {position.side for position in positions} == set(held)
            for position in positions:
                inside = held[position.side]
                assert position.quantity == inside.quantity
                assert position.entry_price == inside.entry_price
                assert position.mark_price in (None, on.inside.engine.world.mark(on.spec.symbol))
                assert position.position_mode in (None, mode)
                assert position.margin_mode in (None, inside.margin_mode)
                assert position.leverage in (None, inside.leverage)
                assert position.margin_coin == on.spec.margin_coin
                assert position.liquidation_price is None or position.liquidation_price > 0
                whole(on, position)
            assert len(await on.exchange.fetch_positions(on.spec.symbol)) == len(held)
            assert await on.exchange.fetch_positions(on.spec.other_symbol) == []
            long = await on.exchange.fetch_position(on.spec.symbol, PositionSide.LONG)
            assert long is not None
            assert long.side is PositionSide.LONG
            risks = await on.exchange.fetch_position_risk(on.spec.symbol)
            assert {risk.side for risk in risks} == set(held)
            if mode is PositionMode.HEDGE:
                with pytest.raises(errors.InvalidRequest):
                    await on.exchange.fetch_position(on.spec.symbol)

    @exercises(Can.FETCH_POSITION_HISTORY)
    async def test_a_closed_position_is_history(self, server: Loopback) -> None:
        async with self.on(server) as on:
            on.trades_inside(2)
            [row] = await on.exchange.fetch_position_history(on.spec.symbol)
            assert row.side is PositionSide.LONG
            assert row.closed_quantity in (None, on.spec.quantity)
            assert row.created_ms is None or row.closed_ms is None or row.created_ms <= row.closed_ms
            whole(on, row)

    @exercises(Can.CREATE_ORDER, Can.CLOSE_POSITION)
    async def test_available_and_position_agree_after_a_round_trip(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.trade(Side.BUY)
            order = await on.exchange.close_position(on.spec.symbol)
            assert order is not None
            assert order.side is Side.SELL
            assert order.type in (self.spec.market_type, OrderType.UNKNOWN)
            assert list(on.account.positions_of()) == []
            assert await on.exchange.close_position(on.spec.symbol) is None

    @exercises(Can.CREATE_ORDER, Can.CLOSE_POSITION)
    async def test_a_position_is_closed_whole_whatever_the_callers_decimal_settings(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.trade(Side.BUY, quantity=on.spec.quantity * Decimal("1.3"))
            with decimal.localcontext(ONE_DIGIT):
                await on.exchange.close_position(on.spec.symbol)
            assert list(on.account.positions_of()) == []

    @exercises(Can.CREATE_ORDER, Can.CLOSE_POSITION)
    async def test_of_two_sides_only_the_one_named_is_closed(self, server: Loopback) -> None:
        async with self.on(server, PositionMode.HEDGE) as on:
            await on.trade(Side.BUY)
            await on.trade(Side.SELL, Intent.OPEN)
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.close_position(on.spec.symbol)
            await on.exchange.close_position(on.spec.symbol, side=PositionSide.SHORT)
            assert [position.side for position in on.account.positions_of()] == [PositionSide.LONG]
