"""What an order must fulfil to be accepted: numbers, style, client id, margin mode, risk limit, money, position."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from futures_async.simulator.accounts import Account, closed_side
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.errors import (
    AboveMaximum,
    BelowMinimum,
    DuplicateClientId,
    InsufficientMargin,
    InsufficientPosition,
    InvalidPrice,
    InvalidQuantity,
    LeverageOutOfRange,
    MarginModeLocked,
    ModeConflict,
    NoPosition,
    PriceOutOfBand,
    RiskLimitExceeded,
    SymbolClosed,
)
from futures_async.simulator.margins import Margins, closed_by, opened_side
from futures_async.simulator.presets import check_presets
from futures_async.simulator.records import ZERO, Order, Source, Ticket
from futures_async.simulator.world import World
from futures_async.unified.enums import OrderType, PositionMode, Side


def check_leverage(contract: ContractSpec, leverage: Decimal) -> None:
    """A whole number within the contract's bounds."""
    if leverage < 1 or leverage % 1 or leverage > contract.max_leverage:
        raise LeverageOutOfRange(f"leverage must be a whole number from 1 to {contract.max_leverage}")


class Cut(NamedTuple):
    """What becomes of an order for another one's sake."""

    order: Order
    left: Decimal = ZERO
    """How much of it may still fill; none: it is cancelled."""


def _ranked(held: Decimal, rivals: list[Order], ticket: Ticket) -> tuple[Decimal, list[Cut]]:
    """Each order that is to close a position gets what those with better prices, and older ones of its price, leave.

    Where they leave the new one nothing, it is taken, and cancelled at once.
    """
    rank, quantity, cuts = (1 if ticket.side is Side.SELL else -1), ZERO, list[Cut]()
    # Best first; where the price is the same, the new one is the last. At market is better than any.
    ranked = sorted(rivals, key=lambda order: (rank * (order.price or ZERO), order.id))
    before = [
        order for order in ranked if ticket.price is not None and rank * (order.price or ZERO) <= rank * ticket.price
    ]
    for order in (*before, None, *ranked[len(before) :]):
        if order is None:
            quantity = min(ticket.quantity, held)
            held -= quantity
            continue
        left = min(order.remaining, held)
        held -= left
        if left < order.remaining:
            cuts.append(Cut(order, left))
    return quantity, cuts


class Checks:
    """Each raises an `EngineError`, and changes nothing."""

    def __init__(self, world: World, margins: Margins) -> None:
        self._world = world
        self._margins = margins

    def numbers(self, contract: ContractSpec, ticket: Ticket) -> None:
        """Whether the contract trades, and quantity and price are on its steps and within its bounds."""
        if not contract.is_open:
            raise SymbolClosed(f"{contract.symbol} is not open for trading")
        quantity = ticket.quantity
        if quantity <= 0 or quantity % contract.step:
            raise InvalidQuantity(f"quantity must be a positive multiple of {contract.step}")
        limit = contract.max_quantity if ticket.type is OrderType.LIMIT else contract.max_market_quantity
        if quantity > limit:
            raise AboveMaximum(f"at most {limit} in one order")
        if ticket.type is OrderType.LIMIT:
            self.price(contract, ticket.price)

    def price(self, contract: ContractSpec, price: Decimal | None) -> None:
        """On the tick, and not too far from the mark price."""
        if price is None or price <= 0:
            raise InvalidPrice("a limit order needs a price above 0")
        if price % contract.tick:
            raise InvalidPrice(f"price must be a multiple of {contract.tick}")
        mark = self._world.mark(contract.symbol)
        if not mark / 10 <= price <= mark * 10:
            raise PriceOutOfBand(f"price is too far from the mark price {mark}")

    def style(self, ticket: Ticket, mode: PositionMode) -> None:
        """An intent in hedge mode, none in one-way mode."""
        if (ticket.intent is not None) != (mode is PositionMode.HEDGE):
            raise ModeConflict("the order's style does not fit the position mode")

    def client_id(self, account: Account, client_id: str | None) -> None:
        """Not in use, as far as the venue looks."""
        if client_id is None or account.dedup == "none":
            return
        known = account.by_client.get(client_id)
        if known is not None and (account.dedup == "all" or known.is_open):
            raise DuplicateClientId(f"client id {client_id} is in use")

    def margin_mode(self, account: Account, ticket: Ticket) -> None:
        """The one that is set, where something is held or open."""
        wanted = ticket.margin_mode
        if wanted is None or wanted is account.settings(ticket.symbol).margin_mode:
            return
        if account.is_busy(ticket.symbol):
            raise MarginModeLocked("a position or orders exist in the other margin mode")

    def opening(
        self, account: Account, contract: ContractSpec, ticket: Ticket, mode: PositionMode, *, internal: bool
    ) -> None:
        """Its leverage, its stops, its least value, the risk limit and the money that it needs."""
        if ticket.leverage is not None:
            check_leverage(contract, ticket.leverage)
        side = opened_side(ticket.side)
        if ticket.source in (Source.API, Source.AMEND):  # those of a trigger order were checked when that was placed
            mark = self._world.mark(ticket.symbol)
            of = "mark price" if ticket.price is None else "order price"
            check_presets(side, ticket.take_profit, ticket.stop_loss, bound=ticket.price or mark, of=of)
        quantity = ticket.quantity
        book = self._world.book(ticket.symbol)
        price = ticket.price or (book.ask if ticket.side is Side.BUY else book.bid)
        against = (
            account.positions.get((ticket.symbol, closed_by(ticket.side))) if mode is PositionMode.ONE_WAY else None
        )
        if against is not None:
            quantity = max(ZERO, quantity - against.quantity)
            if not quantity:
                return
        elif account.least_value and not internal and contract.notional(quantity, price) < contract.min_notional:
            raise BelowMinimum(f"less than the minimum amount {contract.min_notional} {contract.quote}")
        settings = account.settings(ticket.symbol)
        leverage = ticket.leverage
        if leverage is None:
            leverage = settings.leverage(side, ticket.margin_mode)
        held = account.positions.get((ticket.symbol, side))
        notional = contract.notional(quantity + (held.quantity if held is not None else ZERO), price)
        for order in account.open_orders.values():
            if order.symbol == ticket.symbol and opened_side(order.side) is side:
                opening = self._margins.opening_quantity(account, order)
                notional += contract.notional(opening, order.price or price)
        if notional > contract.notional_limit(leverage):
            raise RiskLimitExceeded(f"leverage {leverage} allows at most {contract.notional_limit(leverage)}")
        cost = self._margins.opening_cost(ticket.symbol, quantity, price, leverage)
        if cost > self._margins.wallet(account, contract.settle).available:
            raise InsufficientMargin(f"the order needs {cost} {contract.settle}")

    def closing(self, account: Account, ticket: Ticket) -> tuple[Decimal, list[Cut]]:
        """The quantity that a closing order gets, never more than the position, and what it displaces."""
        side = closed_by(ticket.side)
        position = account.positions.get((ticket.symbol, side))
        if position is None:
            raise NoPosition("no position to close")
        rivals = [
            order
            for order in account.open_orders.values()
            if order.symbol == ticket.symbol and order.closes and closed_side(order) is side
        ]
        if account.ranks_closes:
            return _ranked(position.quantity, rivals, ticket)
        free = position.quantity - sum((order.remaining for order in rivals), ZERO)
        if ticket.reduce_only:
            quantity = min(ticket.quantity, position.quantity)
            displaced: list[Cut] = []
            for order in rivals:  # oldest first
                if free >= quantity:
                    break
                displaced.append(Cut(order))
                free += order.remaining
            return quantity, displaced
        if free <= 0:
            # Closing orders that hold the whole position give way to a new one.
            if ticket.quantity > position.quantity and ticket.type is OrderType.LIMIT:
                raise InsufficientPosition("more than the position")
            return min(ticket.quantity, position.quantity), [Cut(order) for order in rivals]
        if ticket.quantity > free and ticket.type is OrderType.LIMIT:
            raise InsufficientPosition("more than the position has free")
        return min(ticket.quantity, free), []
