"""OKX's WebSocket: its channels, and rows as models by the tables of REST. Fills are told by the orders that they fill.

Private channels have no sequence numbers, and a gap is not seen. A closed position is told once, with size 0; pushes of
accounts and positions come anew every five seconds, and none of them is said to be all there are.

https://www.okx.com/docs-v5/en/#overview-websocket
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, ms_or_none, stream_url
from futures_async.adapters._rows import both_sides
from futures_async.adapters.okx import wire
from futures_async.adapters.okx.dialect import HOSTS, OLDER_HOST, OKXDialect
from futures_async.adapters.okx.mapping import VENUE, accounts, positions
from futures_async.adapters.okx.market import tickers
from futures_async.adapters.okx.orders import orders, pushed_fills

W = TypeVar("W")

ORDERS = fa.Channel("orders", (fa.What.ORDERS, fa.What.FILLS), wire.WirePushedOrder)
POSITIONS = fa.Channel("positions", (fa.What.POSITIONS,), wire.WirePushedPosition)
# "The data will be pushed both by events and regularly": every five seconds, without a time that is told.
ACCOUNT = fa.Channel("account", (fa.What.ACCOUNTS,), wire.WireBalance, again_s=5.0)
TICKERS = fa.Channel("tickers", (fa.What.TICKERS,), wire.WireTicker, private=False)
CHANNELS = fa.Channels(ORDERS, POSITIONS, ACCOUNT, TICKERS)

HAPPENED = "event_update"
RETIRING = "64008"
"""The service is upgraded in a minute."""
CODES: dict[str, type[fa.ExchangeError]] = {
    **dict.fromkeys(("60005", "60007", "60009", "60011", "60024", "60032", "50101", "50119"), fa.AuthenticationError),
    **dict.fromkeys(("60004", "60006"), fa.ClockSkew),
    **dict.fromkeys(("60008", "60012", "60013", "60018", "60019", "60027", "60028", "60033"), fa.ParameterRejected),
    **dict.fromkeys(("64000", "64001", "64002"), fa.ParameterRejected),
    **dict.fromkeys(("60014", "60023"), fa.RateLimited),
    **dict.fromkeys(("60022", "63999", "64007", RETIRING), fa.VenueUnavailable),
    "64003": fa.PermissionDenied,
}
NO_DATA = msgspec.Raw(b"")


class Arg(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What a subscription is known by; pushes name the user beside it."""

    channel: str = ""
    inst_id: str = ""

    @property
    def key(self) -> Hashable:
        """Of its acknowledgement and of its pushes."""
        return self.channel, self.inst_id


class Frame(msgspec.Struct, frozen=True, gc=False):
    """What is around the data."""

    event: str = ""
    arg: Arg | None = None
    code: str | int = ""
    msg: str | None = None
    data: msgspec.Raw = NO_DATA
    event_type: str = msgspec.field(default="", name="eventType")


class Pushed(msgspec.Struct, Generic[W], frozen=True, gc=False):
    """A push with its rows."""

    arg: Arg
    data: list[W]
    event_type: str = msgspec.field(default="", name="eventType")


FRAMES = msgspec.json.Decoder(Frame)
PUSHES = fa.FrameDecoder(CHANNELS.values(), Pushed, attrgetter("arg.channel"))


class OKXStreamDialect(fa.StreamDialect):
    """Private channels of swaps, and tickers.

    Args:
        dialect: Of REST: it signs, and knows the hosts.
        contract_of: The contract of a row's name; `DecodeError` where it is not known yet.
    """

    venue = VENUE
    codes: ClassVar[Mapping[str, type[fa.ExchangeError]]] = CODES
    login_lost = "60011"
    # "If no data has been pushed for more than 30 seconds, the connection is cut."
    heartbeat = fa.Heartbeat(text="ping", every_s=15.0, patience_s=10.0)
    # Refusals do not say what they refuse. Allowed are three attempts a second, and on one connection 480 logins,
    # subscriptions and ends of these an hour; too many channels have a close code (4009), and no number.
    limits = fa.StreamLimits(
        connects=fa.RateLimit(2, 1.0, scope="ip"),
        messages_per_s=3,
        per_frame=1,
        one_by_one=True,
        per_line=100,
        requests=fa.RateLimit(460, 3600.0),
        lifetime_s=None,
    )
    unsaid: ClassVar[Mapping[fa.What, tuple[str, ...]]] = {
        fa.What.ACCOUNTS: ("bonus", "position_mode"),
        fa.What.TICKERS: ("mark_price", "index_price", "funding_rate"),
    }

    def __init__(self, dialect: OKXDialect, contract_of: Callable[[object], fa.Contract]) -> None:
        self._dialect = dialect
        self._contract_of = contract_of
        self._readers: dict[str, Callable[[Any], Iterable[tuple[fa.What, Any]]]] = {
            ORDERS.name: self._orders,
            POSITIONS.name: self._positions,
            ACCOUNT.name: self._accounts,
            TICKERS.name: lambda row: [(fa.What.TICKERS, tickers().one(row, wire.WirePrices()))],
        }

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """Demo trading and each region have hosts of their own."""
        by_calls = {hosts.rest: hosts.demo_stream if demo else hosts.stream for hosts in HOSTS.values()}
        by_calls[OLDER_HOST] = by_calls[HOSTS["global"].rest]
        host = stream_url(self._dialect.hosts.rest if base_url is None else base_url, by_calls)
        return f"{host}/ws/v5/{'private' if private else 'public'}"

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        channel = CHANNELS.of(what)
        args: list[dict[str, str]] = [{"channel": channel.name}]
        if channel is TICKERS:
            args = [{"channel": channel.name, "instId": name} for name in symbols]
        elif channel is not ACCOUNT:
            args = [{"channel": channel.name, "instType": "SWAP"}]
        return tuple(fa.Topic(channel, msgspec.convert(arg, Arg).key, arg) for arg in args)

    def login(self, credentials: fa.Credentials, now_ms: int) -> str:
        """Seconds, where REST wants a date."""
        timestamp, passphrase = str(now_ms // 1000), credentials.passphrase
        return self.operation(
            "login",
            [
                {
                    "apiKey": credentials.key.reveal(),
                    "passphrase": "" if passphrase is None else passphrase.reveal(),
                    "timestamp": timestamp,
                    "sign": self._dialect.signature(f"{timestamp}GET/users/self/verify".encode(), credentials),
                }
            ],
        )

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        if data == b"pong":
            return fa.Pong()
        pushed = PUSHES.read(data)
        if pushed is not None:
            return self._push(pushed.arg, pushed.event_type, pushed.data, True)
        frame = decoded(FRAMES, data)
        if len(frame.data) and frame.arg is not None:
            rows = CHANNELS.rows(frame.arg.channel, frame.data)
            return fa.Nothing() if rows is None else self._push(frame.arg, frame.event_type, *rows)
        match frame.event:
            case "subscribe" if frame.arg is not None:
                return fa.Acknowledged(frame.arg.key)
            case "login" if str(frame.code) == "0":
                return fa.LoggedIn()
            case "notice" if str(frame.code) == RETIRING:
                return fa.Retiring()
            case "error" | "login" | "channel-conn-count-error":
                return self._refused(frame)
            case _:
                return fa.Nothing()

    def _refused(self, frame: Frame) -> fa.Refused:
        # Too many connections have a channel: its event says so, and names no code.
        kind = fa.RateLimited if frame.event == "channel-conn-count-error" else None
        return self.refused(str(frame.code), frame.msg, None if frame.arg is None else frame.arg.key, kind)

    def _push(self, arg: Arg, event_type: str, rows: list[Any], whole: bool) -> fa.Message:
        channel = CHANNELS[arg.channel]
        told: dict[fa.What, list[Any]] = {what: [] for what in channel.gives}
        for row in rows:
            try:
                for what, item in self._readers[channel.name](row):
                    told[what].append(item)
            except fa.DecodeError:
                whole = False  # the next read tells it
        sent: list[int] = []
        for row in rows:
            try:
                sent += filter(None, [_sent_ms(row, event_type)])
            except fa.DecodeError:
                whole = False  # it has no time: what is late is not told from what is not
        # Of a contract that is worth USD the executions add up to this but for the rounding of each.
        executed = {
            order.order_id: order.filled_quantity
            for order in told.get(fa.What.ORDERS, ())
            if order.filled_quantity is not None and self._contract_of(order.venue_symbol).contract_value is None
        }
        sent_ms = max(sent, default=None)
        pushes = tuple(
            (what, fa.Push(items, False, sent_ms, executed if what is fa.What.FILLS else None))
            for what, items in told.items()
        )
        return fa.Data(arg.key, pushes, whole)

    def _orders(self, row: wire.WirePushedOrder) -> Iterable[tuple[fa.What, Any]]:
        """An event with the id of a trade is a fill too."""
        contract = self._contract_of(row.inst_id)
        yield fa.What.ORDERS, orders().one(row, contract)
        if row.trade_id not in (None, "", "0"):
            yield fa.What.FILLS, pushed_fills().one(row, contract)

    def _positions(self, row: wire.WirePushedPosition) -> Iterable[tuple[fa.What, Any]]:
        """In net mode a closed position does not say which side it was: neither is held."""
        position: fa.Position = positions().one(row, self._contract_of(row.inst_id))
        if position.quantity or position.position_mode is not fa.PositionMode.ONE_WAY:
            return [(fa.What.POSITIONS, found) for found in both_sides(position)]
        return [(fa.What.POSITIONS, msgspec.structs.replace(position, side=side)) for side in fa.PositionSide]

    def _accounts(self, row: wire.WireBalance) -> Iterable[tuple[fa.What, Any]]:
        """Coin by coin; modes are not pushed."""
        nothing = wire.WireConfig()
        return [(fa.What.ACCOUNTS, accounts().one(coin, nothing)) for coin in row.details or ()]


def _sent_ms(row: object, event_type: str) -> int | None:
    """When the venue said it.

    An account's time is that of what has happened, where something has; what it is in pushes that come of themselves is
    not documented.

    Raises:
        DecodeError: That is no time.
    """
    if isinstance(row, wire.WireBalance):
        return ms_or_none(row.u_time, "uTime") if event_type == HAPPENED else None
    return ms_or_none(row.p_time, "pTime") if isinstance(row, wire.WirePushedPosition) else None
