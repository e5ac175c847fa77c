"""A venue in a process of its own that pushes at an even pace, so that every frame is a wake-up, as pushes are.

`python -m benchmarks.stream_venue` is that process.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PACE_S = 0.0005
HOST = "127.0.0.1"
OF_A_FILL = {
    *("tradeScope", "fillFee", "fillFeeCoin", "fillPrice", "fillNotionalUsd", "fillTime", "tradeId"),
    *("priceAvg", "baseVolume", "pnl"),
}


def _order(number: int) -> dict[str, Any]:
    """Two pushes for each order: it rests, and it is filled. In the order that Bitget sends the fields in."""
    filled = number % 2 == 1
    row = {
        "leverage": "10",
        "orderType": "limit",
        "presetStopLossType": "",
        "tradeSide": "buy_single",
        "orderId": str(1300000000000000011 + number // 2),
        "presetStopSurplusExecutePrice": "",
        "feeDetail": [{"feeCoin": "USDT", "fee": f"-0.0112{number % 1000:04d}"}],
        "cTime": str(1742560144582 + number),
        "posMode": "one_way_mode",
        "marginMode": "crossed",
        "presetStopLossExecutePrice": "",
        "tradeScope": "T",
        "fillFee": "-0.0112344",
        "priceAvg": "93.62",
        "posSide": "net",
        "price": f"{93 + number % 7}.62",
        "enterPointSource": "API",
        "baseVolume": "0.2",
        "cancelReason": "",
        "accBaseVolume": "0.2" if filled else "0",
        "stpMode": "none",
        "side": "buy",
        "totalProfits": "0",
        "marginCoin": "USDT",
        "notionalUsd": "18.722",
        "fillFeeCoin": "USDT",
        "fillPrice": "93.62",
        "pnl": "0",
        "fillNotionalUsd": "18.724",
        "instId": "LTCUSDT",
        "size": "0.2",
        "reduceOnly": "no",
        "force": "gtc",
        "uTime": str(1742560144693 + number),
        "fillTime": "1742560144693",
        "presetStopSurplusType": "",
        "clientOid": f"fx{number // 2:012d}",
        "tradeId": str(1300000000000000012 + number),
        "status": "filled" if filled else "live",
    }
    return row if filled else {name: value for name, value in row.items() if name not in OF_A_FILL}


def _position(index: int, number: int) -> dict[str, Any]:
    return {
        "posId": str(1300000000000000001 + index),
        "instId": f"C{index:02d}USDT",
        "marginCoin": "USDT",
        "marginSize": "0.67098",
        "marginMode": "crossed",
        "holdSide": "long",
        "posMode": "one_way_mode",
        "total": str(3 + number % 5),
        "available": "3",
        "frozen": "0",
        "openPriceAvg": f"2.{2366 + number % 999}",
        "leverage": 10,
        "achievedProfits": "0",
        "unrealizedPL": f"0.00{number % 89 + 10}",
        "unrealizedPLR": "0.001341321649",
        "liquidationPrice": "-5.882918946895",
        "keepMarginRate": "0.0040",
        "marginRate": "0.001265633757",
        "autoMargin": "off",
        "breakEvenPrice": "2.238882701621",
        "deductedFee": "0.002818116",
        "totalFee": "",
        "cTime": "1732378185023",
        "uTime": str(1741850543856 + number),
    }


def _frame(channel: str, number: int) -> str:
    rows = [_order(number)] if channel == "orders" else [_position(index, number + index) for index in range(50)]
    arg = {"instType": "USDT-FUTURES", "channel": channel, "instId": "default"}
    whole = {"action": "snapshot", "arg": arg, "data": rows, "ts": int(time.time() * 1000)}
    return msgspec.json.encode(whole).decode()


async def _talk(peer: ServerConnection) -> None:
    """Answers logins and subscriptions as Bitget does, and pushes on demand: `go CHANNEL COUNT FIRST`."""
    with suppress(ConnectionClosed):  # some hang up without a goodbye
        async for text in peer:
            words = str(text).split()
            if words[0] == "go":
                await _push(peer, words[1], int(words[2]), int(words[3]))
            elif text == "ping":
                await peer.send("pong")
            else:
                said = msgspec.json.decode(text)
                if said["op"] == "login":
                    await peer.send('{"event":"login","code":0}')
                else:
                    for arg in said["args"]:
                        await peer.send(msgspec.json.encode({"event": said["op"], "arg": arg}).decode())


async def _push(peer: ServerConnection, channel: str, count: int, first: int) -> None:
    frames = [_frame(channel, first + number) for number in range(count)]
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in frames:
        due += PACE_S
        await asyncio.sleep(due - loop.time())
        await peer.send(frame)


async def _serve() -> None:
    async with serve(_talk, HOST, 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.wait_closed()


@asynccontextmanager
async def venue() -> AsyncGenerator[int]:
    """The venue, in a process of its own; its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.stream_venue", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
