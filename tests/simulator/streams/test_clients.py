"""Other people's clients on the simulated streams: what they say, played again, and one of them live."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import warnings
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from tests.simulator.streams.rig import BUY, DATA, SELL, VENUES, StreamBench, channel_of

RECORDED: list[dict[str, Any]] = json.loads((DATA / "streams" / "clients.json").read_text())
SYMBOL = "LINK/USDT:USDT"


def fill_in(frame: str, venue: str, key: ApiKey, now_ms: int) -> str:
    """Key, times and signature, as the client would have had them."""
    ms = now_ms + 5_000 if "{ms_ahead}" in frame else now_ms
    if venue == "bitmart":
        text = f"{ms}#{key.memo}#bitmart.WebSocket".encode()
        sign = hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest()
    elif venue == "bybit":
        sign = hmac.new(key.secret.encode(), f"GET/realtime{ms}".encode(), hashlib.sha256).hexdigest()
    else:
        path = "/users/self/verify" if venue == "okx" else "/user/verify"
        digest = hmac.new(key.secret.encode(), f"{now_ms // 1000}GET{path}".encode(), hashlib.sha256).digest()
        sign = b64encode(digest).decode()
    values = {
        "key": key.key, "passphrase": str(key.passphrase), "seconds": str(now_ms // 1000), "ms": str(ms),
        "ms_ahead": str(ms), "sign": sign,
    }  # fmt: skip
    for name, value in values.items():
        frame = frame.replace(f"{{{name}}}", value)
    return frame


def test_each_venue_has_a_recorded_client() -> None:
    assert {recorded["venue"] for recorded in RECORDED} == set(VENUES)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded["client"])
def test_a_client_logs_in_subscribes_and_is_told(recorded: dict[str, Any]) -> None:
    venue = recorded["venue"]
    bench = StreamBench(venue)
    peer = bench.connect()
    answers: list[Any] = []
    for frame in recorded["frames"]:
        answers += peer.ask(fill_in(frame, venue, bench.key, bench.now))
    assert peer.session.account is bench.account
    said = [answer for answer in answers if not isinstance(answer, str)]
    assert [answer for answer in said if answer.get("code") not in (None, 0, "0") or answer.get("error")] == []
    bench.trade(BUY, "0.1")
    bench.trade(SELL, "0.1", closes=True)
    told = {str(channel_of(frame)).removeprefix("futures/").partition(":")[0].rstrip("s") for frame in peer.heard()}
    assert told >= {"order", "position", {"bitmart": "asset", "bybit": "wallet"}.get(venue, "account")}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("venue", ["bitget", "bitget-uta", "okx"])
def test_ccxt_sees_its_orders_positions_balances_fills_and_a_ticker(venue: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ccxtpro: Any = pytest.importorskip("ccxt.pro")
    with serve(only=[venue], setup=Setup(empty=True), uid_limit=None, endpoint_limits=False) as running:
        asyncio.run(live(ccxtpro, running, venue))


async def live(ccxtpro: Any, running: RunningExchange, venue: str) -> None:
    announced = running.announcement()["venues"][venue]
    client = (ccxtpro.okx if venue == "okx" else ccxtpro.bitget)(
        {
            "apiKey": announced["key"],
            "secret": announced["secret"],
            "password": announced["passphrase"],
            "enableRateLimit": False,
            "options": {"defaultType": "swap", "uta": venue == "bitget-uta"},
        }
    )
    client.urls["api"] = dict.fromkeys(client.urls["api"], running.base_url)
    bitgets = {
        "public": "v2/ws/public",
        "private": "v2/ws/private",
        "utaPublic": "v3/ws/public",
        "utaPrivate": "v3/ws/private",
    }
    urls = {name: f"{running.stream_url}/{path}" for name, path in bitgets.items()}
    client.urls["api"]["ws"] = f"{running.stream_url}/ws/v5" if venue == "okx" else urls
    try:
        async with asyncio.timeout(120):
            await client.load_markets()
            # OKX tells of fills with the orders.
            await trade(client, running, channels=3 if venue == "okx" else 4)
    finally:
        await client.close()


async def until(watch: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> None:
    """Watch until what is wanted has come."""
    while not wanted(await watch()):
        pass


async def trade(client: Any, running: RunningExchange, channels: int) -> None:
    def closed(orders: Any) -> bool:
        return any(order["status"] == "closed" and order["filled"] == 10 for order in orders)

    def long(positions: Any) -> bool:
        return [(row["side"], row["contracts"]) for row in positions] == [("long", 10)]

    def poorer(balance: Any) -> bool:
        return bool(balance["USDT"]["total"] < 25_000)

    def told(rows: Any) -> bool:
        return bool(rows)

    watched: list[tuple[Callable[[], Awaitable[Any]], Callable[[Any], bool]]] = [
        (lambda: client.watch_orders(SYMBOL), closed),
        (lambda: client.watch_positions([SYMBOL]), long),
        (lambda: client.watch_balance({"type": "swap"}), poorer),
        (lambda: client.watch_my_trades(SYMBOL), told),
        (lambda: client.watch_ticker(SYMBOL), told),
    ]
    async with asyncio.TaskGroup() as watches:
        for watch, wanted in watched:
            watches.create_task(until(watch, wanted))
        await subscribed(running, channels)
        await client.create_order(SYMBOL, "market", "buy", 10)


async def subscribed(running: RunningExchange, count: int) -> None:
    """Until the account's listeners hold so many channels: nothing is told before."""
    hub = running.streams.hub
    while sum(len(one.subscriptions) for one in tuple(hub.sessions) if one.private) < count:  # noqa: ASYNC110 - the other side is another thread
        await asyncio.sleep(0.01)
