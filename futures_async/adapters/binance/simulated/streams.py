"""Binance's streams from the server's side. Reference: venues/binance.md section 11.

The key in the address says whose events come; without one that is good the connection stands and stays silent, as does
one whose key has expired. Nothing is shown at the start. Where the path ends in `/stream`, frames come in an envelope.
Prices are subscribed by name, on a path of their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from futures_async.adapters.binance.simulated.account import position_row
from futures_async.adapters.binance.simulated.base import venue_symbol
from futures_async.adapters.binance.simulated.market import MarketCalls
from futures_async.adapters.binance.simulated.rows import algo_row, order_row, state
from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import plain
from futures_async.simulator.events import (
    BalanceEvent,
    Event,
    OrderChange,
    OrderEvent,
    PositionEvent,
    SettingEvent,
    TriggerEvent,
)
from futures_async.simulator.records import ZERO, Fill, Order
from futures_async.simulator.stream_dialect import (
    AccountChannel,
    Answer,
    Beat,
    Deed,
    Frame,
    Line,
    MarketChannel,
    Own,
    Rules,
    StreamDialect,
    Subscribe,
    Subscription,
    Unsubscribe,
    encode,
)
from futures_async.transport.endpoint import RateLimit
from futures_async.unified.convert import UNREADABLE
from futures_async.unified.enums import PositionMode, PositionSide, Role

PRIVATE = "/private/ws"
FRAMED = "/private/stream"
MARKET = "/market/ws"
EXECUTIONS = {OrderChange.ACCEPTED: "NEW", OrderChange.AMENDED: "AMENDMENT", OrderChange.FILLED: "TRADE"}
CHECKED_S = 60.0
# What pushes call the fields of rows.
ORDER = {
    "s": "symbol", "c": "clientOrderId", "S": "side", "o": "type", "f": "timeInForce", "q": "origQty", "p": "price",
    "ap": "avgPrice", "sp": "stopPrice", "X": "status", "i": "orderId", "z": "executedQty", "R": "reduceOnly",
    "wt": "workingType", "ot": "origType", "ps": "positionSide", "cp": "closePosition", "pP": "priceProtect",
    "V": "selfTradePreventionMode", "pm": "priceMatch", "gtd": "goodTillDate",
}  # fmt: skip
ALGO = {
    "caid": "clientAlgoId", "aid": "algoId", "at": "algoType", "o": "orderType", "s": "symbol", "S": "side",
    "ps": "positionSide", "f": "timeInForce", "q": "quantity", "X": "algoStatus", "ai": "actualOrderId",
    "ap": "actualPrice", "aq": "actualQty", "tp": "triggerPrice", "p": "price", "wt": "workingType",
    "pm": "priceMatch", "cp": "closePosition", "pP": "priceProtect", "R": "reduceOnly", "tt": "triggerTime",
}  # fmt: skip
POSITION = {
    "s": "symbol", "pa": "positionAmt", "ep": "entryPrice", "bep": "breakEvenPrice", "up": "unRealizedProfit",
    "iw": "isolatedWallet", "ps": "positionSide",
}  # fmt: skip
DAY = {
    "s": "symbol", "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "c": "lastPrice",
    "Q": "lastQty", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume",
    "O": "openTime", "C": "closeTime", "n": "count",
}  # fmt: skip
MARK = {
    "s": "symbol", "p": "markPrice", "i": "indexPrice", "P": "estimatedSettlePrice", "r": "lastFundingRate",
    "T": "nextFundingTime",
}  # fmt: skip
_MESSAGE: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


class Told(NamedTuple):
    """How an account is told: by which key, and on which path."""

    key: str
    framed: bool

    def frame(self, event: dict[str, Any]) -> Frame:
        """An event, in an envelope where the path has one."""
        return encode({"stream": self.key, "data": event} if self.framed else event)


class Streams(StreamDialect):
    """The user stream, and prices; the old path connects too, and is silent."""

    id = "binance"
    # Announced are the last of each.
    paths: ClassVar[Mapping[str, bool]] = {"/ws": False, MARKET: False, FRAMED: True, PRIVATE: True}
    rules = Rules(messages=RateLimit(10))

    def __init__(self, rest: MarketCalls) -> None:
        self._rest = rest
        self._engine = rest.engine
        told = (
            AccountChannel(name="ORDER_TRADE_UPDATE", changes=self.orders),
            AccountChannel(name="ACCOUNT_UPDATE", changes=self.moved),
            AccountChannel(name="ALGO_UPDATE", changes=self.algos),
            AccountChannel(name="ACCOUNT_CONFIG_UPDATE", changes=self.configured),
            AccountChannel(name="listenKeyExpired", changes=self.nothing, look=self.expired, every_s=CHECKED_S),
        )
        self.channels = {channel.name: channel for channel in told}
        self.prices = {
            "ticker": MarketChannel(name="24hrTicker", look=self.day, at_start=False, every_s=2.0),
            "markPrice": MarketChannel(name="markPriceUpdate", look=self.mark, at_start=False, every_s=3.0),
            "markPrice@1s": MarketChannel(name="markPriceUpdate", look=self.mark, at_start=False, every_s=1.0),
        }

    def opened(self, query: str, line: Line) -> Iterable[Deed]:
        """Whose key it is; a subset of events may be named."""
        asked = dict(parse_qsl(query)) if line.path in (PRIVATE, FRAMED) else {}
        key, wanted = asked.get("listenKey"), asked.get("events", "")
        for account in self._engine.accounts.values():
            if key is not None and account.extra.get("listenKey") == key and self._alive(account, line.now_ms):
                names = set(wanted.split("/")) | {"listenKeyExpired"} if wanted else set(self.channels)
                held: dict[Hashable, Subscription] = {
                    name: Subscription(channel, Told(key, framed=line.path == FRAMED))
                    for name, channel in self.channels.items()
                    if name in names
                }
                yield Own(account, held)

    def read(self, message: Frame, line: Line) -> Iterable[Deed]:
        """Control messages; what a connection holds is the key that it came with."""
        try:
            asked = _MESSAGE.decode(message)
        except UNREADABLE:
            yield Answer(encode({"error": {"code": 3, "msg": "Invalid JSON"}}))
            return
        number, method = asked.get("id"), asked.get("method")
        if method == "LIST_SUBSCRIPTIONS":
            key = None if line.account is None else line.account.extra.get("listenKey")
            yield Beat(encode({"result": [] if key is None else [key], "id": number}))
        elif method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            # A name that is none is taken, and never heard of again.
            names = [name for name in asked.get("params", ()) if self._price(name) is not None]
            ack = encode({"result": None, "id": number})
            if line.path != MARKET or not names:
                yield Answer(ack)
                return
            for name in names:
                last = ack if name == names[-1] else None
                found = self._price(name)
                if method == "UNSUBSCRIBE":
                    yield Unsubscribe(name, last)
                elif found is not None:
                    yield Subscribe(name, found, last)
        else:
            yield Answer(
                encode({"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}, "id": number})
            )

    def too_many(self, line: Line) -> Frame | None:
        """It is closed without a word."""
        return None

    def login_refused(self, line: Line) -> Frame:
        """There is no login."""
        return encode({"error": {"code": 2, "msg": "Invalid request"}})

    @staticmethod
    def _alive(account: Account, now_ms: int) -> bool:
        return int(account.extra.get("listenKeyUntil", "0")) > now_ms

    def _event(self, account: Account, subscription: Subscription, **payload: Any) -> Iterable[Frame]:
        """What is told as long as the key is good."""
        if self._alive(account, self._engine.clock()):
            event = {"e": subscription.channel.name, "T": self._engine.now_ms, "E": self._engine.clock(), **payload}
            yield subscription.arg.frame(event)

    def expired(self, account: Account, subscription: Subscription) -> Iterable[Frame]:
        """Once the key is not good any more."""
        now = self._engine.clock()
        if not self._alive(account, now):
            yield subscription.arg.frame({"e": "listenKeyExpired", "E": now, "listenKey": subscription.arg.key})

    def nothing(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Never."""
        return ()

    # -- orders

    def orders(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Each change of an order, with the execution that made it."""
        if isinstance(event, OrderEvent):
            row = self._order(event.order, event.fill)
            row["x"] = EXECUTIONS.get(event.change, state(event.order))
            yield from self._event(account, subscription, o=row)

    def _order(self, order: Order, fill: Fill | None) -> dict[str, Any]:
        told = order_row(order, self._rest.name(order.symbol), read=True)
        row = {short: told[long] for short, long in ORDER.items()} | {
            "l": plain(ZERO if fill is None else fill.quantity),
            "L": plain(ZERO if fill is None else fill.price),
            "T": order.updated_ms if fill is None else fill.created_ms,
            "t": 0 if fill is None else fill.id,
            "b": "0",
            "a": "0",
            "m": fill is not None and fill.role is Role.MAKER,
            "si": 0,
            "ss": 0,
            "rp": plain(ZERO if fill is None else fill.realized_pnl),
        }
        if fill is not None:
            row |= {"N": self._engine.world.contract(order.symbol).settle, "n": plain(fill.fee)}
        return row

    def algos(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """Conditional orders."""
        if not isinstance(event, TriggerEvent):
            return
        trigger = event.trigger
        became = None if trigger.order_id is None else account.orders.get(trigger.order_id)
        row = algo_row(trigger, self._rest.name(trigger.symbol), became)
        yield from self._event(account, subscription, o={short: row[long] for short, long in ALGO.items()})

    # -- positions and money

    def moved(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """What has changed: a balance, or a position, which is told with amount 0 when it is gone."""
        match event:
            case BalanceEvent(coin):
                wallet = self._engine.margins.wallet(account, coin)
                cross = plain(wallet.balance - wallet.isolated_margin)
                row = {"a": coin, "wb": plain(wallet.balance), "cw": cross, "bc": "0"}
                yield from self._event(account, subscription, a={"m": "ORDER", "B": [row], "P": []})
            case PositionEvent(symbol=symbol):
                rows = self._positions(account, symbol)
                yield from self._event(account, subscription, a={"m": "ORDER", "B": [], "P": rows})
            case _:
                return

    def _positions(self, account: Account, symbol: str) -> list[dict[str, Any]]:
        """Of a hedge the empty net row comes along."""
        held = {position.side: position for position in account.positions_of(symbol=symbol)}
        hedge = account.mode(symbol) is PositionMode.HEDGE
        rows: list[dict[str, Any]] = []
        for word in ("BOTH", "LONG", "SHORT") if hedge else ("BOTH",):
            found = next(iter(held.values()), None) if not hedge else None
            if word != "BOTH":
                found = held.get(PositionSide(word.lower()))
            view = None if found is None else self._engine.margins.view(account, found)
            row = position_row(self._engine.world.contract(symbol), self._rest.name(symbol), word, view)
            mode = account.settings(symbol).margin_mode if found is None else found.margin_mode
            rows.append({short: row[long] for short, long in POSITION.items()} | {"cr": "0", "mt": mode.value})
        return rows

    def configured(self, account: Account, event: Event, subscription: Subscription) -> Iterable[Frame]:
        """A leverage that was set."""
        if isinstance(event, SettingEvent) and event.symbol is not None:
            leverage = int(account.settings(event.symbol).leverage(PositionSide.LONG))
            ac = {"s": self._rest.name(event.symbol), "l": leverage}
            yield from self._event(account, subscription, ac=ac)

    # -- prices

    def _price(self, name: object) -> Subscription | None:
        """The stream of this name; contracts are named in small letters."""
        symbol, _, channel = str(name).partition("@")
        for contract in self._engine.world.linear:
            if venue_symbol(contract).lower() == symbol and channel in self.prices:
                return Subscription(self.prices[channel], contract)
        return None

    def day(self, subscription: Subscription) -> Iterable[Frame]:
        """The last 24 hours; best prices are another stream's."""
        yield self._priced(subscription, self._rest.day_row(subscription.arg), DAY)

    def mark(self, subscription: Subscription) -> Iterable[Frame]:
        """Mark and index prices, and the estimate of the next funding."""
        yield self._priced(subscription, self._rest.premium_row(subscription.arg), MARK)

    def _priced(self, subscription: Subscription, row: dict[str, Any], names: Mapping[str, str]) -> Frame:
        told = {short: row[long] for short, long in names.items()}
        return encode({"e": subscription.channel.name, "E": self._engine.clock(), **told})
