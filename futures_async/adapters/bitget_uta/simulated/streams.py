"""Bitget's v3 WebSocket from the server's side. Reference: venues/streams.md section 3.

`position` and `account` begin with all there is and go on with the rows that change: a row that is missing says
nothing, a closed position is a row that has `ended`. `order` and `fill` are called snapshots every time. Private topics
want `UTA` in capitals, public ones their category in small letters. Refusals do not repeat the argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated.stream_gate import (
    NOT_THERE,
    BitgetStreams,
    Code,
    Rejected,
    Wanted,
    connection_id,
)
from futures_async.adapters.bitget_uta.simulated import stream_rows
from futures_async.adapters.bitget_uta.simulated.base import V3, venue_symbol
from futures_async.simulator.venue import closed_side, coin_of, encode

if TYPE_CHECKING:
    from futures_async.adapters.bitget_uta.simulated import SimulatedBitgetUTA

PRIVATE = "UTA"
TICKER_S = 0.25
NAMES_ITS_SYMBOL = "strategy-order"


class Streams(BitgetStreams):
    """Private and public topics of unified accounts."""

    id = "bitget-uta"
    paths: ClassVar[Mapping[str, bool]] = {"/v3/ws/private": True, "/v3/ws/public": False}
    accepts_ms = True
    most_args = 24
    # Who is refused stays connected, and hears nothing more.
    rules = replace(BitgetStreams.rules, refusal_ends=False)

    def __init__(self, rest: SimulatedBitgetUTA) -> None:
        super().__init__(rest)
        self._rest = rest
        account = (
            sim.AccountChannel(name="order", orders=self.order),
            sim.AccountChannel(name="fill", fills=self.fill),
            sim.AccountChannel(name="fast-fill", changes=self.fast_fills),
            sim.AccountChannel(name="position", changes=self.moved, look=self.positions, at_start=True),
            sim.AccountChannel(name="account", changes=self.paid, look=self.accounts, at_start=True),
            sim.AccountChannel(name=NAMES_ITS_SYMBOL, triggers=self.strategy),
            sim.AccountChannel(name="adl-notification"),  # nobody is deleveraged here
        )
        self.channels: Mapping[str, sim.AccountChannel] = {channel.name: channel for channel in account}
        self.ticker = sim.MarketChannel(name="ticker", look=self.tick, every_s=TICKER_S)

    # -- subscribing

    def find(self, row: Mapping[str, Any], line: sim.Line) -> Wanted:
        """A private topic needs no symbol: what is said is acknowledged, and means nothing."""
        product, topic, symbol = row.get("instType"), row.get("topic"), row.get("symbol")
        arg = {"instType": product, "topic": topic} | ({} if symbol is None else {"symbol": symbol})
        if not line.private:
            listed = any(product_word(self._rest, contract) == product for contract in self._contracts())
            named = any(venue_symbol(contract) == symbol for contract in self._contracts())
            if topic != self.ticker.name or not (listed and named):
                raise Rejected(NOT_THERE)
            # Another category than the symbol's is acknowledged, and stays silent.
            return Wanted((product, topic, symbol), sim.Subscription(self.ticker, arg), arg)
        channel = self.channels.get(str(topic))
        if channel is None or product != PRIVATE:
            raise Rejected(NOT_THERE)
        pushed = {"instType": PRIVATE, "topic": topic}
        if topic == NAMES_ITS_SYMBOL:
            pushed["symbol"] = "default"
        return Wanted(topic, sim.Subscription(channel, pushed), arg)

    def _contracts(self) -> Iterable[sim.ContractSpec]:
        return self.engine.world.contracts.values()

    def acknowledged(self, op: str, wanted: Wanted, line: sim.Line) -> sim.Frame:
        """With the connection's id."""
        return encode({"event": op, "arg": wanted.arg, "connId": connection_id(line)})

    def error(self, line: sim.Line, code: Code, *, arg: Mapping[str, Any] | None = None, op: str = "") -> sim.Frame:
        """The argument is in the text alone."""
        message = code.message if arg is None else f"{encode(dict(arg))} {code.message}"
        return encode({"event": "error", "code": code.code, "msg": message, "connId": connection_id(line)})

    # -- orders and fills

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any] | None:
        """A market order that fills at once is `new` and `filled`, or `filled` alone."""
        order = event.order
        if event.change is sim.OrderChange.ACCEPTED and order.price is None and order.id % 2:
            return None
        return stream_rows.order_row(order, self._rest.contract_of(order.symbol))

    def fill(self, account: sim.Account, fill: sim.Fill) -> dict[str, Any]:
        """With fee and profit."""
        return stream_rows.fill_row(fill, self._rest.contract_of(fill.symbol))

    def strategy(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any]:
        return stream_rows.strategy_row(trigger, self._rest.contract_of(trigger.symbol))

    def fast_fills(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Thinner; `data` is no list."""
        if isinstance(event, sim.OrderEvent) and event.fill is not None:
            row = stream_rows.fast_fill_row(event.fill, self.engine.world.contract(event.order.symbol))
            yield self.push(subscription, row, "update")

    # -- positions

    def positions(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """All open ones; an empty list when flat."""
        keys = list(account.positions)
        yield self.push(subscription, [self._position(account, symbol, side) for symbol, side in keys])

    def _position(self, account: sim.Account, symbol: str, side: sim.PositionSide) -> dict[str, str]:
        view = self.engine.margins.view(account, account.positions[symbol, side])
        return stream_rows.position_row(self._rest.position_row(view), view)

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The row that changed: by a fill, by a closing order that holds a part of it, by what was set."""
        match event:
            case sim.PositionEvent(symbol=symbol, side=side, closed=record):
                if record is not None:
                    mark = self.engine.world.mark(symbol)
                    row = stream_rows.ended_row(record, self.engine.world.contract(symbol), mark)
                    yield self.push(subscription, [row], "update")
                    return
                keys = [(symbol, side)]
            case sim.OrderEvent(order=order, fill=None) if order.closes:
                keys = [(order.symbol, closed_side(order))]
            case sim.SettingEvent(symbol=symbol):
                keys = [key for key in account.positions if key[0] == symbol]
            case _:
                return
        rows = [self._position(account, *key) for key in keys if key in account.positions]
        if rows:
            yield self.push(subscription, rows, "update")

    # -- money

    def accounts(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Every coin that is not zero."""
        yield self.push(subscription, [self._account(account, list(account.balances))])

    def _account(self, account: sim.Account, coins: Iterable[str]) -> dict[str, Any]:
        wallets = [self.engine.margins.wallet(account, coin) for coin in account.balances]
        return stream_rows.account_row(wallets, self._rest.dollars, set(coins))

    def paid(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The totals, and the coin that changed."""
        if (coin := coin_of(event, closing=False)) is not None:
            yield self.push(subscription, [self._account(account, [coin])], "update")

    # -- market

    def tick(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The row names neither its symbol nor its time: the envelope does."""
        for contract in self._contracts():
            arg = subscription.arg
            if venue_symbol(contract) == arg["symbol"] and product_word(self._rest, contract) == arg["instType"]:
                yield self.push(
                    subscription, [stream_rows.ticker_row(self.engine, contract, self._rest.ticker(contract))]
                )


def product_word(rest: V3, contract: sim.ContractSpec) -> str:
    """A category as the public socket wants it."""
    return rest.product_of(contract.symbol).lower()
