"""What BitMart's endpoints on the simulated exchange share: contracts, bodies, and what orders say in them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from futures_async.adapters.bitmart.simulated import rows
from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.dialect import Dialect, Request, VenueRefusal
from futures_async.simulator.errors import (
    MarginModeLocked,
    UnknownSymbol,
)
from futures_async.simulator.records import Preset
from futures_async.unified.enums import Intent, MarginMode, PositionMode, Side

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


class BitMartSide(Dialect):
    """What both halves of the dialect need."""

    def contract(self, symbol: Any) -> ContractSpec:
        """By the venue's id.

        Raises:
            UnknownSymbol: 40034.
        """
        for contract in self.engine.world.linear:
            if rows.venue_symbol(contract) == symbol:
                return contract
        raise UnknownSymbol("no such symbol")

    def wanted_contract(self, request: Request) -> ContractSpec:
        """The contract that the query requires."""
        symbol = request.params.get("symbol")
        if not symbol:
            raise VenueRefusal("40011", "symbol is required")
        return self.contract(symbol)

    def maybe_contract(self, request: Request) -> ContractSpec | None:
        """The contract that the query may name."""
        symbol = request.params.get("symbol")
        return self.contract(symbol) if symbol else None

    def contract_of(self, symbol: str) -> ContractSpec:
        """By the unified symbol of a record."""
        return self.engine.world.contract(symbol)

    def number(self, request: Request, name: str) -> int | None:
        """A whole number of the query.

        Raises:
            VenueRefusal: Not one.
        """
        text = request.params.get(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise VenueRefusal("40007", f"{name} is invalid")
        return int(text)

    # What order requests say

    def side(self, body: Body) -> Code:
        """What the side code means; another is 40041."""
        code = SIDES.get(body.whole("side") or 0)
        if code is None:
            raise VenueRefusal("40041", "The order side is invalid")
        return code

    def quantity(self, body: Body, contract: ContractSpec) -> Decimal:
        """Contracts to base coin."""
        size = body.whole("size")
        if size is None:
            raise VenueRefusal("40007", "size cannot be parsed")
        if size < 1:
            raise VenueRefusal("40044", "The range is error")
        return size * contract.contract_size

    def check_tick(self, contract: ContractSpec, price: Decimal | None) -> None:
        """Refuse a price off the tick."""
        if price is not None and price % contract.tick:
            raise VenueRefusal("40043", "The precision is error")

    def client_id(self, body: Body) -> str | None:
        """Letters and digits, at most 32."""
        name = body.text("client_order_id")
        if name is None:
            return None
        if not CLIENT_ID.fullmatch(name):
            raise VenueRefusal("40048", "client_order_id may hold letters and digits")
        if len(name) > 32:
            raise VenueRefusal("40049", "client_order_id is longer than 32")
        return name

    def preset(self, body: Body, name: str) -> Preset | None:
        """Take-profit or stop-loss that comes with an order."""
        price = body.money(name)
        if price is None:
            return None
        return Preset(trigger_price=price, on_mark=body.whole(f"{name}_type") == 2)

    def style(self, account: Account, contract: ContractSpec, code: Code) -> dict[str, Any]:
        """The same codes in both modes: in one-way mode 2 and 3 are reduce-only."""
        if account.mode(contract.settle) is PositionMode.HEDGE:
            return {"intent": Intent.CLOSE if code.closes else Intent.OPEN}
        return {"reduce_only": code.closes}

    def terms(self, account: Account, contract: ContractSpec, body: Body, code: Code) -> dict[str, Any]:
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

    def ids(self, body: Body) -> tuple[int | None, str | None]:
        """`order_id` is text here."""
        text, client_id = body.text("order_id"), body.text("client_order_id")
        if text is not None and not (text.isascii() and text.isdigit()):
            raise VenueRefusal("40037", "The order ID is not exist")
        return (None if text is None else int(text)), client_id
