"""Where the collateral lies and what it is called: what is told of it, and what goes on while that is not known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import msgspec
import pytest

from futures_async.adapter import Intent, InvalidRequest, OrderStatus, OrderType, Side
from futures_async.simulator.dialect import Request, Response
from futures_async.simulator.streams.inprocess import InProcessStreams
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest
from tests.adapters.hyperliquid.test_client import Stage, played
from tests.adapters.hyperliquid.test_contract import SPEC
from tests.adapters.hyperliquid.test_ledger import OTHER, sent


class Foreign(Stage):
    """A dex whose collateral is no USDC, though its user has not said so."""

    def __init__(self) -> None:
        super().__init__()
        handle = self.inside.handle

        def handled(request: Request) -> Response:
            found = handle(request)
            return found._replace(body=found.body.replace(b'"collateralToken":0', b'"collateralToken":360'))

        self.inside.handle = handled  # type: ignore[method-assign]


def foreign(play: Callable[[Foreign], Awaitable[None]]) -> None:
    async def main() -> None:
        on = Foreign()
        async with on.exchange:
            await play(on)

    run(main())


def test_the_way_out_of_a_dex_with_another_collateral_stays_open() -> None:
    async def play(on: Foreign) -> None:
        exchange, symbol = on.exchange, SPEC.symbol
        ids = [str(on.resting(fraction).id) for fraction in ("0.9", "0.91", "0.92")]
        cancelled = await exchange.cancel_order(symbol, order_id=ids[0])
        assert cancelled.status is OrderStatus.CANCELED
        [second] = await exchange.cancel_orders(symbol, order_ids=[ids[1]])
        assert second.error is None
        await exchange.cancel_all_orders(symbol)
        assert not on.account.open_orders
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        assert on.account.positions
        closed = await exchange.close_position(symbol)
        assert closed is not None
        assert closed.status is OrderStatus.FILLED
        assert await exchange.close_position(symbol) is None

    foreign(play)


@pytest.mark.parametrize("known", [True, False])
def test_a_closing_order_is_taken_in_a_dex_with_another_collateral(known: bool) -> None:
    async def play(on: Foreign) -> None:
        if known:
            with pytest.raises(InvalidRequest):
                await on.exchange.fetch_contract(SPEC.symbol)
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        request = on.request(side=Side.SELL, type=OrderType.MARKET, price=None, intent=Intent.CLOSE)
        assert (await on.exchange.create_order(request)).status is OrderStatus.FILLED

    foreign(play)


TOLD: list[Callable[[Foreign], Awaitable[object]]] = [
    lambda on: on.exchange.fetch_contract(SPEC.symbol),
    lambda on: on.exchange.fetch_positions(),
    lambda on: on.exchange.create_order(on.request()),
]


@pytest.mark.parametrize("asked", TOLD)
def test_what_would_be_called_usdc_is_refused_until_its_coin_is_said(
    asked: Callable[[Foreign], Awaitable[object]],
) -> None:
    async def play(on: Foreign) -> None:
        on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
        with pytest.raises(InvalidRequest, match="give its coin as margin_coin"):
            await asked(on)
        for of_money in (on.exchange.fetch_accounts, on.exchange.fetch_ledger):
            with pytest.raises(InvalidRequest, match="give its coin as margin_coin"):
                await of_money()
        async with on.connect(on.credentials, margin_coin="USDH") as other:
            [position], [account] = await other.fetch_positions(), await other.fetch_accounts()
            assert (position.margin_coin, account.margin_coin) == ("USDH", "USDH")

    foreign(play)


def test_the_money_of_a_builders_dex_is_told_once_its_collateral_is_known() -> None:
    async def play(on: Foreign) -> None:
        asked: list[bytes] = []
        handle = on.inside.handle

        def handled(request: Request) -> Response:
            asked.append(request.body)
            if b'"perpDexs"' in request.body:
                return Response(200, b'[null,{"name":"xyz"}]')
            request.body = request.body.replace(b'"xyz"', b'""')  # its data are the first dex's
            return handle(request)

        on.inside.handle = handled  # type: ignore[method-assign]
        async with on.connect(on.credentials, dex="xyz") as exchange:
            for of_money in (exchange.fetch_accounts, exchange.fetch_ledger):
                with pytest.raises(InvalidRequest, match="token 360, not USDC"):
                    await of_money()
        assert sum(b'"meta"' in body for body in asked) == 1

    foreign(play)


def test_pushes_of_a_dex_with_another_collateral_tell_no_money() -> None:
    async def play(on: Foreign) -> None:
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange, exchange.watch_positions() as watch:
            with pytest.raises(InvalidRequest, match="give its coin as margin_coin"):
                await watch.live()
            assert not watch.current

    foreign(play)


# How the account keeps it


class Asked:
    """What was asked of the exchange; some questions are slow."""

    def __init__(self, on: Stage, slow: bytes = b"", wait_s: float = 0.0) -> None:
        self.bodies: list[bytes] = []
        send = on.backend.send

        async def sent(request: HttpRequest) -> Any:
            self.bodies.append(request.body)
            if slow and slow in request.body:
                await anyio.sleep(wait_s)
            return await send(request)

        on.backend.send = sent  # type: ignore[method-assign]

    def times(self, what: bytes) -> int:
        return sum(what in body for body in self.bodies)


def test_a_close_does_not_wait_for_how_the_collateral_is_kept() -> None:
    async def play(on: Stage) -> None:
        await on.trade(Side.BUY)
        asked = Asked(on, b"userAbstraction", 60.0)
        began = anyio.current_time()
        order = await on.exchange.close_position(SPEC.symbol)
        assert order is not None
        assert order.status is OrderStatus.FILLED
        assert anyio.current_time() - began < 2
        assert asked.times(b"userAbstraction") == 0

    played(play)


def test_positions_do_not_wait_long_for_how_the_collateral_is_kept() -> None:
    async def play(on: Stage) -> None:
        await on.trade(Side.BUY)
        Asked(on, b"userAbstraction", 4.0)
        began = anyio.current_time()
        for _ in range(2):
            [position] = await on.exchange.fetch_positions()
            assert position.margin_ratio is None, "it is not known"
        assert anyio.current_time() - began < 3
        await anyio.sleep(4)
        [position] = await on.exchange.fetch_positions()
        assert position.margin_ratio is not None, "it came meanwhile"

    played(play)


def test_an_account_unified_a_moment_ago_has_no_position_in_danger() -> None:
    """Pushes and reads of less than ten minutes: the dex's summary is zeroed at once."""

    async def main() -> None:
        on = Stage()
        dialect: Any = on.inside.venues["hyperliquid"].dialect
        whole = dialect.state_row

        def zeroed(account: Any, now_ms: int) -> dict[str, Any]:
            row: dict[str, Any] = whole(account, now_ms)
            if account.extra.get("abstraction") == "unifiedAccount":
                row["crossMarginSummary"] = dict.fromkeys(row["crossMarginSummary"], "0.0")
                row["marginSummary"] = row["crossMarginSummary"]
            return row

        dialect.state_row = zeroed
        streams = InProcessStreams(on.inside, latency_s=0.01)
        async with on.connect(on.credentials, streams=streams) as exchange:
            async with exchange.watch_positions() as held, exchange.watch_accounts() as money:
                await held.live()
                await money.live()
                on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
                await anyio.sleep(5)
                [before] = held.current.values()
                assert before.margin_ratio is not None
                on.account.extra["abstraction"] = "unifiedAccount"
                on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
                await anyio.sleep(5)
                [pushed] = held.current.values()
                assert pushed.quantity > before.quantity
                assert pushed.margin_ratio is None
                assert all(row.margin_ratio != 1 for row in money.current.values())
            asked = Asked(on)
            for _ in range(2):
                [read] = await exchange.fetch_positions()
                assert read.margin_ratio is None
            assert asked.times(b"userAbstraction") <= 1, "what is known to be unified is not asked for again"

    run(main())


# What counts in the ledger


@pytest.mark.parametrize("beside", [True, False], ids=["beside another", "alone"])
@pytest.mark.parametrize(("kind", "amount"), [("disabled", 0), ("unifiedAccount", 5)])
def test_an_entry_has_the_same_amount_whatever_else_its_page_shows(kind: str, amount: int, beside: bool) -> None:
    """A builder's dex, and a deposit to the first one, which is its money only where all purses are one."""

    async def main() -> None:
        on = Stage()
        on.account.extra["abstraction"] = kind
        handle, me = on.inside.handle, on.credentials.key.reveal().lower()

        def handled(request: Request) -> Response:
            if b'"perpDexs"' in request.body:
                return Response(200, b'[null,{"name":"xyz"}]')
            if b"userNonFundingLedgerUpdates" in request.body:
                at = on.inside.now_ms() - 60_000
                rows = [{"time": at, "hash": "0x1", "delta": {"type": "deposit", "usdc": "5.0"}}]
                if beside:
                    delta = sent("spot", "spot", user=OTHER, to=me)
                    rows.append({"time": at + 1, "hash": "0x2", "delta": delta})
                return Response(200, msgspec.json.encode(rows))
            request.body = request.body.replace(b'"xyz"', b'""')  # its data are the first dex's
            return handle(request)

        on.inside.handle = handled  # type: ignore[method-assign]
        async with on.connect(on.credentials, dex="xyz") as exchange:
            found = [row.amount for row in await exchange.fetch_ledger() if row.venue_type == "deposit"]
            assert found == [amount]

    run(main())
