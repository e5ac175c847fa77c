"""Orders and fills of v3. Reference: venues/bitget-uta.md sections 4 and 6."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from futures_async.adapters.bitget.simulated.gate import needed_number, number, required, whole, word
from futures_async.adapters.bitget_uta.simulated.base import (
    MARGIN_MODES,
    NO_ORDER,
    OTHER_CATEGORIES,
    SIDES,
    V3,
    listed,
    side_of,
)
from futures_async.adapters.bitget_uta.simulated.rows import ended, fill_row, order_row, protection
from futures_async.simulator import errors
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, Route, VenueRefusal
from futures_async.simulator.orders import Placed
from futures_async.simulator.records import Fill, Order, Preset, Ticket
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import (
    Intent,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
)

PATH = "/api/v3/trade"
FORCES = {force.value: force for force in TimeInForce}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,32}")
MAX_BATCH = 20


class OrderCalls(V3):
    """Placing, changing, cancelling and finding."""

    def order_routes(self) -> list[Route]:
        """The rows of the table."""
        ten, five, twenty = RateLimit(10), RateLimit(5), RateLimit(20)
        return [
            Route("POST", f"{PATH}/place-order", self.place_order, ten, kind=Kind.ORDER),
            Route("POST", f"{PATH}/place-batch", self.place_batch, five, kind=Kind.ORDER),
            Route("POST", f"{PATH}/modify-order", self.modify_order, ten, kind=Kind.ORDER),
            Route("POST", f"{PATH}/batch-modify-order", self.modify_batch, ten, kind=Kind.ORDER),
            Route("POST", f"{PATH}/cancel-order", self.cancel_order, ten, kind=Kind.CANCEL),
            Route("POST", f"{PATH}/cancel-batch", self.cancel_batch, five, kind=Kind.CANCEL),
            Route("POST", f"{PATH}/cancel-symbol-order", self.cancel_symbol, five, kind=Kind.DELTA),
            Route("POST", f"{PATH}/close-positions", self.close_positions, five, kind=Kind.ORDER),
            Route("POST", f"{PATH}/countdown-cancel-all", self.countdown, RateLimit(1), kind=Kind.SETTING),
            Route("GET", f"{PATH}/order-info", self.order_info, twenty),
            Route("GET", f"{PATH}/unfilled-orders", self.unfilled, twenty),
            Route("GET", f"{PATH}/history-orders", self.history, twenty),
            Route("GET", f"{PATH}/fills", self.fills, twenty),
        ]

    def special(self, path: str) -> Mapping[type[Any], str]:
        """Where order endpoints say it with another code."""
        if path in (f"{PATH}/modify-order", f"{PATH}/batch-modify-order"):
            return {errors.OrderFinished: "25568"}
        return super().special(path)

    # -- placing

    def place_order(self, request: Request) -> dict[str, Any]:
        """The answer holds ids only, and says "accepted"."""
        return _ids(self._place(request, request.fields(), batch=False))

    def _place(self, request: Request, fields: Mapping[str, Any], *, batch: bool) -> Placed:
        required(fields, "category", "symbol", "qty", "side", "orderType")
        contract, account = self.contract(fields), request.account
        order_type = TYPES[word(fields, "orderType", tuple(TYPES))]
        price = number(fields, "price")
        if (price is None) == (order_type is OrderType.LIMIT):
            raise VenueRefusal("25200", "Parameter price error")
        hedge = account.mode(contract.settle) is PositionMode.HEDGE
        side = Side(word(fields, "side", ("buy", "sell")))
        intent = _intent(fields, side, hedge=hedge)
        # Batches are documented without reduceOnly, marginMode and protection: what is sent there has no effect.
        reduces = not batch and not hedge and word(fields, "reduceOnly", ("yes", "no"), "no") == "yes"
        mode = "crossed" if batch else word(fields, "marginMode", tuple(MARGIN_MODES), "crossed")
        if account.extra.get("accountLevel") == "isolated" and mode != "isolated":
            raise VenueRefusal("25240", "The operation is not supported")
        if not batch and (fields.get("takeProfit") or fields.get("stopLoss")) and (reduces or intent is Intent.CLOSE):
            raise VenueRefusal("25612", "TP/SL can only be set on opening orders")
        quantity = needed_number(fields, "qty")
        ticket = Ticket(
            symbol=contract.symbol,
            side=side,
            type=order_type,
            quantity=quantity,
            price=price,
            time_in_force=FORCES[word(fields, "timeInForce", tuple(FORCES), "gtc")]
            if order_type is OrderType.LIMIT
            else TimeInForce.GTC,
            intent=intent,
            reduce_only=reduces,
            client_id=self._client_id(fields),
            margin_mode=MARGIN_MODES[mode],
            take_profit=None if batch else _preset(fields, "takeProfit", "tp"),
            stop_loss=None if batch else _preset(fields, "stopLoss", "sl"),
        )
        return self.engine.orders.place(account, ticket)

    def _client_id(self, fields: Mapping[str, Any]) -> str:
        text = fields.get("clientOid")
        if text in (None, ""):
            return str(self.engine.world.next_id())
        if not isinstance(text, str) or not CLIENT_ID.fullmatch(text):
            raise errors.InvalidClientId("clientOid")
        return text

    def place_batch(self, request: Request) -> list[dict[str, Any]]:
        """A bare array of one category; each order succeeds or fails by itself."""
        items = self._items(request)
        return self._each(request, items, lambda item: _ids(self._place(request, item, batch=True)))

    def _items(self, request: Request, *, categories: bool = True) -> list[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        found: Any = request.json()
        for item in found if isinstance(found, list) else [None]:  # pyright: ignore[reportUnknownVariableType] - JSON
            if not isinstance(item, dict):
                raise VenueRefusal("40017", "Parameter verification failed: the body must be an array of objects")
            items.append(item)  # pyright: ignore[reportUnknownArgumentType] - JSON
        if not 1 <= len(items) <= MAX_BATCH:
            raise VenueRefusal("40306", f"1 to {MAX_BATCH} orders")
        if categories and len({str(item.get("category")).upper() for item in items}) > 1:
            raise VenueRefusal("25200", "Parameter category error")
        return items

    def _each(
        self,
        request: Request,
        items: list[Mapping[str, Any]],
        call: Callable[[Mapping[str, Any]], dict[str, Any]],
    ) -> list[dict[str, Any]]:
        """Success items have no code."""
        answers: list[dict[str, Any]] = []
        for item in items:
            try:
                answers.append(call(item))
            except (VenueRefusal, errors.EngineError) as error:
                refusal = error if isinstance(error, VenueRefusal) else self.translate(error, request)
                answers.append(
                    {
                        "orderId": item.get("orderId") or None,
                        "clientOid": item.get("clientOid") or "",
                        "code": refusal.code,
                        "msg": refusal.message,
                    }
                )
        return answers

    # -- changing

    def modify_order(self, request: Request) -> dict[str, Any]:
        """In place: both ids stay. Reduce-only orders can't be changed."""
        return self._modify(request, request.fields())

    def _modify(self, request: Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        account = request.account
        order = self._one(request, fields)
        quantity, price = number(fields, "qty"), number(fields, "price")
        if quantity is None and price is None:
            raise VenueRefusal("400172", "Parameter verification failed: qty")
        if order.reduce_only:
            raise errors.NotAmendable("reduce-only orders cannot be modified")
        try:
            self.engine.orders.amend(account, order, price=price, quantity=quantity, in_place=True)
        except errors.EngineError:
            if order.is_open and word(fields, "autoCancel", ("yes", "no"), "no") == "yes":
                self.engine.orders.cancel(account, order_id=order.id)
            raise
        return {"orderId": str(order.id), "clientOid": order.client_id}

    def modify_batch(self, request: Request) -> list[dict[str, Any]]:
        """The same for up to 20."""
        return self._each(request, self._items(request, categories=False), lambda item: self._modify(request, item))

    def _one(self, request: Request, fields: Mapping[str, Any]) -> Order:
        """By `orderId`, which wins, or `clientOid`: in the whole account, no symbol needed."""
        order_id, client_id = whole(fields, "orderId"), fields.get("clientOid") or None
        if order_id is None and client_id is None:
            raise VenueRefusal("400172", "Parameter verification failed: orderId")
        return self.engine.orders.find(request.account, order_id=order_id, client_id=client_id)

    # -- cancelling

    def cancel_order(self, request: Request) -> dict[str, Any]:
        """Unknown, filled and cancelled orders get the same refusal."""
        return self._cancel(request, request.fields())

    def _cancel(self, request: Request, fields: Mapping[str, Any]) -> dict[str, Any]:
        order_id, client_id = whole(fields, "orderId"), fields.get("clientOid") or None
        if order_id is None and client_id is None:
            raise VenueRefusal("400172", "Parameter verification failed: orderId")
        order = self.engine.orders.cancel(request.account, order_id=order_id, client_id=client_id)
        return {"orderId": str(order.id), "clientOid": order.client_id}

    def cancel_batch(self, request: Request) -> list[dict[str, Any]]:
        """Each item is judged alone."""

        def one(item: Mapping[str, Any]) -> dict[str, Any]:
            self.contract(item)
            return self._cancel(request, item)

        return self._each(request, self._items(request), one)

    def cancel_symbol(self, request: Request) -> dict[str, Any]:
        """All of a symbol, or without one of the category; with nothing to cancel a refusal."""
        fields = request.fields()
        category, contract = self.category(fields), self.maybe_contract(fields)
        orders = self.engine.orders.cancel_all(request.account, lambda order: self._is_of(order, category, contract))
        return {"list": [{"orderId": str(order.id), "clientOid": order.client_id} for order in orders]}

    def _is_of(self, order: Order, category: str | None, contract: ContractSpec | None) -> bool:
        if contract is not None:
            return order.symbol == contract.symbol
        return category is None or self.category_of(order.symbol) == category

    def countdown(self, request: Request) -> str:
        """The dead-man's switch of the whole account; each call starts it anew."""
        fields = request.fields()
        required(fields, "countdown")
        seconds = whole(fields, "countdown") or 0
        if seconds and not 5 <= seconds <= 60:
            raise VenueRefusal("25200", "Parameter countdown error")
        request.account.cancel_all_ms.clear()
        if seconds:
            request.account.cancel_all_ms[None] = request.now_ms + seconds * 1000
        return "success"

    # -- closing

    def close_positions(self, request: Request) -> dict[str, Any]:
        """At market; without a symbol, every position of the category. The client ids are the venue's own."""
        fields, account = request.fields(), request.account
        category, contract = self.category(fields), self.maybe_contract(fields)
        side = side_of(fields, "posSide") if fields.get("posSide") else None
        found = [
            (position.symbol, position.side)
            for position in account.positions_of(symbol=None if contract is None else contract.symbol)
            if self.category_of(position.symbol) == category and side in (None, position.side)
        ]
        if not found:
            raise errors.NoPosition("no position to close")
        rows: list[dict[str, Any]] = []
        for symbol, position_side in found:
            order = self.engine.orders.close_position(account, symbol, position_side)
            order.client_id = str(self.engine.world.next_id())
            account.by_client[order.client_id] = order
            rows.append({"orderId": str(order.id), "clientOid": order.client_id})
        return {"list": rows}

    # -- finding

    def order_info(self, request: Request) -> dict[str, Any]:
        """One order in any state."""
        try:
            order = self._one(request, request.params)
        except errors.UnknownOrder:
            raise NO_ORDER from None
        return self._row(order, request) | ended(order) | protection(order)

    def _row(self, order: Order, request: Request, *, empty: str | None = "") -> dict[str, Any]:
        return order_row(order, self.engine.world.contract(order.symbol), request.now_ms, empty=empty)

    def unfilled(self, request: Request) -> dict[str, Any]:
        """Open orders; without a category, of all."""
        category, contract = self._filters(request)
        rows = self.engine.orders.open_orders(request.account)
        rows.sort(key=lambda order: order.id)
        found, cursor = self.page(
            request,
            rows,
            key=lambda order: order.id,
            match=lambda order: category not in OTHER_CATEGORIES and self._is_of(order, category, contract),
            time_of=lambda order: order.created_ms,
            windowed=False,
        )
        return listed([self._row(order, request, empty=None) for order in found], cursor)

    def _filters(self, request: Request) -> tuple[str | None, ContractSpec | None]:
        params = request.params
        category = str(params["category"]).upper() if params.get("category") else None
        if category is None or category in OTHER_CATEGORIES:
            return category, None
        return self.category(params), self.maybe_contract(params)

    def history(self, request: Request) -> dict[str, Any]:
        """Finished orders."""
        required(request.params, "category")
        category, contract = self._filters(request)
        found, cursor = self.page(
            request,
            request.account.order_log,
            key=lambda order: order.id,
            match=lambda order: (
                self.engine.orders.finished(order)
                and category not in OTHER_CATEGORIES
                and self._is_of(order, category, contract)
            ),
            time_of=lambda order: order.created_ms,
            offset=1_000_003,
        )
        return listed([self._row(order, request) | ended(order) for order in found], cursor)

    def fills(self, request: Request) -> dict[str, Any]:
        """Executions; filtered by order, not by symbol."""
        params = request.params
        category, _ = self._filters(request)
        order_id = whole(params, "orderId")

        def match(fill: Fill) -> bool:
            return (
                category not in OTHER_CATEGORIES
                and category in (None, self.category_of(fill.symbol))
                and order_id in (None, fill.order.id)
                and fill.visible_ms <= request.now_ms
            )

        found, cursor = self.page(
            request,
            request.account.fills,
            key=lambda fill: fill.id,
            match=match,
            time_of=lambda fill: fill.created_ms,
            offset=1_000_003,
        )
        return listed([fill_row(fill, self.engine.world.contract(fill.symbol)) for fill in found], cursor)


def _intent(fields: Mapping[str, Any], side: Side, *, hedge: bool) -> Intent | None:
    """In hedge mode `posSide` must be there, and the pair says what closes; in one-way mode it does not belong."""
    named = fields.get("posSide") or None
    if not hedge:
        if named is not None:
            raise VenueRefusal("25237", "Close orders exist only in hedge mode")
        return None
    if named is None:
        raise errors.ModeConflict("posSide is missing")
    opens = (side is Side.BUY) == (SIDES[word(fields, "posSide", tuple(SIDES))] is PositionSide.LONG)
    return Intent.OPEN if opens else Intent.CLOSE


def _preset(fields: Mapping[str, Any], name: str, prefix: str) -> Preset | None:
    trigger = number(fields, name)
    if not trigger:
        return None
    limit = word(fields, f"{prefix}OrderType", ("market", "limit"), "market") == "limit"
    return Preset(
        trigger_price=trigger,
        price=needed_number(fields, f"{prefix}LimitPrice") if limit else None,
        on_mark=word(fields, f"{prefix}TriggerBy", ("market", "mark"), "market") == "mark",
    )


def _ids(placed: Placed) -> dict[str, Any]:
    # A reduce-only order that displaces older ones is created later: its id is not known yet.
    later = bool(placed.displaced) and placed.order.reduce_only
    return {"orderId": None if later else str(placed.order.id), "clientOid": placed.order.client_id}
