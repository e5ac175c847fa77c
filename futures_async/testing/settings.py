"""Leverage, modes, margin: set, read back, and as the exchange's inside has them."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest

from futures_async.testing.base import Contract, exercises
from futures_async.testing.cramped import ONE_DIGIT
from futures_async.testing.loopback import Loopback, Running
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, PositionMode, Side
from futures_async.unified.exchange import Capability as Can


async def set_margin_mode(on: Running, mode: MarginMode) -> None:
    """Of the contract, or where there is one alone of the account."""
    symbol = None if on.spec.margin_mode_of_account else on.spec.symbol
    await on.exchange.set_margin_mode(mode, symbol=symbol, margin_coin=on.spec.margin_coin)


async def trade_isolated(on: Running) -> None:
    """Buy at market in isolated margin."""
    if on.exchange.supports(Can.SET_MARGIN_MODE):
        await set_margin_mode(on, MarginMode.ISOLATED)
    mode = None if on.spec.margin_mode_of_account else MarginMode.ISOLATED
    await on.trade(Side.BUY, margin_mode=mode)


class Settings(Contract):
    """See the module."""

    @exercises(Can.SET_LEVERAGE)
    async def test_leverage_is_set_and_read_back(self, server: Loopback) -> None:
        async with self.on(server) as on:
            found = await on.exchange.set_leverage(on.spec.symbol, 7, margin_mode=MarginMode.CROSS)
            assert found.leverage == Decimal(7)
            assert on.account.settings(on.spec.symbol).cross_leverage == 7
            again = await on.exchange.set_leverage(on.spec.symbol, "7", margin_mode=MarginMode.CROSS)
            assert again.leverage == Decimal(7)

    @exercises(Can.FETCH_LEVERAGE)
    async def test_leverage_is_read_without_changing_it(self, server: Loopback) -> None:
        async with self.on(server) as on:
            before = on.account.settings(on.spec.symbol).cross_leverage
            found = await on.exchange.fetch_leverage(on.spec.symbol, MarginMode.CROSS)
            assert found.leverage in (None, before)
            assert on.account.settings(on.spec.symbol).cross_leverage == before

    @exercises(Can.SET_LEVERAGE)
    @pytest.mark.parametrize("leverage", [0, -1, "NaN", "1e99", ""])
    async def test_leverage_that_is_none_is_refused_before_anything_is_set(
        self, server: Loopback, leverage: int | str
    ) -> None:
        async with self.on(server) as on:
            before = on.account.settings(on.spec.symbol).cross_leverage
            with pytest.raises(errors.InvalidRequest):
                await on.exchange.set_leverage(on.spec.symbol, leverage, margin_mode=MarginMode.CROSS)
            assert on.account.settings(on.spec.symbol).cross_leverage == before
            assert on.writes == []

    @exercises(Can.SET_LEVERAGE)
    async def test_leverage_beyond_the_venues_is_refused_by_it(self, server: Loopback) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.ExchangeError):
                await on.exchange.set_leverage(on.spec.symbol, 100_000, margin_mode=MarginMode.CROSS)

    @exercises(Can.SET_MARGIN_MODE)
    async def test_the_margin_mode_is_set(self, server: Loopback) -> None:
        async with self.on(server) as on:
            for mode in (MarginMode.ISOLATED, MarginMode.ISOLATED, MarginMode.CROSS):
                await set_margin_mode(on, mode)
                assert on.account.settings(on.spec.symbol).margin_mode is mode

    @exercises(Can.SET_POSITION_MODE)
    async def test_the_position_mode_is_set(self, server: Loopback) -> None:
        async with self.on(server) as on:
            for mode in (*self.spec.modes[::-1], self.spec.modes[0]):
                assert await on.exchange.set_position_mode(mode, symbol=on.spec.symbol) is mode
                assert on.account.mode(on.spec.symbol) is mode

    @exercises(Can.FETCH_POSITION_MODE)
    @pytest.mark.parametrize("mode", list(PositionMode))
    async def test_the_position_mode_is_read_or_not_guessed(self, server: Loopback, mode: PositionMode) -> None:
        async with self.on(server, mode) as on:
            if self.spec.flat_mode:
                assert await on.exchange.fetch_position_mode(on.spec.symbol) is mode
            else:
                with pytest.raises(errors.FuturesAsyncError):
                    await on.exchange.fetch_position_mode(on.spec.symbol)

    @exercises(Can.SET_POSITION_MODE, Can.CREATE_ORDER)
    async def test_the_position_mode_is_locked_while_a_position_is_open(self, server: Loopback) -> None:
        async with self.on(server) as on:
            if len(self.spec.modes) < 2:
                pytest.skip("only one mode")
            await on.trade(Side.BUY)
            with pytest.raises(errors.ExchangeError):
                await on.exchange.set_position_mode(PositionMode.HEDGE, symbol=on.spec.symbol)
            assert on.account.mode(on.spec.symbol) is PositionMode.ONE_WAY

    @exercises(Can.ADJUST_MARGIN)
    async def test_margin_is_moved_into_a_position_and_out_of_it(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await trade_isolated(on)
            [held] = on.account.positions_of()
            assert held.margin_mode is MarginMode.ISOLATED
            before = held.margin
            await on.exchange.adjust_margin(on.spec.symbol, on.spec.spare)
            assert held.margin == before + on.spec.spare
            await on.exchange.adjust_margin(on.spec.symbol, -on.spec.spare / 5)
            assert held.margin == before + on.spec.spare * 4 / 5

    @exercises(Can.ADJUST_MARGIN)
    async def test_margin_is_moved_exactly_whatever_the_callers_decimal_settings(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await trade_isolated(on)
            [held] = on.account.positions_of()
            expected, taken = held.margin + on.spec.spare * Decimal("0.8"), -on.spec.spare * Decimal("0.2")
            with decimal.localcontext(ONE_DIGIT):
                await on.exchange.adjust_margin(on.spec.symbol, on.spec.spare)
                await on.exchange.adjust_margin(on.spec.symbol, taken)
            assert held.margin == expected

    @exercises(Can.ADJUST_MARGIN)
    async def test_margin_that_is_not_there_is_refused(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await trade_isolated(on)
            [held] = on.account.positions_of()
            before = held.margin
            with pytest.raises(errors.ExchangeError):
                await on.exchange.adjust_margin(on.spec.symbol, 10_000_000)
            assert held.margin == before

    @exercises(Can.SET_RISK_LIMIT)
    async def test_the_risk_limit_is_set(self, server: Loopback) -> None:
        async with self.on(server) as on:
            tier = (await on.exchange.fetch_risk_limits(on.spec.symbol))[1]
            assert tier.risk_limit is not None
            assert (await on.exchange.set_risk_limit(on.spec.symbol, tier.risk_limit)).risk_limit == tier.risk_limit
