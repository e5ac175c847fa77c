"""`listen` and the live `watch`, as a user runs them: real processes, real loopback sockets."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from futures_async.adapters import Bitget, BitgetV1
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.enums import MarginMode, OrderType, Side
from futures_async.unified.models import OrderRequest
from tests.cli.inside import cli
from tests.cli.test_commands import keys_of

BTC = "BTC/USDT:USDT"
VENUES = ("bitget", "bitget-v1")


@pytest.fixture
def market() -> Generator[RunningExchange]:
    with serve(only=VENUES, seed=2, setup=Setup(empty=True)) as running:
        yield running


@contextmanager
def started(running: RunningExchange, *arguments: str, venue: str = "bitget") -> Generator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", *arguments, "--base-url", running.base_url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, venue)},
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


async def buy_at_v1(running: RunningExchange) -> None:
    async with BitgetV1(running.credentials("bitget-v1"), base_url=running.base_url) as exchange:
        await exchange.create_order(
            OrderRequest(
                symbol=BTC,
                side=Side.BUY,
                type=OrderType.MARKET,
                quantity=Decimal("0.01"),
                margin_mode=MarginMode.CROSS,
                leverage=10,
            )
        )


async def place(running: RunningExchange, price: str | None = None) -> str:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    request = OrderRequest(
        symbol=BTC, side=Side.BUY, type=kind, quantity=Decimal("0.01"), price=None if price is None else Decimal(price)
    )
    async with Bitget(running.credentials("bitget"), base_url=running.base_url) as exchange:
        return (await exchange.create_order(request)).order_id


@pytest.mark.asyncio
async def test_changes_of_orders_are_json_lines_as_they_come(market: RunningExchange) -> None:
    resting = await place(market, "50000")
    with started(market, "listen", "orders", "--json") as process:
        first = json.loads(line(process))
        assert (first["account"], first["kind"], first["item"]["order_id"]) == ("bitget", "snapshot", resting)
        new = await place(market, "51000")
        second = json.loads(line(process))
        assert (second["kind"], second["source"], second["item"]["order_id"]) == ("opened", "push", new)
        assert second["item"]["price"] == "51000"
        assert second["received_ms"] >= second["venue_ms"] - 5_000


@pytest.mark.asyncio
async def test_a_venue_without_a_stream_is_read(market: RunningExchange) -> None:
    await buy_at_v1(market)
    with started(market, "listen", "positions", "--csv", "--interval", "0.2", venue="bitget-v1") as process:
        titles, first = line(process), line(process)
        await buy_at_v1(market)
        told = list(csv.DictReader(io.StringIO(titles + first + line(process))))
        assert [(row["account"], row["change"], row["source"]) for row in told] == [
            ("bitget-v1", "snapshot", "read"),
            ("bitget-v1", "changed", "read"),
        ]
        assert told[0]["symbol"] == BTC
        assert told[0]["quantity"] == "0.01"


@pytest.mark.asyncio
async def test_for_people_it_is_a_table_that_grows(market: RunningExchange) -> None:
    with started(market, "listen", "positions", "-s", "BTCUSDT") as process:
        await place(market)
        titles, row = line(process), line(process)
        assert titles.split()[:4] == ["time", "(UTC)", "account", "change"]
        assert row.split()[1] == "bitget"
        assert BTC in row
        # Numbers end below the end of their title.
        assert row[: titles.index("quantity") + len("quantity")].endswith("0.01")


@pytest.mark.asyncio
async def test_balances_move_with_a_trade(market: RunningExchange) -> None:
    with started(market, "listen", "account", "--json") as process:
        before = json.loads(line(process))
        assert (before["kind"], before["item"]["margin_coin"]) == ("snapshot", "USDT")
        await place(market)
        after = json.loads(line(process))
        assert after["kind"] == "changed"
        assert Decimal(after["item"]["available"]) < Decimal(before["item"]["available"])


def test_watch_goes_by_streams_and_says_so(market: RunningExchange) -> None:
    with started(market, "watch", "--json", "--interval", "0.2") as process:
        seen: list[str | None] = []
        while "live" not in seen:
            row = json.loads(line(process))
            if "stream" in row:
                assert row["account"] == "bitget"
                assert row["stream"] != "live" or row["status"] == "ok"  # a busy machine may be late with the first
                seen.append(row["stream"])
    with started(market, "watch", "--interval", "0.2") as process:
        while not (said := line(process)).startswith("bitget live"):
            assert "Traceback" not in said


def test_watch_polls_when_it_is_told_to(market: RunningExchange) -> None:
    with started(market, "watch", "--poll", "--json", "--interval", "0.2") as process:
        states: list[Any] = []
        while len(states) < 3:
            row = json.loads(line(process))
            states += [row] if "stream" in row else []
    assert [state["stream"] for state in states] == [None] * 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("listen", "--help"), 0, "orders, fills, positions or account"),
        (("listen",), 2, "Missing argument"),
        (("listen", "trades", "--simulated"), 2, "'trades' is not one of"),
        (("listen", "account", "--simulated", "-v", "bitget", "-s", "BTCUSDT"), 2, "takes no --symbol"),
        (("listen", "orders", "--simulated", "-v", "bitget", "-s", "NOSUCH"), 2, "NOSUCH"),
        (("listen", "orders", "--simulated", "-v", "bittip"), 2, "bittip"),
    ],
)
def test_help_and_what_cannot_be_listened_to(arguments: tuple[str, ...], code: int, said: str) -> None:
    shown = cli(*arguments)
    assert shown.returncode == code
    assert said in " ".join((shown.stdout + shown.stderr).replace("│", " ").split())


def test_refused_keys_are_exit_code_3(market: RunningExchange) -> None:
    keys = keys_of(market, "bitget", secret="of-somebody-else")
    shown = cli("listen", "orders", "--base-url", market.base_url, **keys)
    assert shown.returncode == 3, shown.stderr
    assert "AuthenticationError" in shown.stderr
