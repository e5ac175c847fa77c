"""The seam between the simulated exchange and a venue's WebSocket: what `adapters/<venue>/simulated/streams.py`
implements, and `Dialect.streams()` of that venue returns.

A stream dialect reads a client's message into what is meant by it, and writes frames. It knows no socket, no timer and
no other connection: who is logged in, what is subscribed, heartbeats, cuts, limits and faults are `streams/`, once for
all venues.

    class Streams(StreamDialect):
        id = "some-venue"                                       # the adapter's id: fault plans choose by it
        rules = Rules(idle_s=120.0, messages=RateLimit(10))     # what the venue allows a connection
        paths = {"/ws/private": True, "/ws/public": False}      # path, and whether it is for one account

        def __init__(self, rest):                               # the REST dialect: engine, symbols, rows
            self.channels = {
                "orders": AccountChannel(name="orders", orders=self.order),
                "positions": AccountChannel(name="positions", look=self.positions, changes=self.moved, at_start=True),
                "ticker": MarketChannel(name="ticker", look=self.ticker, at_start=True, every_s=0.25),
            }

        def read(self, message, line):                          # the deeds that a message asks for, in their order
            if message == "ping":
                yield Beat("pong")
            ...
                yield LogIn(account, encode({"event": "login"}))
                yield Subscribe(key, Subscription(self.channels["orders"], arg), ack=encode({...}))

        def order(self, account, event):                        # the row of one event; called as it happens
            return row(event.order, event.fill)

        def told(self, account, subscription, row):             # frames of such a row
            yield encode({"arg": subscription.arg, "data": [row]})

Rows are written at the moment of the event, when they are true: the records go on changing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import msgspec

from futures_async.simulator.accounts import Account
from futures_async.simulator.events import Event, OrderEvent, TriggerEvent
from futures_async.simulator.records import Fill, Trigger
from futures_async.transport.endpoint import RateLimit

Frame: TypeAlias = str | bytes
"""One message: text, or binary."""

DAY_S = 86_400.0
MESSAGE_TOO_BIG = 1009
"""The close code of RFC 6455."""

_JSON = msgspec.json.Encoder(decimal_format="number")


def encode(payload: Any) -> str:
    """JSON text; Decimals become numbers, so that what venues send as text must be text already."""
    return _JSON.encode(payload).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a venue allows a connection, and what it does when that is not kept. None: no such rule."""

    idle_s: float | None = None
    """Without a heartbeat of the client for so long, the line is cut without a close frame, whatever else flows."""
    lifetime_s: float | None = DAY_S
    """After so long the venue closes the connection."""
    messages: RateLimit | None = None
    """What a client may send, heartbeats included."""
    subscribes: RateLimit | None = None
    """Requests to subscribe, of one connection."""
    requests: RateLimit | None = None
    """Requests to log in, to subscribe and to unsubscribe, of one connection."""
    most_channels: int | None = None
    """Held at once by one connection."""
    most_characters: int | None = None
    """In the keys of all channels that one connection holds."""
    most_bytes: int | None = None
    """In one message of the client; a longer one closes the connection with 1009."""
    connections: int | None = None
    """Open at once from one address; more are refused with HTTP 429."""
    attempts: RateLimit | None = None
    """To connect, from one address; likewise."""
    refusal_ends: bool = True
    """A refused login closes the connection."""


class Line(Protocol):
    """What a dialect may know of the connection that a message came from."""

    @property
    def path(self) -> str:
        """Where it was opened."""
        ...

    @property
    def private(self) -> bool:
        """Its path is for one account."""
        ...

    @property
    def account(self) -> Account | None:
        """Whose it is; None: nobody has logged in."""
        ...

    @property
    def channels_of_address(self) -> int:
        """Held at once by all connections of its address."""
        ...

    @property
    def accounts_of_address(self) -> set[str]:
        """UIDs that these are of."""
        ...

    @property
    def number(self) -> int:
        """Counts the connections of an exchange."""
        ...

    @property
    def now_ms(self) -> int:
        """The exchange's clock."""
        ...


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel that a connection has asked for."""

    channel: AccountChannel | MarketChannel
    arg: Any = None
    """For the dialect: what its pushes repeat, what they are filtered by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChannel:
    """What an account's owner can be told."""

    name: str
    """As fault plans know it."""
    orders: Callable[[Account, OrderEvent], Any] | None = None
    """The row of an order that was accepted, changed, filled or cancelled; None: this is not told."""
    fills: Callable[[Account, Fill], Any] | None = None
    """The row of an execution, likewise."""
    triggers: Callable[[Account, Trigger], Any] | None = None
    """The row of an order that waits, likewise."""
    changes: Callable[[Account, Event, Subscription], Iterable[Frame]] | None = None
    """Frames for what just happened, where that is no single row; none if it is no concern of this channel."""
    look: Callable[[Account, Subscription], Iterable[Frame]] | None = None
    """How things stand."""
    at_start: bool = False
    """`look` is pushed after each acknowledgement."""
    every_s: float | None = None
    """`look` is pushed again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChannel:
    """What everybody can be told."""

    name: str
    look: Callable[[Subscription], Iterable[Frame]]
    at_start: bool = True
    every_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Say something; it has no consequence."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Beat:
    """The client's heartbeat, and the answer to it."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class LogIn:
    """The connection is this account's now; None: refused, and `frame` says why."""

    account: Account | None
    frame: Frame


@dataclass(frozen=True, slots=True)
class Own:
    """The connection is this account's from its beginning, without a word, and is told of all this."""

    account: Account
    subscriptions: Mapping[Hashable, Subscription]


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Begin to push, after the acknowledgement. What is held already is acknowledged again."""

    key: Hashable
    """Equal keys are one subscription."""
    subscription: Subscription
    ack: Frame | None
    """None: an acknowledgement of several at once, which another of them brings."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Push no longer."""

    key: Hashable
    ack: Frame | None
    """None: as of `Subscribe`."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as over HTTP: limits count both alike."""

    method: str
    path: str
    body: bytes
    answer: Callable[[int, bytes], Frame]
    """What is said of its answer, by status and body."""


@dataclass(frozen=True, slots=True)
class Break:
    """Hang up without a word, as venues do over what they do not like."""


Deed: TypeAlias = Answer | Beat | LogIn | Own | Subscribe | Unsubscribe | Ask | Break


class StreamDialect(ABC):
    """One venue's WebSocket. See the module's docstring."""

    id: ClassVar[str]
    rules: ClassVar[Rules]
    paths: ClassVar[Mapping[str, bool]]
    """Which paths are its, and whether a connection there is private. The query does not count."""

    @abstractmethod
    def read(self, message: Frame, line: Line) -> Iterable[Deed]:
        """What a client's message asks for; called within the engine's arithmetic."""

    def opened(self, query: str, line: Line) -> Iterable[Deed]:
        """What follows from a connection's address alone: its query, without the question mark."""
        return ()

    def ended(self, line: Line) -> None:  # noqa: B027 - at most venues nothing follows from it
        """A connection is gone, however: for venues where something follows from that."""

    def changes(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Frames for what just happened, as the subscription's channel tells it."""
        channel, row = subscription.channel, None
        if not isinstance(channel, AccountChannel):
            return
        match event:
            case OrderEvent(order=order, fill=fill) if self.concerns(subscription, order.symbol):
                if channel.orders is not None:
                    row = channel.orders(account, event)
                elif channel.fills is not None and fill is not None:
                    row = channel.fills(account, fill)
            case TriggerEvent(trigger=trigger) if channel.triggers and self.concerns(subscription, trigger.symbol):
                row = channel.triggers(account, trigger)
            case _:
                pass
        if row is not None:
            yield from self.told(account, subscription, row)
        if channel.changes is not None:
            yield from channel.changes(account, event, subscription)

    def concerns(self, subscription: Subscription, symbol: str) -> bool:
        """Rows of this contract are asked for."""
        return True

    def told(self, account: Account, subscription: Subscription, row: Any) -> Iterable[Frame]:
        """The frames of a row; needed where channels write rows."""
        raise NotImplementedError

    def too_many(self, line: Line) -> Frame | None:
        """What is said before a connection that asks too much is closed; None: nothing, as most venues do."""
        return None

    @abstractmethod
    def login_refused(self, line: Line) -> Frame:
        """A refusal of a login that was right, for faults."""

    def refused(self, subscription: Subscription, line: Line) -> Frame | None:
        """A refusal of a subscription that was right, for faults; None: this venue has none."""
        return None

    def announced(self, line: Line) -> Frame | None:
        """What the venue says a minute before it ends a connection; None: nothing."""
        return None
