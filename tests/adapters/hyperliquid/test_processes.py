"""Two processes with one wallet: nonces are drawn from what they share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import serve

ORDERS = 20
TRADE = """
import asyncio, sys
from decimal import Decimal
import futures_async as fa
from futures_async.adapters import Hyperliquid

async def main(url, folder, key, secret, count):
    limiter = fa.HostLimiter(folder)
    async with Hyperliquid(fa.Credentials(key, secret), base_url=url, limiter=limiter) as exchange:
        one = fa.OrderRequest(symbol="BTC/USDC:USDC", side="buy", type="limit", quantity=Decimal("0.001"),
                              price=Decimal(50_000))
        orders = (exchange.create_order(one, confirm=False, send_within_s=60.0) for _ in range(count))
        placed = await asyncio.gather(*orders)
        print(len({order.order_id for order in placed}))

asyncio.run(main(*sys.argv[1:5], int(sys.argv[5])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="locks of files are POSIX's")
def test_two_processes_never_use_a_nonce_twice(tmp_path: Path) -> None:
    with serve(only=["hyperliquid"], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False) as running:
        keys = running.credentials("hyperliquid")
        arguments = [running.base_url, str(tmp_path), keys.key.reveal(), keys.secret.reveal(), str(ORDERS)]
        processes = [
            subprocess.Popen([sys.executable, "-c", TRADE, *arguments], stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        assert [process.communicate()[0].strip() for process in processes] == [str(ORDERS)] * 2
        venue = running.exchange.venues["hyperliquid"]
        dialect: Any = venue.dialect
        [nonces] = dialect._nonces.values()
        assert len(set(nonces)) == len(nonces) == 2 * ORDERS
        assert len(venue.account.open_orders) == 2 * ORDERS
