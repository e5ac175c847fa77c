"""BitMart's settings, orders, lists and conditional orders on the simulated exchange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, TypeVar

from futures_async.adapters.bitmart import simulated_rows as rows
from futures_async.adapters.bitmart.simulated_market import BitMartSide
from futures_async.enums import Intent, MarginMode, OrderType, PositionMode, PositionSide, Side, TimeInForce
from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Request, VenueRefusal
from futures_async.simulator.errors import (
    MarginModeLocked,
    NothingToCancel,
    PositionModeLocked,
    Unchanged,
    UnknownOrder,
)
from futures_async.simulator.records import Fill, Order, Preset, Ticket, Trigger, TriggerKind

R = TypeVar("R", Order, Fill)

DAY_S = 86_400
ROWS, OPEN_ROWS, LEDGER_ROWS = 200, 100, 1000
FORCE = {code: force for force, code in rows.FORCE_CODE.items()}
OPEN_TYPE = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
POSITION_MODE = {word: mode for mode, word in rows.MODE_WORD.items()}
CLIENT_ID = re.compile("[A-Za-z0-9]+")


class Code(NamedTuple):
    """What a side code means."""

    side: Side
    closes: bool


SIDES = {1: Code(Side.BUY, False), 2: Code(Side.BUY, True), 3: Code(Side.SELL, True), 4: Code(Side.SELL, False)}


class Body:
    """A request's body; a value of another JSON type than documented is 40007."""

    def __init__(self, request: Request) -> None:
        self.fields = request.fields()

    def text(self, name: str) -> str | None:
        """A string, or nothing."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            raise VenueRefusal("40007", f"{name} cannot be parsed")
        return value or None

    def whole(self, name: str) -> int | None:
        """A JSON integer, or nothing."""
        value = self.fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise VenueRefusal("40007", f"{name} cannot be parsed")
        return value

    def money(self, name: str) -> Decimal | None:
        """A number as text, or nothing."""
        text = self.text(name)
        if text is None:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise VenueRefusal("40007", f"{name} cannot be parsed") from None
        if not value.is_finite():
            raise VenueRefusal("40007", f"{name} cannot be parsed")
        return value


class TradingCalls(BitMartSide):
    """Everything private that is not a plain read of the account."""

    # Settings

    def set_position_mode(self, request: Request) -> Any:
        """Account-wide; refused while anything is open."""
        word = Body(request).text("position_mode")
        mode = POSITION_MODE.get(word or "")
        if mode is None:
            raise VenueRefusal("40011", "position_mode is invalid")
        account = request.account
        if account.mode("USDT") is not mode:
            if account.positions or account.open_orders:
                raise PositionModeLocked("positions or orders exist")
            account.default_mode = mode
            account.modes.clear()
        return {"position_mode": word}

    def submit_leverage(self, request: Request) -> Any:
        """Leverage and margin mode; without `leverage` a query."""
        body = Body(request)
        contract = self.contract(body.text("symbol"))
        mode = OPEN_TYPE.get(body.text("open_type") or "")
        if mode is None:
            raise VenueRefusal("40045", "open_type is invalid")
        account, leverage = request.account, body.money("leverage")
        settings = account.settings(contract.symbol)
        if leverage is not None:
            if leverage < 1:
                raise VenueRefusal("40030", "The leverage is too small")
            before = settings.margin_mode
            self.engine.settings.set_margin_mode(account, contract.symbol, mode)
            try:
                self.engine.settings.set_leverage(account, contract.symbol, leverage, margin_mode=mode)
            except BaseException:
                settings.margin_mode = before
                raise
            settings.cross_leverage = settings.long_leverage = settings.short_leverage = leverage
        return {
            "symbol": rows.venue_symbol(contract),
            "leverage": str(settings.leverage(PositionSide.LONG)),
            "open_type": settings.margin_mode.value,
            "max_value": str(contract.max_leverage),
        }

    # Orders

    def submit_order(self, request: Request) -> Any:
        """`order_id` is a number in the answer, `price` the text "market price" for market orders."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        code = self._side(body)
        kind = body.text("type") or "limit"
        if kind not in ("limit", "market"):
            raise VenueRefusal("40042", "The order type is invalid")
        force = FORCE.get(body.whole("mode") or 1)
        if force is None or (force is TimeInForce.POST_ONLY and kind == "market"):
            raise VenueRefusal("40011", "mode is invalid")
        price = body.money("price") if kind == "limit" else None
        if kind == "limit" and price is None:
            raise VenueRefusal("40011", "price is required")
        self._check_tick(contract, price)
        ticket = Ticket(
            symbol=contract.symbol,
            side=code.side,
            type=OrderType.LIMIT if kind == "limit" else OrderType.MARKET,
            quantity=self._quantity(body, contract),
            price=price,
            time_in_force=force,
            client_id=self._client_id(body),
            take_profit=self._preset(body, "preset_take_profit_price"),
            stop_loss=self._preset(body, "preset_stop_loss_price"),
            **self._style(account, contract, code),
            **self._terms(account, contract, body, code),
        )
        # The venue knows a smallest number of contracts, and no smallest value.
        order = self.engine.orders.place(account, ticket, internal=True).order
        return {"order_id": order.id, "price": body.text("price") if kind == "limit" else "market price"}

    def _side(self, body: Body) -> Code:
        code = SIDES.get(body.whole("side") or 0)
        if code is None:
            raise VenueRefusal("40041", "The order side is invalid")
        return code

    def _quantity(self, body: Body, contract: ContractSpec) -> Decimal:
        size = body.whole("size")
        if size is None:
            raise VenueRefusal("40007", "size cannot be parsed")
        if size < 1:
            raise VenueRefusal("40044", "The range is error")
        return size * contract.contract_size

    def _check_tick(self, contract: ContractSpec, price: Decimal | None) -> None:
        if price is not None and price % contract.tick:
            raise VenueRefusal("40043", "The precision is error")

    def _client_id(self, body: Body) -> str | None:
        name = body.text("client_order_id")
        if name is None:
            return None
        if not CLIENT_ID.fullmatch(name):
            raise VenueRefusal("40048", "client_order_id may hold letters and digits")
        if len(name) > 32:
            raise VenueRefusal("40049", "client_order_id is longer than 32")
        return name

    def _preset(self, body: Body, name: str) -> Preset | None:
        price = body.money(name)
        if price is None:
            return None
        return Preset(trigger_price=price, on_mark=body.whole(f"{name}_type") == 2)

    def _style(self, account: Account, contract: ContractSpec, code: Code) -> dict[str, Any]:
        """The same codes in both modes: in one-way mode 2 and 3 are reduce-only."""
        if account.mode(contract.settle) is PositionMode.HEDGE:
            return {"intent": Intent.CLOSE if code.closes else Intent.OPEN}
        return {"reduce_only": code.closes}

    def _terms(self, account: Account, contract: ContractSpec, body: Body, code: Code) -> dict[str, Any]:
        """Leverage and margin mode of an opening order: those of the position, where there is one."""
        leverage, word = body.money("leverage"), body.text("open_type")
        if word is not None and word not in OPEN_TYPE:
            raise VenueRefusal("40045", "open_type is invalid")
        if code.closes:
            return {}
        if leverage is not None and leverage > contract.max_leverage:
            raise VenueRefusal("40029", "The leverage is too large")
        if leverage is not None and (leverage < 1 or leverage % 1):
            raise VenueRefusal("40030", "The leverage is too small")
        mode = OPEN_TYPE.get(word or "")
        for position in account.positions_of(symbol=contract.symbol):
            if leverage not in (None, position.leverage) or mode not in (None, position.margin_mode):
                raise MarginModeLocked("not the position's")
        return {"leverage": leverage, "margin_mode": mode}

    def modify_order(self, request: Request) -> Any:
        """By `order_id`, here a number, or by client id; ids stay."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = body.whole("order_id"), body.text("client_order_id")
        price = body.money("price")
        size = body.fields.get("size")
        if isinstance(size, str) and size.isascii() and size.isdigit():
            body.fields["size"] = int(size)  # one widely used client sends text here
        quantity = None if size is None else self._quantity(body, contract)
        if (order_id is None and client_id is None) or (price is None and quantity is None):
            raise VenueRefusal("40011", "order_id or client_order_id, and price or size")
        self._check_tick(contract, price)
        orders = self.engine.orders
        order = orders.find(account, order_id=order_id, client_id=client_id, symbol=contract.symbol)
        with suppress(Unchanged):  # the same values again are harmless
            orders.amend(account, order, price=price, quantity=quantity, in_place=True)
        return {"order_id": order.id, "client_order_id": order.client_id or ""}

    def cancel_order(self, request: Request) -> Any:
        """Without an id: all of the symbol."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = self._ids(body)
        if order_id is None and client_id is None:
            return self.cancel_orders(request)
        self.engine.orders.cancel(account, order_id=order_id, client_id=client_id, symbol=contract.symbol)
        return {}

    def _ids(self, body: Body) -> tuple[int | None, str | None]:
        """`order_id` is text here."""
        text, client_id = body.text("order_id"), body.text("client_order_id")
        if text is not None and not (text.isascii() and text.isdigit()):
            raise VenueRefusal("40037", "The order ID is not exist")
        return (None if text is None else int(text)), client_id

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
        """At most 100, newest first, no pages. Conditional orders are elsewhere."""
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
        return [rows.order_row(request.account, order, self.contract_of(order.symbol)) for order in reversed(found)][
            :most
        ]

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
            symbol = "" if row.symbol is None else rows.venue_symbol(self.contract_of(row.symbol))
            found += [line for line in rows.ledger_rows(row, symbol) if not flow or line["flow_type"] == flow]
            if len(found) >= most:
                break
        return found[:most]

    # Conditional orders

    def submit_plan_order(self, request: Request) -> Any:
        """Waits for a price and then places an order; the answer's id is a number."""
        body, account = Body(request), request.account
        contract, code = self.contract(body.text("symbol")), self._side(body)
        kind = body.text("type") or "limit"
        if kind not in ("limit", "market"):
            raise VenueRefusal("40042", "The order type is invalid")
        way, by, trigger = body.whole("price_way"), body.whole("price_type"), body.money("trigger_price")
        price = body.money("executive_price") if kind == "limit" else None
        if way not in (1, 2) or by not in (1, 2) or trigger is None or (kind == "limit" and price is None):
            raise VenueRefusal("40011", "price_way, price_type, trigger_price or executive_price is invalid")
        self._check_tick(contract, trigger)
        self._check_tick(contract, price)
        terms = self._terms(account, contract, body, code)
        ticket = Ticket(
            symbol=contract.symbol,
            side=code.side,
            type=OrderType.LIMIT if kind == "limit" else OrderType.MARKET,
            quantity=self._quantity(body, contract),
            price=price,
            take_profit=self._preset(body, "preset_take_profit_price"),
            stop_loss=self._preset(body, "preset_stop_loss_price"),
            tag={"mode": body.whole("mode") or 1, "leverage": body.text("leverage") or ""},
            margin_mode=terms.get("margin_mode"),
            **self._style(account, contract, code),
        )
        placed = self.engine.triggers.place_plan(account, ticket, trigger, on_mark=by == 2)
        placed.above = way == 1
        return {"order_id": placed.id}

    def submit_tp_sl_order(self, request: Request) -> Any:
        """Protects a position; the answer's id is text."""
        body, account = Body(request), request.account
        contract, code = self.contract(body.text("symbol")), self._side(body)
        word, trigger = body.text("type"), body.money("trigger_price")
        if not code.closes:
            raise VenueRefusal("40041", "The order side is invalid")
        if word not in ("take_profit", "stop_loss"):
            raise VenueRefusal("40042", "The order type is invalid")
        if trigger is None or body.whole("price_type") not in (1, 2):
            raise VenueRefusal("40011", "trigger_price or price_type is invalid")
        self._check_tick(contract, trigger)
        # "0" executes at market.
        price = body.money("executive_price") or None
        whole = body.whole("size") is None or (body.whole("plan_category") or 2) == 2
        kinds = {
            ("take_profit", False): TriggerKind.TAKE_PROFIT,
            ("take_profit", True): TriggerKind.POSITION_TAKE_PROFIT,
            ("stop_loss", False): TriggerKind.STOP_LOSS,
            ("stop_loss", True): TriggerKind.POSITION_STOP_LOSS,
        }
        placed = self.engine.triggers.place_closing(
            account,
            contract.symbol,
            PositionSide.LONG if code.side is Side.SELL else PositionSide.SHORT,
            kinds[word, whole],
            Preset(trigger_price=trigger, price=price, on_mark=body.whole("price_type") == 2),
            client_id=self._client_id(body),
            **({} if whole else {"quantity": self._quantity(body, contract)}),
        )
        return {"order_id": str(placed.id), "client_order_id": placed.client_id or ""}

    def cancel_plan_order(self, request: Request) -> Any:
        """By id; what an id-less call does is not documented, so the worst is assumed."""
        body, account = Body(request), request.account
        contract = self.contract(body.text("symbol"))
        order_id, client_id = self._ids(body)
        triggers = self.engine.triggers
        if order_id is None and client_id is None:
            triggers.cancel_all(account, lambda trigger: trigger.symbol == contract.symbol)
            return {}
        found = triggers.find(account, trigger_id=order_id, client_id=client_id)
        if found.symbol != contract.symbol:
            raise UnknownOrder("of another symbol")
        triggers.cancel(account, found)
        return {}

    def plan_orders(self, request: Request) -> Any:
        """At most 100, newest first, no pages."""
        contract, kind, family = (
            self.maybe_contract(request),
            request.params.get("type"),
            request.params.get("plan_type"),
        )

        def match(trigger: Trigger) -> bool:
            return (
                (contract is None or trigger.symbol == contract.symbol)
                and (not kind or (kind == "market") == (trigger.price is None))
                and (not family or (family == "profit_loss") == trigger.kind.closes)
            )

        most = min(self.number(request, "limit") or OPEN_ROWS, OPEN_ROWS)
        live = [trigger for trigger in request.account.live_triggers.values() if match(trigger)]
        return [rows.plan_row(trigger, self.contract_of(trigger.symbol)) for trigger in reversed(live)][:most]
