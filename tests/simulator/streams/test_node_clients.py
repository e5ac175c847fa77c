"""Clients of JavaScript on the simulated exchange, where node and they are installed: `npm install bitmart-api
binance bybit-api okx-api @nktkas/hyperliquid viem ws`, and `NODE_PATH` with the folder `node_modules`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from futures_async.simulator.accounts import Account
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import serve

FOLDER = Path(__file__).parent


def node(package: str) -> str:
    """The interpreter; skips where it is missing, or the client is."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    looked = subprocess.run([found, "-e", f"require('{package}')"], capture_output=True, timeout=60, check=False)
    if looked.returncode:
        pytest.skip(f"{package} is not in NODE_PATH")
    return found


def trades(package: str, script: str, venue: str, mode: str = "") -> tuple[dict[str, Any], Account]:
    """What a client of a venue says of its day, and the account as the exchange keeps it."""
    interpreter = node(package)
    with serve(only=[venue], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False) as running:
        keys = running.announcement()["venues"][venue]
        environment = {
            **os.environ, "BASE": running.base_url, "STREAM": running.stream_url,
            "KEY": keys["key"], "SECRET": keys["secret"], "MEMO": keys["memo"] or "",
            "PASSPHRASE": keys["passphrase"] or "", "MODE": mode,
        }  # fmt: skip
        done = subprocess.run(
            [interpreter, str(FOLDER / script)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    account = running.exchange.venues[venue].account
    assert said["faults"] == []
    assert not account.open_orders
    assert not list(account.positions_of())
    return said, account


def test_bitmart_api_trades_by_rest_and_hears_of_it() -> None:
    said, account = trades("bitmart-api", "bitmart_api.js", "bitmart")
    # Its ids are numbers that JavaScript can hold: what it cancels and what it reads is what it was told.
    assert said["openFound"] is True
    assert (said["filled"], said["held"]) == ("10", "10")
    assert said["trades"] == said["told"] == sorted(str(fill.id) for fill in account.fills)
    assert said["balances"] >= 2


def test_bybit_api_trades_by_rest_and_hears_of_it() -> None:
    said, account = trades("bybit-api", "bybit_api.js", "bybit")
    assert (said["openFound"], said["cancelledAll"], said["closed"]) == (True, True, 1)
    assert (said["filled"], said["held"], said["leverage"]) == ("0.01", "0.01", "7")
    assert said["trades"] == said["told"] == sorted(str(fill.id) for fill in account.fills)
    assert said["balances"] >= 2


@pytest.mark.parametrize("mode", ["net_mode", "long_short_mode"])
def test_okx_api_trades_by_rest_and_hears_of_it(mode: str) -> None:
    said, account = trades("okx-api", "okx_api.js", "okx", mode)
    assert (said["openFound"], said["filled"], said["held"]) == (True, "10", ["10", "7", "isolated"])
    assert said["waited"] == [["stop1", "live"], ["stop1", "canceled"]]
    assert said["trades"] == said["told"] == sorted(str(fill.id) for fill in account.fills)
    assert said["closed"] == 1
    assert said["balances"] >= 2


def test_npms_binance_trades_by_rest_and_hears_of_it() -> None:
    said, account = trades("binance", "npm_binance.js", "binance")
    assert (said["listed"], said["openFound"], said["stopFound"]) == (True, True, True)
    assert (said["rules"], said["moved"]) == ([7, "ISOLATED"], ["9", "11.9"])
    assert (said["cancelled"], said["bought"], said["held"]) == ("CANCELED", "FILLED", "10")
    # One of a batch is refused in its place.
    assert said["batch"] == ["NEW", -4014]
    assert said["orders"] == len(account.order_log) == 4
    assert said["trades"] == said["told"] == sorted(fill.id for fill in account.fills)
    assert {"TRANSFER", "COMMISSION", "REALIZED_PNL"} <= set(said["income"])
    assert 24_000 < said["wallet"] < 25_000


def test_nktkas_trades_by_http_and_by_its_socket_and_hears_of_both() -> None:
    said, account = trades("@nktkas/hyperliquid", "nktkas_hyperliquid.js", "hyperliquid")
    assert (said["openFound"], said["replaced"], said["held"], said["listed"]) == (True, True, ["0.1"], 1)
    assert said["trades"] == said["told"] == sorted(fill.id for fill in account.fills)
    assert said["ended"] == ["canceled", "canceled", "filled", "filled"]
