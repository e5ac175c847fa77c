"""Multi-assets mode, where all coins back all positions: read apart from the balances, and what is told without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import anyio
import pytest

from futures_async.portfolio.danger import AccountRatios, nearness
from futures_async.portfolio.portfolio import Portfolio
from futures_async.risk import account_coverage, account_margin_ratio, position_margin_ratio
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from futures_async.unified.enums import MarginMode, Side
from futures_async.unified.models import Account
from tests.adapters.binance.test_on_simulator import SPEC

REFUSED = Response(400, b'{"code":-1099,"msg":"Not found, authenticated, or authorized."}')


class Stage(Inside):
    """An exchange whose word about the mode can be withheld."""

    def __init__(self) -> None:
        super().__init__(SPEC)
        self.answers: Callable[[Request], Response] | None = None
        self.waits_s = 0.0
        """Before the mode is told."""
        self.asked = 0
        handle, send = self.inside.handle, self.backend.send

        def handled(request: Request) -> Response:
            asked = "/accountConfig" in request.path
            return self.answers(request) if asked and self.answers is not None else handle(request)

        async def sent(request: HttpRequest) -> Any:
            if "/accountConfig" in request.url:
                self.asked += 1
                await anyio.sleep(self.waits_s)
            return await send(request)

        self.inside.handle = handled  # type: ignore[method-assign]
        self.backend.send = sent  # type: ignore[method-assign]

    def refuse(self) -> None:
        self.answers = lambda _: REFUSED

    async def usdt(self) -> Account:
        one = await self.exchange.fetch_account("USDT")
        [same] = [row for row in await self.exchange.fetch_accounts() if row.margin_coin == "USDT"]
        assert same == one
        return one


def played(play: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        on = Stage()
        async with on.exchange:
            await on.trade(Side.BUY)
            await play(on)

    run(main())


def is_unknown(account: Account) -> bool:
    assert account.equity is not None
    told = (account.maintenance_margin, account.margin_ratio, account_margin_ratio(account), account_coverage(account))
    return told == (None,) * 4


def test_a_coin_of_multi_assets_mode_has_the_ratio_of_the_pool() -> None:
    async def play(on: Stage) -> None:
        alone = await on.usdt()
        assert (alone.margin_ratio, alone.maintenance_margin is None) == (None, False)
        on.account.extra["multiAssets"] = "yes"
        assert (await on.usdt()).margin_ratio is None, "it was asked a moment ago"
        await anyio.sleep(61)
        [pooled] = [row for row in await on.exchange.fetch_accounts() if row.margin_coin == "USDC"]
        assert pooled.maintenance_margin is None
        assert pooled.equity == 2000
        assert pooled.margin_ratio is not None
        assert 0 < pooled.margin_ratio < 1
        usdt = await on.usdt()
        assert (usdt.margin_ratio, usdt.maintenance_margin) == (pooled.margin_ratio, None)

    played(play)


@pytest.mark.parametrize("pooled", [True, False])
def test_no_coin_is_in_danger_while_it_is_not_known_whether_a_pool_backs_it(pooled: bool) -> None:
    async def play(on: Stage) -> None:
        if pooled:
            on.account.extra["multiAssets"] = "yes"
        on.refuse()
        assert is_unknown(await on.usdt())
        on.answers = None
        await anyio.sleep(61)
        known = await on.usdt()
        assert (known.margin_ratio is None, known.maintenance_margin is None) == (not pooled, pooled)

    played(play)


@pytest.mark.parametrize("said", [b"{}", b'{"multiAssetsMargin":""}', b'{"multiAssetsMargin":null}'])
def test_an_answer_without_the_mode_says_nothing(said: bytes) -> None:
    async def play(on: Stage) -> None:
        on.answers = lambda _: Response(200, said)
        assert is_unknown(await on.usdt())

    played(play)


@pytest.mark.parametrize("pooled", [True, False])
def test_the_mode_that_was_read_last_stands_while_it_cannot_be_read(pooled: bool) -> None:
    async def play(on: Stage) -> None:
        if pooled:
            on.account.extra["multiAssets"] = "yes"
        before = await on.usdt()
        on.refuse()
        await anyio.sleep(601)
        assert await on.usdt() == before
        assert (before.margin_ratio is None, before.maintenance_margin is None) == (not pooled, pooled)

    played(play)


def test_a_mode_that_cannot_be_read_is_not_asked_for_with_each_balance() -> None:
    async def play(on: Stage) -> None:
        on.refuse()
        on.asked = 0
        for _ in range(60):
            await on.exchange.fetch_accounts()
            await anyio.sleep(1)
        assert on.asked <= 5, "after 5, 10, 20 and 40 s"

    played(play)


def test_balances_do_not_wait_for_a_slow_word_about_the_mode() -> None:
    async def play(on: Stage) -> None:
        on.waits_s = 4.0
        began = anyio.current_time()
        assert is_unknown((await on.exchange.fetch_accounts())[0])
        assert anyio.current_time() - began < 3
        assert is_unknown((await on.exchange.fetch_accounts())[0])
        assert anyio.current_time() - began < 3, "it is not waited for again at once"
        await anyio.sleep(4)
        assert (await on.usdt()).maintenance_margin is not None, "it came meanwhile"

    played(play)


def test_no_cross_position_is_in_danger_by_a_coin_whose_mode_is_not_known() -> None:
    """The coin itself holds nothing: what backs the position is another one."""

    async def play(on: Stage) -> None:
        on.account.extra["multiAssets"] = "yes"
        on.refuse()
        on.account.balances["USDT"] = D(0)
        portfolio = Portfolio([on.exchange])
        snapshot = await portfolio.snapshot(deadline_s=5)
        [(name, position)] = snapshot.each_position()
        assert position.margin_mode is MarginMode.CROSS
        assert position_margin_ratio(position) is None
        ratio = AccountRatios(snapshot.each_account()).of(name, position)
        assert (ratio, nearness(position, ratio).by_ratio) == (None, False)
        [risk] = await on.exchange.fetch_position_risk()
        assert (risk.margin_ratio, risk.level) == (None, None)

    played(play)


def test_pushes_do_not_tell_what_reads_do_not_know() -> None:
    async def main() -> None:
        on = Stage()
        on.refuse()
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange, exchange.watch_accounts() as watch:
            await watch.live()
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            await anyio.sleep(5)
            assert is_unknown(watch.current["USDT"])
            on.answers = None
            await anyio.sleep(181)
            assert watch.current["USDT"].maintenance_margin is not None

    run(main())
