"""Bybit's WebSocket: its topics, and rows as models by the tables of REST. No private topic begins with a snapshot.

Prices do, and what follows says only what has changed of a row: what is missing stands as it was.

https://bybit-exchange.github.io/docs/v5/ws/connect and the pages of its private topics
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, stream_url
from futures_async.adapters.bybit import wire, wire_market
from futures_async.adapters.bybit.dialect import BYTICK_URL, DEMO_URL, HOSTS, SITES, BybitDialect
from futures_async.adapters.bybit.mapping import VENUE, accounts, positions
from futures_async.adapters.bybit.market import tickers
from futures_async.adapters.bybit.orders import fills, is_fill, is_waiting, orders
from futures_async.adapters.bybit.symbols import CATEGORIES, OTHER_CATEGORIES, category_of

W = TypeVar("W")

CHANNELS = fa.Channels(
    fa.Channel("order", (fa.What.ORDERS,), wire.WireOrder),
    fa.Channel("execution", (fa.What.FILLS,), wire.WireFill),
    fa.Channel("position", (fa.What.POSITIONS,), wire.WirePosition),
    fa.Channel("wallet", (fa.What.ACCOUNTS,), wire.WireWallet),
)
GUARD = fa.Channel("dcp.future", (fa.What.ORDERS,), wire.WireOrder)
TICKERS = fa.Channel("tickers", (fa.What.TICKERS,), wire_market.WireTicker, private=False)
# The venue's page of connections names a host of streams for some sites only: the others have the global one.
_GLOBAL = dict.fromkeys((SITES["nl"], SITES["ae"], BYTICK_URL), "wss://stream.bybit.com")
STREAMS = {host: host.replace("https://api", "wss://stream") for host in (*HOSTS, DEMO_URL)} | _GLOBAL
"""By where calls go."""
LOGIN_MS = 10_000
"""How long a login is good."""
NO_DATA = msgspec.Raw(b"")
_OTHER_SIDE = {"buy": "Sell", "sell": "Buy"}
_SIDES = {"1": ("Buy",), "2": ("Sell",)}


class LoginRefused(fa.AuthenticationError, fa.ClockSkew):
    """Key, signature or time were not accepted: the venue does not tell which.

    As it may be the clock, it is set anew and the login made once more before this is raised.
    """

    advice = "check key and secret, that the key is of this site, and this computer's clock"


class Frame(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What is around the data, or an answer to one of ours."""

    op: str = ""
    topic: str = ""
    data: msgspec.Raw = NO_DATA
    creation_time: int | None = None
    success: bool | None = None
    type: str = ""
    cs: int = 0
    ts: int | None = None
    ret_msg: str | None = msgspec.field(default=None, name="ret_msg")
    req_id: str | None = msgspec.field(default=None, name="req_id")


class Pushed(msgspec.Struct, Generic[W], frozen=True, gc=False, rename="camel"):
    """A private push with its rows."""

    topic: str
    data: list[W]
    creation_time: int | None = None


_FRAMES = msgspec.json.Decoder(Frame, strict=False)
_PUSHES = fa.FrameDecoder(CHANNELS.values(), Pushed, attrgetter("topic"))
_TICKER = msgspec.json.Decoder(wire_market.WireTicker, strict=False)


class BybitStreamDialect(fa.StreamDialect):
    """The private topics, of all categories at once, and tickers, which have a connection for each category.

    Args:
        dialect: Of REST: it signs, and knows the hosts.
        margin_mode: The account's, as it was read last: pushes do not tell it, and what is available hangs on it, as
            does the margin of positions.
        guarded: Beside orders, the topic is held without which the venue cancels them all; nothing is pushed by it.
    """

    venue = VENUE
    # "Send a ping every 20 seconds"; more often, so that silence is noticed sooner.
    heartbeat = fa.Heartbeat(text='{"op":"ping"}', every_s=10.0, patience_s=10.0)
    # Allowed are 500 attempts in 5 minutes, and names of 21,000 characters together on one connection. An answer names
    # one request, so each asks for one topic: many lines stand sooner than one.
    limits = fa.StreamLimits(connects=fa.RateLimit(400, 300.0, scope="ip"), messages_per_s=8, per_frame=1, per_line=100)
    # Wallets are pushed at trades, transfers and settlements, positions at each order and trade.
    paired = True
    unsaid: ClassVar[Mapping[fa.What, tuple[str, ...]]] = {
        fa.What.ACCOUNTS: ("margin_mode",),
        fa.What.POSITIONS: ("created_ms",),
    }

    def __init__(
        self,
        dialect: BybitDialect,
        *,
        guarded: bool = False,
        margin_mode: Callable[[], fa.MarginMode | None] = lambda: None,
    ) -> None:
        self._dialect, self._guarded, self._margin_mode = dialect, guarded, margin_mode
        self.headers = dialect.site_headers
        self._tickers: dict[str, tuple[int, int, wire_market.WireTicker]] = {}
        """Rows by topic, with the number of their last change and when that was sent."""
        self._readers: dict[str, Callable[[Any], fa.Read[Any]]] = {
            "order": self._orders,
            "execution": self._fills,
            "position": self._positions,
            "wallet": self._accounts,
        }

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """At the site of the key. Demo trading has a host for what is private: its prices are those of the market."""
        at = base_url or (DEMO_URL if demo else self._dialect.base_url)
        if at.rstrip("/") == DEMO_URL and not private:
            at = self._dialect.base_url
        host = stream_url(at, STREAMS)
        return f"{host}/v5/{'private' if private else 'public/'}"

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        if what is fa.What.TICKERS:
            kinds = {category_of(name) for name in symbols}
            if len(kinds) > 1:
                raise fa.InvalidRequest(f"{VENUE}: linear and inverse contracts are pushed apart: watch each by itself")
            channel = TICKERS._replace(path="".join(kinds))
            return tuple(fa.Topic(channel, f"tickers.{name}", f"tickers.{name}") for name in symbols)
        found = [channel for channel in CHANNELS.values() if what in channel.gives]
        if self._guarded and what is fa.What.ORDERS:
            found.append(GUARD)
        return tuple(fa.Topic(channel, channel.name, channel.name) for channel in found)

    def login(self, credentials: fa.Credentials, now_ms: int) -> str:
        """Good for ten seconds."""
        expires = now_ms + LOGIN_MS
        sign = self._dialect.signature(credentials, f"GET/realtime{expires}".encode())
        return _operation("auth", "auth", [credentials.key.reveal(), expires, sign])

    def subscribe(self, topics: Iterable[fa.Topic]) -> str:
        names = [topic.args for topic in topics]
        return _operation("subscribe", ",".join(names), names)

    def unsubscribe(self, topics: Iterable[fa.Topic]) -> str:
        return _operation("unsubscribe", "", [topic.args for topic in topics])

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        pushed = _PUSHES.read(data)
        if pushed is not None:
            return self._push(pushed.topic, pushed.data, True, pushed.creation_time)
        frame = decoded(_FRAMES, data)
        if frame.topic.startswith("tickers."):
            return self._tick(frame)
        if frame.topic:
            rows = CHANNELS.rows(frame.topic, frame.data)
            return fa.Nothing() if rows is None else self._push(frame.topic, *rows, frame.creation_time)
        match frame.op:
            case "pong":
                return fa.Pong()
            case "ping" if frame.ret_msg == "pong":
                return fa.Pong()
            case "auth":
                return fa.LoggedIn() if frame.success else fa.Refused(self._error(LoginRefused, frame), login=True)
            case "subscribe" if frame.success:
                return fa.Acknowledged(frame.req_id)
            case "subscribe":
                return fa.Refused(self._error(fa.ParameterRejected, frame), frame.req_id)
            case _:
                return fa.Nothing()

    def _error(
        self, kind: type[LoginRefused | fa.ParameterRejected], frame: Frame
    ) -> LoginRefused | fa.ParameterRejected:
        return kind(frame.ret_msg or "refused without a message", venue=VENUE, endpoint=f"stream {frame.op}")

    def _push(self, topic: str, rows: list[Any], whole: bool, sent_ms: int | None) -> fa.Message:
        channel = CHANNELS[topic]
        items: list[Any] = []
        for row in rows:
            try:
                if not _is_of_a_contract(row):
                    continue
                found = self._readers[channel.name](row)
            except fa.DecodeError:
                whole = False
            else:
                items += found.rows
                whole = whole and not found.unread
        return fa.Data(channel.name, ((channel.gives[0], fa.Push(items, False, sent_ms)),), whole)

    def _tick(self, frame: Frame) -> fa.Data:
        """A whole row, or what has changed of one. Of two connections the one that takes over may be ahead."""
        row, known = decoded(_TICKER, frame.data), self._tickers.get(frame.topic)
        items: list[Any] = []
        if frame.type == "delta":
            if known is None or frame.cs < known[0]:
                return _ticked(frame, items, known is not None)
            said = {name: value for name, value in msgspec.structs.asdict(row).items() if value is not None}
            row = msgspec.structs.replace(known[2], **said)
        elif known is not None and frame.cs < known[0] and (frame.ts or 0) < known[1]:
            return _ticked(frame, items, True)  # numbers may begin anew, times do not
        self._tickers[frame.topic] = frame.cs, frame.ts or 0, row
        try:
            items.append(tickers().one(row, wire_market.WireStamp(time=frame.ts)))
        except fa.DecodeError:
            return _ticked(frame, items, False)
        return _ticked(frame, items, True)

    def _orders(self, row: wire.WireOrder) -> fa.Read[Any]:
        """Those that wait for a price are no open orders yet; once set off they are, under the same id."""
        return fa.Read([]) if is_waiting(row) else fa.Read([orders().one(row)])

    def _fills(self, row: wire.WireFill) -> fa.Read[Any]:
        return fa.Read([fills().one(row)] if is_fill(row) else [])

    def _positions(self, row: wire.WirePosition) -> fa.Read[Any]:
        """A row of one-way mode tells of both sides: of the one that is held, if any, and that the other is not."""
        reading = positions(self._margin_mode())
        sides = _SIDES.get(str(row.position_idx), ("Buy", "Sell"))
        held = _OTHER_SIDE.get(str(row.side).lower())
        if held is not None:
            found = [reading.one(row)]
            gone = [held] if len(sides) > 1 else []
        else:
            found, gone = [], list(sides)
        empty = [msgspec.structs.replace(row, side=side, size="0") for side in gone]
        return fa.Read([*found, *map(reading.one, empty)])

    def _accounts(self, row: wire.WireWallet) -> fa.Read[Any]:
        """The coins that have changed, with the margin ratio of the whole account at that moment. In which margin mode
        that is, is not pushed."""
        return accounts(self._margin_mode()).each(row.coin, lambda _: row)


def _is_of_a_contract(row: object) -> bool:
    """A topic tells of spot and options too, and a pair of spot has the name of a contract.

    Raises:
        DecodeError: The category is none that is known.
    """
    said = getattr(row, "category", None)
    word = str(said or "").lower()
    if word and word not in (*CATEGORIES, *OTHER_CATEGORIES):
        raise fa.DecodeError(f"category has the unknown word {word[:40]!r}", path="category")
    return word not in OTHER_CATEGORIES


def _ticked(frame: Frame, items: list[Any], whole: bool) -> fa.Data:
    return fa.Data(frame.topic, ((fa.What.TICKERS, fa.Push(items, False, frame.ts)),), whole)


def _operation(op: str, req_id: str, args: Sequence[Any]) -> str:
    return msgspec.json.encode({"req_id": req_id, "op": op, "args": args}).decode()
