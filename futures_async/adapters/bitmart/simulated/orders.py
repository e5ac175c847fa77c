"""BitMart's orders and the lists of them on the simulated exchange."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar

from futures_async.adapters.bitmart.simulated import order_rows as rows
from futures_async.adapters.bitmart.simulated.base import DAY_S, FORCE, LEDGER_ROWS, OPEN_ROWS, ROWS, BitMartSide, Body
from futures_async.adapters.bitmart.simulated.rows import venue_symbol
from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.errors import (
    NothingToCancel,
    Unchanged,
)
from futures_async.simulator.records import Fill, Order, Ticket, TriggerKind
from futures_async.unified.enums import OrderType, TimeInForce

R = TypeVar("R", Order, Fill)


class OrderCalls(BitMartSide):
    """Regular orders, fills, ledger."""

    def submit_order(self, request: Request) -> Any:
        """`order_id` is a number in the answer, `price` the text "market price" for market orders."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        code = self.side(body)
        kind = body.text("type") or "limit"
        if kind not in ("limit", "market"):
            raise VenueRefusal("40042", "The order type is invalid")
        force = FORCE.get(body.whole("mode") or 1)
        if force is None or (force is TimeInForce.POST_ONLY and kind == "market"):
            raise VenueRefusal("40011", "mode is invalid")
        price = body.money("price") if kind == "limit" else None
        if kind == "limit" and price is None:
            raise VenueRefusal("40011", "price is required")
        self.check_tick(contract, price)
        ticket = Ticket(
            symbol=contract.symbol,
            side=code.side,
            type=OrderType.LIMIT if kind == "limit" else OrderType.MARKET,
            quantity=self.quantity(body, contract),
            price=price,
            time_in_force=force,
            client_id=self.client_id(body),
            take_profit=self.preset(body, "preset_take_profit_price"),
            stop_loss=self.preset(body, "preset_stop_loss_price"),
            **self.style(account, contract, code),
            **self.terms(account, contract, body, code),
        )
        # The venue knows a smallest number of contracts, and no smallest value.
        order = self.engine.orders.place(account, ticket, internal=True).order
        return {"order_id": order.id, "price": body.text("price") if kind == "limit" else "market price"}

    def modify_order(self, request: Request) -> Any:
        """By `order_id`, here a number, or by client id; ids stay."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = body.whole("order_id"), body.text("client_order_id")
        price = body.money("price")
        size = body.fields.get("size")
        if isinstance(size, str) and size.isascii() and size.isdigit():
            body.fields["size"] = int(size)  # one widely used client sends text here
        quantity = None if size is None else self.quantity(body, contract)
        if (order_id is None and client_id is None) or (price is None and quantity is None):
            raise VenueRefusal("40011", "order_id or client_order_id, and price or size")
        self.check_tick(contract, price)
        orders = self.engine.orders
        order = orders.find(account, order_id=order_id, client_id=client_id, symbol=contract.symbol)
        with suppress(Unchanged):  # the same values again are harmless
            orders.amend(account, order, price=price, quantity=quantity, in_place=True)
        return {"order_id": order.id, "client_order_id": order.client_id or ""}

    def cancel_order(self, request: Request) -> Any:
        """Without an id: all of the symbol."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = self.ids(body)
        if order_id is None and client_id is None:
            return self.cancel_orders(request)
        self.engine.orders.cancel(account, order_id=order_id, client_id=client_id, symbol=contract.symbol)
        return {}

    def cancel_orders(self, request: Request) -> Any:
        """All of a symbol; none is no error."""
        contract = self.contract(Body(request).text("symbol"))
        with suppress(NothingToCancel):
            self.engine.orders.cancel_all(request.account, lambda order: order.symbol == contract.symbol)
        return {}

    def cancel_all_after(self, request: Request) -> Any:
        """Dead-man's switch of a symbol; both times in the answer are seconds."""
        body = Body(request)
        contract = self.contract(body.text("symbol"))
        timeout = body.whole("timeout")
        if timeout is None or timeout < 0 or 0 < timeout < 5:
            raise VenueRefusal("40011", "timeout is at least 5, or 0")
        now = request.now_ms
        if timeout:
            request.account.cancel_all_ms[contract.symbol] = now + timeout * 1000
        else:
            request.account.cancel_all_ms.pop(contract.symbol, None)
        return {"result": True, "set_time": now // 1000, "cancel_time": (now // 1000 + timeout) if timeout else 0}

    def order(self, request: Request) -> Any:
        """By id; there is no look-up by client id."""
        contract = self.wanted_contract(request)
        order_id = self.number(request, "order_id")
        if order_id is None:
            raise VenueRefusal("40011", "order_id is required")
        account = request.account
        return rows.order_row(
            account, self.engine.orders.find(account, order_id=order_id, symbol=contract.symbol), contract
        )

    def open_orders(self, request: Request) -> Any:
        """At most 100, newest first, no pages; trailing orders too. Other conditional orders are elsewhere."""
        contract, kind = self.maybe_contract(request), request.params.get("type")
        partial = request.params.get("order_state") == "partially_filled"

        def match(order: Order) -> bool:
            return (
                (contract is None or order.symbol == contract.symbol)
                and (not kind or rows.order_type(order) == kind)
                and (not partial or bool(order.filled))
            )

        found = self.engine.orders.open_orders(request.account, match)
        most = min(self.number(request, "limit") or OPEN_ROWS, OPEN_ROWS)
        listed = [rows.order_row(request.account, order, self.contract_of(order.symbol)) for order in reversed(found)]
        if kind in (None, "", "trailing") and not partial:
            listed += [
                rows.trail_row(trigger, self.contract_of(trigger.symbol))
                for trigger in reversed(request.account.live_triggers.values())
                if trigger.kind is TriggerKind.TRAILING and (contract is None or trigger.symbol == contract.symbol)
            ]
        return listed[:most]

    # Lists by time

    def _window_s(self, request: Request) -> tuple[int, int]:
        """Seconds; 7 days by default, 90 at most."""
        start, end = self.number(request, "start_time"), self.number(request, "end_time")
        end_s = request.now_ms // 1000 + 1 if end is None else end
        start_s = end_s - 7 * DAY_S if start is None else start
        if not 0 < end_s - start_s <= 90 * DAY_S:
            raise VenueRefusal("40039", "The timestamp is invalid")
        return start_s * 1000, end_s * 1000

    def _listed(self, request: Request, found: Sequence[R]) -> list[R]:
        """Newest 200 of a window that match; what is beyond is dropped without a word."""
        contract, (start, end) = self.maybe_contract(request), self._window_s(request)
        order_id, client_id = self.number(request, "order_id"), request.params.get("client_order_id")
        if request.params.get("account", "futures") != "futures":
            return []
        kept: list[R] = []
        for row in reversed(found):
            order = row if isinstance(row, Order) else row.order
            if (
                (contract is None or row.symbol == contract.symbol)
                and start <= row.created_ms <= end
                and row.visible_ms <= request.now_ms
                and order_id in (None, order.id)
                and (not client_id or order.client_id == client_id)
            ):
                kept.append(row)
                if len(kept) == ROWS:
                    break
        return kept

    def order_history(self, request: Request) -> Any:
        """Finished orders of one symbol."""
        contract, account = self.wanted_contract(request), request.account
        finished = [order for order in account.order_log if self.engine.orders.finished(order)]
        found = self._listed(request, finished)
        return [rows.history_row(account, order, contract) for order in found]

    def trades(self, request: Request) -> Any:
        """Fills."""
        found = self._listed(request, request.account.fills)
        return [rows.trade_row(fill, self.contract_of(fill.symbol)) for fill in found]

    def transactions(self, request: Request) -> Any:
        """Changes of balance between two times in milliseconds, newest first."""
        contract, flow = self.maybe_contract(request), self.number(request, "flow_type")
        start, end = self.number(request, "start_time"), self.number(request, "end_time")
        end = request.now_ms if end is None else end
        start = end - 7 * DAY_S * 1000 if start is None else start
        if end <= start:
            raise VenueRefusal("40039", "The timestamp is invalid")
        most = self.number(request, "page_size") or 100
        if most > LEDGER_ROWS:
            raise VenueRefusal("40011", "page_size is at most 1000")
        found: list[dict[str, Any]] = []
        for row in reversed(request.account.ledger):
            if not start <= row.created_ms <= end or (contract is not None and row.symbol != contract.symbol):
                continue
            symbol = "" if row.symbol is None else venue_symbol(self.contract_of(row.symbol))
            found += [line for line in rows.ledger_rows(row, symbol) if not flow or line["flow_type"] == flow]
            if len(found) >= most:
                break
        return found[:most]
