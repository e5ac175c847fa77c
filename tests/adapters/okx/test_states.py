"""Rarer states of an account: positions that turn round, sizes that change, cancels and edits that take effect late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from futures_async.adapters.okx import OKX
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.simulator.world import Options
from futures_async.streams.dialect import What
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import Intent, OrderType, PositionMode, PositionSide, Side
from tests.adapters.okx.test_contract import TestOKX as Suite
from tests.adapters.okx.test_streams import DIALECT, changed, pushed

BTC = "BTC/USDT:USDT"
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT


def played(
    play: Callable[[Inside, OKX], Awaitable[None]],
    *,
    plan: FaultPlan | None = None,
    options: Options | None = None,
    mode: PositionMode = PositionMode.ONE_WAY,
    limits: bool = False,
) -> None:
    """Run a play with a client, and its streams, on an exchange of its own."""

    async def main() -> None:
        on = Inside(Suite.spec, mode, plan=plan, options=options, limits=limits)
        on.exchange = exchange = on.connect(on.credentials, streams=InProcessStreams(on.inside))
        assert isinstance(exchange, OKX)
        async with exchange:
            await play(on, exchange)

    run(main())


# Positions that turn round


@pytest.mark.parametrize(("pos", "held", "gone"), [("1", LONG, SHORT), ("-1", SHORT, LONG)])
def test_a_row_of_net_mode_tells_that_the_other_side_is_not_held(pos: str, held: Any, gone: Any) -> None:
    told, data = pushed(changed("ws_positions", posSide="net", pos=pos))
    assert data.whole
    assert [(row.side, bool(row.quantity)) for row in told[What.POSITIONS]] == [(held, True), (gone, False)]


def test_a_row_of_a_hedge_tells_of_its_own_side_alone() -> None:
    told, _ = pushed(changed("ws_positions", posSide="long", pos="1"))
    assert [row.side for row in told[What.POSITIONS]] == [LONG]


def test_an_order_that_turns_a_position_round_leaves_nothing_of_the_other_side() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        await exchange.fetch_time()
        watch = exchange.watch_positions()

        async def follow() -> None:
            async for _ in watch:
                pass

        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            await anyio.sleep(5)
            await on.trade(Side.BUY)
            await anyio.sleep(5)
            double = on.request(Side.SELL, type=OrderType.MARKET, quantity=on.spec.quantity * 2, intent=Intent.OPEN)
            await exchange.create_order(double)
            await anyio.sleep(5)
            assert [side for _, side in on.account.positions] == [SHORT]
            assert {row.side for row in watch.current.values()} == {SHORT}
            group.cancel_scope.cancel()

    played(play, options=Options(joined_pushes=True))


# Money that is free


def test_what_is_free_of_an_account_is_not_all_of_its_equity() -> None:
    async def play(on: Inside, exchange: OKX) -> None:
        await on.trade(Side.BUY)
        totals = await exchange.fetch_account("USD")
        assert totals.equity is not None
        assert totals.equity > 0
        assert totals.available is None, "in futures mode each coin has its own"

    played(play)


# Hosts


@pytest.mark.parametrize(
    ("base_url", "demo", "host"),
    [
        ("https://www.okx.com", False, "wss://ws.okx.com:8443"),
        ("https://www.okx.com", True, "wss://wspap.okx.com:8443"),
        ("https://openapi.okx.com/", False, "wss://ws.okx.com:8443"),
        ("https://eea.okx.com", False, "wss://wseea.okx.com:8443"),
        ("https://us.okx.com", True, "wss://wsuspap.okx.com:8443"),
        ("https://proxy.example", False, "wss://proxy.example"),
    ],
)
def test_the_venues_own_hosts_have_their_streams_elsewhere(base_url: str, demo: bool, host: str) -> None:
    assert DIALECT.url(base_url, private=True, demo=demo) == f"{host}/ws/v5/private"
