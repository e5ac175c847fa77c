"""BitMart's orders and the lists of them on the simulated exchange."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import base
from futures_async.adapters.bitmart.simulated import order_rows as rows
from futures_async.adapters.bitmart.simulated.base import per2, whole
from futures_async.adapters.bitmart.simulated.rows import venue_symbol
from futures_async.simulator.venue import errors, get, page, post


class OrderCalls(base.BitMartSide):
    """Regular orders, fills, ledger."""

    @post(f"{base.PRIVATE}/submit-order", per2(24), sim.Kind.ORDER)
    def submit_order(self, request: sim.Request) -> Any:
        """`order_id` is a number in the answer, `price` the text "market price" for market orders."""
        body = base.Body(self, request)
        code, kind = body.side(), body.type()
        limit, force = kind is sim.OrderType.LIMIT, body.force(kind)
        if limit and body.money("price") is None:
            raise sim.VenueRefusal("40011", "price is required")
        ticket = sim.Ticket(
            symbol=body.symbol,
            type=kind,
            price=body.price("price") if limit else None,
            quantity=body.quantity(),
            time_in_force=force,
            client_id=body.client_id(),
            **body.presets(),
            **body.style(code),
            **body.terms(code),
        )
        # The venue knows a smallest number of contracts, and no smallest value.
        order = self.engine.orders.place(request.account, ticket, internal=True).order
        return {"order_id": order.id, "price": body.text("price") if limit else "market price"}

    @post(f"{base.PRIVATE}/modify-limit-order", per2(24), sim.Kind.ORDER)
    def modify_order(self, request: sim.Request) -> Any:
        """By `order_id`, here a number, or by client id; ids stay."""
        body, orders = base.Body(self, request), self.engine.orders
        order_id, client_id = body.whole("order_id"), body.text("client_order_id")
        size = body.fields.get("size")
        if isinstance(size, str) and size.isascii() and size.isdigit():
            body.fields["size"] = int(size)  # one widely used client sends text here
        quantity = None if size is None else body.quantity()
        if (order_id is None and client_id is None) or (body.money("price") is None and quantity is None):
            raise sim.VenueRefusal("40011", "order_id or client_order_id, and price or size")
        price = body.price("price")
        order = orders.find(request.account, order_id=order_id, client_id=client_id, symbol=body.symbol)
        with suppress(errors.Unchanged):  # the same values again are harmless
            orders.amend(request.account, order, price=price, quantity=quantity, in_place=True)
        return {"order_id": order.id, "client_order_id": order.client_id or ""}

    @post(f"{base.PRIVATE}/cancel-order", per2(40), sim.Kind.CANCEL)
    def cancel_order(self, request: sim.Request) -> Any:
        """Without an id: all of the symbol."""
        body = base.Body(self, request)
        order_id, client_id = body.ids()
        if order_id is None and client_id is None:
            return self.cancel_orders(request)
        self.engine.orders.cancel(request.account, order_id=order_id, client_id=client_id, symbol=body.symbol)
        return {}

    @post(f"{base.PRIVATE}/cancel-orders", per2(2), sim.Kind.DELTA)
    def cancel_orders(self, request: sim.Request) -> Any:
        """All of a symbol; none is no error."""
        symbol = base.Body(self, request).symbol
        with suppress(errors.NothingToCancel):
            self.engine.orders.cancel_all(request.account, lambda order: order.symbol == symbol)
        return {}

    @post(f"{base.PRIVATE}/cancel-all-after", per2(4), sim.Kind.SETTING)
    def cancel_all_after(self, request: sim.Request) -> Any:
        """Dead-man's switch of a symbol; both times in the answer are seconds."""
        body, now = base.Body(self, request), request.now_ms
        timeout = body.whole("timeout")
        if timeout is None or timeout < 0 or 0 < timeout < 5:
            raise sim.VenueRefusal("40011", "timeout is at least 5, or 0")
        self.engine.orders.cancel_all_at(request.account, timeout and now + timeout * 1000, body.symbol)
        return {"result": True, "set_time": now // 1000, "cancel_time": (now // 1000 + timeout) if timeout else 0}

    @get(f"{base.PRIVATE}/order", per2(50), needs="symbol order_id")
    def order(self, request: sim.Request) -> Any:
        """By id; there is no look-up by client id."""
        contract, account = self.contract(request.params), request.account
        order_id = whole(request.params, "order_id")
        order = self.engine.orders.find(account, order_id=order_id, symbol=contract.symbol)
        return rows.order_row(order, contract)

    @get(f"{base.PRIVATE}/get-open-orders", per2(50))
    def open_orders(self, request: sim.Request) -> Any:
        """At most 100, newest first, no pages; trailing orders too. Other conditional orders are elsewhere."""
        symbols, kind, account = self.symbols(request.params), request.params.get("type"), request.account
        partial = request.params.get("order_state") == "partially_filled"

        def match(order: sim.Order) -> bool:
            return (
                order.symbol in symbols
                and (not kind or rows.order_type(order) == kind)
                and (not partial or bool(order.filled))
            )

        found = [order for order in self.engine.lists.open_orders(account) if match(order)]
        most = min(whole(request.params, "limit") or base.OPEN_ROWS, base.OPEN_ROWS)
        listed = [rows.order_row(order, self.contract_of(order.symbol)) for order in reversed(found)]
        if kind in (None, "", "trailing") and not partial:
            listed += [
                rows.trail_row(trigger, self.contract_of(trigger.symbol))
                for trigger in reversed(account.live_triggers.values())
                if trigger.kind is sim.TriggerKind.TRAILING and trigger.symbol in symbols
            ]
        return listed[:most]

    # Lists by time

    def _listed(self, request: sim.Request, found: Sequence[sim.R]) -> list[sim.R]:
        """Newest 200 of a window that match; what is beyond is dropped without a word. The window is seconds: 7 days
        by default, 90 at most."""
        params, symbols = request.params, self.only(request.params)
        start, end = whole(params, "start_time"), whole(params, "end_time")
        end_s = request.now_ms // 1000 + 1 if end is None else end
        start_s = end_s - 7 * base.DAY_S if start is None else start
        if not 0 < end_s - start_s <= 90 * base.DAY_S:
            raise sim.VenueRefusal("40039", "The timestamp is invalid")
        wanted = sim.Wanted(
            symbols=symbols,
            since_ms=start_s * 1000,
            until_ms=end_s * 1000,
            order_id=whole(params, "order_id"),
            client_id=params.get("client_order_id") or None,
            limit=base.ROWS,
        )
        return page(found, wanted).rows if params.get("account", "futures") == "futures" else []

    @get(f"{base.PRIVATE}/order-history", per2(6))
    def order_history(self, request: sim.Request) -> Any:
        """Finished orders of one symbol."""
        contract, account = self.contract(request.params), request.account
        found = self._listed(request, self.engine.lists.past_orders(account))
        return [rows.history_row(order, contract) for order in found]

    @get(f"{base.PRIVATE}/trades", per2(6))
    def trades(self, request: sim.Request) -> Any:
        found = self._listed(request, self.engine.lists.fills(request.account))
        return [rows.trade_row(fill, self.contract_of(fill.symbol)) for fill in found]

    @get(f"{base.PRIVATE}/transaction-history", per2(6))
    def transactions(self, request: sim.Request) -> Any:
        """Changes of balance between two times in milliseconds, newest first."""
        params, symbols = request.params, self.only(request.params)
        flow, start, end = (whole(params, name) for name in ("flow_type", "start_time", "end_time"))
        end = request.now_ms if end is None else end
        start = end - 7 * base.DAY_S * 1000 if start is None else start
        if end <= start:
            raise sim.VenueRefusal("40039", "The timestamp is invalid")
        most = whole(params, "page_size") or 100
        if most > base.LEDGER_ROWS:
            raise sim.VenueRefusal("40011", "page_size is at most 1000")
        wanted = sim.Wanted(symbols=symbols, since_ms=start, until_ms=end, limit=most)

        def lines(row: sim.LedgerRow) -> list[dict[str, Any]]:
            symbol = "" if row.symbol is None else venue_symbol(self.contract_of(row.symbol))
            return [line for line in rows.ledger_rows(row, symbol) if not flow or line["flow_type"] == flow]

        listed = page(request.account.ledger, wanted, lambda row: bool(lines(row))).rows
        return [line for row in listed for line in lines(row)][:most]
