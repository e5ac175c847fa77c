"""Orders and executions of v5. Reference: venues/bybit.md section 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, cast

import futures_async.simulator.venue as sim
from futures_async.adapters.bybit.simulated import base
from futures_async.adapters.bybit.simulated.account import BAND, DAY_MS, DISCONNECT
from futures_async.adapters.bybit.simulated.base import listed, needed_number, number, pick, required, whole, word
from futures_async.adapters.bybit.simulated.positions import BY_INDEX
from futures_async.adapters.bybit.simulated.rows import (
    Attached,
    exec_type,
    fill_row,
    funding_row,
    order_row,
    trigger_row,
)
from futures_async.simulator.venue import check_presets, closed_by, errors, get, opened_side, post, single

PATH = "/v5/order"
LINK_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
BATCH = 10
CACHE = 500
"""Closed orders that look-ups among the open ones still see."""
STOPS = (("takeProfit", "tp"), ("stopLoss", "sl"))
ORDER = "category symbol side orderType qty"
FILTERS = ("order", "stoporder", "openorder", "tpslorder")


def _batch_size(params: Mapping[str, Any], body: Any) -> int:
    found: Any = body.get("request") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON
    return len(found) if isinstance(found, list) else 1  # pyright: ignore[reportUnknownArgumentType] - JSON


BY_ORDER = sim.RateLimit(10, weight=_batch_size)
"""Batches have a pool of their own, and take of it one for each order."""


def together(
    dialect: base.V5, call: Callable[[sim.Request, Mapping[str, Any]], dict[str, Any]], request: sim.Request
) -> base.Batch:
    """Each order of a batch alone: the verdicts stand beside the rows, at the same places; a row that failed names
    nothing."""
    fields = request.fields()
    category, items = dialect.category(fields), base.objects(fields, "request")
    if not 1 <= len(items) <= BATCH:
        raise sim.VenueRefusal("10001", f"params error: 1 to {BATCH} orders")
    verdicts = dialect.judge(request, [{**item, "category": category} for item in items], partial(call, request))
    rows = [
        {"category": category, "symbol": item.get("symbol", ""), **(result or {"orderId": "", "orderLinkId": ""})}
        for item, result, _ in verdicts
    ]
    said = [
        {"code": 0, "msg": "OK"} if refusal is None else {"code": int(refusal.code), "msg": refusal.message}
        for _, _, refusal in verdicts
    ]
    return base.Batch(rows, said)


class OrderCalls(base.V5):
    """Placing, changing, cancelling and finding."""

    # -- placing

    @post(f"{PATH}/create", base.TEN, sim.Kind.ORDER, of=single)
    def create(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The answer holds ids only, and says "accepted"."""
        return _ids(self._place(request, fields))

    @post(f"{PATH}/create-batch", BY_ORDER, sim.Kind.ORDER, needs="category", of=together)
    def create_together(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Each order by itself."""
        return {**self.create(request, fields), "createAt": str(request.now_ms)}

    def _place(self, request: sim.Request, fields: Mapping[str, Any]) -> sim.Order | sim.Trigger:
        required(fields, *ORDER.split())
        contract, account = self.contract(fields), request.account
        kind, side = pick(fields, "orderType", base.TYPES), pick(fields, "side", base.SIDES)
        intent, reduces = self._style(account, contract, fields, side)
        closing = reduces or intent is sim.Intent.CLOSE
        attached = {name: _preset(fields, name, short) for name, short in STOPS}
        if closing and any(attached.values()):
            raise sim.VenueRefusal("110049", "Tp/Sl cannot be set on a reduce-only order")
        quantity = needed_number(fields, "qty")
        if not quantity and closing and fields.get("closeOnTrigger") is True:
            held = account.positions.get((contract.symbol, closed_by(side)))
            if held is None or held.quantity <= contract.max_market_quantity:
                client_id = self._link_id(request, fields)
                return self.engine.orders.close_position(account, contract.symbol, closed_by(side), client_id=client_id)
            quantity = contract.max_market_quantity
        price = None
        if kind is sim.OrderType.LIMIT:
            price = self._in_band(account, contract, needed_number(fields, "price"))
        ticket = sim.Ticket(
            symbol=contract.symbol,
            side=side,
            type=kind,
            quantity=quantity,
            price=price,
            time_in_force=sim.TimeInForce.GTC if price is None else pick(fields, "timeInForce", base.FORCES, "gtc"),
            intent=intent,
            reduce_only=reduces,
            client_id=self._link_id(request, fields),
            take_profit=attached["takeProfit"],
            stop_loss=attached["stopLoss"],
        )
        trigger_price = number(fields, "triggerPrice")
        if not trigger_price:
            return self.engine.orders.place(account, ticket).order
        on_mark = pick(fields, "triggerBy", base.SOURCES, "lastprice") is sim.PriceSource.MARK
        self._check_direction(contract, trigger_price, whole(fields, "triggerDirection"), on_mark=on_mark)
        return self.engine.triggers.place_plan(account, ticket, trigger_price, on_mark=on_mark)

    def _style(
        self, account: sim.Account, contract: sim.ContractSpec, fields: Mapping[str, Any], side: sim.Side
    ) -> tuple[sim.Intent | None, bool]:
        """In hedge mode the index must be there, and with the side says what closes; else it must be 0."""
        index, reduces = whole(fields, "positionIdx") or 0, fields.get("reduceOnly") is True
        if account.mode(contract.symbol) is not sim.PositionMode.HEDGE:
            if index:
                raise errors.ModeConflict("positionIdx")
            return None, reduces
        if index not in BY_INDEX:
            raise errors.ModeConflict("positionIdx")
        return (sim.Intent.OPEN if BY_INDEX[index] is opened_side(side) else sim.Intent.CLOSE), False

    def _in_band(self, account: sim.Account, contract: sim.ContractSpec, price: Decimal) -> Decimal:
        """A price outside the band is moved into it without a word, unless the account wants it refused."""
        lowest, highest = self.band(contract)
        if lowest <= price <= highest or price <= 0 or account.extra.get(BAND) == "refuse":
            return price
        return highest if price > highest else lowest

    def _link_id(self, request: sim.Request, fields: Mapping[str, Any]) -> str | None:
        text = base.READER.client_id(fields, "orderLinkId", LINK_ID)
        if text and request.account.dedup == "all" and any(text == t.client_id for t in request.account.trigger_log):
            raise errors.DuplicateClientId(text)
        return text

    def _check_direction(
        self, contract: sim.ContractSpec, price: Decimal, direction: int | None, *, on_mark: bool
    ) -> None:
        book = self.engine.world.book(contract.symbol)
        now = book.mark if on_mark else book.last
        if direction not in (1, 2):
            raise sim.VenueRefusal("10001", "TriggerDirection invalid")
        if direction == 1 and price < now:
            raise sim.VenueRefusal("110092", f"expect Rising, but trigger_price[{price}] <= current[{now}]")
        if direction == 2 and price > now:
            raise sim.VenueRefusal("110093", f"expect Falling, but trigger_price[{price}] >= current[{now}]")

    # -- changing

    @post(f"{PATH}/amend", base.TEN, sim.Kind.ORDER, needs="category symbol", of=single)
    @post(f"{PATH}/amend-batch", BY_ORDER, sim.Kind.ORDER, needs="category", of=together)
    def amend(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Both ids stay."""
        order, contract = self._named(request, fields), self.contract(fields)
        quantity, price = number(fields, "qty"), number(fields, "price")
        if isinstance(order, sim.Trigger):
            before = (order.quantity, order.price, order.trigger_price)
            order.quantity, order.price = quantity or order.quantity, price or order.price
            order.trigger_price = number(fields, "triggerPrice") or order.trigger_price
            if before == (order.quantity, order.price, order.trigger_price):
                raise errors.Unchanged("nothing")
            self.engine.triggers.changed(request.account, order)
            return _ids(order)
        stops = {long: _preset(fields, long, short) for long, short in STOPS if fields.get(long) is not None}
        if stops:
            profit, loss = stops.get("takeProfit", order.take_profit), stops.get("stopLoss", order.stop_loss)
            bound = order.price or self.engine.world.mark(order.symbol)
            check_presets(opened_side(order.side), profit, loss, bound=bound, of="order price")
            order.take_profit, order.stop_loss, order.updated_ms = profit, loss, request.now_ms
            if quantity is None and price is None:
                return _ids(order)
        if quantity is not None and quantity <= order.filled:
            raise sim.VenueRefusal("110064", "the order quantity to be modified is less than the filled quantity")
        if price is not None:
            price = self._in_band(request.account, contract, price)
        self.engine.orders.amend(request.account, order, price=price, quantity=quantity, in_place=True)
        return _ids(order)

    def _named(self, request: sim.Request, fields: Mapping[str, Any]) -> sim.Order | sim.Trigger:
        """An order that is open, or waits; which of the reasons it is not for, the code does not tell."""
        required(fields, "symbol")
        if not fields.get("orderId") and not fields.get("orderLinkId"):
            raise sim.VenueRefusal("10001", "params error: OrderId or orderLinkId is required")
        found = self.one(request, fields)
        if found is None or base.venue_symbol(self.contract_of(found.symbol)) != fields["symbol"]:
            raise errors.UnknownOrder("none")
        if not (found.is_open if isinstance(found, sim.Order) else found.status is sim.TriggerStatus.LIVE):
            raise errors.OrderFinished("gone")
        return found

    # -- cancelling

    @post(f"{PATH}/cancel", base.TEN, sim.Kind.CANCEL, needs="category symbol", of=single)
    @post(f"{PATH}/cancel-batch", BY_ORDER, sim.Kind.CANCEL, needs="category", of=together)
    def cancel(self, request: sim.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        """One order, plain or waiting."""
        self.contract(fields)
        found = self._named(request, fields)
        if isinstance(found, sim.Trigger):
            self.engine.triggers.cancel(request.account, found)
        else:
            self.engine.orders.cancel(request.account, order_id=found.id)
        return _ids(found)

    @post(f"{PATH}/cancel-all", base.TEN, sim.Kind.DELTA, needs="category")
    def cancel_all(self, request: sim.Request) -> dict[str, Any]:
        """What was asked to be cancelled; an empty list where there was nothing."""
        fields, account = request.fields(), request.account
        symbols, which = self.symbols(self.narrow(fields)), _filter(fields)
        gone: list[sim.Order | sim.Trigger] = []
        if which != "stoporder":
            found = [order for order in account.open_orders.values() if order.symbol in symbols]
            if found:
                gone += self.engine.orders.cancel_all(account, lambda order: order.symbol in symbols)
        if which != "order":
            gone += self.engine.triggers.cancel_all(account, lambda trigger: trigger.symbol in symbols)
        return {"list": [_ids(order) for order in gone], "success": "1"}

    @post(f"{PATH}/disconnected-cancel-all", sim.RateLimit(5), sim.Kind.SETTING, needs="timeWindow")
    def disconnected_cancel_all(self, request: sim.Request) -> None:
        """In force once a connection with the topic `dcp.future` is gone; the products but one have nothing here."""
        fields = request.fields()
        product, seconds = word(fields, "product", ("options", "derivatives", "spot"), "options"), fields["timeWindow"]
        if not isinstance(seconds, int) or not 3 <= seconds <= 300:
            raise sim.VenueRefusal("10001", "params error: timeWindow invalid")
        if product == "derivatives":
            request.account.extra[DISCONNECT] = str(seconds)
        return

    # -- finding

    @get(f"{PATH}/realtime", base.FIFTY, needs="category")
    def realtime(self, request: sim.Request) -> dict[str, Any]:
        """Open orders; by an id, or with `openOnly` 1, also the last ones that were closed."""
        params, account = request.params, request.account
        closed = params.get("openOnly") == "1"
        if params.get("orderId") or params.get("orderLinkId"):
            recent = {id(order) for order in self.engine.lists.past_orders(account)[-CACHE:]}
            return self._by_id(request, lambda order: order.is_open or id(order) in recent)
        symbols, which = self.symbols(self.narrow(params)), _filter(params)
        rows: list[sim.Order | sim.Trigger] = []
        if which != "stoporder":
            found = (
                self.engine.lists.past_orders(account)[-CACHE:] if closed else self.engine.lists.open_orders(account)
            )
            rows += found
        if which != "order" and not closed:
            rows += account.live_triggers.values()
        return self._page_of(request, rows, symbols, windowed=False, default=20)

    @get(f"{PATH}/history", base.FIFTY, needs="category")
    def history(self, request: sim.Request) -> dict[str, Any]:
        """Closed orders. Those without a fill are forgotten: plain ones and waiting ones alike after a day."""
        params, account, now = request.params, request.account, request.now_ms

        def remembered(order: sim.Order) -> bool:
            return bool(order.filled) or now - order.updated_ms < DAY_MS

        if params.get("orderId") or params.get("orderLinkId"):
            return self._by_id(request, lambda order: not order.is_open and remembered(order))
        rows: list[sim.Order | sim.Trigger] = [
            order for order in self.engine.lists.past_orders(account) if remembered(order)
        ]
        rows += [
            t for t in account.trigger_log if t.status is sim.TriggerStatus.CANCELED and now - t.updated_ms < DAY_MS
        ]
        return self._page_of(request, rows, self.symbols(params), windowed=True, default=20)

    def _by_id(self, request: sim.Request, fits: Callable[[sim.Order], bool]) -> dict[str, Any]:
        """One order; an empty list where there is none. Waiting orders are found until they are forgotten."""
        found, params = self.one(request, request.params), request.params
        category = self.category(params)
        if isinstance(found, sim.Order) and (found.hidden(request.now_ms) or not fits(found)):
            found = None
        elif isinstance(found, sim.Trigger) and found.status is not sim.TriggerStatus.LIVE:
            found = found if request.now_ms - found.updated_ms < DAY_MS else None
        if found is not None and found.symbol not in self.symbols(
            {"category": category, "symbol": params.get("symbol")}
        ):
            found = None
        return listed([] if found is None else [self._row(request.account, found)], "", category)

    def _page_of(
        self,
        request: sim.Request,
        rows: Sequence[sim.Order | sim.Trigger],
        symbols: set[str],
        *,
        windowed: bool,
        default: int,
    ) -> dict[str, Any]:
        state = request.params.get("orderStatus") if windowed else None

        def wanted(row: sim.Order | sim.Trigger) -> bool:
            return not state or self._row(request.account, row)["orderStatus"] == state

        # What a page looks at, both kinds of rows have.
        ascending = cast("list[sim.Order]", sorted(rows, key=lambda row: row.id))
        found, cursor = self.page(request, ascending, symbols, wanted, most=50, default=default, windowed=windowed)
        return listed([self._row(request.account, row) for row in found], cursor, request.params["category"])

    def _row(self, account: sim.Account, row: sim.Order | sim.Trigger) -> dict[str, Any]:
        contract = self.contract_of(row.symbol)
        return trigger_row(row, contract) if isinstance(row, sim.Trigger) else order_row(account, row, contract)

    @get("/v5/execution/list", base.FIFTY, needs="category")
    def executions(self, request: sim.Request) -> dict[str, Any]:
        """Executions, and among them funding that was settled."""
        params, account = request.params, request.account
        kind = params.get("execType") or None
        named = self.one(request, params) if params.get("orderId") or params.get("orderLinkId") else None
        if named is None and (params.get("orderId") or params.get("orderLinkId")):
            return listed([], "", params["category"])
        rows: list[sim.Fill | sim.LedgerRow] = [*self.engine.lists.fills(account)]
        rows += [row for row in account.ledger if row.kind is sim.LedgerKind.FUNDING]

        def wanted(row: sim.Fill | sim.LedgerRow) -> bool:
            made = row.order if isinstance(row, sim.Fill) else None
            return kind in (None, exec_type(row)) and named in (None, made)

        # What a page looks at, both kinds of rows have.
        ascending = cast("list[sim.Fill]", sorted(rows, key=lambda row: row.id))
        found, cursor = self.page(request, ascending, self.symbols(params), wanted, most=100, default=50)
        return listed([self._execution(account, row) for row in found], cursor, params["category"])

    def _execution(self, account: sim.Account, row: sim.Fill | sim.LedgerRow) -> dict[str, Any]:
        contract = self.contract_of(row.symbol or "")
        if isinstance(row, sim.Fill):
            return fill_row(account, row, contract)
        return funding_row(row, contract, self.engine.world.mark(contract.symbol))


def _filter(fields: Mapping[str, Any]) -> str | None:
    return word(fields, "orderFilter", FILTERS) if fields.get("orderFilter") else None


def _ids(order: sim.Order | sim.Trigger) -> dict[str, Any]:
    return {"orderId": base.shown_id(order), "orderLinkId": order.client_id or ""}


def _preset(fields: Mapping[str, Any], name: str, short: str) -> sim.Preset | None:
    trigger = number(fields, name)
    if not trigger:
        return None
    limit = word(fields, f"{short}OrderType", ("market", "limit"), "market") == "limit"
    if limit and word(fields, "tpslMode", ("full", "partial"), "full") == "full":
        raise sim.VenueRefusal("10001", "TP/SL limit orders need tpslMode Partial")
    source = pick(fields, f"{short}TriggerBy", base.SOURCES, "lastprice")
    return Attached(
        trigger_price=trigger,
        price=needed_number(fields, f"{short}LimitPrice") if limit else None,
        on_mark=source is sim.PriceSource.MARK,
        on_index=source is sim.PriceSource.INDEX,
    )
