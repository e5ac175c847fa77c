"""Rarer states of an account: stops that go off while they are cancelled, tiers that change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from futures_async.adapter import divide
from futures_async.adapters.hyperliquid import Hyperliquid, endpoints
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpRequest
from futures_async.unified import errors
from futures_async.unified.enums import MarginMode, OrderType, Side
from futures_async.unified.models import OrderRequest
from tests.adapters.hyperliquid.test_contract import SPEC
from tests.adapters.hyperliquid.test_contract import TestHyperliquid as Suite


def played(play: Callable[[Inside, Hyperliquid], Awaitable[None]], plan: FaultPlan | None = None) -> None:
    """Run a play with a client on an exchange of its own."""

    async def main() -> None:
        on = Inside(Suite.spec, plan=plan)
        exchange = on.exchange
        assert isinstance(exchange, Hyperliquid)
        async with exchange:
            await play(on, exchange)

    run(main())


def test_a_stop_that_went_off_is_not_told_as_cancelled_where_the_answer_is_lost() -> None:
    plan = FaultPlan()

    async def play(on: Inside, exchange: Hyperliquid) -> None:
        at = on.price("1.05")
        order = await exchange.create_trigger_order(
            OrderRequest(
                symbol=on.spec.symbol,
                side=Side.BUY,
                type=OrderType.TRIGGER,
                quantity=on.spec.quantity,
                trigger_price=at,
            )
        )
        on.move(on.price("1.06"))
        plan.add("dropped", kinds=[Kind.CANCEL])
        with pytest.raises(errors.OrderNotFound):
            await exchange.cancel_trigger_order(on.spec.symbol, order_id=order.order_id)

    played(play, plan)


def test_executions_before_those_that_the_venue_keeps_are_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "FILLS_KEPT", 4)

    async def play(on: Inside, exchange: Hyperliquid) -> None:
        since_ms = on.inside.now_ms() - 60_000
        on.trades_inside(4)
        with pytest.raises(errors.IncompletePage, match="newest 4"):
            _ = [fill async for fill in exchange.iter_fills(on.spec.symbol, since_ms=since_ms)]
        monkeypatch.setattr(endpoints, "FILLS_KEPT", 1000)
        assert [fill async for fill in exchange.iter_fills(on.spec.symbol, since_ms=since_ms)]

    played(play)


def test_the_tiers_that_margins_are_reckoned_from_are_read_again() -> None:
    async def play(on: Inside, exchange: Hyperliquid) -> None:
        await on.trade(Side.BUY)
        await exchange.fetch_positions()
        asked: list[bytes] = []
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            asked.append(request.body)
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]
        await anyio.sleep(2 * 3600)
        await exchange.fetch_positions()
        await exchange.fetch_positions()
        assert sum(b'"meta"' in body for body in asked) == 1, "once in an hour"

    played(play)


def test_the_margin_of_an_isolated_position_does_not_move_with_the_mark_price() -> None:
    async def play(on: Inside, exchange: Hyperliquid) -> None:
        await exchange.set_margin_mode("isolated", symbol=on.spec.symbol)
        await on.trade(Side.BUY)
        [before] = await exchange.fetch_positions()
        on.move(on.price("0.97"))
        [after] = await exchange.fetch_positions()
        assert before.margin is not None
        assert after.margin == before.margin
        assert after.unrealized_pnl is not None
        assert after.unrealized_pnl < 0
        assert after.roe == divide(after.unrealized_pnl, before.margin)
        equity = before.margin + after.unrealized_pnl
        assert after.maintenance_margin is not None
        assert after.margin_ratio == divide(after.maintenance_margin, equity)

    played(play)


@pytest.mark.parametrize("kind", ["disabled", "default", "unifiedAccount", "portfolioMargin"])
def test_no_cross_position_is_in_danger_by_what_a_dex_shows_of_a_unified_account(kind: str) -> None:
    """Of such accounts the dex's summary may be zeroed while the collateral is in the spot ledger."""

    async def main() -> None:
        on = Inside(SPEC)
        on.account.extra["abstraction"] = kind
        dialect: Any = on.inside.venues["hyperliquid"].dialect
        whole = dialect.state_row

        def zeroed(account: Any, now_ms: int) -> dict[str, Any]:
            row: dict[str, Any] = whole(account, now_ms)
            if kind in ("unifiedAccount", "portfolioMargin"):
                row["crossMarginSummary"] = dict.fromkeys(row["crossMarginSummary"], "0.0")
                row["marginSummary"] = row["crossMarginSummary"]
            return row

        dialect.state_row = zeroed
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange, exchange.watch_positions() as watch:
            await watch.live()
            on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
            await anyio.sleep(5)
            [pushed], [read] = watch.current.values(), await exchange.fetch_positions()
            own = kind in ("disabled", "default")
            for position in (pushed, read):
                assert position.margin_mode is MarginMode.CROSS
                assert position.liquidation_price is None or position.liquidation_price > 0
                assert (position.margin_ratio is not None) is own

    run(main())


@pytest.mark.parametrize("kind", ["unifiedAccount", "portfolioMargin"])
def test_what_the_spot_ledger_has_of_a_unified_account_is_its_equity(kind: str) -> None:
    """With profit and loss at the mark, which a balance is without; only under portfolio margin it tells a ratio."""

    async def play(on: Inside, exchange: Hyperliquid) -> None:
        on.account.extra["abstraction"] = kind
        await on.trade(Side.BUY)
        on.move(on.price("0.99"))
        wallet = on.inside.engine.margins.wallet(on.account, "USDC")
        assert wallet.unrealized < 0
        account = await exchange.fetch_account()
        assert (account.equity, account.balance) == (wallet.equity, None)
        assert account.available == wallet.equity - wallet.cross_margin
        await exchange.create_order(on.request())
        bound = on.inside.engine.margins.wallet(on.account, "USDC").order_margin
        assert bound > 0
        assert (await exchange.fetch_account()).available == wallet.equity - wallet.cross_margin - bound
        assert account.margin_ratio == (wallet.margin_ratio if kind == "portfolioMargin" else None)

    played(play)


def test_what_may_be_borrowed_is_available_and_not_locked() -> None:
    """A hold below 0, as portfolio margin has it; from 0.95 on the venue liquidates such an account."""
    state = b"""{"portfolioMarginEnabled": true, "portfolioMarginRatio": "0.475", "balances": [
        {"coin": "USDC", "token": 0, "total": "100.0", "hold": "-5.0", "spotHold": "2.0", "entryNtl": "0.0"},
        {"coin": "HYPE", "token": 150, "total": "3.0", "hold": "0.0", "entryNtl": "0.0"}]}"""

    async def play(on: Inside, exchange: Hyperliquid) -> None:
        on.account.extra["abstraction"] = "portfolioMargin"
        handle = on.inside.handle

        def handled(request: Request) -> Response:
            return Response(200, state) if b"spotClearinghouseState" in request.body else handle(request)

        on.inside.handle = handled  # type: ignore[method-assign]
        usdc, hype = await exchange.fetch_accounts()
        assert [usdc.equity, usdc.available, usdc.locked, usdc.margin_ratio] == [
            *map(Decimal, ("100", "105", "2", "0.5"))
        ]
        assert [hype.equity, hype.available, hype.locked, hype.margin_ratio] == [*map(Decimal, ("3", "3", "0")), None]

    played(play)


def test_how_an_account_keeps_its_collateral_is_asked_once_and_again_after_ten_minutes() -> None:
    async def play(on: Inside, exchange: Hyperliquid) -> None:
        await on.trade(Side.BUY)
        asked: list[bytes] = []
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            asked.append(request.body)
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]

        def times() -> int:
            return sum(b"userAbstraction" in body for body in asked)

        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(exchange.fetch_positions)
        assert times() == 1, "ten that ask at once weigh no more than one"
        on.account.extra["abstraction"] = "unifiedAccount"
        await anyio.sleep(601)
        [position] = await exchange.fetch_positions()
        await exchange.fetch_positions()
        assert (times(), position.margin_ratio) == (2, None), "changed elsewhere"

    played(play)
