"""What BitMart's endpoints on the simulated exchange share: contracts, bodies, and what orders say in them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import futures_async.simulator.venue as sim
from futures_async.adapters.bitmart.simulated import rows
from futures_async.simulator.venue import errors

PRIVATE = "/contract/private"
DAY_S = 86_400
ROWS, OPEN_ROWS, LEDGER_ROWS = 200, 100, 1000
FORCE = {code: force for force, code in rows.FORCE_CODE.items()}
TYPES = {"limit": sim.OrderType.LIMIT, "market": sim.OrderType.MARKET}
OPEN_TYPE = {"cross": sim.MarginMode.CROSS, "isolated": sim.MarginMode.ISOLATED}
POSITION_MODE = {word: mode for mode, word in rows.MODE_WORD.items()}
CLIENT_ID = re.compile("[A-Za-z0-9]+")
READER = sim.Reader(
    missing=lambda name: sim.VenueRefusal("40011", f"{name} is required"),
    wrong=lambda name, value: sim.VenueRefusal("40007", f"{name} is invalid"),
)
whole = READER.whole


def per2(count: int) -> sim.RateLimit:
    """So many in two seconds."""
    return sim.RateLimit(count, 2.0)


class Code(NamedTuple):
    """What a side code means."""

    side: sim.Side
    closes: bool


SIDES = {
    1: Code(sim.Side.BUY, False),
    2: Code(sim.Side.BUY, True),
    3: Code(sim.Side.SELL, True),
    4: Code(sim.Side.SELL, False),
}


class BitMartSide(sim.Dialect):
    """Base of the groups of endpoints."""

    reader = READER
    linear_only = True

    def venue_symbol(self, contract: sim.ContractSpec) -> str:
        return rows.venue_symbol(contract)


class Body:
    """A request's body, and the contract that it is about; a value of another JSON type than documented is 40007."""

    def __init__(self, dialect: BitMartSide, request: sim.Request) -> None:
        self.fields = request.fields()
        self.account = request.account
        self.contract = dialect.find_contract(self.text("symbol"))
        self.symbol = self.contract.symbol

    def text(self, name: str) -> str | None:
        """A string, or nothing."""
        return text_of(self.fields, name)

    def whole(self, name: str) -> int | None:
        """A JSON integer, or nothing."""
        value = self.fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise _unreadable(name)
        return value

    def money(self, name: str) -> Decimal | None:
        """A number as text, or nothing."""
        text = self.text(name)
        try:
            value = None if text is None else Decimal(text)
        except InvalidOperation:
            raise _unreadable(name) from None
        if value is not None and not value.is_finite():
            raise _unreadable(name)
        return value

    def price(self, name: str) -> Decimal | None:
        """The same, on the tick."""
        price = self.money(name)
        if price is not None and price % self.contract.tick:
            raise sim.VenueRefusal("40043", "The precision is error")
        return price

    # What order requests say

    def side(self) -> Code:
        """What the side code means; another is 40041."""
        code = SIDES.get(self.whole("side") or 0)
        if code is None:
            raise sim.VenueRefusal("40041", "The order side is invalid")
        return code

    def type(self) -> sim.OrderType:
        """Limit where it says nothing."""
        kind = TYPES.get(self.text("type") or "limit")
        if kind is None:
            raise sim.VenueRefusal("40042", "The order type is invalid")
        return kind

    def force(self, kind: sim.OrderType) -> sim.TimeInForce:
        """The mode's code."""
        force = FORCE.get(self.whole("mode") or 1)
        if force is None or (force is sim.TimeInForce.POST_ONLY and kind is sim.OrderType.MARKET):
            raise sim.VenueRefusal("40011", "mode is invalid")
        return force

    def quantity(self) -> Decimal:
        """Contracts to base coin."""
        size = self.whole("size")
        if size is None:
            raise _unreadable("size")
        if size < 1:
            raise sim.VenueRefusal("40044", "The range is error")
        return size * self.contract.contract_size

    def client_id(self) -> str | None:
        """Letters and digits, at most 32."""
        name = self.text("client_order_id")
        if name is not None and not CLIENT_ID.fullmatch(name):
            raise sim.VenueRefusal("40048", "client_order_id may hold letters and digits")
        if name is not None and len(name) > 32:
            raise sim.VenueRefusal("40049", "client_order_id is longer than 32")
        return name

    def presets(self) -> dict[str, Any]:
        """Take-profit and stop-loss that come with an order."""
        found: dict[str, Any] = {}
        for name in ("take_profit", "stop_loss"):
            price = self.money(f"preset_{name}_price")
            on_mark = self.whole(f"preset_{name}_price_type") == 2
            found[name] = None if price is None else sim.Preset(trigger_price=price, on_mark=on_mark)
        return found

    def style(self, code: Code) -> dict[str, Any]:
        """The same codes in both modes: in one-way mode 2 and 3 are reduce-only."""
        if self.account.mode(self.symbol) is sim.PositionMode.HEDGE:
            return {"side": code.side, "intent": sim.Intent.CLOSE if code.closes else sim.Intent.OPEN}
        return {"side": code.side, "reduce_only": code.closes}

    def terms(self, code: Code) -> dict[str, Any]:
        """Leverage and margin mode of an opening order: those of the position, where there is one."""
        leverage, word = self.money("leverage"), self.text("open_type")
        if word is not None and word not in OPEN_TYPE:
            raise sim.VenueRefusal("40045", "open_type is invalid")
        if code.closes:
            return {}
        if leverage is not None and leverage > self.contract.max_leverage:
            raise sim.VenueRefusal("40029", "The leverage is too large")
        if leverage is not None and (leverage < 1 or leverage % 1):
            raise sim.VenueRefusal("40030", "The leverage is too small")
        mode = OPEN_TYPE.get(word or "")
        for position in self.account.positions_of(symbol=self.symbol):
            if leverage not in (None, position.leverage) or mode not in (None, position.margin_mode):
                raise errors.MarginModeLocked("not the position's")
        return {"leverage": leverage, "margin_mode": mode}

    def ids(self) -> tuple[int | None, str | None]:
        """`order_id` is text here."""
        text, client_id = self.text("order_id"), self.text("client_order_id")
        if text is not None and not (text.isascii() and text.isdigit()):
            raise sim.VenueRefusal("40037", "The order ID is not exist")
        return (None if text is None else int(text)), client_id


def text_of(fields: dict[str, Any], name: str) -> str | None:
    """A string of a body, or nothing."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise _unreadable(name)
    return value or None


def _unreadable(name: str) -> sim.VenueRefusal:
    return sim.VenueRefusal("40007", f"{name} cannot be parsed")
