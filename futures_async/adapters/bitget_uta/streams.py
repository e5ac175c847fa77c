"""Bitget's v3 WebSocket: its topics, and rows as models by the tables of REST.

https://www.bitget.com/api-doc/uta/websocket/private/Position-Channel and the pages beside it
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapters._bitget import BitgetFamily, ProductType, settle_of
from futures_async.adapters._bitget_streams import BitgetStreams, Frame, pushes_of
from futures_async.adapters._rows import both_sides
from futures_async.adapters.bitget_uta import wire_streams
from futures_async.adapters.bitget_uta.mapping import CATEGORIES, VENUE, accounts, positions, tickers
from futures_async.adapters.bitget_uta.orders import fills, orders
from futures_async.adapters.bitget_uta.strategies import strategies
from futures_async.adapters.bitget_uta.wire import WireBeside, WireStrategy, WireWhole
from futures_async.adapters.bitget_uta.wire_market import WireTicker

ORDER = fa.Channel("order", (fa.What.ORDERS,), wire_streams.WirePushedOrder)
FILL = fa.Channel("fill", (fa.What.FILLS,), wire_streams.WirePushedFill)
# The first push after the acknowledgement is all there are; later ones are what changed, whatever `action` says.
POSITION = fa.Channel("position", (fa.What.POSITIONS,), wire_streams.WirePushedPosition, first=True)
ACCOUNT = fa.Channel("account", (fa.What.ACCOUNTS,), wire_streams.WirePushedTotals, first=True)
# Says of a waiting order what the lists leave out: its side.
STRATEGY = fa.Channel("strategy-order", (fa.What.TRIGGERS,), WireStrategy)
TICKER = fa.Channel("ticker", (fa.What.TICKERS,), WireTicker, private=False)

CHANNELS = fa.Channels(ORDER, FILL, POSITION, ACCOUNT, STRATEGY, TICKER)


class BitgetUTAStreamDialect(BitgetStreams[wire_streams.WireArg]):
    """Of one category; private topics tell of all of them, spot included, so that rows are sorted out here."""

    venue = VENUE
    version = "v3"
    frames: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Frame[wire_streams.WireArg])
    pushes = pushes_of(wire_streams.WireArg, CHANNELS.values(), attrgetter("arg.topic"))
    channels = CHANNELS
    # Refusals do not name what they refuse.
    limits = msgspec.structs.replace(BitgetStreams.limits, per_frame=1, one_by_one=True)
    unsaid: ClassVar[Mapping[fa.What, tuple[str, ...]]] = {fa.What.ACCOUNTS: ("position_mode", "margin_mode")}

    def __init__(self, dialect: BitgetFamily, category: ProductType) -> None:
        super().__init__(dialect)
        self._category: ProductType = category
        self._readers: dict[fa.What, Callable[[Any, wire_streams.WireArg, int | None], fa.Read[Any]]] = {
            fa.What.ORDERS: lambda row, _, __: self._of_category(row, orders(category)),
            fa.What.FILLS: lambda row, _, __: self._of_category(row, fills(category)),
            fa.What.POSITIONS: self._positions,
            fa.What.ACCOUNTS: self._accounts,
            fa.What.TRIGGERS: lambda row, _, __: self._of_category(row, strategies(category), WireBeside()),
            fa.What.TICKERS: self._tickers,
        }

    def topics(self, what: fa.What, symbols: Sequence[str] = ()) -> tuple[fa.Topic, ...]:
        channel = CHANNELS.of(what)
        # Private subscriptions want capitals, public ones small letters.
        private = {"instType": "UTA", "topic": channel.name}
        args: list[dict[str, str]] = (
            [{"instType": self._category.lower(), "topic": channel.name, "symbol": name} for name in symbols]
            if channel is TICKER
            else [{**private, "symbol": "default"} if channel is STRATEGY else private]
        )
        return tuple(fa.Topic(channel, self._key(msgspec.convert(arg, wire_streams.WireArg)), arg) for arg in args)

    def _key(self, arg: wire_streams.WireArg) -> Hashable:
        return arg.topic, arg.symbol if arg.topic == TICKER.name else ""

    def _refused_key(self, frame: Frame[wire_streams.WireArg]) -> Hashable | None:
        return None if frame.arg is None else self._key(frame.arg)

    def _channel(self, arg: wire_streams.WireArg) -> str:
        return arg.topic

    def _push(self, frame: Any, rows: list[Any], whole: bool) -> fa.Message:
        arg = frame.arg
        channel = CHANNELS[arg.topic]
        what = channel.gives[0]
        items: list[Any] = []
        for row in rows:
            try:
                found = self._readers[what](row, arg, frame.ts)
            except fa.DecodeError:
                whole = False
            else:
                items += found.rows
                whole = whole and not found.unread
        full = whole and channel.first and frame.action == "snapshot"
        return fa.Data(self._key(arg), ((what, fa.Push(items, full, frame.ts)),), whole)

    def _of_category(self, row: Any, reading: fa.Reading[Any, Any], given: Any = None) -> fa.Read[Any]:
        named = str(row.category or self._category).upper()
        if named == self._category:
            return fa.Read([reading.one(row, given)])
        if named not in CATEGORIES:
            raise fa.DecodeError(f"category has the unknown word {named[:40]!r}", path="category")
        return fa.Read([])

    def _positions(self, row: wire_streams.WirePushedPosition, _: wire_streams.WireArg, __: int | None) -> fa.Read[Any]:
        """Rows name no category: the symbol and the coin tell it. Those that ended are among them, empty."""
        position = positions(self._category).one(row)
        return fa.Read(both_sides(position) if settle_of(position.venue_symbol) == self._category else [])

    def _accounts(self, row: wire_streams.WirePushedTotals, _: wire_streams.WireArg, __: int | None) -> fa.Read[Any]:
        """Coin by coin. Modes are not pushed."""
        whole = WireWhole(mgn_ratio=row.mgn_ratio)
        return accounts().each(row.coin, lambda _: whole)

    def _tickers(self, row: WireTicker, arg: wire_streams.WireArg, ts: int | None) -> fa.Read[Any]:
        """Contract and time are in the frame around the row."""
        return fa.Read([tickers(self._category).one(msgspec.structs.replace(row, symbol=arg.symbol, ts=ts))])
