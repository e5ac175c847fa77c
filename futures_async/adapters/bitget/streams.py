"""Bitget's v2 WebSocket: its channels, and rows as models by the tables of REST.

https://www.bitget.com/api-doc/contract/websocket/private/Positions-Channel and the pages beside it
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

import msgspec

from futures_async.adapter import Channel, Channels, Data, Message, Push, Reading, Topic, What
from futures_async.adapters._bitget import BitgetFamily, ProductType
from futures_async.adapters._bitget_streams import BitgetStreams, Frame, pushes_of
from futures_async.adapters.bitget.mapping import VENUE, accounts, positions, tickers
from futures_async.adapters.bitget.orders import fills, orders
from futures_async.adapters.bitget.wire import WireTicker
from futures_async.adapters.bitget.wire_orders import WireFill
from futures_async.adapters.bitget.wire_streams import WireArg, WirePushedAccount, WirePushedOrder, WirePushedPosition

ORDERS = Channel("orders", (What.ORDERS,), WirePushedOrder)
FILLS = Channel("fill", (What.FILLS,), WireFill)
# "action" says snapshot whatever is pushed. Each push of positions is all of them: what is missing is closed.
POSITIONS = Channel("positions", (What.POSITIONS,), WirePushedPosition, full=True, first=True)
ACCOUNT = Channel("account", (What.ACCOUNTS,), WirePushedAccount, first=True)
TICKER = Channel("ticker", (What.TICKERS,), WireTicker, private=False)

CHANNELS = Channels(ORDERS, FILLS, POSITIONS, ACCOUNT, TICKER)
WHOLE = (POSITIONS, ACCOUNT)


class BitgetStreamDialect(BitgetStreams[WireArg]):
    """Of one product type: there is no subscription to all of them."""

    venue = VENUE
    version = "v2"
    frames: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Frame[WireArg])
    pushes = pushes_of(WireArg, CHANNELS.values(), attrgetter("arg.channel"))
    channels = CHANNELS
    unsaid: ClassVar[Mapping[What, tuple[str, ...]]] = {
        What.POSITIONS: ("take_profit", "stop_loss"),
        What.ACCOUNTS: ("bonus", "position_mode", "initial_margin"),
    }

    def __init__(self, dialect: BitgetFamily, product_type: ProductType, margin_coin: str | None) -> None:
        super().__init__(dialect)
        self._product_type: ProductType = product_type
        self._margin_coin = margin_coin
        self._readings: dict[What, Reading[Any, Any]] = {
            What.ORDERS: orders(product_type, pushed=True),
            What.FILLS: fills(product_type, margin_coin, pushed=True),
            What.POSITIONS: positions(product_type),
            What.ACCOUNTS: accounts(),
            What.TICKERS: tickers(product_type, margin_coin),
        }

    def topics(self, what: What, symbols: Sequence[str] = ()) -> tuple[Topic, ...]:
        channel = CHANNELS.of(what)
        selector = "coin" if channel is ACCOUNT else "instId"
        named = symbols if channel is TICKER else ("default",)
        args = [{"instType": self._product_type, "channel": channel.name, selector: name} for name in named]
        return tuple(Topic(channel, msgspec.convert(arg, WireArg), arg) for arg in args)

    def _key(self, arg: WireArg) -> Hashable:
        return arg

    def _refused_key(self, frame: Frame[WireArg]) -> Hashable | None:
        return frame.arg

    def _channel(self, arg: WireArg) -> str:
        return arg.channel

    def _push(self, frame: Any, rows: list[Any], whole: bool) -> Message:
        arg = frame.arg
        channel = CHANNELS[arg.channel]
        what = channel.gives[0]
        found = self._readings[what].each(rows)
        items = found.rows
        if channel is POSITIONS and self._margin_coin is not None:
            items = [position for position in items if position.margin_coin == self._margin_coin]
        whole = whole and not found.unread
        return Data(arg, ((what, Push(items, whole and channel in WHOLE, frame.ts)),), whole)
