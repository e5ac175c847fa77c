"""What an account can set: leverage, modes, margin of isolated positions."""

from __future__ import annotations

from decimal import Decimal

from futures_async.simulator.accounts import Account
from futures_async.simulator.errors import (
    InsufficientMargin,
    LeverageLocked,
    LeverageOutOfRange,
    MarginModeLocked,
    MarginNotRemovable,
    NoPosition,
    NotIsolated,
    PositionModeLocked,
)
from futures_async.simulator.events import SettingEvent
from futures_async.simulator.margins import Margins
from futures_async.simulator.orders import Orders
from futures_async.simulator.records import ZERO, LedgerKind, Position, round16
from futures_async.simulator.world import World
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide


class Settings:
    """Setters; each refuses what the account's positions and orders do not allow."""

    def __init__(self, world: World, margins: Margins, orders: Orders) -> None:
        self._world = world
        self._margins = margins
        self._orders = orders

    def set_leverage(
        self,
        account: Account,
        symbol: str,
        leverage: Decimal,
        *,
        side: PositionSide | None = None,
        margin_mode: MarginMode | None = None,
    ) -> None:
        """Set the leverage of a symbol.

        Args:
            account: Whose.
            symbol: Of which contract.
            leverage: Whole number from 1 on.
            side: Isolated only; None: both.
            margin_mode: For which mode; None: the symbol's own.

        Raises:
            LeverageOutOfRange: Not allowed for this contract.
            LeverageLocked: The position is too large for it.
            InsufficientMargin: A lower leverage needs more margin than is available.
        """
        contract = self._world.contract(symbol)
        if leverage < 1 or leverage % 1 or leverage > contract.max_leverage:
            raise LeverageOutOfRange(f"leverage must be a whole number from 1 to {contract.max_leverage}")
        settings = account.settings(symbol)
        mode = margin_mode or settings.margin_mode
        sides: tuple[PositionSide, ...] = (PositionSide.LONG, PositionSide.SHORT)
        if mode is MarginMode.ISOLATED and side is not None:
            sides = (side,)
        held = [p for p in account.positions_of(symbol=symbol) if p.side in sides and p.margin_mode is mode]
        self._check_margin(account, held, leverage)
        for position in held:
            position.leverage = leverage
            position.updated_ms = self._world.now_ms
            if mode is MarginMode.ISOLATED:
                position.margin = round16(self._entry_value(position) / leverage)
        for order in account.open_orders.values():
            if order.symbol == symbol and order.margin_mode is mode:
                order.leverage = leverage
        if mode is MarginMode.CROSS:
            settings.cross_leverage = leverage
        if mode is MarginMode.ISOLATED and PositionSide.LONG in sides:
            settings.long_leverage = leverage
        if mode is MarginMode.ISOLATED and PositionSide.SHORT in sides:
            settings.short_leverage = leverage
        self._world.publish(account, SettingEvent(symbol))

    def _check_margin(self, account: Account, held: list[Position], leverage: Decimal) -> None:
        needed = ZERO
        for position in held:
            contract = self._world.contract(position.symbol)
            notional = position.quantity * self._world.mark(position.symbol)
            if notional > contract.notional_limit(leverage):
                raise LeverageLocked(f"the position is too large for leverage {leverage}")
            if position.margin_mode is MarginMode.ISOLATED:
                needed += self._entry_value(position) / leverage - position.margin
            else:
                value = contract.value(position.quantity, self._world.mark(position.symbol))
                needed += value / leverage - value / position.leverage
        if held and needed > self._margins.wallet(account, held[0].coin).available:
            raise InsufficientMargin("not enough margin for this leverage")

    def _entry_value(self, position: Position) -> Decimal:
        return self._world.contract(position.symbol).value(position.quantity, position.entry_price)

    def set_margin_mode(self, account: Account, symbol: str, mode: MarginMode) -> None:
        """Set cross or isolated for a symbol.

        Raises:
            MarginModeLocked: The symbol has a position or orders.
        """
        self._world.contract(symbol)
        settings = account.settings(symbol)
        if settings.margin_mode is not mode:
            if self._orders.symbol_is_busy(account, symbol):
                raise MarginModeLocked("a position or orders exist")
            settings.margin_mode = mode
            self._world.publish(account, SettingEvent(symbol))

    def set_position_mode(self, account: Account, coin: str, mode: PositionMode) -> None:
        """Set one-way or hedge for the contracts settled in a coin. Setting what is set is no change.

        Raises:
            PositionModeLocked: Positions or orders exist there.
        """
        if account.mode(coin) is mode:
            return
        orders = (o for o in account.open_orders.values() if self._world.contract(o.symbol).settle == coin)
        if any(True for _ in orders) or any(True for _ in account.positions_of(coin=coin)):
            raise PositionModeLocked("positions or orders exist")
        account.modes[coin] = mode
        self._world.publish(account, SettingEvent(None))

    def adjust_margin(self, account: Account, symbol: str, side: PositionSide, amount: Decimal) -> Position:
        """Move margin into (positive) or out of an isolated position.

        Raises:
            NoPosition: There is none.
            NotIsolated: It is a cross position.
            InsufficientMargin: The account has not that much available.
            MarginNotRemovable: The position needs it.
        """
        position = account.positions.get((symbol, side))
        if position is None:
            raise NoPosition("no position")
        if position.margin_mode is not MarginMode.ISOLATED:
            raise NotIsolated("a cross position has no margin of its own")
        if amount > self._margins.wallet(account, position.coin).available:
            raise InsufficientMargin("not that much available")
        if amount < 0:
            mark = self._world.mark(symbol)
            initial = self._entry_value(position) / position.leverage
            loss = min(ZERO, self._margins.unrealized(position, mark))
            if position.margin + amount + loss < initial:
                raise MarginNotRemovable("the position needs that margin")
        position.margin += amount
        position.updated_ms = self._world.now_ms
        self._world.add_ledger(
            account, LedgerKind.MARGIN, position.coin, -amount, symbol=symbol, position_side=position.side
        )
        self._world.publish(account, SettingEvent(symbol))
        return position
