"""Local bounds on orders: what a slip of the caller's cannot exceed, whatever the venue would take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from futures_async.unified.convert import multiply, to_decimal, to_text
from futures_async.unified.enums import Intent, OrderType, Side
from futures_async.unified.errors import InvalidOrder, InvalidRequest
from futures_async.unified.given import all_of, check_kind
from futures_async.unified.models import OrderRequest
from futures_async.unified.symbols import split

if TYPE_CHECKING:
    from futures_async.unified.convert import Number


class OrderBounds(msgspec.Struct, frozen=True, kw_only=True):
    """Checked before anything is signed, for every order and edit of one exchange object; None bounds nothing.

    Orders with `Intent.CLOSE`, which only close, always pass, and so do cancels. `request()` is not looked at.

    Raises:
        InvalidRequest: A bound is no number above 0, or a symbol is not in its unified form.
    """

    symbols: Collection[str] | None = None
    """Unified symbols that may be traded."""
    max_quantity: Mapping[str, Decimal] | None = None
    """Largest order by unified symbol, in base coin; a symbol that is not named is not bounded."""
    max_notional: Decimal | None = None
    """Largest order, in quote coin. A sell, a market and a trigger order are judged at the last price where that is
    higher than their own, which costs a read of the ticker before each."""

    if TYPE_CHECKING:  # what it may be made of; its attributes are what stands above

        def __init__(
            self,
            *,
            symbols: Collection[str] | None = None,
            max_quantity: Mapping[str, Number] | None = None,
            max_notional: Number | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if self.symbols is not None:
            all_of("symbols", self.symbols, str, "text")
        if self.max_quantity is not None:
            check_kind("max_quantity", self.max_quantity, Mapping, "quantities by symbol")
            all_of("max_quantity", self.max_quantity, str, "under a symbol")
        for symbol in (*(self.symbols or ()), *(self.max_quantity or ())):
            if split(symbol) is None:
                raise InvalidRequest(f"bounds name contracts as BASE/QUOTE:SETTLE, not {symbol[:40]!r}")
        if self.max_notional is not None:
            msgspec.structs.force_setattr(self, "max_notional", _bound(self.max_notional, "max_notional"))
        if self.max_quantity is not None:
            most = {symbol: _bound(number, f"max_quantity of {symbol}") for symbol, number in self.max_quantity.items()}
            msgspec.structs.force_setattr(self, "max_quantity", most)

    def wants_price(self, request: OrderRequest) -> bool:
        """Whether the last price is needed to judge this order: only a limit buy can't cost more than it says."""
        if self.max_notional is None or request.intent is Intent.CLOSE:
            return False
        return request.type is not OrderType.LIMIT or request.side is Side.SELL

    def check(self, request: OrderRequest, symbol: str, last_price: Decimal | None = None) -> None:
        """Refuse an order that is out of bounds.

        Args:
            request: Checked before: its numbers are Decimal.
            symbol: Its contract, unified.
            last_price: Of the contract, where `wants_price`.

        Raises:
            InvalidOrder: It is; nothing was sent.
        """
        if request.intent is Intent.CLOSE:
            return
        if self.symbols is not None and symbol not in self.symbols:
            raise InvalidOrder(f"{symbol} is not among the symbols that the bounds of this exchange allow")
        most = None if self.max_quantity is None else self.max_quantity.get(symbol)
        if most is not None and request.quantity > most:
            raise InvalidOrder(f"quantity {to_text(request.quantity)} is over the bound {to_text(most)} of {symbol}")
        if self.max_notional is None:
            return
        prices = [price for price in (request.price, request.trigger_price, last_price) if price is not None]
        if not prices or (last_price is None and self.wants_price(request)):
            raise InvalidOrder("without a last price this order cannot be held to max_notional: place a limit buy")
        notional = multiply(request.quantity, max(prices))
        if notional > self.max_notional:
            raise InvalidOrder(
                f"notional {to_text(notional)} is over the bound {to_text(self.max_notional)} of this exchange"
            )


def _bound(value: Decimal, name: str) -> Decimal:
    number = to_decimal(value, name)
    if number <= 0:
        raise InvalidRequest(f"{name} must be above 0, not {to_text(number)}")
    return number
