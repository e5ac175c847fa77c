"""OKX's WebSocket from the server's side.

`orders` and `orders-algo` say nothing at their start; `positions` and `account` begin with what is not zero, and say it
again every five seconds. Orders that wait for a price are told at a path of their own. One acknowledgement per
argument; refusals do not name what they refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.okx.simulated.account import AccountCalls
from futures_async.adapters.okx.simulated.algos import AlgoCalls
from futures_async.adapters.okx.simulated.base import WINDOW_MS, inst_id
from futures_async.adapters.okx.simulated.market import MarketCalls
from futures_async.adapters.okx.simulated.orders import last_fill, order_row

EVERY_S = 5.0
PRIVATE, BUSINESS, PUBLIC = "/ws/v5/private", "/ws/v5/business", "/ws/v5/public"


class _Operation(msgspec.Struct):
    op: str
    args: list[dict[str, Any]]
    id: str = ""


_OPERATION = msgspec.json.Decoder(_Operation, strict=False)


class Calls(AccountCalls, MarketCalls, AlgoCalls):
    """What the socket needs of the REST side: its rows."""


class Streams(sim.StreamDialect):
    """Private channels of swaps, and public ones."""

    id = "okx"
    # Of the private ones the last is announced.
    paths: ClassVar[Mapping[str, bool]] = {BUSINESS: True, PRIVATE: True, PUBLIC: False}
    rules = sim.Rules(
        idle_s=30.0,
        lifetime_s=None,
        requests=sim.RateLimit(480, 3600.0),
        most_bytes=65_536,
        attempts=sim.RateLimit(3, 1.0, "ip"),
    )

    def __init__(self, rest: Calls) -> None:
        self.engine = rest.engine
        self._rest = rest
        held = sim.AccountChannel(
            name="positions", changes=self.moved, look=self.positions, at_start=True, every_s=EVERY_S
        )
        money = sim.AccountChannel(
            name="account", changes=self.paid, look=self.accounts, at_start=True, every_s=EVERY_S
        )
        orders = sim.AccountChannel(name="orders", orders=self.order)
        self._channels: Mapping[str, Mapping[str, sim.AccountChannel | sim.MarketChannel]] = {
            PRIVATE: {"orders": orders, "positions": held, "account": money},
            BUSINESS: {"orders-algo": sim.AccountChannel(name="orders-algo", triggers=self.waiting)},
            PUBLIC: {
                name: sim.MarketChannel(name=name, look=self.tick, every_s=0.25)
                for name in ("tickers", "mark-price", "index-tickers", "funding-rate")
            },
        }

    # -- reading

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """Text `ping`, or an operation."""
        if message == "ping":
            return [sim.Beat("pong")]
        try:
            asked = _OPERATION.decode(message)
        except sim.UNREADABLE:
            return [sim.Answer(self._error(line, "60012", "Illegal request"))]
        match asked.op:
            case "login":
                return [self._log_in(asked.args[0] if asked.args else {}, line)]
            case "subscribe" | "unsubscribe":
                return [self._want(asked.op, row, line) for row in asked.args]
            case _:
                return [sim.Answer(self._error(line, "60012", f"Illegal request: {asked.op}"))]

    def _log_in(self, row: Mapping[str, Any], line: sim.Line) -> sim.LogIn:
        found = self.engine.find_key(self._rest.family, str(row.get("apiKey")))
        stamp = str(row.get("timestamp"))
        if found is None or not line.private:
            return sim.LogIn(None, self._error(line, "60005", "Invalid apiKey"))
        account, key = found
        if not (stamp.isascii() and stamp.isdigit()) or abs(int(stamp) * 1000 - line.now_ms) > WINDOW_MS:
            return sim.LogIn(None, self._error(line, "60006", "Timestamp request expired"))
        if row.get("passphrase") != key.passphrase:
            return sim.LogIn(None, self._error(line, "60024", "Wrong passphrase"))
        if not key.has_signed(f"{stamp}GET/users/self/verify".encode(), str(row.get("sign")), base64=True):
            return sim.LogIn(None, self._error(line, "60007", "Invalid sign"))
        return sim.LogIn(account, sim.encode({"event": "login", "code": "0", "msg": "", "connId": _id(line)}))

    def _want(self, op: str, row: Mapping[str, Any], line: sim.Line) -> sim.Deed:
        name, named = str(row.get("channel")), row.get("instId")
        if any(name in channels and self.paths[path] for path, channels in self._channels.items()) and not line.account:
            return sim.Answer(self._error(line, "60011", "Please log in"))
        channel = self._channels[line.path].get(name)
        ending = "-SWAP" if name == "index-tickers" else ""
        ids = {inst_id(contract).removesuffix(ending) for contract in self._rest.contracts_listed()}
        if channel is None or (named not in ids if named is not None else not line.private):
            return sim.Answer(self._error(line, "60018", f"Wrong URL or channel:{name} doesn't exist"))
        if line.private and name != "account" and str(row.get("instType")) not in ("SWAP", "ANY"):
            return sim.Answer(self._error(line, "60013", "Invalid args"))
        key = (name, named)
        ack = sim.encode({"event": op, "arg": dict(row), "connId": _id(line)})
        if op == "unsubscribe":
            return sim.Unsubscribe(key, ack)
        arg = dict(row) | ({"uid": line.account.uid} if line.account is not None else {})
        return sim.Subscribe(key, sim.Subscription(channel, arg), ack)

    def _error(self, line: sim.Line, code: str, message: str) -> sim.Frame:
        return sim.encode({"event": "error", "code": code, "msg": message, "connId": _id(line)})

    def too_many(self, line: sim.Line) -> sim.Frame | None:
        """Then the connection is closed."""
        return self._error(line, "60014", "Requests too frequent")

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """As if the key were gone."""
        return self._error(line, "60032", "The API key doesn't exist.")

    def refused(self, subscription: sim.Subscription, line: sim.Line) -> sim.Frame | None:
        """As if the channel were gone."""
        return self._error(line, "60018", "Wrong URL or channel doesn't exist")

    def announced(self, line: sim.Line) -> sim.Frame | None:
        """Before an upgrade."""
        message = "The connection will soon be closed for a service upgrade. Please reconnect."
        return sim.encode({"event": "notice", "code": "64008", "msg": message, "connId": _id(line)})

    # -- orders

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any] | None:
        """Every change; a fill stands in the row of its order. A post-only order is live once it is in the book:
        one that would take is told as cancelled alone."""
        order, book = event.order, self.engine.world.book(event.order.symbol)
        new = event.change is sim.OrderChange.ACCEPTED
        if new and order.time_in_force is sim.TimeInForce.POST_ONLY and book.fills(order.side, order.price):
            return None
        contract = self._rest.contract_of(order.symbol)
        row = order_row(order, contract) | last_fill(event.fill, contract)
        return row | {"avgPx": row["avgPx"] or "0", "amendResult": "", "code": "0", "msg": ""}

    def waiting(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, str]:
        """Every change of an order that waits for a price; what it becomes is told by `order`."""
        return self._rest.algo_row(trigger)

    def concerns(self, subscription: sim.Subscription, symbol: str) -> bool:
        return subscription.arg.get("instId") in (None, self._rest.name(symbol))

    def told(self, account: sim.Account, subscription: sim.Subscription, row: Any) -> Iterable[sim.Frame]:
        return [self._push(subscription, [row])]

    # -- positions

    def positions(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """All that are open; nothing at all when flat."""
        rows = [self._position(account, key) for key in account.positions]
        if rows:
            yield self._push(subscription, rows, eventType="snapshot")

    def _position(self, account: sim.Account, key: Any) -> dict[str, Any]:
        row = self._rest.position_row(account, self.engine.margins.view(account, account.positions[key]))
        return row | {"pTime": str(self.engine.clock())}

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The row that changed; a closed position once, with size 0."""
        match event:
            case sim.PositionEvent(symbol=symbol, side=side, closed=record) if record is not None:
                if self.engine.world.options.joined_pushes and self._turned(account, symbol, side):
                    return
                rows = [self._rest.closed_row(record) | {"pTime": str(self.engine.clock())}]
            case sim.PositionEvent(symbol=symbol, side=side):
                rows = [self._position(account, key) for key in account.positions if key == (symbol, side)]
            case sim.OrderEvent(order=order, fill=None) if order.closes:
                key = (order.symbol, sim.closed_side(order))
                rows = [self._position(account, key)] if key in account.positions else []
            case sim.SettingEvent(symbol=symbol):
                rows = [self._position(account, key) for key in account.positions if key[0] == symbol]
            case _:
                rows = []
        if rows:
            yield self._push(subscription, rows, eventType="event_update")

    def _turned(self, account: sim.Account, symbol: str, side: sim.PositionSide) -> bool:
        """Whether one row stands for both sides, and the other is held now."""
        other = sim.PositionSide.SHORT if side is sim.PositionSide.LONG else sim.PositionSide.LONG
        return account.mode(symbol) is not sim.PositionMode.HEDGE and (symbol, other) in account.positions

    # -- money

    def accounts(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Every coin that is not zero."""
        yield self._account(account, subscription, set(account.balances), "snapshot")

    def _account(self, account: sim.Account, subscription: sim.Subscription, coins: set[str], kind: str) -> sim.Frame:
        wallets = [self.engine.margins.wallet(account, coin) for coin in coins]
        row = self._rest.balance_row([wallet for wallet in wallets if wallet.balance])
        return self._push(subscription, [row], eventType=kind, curPage=1, lastPage=True)

    def paid(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The coin that changed."""
        if (coin := sim.coin_of(event)) is not None:
            yield self._account(account, subscription, {coin}, "event_update")

    # -- market

    def tick(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Of one contract, or one index."""
        name, wanted = subscription.arg["channel"], subscription.arg["instId"]
        contract = self._rest.contract({"instId": wanted if wanted.endswith("-SWAP") else f"{wanted}-SWAP"})
        rows = {
            "tickers": self._rest.ticker_row,
            "mark-price": self._rest.mark_row,
            "index-tickers": self._rest.index_row,
            "funding-rate": self._rest.funding_row,
        }
        yield self._push(subscription, [rows[name](contract)])

    def _push(self, subscription: sim.Subscription, rows: list[dict[str, Any]], **more: Any) -> sim.Frame:
        return sim.encode({"arg": subscription.arg, **more, "data": rows})


def _id(line: sim.Line) -> str:
    """`connId`."""
    return f"{line.number:08x}"
