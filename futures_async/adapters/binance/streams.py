"""Binance's streams: of the account, one connection that is opened with a key that REST gives for an hour; of prices.

Of the account nothing is subscribed and nothing is shown at the start: the key in the address says whose events come.
What the server holds is asked for (`LIST_SUBSCRIPTIONS`) to see that the line stands, and that it lives. Prices come in
two streams of each contract, the day's and the mark's; best prices are on other addresses, and not told.

https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote
from zlib import crc32

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, stream_url
from futures_async.adapters.binance import wire
from futures_async.adapters.binance.mapping import HELD, VENUE, accounts, marked, positions, tickers
from futures_async.adapters.binance.orders import fills, orders

P = TypeVar("P")

HOST = "wss://fstream.binance.com"
DEMO_HOST = "wss://demo-fstream.binance.com"
HOSTS = {
    "https://fapi.binance.com": HOST,
    "https://demo-fapi.binance.com": DEMO_HOST,
    "https://testnet.binancefuture.com": "wss://fstream.binancefuture.com",
}
"""By where calls go."""
KEY_S = 1800.0
"""The key is good for an hour."""
KEY_ENDED = "listenKeyExpired"


class WirePushedOrder(wire.WireOrder, frozen=True, kw_only=True, gc=False):
    """`ORDER_TRADE_UPDATE`: an order as it is now; when it was placed is not told."""

    symbol: fa.Text = msgspec.field(name="s", default=None)
    client_order_id: fa.Text = msgspec.field(name="c", default=None)
    side: fa.Text = msgspec.field(name="S", default=None)
    type: fa.Text = msgspec.field(name="o", default=None)
    orig_type: fa.Text = msgspec.field(name="ot", default=None)
    time_in_force: fa.Text = msgspec.field(name="f", default=None)
    orig_qty: fa.Loose = msgspec.field(name="q", default=None)
    price: fa.Loose = msgspec.field(name="p", default=None)
    avg_price: fa.Loose = msgspec.field(name="ap", default=None)
    stop_price: fa.Loose = msgspec.field(name="sp", default=None)
    status: fa.Text = msgspec.field(name="X", default=None)
    order_id: fa.Id = msgspec.field(name="i", default=None)
    executed_qty: fa.Loose = msgspec.field(name="z", default=None)
    reduce_only: fa.Text = msgspec.field(name="R", default=None)
    close_position: fa.Text = msgspec.field(name="cp", default=None)
    position_side: fa.Text = msgspec.field(name="ps", default=None)
    update_time: fa.Moment = msgspec.field(name="T", default=None)


class WirePushedFill(wire.WireFill, frozen=True, kw_only=True, gc=False):
    """The execution in such a row, where there was one."""

    id: fa.Id = msgspec.field(name="t", default=None)
    order_id: fa.Id = msgspec.field(name="i", default=None)
    client_order_id: fa.Text = msgspec.field(name="c", default=None)
    symbol: fa.Text = msgspec.field(name="s", default=None)
    side: fa.Text = msgspec.field(name="S", default=None)
    price: fa.Loose = msgspec.field(name="L", default=None)
    qty: fa.Loose = msgspec.field(name="l", default=None)
    commission: fa.Loose = msgspec.field(name="n", default=None)
    commission_asset: fa.Text = msgspec.field(name="N", default=None)
    realized_pnl: fa.Loose = msgspec.field(name="rp", default=None)
    maker: fa.Text = msgspec.field(name="m", default=None)
    time: fa.Moment = msgspec.field(name="T", default=None)
    execution: fa.Text = msgspec.field(name="x", default=None)


class WirePushedPosition(wire.WirePosition, frozen=True, kw_only=True, gc=False):
    """A position that has changed: neither mark nor liquidation price, nor leverage."""

    symbol: fa.Text = msgspec.field(name="s", default=None)
    position_side: fa.Text = msgspec.field(name="ps", default=None)
    position_amt: fa.Loose = msgspec.field(name="pa", default=None)
    entry_price: fa.Loose = msgspec.field(name="ep", default=None)
    break_even_price: fa.Loose = msgspec.field(name="bep", default=None)
    un_realized_profit: fa.Loose = msgspec.field(name="up", default=None)
    margin_type: fa.Text = msgspec.field(name="mt", default=None)
    isolated_wallet: fa.Loose = msgspec.field(name="iw", default=None)


class WirePushedAsset(wire.WireAsset, frozen=True, kw_only=True, gc=False):
    """A coin whose balance has changed."""

    asset: fa.Text = msgspec.field(name="a", default=None)
    wallet_balance: fa.Loose = msgspec.field(name="wb", default=None)
    cross_wallet_balance: fa.Loose = msgspec.field(name="cw", default=None)


class WirePushedTicker(wire.WireTicker, frozen=True, kw_only=True, gc=False):
    """`24hrTicker`: the day of one contract."""

    symbol: fa.Text = msgspec.field(name="s", default=None)
    last_price: fa.Loose = msgspec.field(name="c", default=None)
    close_time: fa.Moment = msgspec.field(name="C", default=None)


class WirePushedMark(wire.WirePremium, frozen=True, kw_only=True, gc=False):
    """`markPriceUpdate`: mark, index and the estimate of the next funding."""

    symbol: fa.Text = msgspec.field(name="s", default=None)
    mark_price: fa.Loose = msgspec.field(name="p", default=None)
    index_price: fa.Loose = msgspec.field(name="i", default=None)
    last_funding_rate: fa.Loose = msgspec.field(name="r", default=None)


class Changed(msgspec.Struct, frozen=True, gc=False):
    """What `ACCOUNT_UPDATE` holds."""

    B: msgspec.Raw = msgspec.Raw(b"[]")
    P: msgspec.Raw = msgspec.Raw(b"[]")


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Any frame: an event, or the answer to a request of ours."""

    e: str | None = None
    E: int | None = None
    T: int | None = None
    # In a field of `Raw | None`, msgspec takes null alone.
    o: msgspec.Raw = msgspec.Raw(b"")
    a: msgspec.Raw = msgspec.Raw(b"")
    id: int | None = None
    error: Any = None


ORDER = fa.Channel("ORDER_TRADE_UPDATE", (fa.What.ORDERS, fa.What.FILLS), WirePushedOrder)
ACCOUNT = fa.Channel("ACCOUNT_UPDATE", (fa.What.POSITIONS, fa.What.ACCOUNTS), WirePushedPosition)
CHANNELS = (ORDER, ACCOUNT)
TICKER = fa.Channel("ticker", (fa.What.TICKERS,), WirePushedTicker, private=False)
PING = 1
"""The id of our heartbeat; subscriptions are asked about with those that follow."""
PRICES = 1000
"""Ids of subscriptions to prices begin here."""


class BinanceStreams(fa.StreamDialect):
    """The user stream, and prices."""

    venue = VENUE
    heartbeat = fa.Heartbeat(text='{"method":"LIST_SUBSCRIPTIONS","id":1}', every_s=20.0, patience_s=15.0)
    # 1,024 streams are documented of a connection, 200 of the venue's other ones: a contract has two.
    limits = fa.StreamLimits(
        connects=fa.RateLimit(60, 300.0, scope="ip"),
        messages_per_s=5,
        per_frame=1,
        per_line=100,
        lifetime_s=24 * 3600.0,
    )
    ticket_s = KEY_S
    login_lost = KEY_ENDED
    unsaid: ClassVar[Mapping[fa.What, tuple[str, ...]]] = {
        fa.What.ORDERS: ("created_ms",),
        fa.What.POSITIONS: (
            "mark_price", "liquidation_price", "leverage", "notional", "margin", "initial_margin", "maintenance_margin",
        ),
        fa.What.ACCOUNTS: (
            "equity", "available", "locked", "transferable", "unrealized_pnl", "initial_margin", "maintenance_margin",
            "margin_ratio",
        ),
    }  # fmt: skip
    _frames: ClassVar[msgspec.json.Decoder[Frame]] = msgspec.json.Decoder(Frame)
    _changed: ClassVar[msgspec.json.Decoder[Changed]] = msgspec.json.Decoder(Changed)

    def __init__(self) -> None:
        self._order = fa.RowDecoder(WirePushedOrder)
        self._fill = fa.RowDecoder(WirePushedFill)
        self._position = fa.RowDecoder(WirePushedPosition)
        self._asset = fa.RowDecoder(WirePushedAsset)
        self._day = msgspec.json.Decoder(WirePushedTicker, strict=False)
        self._mark = msgspec.json.Decoder(WirePushedMark, strict=False)
        self._asked: dict[int, str] = {}
        """Contracts by the ids of their subscriptions."""
        self._days: dict[str, tuple[int, WirePushedTicker]] = {}
        self._marks: dict[str, tuple[int, WirePushedMark]] = {}
        """The last of each contract since it was subscribed to, and when it was sent."""

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        """Without the part `/private` or `/market` the handshake succeeds, and nothing ever comes."""
        host = stream_url(base_url, HOSTS) if base_url is not None else DEMO_HOST if demo else HOST
        return f"{host}/{'private' if private else 'market'}/ws"

    def with_ticket(self, url: str, ticket: str) -> str:
        """The key of the stream, and what is listened to: by one client's word nothing comes where no events are named.

        What is not named is not sent, the end of the key neither.
        """
        return f"{url}?listenKey={quote(ticket, safe='')}&events={ORDER.name}/{ACCOUNT.name}/{KEY_ENDED}"

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        """Of prices both streams of each contract, in one subscription; their names are in small letters."""
        if what is fa.What.TICKERS:
            self._asked |= {_number(name.lower()): name.lower() for name in symbols}
            return tuple(fa.Topic(TICKER, name.lower(), name.lower()) for name in symbols)
        return tuple(fa.Topic(channel, channel.name, None) for channel in CHANNELS if what in channel.gives)

    def subscribe(self, topics: Iterable[fa.Topic]) -> str:
        """Of the account everything comes anyway: ask whether the line stands.

        What was known of a contract's prices may be of long ago by now.
        """
        [topic] = topics
        if topic.channel is TICKER:
            self._days.pop(topic.args, None)
            self._marks.pop(topic.args, None)
            return _asking("SUBSCRIBE", topic.args)
        return f'{{"method":"LIST_SUBSCRIPTIONS","id":{PING + 1 + CHANNELS.index(topic.channel)}}}'

    def unsubscribe(self, topics: Iterable[fa.Topic]) -> str:
        """Of the account nothing can be left out: what comes is not listened to."""
        [topic] = topics
        return _asking("UNSUBSCRIBE", topic.args) if topic.channel is TICKER else self.heartbeat.text

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        frame = decoded(self._frames, data)
        if frame.error is not None:
            return fa.Refused(fa.ExchangeError(str(frame.error)[:200], venue=VENUE, retryable=True))
        if frame.id is not None:
            return fa.Pong() if frame.id == PING else self._answered(frame.id)
        if frame.e == KEY_ENDED:  # "Stream is dead": nothing comes any more on a connection that stays open
            return self.refused(KEY_ENDED, "the key of this connection has ended", None)
        if frame.e == ORDER.name and bytes(frame.o):
            return self._orders(frame.o, frame.T)
        if frame.e == ACCOUNT.name and bytes(frame.a):
            return self._account(frame.a, frame.T)
        if frame.e == "24hrTicker" and frame.E is not None:
            day = decoded(self._day, data)
            return self._prices(self._days, str(day.symbol).lower(), frame.E, day)
        if frame.e == "markPriceUpdate" and frame.E is not None:
            mark = decoded(self._mark, data)
            return self._prices(self._marks, str(mark.symbol).lower(), frame.E, mark)
        if frame.e in (ORDER.name, ACCOUNT.name) or not frame.e:
            raise fa.DecodeError("a frame that is none of the venue's", path="$.e")
        return fa.Nothing()

    def _answered(self, number: int) -> fa.Message:
        if number in self._asked:
            return fa.Acknowledged(self._asked[number])
        index = number - PING - 1
        return fa.Acknowledged(CHANNELS[index].name) if 0 <= index < len(CHANNELS) else fa.Nothing()

    def _prices(self, known: dict[str, tuple[int, P]], key: str, at_ms: int, row: P) -> fa.Message:
        """What the two streams of a contract say together. Of two connections, the older may tell something late."""
        if key in known and at_ms < known[key][0]:
            return fa.Nothing()
        known[key] = at_ms, row
        if key not in self._days:
            return fa.Nothing()
        day = self._days[key][1]
        found = tickers().each([marked(day, self._marks[key][1]) if key in self._marks else day])
        push = fa.Push(found.rows, False, at_ms)
        return fa.Data(key, ((fa.What.TICKERS, push),), not found.unread)

    def _orders(self, row: msgspec.Raw, at_ms: int | None) -> fa.Data:
        one = b"[" + bytes(row) + b"]"
        placed, told = self._order.rows(one)
        executed, _ = self._fill.rows(one)
        order = orders().each(placed)
        fill = fills().each(each for each in executed if each.id not in (None, 0, "0"))
        pushes = (
            (fa.What.ORDERS, fa.Push(order.rows, False, at_ms)),
            (fa.What.FILLS, fa.Push(fill.rows, False, at_ms)),
        )
        return fa.Data(ORDER.name, pushes, told and not order.unread and not fill.unread)

    def _account(self, row: msgspec.Raw, at_ms: int | None) -> fa.Data:
        """Balances and sizes alone: never whole, so that the venue is read for what moves with them."""
        changed = decoded(self._changed, row)
        coins = accounts().each(self._asset.rows(changed.B)[0])
        rows, _ = self._position.rows(changed.P)
        hedged = {row.symbol for row in rows if row.position_side in HELD}
        held: list[fa.Position] = []
        for each in rows:
            if each.position_side in HELD or each.symbol not in hedged:  # else the empty net row of a hedge
                with suppress(fa.DecodeError):
                    held += _sides(positions().one(each), each)
        pushes = (
            (fa.What.POSITIONS, fa.Push(held, False, at_ms)),
            (fa.What.ACCOUNTS, fa.Push(coins.rows, False, at_ms)),
        )
        return fa.Data(ACCOUNT.name, pushes, whole=False)


def _sides(position: fa.Position, row: WirePushedPosition) -> list[fa.Position]:
    """In one-way mode a row tells of both sides: of the one that it does not name, that nothing is held."""
    if row.position_side in HELD:
        return [position]
    other = fa.PositionSide.SHORT if position.side is fa.PositionSide.LONG else fa.PositionSide.LONG
    return [position, msgspec.structs.replace(position, side=other, quantity=Decimal(0))]


def _number(name: str) -> int:
    """The id of a contract's subscription: the answer says nothing else."""
    return PRICES + crc32(name.encode())


def _asking(method: str, name: str) -> str:
    params = [f"{name}@ticker", f"{name}@markPrice@1s"]
    return msgspec.json.encode({"method": method, "params": params, "id": _number(name)}).decode()
