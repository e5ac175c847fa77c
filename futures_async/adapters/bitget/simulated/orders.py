"""Regular orders and fills. Reference: venues/bitget.md sections 3.5 and 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from futures_async.adapters.bitget.simulated.base import DAY_MS, MARGIN_MODES, SIDES, V2
from futures_async.adapters.bitget.simulated.gate import needed_number, number, required, whole, word
from futures_async.adapters.bitget.simulated.rows import fill_row, order_row
from futures_async.simulator import errors
from futures_async.simulator.accounts import Account
from futures_async.simulator.dialect import Request, Route, VenueRefusal
from futures_async.simulator.orders import Placed
from futures_async.simulator.records import Fill, Order, Preset, Source, Ticket
from futures_async.transport.endpoint import Kind, RateLimit
from futures_async.unified.enums import Intent, OrderStatus, OrderType, PositionMode, PositionSide, Side, TimeInForce

PATH = "/api/v2/mix/order"
FORCES = {
    "gtc": TimeInForce.GTC,
    "post_only": TimeInForce.POST_ONLY,
    "fok": TimeInForce.FOK,
    "ioc": TimeInForce.IOC,
}
TYPES = {"limit": OrderType.LIMIT, "market": OrderType.MARKET}
CLIENT_ID = re.compile(r"[0-9A-Za-z_:#\-+\s]{1,50}")
MAX_BATCH = 20
MAX_CANCELS = 50


class OrderCalls(V2):
    """Placing, changing, cancelling and finding."""

    def order_routes(self) -> list[Route]:
        """The rows of the table."""
        ten = RateLimit(10)
        return [
            Route("POST", f"{PATH}/place-order", self.place_order, ten, kind=Kind.ORDER),
            Route("POST", f"{PATH}/batch-place-order", self.place_batch, RateLimit(5), kind=Kind.ORDER),
            Route("POST", f"{PATH}/modify-order", self.modify_order, ten, kind=Kind.ORDER),
            Route("POST", f"{PATH}/cancel-order", self.cancel_order, ten, kind=Kind.CANCEL),
            Route("POST", f"{PATH}/batch-cancel-orders", self.cancel_batch, ten, kind=Kind.CANCEL),
            Route("POST", f"{PATH}/cancel-all-orders", self.cancel_all, ten, kind=Kind.DELTA),
            Route("POST", f"{PATH}/close-positions", self.close_positions, RateLimit(1), kind=Kind.ORDER),
            Route("POST", f"{PATH}/click-backhand", self.reverse, ten, kind=Kind.ORDER),
            Route("GET", f"{PATH}/detail", self.detail, ten),
            Route("GET", f"{PATH}/orders-pending", self.pending, ten),
            Route("GET", f"{PATH}/orders-history", self.history, ten),
            Route("GET", f"{PATH}/fills", self.fills, ten),
            Route("GET", f"{PATH}/fill-history", self.fill_history, ten),
        ]

    def special(self, path: str) -> Mapping[type[Any], str]:
        """Where order endpoints say it with another code."""
        if path in (f"{PATH}/cancel-order", f"{PATH}/batch-cancel-orders"):
            return {errors.UnknownOrder: "40768"}
        if path == f"{PATH}/modify-order":
            return {errors.UnknownOrder: "43001"}
        return super().special(path)

    # -- placing

    def place_order(self, request: Request) -> dict[str, Any]:
        """The answer holds ids only, and says "accepted"."""
        fields = request.fields()
        required(fields, "symbol", "productType", "marginMode", "marginCoin", "size", "side", "orderType")
        return self._ids(self._place(request.account, fields, fields))

    def _place(self, account: Account, common: Mapping[str, Any], fields: Mapping[str, Any]) -> Placed:
        contract = self.contract(common)
        order_type = TYPES[word(fields, "orderType", tuple(TYPES))]
        price = needed_number(fields, "price") if order_type is OrderType.LIMIT else None
        size = needed_number(fields, "size")
        if size <= 0:
            raise VenueRefusal("41103", f"param size={size} error")
        side, intent = self.direction(account, contract.settle, fields)
        reduce_only = intent is None and word(fields, "reduceOnly", ("yes", "no"), "no") == "yes"
        ticket = Ticket(
            symbol=contract.symbol,
            side=side,
            type=order_type,
            quantity=size,
            price=price,
            time_in_force=FORCES[word(fields, "force", tuple(FORCES), "gtc")] if price is not None else TimeInForce.GTC,
            intent=intent,
            reduce_only=reduce_only,
            client_id=self.client_id(fields),
            margin_mode=MARGIN_MODES[word(common, "marginMode", tuple(MARGIN_MODES))],
            take_profit=_preset(fields, "presetStopSurplusPrice", "presetStopSurplusExecutePrice"),
            stop_loss=_preset(fields, "presetStopLossPrice", "presetStopLossExecutePrice"),
        )
        return self.engine.orders.place(account, ticket)

    def direction(self, account: Account, coin: str, fields: Mapping[str, Any]) -> tuple[Side, Intent | None]:
        """What the market sees. In hedge mode `side` names the position, and `tradeSide` must be there; in one-way
        mode it must not."""
        named = Side(word(fields, "side", ("buy", "sell")))
        hedge = account.mode(coin) is PositionMode.HEDGE
        if bool(fields.get("tradeSide")) != hedge:
            raise errors.ModeConflict("tradeSide belongs to hedge mode")
        if not hedge:
            return named, None
        intent = Intent(word(fields, "tradeSide", ("open", "close")))
        if intent is Intent.OPEN:
            return named, intent
        return (Side.SELL if named is Side.BUY else Side.BUY), intent

    def client_id(self, fields: Mapping[str, Any], name: str = "clientOid") -> str:
        """The caller's, or a fresh numeric one."""
        text = fields.get(name)
        if text in (None, ""):
            return str(self.engine.world.next_id())
        if not isinstance(text, str) or len(text) > 50:
            raise VenueRefusal("40304", "client_oid length is not greater than 50")
        if not CLIENT_ID.fullmatch(text):
            raise errors.InvalidClientId(text)
        return text

    def _ids(self, placed: Placed) -> dict[str, Any]:
        # A reduce-only order that displaces older ones is created later: its id is not known yet.
        later = bool(placed.displaced) and placed.order.reduce_only
        return {"clientOid": placed.order.client_id, "orderId": None if later else str(placed.order.id)}

    def place_batch(self, request: Request) -> dict[str, Any]:
        """One symbol and margin mode for all; each order succeeds or fails by itself."""
        fields = request.fields()
        required(fields, "symbol", "productType", "marginCoin", "marginMode", "orderList")
        wanted = items(fields, "orderList", MAX_BATCH, "40306")
        success: list[dict[str, Any]] = []
        failure: list[dict[str, Any]] = []
        for item in wanted:
            try:
                required(item, "size", "side", "orderType")
                success.append(self._ids(self._place(request.account, fields, item)))
            except (VenueRefusal, errors.EngineError) as error:
                failure.append(self._failed(error, request, "", item.get("clientOid") or ""))
        return {"successList": success, "failureList": failure, "result": not failure}

    def _failed(self, error: Exception, request: Request, order_id: str, client_id: str) -> dict[str, Any]:
        refusal = error if isinstance(error, VenueRefusal) else None
        if isinstance(error, errors.EngineError):
            refusal = self.translate(error, request)
        code, message = ("", "") if refusal is None else (refusal.code, refusal.message)
        return {"orderId": order_id, "clientOid": client_id, "errorMsg": message, "errorCode": code}

    # -- changing

    def modify_order(self, request: Request) -> dict[str, Any]:
        """A new price or size makes a new order with a new id; presets are changed in place."""
        fields = request.fields()
        required(fields, "symbol", "productType")
        account = request.account
        if not fields.get("newClientOid"):
            raise VenueRefusal("22003", "newClientOid cannot be empty")
        order = self._named(account, fields)
        if fields["newClientOid"] == order.client_id:
            raise errors.DuplicateClientId("newClientOid")
        size, price = number(fields, "newSize"), number(fields, "newPrice")
        if (size is None) != (price is None):
            raise VenueRefusal("40925", "newSize and newPrice must be passed together")
        answer = {"orderId": str(order.id), "clientOid": order.client_id}
        if size is not None and price is not None:
            if size <= 0 or price <= 0:
                raise VenueRefusal("41103", "param newSize error")
            client_id = self.client_id(fields, "newClientOid")
            self.engine.orders.amend(account, order, price=price, quantity=size, client_id=client_id)
            return answer
        if order.status is not OrderStatus.NEW:
            raise errors.NotAmendable("not live")
        # Passing one of the two drops the other; "0" deletes.
        order.take_profit = _preset(fields, "newPresetStopSurplusPrice", "")
        order.stop_loss = _preset(fields, "newPresetStopLossPrice", "")
        return answer

    def _named(self, account: Account, fields: Mapping[str, Any]) -> Order:
        order_id, client_id = whole(fields, "orderId"), fields.get("clientOid") or None
        if order_id is None and client_id is None:
            raise VenueRefusal("40913", "One of orderId and clientOid is required")
        symbol = self.contract(fields).symbol
        return self.engine.orders.find(account, order_id=order_id, client_id=client_id, symbol=symbol)

    # -- cancelling

    def cancel_order(self, request: Request) -> dict[str, Any]:
        """By either id; `orderId` wins."""
        fields = request.fields()
        required(fields, "symbol", "productType")
        order = self._cancel(request, self.contract(fields).symbol, fields)
        return {"orderId": str(order.id), "clientOid": order.client_id}

    def _cancel(self, request: Request, symbol: str, fields: Mapping[str, Any]) -> Order:
        order_id, client_id = whole(fields, "orderId"), fields.get("clientOid") or None
        if order_id is None and client_id is None:
            raise VenueRefusal("40913", "One of orderId and clientOid is required")
        account = request.account
        known = account.orders.get(order_id) if order_id is not None else account.by_client.get(client_id or "")
        if known is not None:
            if request.now_ms - known.tag.get("cancel_ms", 0) < 1_000:
                raise VenueRefusal("45129", "The same order can only be cancelled once within 1s")
            known.tag["cancel_ms"] = request.now_ms
        return self.engine.orders.cancel(account, order_id=order_id, client_id=client_id, symbol=symbol)

    def cancel_batch(self, request: Request) -> dict[str, Any]:
        """Some by id; without a list, all of the product type or symbol."""
        fields = request.fields()
        if not fields.get("orderIdList"):
            return self._cancel_matching(request, fields, self.product(fields))
        wanted = items(fields, "orderIdList", MAX_CANCELS, "40912")
        symbol = self.contract(fields).symbol
        success: list[dict[str, Any]] = []
        failure: list[dict[str, Any]] = []
        for item in wanted:
            try:
                order = self._cancel(request, symbol, item)
                success.append({"orderId": str(order.id), "clientOid": order.client_id})
            except (VenueRefusal, errors.EngineError) as error:
                failure.append(self._failed(error, request, item.get("orderId") or "", item.get("clientOid") or ""))
        return {"successList": success, "failureList": failure}

    def cancel_all(self, request: Request) -> dict[str, Any]:
        """Of a product type, not of a symbol."""
        fields = request.fields()
        window, sent = whole(fields, "receiveWindow"), whole(fields, "requestTime")
        if window is not None and window >= 60_000:
            raise VenueRefusal("40079", "receiveWindow must be less than 60s")
        if window is not None and sent is not None and request.now_ms - sent > window:
            raise VenueRefusal("40078", "The request has expired")
        return self._cancel_matching(request, {**fields, "symbol": None}, self.product(fields))

    def _cancel_matching(self, request: Request, fields: Mapping[str, Any], product: str) -> dict[str, Any]:
        symbol = self.maybe_symbol(fields)
        orders = self.engine.orders.cancel_all(
            request.account,
            lambda order: order.symbol == symbol if symbol else self.product_of(order.symbol) == product,
        )
        rows = [{"orderId": str(order.id), "clientOid": order.client_id} for order in orders]
        return {"successList": rows, "failureList": []}

    def _coin_of(self, symbol: str) -> str:
        return self.engine.world.contract(symbol).settle

    # -- closing

    def close_positions(self, request: Request) -> dict[str, Any]:
        """At market; without a symbol, every position of the product type."""
        fields, account = request.fields(), request.account
        product, symbol = self.product(fields), self.maybe_symbol(fields)
        side = SIDES[word(fields, "holdSide", tuple(SIDES))] if fields.get("holdSide") else None
        found = [
            (position.symbol, position.side)
            for position in account.positions_of(symbol=symbol)
            if self.product_of(position.symbol) == product
            and (position.mode is PositionMode.ONE_WAY or side in (None, position.side))
        ]
        if not found:
            raise errors.NoPosition("no position to close")
        rows: list[dict[str, Any]] = []
        for name, position_side in found:
            order = self.engine.orders.close_position(account, name, position_side)
            order.client_id = str(self.engine.world.next_id())
            account.by_client[order.client_id] = order
            rows.append({"orderId": str(order.id), "clientOid": order.client_id, "symbol": self.name(name)})
        return {"successList": rows, "failureList": []}

    def reverse(self, request: Request) -> dict[str, Any]:
        """Close a position and open as much on the other side."""
        fields, account = request.fields(), request.account
        required(fields, "symbol", "productType", "marginCoin", "side")
        contract = self.contract(fields)
        named = Side(word(fields, "side", ("buy", "sell")))
        if bool(fields.get("tradeSide")) != (account.mode(contract.settle) is PositionMode.HEDGE):
            raise errors.ModeConflict("tradeSide belongs to hedge mode")
        side = PositionSide.LONG if named is Side.BUY else PositionSide.SHORT
        position = account.positions.get((contract.symbol, side))
        if position is None:
            raise errors.NoPosition("no position to reverse")
        quantity = number(fields, "size") or position.quantity
        client_id = self.client_id(fields)
        closing = self.engine.orders.close_position(account, contract.symbol, side, Source.REVERSE)
        hedge = closing.position_mode is PositionMode.HEDGE
        ticket = Ticket(
            symbol=contract.symbol,
            side=closing.side,
            type=OrderType.MARKET,
            quantity=quantity,
            intent=Intent.OPEN if hedge else None,
            client_id=client_id,
            source=Source.REVERSE,
        )
        return self._ids(self.engine.orders.place(account, ticket))

    # -- finding

    def detail(self, request: Request) -> dict[str, Any]:
        """One order in any state; trigger orders are not found here."""
        required(request.params, "symbol", "productType")
        return order_row(self._named(request.account, request.params), self.name, detail=True)

    def pending(self, request: Request) -> dict[str, Any]:
        """Open orders; null when there are none."""
        wanted = request.params.get("status") or None
        states = {None: None, "live": OrderStatus.NEW, "partially_filled": OrderStatus.PARTIALLY_FILLED}
        if wanted not in states:
            raise VenueRefusal("40020", "Parameter status error")
        state = states[wanted]
        rows = self.engine.orders.open_orders(request.account)
        rows.sort(key=lambda order: order.id)
        return self._order_page(request, rows, lambda order: state in (None, order.status))

    def history(self, request: Request) -> dict[str, Any]:
        """Finished orders."""
        return self._order_page(request, request.account.order_log, self.engine.orders.finished, history=True)

    def _order_page(
        self, request: Request, rows: Sequence[Order], also: Callable[[Order], bool], *, history: bool = False
    ) -> dict[str, Any]:
        params = request.params
        product, symbol = self.product(params), self.maybe_symbol(params)
        order_id, client_id = whole(params, "orderId"), params.get("clientOid") or None

        def match(order: Order) -> bool:
            if self.product_of(order.symbol) != product or symbol not in (None, order.symbol) or not also(order):
                return False
            return order.id == order_id if order_id is not None else client_id in (None, order.client_id)

        found, end = self.page(
            request, rows, key=lambda order: order.id, match=match, time_of=lambda order: order.created_ms
        )
        entries = [order_row(order, self.name, history=history) for order in found]
        return {"entrustedList": entries or None, "endId": end}

    def fills(self, request: Request) -> dict[str, Any]:
        """Executions; null when there are none. They carry no client id."""
        return self._fill_page(request, longest_ms=90 * DAY_MS, history=False)

    def fill_history(self, request: Request) -> dict[str, Any]:
        """The same by weeks; not in the demo environment."""
        if request.header("paptrading") == "1":
            raise self.not_found
        return self._fill_page(request, longest_ms=7 * DAY_MS, history=True)

    def _fill_page(self, request: Request, *, longest_ms: int, history: bool) -> dict[str, Any]:
        params = request.params
        product, symbol, order_id = self.product(params), self.maybe_symbol(params), whole(params, "orderId")

        def match(fill: Fill) -> bool:
            return (
                self.product_of(fill.symbol) == product
                and symbol in (None, fill.symbol)
                and order_id in (None, fill.order.id)
                and fill.visible_ms <= request.now_ms
            )

        found, end = self.page(
            request,
            request.account.fills,
            key=lambda fill: fill.id,
            match=match,
            time_of=lambda fill: fill.created_ms,
            longest_ms=longest_ms,
        )
        rows = [fill_row(fill, self.name, self._coin_of(fill.symbol), history=history) for fill in found]
        return {"fillList": rows or None, "endId": end}


def _preset(fields: Mapping[str, Any], name: str, price_name: str) -> Preset | None:
    trigger = number(fields, name)
    if trigger is None or trigger == 0:
        return None
    return Preset(trigger_price=trigger, price=(number(fields, price_name) if price_name else None) or None)


def items(fields: Mapping[str, Any], name: str, most: int, code: str) -> list[Mapping[str, Any]]:
    """A list of objects in the body, not longer than allowed."""
    found = fields[name]
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):  # pyright: ignore[reportUnknownVariableType] - JSON
        raise VenueRefusal("400172", f"Parameter verification failed: {name}")
    if len(found) > most:  # pyright: ignore[reportUnknownArgumentType] - JSON
        raise VenueRefusal(code, f"At most {most} orders")
    return found  # pyright: ignore[reportUnknownVariableType] - checked above
