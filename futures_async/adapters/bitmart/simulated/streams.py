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

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import stream_rows
from futures_async.adapters.bitmart.simulated.base import BitMartSide
from futures_async.adapters.bitmart.simulated.rows import venue_symbol

LOGIN_WINDOW_MS = 60_000
COINS = ("USDT", "BTC", "ETH")
SUBMIT, MATCH, CANCEL, LIQUIDATION_CANCEL, BANKRUPTCY = 2, 1, 3, 4, 7
"""What `action` says of an order."""


class _Message(msgspec.Struct):
    action: str
    args: list[str] = []


_MESSAGE = msgspec.json.Decoder(_Message)


class Streams(sim.StreamDialect):
    """Private and public topics."""

    id = "bitmart"
    paths: ClassVar[Mapping[str, bool]] = {"/user": True, "/api": False}
    rules = sim.Rules(
        lifetime_s=None,
        messages=sim.RateLimit(10),
        most_bytes=2_100,
        connections=500,
    )

    def __init__(self, rest: BitMartSide) -> None:
        self.engine = rest.engine
        self.deflates = False
        self._rest = rest
        self._order = sim.AccountChannel(name="futures/order", orders=self.order, triggers=self.plan)
        self._position = sim.AccountChannel(
            name="futures/position", changes=self.moved, look=self.positions, every_s=10.0
        )
        self._asset = sim.AccountChannel(name="futures/asset", changes=self.paid)
        self._ticker = sim.MarketChannel(name="futures/ticker", look=self.tick, every_s=1.0)
        self._tickers = sim.MarketChannel(name="futures/ticker", look=self.tick_all, every_s=4.0)
        self._funding = sim.MarketChannel(name="futures/fundingRate", look=self.funding, every_s=60.0)

    # -- reading

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """JSON with an action; the text `ping` is none."""
        try:
            asked = _MESSAGE.decode(message)
        except sim.UNREADABLE:
            return [sim.Answer(self.frame({"success": False, "error": "Invalid message: message must be JSON"}))]
        match asked.action:
            case "ping":
                return [sim.Beat(self.frame({"group": "System", "data": f"pong+{uuid.UUID(int=line.now_ms)}"}))]
            case "access":
                return [self._log_in(asked.args, line)]
            case ("subscribe" | "unsubscribe" | "request") as action:
                return [self._want(action, topic, asked.args, line) for topic in asked.args]
            case _:
                return [sim.Answer(self.frame({"success": False, "error": "Invalid message: unknown action"}))]

    def _log_in(self, args: list[str], line: sim.Line) -> sim.LogIn:
        why, account = self._judge(args, line)
        if account is None:
            return sim.LogIn(None, self.frame({"action": "access", "success": False, "error": f"access failed: {why}"}))
        return sim.LogIn(account, self.frame({"action": "access", "success": True}))

    def _judge(self, args: list[str], line: sim.Line) -> tuple[str, sim.Account | None]:
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

    def _want(self, action: str, topic: str, args: list[str], line: sim.Line) -> sim.Deed:
        asked = {"action": action, "args": args}
        found = self._find(topic)
        error = ""
        if found is None:
            error = f"Invalid channel: not found {topic}"
        elif isinstance(found.channel, sim.AccountChannel) and line.account is None:
            error = f"{topic} need authenication"  # as the venue spells it
        if found is None or error:
            refusal = {"action": action, "group": topic, "success": False, "error": error, "request": asked}
            return sim.Answer(self.frame(refusal))
        if action == "request" and isinstance(found.channel, sim.MarketChannel):
            return sim.Answer(next(iter(found.channel.look(found))))
        ack = self.frame({"action": action, "group": topic, "success": True, "request": asked})
        return sim.Unsubscribe(topic, ack) if action == "unsubscribe" else sim.Subscribe(topic, found, ack)

    def _find(self, topic: str) -> sim.Subscription | None:
        name, _, which = topic.partition(":")
        whole: dict[str, sim.AccountChannel | sim.MarketChannel] = {
            "futures/order": self._order,
            "futures/position": self._position,
            "futures/ticker": self._tickers,
        }
        of_symbol = {"futures/ticker": self._ticker, "futures/fundingRate": self._funding}
        if not which:
            return sim.Subscription(whole[name], topic) if name in whole else None
        if name == "futures/asset":
            return sim.Subscription(self._asset, topic) if which in COINS else None
        if name in of_symbol and any(venue_symbol(contract) == which for contract in self._listed()):
            return sim.Subscription(of_symbol[name], topic)
        return None

    def _listed(self) -> Iterable[sim.ContractSpec]:
        return self.engine.world.linear

    # -- writing

    def frame(self, payload: Any) -> sim.Frame:
        """Text, or raw deflate of it."""
        data = msgspec.json.encode(payload)
        if not self.deflates:
            return data.decode()
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return packer.compress(data) + packer.flush()

    def _push(self, subscription: sim.Subscription, data: Any) -> sim.Frame:
        return self.frame({"group": subscription.arg, "data": data})

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """As if the key were gone."""
        return self.frame(
            {"action": "access", "success": False, "error": "access failed: openapi auth: apiKey not found"}
        )

    def refused(self, subscription: sim.Subscription, line: sim.Line) -> sim.Frame | None:
        """As if the topic were gone."""
        topic = subscription.arg
        error = f"Invalid channel: not found {topic}"
        asked = {"action": "subscribe", "args": [topic]}
        return self.frame({"action": "subscribe", "group": topic, "success": False, "error": error, "request": asked})

    # -- orders

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any]:
        """`action` names the cause, `state` and sizes say where the order stands."""
        order = event.order
        match event.change:
            case sim.OrderChange.FILLED:
                action = BANKRUPTCY if order.source is sim.Source.LIQUIDATION else MATCH
            case sim.OrderChange.CANCELED:
                action = LIQUIDATION_CANCEL if order.cancel_reason is sim.CancelReason.LIQUIDATION else CANCEL
            case _:
                action = SUBMIT
        contract, book = self._rest.contract_of(order.symbol), self.engine.world.book(order.symbol)
        return {"action": action, "order": stream_rows.order_row(account, order, contract, book)}

    def plan(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any]:
        """Waiting orders come here too."""
        action = {sim.TriggerStatus.LIVE: SUBMIT, sim.TriggerStatus.EXECUTED: MATCH}.get(trigger.status, CANCEL)
        return {"action": action, "order": stream_rows.plan_row(trigger, self._rest.contract_of(trigger.symbol))}

    def told(self, account: sim.Account, subscription: sim.Subscription, row: Any) -> Iterable[sim.Frame]:
        return [self._push(subscription, [row])]

    # -- positions

    def positions(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        yield self._push(subscription, self._rows(account, lambda symbol: True))

    def _rows(self, account: sim.Account, match: Callable[[str], bool]) -> list[dict[str, Any]]:
        margins = self.engine.margins
        return [
            stream_rows.position_row(margins.view(account, position), self.engine.world.contract(position.symbol))
            for position in account.positions_of()
            if match(position.symbol)
        ]

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Both sides of the symbol that changed, and a closed one for the last time."""
        closed: list[dict[str, Any]] = []
        match event:
            case sim.PositionEvent(symbol=symbol, closed=record):
                if record is not None:
                    closed.append(stream_rows.closed_row(record, self.engine.world.contract(symbol)))
            case sim.OrderEvent(order=order, fill=None) if order.closes:
                symbol = order.symbol
                if (symbol, sim.closed_side(order)) not in account.positions:
                    return
            case sim.SettingEvent(symbol=str(symbol)):
                pass
            case _:
                return
        rows = self._rows(account, lambda one: one == symbol) + closed
        if rows:
            yield self._push(subscription, rows)

    # -- money

    def paid(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Absolute values of one coin."""
        coin = sim.coin_of(event, closing=False)
        if coin is not None and subscription.arg == f"futures/asset:{coin}":
            yield self._push(subscription, stream_rows.asset_row(self.engine.margins.wallet(account, coin)))

    # -- market

    def tick(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        contract = self._rest.find_contract(subscription.arg.partition(":")[2])
        yield self._push(subscription, stream_rows.ticker_row(self.engine, contract))

    def tick_all(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Every contract, each in a frame of its own."""
        for contract in self._listed():
            yield self._push(subscription, stream_rows.ticker_row(self.engine, contract))

    def funding(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The rate last settled and the one to come."""
        contract = self._rest.find_contract(subscription.arg.partition(":")[2])
        yield self._push(subscription, stream_rows.funding_row(self.engine, contract))
