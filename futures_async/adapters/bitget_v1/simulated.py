"""Bitget mix v1 from the server's side, written from the seed documents; signature and transport are the family's.

The documents leave open what follows here from the simplest reading: HTTP 400 for refusals, bounds in time
inclusive, newest rows first, a row without id for each order that a batch refuses. Their position mode is a
contract's; the exchange behind this keeps one for all contracts of a margin coin, so setting it sets them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitget.simulated import gate
from futures_async.adapters.bitget.simulated.base import SIDES, TRADES
from futures_async.adapters.bitget.simulated.gate import maybe, needed_number, pick, required, whole
from futures_async.adapters.bitget_v1 import simulated_rows
from futures_async.simulator.venue import errors, get, listing, one, open_demo_account, page, post, share

BASE = "/api/mix/v1"
SETTING_CODES = {errors.InsufficientMargin: ("70004", "Insufficient margin")}
TEN, FIVE = sim.RateLimit(10), sim.RateLimit(5)
KEY = sim.ApiKey(key="sim-bitget-v1-key", secret="sim-bitget-v1-secret", passphrase="simbitgetpass")  # noqa: S106 - no secret
TYPES = {
    "limit": sim.TimeInForce.GTC,
    "post_only": sim.TimeInForce.POST_ONLY,
    "fok": sim.TimeInForce.FOK,
    "ioc": sim.TimeInForce.IOC,
    "market": None,
}
MODES = {"hedged": sim.PositionMode.HEDGE, "one_way": sim.PositionMode.ONE_WAY}
BILLS = {
    "deposit": ("deposit",),
    "withdraw": ("withdraw",),
    "fee": ("fee",),
    "pnl": ("realized_pnl",),
}

OWN_CODES: sim.Table = {
    errors.InvalidQuantity: ("60002", "Invalid size"),
    errors.BelowMinimum: ("60002", "Invalid size"),
    errors.AboveMaximum: ("60002", "Invalid size"),
    errors.InsufficientPosition: ("60002", "Invalid size"),
    errors.InvalidPrice: ("60003", "Invalid price"),
    errors.InsufficientMargin: ("60004", "Insufficient margin"),
    errors.RiskLimitExceeded: ("60005", "Position limit exceeded"),
    errors.UnknownOrder: ("60006", "Order not found"),
    errors.OrderFinished: ("60006", "Order not found"),
    errors.MarginModeLocked: ("70001", "Invalid margin mode"),
    errors.PositionModeLocked: ("70002", "Invalid position mode"),
    errors.ModeConflict: ("70002", "Invalid position mode"),
    errors.LeverageLocked: ("70003", "Risk limit exceeded"),
    errors.AccountInLiquidation: ("70005", "Account in liquidation"),
}


class SimulatedBitgetV1(gate.BitgetGate):
    """Mix v1, classic accounts: every call of the two documents; limits are the historical interface's."""

    tables = (OWN_CODES, gate.CODES)
    id = "bitget-v1"
    linear_only = True
    prefixes = (f"{BASE}/",)

    def demo_account(self, setup: sim.Setup) -> sim.Account:
        """An account of its own, or the one whose key is given."""
        key = setup.key or KEY
        found = self.engine.find_key(gate.FAMILY, key.key)
        if found is not None:
            return found[0]
        return open_demo_account(self.engine, setup, "70003001", key=key, family=gate.FAMILY, kind=gate.CLASSIC)

    # What requests name

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return simulated_rows.pair(contract.symbol)

    def coin(self, values: Mapping[str, Any]) -> str:
        required(values, "marginCoin")
        return str(values["marginCoin"]).upper()

    # Account

    @get(f"{BASE}/account/info", TEN)
    def account_info(self, request: sim.Request) -> dict[str, Any]:
        return simulated_rows.account_row(self.engine, request.account, self.coin(request.params))

    @get(f"{BASE}/position/allPosition", TEN)
    def all_positions(self, request: sim.Request) -> list[dict[str, Any]]:
        coin = self.coin(request.params)
        symbol = self.contract(request.params).symbol if request.params.get("symbol") else None
        found = request.account.positions_of(coin=coin, symbol=symbol)
        return [simulated_rows.position_row(self.engine, request.account, position) for position in found]

    @get(f"{BASE}/account/bills", TEN)
    def bills(self, request: sim.Request) -> list[dict[str, Any]]:
        coin, wanted = self.coin(request.params), request.params.get("type") or None
        if wanted is not None and wanted not in BILLS:
            raise sim.VenueRefusal("40020", "Parameter type error")

        def match(row: sim.LedgerRow) -> bool:
            return row.coin == coin and (wanted is None or simulated_rows.bill_type(row) in BILLS[wanted])

        return self.page_of(request, request.account.ledger, simulated_rows.bill_row, match)

    @get(f"{BASE}/account/riskLimit", TEN, of=one)
    def risk_limits(self, contract: sim.ContractSpec) -> list[dict[str, Any]]:
        return simulated_rows.tier_rows(contract)

    @post(f"{BASE}/account/setPositionRiskLimit", FIVE, sim.Kind.SETTING)
    def set_risk_limit(self, request: sim.Request) -> dict[str, Any]:
        fields = request.fields()
        contract, wanted = self.contract(fields), needed_number(fields, "riskLimit")
        for row in simulated_rows.tier_rows(contract):
            if needed_number(row, "riskLimit") == wanted:
                request.account.settings(contract.symbol).risk_limit = wanted
                return {"symbol": simulated_rows.pair(contract.symbol)} | share(row, "riskLimit maxPositionSize")
        raise sim.VenueRefusal("70003", "Risk limit exceeded")

    @post(f"{BASE}/account/setMarginMode", FIVE, sim.Kind.SETTING)
    def set_margin_mode(self, request: sim.Request) -> dict[str, Any]:
        """Of all contracts of the coin at once: refused while one of them is in use in the other mode."""
        fields, account = request.fields(), request.account
        coin, mode = self.coin(fields), _mode(fields)
        symbols = [row.symbol for row in self.engine.world.linear if row.settle == coin]
        self.engine.settings.set_margin_mode(account, symbols, mode)
        account.default_settings.margin_mode = mode
        return {"marginCoin": coin, "marginMode": mode.value}

    @post(f"{BASE}/account/setPositionMode", FIVE, sim.Kind.SETTING)
    def set_position_mode(self, request: sim.Request) -> dict[str, Any]:
        fields = request.fields()
        contract = self.contract(fields)
        mode = MODES.get(str(fields.get("positionMode")))
        if mode is None:
            raise sim.VenueRefusal("70002", "Invalid position mode")
        self.engine.settings.set_position_mode(request.account, contract.settle, mode)
        return {"symbol": simulated_rows.pair(contract.symbol), "positionMode": fields["positionMode"]}

    @post(f"{BASE}/position/leverage", FIVE, sim.Kind.SETTING, codes=SETTING_CODES)
    def set_leverage(self, request: sim.Request) -> dict[str, Any]:
        fields = request.fields()
        contract, mode = self.contract(fields), _mode(fields)
        leverage = needed_number(fields, "leverage")
        self.engine.settings.set_leverage(request.account, contract.symbol, leverage, margin_mode=mode)
        return {"symbol": simulated_rows.pair(contract.symbol), "leverage": str(leverage), "marginMode": mode.value}

    # Orders

    def _ticket(self, account: sim.Account, fields: Mapping[str, Any]) -> sim.Ticket:
        contract = self.contract(fields)
        required(fields, "side", "orderType", "size", "leverage", "marginMode")
        kind = fields["orderType"]
        if kind not in TYPES:
            raise sim.VenueRefusal("60001", "Invalid order type")
        force = TYPES[kind]
        reduce_only = fields.get("reduceOnly", False)
        if not isinstance(reduce_only, bool):
            raise sim.VenueRefusal("400172", "Parameter verification failed: reduceOnly")
        hedge = account.mode(contract.symbol) is sim.PositionMode.HEDGE
        return sim.Ticket(
            symbol=contract.symbol,
            side=pick(fields, "side", TRADES),
            type=sim.OrderType.MARKET if force is None else sim.OrderType.LIMIT,
            quantity=needed_number(fields, "size"),
            price=None if force is None else needed_number(fields, "price"),
            time_in_force=force or sim.TimeInForce.GTC,
            # No position side is documented: in hedge mode an order closes when it only reduces.
            intent=(sim.Intent.CLOSE if reduce_only else sim.Intent.OPEN) if hedge else None,
            reduce_only=reduce_only and not hedge,
            margin_mode=_mode(fields),
            leverage=needed_number(fields, "leverage"),
        )

    @post(f"{BASE}/order/placeOrder", TEN, sim.Kind.ORDER)
    def place_order(self, request: sim.Request) -> dict[str, Any]:
        return self._place(request.account, request.fields())

    @post(f"{BASE}/order/batchOrders", TEN, sim.Kind.ORDER)
    def batch_orders(self, request: sim.Request) -> list[dict[str, Any]]:
        orders: list[Mapping[str, Any]] | None = request.fields().get("orders")
        if not isinstance(orders, list) or not orders:
            raise sim.VenueRefusal("400172", "Parameter verification failed: orders")
        return [
            share(verdict.result, "orderId symbol status")
            if verdict.refusal is None
            else {"orderId": None, "symbol": verdict.item.get("symbol"), "status": "rejected"}
            for verdict in self.judge(request, orders, lambda fields: self._place(request.account, fields))
        ]

    def _place(self, account: sim.Account, fields: Mapping[str, Any]) -> dict[str, Any]:
        return simulated_rows.placed_row(self.engine.orders.place(account, self._ticket(account, fields)).order)

    @post(f"{BASE}/order/cancel", TEN, sim.Kind.CANCEL, needs="orderId")
    def cancel(self, request: sim.Request) -> dict[str, Any]:
        fields = request.fields()
        contract, order_id = self.contract(fields), whole(fields, "orderId")
        order = self.engine.orders.cancel(request.account, order_id=order_id, symbol=contract.symbol)
        return {"orderId": str(order.id), "symbol": simulated_rows.pair(order.symbol), "status": "cancelled"}

    @post(f"{BASE}/order/cancelAll", TEN, sim.Kind.DELTA)
    def cancel_all(self, request: sim.Request) -> dict[str, Any]:
        symbol = self.contract(request.fields()).symbol
        try:
            orders = self.engine.orders.cancel_all(request.account, lambda order: order.symbol == symbol)
        except errors.NothingToCancel:
            orders = []
        return {"success": True, "cancelledOrders": [str(order.id) for order in orders]}

    @post(f"{BASE}/position/close", TEN, sim.Kind.ORDER)
    def close(self, request: sim.Request) -> dict[str, Any]:
        fields, account = request.fields(), request.account
        symbol = self.contract(fields).symbol
        named = maybe(fields, "positionSide", SIDES)
        sides = [row.side for row in account.positions_of(symbol=symbol) if named in (None, row.side)]
        if len(sides) > 1:
            raise sim.VenueRefusal("400172", "Parameter verification failed: positionSide")
        if not sides:
            raise errors.NoPosition("no position to close")
        order = self.engine.orders.close_position(account, symbol, sides[0])
        return {"orderId": str(order.id), "symbol": simulated_rows.pair(symbol), "status": "new"}

    @get(f"{BASE}/order/detail", TEN, needs="orderId")
    def detail(self, request: sim.Request) -> dict[str, Any]:
        contract, order_id = self.contract(request.params), whole(request.params, "orderId")
        return simulated_rows.order_row(
            self.engine.orders.find(request.account, order_id=order_id, symbol=contract.symbol)
        )

    @get(f"{BASE}/order/current", TEN, of=listing(sim.Lists.open_orders))
    @get(f"{BASE}/order/history", TEN, of=listing(sim.Lists.past_orders))
    def orders(self, order: sim.Order) -> dict[str, Any]:
        return simulated_rows.order_row(order)

    @get(f"{BASE}/order/fills", TEN, of=listing(sim.Lists.fills))
    def fills(self, fill: sim.Fill) -> dict[str, Any]:
        return simulated_rows.fill_row(fill, self.contract_of(fill.symbol).settle)

    def page_of(
        self,
        request: sim.Request,
        rows: Sequence[sim.R],
        row: Callable[[sim.R], Any],
        also: Callable[[sim.R], bool] | None,
        days: int | None = None,
    ) -> list[Any]:
        """The newest rows of the window; all but bills are of a contract."""
        symbols = None if rows is request.account.ledger else {self.contract(request.params).symbol}
        wanted = gate.READER.wanted(request.params, symbols, 500, default=100)
        return [row(one) for one in page(rows, wanted, also).rows]


def _mode(fields: Mapping[str, Any]) -> sim.MarginMode:
    text = str(fields.get("marginMode"))
    if text not in ("isolated", "cross"):
        raise sim.VenueRefusal("70001", "Invalid margin mode")
    return sim.MarginMode(text)


DIALECT = SimulatedBitgetV1
