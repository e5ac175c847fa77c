"""Bitget's v3 WebSocket: its topics, and rows as models by the functions of REST.

https://www.bitget.com/api-doc/uta/websocket/private/Position-Channel and the pages beside it
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from futures_async.adapter import (
    Account,
    Channel,
    Data,
    DecodeError,
    Message,
    Nothing,
    Push,
    RateLimit,
    RowDecoder,
    StreamLimits,
    Ticker,
    Topic,
    What,
    decimal_or_none,
    finite,
)
from futures_async.adapters._bitget import BitgetFamily, ProductType, settle_of
from futures_async.adapters._bitget_streams import BitgetStreams, Frame
from futures_async.adapters.bitget_uta.mapping import VENUE, of_category, to_position, to_ticker
from futures_async.adapters.bitget_uta.orders import to_fill, to_order
from futures_async.adapters.bitget_uta.wire import WireAsset, WireTicker
from futures_async.adapters.bitget_uta.wire_streams import (
    WireArg,
    WirePushedFill,
    WirePushedOrder,
    WirePushedPosition,
    WirePushedTicker,
    WirePushedTotals,
)

ORDER = Channel("order", (What.ORDERS,), WirePushedOrder)
FILL = Channel("fill", (What.FILLS,), WirePushedFill)
# The first push after the acknowledgement is all there are; later ones are what changed, whatever `action` says.
POSITION = Channel("position", (What.POSITIONS,), WirePushedPosition, first=True)
ACCOUNT = Channel("account", (What.ACCOUNTS,), WirePushedTotals, first=True)
TICKER = Channel("ticker", (What.TICKERS,), WirePushedTicker, private=False)

CHANNELS = {channel.name: channel for channel in (ORDER, FILL, POSITION, ACCOUNT, TICKER)}


class BitgetUTAStreamDialect(BitgetStreams[WireArg]):
    """Of one category; private topics tell of all of them, spot included, so that rows are sorted out here."""

    venue = VENUE
    version = "v3"
    frames: ClassVar[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(Frame[WireArg])
    # Refusals do not name what they refuse.
    limits = StreamLimits(
        connects=RateLimit(240, 300.0, scope="ip"),
        messages_per_s=8,
        per_frame=1,
        one_by_one=True,
        lifetime_s=24 * 3600.0,
    )
    unsaid: ClassVar[Mapping[What, tuple[str, ...]]] = {What.ACCOUNTS: ("position_mode", "margin_mode")}

    def __init__(self, dialect: BitgetFamily, category: ProductType) -> None:
        super().__init__(dialect)
        self._category: ProductType = category
        self._decoders = {channel.name: RowDecoder[Any](channel.wire) for channel in CHANNELS.values()}
        self._readers: dict[What, Callable[[Any, WireArg, int | None], list[Any]]] = {
            What.ORDERS: lambda row, _, __: self._of_category(row, to_order),
            What.FILLS: lambda row, _, __: self._of_category(row, to_fill),
            What.POSITIONS: self._positions,
            What.ACCOUNTS: self._accounts,
            What.TICKERS: self._tickers,
        }

    def topics(self, what: What, symbols: Sequence[str] = ()) -> tuple[Topic, ...]:
        channel = next(channel for channel in CHANNELS.values() if what in channel.gives)
        # Private subscriptions want capitals, public ones small letters.
        args: list[dict[str, str]] = (
            [{"instType": self._category.lower(), "topic": channel.name, "symbol": name} for name in symbols]
            if channel is TICKER
            else [{"instType": "UTA", "topic": channel.name}]
        )
        return tuple(Topic(channel, self._key(msgspec.convert(arg, WireArg)), arg) for arg in args)

    def _key(self, arg: WireArg) -> Hashable:
        return arg.topic, arg.symbol if arg.topic == TICKER.name else ""

    def _refused_key(self, frame: Frame[WireArg]) -> Hashable | None:
        return None if frame.arg is None else self._key(frame.arg)

    def _push(self, frame: Frame[WireArg]) -> Message:
        arg = frame.arg
        channel = None if arg is None else CHANNELS.get(arg.topic)
        if channel is None or arg is None:
            return Nothing()
        rows, whole = self._decoders[channel.name].rows(frame.data)
        what = channel.gives[0]
        items: list[Any] = []
        for row in rows:
            try:
                items += self._readers[what](row, arg, frame.ts)
            except DecodeError:
                whole = False
        full = whole and channel.first and frame.action == "snapshot"
        return Data(self._key(arg), ((what, Push(items, full, frame.ts)),), whole)

    def _of_category(self, row: Any, read: Callable[[Any, ProductType], Any]) -> list[Any]:
        return [read(row, self._category)] if of_category(row.category, self._category) else []

    def _positions(self, row: WirePushedPosition, _: WireArg, __: int | None) -> list[Any]:
        """Rows name no category: the symbol and the coin tell it."""
        return [to_position(row, self._category)] if settle_of(row.symbol) == self._category else []

    def _accounts(self, row: WirePushedTotals, _: WireArg, __: int | None) -> list[Any]:
        return [_account(asset, row) for asset in row.coin or ()]

    def _tickers(self, row: WirePushedTicker, arg: WireArg, ts: int | None) -> list[Ticker]:
        whole = WireTicker(symbol=arg.symbol, ts=ts, **msgspec.structs.asdict(row))
        return [to_ticker(whole, self._category)]


def _account(asset: WireAsset, totals: WirePushedTotals) -> Account:
    """One coin. Modes are not pushed."""
    return Account(
        venue=VENUE,
        raw=asset,
        margin_coin=asset.coin,
        equity=finite(asset.equity, "equity"),
        balance=finite(asset.balance, "balance"),
        available=finite(asset.available, "available"),
        locked=decimal_or_none(asset.locked, "locked"),
        bonus=decimal_or_none(asset.bonus, "bonus"),
        margin_ratio=decimal_or_none(totals.mgn_ratio, "mgnRatio"),
    )
