"""Equity, margin in use, what is available, liquidation prices: all computed from the state, nothing stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.records import ZERO, Order, Position, money, rounded
from futures_async.simulator.world import World
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, Side

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """One coin of an account at one moment."""

    coin: str
    balance: Decimal
    """Cash, with the margin of isolated positions."""
    cross_unrealized: Decimal
    isolated_unrealized: Decimal
    isolated_margin: Decimal
    cross_margin: Decimal
    """Initial margin of cross positions, at the mark."""
    order_margin: Decimal
    """Held by open orders that would open."""
    cross_maintenance: Decimal
    """Below this, cross positions are liquidated; with the fee of closing them."""

    @property
    def unrealized(self) -> Decimal:
        """PnL of all positions at the mark."""
        return money(self.cross_unrealized + self.isolated_unrealized)

    @property
    def equity(self) -> Decimal:
        """Balance and unrealised PnL."""
        return self.balance + self.unrealized

    @property
    def cross_equity(self) -> Decimal:
        """What backs the cross positions."""
        return self.balance - self.isolated_margin + self.cross_unrealized

    @property
    def available(self) -> Decimal:
        """For new positions; never negative."""
        return money(max(ZERO, self.cross_equity - self.cross_margin - self.order_margin))

    @property
    def transferable(self) -> Decimal:
        """Could be moved out: unrealised profit can't."""
        return money(max(ZERO, self.available - max(ZERO, self.cross_unrealized)))

    @property
    def margin_ratio(self) -> Decimal:
        """Of the cross positions; liquidation at 1."""
        if not self.cross_maintenance:
            return ZERO
        return rounded(self.cross_maintenance / self.cross_equity) if self.cross_equity > 0 else ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """A position with everything that depends on the mark price."""

    position: Position
    mark_price: Decimal
    unrealized_pnl: Decimal
    notional: Decimal
    """Quote coin."""
    value: Decimal
    """The same in the settlement coin."""
    margin: Decimal
    """Isolated: assigned. Cross: value / leverage."""
    maintenance_rate: Decimal
    maintenance_margin: Decimal
    margin_ratio: Decimal
    liquidation_price: Decimal
    """As computed: zero, negative or absurdly large where it has no meaning; each dialect shows it its own way."""
    break_even_price: Decimal
    locked: Decimal
    """Held by closing orders."""
    opening: Decimal
    """Quantity of open orders that would add to it."""

    @property
    def available(self) -> Decimal:
        """Closable."""
        return self.position.quantity - self.locked


class Margins:
    """Questions about margin. Asks, never changes."""

    def __init__(self, world: World) -> None:
        self._world = world

    def opening_quantity(self, account: Account, order: Order) -> Decimal:
        """How much of an open order would open or add to a position."""
        if order.closes:
            return ZERO
        if order.position_mode is PositionMode.HEDGE:
            return order.remaining
        position = account.net_position(order.symbol)
        if position is None or position.side == opened_side(order.side):
            return order.remaining
        return max(ZERO, order.remaining - position.quantity)

    def opening_cost(self, symbol: str, quantity: Decimal, price: Decimal, leverage: Decimal) -> Decimal:
        """Initial margin and taker fee."""
        contract = self._world.contract(symbol)
        value = contract.value(quantity, price)
        return money(value / leverage) + value * contract.taker_rate

    def unrealized(self, position: Position, price: Decimal) -> Decimal:
        """PnL of a position if it were closed at `price`, before fees."""
        gain = self._world.contract(position.symbol).gain(position.quantity, position.entry_price, price)
        return rounded(gain * position.sign)

    def wallet(self, account: Account, coin: str) -> Wallet:
        """One coin at the mark."""
        cross_unrealized = isolated_unrealized = isolated_margin = cross_margin = ZERO
        by_symbol: dict[str, dict[PositionSide, Decimal]] = {}
        for position in account.positions_of(coin=coin):
            mark = self._world.mark(position.symbol)
            unrealized = self.unrealized(position, mark)
            if position.margin_mode is MarginMode.ISOLATED:
                isolated_unrealized += unrealized
                isolated_margin += position.margin
                continue
            cross_unrealized += unrealized
            value = self._world.contract(position.symbol).value(position.quantity, mark)
            cross_margin += money(value / position.leverage)
            by_symbol.setdefault(position.symbol, {})[position.side] = position.quantity
        order_margin = ZERO
        for order in account.open_orders.values():
            if order.price is not None and self._world.contract(order.symbol).settle == coin:
                quantity = self.opening_quantity(account, order)
                if quantity:
                    order_margin += self.opening_cost(order.symbol, quantity, order.price, order.leverage)
        return Wallet(
            coin=coin,
            balance=account.balance(coin),
            cross_unrealized=cross_unrealized,
            isolated_unrealized=isolated_unrealized,
            isolated_margin=isolated_margin,
            cross_margin=cross_margin,
            order_margin=order_margin,
            cross_maintenance=sum((self._maintenance(s, max(q.values())) for s, q in by_symbol.items()), ZERO),
        )

    def _maintenance(self, symbol: str, quantity: Decimal) -> Decimal:
        """Maintenance margin and closing fee; equal long and short sides count once."""
        contract, mark = self._world.contract(symbol), self._world.mark(symbol)
        rate = contract.tier(contract.notional(quantity, mark)).maintenance_rate + contract.taker_rate
        return contract.value(quantity, mark) * rate

    def view(self, account: Account, position: Position, wallet: Wallet | None = None) -> PositionView:
        """A position at the mark."""
        contract = self._world.contract(position.symbol)
        mark = self._world.mark(position.symbol)
        notional, value = contract.notional(position.quantity, mark), contract.value(position.quantity, mark)
        rate = contract.tier(notional).maintenance_rate
        fee = contract.taker_rate
        unrealized = self.unrealized(position, mark)
        if position.margin_mode is MarginMode.ISOLATED:
            margin = position.margin
            equity = margin + unrealized
            ratio = rounded(value * (rate + fee) / equity) if equity > 0 else ONE
            liquidation = critical_price(contract, [position], margin, rate + fee)
        else:
            wallet = wallet or self.wallet(account, position.coin)
            margin = value / position.leverage
            ratio = wallet.margin_ratio
            liquidation = self._cross_liquidation(account, position, wallet, rate + fee)
        opening = ZERO
        for order in account.open_orders.values():
            if order.symbol == position.symbol and opened_side(order.side) is position.side:
                opening += self.opening_quantity(account, order)
        return PositionView(
            position=position,
            mark_price=mark,
            unrealized_pnl=unrealized,
            notional=notional,
            value=value,
            margin=money(margin),
            maintenance_rate=rate,
            maintenance_margin=value * rate,
            margin_ratio=ratio,
            liquidation_price=rounded(liquidation),
            break_even_price=break_even_price(contract, position),
            locked=account.closing_quantity(position.symbol, position.side),
            opening=opening,
        )

    def _cross_liquidation(self, account: Account, position: Position, wallet: Wallet, rate: Decimal) -> Decimal:
        """Where the account's cross equity meets the maintenance margin, if only this symbol's price moves."""
        held = [p for p in account.positions_of(symbol=position.symbol) if p.margin_mode is MarginMode.CROSS]
        mark = self._world.mark(position.symbol)
        own = sum((self.unrealized(p, mark) for p in held), ZERO)
        others = wallet.cross_maintenance - self._maintenance(position.symbol, max(p.quantity for p in held))
        contract = self._world.contract(position.symbol)
        return critical_price(contract, held, wallet.cross_equity - own - others, rate)

    def largest_opening(self, account: Account, symbol: str, side: PositionSide, price: Decimal) -> Decimal:
        """How much could be opened now: what margin and risk tier allow, in whole steps."""
        contract = self._world.contract(symbol)
        leverage = account.settings(symbol).leverage(side)
        wallet = self.wallet(account, contract.settle)
        by_margin = wallet.available / (contract.value(ONE, price) * (ONE / leverage + contract.taker_rate))
        position = account.positions.get((symbol, side))
        held = contract.notional(position.quantity, price) if position is not None else ZERO
        by_tier = max(ZERO, contract.notional_limit(leverage) - held) / contract.notional(ONE, price)
        steps = min(by_margin, by_tier) // contract.step
        return steps * contract.step


def critical_price(contract: ContractSpec, held: Sequence[Position], backing: Decimal, rate: Decimal) -> Decimal:
    """The price at which `backing` and the PnL of what is held come down to `rate` of the largest side's value.

    Zero, negative or absurdly large where no price does that. With rate 0 it is the bankruptcy price.
    """
    net = sum((position.quantity * position.sign for position in held), ZERO)
    at_entry = sum((position.quantity * position.sign * position.entry_price for position in held), ZERO)
    owed = max(position.quantity for position in held) * rate
    if contract.quote_sized:  # backing + sum(quantity / entry) - net / price = owed / price
        at_entry = sum((position.quantity * position.sign / position.entry_price for position in held), ZERO)
        divisor = backing + at_entry
        return (owed + net) / divisor if divisor else ZERO
    if contract.is_inverse:  # backing + net - at_entry / price = owed
        divisor = backing + net - owed
        return at_entry / divisor if divisor else ZERO
    divisor = net - owed  # backing + net x price - at_entry = owed x price
    return (at_entry - backing) / divisor if divisor else ZERO


def break_even_price(contract: ContractSpec, position: Position) -> Decimal:
    """Where a close at market pays for the fees of both ways."""
    spread = position.sign * contract.taker_rate
    if contract.is_inverse and not contract.quote_sized:
        return rounded(position.entry_price / (1 - 2 * spread))
    return rounded(position.entry_price * (1 + spread) / (1 - spread))


def opened_side(side: Side) -> PositionSide:
    """Which position an opening order adds to."""
    return PositionSide.LONG if side is Side.BUY else PositionSide.SHORT


def closed_by(side: Side) -> PositionSide:
    """Which position an order of this side reduces."""
    return PositionSide.LONG if side is Side.SELL else PositionSide.SHORT
