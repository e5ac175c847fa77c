"""BitMart's futures WebSocket: its topics, and rows as models by the tables of REST.

https://developer-pro.bitmart.com/en/futuresv2/#private-position-channel and the sections beside it
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import decoded, stream_url
from futures_async.adapters._rows import both_sides
from futures_async.adapters.bitmart import words
from futures_async.adapters.bitmart.mapping import accounts, positions, tickers
from futures_async.adapters.bitmart.orders import fills, orders
from futures_async.adapters.bitmart.wire import WireAsset, WireContract, WireTrade
from futures_async.adapters.bitmart.wire_streams import WireOrderEvent, WirePushedOrder, WirePushedPosition

LIVE, DEMO = "wss://openapi-ws-v2.bitmart.com", "wss://openapi-wsdemo-v2.bitmart.com"
HOSTS = {"https://api-cloud-v2.bitmart.com": LIVE, "https://demo-api-cloud-v2.bitmart.com": DEMO}
"""By where calls go."""

# One row tells of an order and of its latest fill.
ORDER = fa.Channel("futures/order", (fa.What.ORDERS, fa.What.FILLS), WireOrderEvent)
# On change, and all ten seconds; whether a push has all rows is not documented: absence means nothing.
POSITION = fa.Channel("futures/position", (fa.What.POSITIONS,), WirePushedPosition)
ASSET = fa.Channel("futures/asset", (fa.What.ACCOUNTS,), WireAsset)
TICKER = fa.Channel("futures/ticker", (fa.What.TICKERS,), WireContract, private=False)

CHANNELS = fa.Channels(ORDER, POSITION, ASSET, TICKER)
COINS = ("USDT", "BTC", "ETH")
"""That there are topics for."""
EXECUTED = frozenset("16789")
"""Actions that tell of an execution: a match, one by liquidation or deleveraging. Others repeat the last one."""
WAITING = frozenset({"plan_order", "trailing_order", "take_profit", "stop_loss"})
"""Types of orders that wait for a price: not those that are open."""
INFLATED = 8 * 1024 * 1024
"""Most bytes that a packed frame may hold."""
NO_DATA = msgspec.Raw(b"")


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Any frame: data with its group, or the answer to an action."""

    group: str = ""
    data: msgspec.Raw = NO_DATA
    action: str = ""
    success: bool | None = None
    error: str | None = None


class BitMartStreamDialect(fa.StreamDialect):
    """Pushes count contracts.

    Args:
        contract_of: The contract of a venue's id, where it is known: rows of others cannot be read.
    """

    venue = words.VENUE
    # "Every 15 s"; more often, so that silence is noticed sooner. The bare text `ping` of the page is refused.
    heartbeat = fa.Heartbeat(text='{"action":"ping"}', every_s=10.0, patience_s=10.0)
    # No limit of attempts nor of channels is documented. Frames over 2,000 bytes are cut off.
    limits = fa.StreamLimits(
        connects=fa.RateLimit(240, 300.0, scope="ip"), messages_per_s=8, per_frame=20, per_line=100
    )
    operation_word = "action"
    unsaid: ClassVar[Mapping[fa.What, tuple[str, ...]]] = {
        fa.What.POSITIONS: (
            *("leverage", "mark_price", "unrealized_pnl", "realized_pnl", "fee", "margin", "initial_margin"),
            *("maintenance_margin", "notional"),
        ),
        fa.What.ACCOUNTS: ("equity", "balance", "unrealized_pnl"),
        fa.What.TICKERS: ("funding_rate",),
    }

    def __init__(self, contract_of: Callable[[str], fa.Contract | None]) -> None:
        self._known = contract_of
        self._frames = msgspec.json.Decoder(Frame)

    def url(self, base_url: str | None, *, private: bool, demo: bool) -> str:
        host = stream_url(base_url, HOSTS) if base_url is not None else DEMO if demo else LIVE
        return f"{host}/{'user' if private else 'api'}?protocol=1.1"

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        channel = CHANNELS.of(what)
        of = {ASSET: COINS, TICKER: symbols}.get(channel)
        names = [channel.name] if of is None else [f"{channel.name}:{one}" for one in of]
        return tuple(fa.Topic(channel, name, name) for name in names)

    def login(self, credentials: fa.Credentials, now_ms: int) -> str:
        stamp = str(now_ms)
        memo = credentials.memo or b""
        sign = credentials.hmac_sha256(stamp.encode() + b"#", memo, b"#bitmart.WebSocket").hexdigest()
        return self.operation("access", [credentials.key.reveal(), stamp, sign, "web"])

    def read(self, data: bytes, *, binary: bool) -> fa.Message:
        frame = decoded(self._frames, _inflated(data) if binary else data)
        if len(frame.data):
            return self._pushed(frame)
        if frame.success is False or frame.error is not None:
            return self._refused(frame)
        match frame.action:
            case "access":
                return fa.LoggedIn()
            case "subscribe":
                return fa.Acknowledged(frame.group)
            case _:
                return fa.Nothing()

    def _refused(self, frame: Frame) -> fa.Refused:
        said = frame.error or "refused without a message"
        word = said.lower()
        lost_login = "need authen" in word
        kind: type[fa.ExchangeError] = fa.ParameterRejected
        if frame.action == "access" or lost_login:
            kind = fa.ClockSkew if "timestamp" in word else fa.AuthenticationError
        error = kind(said, venue=self.venue, endpoint="stream", code=frame.action or "message", retryable=lost_login)
        return fa.Refused(error, frame.group or None)

    # Pushes

    def _pushed(self, frame: Frame) -> fa.Message:
        topic, data = frame.group.partition("@")[0], bytes(frame.data)
        name = topic.partition(":")[0]
        # Accounts and tickers are no lists.
        told = CHANNELS.rows(name, data if data.startswith(b"[") else b"[%b]" % data)
        if told is None:
            return fa.Pong() if frame.group == "System" and data.startswith(b'"pong') else fa.Nothing()
        channel, (rows, whole) = CHANNELS[name], told
        if channel is ORDER:
            return self._orders(topic, rows, whole=whole)
        reading: Any = {POSITION: positions, ASSET: accounts, TICKER: tickers}[channel]()
        found = reading.each(rows, self._contract_of if channel is POSITION else None)
        items: list[Any] = found.rows
        if channel is POSITION:
            items = [side for position in items for side in both_sides(position)]
        return fa.Data(topic, ((channel.gives[0], fa.Push(items)),), whole and not found.unread)

    def _orders(self, topic: str, rows: Sequence[WireOrderEvent], *, whole: bool) -> fa.Data:
        """Orders, and their executions where these are new. Those that wait for a price are not among open ones."""
        own = [row for row in rows if row.order.last_trade is not None or str(row.order.type) not in WAITING]
        told = [_fill(row.order) for row in own if str(row.action) in EXECUTED and row.order.last_trade is not None]
        changed = orders().each([row.order for row in own], self._contract_of)
        executions = fills(pushed=True).each(told, self._contract_of)
        executed = {order.order_id: order.filled_quantity or Decimal(0) for order in changed.rows}
        pushes: tuple[tuple[fa.What, fa.Push[fa.Order] | fa.Push[fa.Fill]], ...] = (
            (fa.What.ORDERS, fa.Push(changed.rows)),
            (fa.What.FILLS, fa.Push(executions.rows, executed=executed)),
        )
        return fa.Data(topic, pushes, whole and not changed.unread and not executions.unread)

    def _contract_of(self, row: Any) -> fa.Contract:
        contract = self._known(str(row.symbol))
        if contract is None:
            raise fa.DecodeError(f"the size of a contract of {str(row.symbol)[:40]} is not known", path="symbol")
        return contract


def _fill(order: WirePushedOrder) -> WireTrade:
    """The execution that an order's row ends with; its time is the order's."""
    trade = order.last_trade
    if trade is None:
        raise fa.DecodeError("there is no execution", path="last_trade")
    return WireTrade(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        trade_id=trade.last_trade_id,
        symbol=order.symbol,
        side=order.side,
        price=trade.fill_price,
        vol=trade.fill_qty,
        fee=trade.fee,
        fee_coin=trade.fee_ccy,
        create_time=order.update_time,
    )


def _inflated(data: bytes) -> bytes:
    """A packed frame: raw deflate, without a header.

    Raises:
        DecodeError: It is none, or larger than any of the venue's.
    """
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(data, INFLATED + 1)
    except zlib.error:
        found = b""
    if not found or len(found) > INFLATED:
        raise fa.DecodeError("a packed frame that cannot be unpacked", path="$")
    return found
