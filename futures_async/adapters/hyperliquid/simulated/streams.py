"""Hyperliquid's WebSocket from the server's side. Reference: section 10.

One path for everybody, and no login: a subscription names an account by its address. Here a connection is for one
account. The list of open orders and the account's state are pushed on events, and again every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.hyperliquid.simulated.gate import part
from futures_async.adapters.hyperliquid.simulated.market import INTERVALS
from futures_async.adapters.hyperliquid.simulated.orders import basic
from futures_async.adapters.hyperliquid.simulated.rows import states, trigger_row
from futures_async.simulator.venue import errors

if TYPE_CHECKING:
    from futures_async.adapters.hyperliquid.simulated import SimulatedHyperliquid

PATHS = {"info": "/info", "action": "/exchange"}
PRICES_S = 0.5
STATE_S = 5.0
MOST_CHANNELS, MOST_USERS = 1000, 10
"""Of one address."""
_MESSAGE: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


def said(channel: str, data: Any) -> sim.Frame:
    """A frame of the venue."""
    return sim.encode({"channel": channel, "data": data})


class Streams(sim.StreamDialect):
    """Subscriptions of accounts and of prices."""

    id = "hyperliquid"
    # Binance's old path has the same name: connections there are silent, and so are its clients' here.
    paths: ClassVar[Mapping[str, bool]] = {"/ws": True}
    rules = sim.Rules(
        idle_s=60.0,
        lifetime_s=None,
        messages=sim.RateLimit(2000, 60.0),
        connections=10,
        attempts=sim.RateLimit(30, 60.0, "ip"),
    )

    def __init__(self, rest: SimulatedHyperliquid) -> None:
        self._rest = rest
        self._engine = rest.engine
        account: tuple[sim.AccountChannel, ...] = (
            sim.AccountChannel(name="orderUpdates", changes=self.updates),
            sim.AccountChannel(name="userHistoricalOrders", changes=self.states, look=self.history, at_start=True),
            sim.AccountChannel(name="userFills", changes=self.fills, look=self.past_fills, at_start=True),
            sim.AccountChannel(name="userEvents", changes=self.events),
            sim.AccountChannel(
                name="openOrders", changes=self.ordered, look=self.open_orders, at_start=True, every_s=STATE_S
            ),
            sim.AccountChannel(
                name="clearinghouseState", changes=self.moved, look=self.state, at_start=True, every_s=STATE_S
            ),
        )
        market = (
            sim.MarketChannel(name="activeAssetCtx", look=self.contexts, every_s=PRICES_S),
            sim.MarketChannel(name="bbo", look=self.best, every_s=PRICES_S),
            sim.MarketChannel(name="l2Book", look=self.books, every_s=PRICES_S),
            sim.MarketChannel(name="candle", look=self.candles, every_s=PRICES_S),
            sim.MarketChannel(name="allMids", look=self.mids, every_s=PRICES_S),
        )
        self.channels: dict[str, sim.AccountChannel | sim.MarketChannel] = {}
        self.channels |= {channel.name: channel for channel in account}
        self.channels |= {channel.name: channel for channel in market}

    # -- reading

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """Pings, subscriptions one by one, and requests as over HTTP."""
        try:
            asked = _MESSAGE.decode(message)
        except sim.UNREADABLE:
            return [sim.Answer(said("error", f"Error parsing JSON into valid websocket request: {str(message)[:80]}"))]
        match asked.get("method"):
            case "ping":
                return [sim.Beat(sim.encode({"channel": "pong"}))]
            case "subscribe" | "unsubscribe":
                return self._want(asked, line)
            case "post" if isinstance(asked.get("id"), int) and part(asked.get("request"), "type") in PATHS:
                return [self._post(asked["id"], asked["request"])]
            case _:
                text = f"Error parsing JSON into valid websocket request: {sim.encode(asked)}"
                return [sim.Answer(said("error", text))]

    def _post(self, number: int, request: Mapping[str, Any]) -> sim.Ask:
        """The same object as a body over HTTP; a bad status becomes a text."""
        kind, payload = request["type"], request.get("payload")

        def answer(status: int, body: bytes) -> sim.Frame:
            found: dict[str, Any] = {"type": kind, "payload": msgspec.Raw(body)}
            if status != 200:
                found = {"type": "error", "payload": f"{status} {body.decode()}"}
            elif kind == "info":
                found["payload"] = {"type": part(payload, "type"), "data": msgspec.Raw(body)}
            return said("post", {"id": number, "response": found})

        return sim.Ask("POST", PATHS[kind], msgspec.json.encode(payload), answer)

    def _want(self, asked: Mapping[str, Any], line: sim.Line) -> list[sim.Deed]:
        wanted: Any = asked.get("subscription")
        channel = self.channels.get(str(part(wanted, "type")))
        if channel is None or not self._fits(channel, wanted):
            return [sim.Answer(said("error", f"Invalid subscription {sim.encode(wanted)}"))]
        key = sim.encode(wanted)
        ack = said("subscriptionResponse", {"method": asked["method"], "subscription": wanted})
        if asked["method"] == "unsubscribe":
            return [sim.Unsubscribe(key, ack)]
        if line.channels_of_address >= MOST_CHANNELS:
            return [sim.Answer(said("error", f"Cannot subscribe to more than {MOST_CHANNELS} channels."))]
        deeds: list[sim.Deed] = []
        if isinstance(channel, sim.AccountChannel):
            account = self._rest.account_of(wanted["user"])
            if line.account is not None and account is not line.account:
                return [sim.Answer(said("error", f"Cannot track more than 1 total users here. {sim.encode(asked)}"))]
            users = line.accounts_of_address
            if account is not None and account.uid not in users and len(users) >= MOST_USERS:
                return [sim.Answer(said("error", f"Cannot track more than {MOST_USERS} total users."))]
            if account is not None and line.account is None:
                deeds.append(sim.Own(account, {}))
        return [*deeds, sim.Subscribe(key, sim.Subscription(channel, wanted), ack)]

    def _fits(self, channel: sim.AccountChannel | sim.MarketChannel, wanted: Mapping[str, Any]) -> bool:
        """All is named that must be, and it is there; of dexs there is the first."""
        if wanted.get("dex"):
            return False
        if isinstance(channel, sim.AccountChannel):
            return isinstance(wanted.get("user"), str)
        if channel.name == "candle" and wanted.get("interval") not in INTERVALS:
            return False
        return channel.name == "allMids" or self._rest.named(wanted.get("coin")) is not None

    # -- writing

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """There is no login."""
        return said("error", "Invalid request")

    def refused(self, subscription: sim.Subscription, line: sim.Line) -> sim.Frame | None:
        """As if the subscription were gone."""
        return said("error", f"Invalid subscription {sim.encode(subscription.arg)}")

    def _of(self, subscription: sim.Subscription, **data: Any) -> sim.Frame:
        """Rows of an account."""
        return said(subscription.channel.name, {"user": subscription.arg["user"].lower(), **data})

    # -- orders

    def _changed(self, event: sim.Event) -> list[dict[str, Any]]:
        """The row of an order whose status has changed: none for a fill in part."""
        match event:
            case sim.OrderEvent(order=order, change=change):
                spec = self._engine.world.contract(order.symbol)
                partial = change is sim.OrderChange.FILLED and order.is_open
                return [] if partial else states(order, spec)[:1]
            case sim.TriggerEvent(trigger=trigger):
                return trigger_row(trigger, self._engine.world.contract(trigger.symbol))[:1]
            case _:
                return []

    def updates(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Without what tells a stop from a resting order, and without a user."""
        rows = self._changed(event)
        if rows:
            yield said("orderUpdates", [row | {"order": basic(row["order"])} for row in rows])

    def states(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """As in the history."""
        rows = self._changed(event)
        if rows:
            yield self._of(subscription, orderHistory=rows)

    def history(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        rows = self._rest.history_rows(account, self._engine.clock())
        yield self._of(subscription, isSnapshot=True, orderHistory=rows)

    def open_orders(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """All of them, each time."""
        yield self._of(subscription, dex="", orders=self._rest.open_rows(account))

    def ordered(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The list, when one of its rows may have changed."""
        return self.open_orders(account, subscription) if isinstance(event, (sim.OrderEvent, sim.TriggerEvent)) else ()

    # -- executions

    def _executed(self, account: sim.Account, event: sim.Event) -> list[dict[str, Any]]:
        if not isinstance(event, sim.OrderEvent) or event.fill is None:
            return []
        return [row for row in self._rest.fill_rows(account, [*account.fills]) if row["tid"] == event.fill.id]

    def fills(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Each, without a word that it is no snapshot."""
        rows = self._executed(account, event)
        if rows:
            yield self._of(subscription, fills=rows)

    def past_fills(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The newest until now."""
        yield self._of(subscription, isSnapshot=True, fills=self._rest.newest_fills(account))

    def events(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Executions, and cancels that nobody asked for."""
        rows = self._executed(account, event)
        if rows:
            yield said("user", {"fills": rows})
        if isinstance(event, sim.OrderEvent) and event.order.cancel_reason is sim.CancelReason.LIQUIDATION:
            coin = self._engine.world.contract(event.order.symbol).base
            yield said("user", {"nonUserCancel": [{"coin": coin, "oid": event.order.id}]})

    # -- positions and money

    def state(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        state = self._rest.state_row(account, self._engine.clock())
        yield self._of(subscription, dex="", clearinghouseState=state)

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """On everything but what waits; of a fill, when position and balance have moved."""
        filled = isinstance(event, sim.OrderEvent) and event.fill is not None
        return () if filled or isinstance(event, sim.TriggerEvent) else self.state(account, subscription)

    # -- prices

    def _spec(self, subscription: sim.Subscription) -> sim.ContractSpec:
        found = self._rest.named(subscription.arg["coin"])
        if found is None:  # pragma: no cover - judged when it was subscribed, and none goes
            raise errors.UnknownSymbol("no such coin")
        return found

    def contexts(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        spec = self._spec(subscription)
        yield said("activeAssetCtx", {"coin": spec.base, "ctx": self._rest.context(spec)})

    def best(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        book = self._rest.book_row(self._spec(subscription), self._engine.clock())
        yield said("bbo", {"coin": book["coin"], "time": book["time"], "bbo": [side[0] for side in book["levels"]]})

    def books(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Twenty levels."""
        yield said("l2Book", self._rest.book_row(self._spec(subscription), self._engine.clock()))

    def candles(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The one under way."""
        interval = subscription.arg["interval"]
        yield said("candle", self._rest.candle_rows(self._spec(subscription), interval, self._engine.clock(), None)[-1])

    def mids(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        yield said("allMids", {"mids": self._rest.mid_prices()})
