"""What fills do to positions: size, average price and realized profit, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from futures_async.risk import unrealized_pnl
from futures_async.unified.convert import chosen_or_none
from futures_async.unified.enums import PositionSide, Side
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.exact import ZERO, add, divide, multiply, subtract
from futures_async.unified.given import all_of, flag
from futures_async.unified.models import Contract, Fill, Position
from futures_async.unified.models.market import contracts_worth
from futures_async.unified.symbols import settlement

REMEMBERED = 100_000
"""Fills that a book knows again."""


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One position as the fills made it."""

    quantity: Decimal = ZERO
    """Signed size in base coin: long is positive. Of contracts that are worth quote coin, what they were at entry."""
    contracts: Decimal | None = None
    """Signed number of contracts, which is exact, where they are worth a fixed amount of quote coin."""
    average_price: Decimal | None = None
    """Average entry price, in quote coin; None while flat, or when the book did not see the entry."""
    realized_pnl: Decimal = ZERO
    """Profit of closed parts so far, in margin coin, without fees."""
    fees: Decimal = ZERO
    """Fees so far, as the fills state them; paid is positive."""


class FillEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one fill did."""

    fill: Fill
    """The fill."""
    quantity_delta: Decimal
    """Change of the signed size, in base coin."""
    realized_pnl: Decimal | None
    """Profit realized by it, without fees: the venue's figure, else computed at average cost, else None."""
    leg: Leg
    """The position after it."""


class PositionBook:
    """Positions made from fills, by symbol and, in hedge mode, side. A fill counts once, whatever the order of calls.

    The profit of a closed part is ±quantity × (price − average entry), at average cost, which is how venues count;
    the venue's own figure is used where the fill has one. A fill that goes through zero closes and opens anew.

    Contracts that are worth a fixed amount of quote coin are counted by their number: the base coin in them is another
    at each price. Their profit is ±value × (1 / average entry − 1 / price), and the average that of 1 / price. Such a
    contract must be known before its first fill: see `contracts` and `learn`. Of any other contract that is not settled
    in its quote coin no profit is computed.

    Args:
        positions: What was open before the first fill, so that closing it has an entry price. Several of one side, as
            of a cross and an isolated one, are added up.
        hedged: Keep long and short of a symbol apart; fills then need the side that they belong to.
        contracts: Those that are not settled in their quote coin, or whose symbol does not tell.

    Raises:
        InvalidRequest: Long and short of a symbol are open, and the book is not hedged; or the number of contracts of a
            position that is worth quote coin is not known.
    """

    def __init__(
        self, positions: Iterable[Position] = (), *, hedged: bool = False, contracts: Iterable[Contract] = ()
    ) -> None:
        self._legs: dict[tuple[str, PositionSide | None], Leg] = {}
        self._seen: dict[tuple[str, str, str, str, Side], None] = {}
        self._hedged = flag(hedged, "hedged")
        self._worth: dict[str, Decimal | None] = {}
        """Quote coin per contract, by symbol; None: contracts of it are base coin."""
        self._linear: set[str] = set()
        """Symbols that are settled in their quote coin, where the symbol itself does not tell it."""
        for contract in all_of("contracts", contracts, Contract, "a Contract"):
            self.learn(contract)
        for position in all_of("positions", positions, Position, "a Position"):
            self._open(position)

    def _open(self, position: Position) -> None:
        worth, long = position.contract_value, position.side is PositionSide.LONG
        if worth is not None or position.settlement is not None:
            self._worth[position.symbol] = worth
        if position.settlement == "quote":
            self._linear.add(position.symbol)
        key = (position.symbol, position.side if self._hedged else None)
        leg = self._legs.get(key, Leg())
        if leg.quantity and (leg.quantity > 0) is not long:
            raise InvalidRequest(f"{position.symbol} is held long and short: make the book with hedged=True")
        size = position.quantity if worth is None else position.contracts
        entry = position.entry_price
        if size is None:
            raise InvalidRequest(f"{position.symbol}: how many contracts the position is was not told")
        # That of contracts that are worth quote coin is what they were at entry.
        base = size if worth is None else position.quantity if not entry else divide(multiply(size, worth), entry)
        signed = [part if long else multiply(part, Decimal(-1)) for part in (base, size)]
        self._legs[key] = self._grown(leg, signed[0], None if worth is None else signed[1], entry, worth)

    def learn(self, contract: Contract) -> None:
        """Know a contract: what it is settled in, and whether it is counted by its number."""
        self._worth[contract.symbol] = contract.contract_value
        if contract.settle == contract.quote and contract.contract_value is None:
            self._linear.add(contract.symbol)

    def knows(self, fill: Fill) -> bool:
        """Whether what the fill is about can be counted: what is not settled in its quote coin when it was learnt."""
        return fill.symbol in self._worth or self._is_linear(fill.symbol)

    def _is_linear(self, symbol: str) -> bool:
        return symbol in self._linear or settlement(symbol) == "quote"

    def leg(self, symbol: str, side: PositionSide | None = None) -> Leg:
        """Return the position of a symbol; of one side of it in hedge mode."""
        side = chosen_or_none(PositionSide, side, "side")
        return self._legs.get((symbol, side), Leg())

    @property
    def legs(self) -> dict[tuple[str, PositionSide | None], Leg]:
        """All positions, by symbol and side (None: net)."""
        return dict(self._legs)

    def apply(self, fill: Fill, side: PositionSide | None = None) -> FillEffect | None:
        """Take a fill in; None when it was taken in before.

        Args:
            fill: The execution.
            side: The position that it belongs to; only used by a book that is hedged.

        Raises:
            InvalidRequest: The contract is settled in its base coin, and how it is counted was not learnt.
        """
        side = chosen_or_none(PositionSide, side, "side")
        side = side if self._hedged else None
        key = (fill.venue, *fill.key)
        if key in self._seen:
            return None
        if fill.symbol not in self._worth and settlement(fill.symbol) == "base":
            raise InvalidRequest(f"{fill.symbol} may be counted by its number: let the book learn() the contract first")
        leg, worth = self.leg(fill.symbol, side), self._worth.get(fill.symbol)
        delta = fill.quantity if fill.side is Side.BUY else multiply(fill.quantity, Decimal(-1))
        left, computed = (
            self._by_coin(leg, delta, fill) if worth is None else self._by_number(leg, delta, fill.price, worth)
        )
        realized = fill.realized_pnl if fill.realized_pnl is not None else computed
        new = msgspec.structs.replace(
            left, realized_pnl=add(leg.realized_pnl, realized or ZERO), fees=add(leg.fees, fill.fee or ZERO)
        )
        self._legs[fill.symbol, side] = new
        self._seen[key] = None  # not before it is counted: what has failed can come again
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return FillEffect(fill=fill, quantity_delta=delta, realized_pnl=realized, leg=new)

    def _by_coin(self, leg: Leg, delta: Decimal, fill: Fill) -> tuple[Leg, Decimal | None]:
        """The position after a change, and the profit of what it closes; None when that cannot be told."""
        if multiply(leg.quantity, delta) >= 0:
            return self._grown(leg, delta, None, fill.price, None), ZERO
        held = PositionSide.LONG if leg.quantity > 0 else PositionSide.SHORT
        closed = min(leg.quantity.copy_abs(), delta.copy_abs())
        profit = None
        if leg.average_price is not None and self._is_linear(fill.symbol):
            profit = unrealized_pnl(held, quantity=closed, entry_price=leg.average_price, price=fill.price)
        after = add(leg.quantity, delta)
        turned = closed < delta.copy_abs()
        average = fill.price if turned else leg.average_price if after else None
        return Leg(quantity=after, average_price=average), profit

    def _by_number(self, leg: Leg, delta: Decimal, price: Decimal, worth: Decimal) -> tuple[Leg, Decimal | None]:
        """The same of contracts that are worth quote coin."""
        held, change = leg.contracts or ZERO, contracts_worth(delta, price, worth)
        if multiply(held, change) >= 0:
            return self._grown(leg, delta, change, price, worth), ZERO
        sign = Decimal(1) if held > 0 else Decimal(-1)
        closed = min(held.copy_abs(), change.copy_abs())
        at_entry = divide(multiply(leg.quantity, closed), held.copy_abs())  # signed, as the position is
        at_exit = divide(multiply(sign, closed, worth), price)
        profit = None if leg.average_price is None else subtract(at_entry, at_exit)
        after = add(held, change)
        if closed < change.copy_abs():
            return Leg(quantity=divide(multiply(after, worth), price), contracts=after, average_price=price), profit
        quantity = subtract(leg.quantity, at_entry) if after else ZERO
        return Leg(quantity=quantity, contracts=after, average_price=leg.average_price if after else None), profit

    @staticmethod
    def _grown(
        leg: Leg, delta: Decimal, contracts: Decimal | None, price: Decimal | None, worth: Decimal | None
    ) -> Leg:
        """A position with more of the same side."""
        after = add(leg.quantity, delta)
        number = None if contracts is None else add(leg.contracts or ZERO, contracts)
        average: Decimal | None = None
        if price is not None and not leg.quantity:
            average = price
        elif price is not None and leg.average_price is not None and after:
            if number is not None and worth is not None:
                average = divide(multiply(number, worth), after)
            else:
                average = divide(add(multiply(leg.quantity, leg.average_price), multiply(delta, price)), after)
        return Leg(quantity=after, contracts=number, average_price=average)
