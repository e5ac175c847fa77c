"""Bitget's v2 WebSocket from the server's side. Reference: venues/streams.md section 2.

A push of `positions` is the whole list of its product type, and comes when orders are placed and cancelled too; it does
not come when the mark moves, nor when leverage is set. `orders` and `fill` say nothing on subscribing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import stream_rows
from futures_async.adapters.bitget.simulated.base import PRODUCTS
from futures_async.adapters.bitget.simulated.rows import plan_row
from futures_async.adapters.bitget.simulated.stream_gate import (
    BAD_PARAMETER,
    NOT_THERE,
    BitgetStreams,
    Code,
    Rejected,
    Wanted,
)
from futures_async.simulator.venue import encode

if TYPE_CHECKING:
    from futures_async.adapters.bitget.simulated import SimulatedBitget

LISTED = PRODUCTS[:3]
"""The old demo products are gone from the socket."""
TICKER_S = 0.25
ANY = "default"
BY_SYMBOL = ("orders", "fill", "orders-algo")
"""Channels that take a symbol in place of `default`."""


class Streams(BitgetStreams):
    """Private and public channels of classic accounts."""

    id = "bitget"
    paths: ClassVar[Mapping[str, bool]] = {"/v2/ws/private": True, "/v2/ws/public": False}

    def __init__(self, rest: SimulatedBitget) -> None:
        super().__init__(rest)
        self._rest = rest
        account = (
            sim.AccountChannel(name="orders", orders=self.order),
            sim.AccountChannel(name="fill", fills=self.fill),
            sim.AccountChannel(name="positions", changes=self.moved, look=self.positions, at_start=True),
            sim.AccountChannel(name="positions-history", changes=self.closed),
            sim.AccountChannel(name="account", changes=self.paid, look=self.accounts, at_start=True),
            sim.AccountChannel(name="equity", changes=self.valued, look=self.equity, at_start=True),
            sim.AccountChannel(name="orders-algo", triggers=self.algo),
            sim.AccountChannel(name="adl-noti"),  # nobody is deleveraged here
        )
        self.channels: Mapping[str, sim.AccountChannel] = {channel.name: channel for channel in account}
        self.ticker = sim.MarketChannel(name="ticker", look=self.tick, every_s=TICKER_S)

    # -- subscribing

    def find(self, row: Mapping[str, Any], line: sim.Line) -> Wanted:
        """A product type in capitals, a channel, and its selector: `coin` for `account`, `instId` for the others."""
        name, product = str(row.get("channel")), str(row.get("instType"))
        if not line.private:
            return self._find_ticker(name, product, row)
        channel = self.channels.get(name)
        if channel is None or product not in LISTED:
            raise Rejected(NOT_THERE)
        arg = {"instType": product, "channel": name}
        if name == "equity":
            return Wanted(tuple(arg.values()), sim.Subscription(channel, arg), arg)
        selector = "coin" if name == "account" else "instId"
        chosen = row.get(selector)
        if not isinstance(chosen, str):
            raise Rejected(BAD_PARAMETER)
        if chosen != ANY and not (name in BY_SYMBOL and self._is_listed(chosen)):
            raise Rejected(NOT_THERE)
        arg[selector] = chosen
        return Wanted(tuple(arg.values()), sim.Subscription(channel, arg), arg)

    def _find_ticker(self, name: str, product: str, row: Mapping[str, Any]) -> Wanted:
        if name != self.ticker.name:
            raise Rejected(BAD_PARAMETER)
        symbol = row.get("instId")
        if product not in LISTED or not isinstance(symbol, str) or not self._is_listed(symbol):
            raise Rejected(NOT_THERE)
        # Another product than the symbol's is acknowledged, and stays silent.
        arg = {"instType": product, "channel": name, "instId": symbol}
        return Wanted(tuple(arg.values()), sim.Subscription(self.ticker, arg), arg)

    def _is_listed(self, symbol: str) -> bool:
        return any(self._rest.venue_symbol(contract) == symbol for contract in self.engine.world.contracts.values())

    def acknowledged(self, op: str, wanted: Wanted, line: sim.Line) -> sim.Frame:
        """One for each argument, its keys in the venue's order."""
        return encode({"event": op, "arg": wanted.arg})

    def error(self, line: sim.Line, code: Code, *, arg: Mapping[str, Any] | None = None, op: str = "") -> sim.Frame:
        """Refusals repeat the argument."""
        if arg is None:
            return encode({"event": "error", "code": code.code, "msg": code.message})
        named = ",".join(f"{name}:{value}" for name, value in arg.items())
        return encode(
            {"event": "error", "arg": dict(arg), "code": code.code, "msg": f"{named} {code.message}", "op": op}
        )

    def concerns(self, subscription: sim.Subscription, symbol: str) -> bool:
        arg = subscription.arg
        return self._rest.product_of(symbol) == arg["instType"] and arg.get("instId") in (
            None,
            ANY,
            self._rest.name(symbol),
        )

    # -- orders and fills

    def order(self, account: sim.Account, event: sim.OrderEvent) -> dict[str, Any] | None:
        """A market order that fills at once is `live` and `filled`, or `filled` alone."""
        order = event.order
        if event.change is sim.OrderChange.ACCEPTED and order.price is None and order.id % 2:
            return None
        contract, mark = self._rest.contract_of(order.symbol), self.engine.world.mark(order.symbol)
        return stream_rows.order_row(order, event.fill, contract, self._rest.name, mark)

    def fill(self, account: sim.Account, fill: sim.Fill) -> dict[str, Any]:
        return stream_rows.fill_row(fill, self._rest.contract_of(fill.symbol), self._rest.name)

    def algo(self, account: sim.Account, trigger: sim.Trigger) -> dict[str, Any]:
        return stream_rows.algo_row(trigger, plan_row(trigger, self._rest.name, account.orders, history=False))

    # -- positions

    def positions(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """All of a product type; an empty list when flat."""
        rows: list[dict[str, Any]] = []
        for position in account.positions_of():
            if self.concerns(subscription, position.symbol):
                view = self.engine.margins.view(account, position)
                slot = account.slots[position.symbol, position.side]
                rows.append(stream_rows.position_row(self._rest.position_row(account, view), view, slot))
        yield self.push(subscription, rows)

    def moved(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """When orders are placed, changed and cancelled too: they hold parts of a position."""
        match event:
            case sim.PositionEvent(symbol=symbol):
                pass
            case sim.OrderEvent(order=order, fill=None):
                symbol = order.symbol
            case _:
                return ()
        return self.positions(account, subscription) if self.concerns(subscription, symbol) else ()

    def closed(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        if not isinstance(event, sim.PositionEvent) or event.closed is None:
            return
        if self.concerns(subscription, event.symbol):
            slot = account.slots[event.symbol, event.side]
            yield self.push(subscription, [stream_rows.closed_row(event.closed, slot, self._rest.name(event.symbol))])

    # -- money

    def accounts(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """Every margin coin of a product type."""
        yield self._accounts(account, subscription, self._rest.margin_coins(subscription.arg["instType"]))

    def _accounts(self, account: sim.Account, subscription: sim.Subscription, coins: Iterable[str]) -> sim.Frame:
        margins = self.engine.margins
        rows = [stream_rows.account_row(margins.wallet(account, coin), self._rest.dollars(coin)) for coin in coins]
        return self.push(subscription, rows)

    def paid(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The coin that changed, or of which an order has taken or given back margin."""
        coin = _coin(event)
        if coin is not None and coin in self._rest.margin_coins(subscription.arg["instType"]):
            yield self._accounts(account, subscription, [coin])

    def equity(self, account: sim.Account, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """The whole account in dollars."""
        wallets = [self.engine.margins.wallet(account, coin) for coin in account.balances]
        worth = {wallet.coin: self._rest.dollars(wallet.coin) for wallet in wallets}
        yield self.push(subscription, [stream_rows.equity_row(wallets, worth, self._rest.dollars("BTC"))])

    def valued(self, account: sim.Account, event: sim.Event, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        """With every balance."""
        return self.equity(account, subscription) if isinstance(event, sim.BalanceEvent) else ()

    # -- market

    def tick(self, subscription: sim.Subscription) -> Iterable[sim.Frame]:
        for contract in self._rest.contracts(subscription.arg["instType"]):
            if self._rest.venue_symbol(contract) == subscription.arg["instId"]:
                row = stream_rows.ticker_row(self.engine, contract, self._rest.ticker(contract))
                yield self.push(subscription, [row])


def _coin(event: sim.Event) -> str | None:
    match event:
        case sim.BalanceEvent(coin):
            return coin
        case sim.OrderEvent(order=order, fill=None) if not order.closes:
            return order.symbol.rpartition(":")[2]
        case _:
            return None
