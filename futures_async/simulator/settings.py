"""What an account can set: leverage, modes, margin of isolated positions."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from futures_async.simulator.accounts import Account
from futures_async.simulator.checks import check_leverage
from futures_async.simulator.errors import (
    InsufficientMargin,
    LeverageLocked,
    MarginModeLocked,
    MarginNotRemovable,
    NoPosition,
    NotIsolated,
    PositionModeLocked,
)
from futures_async.simulator.events import SettingEvent
from futures_async.simulator.margins import Margins
from futures_async.simulator.records import ZERO, LedgerKind, Position, money
from futures_async.simulator.world import World
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide


class Settings:
    """Setters; each refuses what the account's positions and orders do not allow."""

    def __init__(self, world: World, margins: Margins) -> None:
        self._world = world
        self._margins = margins

    def set_leverage(
        self,
        account: Account,
        symbol: str,
        leverage: Decimal,
        *,
        side: PositionSide | None = None,
        margin_mode: MarginMode | None = None,
        every_mode: bool = False,
    ) -> None:
        """Set the leverage of a symbol.

        Args:
            account: Whose.
            symbol: Of which contract.
            leverage: Whole number from 1 on.
            side: Isolated only; None: both.
            margin_mode: For which mode; None: the symbol's own.
            every_mode: At venues with one leverage for both margin modes: this one is the other's too.

        Raises:
            LeverageOutOfRange: Not allowed for this contract.
            LeverageLocked: The position is too large for it.
            InsufficientMargin: A lower leverage needs more margin than is available.
        """
        contract = self._world.contract(symbol)
        check_leverage(contract, leverage)
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
                position.margin = money(self._entry_value(position) / leverage)
        for order in account.open_orders.values():
            if order.symbol == symbol and order.margin_mode is mode:
                order.leverage = leverage
        if every_mode:
            settings.set_every(leverage)
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
            notional = contract.notional(position.quantity, self._world.mark(position.symbol))
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

    def set_margin_mode(self, account: Account, of: str | Iterable[str] | None, mode: MarginMode) -> None:
        """Set cross or isolated for a symbol, for several at once, or (None) for the whole account.

        Raises:
            MarginModeLocked: One of them has a position or orders in the other mode; nothing has changed.
        """
        symbols = (of,) if isinstance(of, str) else tuple(self._world.contracts if of is None else of)
        changed: list[str] = []
        for symbol in symbols:
            self._world.contract(symbol)
            if account.settings(symbol).margin_mode is not mode:
                if account.is_busy(symbol):
                    raise MarginModeLocked("a position or orders exist")
                changed.append(symbol)
        if of is None:
            account.default_settings.margin_mode = mode
        for symbol in changed:
            account.settings(symbol).margin_mode = mode
            self._world.publish(account, SettingEvent(symbol))

    def set_position_mode(self, account: Account, of: str | Iterable[str] | None, mode: PositionMode) -> None:
        """Set one-way or hedge for a symbol, a margin coin, several of them, or (None) the whole account.

        Setting what is set is no change.

        Raises:
            PositionModeLocked: Positions or orders exist there; nothing has changed.
        """
        scopes = {of} if isinstance(of, str) else set(account.modes if of is None else of)
        changed = {scope for scope in scopes if account.mode(scope) is not mode}
        whole = of is None and account.default_mode is not mode
        for symbol in (*account.positions_held(), *account.orders_held()):
            by_coin = symbol.rpartition(":")[2] in changed and symbol not in account.modes
            if account.mode(symbol) is not mode and (of is None or symbol in changed or by_coin):
                raise PositionModeLocked("positions or orders exist")
        if of is None:
            account.default_mode = mode
            account.modes.clear()
        for scope in changed if of is not None else ():
            account.modes[scope] = mode
        if changed or whole:
            self._world.publish(account, SettingEvent(of if isinstance(of, str) and "/" in of else None))

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
