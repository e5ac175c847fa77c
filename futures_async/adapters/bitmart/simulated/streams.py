"""BitMart's futures WebSocket from the server's side. Reference: venues/streams.md section 4.

Topics are one text each; private ones need a login and say nothing on subscribing, but positions come again every ten
seconds. A push of positions has the rows of the symbol that changed, a closed one once, with `hold_volume` 0. Frames
are text, or raw deflate where `deflates` is set. The documented disconnect of idle connections has never been seen.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from futures_async.adapters.bitmart.simulated.base import BitMartSide
from futures_async.adapters.bitmart.simulated.rows import venue_symbol
from futures_async.adapters.bitmart.simulated.stream_rows import (
    asset_row,
    closed_row,
    funding_row,
    order_row,
    plan_row,
    position_row,
    ticker_row,
)
from futures_async.simulator.accounts import Account, closed_side
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.events import (
    Event,
    OrderChange,
    OrderEvent,
    PositionEvent,
    SettingEvent,
    TriggerEvent,
    coin_of,
)
from futures_async.simulator.records import CancelReason, Source, TriggerStatus
from futures_async.simulator.stream_dialect import (
    AccountChannel,
    Answer,
    Beat,
    Deed,
    Frame,
    Line,
    LogIn,
    MarketChannel,
    Rules,
    StreamDialect,
    Subscribe,
    Subscription,
    Unsubscribe,
)
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.convert import UNREADABLE

LOGIN_WINDOW_MS = 60_000
COINS = ("USDT", "BTC", "ETH")
SUBMIT, MATCH, CANCEL, LIQUIDATION_CANCEL, BANKRUPTCY = 2, 1, 3, 4, 7
"""What `action` says of an order."""


class _Message(msgspec.Struct):
    action: str
    args: list[str] = []


_MESSAGE = msgspec.json.Decoder(_Message)


class Streams(StreamDialect):
    """Private and public topics."""

    id = "bitmart"
    paths: ClassVar[Mapping[str, bool]] = {"/user": True, "/api": False}
    rules = Rules(
        lifetime_s=None,
        messages=RateLimit(10),
        most_bytes=2_100,
        connections=500,
    )

    def __init__(self, rest: BitMartSide) -> None:
        self.engine = rest.engine
        self.deflates = False
        self._rest = rest
        self._order = AccountChannel(name="futures/order", changes=self.orders)
        self._position = AccountChannel(name="futures/position", changes=self.moved, look=self.positions, every_s=10.0)
        self._asset = AccountChannel(name="futures/asset", changes=self.paid)
        self._ticker = MarketChannel(name="futures/ticker", look=self.tick, every_s=1.0)
        self._tickers = MarketChannel(name="futures/ticker", look=self.tick_all, every_s=4.0)
        self._funding = MarketChannel(name="futures/fundingRate", look=self.funding, every_s=60.0)

    # -- reading

    def read(self, message: Frame, line: Line) -> Iterable[Deed]:
        """JSON with an action; the text `ping` is none."""
        try:
            asked = _MESSAGE.decode(message)
        except UNREADABLE:
            return [Answer(self.frame({"success": False, "error": "Invalid message: message must be JSON"}))]
        match asked.action:
            case "ping":
                return [Beat(self.frame({"group": "System", "data": f"pong+{uuid.UUID(int=line.now_ms)}"}))]
            case "access":
                return [self._log_in(asked.args, line)]
            case ("subscribe" | "unsubscribe" | "request") as action:
                return [self._want(action, topic, asked.args, line) for topic in asked.args]
            case _:
                return [Answer(self.frame({"success": False, "error": "Invalid message: unknown action"}))]

    def _log_in(self, args: list[str], line: Line) -> LogIn:
        why, account = self._judge(args, line)
        if account is None:
            return LogIn(None, self.frame({"action": "access", "success": False, "error": f"access failed: {why}"}))
        return LogIn(account, self.frame({"action": "access", "success": True}))

    def _judge(self, args: list[str], line: Line) -> tuple[str, Account | None]:
        if len(args) != 4 or not line.private:
            return "openapi auth: args invalid", None
        name, stamp, sign, _ = args
        found = self.engine.find_key(self._rest.family, name)
        if found is None:
            return "openapi auth: apiKey not found", None
        account, key = found
        if not (stamp.isascii() and stamp.isdigit()) or abs(int(stamp) - line.now_ms) > LOGIN_WINDOW_MS:
            return "openapi auth: timestamp invalid", None
        if not key.has_signed(f"{stamp}#{key.memo or ''}#bitmart.WebSocket".encode(), sign):
            return "openapi auth: sign invalid", None
        return "", account

    def _want(self, action: str, topic: str, args: list[str], line: Line) -> Deed:
        asked = {"action": action, "args": args}
        found = self._find(topic)
        error = ""
        if found is None:
            error = f"Invalid channel: not found {topic}"
        elif isinstance(found.channel, AccountChannel) and line.account is None:
            error = f"{topic} need authenication"  # as the venue spells it
        if found is None or error:
            refusal = {"action": action, "group": topic, "success": False, "error": error, "request": asked}
            return Answer(self.frame(refusal))
        if action == "request" and isinstance(found.channel, MarketChannel):
            return Answer(next(iter(found.channel.look(found))))
        ack = self.frame({"action": action, "group": topic, "success": True, "request": asked})
        return Unsubscribe(topic, ack) if action == "unsubscribe" else Subscribe(topic, found, ack)

    def _find(self, topic: str) -> Subscription | None:
        name, _, which = topic.partition(":")
        whole: dict[str, AccountChannel | MarketChannel] = {
            "futures/order": self._order,
            "futures/position": self._position,
            "futures/ticker": self._tickers,
        }
        of_symbol = {"futures/ticker": self._ticker, "futures/fundingRate": self._funding}
        if not which:
            return Subscription(whole[name], topic) if name in whole else None
        if name == "futures/asset":
            return Subscription(self._asset, topic) if which in COINS else None
        if name in of_symbol and any(venue_symbol(contract) == which for contract in self._listed()):
            return Subscription(of_symbol[name], topic)
        return None

    def _listed(self) -> Iterable[ContractSpec]:
        return self.engine.world.linear

    # -- writing

    def frame(self, payload: Any) -> Frame:
        """Text, or raw deflate of it."""
        data = msgspec.json.encode(payload)
        if not self.deflates:
            return data.decode()
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(data) + packer.flush()

    def _push(self, subscription: Subscription, data: Any) -> Frame:
        return self.frame({"group": subscription.arg, "data": data})

    def too_many(self, line: Line) -> Frame | None:
        """Closed without a word."""
        return None

    def login_refused(self, line: Line) -> Frame:
        """As if the key were gone."""
        return self.frame(
            {"action": "access", "success": False, "error": "access failed: openapi auth: apiKey not found"}
        )

    def refused(self, subscription: Subscription, line: Line) -> Frame | None:
        """As if the topic were gone."""
        topic = subscription.arg
        error = f"Invalid channel: not found {topic}"
        asked = {"action": "subscribe", "args": [topic]}
        return self.frame({"action": "subscribe", "group": topic, "success": False, "error": error, "request": asked})

    # -- orders

    def orders(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """`action` names the cause, `state` and sizes say where the order stands; waiting orders come here too."""
        if isinstance(event, TriggerEvent):
            trigger = event.trigger
            action = {TriggerStatus.LIVE: SUBMIT, TriggerStatus.EXECUTED: MATCH}.get(trigger.status, CANCEL)
            row = plan_row(trigger, self.engine.world.contract(trigger.symbol))
            yield self._push(subscription, [{"action": action, "order": row}])
        if not isinstance(event, OrderEvent):
            return
        order = event.order
        match event.change:
            case OrderChange.FILLED:
                action = BANKRUPTCY if order.source is Source.LIQUIDATION else MATCH
            case OrderChange.CANCELED:
                action = LIQUIDATION_CANCEL if order.cancel_reason is CancelReason.LIQUIDATION else CANCEL
            case _:
                action = SUBMIT
        book = self.engine.world.book(order.symbol)
        row = order_row(account, order, self.engine.world.contract(order.symbol), book)
        yield self._push(subscription, [{"action": action, "order": row}])

    # -- positions

    def positions(self, account: Account, subscription: Subscription) -> Iterable[Frame]:
        """All open ones."""
        yield self._push(subscription, self._rows(account, lambda symbol: True))

    def _rows(self, account: Account, match: Callable[[str], bool]) -> list[dict[str, Any]]:
        margins = self.engine.margins
        return [
            position_row(margins.view(account, position), self.engine.world.contract(position.symbol))
            for position in account.positions_of()
            if match(position.symbol)
        ]

    def moved(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Both sides of the symbol that changed, and a closed one for the last time."""
        closed: list[dict[str, Any]] = []
        match event:
            case PositionEvent(symbol=symbol, closed=record):
                if record is not None:
                    closed.append(closed_row(record, self.engine.world.contract(symbol)))
            case OrderEvent(order=order, fill=None) if order.closes:
                symbol = order.symbol
                if (symbol, closed_side(order)) not in account.positions:
                    return
            case SettingEvent(symbol=str(symbol)):
                pass
            case _:
                return
        rows = self._rows(account, lambda one: one == symbol) + closed
        if rows:
            yield self._push(subscription, rows)

    # -- money

    def paid(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Absolute values of one coin."""
        coin = coin_of(event, closing=False)
        if coin is not None and subscription.arg == f"futures/asset:{coin}":
            yield self._push(subscription, asset_row(self.engine.margins.wallet(account, coin)))

    # -- market

    def tick(self, subscription: Subscription) -> Iterable[Frame]:
        """One contract."""
        contract = self._rest.contract(subscription.arg.partition(":")[2])
        yield self._push(subscription, ticker_row(self.engine, contract))

    def tick_all(self, subscription: Subscription) -> Iterable[Frame]:
        """Every contract, each in a frame of its own."""
        for contract in self._listed():
            yield self._push(subscription, ticker_row(self.engine, contract))

    def funding(self, subscription: Subscription) -> Iterable[Frame]:
        """The rate last settled and the one to come."""
        contract = self._rest.contract(subscription.arg.partition(":")[2])
        yield self._push(subscription, funding_row(self.engine, contract))
