"""Clients of JavaScript on the simulated exchange, where node and they are installed: `npm install bitmart-api`, and
`NODE_PATH` with its folder `node_modules`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import serve

SCRIPT = Path(__file__).parent / "bitmart_api.js"


def node() -> str:
    """The interpreter; skips where it is missing, or the client is."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    looked = subprocess.run([found, "-e", "require('bitmart-api')"], capture_output=True, timeout=60, check=False)
    if looked.returncode:
        pytest.skip("bitmart-api is not in NODE_PATH")
    return found


def test_bitmart_api_trades_by_rest_and_hears_of_it() -> None:
    interpreter = node()
    with serve(only=["bitmart"], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False) as running:
        keys = running.announcement()["venues"]["bitmart"]
        environment = {
            **os.environ, "BASE": running.base_url, "STREAM": running.stream_url,
            "KEY": keys["key"], "SECRET": keys["secret"], "MEMO": keys["memo"],
        }  # fmt: skip
        done = subprocess.run(
            [interpreter, str(SCRIPT)], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        account = running.exchange.venues["bitmart"].account
        executed = sorted(str(fill.id) for fill in account.fills)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    # Its ids are numbers that JavaScript can hold: what it cancels and what it reads is what it was told.
    assert said["openFound"] is True
    assert (said["filled"], said["held"]) == ("10", "10")
    assert said["trades"] == said["told"] == executed
    assert said["balances"] >= 2
    assert said["faults"] == []
    assert not account.open_orders
    assert not list(account.positions_of())
