"""More prices than one connection takes, over real sockets, on every dialect that streams: the venue cuts off whoever
asks one connection for more than it takes, and nobody is cut off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import pytest
from msgspec import structs

from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid
from futures_async.simulator.contracts import CONTRACTS
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import serve
from futures_async.simulator.stream_dialect import Line
from futures_async.streams import picture, streamed
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.watching import WatchState

MANY, PER_LINE = 11, 4
OF_A_TICKER = {"binance": 2, "hyperliquid": 3}
"""Channels that the venue counts."""


@pytest.mark.parametrize("adapter", [Binance, Bitget, BitgetUTA, BitMart, Bybit, Hyperliquid, OKX])
@pytest.mark.asyncio
async def test_prices_of_more_contracts_than_a_connection_takes_come_over_several(
    adapter: type[Binance | Bitget | BitgetUTA | BitMart | Bybit | Hyperliquid | OKX], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing lags on this machine.
    monkeypatch.setattr(picture, "LAG_S", 0.05)
    monkeypatch.setattr(streamed, "LAG_S", 0.05)
    settle = "USDC" if adapter is Hyperliquid else "USDT"
    model = next(spec for spec in CONTRACTS if spec.symbol == f"BTC/{settle}:{settle}")
    contracts = [replace(model, base=f"T{chr(65 + number)}") for number in range(MANY)]
    ends: list[str] = []

    def cut_off(line: Line) -> None:
        ends.append(line.path)

    with serve(only=[adapter.id], setup=Setup(empty=True), contracts=contracts, endpoint_limits=False) as running:
        monkeypatch.setattr(running.exchange.venues[adapter.id].dialect, "ip_limits", ())
        sockets = running.streams.hub.dialects[adapter.id]
        most = PER_LINE * OF_A_TICKER.get(adapter.id, 1)
        monkeypatch.setattr(sockets, "rules", replace(sockets.rules, most_channels=most, attempts=None))
        monkeypatch.setattr(sockets, "too_many", cut_off)
        options: Any = {"base_url": running.base_url, "limiter": NoLimiter()}
        async with adapter(running.credentials(adapter.id), **options) as exchange:
            dialect = exchange._streams._means.dialect  # pyright: ignore[reportPrivateUsage] - there is no public way
            assert dialect is not None
            # Hyperliquid's three channels are three topics; Binance's two are one.
            per_line = most if adapter is Hyperliquid else PER_LINE
            limits = structs.replace(dialect.limits, per_line=per_line, messages_per_s=8)
            monkeypatch.setattr(dialect, "limits", limits)
            async with exchange.watch_tickers([spec.symbol for spec in contracts]) as watch:
                with anyio.fail_after(30):
                    await watch.live()
                    while len(watch.current) < MANY:  # noqa: ASYNC110
                        await anyio.sleep(0.01)
                assert len(running.streams.hub.sessions) == 3
                running.streams.hub.sessions.copy().pop().cut()
                with anyio.fail_after(30):
                    while watch.state is WatchState.LIVE:  # noqa: ASYNC110
                        await anyio.sleep(0.001)
                    await watch.live()
                assert len(running.streams.hub.sessions) == 3
    assert ends == []
