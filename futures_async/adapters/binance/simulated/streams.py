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

import futures_async.simulator.venue as sim
from futures_async.adapters.binance.simulated.account import position_row
from futures_async.adapters.binance.simulated.base import venue_symbol
from futures_async.adapters.binance.simulated.market import MarketCalls
from futures_async.adapters.binance.simulated.rows import algo_row, order_row, state

PRIVATE = "/private/ws"
FRAMED = "/private/stream"
MARKET = "/market/ws"
EXECUTIONS = {sim.OrderChange.ACCEPTED: "NEW", sim.OrderChange.AMENDED: "AMENDMENT", sim.OrderChange.FILLED: "TRADE"}
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

    def frame(self, event: dict[str, Any]) -> sim.Frame:
        """An event, in an envelope where the path has one."""
        return sim.encode({"stream": self.key, "data": event} if self.framed else event)


class Streams(sim.StreamDialect):
    """The user stream, and prices; the old path connects too, and is silent."""

    id = "binance"
    # Announced are the last of each.
    paths: ClassVar[Mapping[str, bool]] = {"/ws": False, MARKET: False, FRAMED: True, PRIVATE: True}
    rules = sim.Rules(messages=sim.RateLimit(10), most_channels=1024)

    def __init__(self, rest: MarketCalls) -> None:
        self._rest = rest
        self._engine = rest.engine
        told = (
            sim.AccountChannel(name="ORDER_TRADE_UPDATE", orders=self.order),
            sim.AccountChannel(name="ACCOUNT_UPDATE", changes=self.moved),
            sim.AccountChannel(name="ALGO_UPDATE", triggers=self.algo),
            sim.AccountChannel(name="ACCOUNT_CONFIG_UPDATE", changes=self.configured),
            sim.AccountChannel(name="listenKeyExpired", look=self.expired, every_s=CHECKED_S),
        )
        self.channels = {channel.name: channel for channel in told}
        self.prices = {
            "ticker": sim.MarketChannel(name="24hrTicker", look=self.day, at_start=False, every_s=2.0),
            "markPrice": sim.MarketChannel(name="markPriceUpdate", look=self.mark, at_start=False, every_s=3.0),
            "markPrice@1s": sim.MarketChannel(name="markPriceUpdate", look=self.mark, at_start=False, every_s=1.0),
        }

    def opened(self, query: str, line: sim.Line) -> Iterable[sim.Deed]:
        """Whose key it is; where events are named, nothing else is told."""
        asked = dict(parse_qsl(query)) if line.path in (PRIVATE, FRAMED) else {}
        key, wanted = asked.get("listenKey"), asked.get("events", "")
        for account in self._engine.accounts.values():
            if key is not None and account.extra.get("listenKey") == key and self._alive(account, line.now_ms):
                names = set(wanted.split("/")) if wanted else set(self.channels)
                held: dict[Hashable, sim.Subscription] = {
                    name: sim.Subscription(channel, Told(key, framed=line.path == FRAMED))
                    for name, channel in self.channels.items()
                    if name in names
                }
                yield sim.Own(account, held)

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """Control messages; what a connection holds is the key that it came with."""
        try:
            asked = _MESSAGE.decode(message)
        except sim.UNREADABLE:
            yield sim.Answer(sim.encode({"error": {"code": 3, "msg": "Invalid JSON"}}))
            return
        number, method = asked.get("id"), asked.get("method")
        if method == "LIST_SUBSCRIPTIONS":
            key = None if line.account is None else line.account.extra.get("listenKey")
            yield sim.Beat(sim.encode({"result": [] if key is None else [key], "id": number}))
        elif method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            # A name that is none is taken, and never heard of again.
            names = [name for name in asked.get("params", ()) if self._price(name) is not None]
            ack = sim.encode({"result": None, "id": number})
            if line.path != MARKET or not names:
                yield sim.Answer(ack)
                return
            for name in names:
                last = ack if name == names[-1] else None
                found = self._price(name)
                if method == "UNSUBSCRIBE":
                    yield sim.Unsubscribe(name, last)
                elif found is not None:
                    yield sim.Subscribe(name, found, last)
        else:
            yield sim.Answer(
                sim.encode({"error": {"code": 2, "msg": f"Invalid request: unknown method {method}"}, "id": number})
            )

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """There is no login."""
        return sim.encode({"error": {"code": 2, "msg": "Invalid request"}})

    @staticmethod
    def _alive(account: sim.Account, now_ms: int) -> bool:
        return int(account.extra.get("listenKeyUntil", "0")) > now_ms

    def _event(self, account: sim.Account, subscription: sim.Subscription, **payload: Any) -> Iterable[sim.Frame]:
        """What is told as long as the key is good."""
        if self._alive(account, self._engine.clock()):
            event = {"e": subscription.channel.name, "T": self._engine.now_ms, "E": self._engine.clock(), **payload}
            yield subscription.arg.frame(event)

    def expired(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Once the key is not good any more."""
        now = self._engine.clock()
        if not self._alive(account, now):
            yield subscription.arg.frame({"e": "listenKeyExpired", "E": now, "listenKey": subscription.arg.key})

    # -- orders

    def told(self, account: sim.Account, subscription: sim.Subscription, row: Any) -> Iterable[sim.Frame]:
        return self._event(account, subscription, o=row)

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any]:
        """Each change, with the execution that made it."""
        order, fill = event.order, event.fill
        told = order_row(order, self._rest.name(order.symbol), read=True)
        row = {short: told[long] for short, long in ORDER.items()} | {
            "l": sim.plain(sim.ZERO if fill is None else fill.quantity),
            "L": sim.plain(sim.ZERO if fill is None else fill.price),
            "T": order.updated_ms if fill is None else fill.created_ms,
            "t": 0 if fill is None else fill.id,
            "b": "0",
            "a": "0",
            "m": fill is not None and fill.role is sim.Role.MAKER,
            "si": 0,
            "ss": 0,
            "rp": sim.plain(sim.ZERO if fill is None else fill.realized_pnl),
            "x": EXECUTIONS.get(event.change, state(order)),
        }
        if fill is not None:
            row |= {"N": self._engine.world.contract(order.symbol).settle, "n": sim.plain(fill.fee)}
        return row

    def algo(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any]:
        became = None if trigger.order_id is None else account.orders.get(trigger.order_id)
        row = algo_row(trigger, self._rest.name(trigger.symbol), became)
        return {short: row[long] for short, long in ALGO.items()}

    # -- positions and money

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """What has changed: a balance, or a position, which is told with amount 0 when it is gone."""
        match event:
            case sim.BalanceEvent(coin):
                wallet = self._engine.margins.wallet(account, coin)
                cross = sim.plain(wallet.balance - wallet.isolated_margin)
                row = {"a": coin, "wb": sim.plain(wallet.balance), "cw": cross, "bc": "0"}
                yield from self._event(account, subscription, a={"m": "ORDER", "B": [row], "P": []})
            case sim.PositionEvent(symbol=symbol):
                rows = self._positions(account, symbol)
                yield from self._event(account, subscription, a={"m": "ORDER", "B": [], "P": rows})
            case _:
                return

    def _positions(self, account: sim.Account, symbol: str) -> list[dict[str, Any]]:
        """Of a hedge the empty net row comes along."""
        held = {position.side: position for position in account.positions_of(symbol=symbol)}
        hedge = account.mode(symbol) is sim.PositionMode.HEDGE
        rows: list[dict[str, Any]] = []
        for word in ("BOTH", "LONG", "SHORT") if hedge else ("BOTH",):
            found = next(iter(held.values()), None) if not hedge else None
            if word != "BOTH":
                found = held.get(sim.PositionSide(word.lower()))
            view = None if found is None else self._engine.margins.view(account, found)
            row = position_row(self._engine.world.contract(symbol), self._rest.name(symbol), word, view)
            mode = account.settings(symbol).margin_mode if found is None else found.margin_mode
            rows.append({short: row[long] for short, long in POSITION.items()} | {"cr": "0", "mt": mode.value})
        return rows

    def configured(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        if isinstance(event, sim.SettingEvent) and event.symbol is not None:
            leverage = int(account.settings(event.symbol).leverage(sim.PositionSide.LONG))
            ac = {"s": self._rest.name(event.symbol), "l": leverage}
            yield from self._event(account, subscription, ac=ac)

    # -- prices

    def _price(self, name: object) -> sim.Subscription | None:
        """The stream of this name; contracts are named in small letters."""
        symbol, _, channel = str(name).partition("@")
        for contract in self._engine.world.linear:
            if venue_symbol(contract).lower() == symbol and channel in self.prices:
                return sim.Subscription(self.prices[channel], contract)
        return None

    def day(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The last 24 hours; best prices are another stream's."""
        yield self._priced(subscription, self._rest.day_row(subscription.arg), DAY)

    def mark(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Mark and index prices, and the estimate of the next funding."""
        yield self._priced(subscription, self._rest.premium_row(subscription.arg), MARK)

    def _priced(self, subscription: sim.Subscription, row: dict[str, Any], names: Mapping[str, str]) -> sim.Frame:
        told = {short: row[long] for short, long in names.items()}
        return sim.encode({"e": subscription.channel.name, "E": self._engine.clock(), **told})
