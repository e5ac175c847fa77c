"""Capabilities are true: what is claimed is there, what is not is refused before anything is sent."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from futures_async.adapter import Adapter, Endpoint, Kind
from futures_async.simulator import Setup, SimulatedExchange
from futures_async.testing.base import Contract, exercises
from futures_async.testing.loopback import Loopback, dialects
from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import MarginMode, OrderType, PositionMode, Side
from futures_async.unified.exchange import Capability
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import OrderRequest


def _request(symbol: str) -> OrderRequest:
    return OrderRequest(symbol=symbol, side=Side.BUY, type=OrderType.MARKET, quantity=Decimal(1))


SAMPLES: Mapping[Capability, Callable[[Adapter, str], Awaitable[Any] | AsyncIterator[Any]]] = {
    Capability.FETCH_ACCOUNT: lambda x, s: x.fetch_account(),
    Capability.FETCH_ACCOUNTS: lambda x, s: x.fetch_accounts(),
    Capability.FETCH_POSITIONS: lambda x, s: x.fetch_positions(),
    Capability.FETCH_POSITION: lambda x, s: x.fetch_position(s),
    Capability.FETCH_POSITION_RISK: lambda x, s: x.fetch_position_risk(),
    Capability.FETCH_POSITION_HISTORY: lambda x, s: x.fetch_position_history(),
    Capability.FETCH_LEDGER: lambda x, s: x.fetch_ledger(),
    Capability.FETCH_RISK_LIMITS: lambda x, s: x.fetch_risk_limits(s),
    Capability.SET_RISK_LIMIT: lambda x, s: x.set_risk_limit(s, 1),
    Capability.FETCH_LEVERAGE: lambda x, s: x.fetch_leverage(s),
    Capability.SET_LEVERAGE: lambda x, s: x.set_leverage(s, 2),
    Capability.SET_MARGIN_MODE: lambda x, s: x.set_margin_mode(MarginMode.CROSS, symbol=s),
    Capability.FETCH_POSITION_MODE: lambda x, s: x.fetch_position_mode(s),
    Capability.SET_POSITION_MODE: lambda x, s: x.set_position_mode(PositionMode.HEDGE, symbol=s),
    Capability.ADJUST_MARGIN: lambda x, s: x.adjust_margin(s, 1),
    Capability.CREATE_ORDER: lambda x, s: x.create_order(_request(s)),
    Capability.CREATE_ORDERS: lambda x, s: x.create_orders([_request(s)]),
    Capability.EDIT_ORDER: lambda x, s: x.edit_order(s, order_id="1", price=1),
    Capability.CANCEL_ORDER: lambda x, s: x.cancel_order(s, order_id="1"),
    Capability.CANCEL_ORDERS: lambda x, s: x.cancel_orders(s, order_ids=["1"]),
    Capability.CANCEL_ALL_ORDERS: lambda x, s: x.cancel_all_orders(s),
    Capability.FETCH_ORDER: lambda x, s: x.fetch_order(s, order_id="1"),
    Capability.FETCH_OPEN_ORDERS: lambda x, s: x.fetch_open_orders(),
    Capability.FETCH_ORDER_HISTORY: lambda x, s: x.fetch_order_history(),
    Capability.FETCH_FILLS: lambda x, s: x.fetch_fills(),
    Capability.CLOSE_POSITION: lambda x, s: x.close_position(s),
    Capability.RESOLVE_ORDER: lambda x, s: x.resolve_order(s, "abc"),
    Capability.CREATE_TRIGGER_ORDER: lambda x, s: x.create_trigger_order(_request(s)),
    Capability.CANCEL_TRIGGER_ORDER: lambda x, s: x.cancel_trigger_order(s, order_id="1"),
    Capability.FETCH_TRIGGER_ORDERS: lambda x, s: x.fetch_trigger_orders(),
    Capability.ARM_CANCEL_ALL: lambda x, s: x.arm_cancel_all(60),
    Capability.FETCH_TICKER: lambda x, s: x.fetch_ticker(s),
    Capability.FETCH_FUNDING_RATE: lambda x, s: x.fetch_funding_rate(s),
    Capability.FETCH_CONTRACTS: lambda x, s: x.fetch_contracts(),
    Capability.FETCH_CONTRACT: lambda x, s: x.fetch_contract(s),
    Capability.FETCH_TIME: lambda x, s: x.fetch_time(),
    Capability.ITER_ORDERS: lambda x, s: x.iter_orders(),
    Capability.ITER_FILLS: lambda x, s: x.iter_fills(),
    Capability.ITER_LEDGER: lambda x, s: x.iter_ledger(),
    Capability.WATCH_ORDERS: lambda x, s: x.watch_orders(),
    Capability.WATCH_FILLS: lambda x, s: x.watch_fills(),
    Capability.WATCH_POSITIONS: lambda x, s: x.watch_positions(),
    Capability.WATCH_ACCOUNTS: lambda x, s: x.watch_accounts(),
    Capability.WATCH_TICKERS: lambda x, s: x.watch_tickers([s]),
}


async def finish(call: Awaitable[Any] | AsyncIterator[Any]) -> None:
    """Await a call, or take the first of an iteration."""
    if isinstance(call, AsyncIterator):
        async for _ in call:
            return
        return
    await call


class Claims(Contract):
    """See the module."""

    def test_no_call_may_be_repeated_that_does_something_again(self) -> None:
        """What the simulated side, from the venue's documents, calls an order or a change by an amount."""
        package, _, _ = self.spec.factory.__module__.rpartition(".")
        home = importlib.import_module(package)
        for module in pkgutil.iter_modules(getattr(home, "__path__", ()), f"{package}."):
            if not module.name.endswith(".simulated"):
                home = importlib.import_module(module.name)
                rows: list[Endpoint[Any]] = [row for row in vars(home).values() if isinstance(row, Endpoint)]
                repeated = {f"{row.method} {row.path} {row.operation}".rstrip() for row in rows if row.idempotent}
                assert repeated & self.once_only() <= self.spec.repeats, home.__name__

    def once_only(self) -> set[str]:
        """Calls that are never to be repeated."""
        inside = SimulatedExchange(dialects=dialects(self.spec), setup=Setup(empty=True))
        routes = inside.venues[self.spec.id].dialect.routes()
        return {f"{route.method} {route.path}" for route in routes if route.kind in (Kind.ORDER, Kind.DELTA)}

    def test_every_capability_has_a_sample_call_and_a_test_here(self) -> None:
        exercised = {
            capability
            for _, test in inspect.getmembers(type(self), inspect.isfunction)
            for capability in getattr(test, "exercises", ())
        }
        assert set(SAMPLES) == set(Capability) == exercised

    @pytest.mark.parametrize("capability", list(Capability))
    async def test_what_is_not_claimed_is_refused_before_anything_is_sent(
        self, server: Loopback, capability: Capability
    ) -> None:
        async with self.on(server) as on:
            assert on.exchange.supports(capability) is (capability in self.spec.capabilities)
            if on.exchange.supports(capability):
                return  # exercised by the tests that say so
            with pytest.raises(errors.NotSupported, match=capability.value):
                await finish(SAMPLES[capability](on.exchange, self.spec.symbol))
            assert on.arrived == []

    async def test_symbols_translate_both_ways(self, server: Loopback) -> None:
        async with self.on(server) as on:
            venue_symbol = on.exchange.venue_symbol(self.spec.symbol)
            assert on.exchange.venue_symbol(venue_symbol) == venue_symbol
            assert on.exchange.unified_symbol(venue_symbol) == self.spec.symbol
            assert on.arrived == []

    @pytest.mark.parametrize("symbol", ["", "BTC/USDT:USDT?x=1", "../orders", "BTC\r\nX: y"])
    async def test_what_is_no_symbol_is_refused_before_anything_is_sent(self, server: Loopback, symbol: str) -> None:
        async with self.on(server) as on:
            with pytest.raises(errors.InvalidRequest):
                on.exchange.venue_symbol(symbol)

    @pytest.mark.parametrize("part", ["key", "secret", "passphrase", "memo"])
    async def test_a_wrong_credential_is_an_authentication_error_that_shows_nothing(
        self, server: Loopback, part: str
    ) -> None:
        async with self.on(server) as on:
            good = on.credentials
            parts = {
                name: getattr(good, name).reveal()
                for name in ("key", "secret", "passphrase", "memo")
                if getattr(good, name) is not None
            }
            if part not in parts:
                pytest.skip(f"{self.spec.id} has no {part}")
            if part in self.spec.unchecked:
                pytest.skip(f"{self.spec.id} does not check it on reads")
            wrong = "wrong" + "0123456789abcdef" * 2
            async with on.connect(Credentials(**{**parts, part: wrong})) as stranger:
                with pytest.raises(errors.ExchangeError) as caught:
                    await self.spec.raw_call.make(stranger)
            assert isinstance(caught.value, errors.AuthenticationError)
            shown = f"{caught.value!r} {caught.value}"
            assert not [text for text in (*parts.values(), wrong) if text in shown]

    async def test_the_escape_hatch_returns_the_payload(self, server: Loopback) -> None:
        async with self.on(server) as on:
            found = await self.spec.raw_call.make(on.exchange)
            assert found is not None
            # What is posted may be a write, before which the clock is read.
            asked = on.arrived if self.spec.raw_call.body is None else on.arrived[-1:]
            assert asked == [self.spec.raw_call.arrival]

    async def test_a_clock_that_is_minutes_off_is_put_right(self, server: Loopback) -> None:
        async with self.on(server) as on:
            for ahead_ms in (150_000, 40_000, 0):
                on.advance(ahead_ms)
                assert await self.spec.raw_call.make(on.exchange) is not None

    @exercises(Can.CREATE_ORDER)
    async def test_an_order_survives_a_jump_of_the_venues_clock(self, server: Loopback) -> None:
        async with self.on(server) as on:
            await on.exchange.create_order(on.request())
            on.advance(45_000)
            await on.exchange.create_order(on.request(Side.SELL))
            assert len(on.account.open_orders) == 2

    async def test_httpx_serves_as_well_as_the_fastest_backend(self, server: Loopback) -> None:
        async with self.on(server) as on, on.connect(on.credentials, http="httpx") as plain:
            found = await self.spec.raw_call.make(plain)
            assert found is not None
