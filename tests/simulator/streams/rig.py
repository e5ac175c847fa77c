"""One simulated venue with its streams on a hand-driven clock, and clients that know nothing but the reference."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any, NamedTuple

from futures_async.simulator.accounts import ApiKey
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.records import Order, Ticket
from futures_async.simulator.streams.hub import StreamHub
from futures_async.simulator.streams.session import End, Session
from futures_async.unified.enums import Intent, OrderType, PositionMode, Side

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
NOON = 1_768_190_400_000  # 2026-01-12 04:00 UTC: no funding for four hours
DATA = Path(__file__).parents[2] / "data"
BUY, SELL = Side.BUY, Side.SELL


def recorded(venue: str) -> dict[str, Any]:
    """Messages as the venue sends them, by name."""
    found: dict[str, Any] = json.loads((DATA / "streams" / f"{venue.replace('-', '_')}.json").read_text())
    return found


def log_in_to_bitget(key: ApiKey, now_ms: int, path: str = "/user/verify") -> Any:
    stamp = str(now_ms // 1000)
    digest = hmac.new(key.secret.encode(), f"{stamp}GET{path}".encode(), hashlib.sha256).digest()
    sign = b64encode(digest).decode()
    return {
        "op": "login",
        "args": [{"apiKey": key.key, "passphrase": key.passphrase, "timestamp": stamp, "sign": sign}],
    }


def log_in_to_okx(key: ApiKey, now_ms: int) -> Any:
    return log_in_to_bitget(key, now_ms, "/users/self/verify")


def log_in_to_bitmart(key: ApiKey, now_ms: int) -> Any:
    text = f"{now_ms}#{key.memo}#bitmart.WebSocket".encode()
    sign = hmac.new(key.secret.encode(), text, hashlib.sha256).hexdigest()
    return {"action": "access", "args": [key.key, str(now_ms), sign, "web"]}


def log_in_to_bybit(key: ApiKey, now_ms: int) -> Any:
    expires = now_ms + 10_000
    sign = hmac.new(key.secret.encode(), f"GET/realtime{expires}".encode(), hashlib.sha256).hexdigest()
    return {"req_id": "auth", "op": "auth", "args": [key.key, expires, sign]}


class Speech(NamedTuple):
    """How to speak to a venue."""

    private: str
    public: str
    log_in: Callable[[ApiKey, int], Any]
    ping: Any
    subscribe: Callable[..., Any]
    """Of channels, by the venue's words."""
    everything: tuple[str, ...]
    """What an account is told."""


def _v2(*channels: str, op: str = "subscribe", product: str = "USDT-FUTURES") -> Any:
    args: list[dict[str, str]] = []
    for channel in channels:
        name, _, which = channel.partition(":")
        selector = {"account": "coin", "equity": ""}.get(name, "instId")
        chosen = {selector: which or "default"} if selector else {}
        args.append({"instType": product, "channel": name, **chosen})
    return {"op": op, "args": args}


def _v3(*topics: str, op: str = "subscribe", product: str = "UTA") -> Any:
    args: list[dict[str, str]] = []
    for topic in topics:
        name, _, which = topic.partition(":")
        args.append({"instType": product, "topic": name, **({"symbol": which} if which else {})})
    return {"op": op, "args": args}


def _bitmart(*topics: str, op: str = "subscribe") -> Any:
    return {"action": op, "args": list(topics)}


def _bybit(*topics: str, op: str = "subscribe") -> Any:
    return {"req_id": ",".join(topics), "op": op, "args": list(topics)}


def _okx(*channels: str, op: str = "subscribe") -> Any:
    args: list[dict[str, str]] = []
    for channel in channels:
        name, _, which = channel.partition(":")
        chosen = {"instType": "SWAP"} if name in ("orders", "positions") else {}
        args.append({"channel": name, **chosen, **({"instId": which} if which else {})})
    return {"op": op, "args": args}


SPEECH = {
    "bitget": Speech(
        "/v2/ws/private", "/v2/ws/public", log_in_to_bitget, "ping", _v2,
        ("orders", "fill", "positions", "positions-history", "account"),
    ),
    "bitget-uta": Speech(
        "/v3/ws/private", "/v3/ws/public", log_in_to_bitget, "ping", _v3, ("order", "fill", "position", "account"),
    ),
    "bitmart": Speech(
        "/user", "/api", log_in_to_bitmart, {"action": "ping"}, _bitmart,
        ("futures/order", "futures/position", "futures/asset:USDT"),
    ),
    "bybit": Speech(
        "/v5/private", "/v5/public/linear", log_in_to_bybit, {"op": "ping"}, _bybit,
        ("order", "execution", "position", "wallet"),
    ),
    "okx": Speech(
        "/ws/v5/private", "/ws/v5/public", log_in_to_okx, "ping", _okx, ("orders", "positions", "account"),
    ),
}  # fmt: skip
VENUES = tuple(SPEECH)


class Peer:
    """One connection of a client."""

    def __init__(self, bench: StreamBench, path: str) -> None:
        self._bench = bench
        self.woken = 0
        self.session: Session = bench.hub.open(path, client="10.0.0.1", wake=self._wake)

    def _wake(self) -> None:
        self.woken += 1

    def say(self, message: Any) -> None:
        """Text as it is, anything else as JSON."""
        self.session.hear(message if isinstance(message, str | bytes) else json.dumps(message))

    def heard(self) -> list[Any]:
        """What has come since the last look; JSON decoded."""
        frames = list(self.session.outbox)
        self.session.outbox.clear()
        return [decoded(frame) for frame in frames]

    def ask(self, message: Any) -> list[Any]:
        """Say something, and what comes at once."""
        self.say(message)
        return self.heard()

    @property
    def end(self) -> End | None:
        return self.session.end


def decoded(frame: str | bytes) -> Any:
    if isinstance(frame, bytes):
        frame = zlib.decompress(frame, wbits=-zlib.MAX_WBITS).decode()
    return json.loads(frame) if frame.startswith("{") else frame


class StreamBench:
    """See the module's docstring. BTC stands at 90,000."""

    def __init__(
        self, venue: str, mode: PositionMode = PositionMode.ONE_WAY, plan: FaultPlan | None = None, **options: Any
    ) -> None:
        self.venue = venue
        self.now = NOON
        self.exchange = SimulatedExchange(
            only=[venue], setup=Setup(position_mode=mode, empty=True), now_ms=lambda: self.now, **options
        )
        self.account = self.exchange.venues[venue].account
        self.key = self.exchange.venues[venue].key
        self.exchange.engine.marks.pin(BTC, D(90_000))
        self.exchange.engine.marks.pin(ETH, D(3_000))
        self.hub = StreamHub(self.exchange, plan)
        self.speech = SPEECH[venue]
        self.mode = mode

    def connect(self, *, public: bool = False) -> Peer:
        return Peer(self, self.speech.public if public else self.speech.private)

    def login(self, peer: Peer) -> list[Any]:
        return peer.ask(self.speech.log_in(self.key, self.now))

    def listen(self, *channels: str) -> Peer:
        """A connection that is logged in and subscribed; what came so far is forgotten."""
        peer = self.connect()
        self.login(peer)
        peer.ask(self.speech.subscribe(*(channels or self.speech.everything)))
        return peer

    def wait(self, seconds: float) -> None:
        """Let time pass, doing what is due when it is due."""
        until = self.now + int(seconds * 1000)
        while True:
            next_s = self.hub.next_s
            step = until if next_s is None else min(until, self.now + max(1, int(-(-next_s * 1000 // 1))))
            self.now = step
            self.hub.advance()
            if self.now >= until:
                return

    def move(self, price: int | str, symbol: str = BTC) -> None:
        self.exchange.engine.marks.pin(symbol, D(price))
        self.wait(0.5)

    def trade(
        self,
        side: Side,
        quantity: str,
        price: str | None = None,
        *,
        closes: bool = False,
        symbol: str = BTC,
        **more: Any,
    ) -> Order:
        hedge = self.mode is PositionMode.HEDGE
        self.exchange.engine.settle(self.account)
        ticket = Ticket(
            symbol=symbol,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=D(quantity),
            price=None if price is None else D(price),
            intent=(Intent.CLOSE if closes else Intent.OPEN) if hedge else None,
            reduce_only=closes and not hedge,
            **more,
        )
        with self.exchange.engine.arithmetic():
            return self.exchange.engine.orders.place(self.account, ticket).order

    def cancel(self, order: Order) -> None:
        self.exchange.engine.orders.cancel(self.account, order_id=order.id)


def channel_of(frame: Any) -> str | None:
    """Of a push; None: it is none."""
    if isinstance(frame, str) or "data" not in frame:
        return None
    arg = frame.get("arg", {})
    return str(frame.get("group") or frame.get("topic") or arg.get("channel") or arg.get("topic"))


def pushes(frames: list[Any], channel: str) -> list[Any]:
    """The data of one channel."""
    return [frame["data"] for frame in frames if channel_of(frame) == channel]
