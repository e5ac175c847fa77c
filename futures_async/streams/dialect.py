"""How a venue streams: what an adapter's `streams.py` declares. Pure: text in, text out; no sockets, no clock.

A venue's channels stand in rows of `Channel`; the login, subscription and heartbeat frames are made here, and every
frame of the venue is read into one of the messages below.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec

from futures_async.streams.picture import Push
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.convert import UNREADABLE
from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import DecodeError, ExchangeError, RateLimited, VenueUnavailable

T = TypeVar("T")

HEAD = 192
"""So many bytes of a frame are looked through for the name of its channel."""


class What(StrEnum):
    """What a picture is of."""

    ORDERS = "orders"
    FILLS = "fills"
    POSITIONS = "positions"
    ACCOUNTS = "accounts"
    TICKERS = "tickers"
    TRIGGERS = "triggers"
    """No picture of its own: pushed while orders are watched, for what lists of waiting orders leave out."""


class Channel(NamedTuple):
    """One documented channel."""

    name: str
    """The venue's word."""
    gives: tuple[What, ...]
    """What its rows are; several where one row tells of an order and of its fill."""
    wire: Any
    """Type of `data` in a push."""
    full: bool = False
    """Every push is the whole list: what is missing is gone. Else rows replace rows, and absence means nothing."""
    first: bool = False
    """The venue pushes the whole list after each acknowledgement, of itself, even when it is empty; that push is `full`
    as it is read, and later ones are not whatever they say."""
    private: bool = True
    path: str = ""
    """What the URL of its connection ends in, where a venue's public channels have several."""
    again_s: float = 0.0
    """All rows are pushed anew so often, whether something has changed or not; 0: they are not."""


class Topic(NamedTuple):
    """One subscription."""

    channel: Channel
    key: Hashable
    """What acknowledgements and pushes name it by."""
    args: Any
    """What the subscription frame says of it."""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a connection alive, and tells that it is."""

    text: str
    """Sent every `every_s`, whatever else is under way."""
    every_s: float
    patience_s: float
    """Without its answer for so long the connection counts as lost, although data may flow."""


class StreamLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue allows, with room left."""

    connects: RateLimit
    """Attempts, by address."""
    messages_per_s: int
    """Of ours on one connection, pings included."""
    per_frame: int
    """Subscriptions in one frame."""
    one_by_one: bool = False
    """Refusals do not say of what: each frame waits for the answer to the one before."""
    per_line: int | None = None
    """Subscriptions on one connection: more go to another one. None: it takes all."""
    requests: RateLimit | None = None
    """Subscriptions, ends of these and logins on one connection, each by itself, however many a frame holds. One more
    than `per_line` at least."""
    per_address: int | None = None
    """Subscriptions of all connections together, by address: more lines do not help, and more are not watched."""
    users: int | None = None
    """Accounts with private connections, by address: likewise."""
    lifetime_s: float | None = None
    """The venue ends every connection of this age; it is replaced before."""

    def __post_init__(self) -> None:
        if self.requests is not None and (self.per_line is None or self.per_line >= self.requests.count):
            raise ValueError("a full connection could not be made anew within `requests`")


# What a frame of the venue says


class Data(msgspec.Struct, frozen=True, gc=False):
    """A push."""

    key: Hashable
    pushes: tuple[tuple[What, Push[Any]], ...]
    whole: bool = True
    """False: a row could not be read; it is missing from `pushes`, which then take nothing away."""


class Acknowledged(NamedTuple):
    """A subscription stands."""

    key: Hashable


class LoggedIn(NamedTuple):
    """The login was accepted."""


class Pong(NamedTuple):
    """The answer to our heartbeat."""


class Refused(NamedTuple):
    """An error of the venue: of the login, of one subscription (`key`), or of nothing that can be told."""

    error: ExchangeError
    key: Hashable | None = None
    login: bool = False


class Retiring(NamedTuple):
    """The venue will end this connection soon."""


class Nothing(NamedTuple):
    """A frame that says nothing to us."""


Message = Data | Acknowledged | LoggedIn | Pong | Refused | Retiring | Nothing


class Channels(dict[str, Channel]):
    """A venue's channels by their names; they decode their rows, which a frame has whose kind is found step by step."""

    def __init__(self, *channels: Channel) -> None:
        super().__init__({channel.name: channel for channel in channels})
        self._rows = {channel.name: RowDecoder[Any](channel.wire) for channel in channels}

    def of(self, what: What) -> Channel:
        """The first that gives it."""
        return next(channel for channel in self.values() if what in channel.gives)

    def rows(self, name: str, data: bytes | msgspec.Raw) -> tuple[list[Any], bool] | None:
        """What `RowDecoder.rows` makes of a channel's data; None: it is none of these."""
        decoder = self._rows.get(name)
        return None if decoder is None else decoder.rows(data)


class StreamDialect(ABC):
    """One per account; without state but for what the constructor fixes, and rows of which pushes tell the changes."""

    venue: ClassVar[str]
    heartbeat: Heartbeat
    limits: StreamLimits
    unsaid: ClassVar[Mapping[What, tuple[str, ...]]] = {}
    """Model fields that pushes leave out and reads tell."""
    binds: ClassVar[bool] = True
    """Accounts show what resting orders bind, so that one that is placed or cancelled is followed by a push of them."""
    paired: ClassVar[bool] = False
    """Executions are told by positions and by balances, at once: where one of them comes alone, one may be lost."""
    logs_in: ClassVar[bool] = True
    """Private connections begin with a login. False: subscriptions say whose they are."""
    ticket_s: ClassVar[float | None] = None
    """Private connections are opened with a ticket and have no login; asked for again so often, it stays good. None:
    they log in."""
    codes: ClassVar[Mapping[str, type[ExchangeError]]] = {}
    """What the codes of refusals mean; others are a plain `ExchangeError`."""
    login_lost: ClassVar[str] = ""
    """The code of what is refused as the login does not hold any more: it is made anew."""
    operation_word: ClassVar[str] = "op"
    """What the venue calls the field that says what a frame of ours wants."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of the request that opens a connection, beside User-Agent; no secrets."""
    login_s: float = 10.0
    """How long an answer to the login may take."""
    acknowledge_s: float = 5.0
    """How long the acknowledgement of a subscription, and a channel's first push, may take."""

    @abstractmethod
    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """Where to connect.

        Args:
            base_url: Where REST goes, if that was chosen: the stream stays on that host. None: the venue's own.
            private: With a login.
            demo: The venue's demo trading.
        """

    def with_ticket(self, url: str, ticket: str) -> str:
        """Where to connect with a ticket; a secret."""
        return url

    @abstractmethod
    def topics(self, what: What, symbols: Sequence[str] = ()) -> tuple[Topic, ...]:
        """What to subscribe; nothing where the venue does not stream it.

        Args:
            what: Of what.
            symbols: The venue's ids; for tickers only.
        """

    def login(self, credentials: Credentials, now_ms: int) -> str:
        """The frame that says who we are, where `logs_in` and no `ticket_s` say that there is one. A secret."""
        raise NotImplementedError

    def operation(self, name: str, args: Sequence[Any]) -> str:
        """A frame of ours as most venues want it: `{"op": "subscribe", "args": […]}`."""
        return msgspec.json.encode({self.operation_word: name, "args": args}).decode()

    def subscribe(self, topics: Iterable[Topic]) -> str:
        """The frame that asks for these."""
        return self.operation("subscribe", [topic.args for topic in topics])

    def unsubscribe(self, topics: Iterable[Topic]) -> str:
        """The frame that asks for these no more."""
        return self.operation("unsubscribe", [topic.args for topic in topics])

    def refused(
        self, code: str, message: str | None, key: Hashable | None, kind: type[ExchangeError] | None = None
    ) -> Refused:
        """A refusal in the venue's words.

        Args:
            code: The venue's.
            message: The venue's; may be missing.
            key: Of which subscription it speaks, as far as that can be told.
            kind: What it means; None: as `codes` has it.
        """
        kind = kind or self.codes.get(code, ExchangeError)
        retryable = issubclass(kind, (RateLimited, VenueUnavailable)) or code == (self.login_lost or None)
        text = message or "refused without a message"
        return Refused(kind(text, venue=self.venue, endpoint="stream", code=code, retryable=retryable), key)

    @abstractmethod
    def read(self, data: bytes, *, binary: bool) -> Message:
        """What a frame says.

        Raises:
            DecodeError: It is none of the venue's.
        """


def stream_url(base_url: str, hosts: Mapping[str, str] | None = None) -> str:
    """`https://host` as `wss://host`, `http://127.0.0.1:8900` as `ws://127.0.0.1:8900`.

    Args:
        base_url: Where calls go.
        hosts: The venue's own hosts of calls, whose streams are elsewhere; any other host has both.
    """
    own = None if hosts is None else hosts.get(base_url.rstrip("/"))
    return "ws" + base_url.removeprefix("http") if own is None else own


class RowDecoder(Generic[T]):
    """Decodes the rows of one channel; one that cannot be decoded takes no other away."""

    def __init__(self, row: type[T]) -> None:
        kind: Any = row
        self._all: msgspec.json.Decoder[list[T]] = msgspec.json.Decoder(list.__class_getitem__(kind), strict=False)
        self._one: msgspec.json.Decoder[T] = msgspec.json.Decoder(row, strict=False)

    def rows(self, data: bytes | msgspec.Raw) -> tuple[list[T], bool]:
        """The rows that can be decoded, and whether these are all.

        Raises:
            DecodeError: It is no list.
        """
        try:
            return self._all.decode(data), True
        except UNREADABLE:
            pass
        found: list[T] = []
        for row in decoded(_RAW_ROWS, data):
            try:
                found.append(self._one.decode(row))
            except UNREADABLE:
                continue
        return found, False


class FrameDecoder:
    """Decodes pushes with their rows in one pass, where the name of a channel stands in a frame's first bytes.

    Args:
        channels: Of what.
        push: The type of a push, generic in its rows.
        name: Of what channel a push itself says that it is.
    """

    def __init__(self, channels: Iterable[Channel], push: Any, name: Callable[[Any], str]) -> None:
        self._decoders = [
            (f'"{channel.name}"'.encode(), channel.name, msgspec.json.Decoder[Any](push[channel.wire]).decode)
            for channel in channels
        ]
        self._name = name

    def read(self, data: bytes) -> Any:
        """The push; None where this is none that is plainly good, and all about it is to be found step by step."""
        head = data[:HEAD]
        for mark, channel, decode in self._decoders:
            if mark in head:
                try:
                    push = decode(data)
                except UNREADABLE:
                    return None
                return push if self._name(push) == channel else None
        return None


_RAW_ROWS: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])


def decoded(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    """What `decoder` makes of a frame, or of a part of one.

    Raises:
        DecodeError: Nothing.
    """
    problem = ""
    try:
        return decoder.decode(data)
    except UNREADABLE as error:
        problem = f"{type(error).__name__}: {error}"
    raise DecodeError(f"a frame that is none of the venue's: {problem[:120]}", path="$")
