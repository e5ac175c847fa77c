"""A venue of a few contracts that streams, with everything that can go wrong on the way, in the loop's own time.

Every deed changes the books first; what is pushed of it, and whether, when and how often that arrives, is decided by a
seeded plan. Reads tell the books of a moment up to `lag_s` ago. Each row carries a version that grows with every change
of its key (in `raw`), by which a judge sees whether anything goes back in time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec

from futures_async.streams.backend import (
    Receiver,
    StreamBackend,
    StreamConnection,
    StreamEnd,
    StreamFailure,
    StreamRequest,
)
from futures_async.streams.dialect import (
    Acknowledged,
    Channel,
    Data,
    Heartbeat,
    LoggedIn,
    Message,
    Nothing,
    Pong,
    Refused,
    Retiring,
    StreamDialect,
    StreamLimits,
    Topic,
    What,
)
from futures_async.streams.picture import Push
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import OrderStatus, OrderType, PositionSide, Side
from futures_async.unified.errors import AuthenticationError, ClockSkew, DecodeError, ParameterRejected, RequestTimeout
from futures_async.unified.models import Account, Fill, Order, Position, Ticker

EPOCH_MS = 1_770_000_000_000
SYMBOLS = ("AAA", "BBB", "CCC")

PositionRule = Literal["list", "rows", "bare"]
"""How positions are pushed: all of them each time; the changed ones; or these without profit, in frames without a time
and without a first list, where reads do not say when a row was changed."""


class WireOrder(msgspec.Struct, frozen=True):
    id: str
    symbol: str
    side: str
    size: str
    filled: str
    status: str
    created: int
    updated: int
    v: int
    price: str = ""


class WireFill(msgspec.Struct, frozen=True):
    id: str
    order: str
    symbol: str
    side: str
    price: str
    size: str
    at: int


class WirePosition(msgspec.Struct, frozen=True):
    symbol: str
    side: str
    size: str
    entry: str
    pnl: str
    updated: int
    v: int


class WireAccount(msgspec.Struct, frozen=True):
    coin: str
    free: str
    v: int


class WireTicker(msgspec.Struct, frozen=True):
    symbol: str
    last: str
    at: int


class Frame(msgspec.Struct):
    kind: str = ""
    topic: str = ""
    code: str = ""
    text: str = ""
    ts: int = 0
    whole: bool = False
    data: msgspec.Raw = msgspec.Raw(b"[]")


def symbol_of(venue_symbol: str) -> str:
    return f"{venue_symbol}/USDT:USDT"


def to_order(wire: WireOrder) -> Order:
    size, filled = Decimal(wire.size), Decimal(wire.filled)
    return Order(
        venue="toy",
        raw=wire,
        symbol=symbol_of(wire.symbol),
        venue_symbol=wire.symbol,
        order_id=wire.id,
        client_order_id=f"c{wire.id}",
        side=Side(wire.side),
        type=OrderType.LIMIT,
        quantity=size,
        filled_quantity=filled,
        remaining_quantity=size - filled,
        average_price=Decimal(wire.price) if wire.price else None,
        status=OrderStatus(wire.status),
        created_ms=wire.created,
        updated_ms=wire.updated,
    )


def to_fill(wire: WireFill) -> Fill:
    return Fill(
        venue="toy",
        raw=wire,
        fill_id=wire.id,
        order_id=wire.order,
        symbol=symbol_of(wire.symbol),
        venue_symbol=wire.symbol,
        side=Side(wire.side),
        price=Decimal(wire.price),
        quantity=Decimal(wire.size),
        created_ms=wire.at,
    )


def to_position(wire: WirePosition) -> Position:
    return Position(
        venue="toy",
        raw=wire,
        symbol=symbol_of(wire.symbol),
        venue_symbol=wire.symbol,
        side=PositionSide(wire.side),
        quantity=Decimal(wire.size),
        entry_price=Decimal(wire.entry),
        unrealized_pnl=Decimal(wire.pnl) if wire.pnl else None,
        margin_coin="USDT",
        updated_ms=wire.updated or None,
    )


def to_account(wire: WireAccount) -> Account:
    free = Decimal(wire.free)
    return Account(venue="toy", raw=wire, margin_coin=wire.coin, balance=free, available=free)


def to_ticker(wire: WireTicker) -> Ticker:
    return Ticker(
        venue="toy", raw=wire, symbol=symbol_of(wire.symbol), venue_symbol=wire.symbol,
        last_price=Decimal(wire.last), created_ms=wire.at,
    )  # fmt: skip


MAKERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "orders": (list[WireOrder], to_order),
    "fills": (list[WireFill], to_fill),
    "positions": (list[WirePosition], to_position),
    "accounts": (list[WireAccount], to_account),
    "tickers": (list[WireTicker], to_ticker),
}


class ToyStreams(StreamDialect):
    """How the toy venue streams."""

    venue = "toy"
    heartbeat = Heartbeat(text="ping", every_s=10.0, patience_s=5.0)
    limits = StreamLimits(connects=RateLimit(100, 60.0, scope="ip"), messages_per_s=10, per_frame=3)

    def __init__(self, rule: PositionRule = "list", *, limits: StreamLimits | None = None) -> None:
        self.rule = rule
        self.limits = limits or ToyStreams.limits

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        return f"wss://toy.example/{'private' if private else 'public'}"

    def topics(self, what: What, symbols: Sequence[str] = ()) -> tuple[Topic, ...]:
        full = what is What.POSITIONS and self.rule == "list"
        first = what in (What.POSITIONS, What.ACCOUNTS) and self.rule != "bare"
        channel = Channel(what.value, (what,), MAKERS[what.value][0], full, first, what is not What.TICKERS)
        names = [f"tickers:{symbol}" for symbol in symbols] if what is What.TICKERS else [what.value]
        return tuple(Topic(channel, name, name) for name in names)

    def login(self, credentials: Credentials, now_ms: int) -> str:
        return f"login {credentials.key.reveal()} {now_ms}"

    def subscribe(self, topics: Iterable[Topic]) -> str:
        return "subscribe " + ",".join(topic.args for topic in topics)

    def unsubscribe(self, topics: Iterable[Topic]) -> str:
        return "unsubscribe " + ",".join(topic.args for topic in topics)

    def read(self, data: bytes, *, binary: bool) -> Message:
        if data == b"pong":
            return Pong()
        try:
            frame = msgspec.json.decode(data, type=Frame)
            match frame.kind:
                case "push":
                    return self._data(frame)
                case "ack":
                    return Acknowledged(frame.topic)
                case "login":
                    return LoggedIn()
                case "error":
                    return self._error(frame)
                case "retiring":
                    return Retiring()
                case _:
                    return Nothing()
        except msgspec.MsgspecError as error:
            raise DecodeError(f"no frame of the toy's: {error}", path="$") from error

    def _data(self, frame: Frame) -> Data:
        name = frame.topic.partition(":")[0]
        rows, make = MAKERS[name]
        items = [make(row) for row in msgspec.json.decode(frame.data, type=rows)]
        full = frame.whole or (name == "positions" and self.rule == "list")
        sent_ms = None if self.rule == "bare" else frame.ts
        return Data(frame.topic, ((What(name), Push(items, full, sent_ms)),))

    def _error(self, frame: Frame) -> Refused:
        match frame.code:
            case "401":
                return Refused(AuthenticationError(frame.text, code=frame.code))
            case "408":
                return Refused(ClockSkew(frame.text, code=frame.code))
            case "429":
                return Refused(ParameterRejected(frame.text, code=frame.code, retryable=True))
            case _:
                return Refused(ParameterRejected(frame.text, code=frame.code), frame.topic or None)


class BareStreams(ToyStreams):
    """How it streams where pushes leave profits out."""

    unsaid: ClassVar[Mapping[What, tuple[str, ...]]] = {What.POSITIONS: ("unrealized_pnl",)}


def streams_of(rule: PositionRule) -> ToyStreams:
    """How a venue of this rule streams."""
    return BareStreams(rule) if rule == "bare" else ToyStreams(rule)


class Faults(msgspec.Struct):
    """Chances, per frame or connection."""

    lost: float = 0.0
    doubled: float = 0.0
    delayed: float = 0.0
    cut: float = 0.0
    """Per deed."""
    silent: float = 0.0
    """Per deed: the line stays open, and nothing comes of it any more."""
    late_login: float = 0.0
    no_data: float = 0.0
    """Per subscription: acknowledged, and silent."""
    before_ack: float = 0.0
    refused_connection: float = 0.0
    failing_reads: float = 0.0
    lag_s: float = 1.5


class Books(NamedTuple):
    """What the venue holds at one moment."""

    orders: dict[str, WireOrder]
    positions: dict[tuple[str, str], WirePosition]
    accounts: dict[str, WireAccount]

    def of(self, what: str) -> list[Any]:
        match what:
            case "orders":
                return list(self.orders.values())
            case "positions":
                return list(self.positions.values())
            case _:
                return list(self.accounts.values())


class ToyVenue(StreamBackend):
    """Books, a plan of faults, and the connections of those who listen."""

    name = "toy"

    def __init__(self, seed: int, *, rule: PositionRule = "list", faults: Faults | None = None) -> None:
        self.rng = random.Random(seed)
        self.rule: PositionRule = rule
        self.faults = faults or Faults()
        self.keys = {"key"}
        self.skewed = 0
        """So many logins are refused for their time."""
        self.refuses: set[str] = set()
        """Topics that do not exist."""
        self.names_topics = True
        """Errors say of which topic they speak."""
        self.answers_pings = True
        self.most_topics: int | None = None
        """Of one connection: it is cut that asks for more."""
        self.most_requests: int | None = None
        """Logins, subscriptions and ends of these of one connection in an hour, likewise."""
        self.cut_off = 0
        """Connections that were cut for asking too much."""
        self.connections: list[ToyConnection] = []
        self.frames: list[str] = []
        """What was sent to the venue."""
        self.reads = 0
        self.now_books = Books({}, {}, {"USDT": WireAccount("USDT", "1000", 0)})
        self._past: list[tuple[float, Books]] = [(0.0, self.now_books)]
        self.ended: dict[str, WireOrder] = {}
        self._ended_at: list[tuple[float, WireOrder]] = []
        self.fills: list[WireFill] = []
        self._fills_at: list[float] = []
        self._number = 0
        self._sent_ms = 0

    # Time

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return EPOCH_MS + int(self.now * 1000)

    def _next(self) -> int:
        self._number += 1
        return self._number

    # Deeds

    def _set(self, books: Books) -> None:
        self.now_books = books
        self._past.append((self.now, books))
        while len(self._past) > 2 and self._past[1][0] < self.now - 10:
            self._past.pop(0)

    def place(self, symbol: str, side: str, size: int) -> str:
        number, now_ms = self._next(), self.now_ms()
        order = WireOrder(f"o{number}", symbol, side, str(size), "0", "new", now_ms, now_ms, number)
        self._set(self.now_books._replace(orders={**self.now_books.orders, order.id: order}))
        self._push("orders", [order])
        if self.rng.random() < 0.5:
            self._touch(symbol)
        return order.id

    def _touch(self, symbol: str) -> None:
        """A position's numbers change, and the time of its last change does not."""
        if self.rule == "bare":
            return
        for key, row in self.now_books.positions.items():
            if row.symbol == symbol:
                row = msgspec.structs.replace(row, pnl=str(self.rng.randrange(1000)), v=self._next())
                self._set(self.now_books._replace(positions={**self.now_books.positions, key: row}))
                self._push_positions(row)
                return

    def fill(self, order_id: str, size: int) -> None:
        order = self.now_books.orders[order_id]
        size = min(size, int(order.size) - int(order.filled))
        now_ms, number = self.now_ms(), self._next()
        filled = int(order.filled) + size
        done = filled == int(order.size)
        order = msgspec.structs.replace(
            order,
            filled=str(filled),
            status="filled" if done else "partially_filled",
            updated=now_ms,
            v=number,
            price=str(100 + number % 7),
        )
        orders = {**self.now_books.orders, order.id: order}
        if done:
            del orders[order.id]
            self._end(order)
        fill = WireFill(f"f{number}", order.id, order.symbol, order.side, str(100 + number % 7), str(size), now_ms)
        self.fills.append(fill)
        self._fills_at.append(self.now)
        signed = size if order.side == "buy" else -size
        row = self._moved(order.symbol, signed, now_ms)
        account = self.now_books.accounts["USDT"]
        account = msgspec.structs.replace(account, free=str(int(account.free) - signed), v=self._next())
        self._set(Books(orders, self._positions_with(row), {**self.now_books.accounts, "USDT": account}))
        pushes: list[Callable[[], None]] = [
            lambda: self._push("orders", [order]),
            lambda: self._push("fills", [fill]),
            lambda: self._push_positions(row),
            lambda: self._push("accounts", [account]),
        ]
        self.rng.shuffle(pushes)
        for push in pushes:
            push()

    def _moved(self, symbol: str, signed: int, now_ms: int) -> WirePosition:
        """One position for each contract and side; buying opens longs and selling closes them."""
        key = (symbol, "long")
        held = self.now_books.positions.get(key)
        size = (0 if held is None else int(held.size)) + signed
        if size < 0:
            size = 0
        entry = str(100 + self._number % 11)
        return WirePosition(symbol, "long", str(size), entry, str(size), now_ms, self._next())

    def _positions_with(self, row: WirePosition) -> dict[tuple[str, str], WirePosition]:
        positions = {**self.now_books.positions, (row.symbol, row.side): row}
        if row.size == "0":
            del positions[row.symbol, row.side]
        return positions

    def cancel(self, order_id: str) -> None:
        order = self.now_books.orders[order_id]
        now_ms = self.now_ms()
        order = msgspec.structs.replace(order, status="canceled", updated=now_ms, v=self._next())
        orders = {**self.now_books.orders}
        del orders[order_id]
        self._end(order)
        self._set(self.now_books._replace(orders=orders))
        # As some venues do: no average price in the push of a cancel.
        self._push("orders", [msgspec.structs.replace(order, price="")])

    def liquidate(self, symbol: str) -> None:
        held = self.now_books.positions.get((symbol, "long"))
        if held is None:
            return
        row = msgspec.structs.replace(held, size="0", updated=self.now_ms(), v=self._next())
        self._set(self.now_books._replace(positions=self._positions_with(row)))
        self._push_positions(row)

    def pay_funding(self) -> None:
        account = self.now_books.accounts["USDT"]
        account = msgspec.structs.replace(account, free=str(int(account.free) - 1), v=self._next())
        self._set(self.now_books._replace(accounts={**self.now_books.accounts, "USDT": account}))
        self._push("accounts", [account])

    def _end(self, order: WireOrder) -> None:
        self.ended[order.id] = order
        self._ended_at.append((self.now, order))

    def deed(self) -> None:
        """One random thing."""
        rng, orders = self.rng, list(self.now_books.orders)
        chance = rng.random()
        if not orders or (chance < 0.35 and len(orders) < 12):
            placed = self.place(rng.choice(SYMBOLS), rng.choice(("buy", "sell")), rng.randrange(1, 6))
            if rng.random() < 0.3:
                self.fill(placed, 5)
        elif chance < 0.75:
            self.fill(rng.choice(orders), rng.randrange(1, 4))
        elif chance < 0.9:
            self.cancel(rng.choice(orders))
        elif chance < 0.95:
            self.liquidate(rng.choice(SYMBOLS))
        else:
            self.pay_funding()
        if rng.random() < self.faults.cut:
            self.cut(politely=rng.random() < 0.5)
        if rng.random() < self.faults.silent:
            self.silence()

    # Pushes

    def _push_positions(self, row: WirePosition) -> None:
        if self.rule == "bare":
            row = msgspec.structs.replace(row, pnl="")
        self._push("positions", list(self.now_books.positions.values()) if self.rule == "list" else [row])

    def _push(self, topic: str, rows: Sequence[Any]) -> None:
        # No two pushes have one time: of those that have, nothing but their order could tell which is younger.
        self._sent_ms = max(self.now_ms(), self._sent_ms + 1)
        frame = push_frame(topic, rows, self._sent_ms)
        for connection in tuple(self.connections):
            connection.push(topic, frame)

    def tick(self, symbol: str, last: str) -> None:
        self._push(f"tickers:{symbol}", [WireTicker(symbol, last, self.now_ms())])

    def cut(self, *, politely: bool) -> None:
        """End all connections."""
        for connection in tuple(self.connections):
            connection.cut(StreamEnd(kind="closed", code=1001) if politely else StreamEnd(kind="lost"))

    def silence(self) -> None:
        """Nothing comes of the connections of now any more, and they stay open."""
        for connection in self.connections:
            connection.silent = True

    # Connections

    async def connect(self, request: StreamRequest, receiver: Receiver) -> StreamConnection:
        await asyncio.sleep(self.rng.uniform(0.01, 0.2))
        if self.rng.random() < self.faults.refused_connection:
            raise StreamFailure("refused")
        connection = ToyConnection(self, receiver)
        self.connections.append(connection)
        return connection

    # Reads

    async def _read(self) -> float:
        """Wait for an answer; of which moment it is."""
        self.reads += 1
        lag_s = self.rng.uniform(0, self.faults.lag_s)
        asked = self.now
        await asyncio.sleep(self.rng.uniform(0.01, 0.3))
        if self.rng.random() < self.faults.failing_reads:
            raise RequestTimeout("toy: no answer")
        moment = max(asked - lag_s, 0.0) if self.rng.random() < 0.5 else self.rng.uniform(asked, self.now)
        await asyncio.sleep(self.rng.uniform(0.01, 0.3))
        return moment

    def _books_at(self, moment: float) -> Books:
        return next(books for at, books in reversed(self._past) if at <= moment or books is self._past[0][1])

    def books_since(self, moment: float) -> list[Books]:
        """What was held then, and at every moment since."""
        return [self._books_at(moment), *(books for at, books in self._past if at > moment)]

    def fills_before(self, moment: float) -> list[WireFill]:
        return [fill for at, fill in zip(self._fills_at, self.fills, strict=True) if at < moment][-100:]

    async def fetch(self, what: str) -> list[Any]:
        rows = self._books_at(await self._read()).of(what)
        if what == "positions" and self.rule == "bare":
            rows = [msgspec.structs.replace(row, updated=0) for row in rows]
        return [MAKERS[what][1](row) for row in rows]

    async def history(self, what: str, since_ms: int) -> list[Any]:
        moment = await self._read()
        if what == "fills":
            rows: list[Any] = [
                row for at, row in zip(self._fills_at, self.fills, strict=True) if at <= moment and row.at >= since_ms
            ]
        else:
            rows = [row for at, row in self._ended_at if at <= moment and row.created >= since_ms]
        return [MAKERS[what][1](row) for row in rows]

    async def look_up(self, order_id: str) -> Order | None:
        moment = await self._read()
        open_then = self._books_at(moment).orders.get(order_id)
        if open_then is not None:
            return to_order(open_then)
        for at, row in self._ended_at:
            if row.id == order_id and at <= moment:
                return to_order(row)
        return None


def push_frame(topic: str, rows: Sequence[Any], ts: int, *, whole: bool = False) -> bytes:
    return msgspec.json.encode({"kind": "push", "topic": topic, "ts": ts, "whole": whole, "data": rows})


class ToyConnection(StreamConnection):
    """One connection at the venue's side."""

    def __init__(self, venue: ToyVenue, receiver: Receiver) -> None:
        self._venue = venue
        self._receiver = receiver
        self._in = False
        self.topics: set[str] = set()
        self.dumb: set[str] = set()
        """Acknowledged, and silent."""
        self.silent = False
        self.over = False
        self._asked_at: list[float] = []
        self._busy_until: dict[str, float] = {}

    # The client's side

    def send(self, text: str) -> None:
        if not self.over and not self.silent:
            self._venue.frames.append(text)
            asyncio.get_running_loop().call_later(0.02, self._take, text)

    async def aclose(self) -> None:
        await asyncio.sleep(0.02)
        self.cut(StreamEnd(kind="closed", code=1000))

    def abort(self) -> None:
        self.cut(StreamEnd(kind="lost"))

    # The venue's side

    def _take(self, text: str) -> None:
        venue, rng = self._venue, self._venue.rng
        if self.over or self.silent:
            return
        command, _, rest = text.partition(" ")
        if command != "ping" and self._asks_too_much(command, rest.split(",")):
            venue.cut_off += 1
            self.cut(StreamEnd(kind="lost"))
        elif command == "ping":
            if venue.answers_pings:
                self.say(b"pong")
        elif command == "login":
            if rest.split()[0] not in venue.keys:
                self._error("401", "no such key")
            elif venue.skewed:
                venue.skewed -= 1
                self._error("408", "timestamp")
            else:
                late = 12.0 if rng.random() < venue.faults.late_login else 0.0
                self._later(late, self._let_in)
        elif command == "subscribe":
            for topic in rest.split(","):
                self._subscribe(topic)
        else:
            self.topics -= set(rest.split(","))

    def _asks_too_much(self, command: str, topics: Sequence[str]) -> bool:
        venue, now = self._venue, self._venue.now
        self._asked_at = [at for at in self._asked_at if at > now - 3600.0] + [now] * len(topics)
        held = self.topics.union(topics) if command == "subscribe" else self.topics
        too_many = venue.most_topics is not None and len(held) > venue.most_topics
        return too_many or (venue.most_requests is not None and len(self._asked_at) > venue.most_requests)

    def _let_in(self) -> None:
        self._in = True
        self.say(b'{"kind":"login"}')

    def _subscribe(self, topic: str) -> None:
        venue, rng = self._venue, self._venue.rng
        if not self._in and not topic.startswith("tickers"):
            self._error("403", "log in first")
            return
        if topic in venue.refuses:
            self._error("404", "no such topic", topic)
            return
        self.topics.add(topic)
        if rng.random() < venue.faults.no_data:
            self.dumb.add(topic)
        ack = msgspec.json.encode({"kind": "ack", "topic": topic})
        early = rng.random() < venue.faults.before_ack
        self._later(0.5 if early else 0.0, lambda: self.say(ack))
        if topic in ("positions", "accounts") and topic not in self.dumb and venue.rule != "bare":
            self._later(0.05, lambda: self._say_all(topic))

    def _say_all(self, topic: str) -> None:
        self.say(push_frame(topic, self._venue.now_books.of(topic), self._venue.now_ms(), whole=True))

    def _error(self, code: str, text: str, topic: str = "") -> None:
        self.say(
            msgspec.json.encode(
                {"kind": "error", "code": code, "text": text, "topic": topic * self._venue.names_topics}
            )
        )

    def say(self, data: bytes) -> None:
        if not self.over and not self.silent:
            self._receiver.received(data, binary=False)

    def _later(self, delay_s: float, act: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(delay_s, act)

    def push(self, topic: str, frame: bytes) -> None:
        """A push sets out: it arrives in order on its channel, unless the plan says otherwise."""
        rng, faults = self._venue.rng, self._venue.faults
        if topic not in self.topics or topic in self.dumb or self.over or self.silent or rng.random() < faults.lost:
            return
        at = max(self._busy_until.get(topic, 0.0), self._venue.now + rng.uniform(0.005, 0.2))
        self._busy_until[topic] = at
        # What has no time at all is taken in the order that it comes in: nothing else could tell what is younger.
        late = 0.0 if self._venue.rule == "bare" and topic == "accounts" else 1.0
        if rng.random() < faults.delayed:
            at += late * rng.uniform(0.2, 1.8)  # overtaken by what comes after
        for _ in range(2 if rng.random() < faults.doubled else 1):
            self._later(at - self._venue.now, lambda: self.say(frame))
            at += late * rng.uniform(0.0, 1.0)

    def cut(self, end: StreamEnd) -> None:
        if self.over:
            return
        self.over = True
        self._venue.connections.remove(self)
        asyncio.get_running_loop().call_soon(self._receiver.ended, end)
