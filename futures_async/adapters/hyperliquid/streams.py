"""Hyperliquid's WebSocket: subscriptions that name an account by its address. There is no login, and no sequence.

Orders are told by two of them: `userHistoricalOrders` has a row, as in the history, for each change of status, and
`openOrders` is the whole list, which alone tells what is filled of those that work. Not so `orderUpdates`, whose rows
do not tell a stop that waits from an order that rests.

Prices of a contract come in three: its context, the best prices, and the day's candle for the last trade.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, stream_url
from futures_async.adapters.hyperliquid import wire
from futures_async.adapters.hyperliquid.mapping import VENUE, accounts, tickers
from futures_async.adapters.hyperliquid.orders import LISTED, WORKING, fills, orders
from futures_async.adapters.hyperliquid.symbols import Names

HOST = "wss://api.hyperliquid.xyz"
TEST_HOST = "wss://api.hyperliquid-testnet.xyz"
GREETING = b"Websocket connection established."

STATES = fa.Channel("userHistoricalOrders", (fa.What.ORDERS,), wire.WireStanding)
OPEN = fa.Channel("openOrders", (fa.What.ORDERS,), wire.WireOrder, full=True)
FILLS = fa.Channel("userFills", (fa.What.FILLS,), wire.WireFill)
ACCOUNT = fa.Channel("clearinghouseState", (fa.What.POSITIONS, fa.What.ACCOUNTS), wire.WireState, full=True)
CONTEXT = fa.Channel("activeAssetCtx", (fa.What.TICKERS,), wire.WireContext, private=False)
BEST = fa.Channel("bbo", (fa.What.TICKERS,), wire.WireLevel, private=False)
CANDLE = fa.Channel("candle", (fa.What.TICKERS,), wire.WireCandle, private=False)
# States before the list: what ends between the two is told.
CHANNELS = {channel.name: channel for channel in (STATES, OPEN, FILLS, ACCOUNT, CONTEXT, BEST, CANDLE)}
OF_A_DEX = (OPEN, ACCOUNT)
NO_ROWS = msgspec.Raw(b"[]")


class Subscription(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is subscribed; echoes have more fields, with defaults."""

    type: str = ""
    user: str | None = None
    dex: str | None = None
    coin: str = ""
    interval: str | None = None

    @property
    def key(self) -> Hashable:
        """Of its acknowledgement and of its pushes."""
        return self.type, self.coin


class Answer(msgspec.Struct, frozen=True, gc=False):
    """To a request of ours."""

    method: str = ""
    subscription: Subscription = Subscription()


class Told(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a push holds: whose it is, and one kind of rows."""

    user: str = ""
    dex: str = ""
    is_snapshot: bool | None = None
    order_history: msgspec.Raw = NO_ROWS
    orders: msgspec.Raw = NO_ROWS
    fills: msgspec.Raw = NO_ROWS
    clearinghouse_state: msgspec.Raw = NO_ROWS
    coin: str = ""
    ctx: wire.WireContext = wire.WireContext()
    time: int | None = None
    bbo: tuple[wire.WireLevel | None, ...] = ()
    s: str = ""
    c: str | None = None


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Any frame."""

    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


FRAMES = msgspec.json.Decoder(Frame)
ANSWERS = msgspec.json.Decoder(Answer)
TOLD = msgspec.json.Decoder(Told)
ACCOUNT_STATES = msgspec.json.Decoder(wire.WireState, strict=False)
SUBSCRIPTIONS = msgspec.json.Decoder(Subscription)
TEXTS = msgspec.json.Decoder(str)


class Known(NamedTuple):
    """What the dialect asks of the client; each is called when a frame is read or a subscription made."""

    user: Callable[[], str]
    """The address whose account it is, in small letters."""
    positions: Callable[[wire.WireState], fa.Read[fa.Position] | None]
    """Those of a state; None before contracts are known."""
    tells_collateral: Callable[[wire.WireState], bool]
    """The collateral is the dex's own, as far as it was read: else pushes tell nothing of it."""


class HyperliquidStreams(fa.StreamDialect):
    """Of one dex. Prices are put together from three channels, so that those of a contract are remembered."""

    venue = VENUE
    # A connection to which nothing was sent for a minute is dropped.
    heartbeat = fa.Heartbeat(text='{"method":"ping"}', every_s=20.0, patience_s=10.0)
    # For an address: 30 new connections and 2,000 messages a minute, 1,000 subscriptions, 10 users.
    limits = fa.StreamLimits(
        connects=fa.RateLimit(25, 60.0, scope="ip"), messages_per_s=10, per_frame=1, per_address=1000, users=10
    )
    binds = False
    logs_in = False

    def __init__(self, names: Names, known: Known) -> None:
        self._names = names
        self._known = known
        self._prices: dict[str, wire.WireContext] = {}
        self._states = fa.RowDecoder(wire.WireStanding)
        self._open = fa.RowDecoder(wire.WireOrder)
        self._fills = fa.RowDecoder(wire.WireFill)

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """One for all channels."""
        host = stream_url(base_url) if base_url is not None else TEST_HOST if demo else HOST
        return f"{host}/ws"

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        found: list[fa.Topic] = []
        for channel in (one for one in CHANNELS.values() if what in one.gives):
            for coin in ("",) if channel.private else symbols:
                wanted = Subscription(
                    channel.name,
                    user=self._known.user() if channel.private else None,
                    dex=self._names.dex if channel in OF_A_DEX else None,
                    coin=coin,
                    interval="1d" if channel is CANDLE else None,
                )
                found.append(fa.Topic(channel, wanted.key, wanted))
        return tuple(found)

    def subscribe(self, topics: Iterable[fa.Topic]) -> str:
        """What was known of a contract's prices may be of long ago by now."""
        [topic] = topics
        self._prices.pop(topic.args.coin, None)
        return _request("subscribe", topic)

    def unsubscribe(self, topics: Iterable[fa.Topic]) -> str:
        [topic] = topics
        return _request("unsubscribe", topic)

    def learn(self, row: wire.WireContext) -> None:
        """A ticker was read: it has the last trade, of which nothing is pushed before the next one."""
        known = self._prices.get(str(row.coin), row)
        if known.last is None or known is row:
            self._prices[str(row.coin)] = msgspec.structs.replace(known, last=row.last)

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        if data.strip() == GREETING:
            return fa.Nothing()
        frame = decoded(FRAMES, data)
        match frame.channel:
            case "pong":
                return fa.Pong()
            case "subscriptionResponse":
                answer = decoded(ANSWERS, frame.data)
                return fa.Acknowledged(answer.subscription.key) if answer.method == "subscribe" else fa.Nothing()
            case "error":
                return _refused(decoded(TEXTS, frame.data))
            case "":
                raise fa.DecodeError("a frame that is none of the venue's", path="$.channel")
            case name:
                channel = CHANNELS.get(name)
                return fa.Nothing() if channel is None else self._push(channel, decoded(TOLD, frame.data))

    def _push(self, channel: fa.Channel, told: Told) -> fa.Message:
        if channel.private and told.user.lower() != self._known.user():
            raise fa.DecodeError(f"{channel.name} of another account", path="$.data.user")
        if channel in OF_A_DEX and told.dex != self._names.dex:
            raise fa.DecodeError(f"{channel.name} of another dex", path="$.data.dex")
        if channel is STATES:
            # What had ended before is no news, and what there is, is read.
            return fa.Nothing() if told.is_snapshot else self._changed(told)
        if channel is OPEN:
            return self._listed(told)
        if channel is FILLS:
            return self._executed(told)
        return self._state(told) if channel is ACCOUNT else self._ticker(channel, told)

    def _changed(self, told: Told) -> fa.Message:
        """Orders whose status has changed just now: what is left of them is as of now."""
        rows, whole = self._states.rows(told.order_history)
        beside = [(row.order, row) for row in rows if not (row.status in WORKING and row.order.is_trigger is True)]
        return self._orders(STATES, beside, whole)

    def _listed(self, told: Told) -> fa.Message:
        rows, whole = self._open.rows(told.orders)
        return self._orders(OPEN, [(row, LISTED) for row in rows if row.is_trigger is not True], whole)

    def _orders(
        self, channel: fa.Channel, rows: Iterable[tuple[wire.WireOrder, wire.WireStanding]], whole: bool
    ) -> fa.Message:
        found: list[fa.Order] = []
        for row, standing in rows:
            if not self._names.own(row.coin):
                continue
            try:
                found.append(orders(self._names, live=True).one(row, standing))
            except fa.DecodeError:
                whole = False  # the next read tells it
        return fa.Data((channel.name, ""), ((fa.What.ORDERS, fa.Push(found, whole and channel.full)),), whole)

    def _executed(self, told: Told) -> fa.Message:
        """The first push has those before too."""
        rows, whole = self._fills.rows(told.fills)
        read = fills(self._names).each(row for row in rows if self._names.own(row.coin))
        push = fa.Push(read.rows, bool(told.is_snapshot))
        return fa.Data((FILLS.name, ""), ((fa.What.FILLS, push),), whole and not read.unread)

    def _state(self, told: Told) -> fa.Message:
        """Positions and collateral, all of them each time."""
        state = decoded(ACCOUNT_STATES, told.clearinghouse_state)
        at_ms = state.time if isinstance(state.time, int) else None
        pushes: list[tuple[fa.What, fa.Push[Any]]] = []
        held, whole = self._known.positions(state), True
        if held is not None:
            whole = not held.unread
            pushes.append((fa.What.POSITIONS, fa.Push(held.rows, whole, at_ms)))
        if self._known.tells_collateral(state):
            pushes.append((fa.What.ACCOUNTS, fa.Push([accounts(self._names.settle).one(state)], True, at_ms)))
        return fa.Data((ACCOUNT.name, ""), tuple(pushes), whole)

    def _ticker(self, channel: fa.Channel, told: Told) -> fa.Message:
        """Nothing before all three have told theirs."""
        coin = told.s if channel is CANDLE else told.coin
        row = self._prices.get(coin, wire.WireContext(coin=coin))
        if channel is CANDLE:
            row = msgspec.structs.replace(row, last=told.c)
        elif channel is BEST:
            bid, ask = (None if level is None else level.px for level in (*told.bbo, None, None)[:2])
            row = msgspec.structs.replace(row, bid=bid, ask=ask, time=told.time)
        else:
            row = msgspec.structs.replace(told.ctx, coin=coin, last=row.last, bid=row.bid, ask=row.ask, time=row.time)
        self._prices[coin] = row
        shown = [] if None in (row.last, row.mark_px) else [tickers(self._names).one(row)]
        pushes = ((fa.What.TICKERS, fa.Push(shown)),) if shown else ()
        return fa.Data((channel.name, coin), pushes)


def _request(method: str, topic: fa.Topic) -> str:
    return msgspec.json.encode({"method": method, "subscription": topic.args}).decode()


def _refused(text: str) -> fa.Refused:
    """A text, and in it what was asked for. Only what does not exist stays refused."""
    said, _, asked = text.partition("{")
    kind: type[fa.ExchangeError] = fa.RateLimited if " more than " in said else fa.ExchangeError
    if said.startswith("Invalid subscription"):
        kind = fa.ParameterRejected
    error = kind(said.strip()[:200], venue=VENUE, endpoint="stream", retryable=kind is not fa.ParameterRejected)
    try:
        key = decoded(SUBSCRIPTIONS, f"{{{asked}".encode()).key
    except fa.DecodeError:
        key = None
    return fa.Refused(error, key)
