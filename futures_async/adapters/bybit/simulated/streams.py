"""Bybit's WebSocket from the server's side. Reference: venues/bybit.md section 10.

No topic begins with a snapshot. One acknowledgement is for a whole list of topics, and an unknown one fails all of it.
Positions come on every order and every fill of their contract, also when nothing changed; a closed one without a side.
Of the public topics there are the tickers of a path's category: a whole row first, then what has changed of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

import futures_async.simulator.venue as sim
from futures_async.adapters.bybit.simulated import rows
from futures_async.adapters.bybit.simulated.account import DISCONNECT, wallet_row
from futures_async.adapters.bybit.simulated.base import FAMILY, V5, category_of, venue_symbol
from futures_async.adapters.bybit.simulated.market import ticker_row

CATEGORIES = ("linear", "inverse")
GUARD = "dcp.future"
"""Once the last connection with this topic is gone for as long as the account has set, its orders are cancelled."""


class _Operation(msgspec.Struct):
    op: str
    args: list[Any] = []
    req_id: str | int | None = None


_OPERATION = msgspec.json.Decoder(_Operation)


class Streams(sim.StreamDialect):
    """Private topics, of all categories (`order`) or of one (`order.linear`)."""

    id = "bybit"
    paths: ClassVar[Mapping[str, bool]] = {
        "/v5/private": True,
        "/v5/public/inverse": False,
        "/v5/public/linear": False,
    }
    rules = sim.Rules(
        idle_s=600.0,
        lifetime_s=None,
        attempts=sim.RateLimit(500, 300.0, "ip"),
        most_characters=21_000,
        most_bytes=21_000,
    )

    def __init__(self, rest: V5) -> None:
        self.engine = rest.engine
        self._rest = rest
        channels = (
            sim.AccountChannel(name="order", orders=self.order, triggers=self.waiting),
            sim.AccountChannel(name="execution", fills=self.execution),
            sim.AccountChannel(name="position", changes=self.positions),
            sim.AccountChannel(name="wallet", changes=self.wallet),
            sim.AccountChannel(name=GUARD),
        )
        self.channels = {channel.name: channel for channel in channels}
        self._guards: dict[int, sim.Account] = {}
        self.ticker = sim.MarketChannel(name="tickers", look=self.tick, every_s=0.25)

    # -- reading

    def read(self, message: sim.Frame, line: sim.Line) -> Iterable[sim.Deed]:
        """Operations in JSON."""
        try:
            asked = _OPERATION.decode(message)
        except sim.UNREADABLE:
            return [sim.Answer(self._answer("", False, "Invalid request", None, line))]
        match asked.op:
            case "ping":
                return [sim.Beat(self._pong(asked, line))]
            case "auth":
                return [self._log_in(asked, line)]
            case ("subscribe" | "unsubscribe") as op:
                return self._want(op, asked, line)
            case op:
                return [sim.Answer(self._answer(op, False, "Invalid op", asked.req_id, line))]

    def _pong(self, asked: _Operation, line: sim.Line) -> sim.Frame:
        request = "" if asked.req_id is None else asked.req_id
        if not line.private:
            return sim.encode(
                {"success": True, "ret_msg": "pong", "conn_id": _id(line), "req_id": request, "op": "ping"}
            )
        return sim.encode({"req_id": request, "op": "pong", "args": [str(line.now_ms)], "conn_id": _id(line)})

    def _answer(self, op: str, success: bool, text: str, request: str | int | None, line: sim.Line) -> sim.Frame:
        said = {"success": success, "ret_msg": text, "conn_id": _id(line), "op": op}
        return sim.encode(said if request is None else said | {"req_id": request})

    def _log_in(self, asked: _Operation, line: sim.Line) -> sim.LogIn:
        account = self._judge(asked.args, line)
        text = "" if account is not None else "Params Error"
        return sim.LogIn(account, self._answer("auth", account is not None, text, asked.req_id, line))

    def _judge(self, args: list[Any], line: sim.Line) -> sim.Account | None:
        if len(args) != 3 or not line.private:
            return None
        name, expires, sign = map(str, args)
        found = self.engine.find_key(FAMILY, name)
        if found is None or not expires.isdigit() or int(expires) <= line.now_ms:
            return None
        account, key = found
        return account if key.has_signed(f"GET/realtime{expires}".encode(), sign) else None

    def _want(self, op: str, asked: _Operation, line: sim.Line) -> list[sim.Deed]:
        found = {topic: self._find(topic, line) for topic in map(str, asked.args)}
        if not found or None in found.values() or (line.private and line.account is None):
            wrong = next((topic for topic, channel in found.items() if channel is None), "")
            text = f"error:handler not found,topic:{wrong}" if wrong else "Request not authorized"
            return [sim.Answer(self._answer(op, False, text, asked.req_id, line))]
        if GUARD in found and line.account is not None and op == "subscribe":
            self._guards[line.number] = line.account
            line.account.cancel_all_ms.pop(None, None)
        ack: sim.Frame | None = self._answer(op, True, "", asked.req_id, line)
        if op == "unsubscribe":
            return [sim.Unsubscribe(topic, ack or "") for topic in found]
        deeds: list[sim.Deed] = []
        for topic, channel in found.items():
            if channel is not None:
                deeds.append(sim.Subscribe(topic, sim.Subscription(channel, (topic, asked.req_id, {})), ack))
                ack = None  # one for all
        return deeds

    def _find(self, topic: str, line: sim.Line) -> sim.AccountChannel | sim.MarketChannel | None:
        name, _, category = topic.partition(".")
        if not line.private:
            return self.ticker if name == "tickers" and self._contract(category) is not None else None
        if topic == GUARD:
            return self.channels[GUARD]
        known = category in ("", *CATEGORIES) and not (name == "wallet" and category)
        return self.channels.get(name) if known else None

    def ended(self, line: sim.Line) -> None:
        """The time begins with the first moment without one."""
        account = self._guards.pop(line.number, None)
        if account is None or any(account is other for other in self._guards.values()):
            return
        if (seconds := account.extra.get(DISCONNECT)) is not None:
            account.cancel_all_ms[None] = line.now_ms + int(seconds) * 1000

    # -- writing

    def login_refused(self, line: sim.Line) -> sim.Frame:
        """As if the key were gone."""
        return self._answer("auth", False, "Params Error", "auth", line)

    def refused(self, subscription: sim.Subscription, line: sim.Line) -> sim.Frame | None:
        """As if the topic were gone."""
        topic, request, _ = subscription.arg
        return self._answer("subscribe", False, f"error:handler not found,topic:{topic}", request, line)

    def told(self, account: sim.Account, subscription: sim.Subscription, row: Any) -> Iterable[sim.Frame]:
        topic, wanted = subscription.arg[0], subscription.arg[0].partition(".")[2]
        others = rows.of_other_products(row) if self.engine.world.options.other_products else []
        for told in (row, *others):
            if wanted in ("", told.get("category")):
                name = f"{account.uid}_{told.get('symbol', 'wallet')}_{self.engine.now_ms}"
                yield sim.encode({"id": name, "topic": topic, "creationTime": self.engine.clock(), "data": [told]})

    # -- prices

    def _contract(self, name: str) -> sim.ContractSpec | None:
        return next((one for one in self._rest.contracts_listed() if venue_symbol(one) == name), None)

    def tick(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """What has changed since the last time, if anything; at first everything."""
        topic, _, sent = subscription.arg
        contract = self._contract(topic.partition(".")[2])
        if contract is None:
            return
        row = ticker_row(self.engine, contract)
        said = {name: value for name, value in row.items() if sent.get(name) != value}
        if said:
            frame = {"topic": topic, "type": "delta" if sent else "snapshot", "data": {"symbol": row["symbol"], **said}}
            sent.update(row)
            yield sim.encode({**frame, "cs": self.engine.clock(), "ts": self.engine.clock()})

    # -- orders and executions

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any]:
        """What a waiting one becomes has its id."""
        contract = self._rest.contract_of(event.order.symbol)
        row = rows.order_row(account, event.order, contract) | {"closedPnl": sim.plain(event.order.realized_pnl)}
        coin = contract.settle if row["cumFeeDetail"] else ""
        return {"category": category_of(contract), **row, "feeCurrency": coin}

    def waiting(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any] | None:
        """Until it is set off."""
        if trigger.status is sim.TriggerStatus.EXECUTED:
            return None
        contract = self._rest.contract_of(trigger.symbol)
        more = {"closedPnl": "0", "feeCurrency": ""}
        return {"category": category_of(contract), **rows.trigger_row(trigger, contract), **more}

    def execution(self, account: sim.Account, fill: sim.Fill) -> dict[str, Any]:
        """With profit, and a coin for the fee."""
        contract = self._rest.contract_of(fill.symbol)
        more = {"execPnl": sim.plain(fill.realized_pnl), "extraFees": list[Any](), "feeCurrency": contract.settle}
        return {"category": category_of(contract), **rows.fill_row(account, fill, contract), **more}

    # -- positions and money

    def positions(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Every side of the contract that the event is about."""
        match event:
            case sim.OrderEvent(order=order):
                symbol = order.symbol
            case sim.PositionEvent(symbol=symbol) | sim.SettingEvent(symbol=str(symbol)):
                pass
            case _:
                return
        for side in rows.sides_of(account, symbol):
            yield from self.told(account, subscription, self._position(account, symbol, side))

    def _position(self, account: sim.Account, symbol: str, side: sim.PositionSide | None) -> dict[str, Any]:
        contract = self.engine.world.contract(symbol)
        row = rows.row_of(self.engine, account, contract, side, self.engine.now_ms)
        # Another name than over REST, and no time of opening.
        entry = row.pop("avgPrice")
        row.pop("openTime")
        return {"category": category_of(contract), **row, "entryPrice": entry, "symbol": venue_symbol(contract)}

    def wallet(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Totals, and the coin that changed; never for the market's sake."""
        if (coin := sim.coin_of(event)) is not None:
            wallets = [self.engine.margins.wallet(account, coin)]
            yield from self.told(account, subscription, wallet_row(self.engine, account, wallets, self._rest.dollars))


def _id(line: sim.Line) -> str:
    return f"conn{line.number:08x}"
