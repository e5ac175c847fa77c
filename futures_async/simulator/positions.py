"""What a fill does to positions, balances and the ledger; funding and liquidation."""

from __future__ import annotations

from decimal import Decimal

from futures_async.simulator.accounts import Account, closed_side, closing_side
from futures_async.simulator.events import BalanceEvent, OrderChange, OrderEvent, PositionEvent
from futures_async.simulator.margins import critical_price, opened_side
from futures_async.simulator.records import (
    ZERO,
    Fill,
    LedgerKind,
    LedgerRow,
    Order,
    Position,
    PositionRecord,
    Reduction,
    Slot,
    Source,
    money,
)
from futures_async.simulator.world import World
from futures_async.unified.enums import (
    Intent,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    Role,
    TimeInForce,
)


class Positions:
    """The only place where positions and balances change."""

    def __init__(self, world: World) -> None:
        self._world = world

    def apply(
        self,
        account: Account,
        order: Order,
        quantity: Decimal,
        price: Decimal,
        role: Role,
        kind: LedgerKind = LedgerKind.TRADE,
    ) -> Fill:
        """Execute a part of an order. The caller has seen to it that a closing order finds its position."""
        contract = self._world.contract(order.symbol)
        rate = contract.maker_rate if role is Role.MAKER else contract.taker_rate
        fee = money(contract.value(quantity, price) * rate)
        against = self._opposed(account, order)
        closing = min(quantity, against.quantity) if against is not None else ZERO
        pnl, closing_fee = ZERO, money(fee * closing / quantity)
        reduced: Reduction | None = None
        if against is not None and closing:
            share = money(against.open_fee * closing / against.opened)
            reduced = Reduction(closing, against.entry_price, share, closing_fee)
            pnl = self._reduce(account, against, closing, price, closing_fee, kind)
        if quantity > closing:
            self._increase(account, order, quantity - closing, price, fee - closing_fee)
        order.filled += quantity
        order.filled_value += contract.counter(quantity, price)
        order.fee += fee
        order.realized_pnl += pnl
        order.updated_ms = self._world.now_ms
        order.status = OrderStatus.FILLED if not order.remaining else OrderStatus.PARTIALLY_FILLED
        if not order.is_open:
            account.open_orders.pop(order.id, None)
        fill = Fill(
            id=self._world.next_id(account),
            order=order,
            symbol=order.symbol,
            side=order.side,
            price=price,
            quantity=quantity,
            fee=fee,
            realized_pnl=pnl,
            role=role,
            created_ms=self._world.now_ms,
            visible_ms=order.visible_ms,
            reduced=reduced,
        )
        account.fills.append(fill)
        self._book(account, order, fill, contract.settle, closing > 0, kind)
        self._tell(account, fill, against if closing else None, opened=quantity > closing)
        return fill

    def _tell(self, account: Account, fill: Fill, reduced: Position | None, *, opened: bool) -> None:
        """Of a fill: the order, the balance, and each side of the symbol that it touched."""
        publish = self._world.publish
        publish(account, OrderEvent(fill.order, OrderChange.FILLED, fill))
        publish(account, BalanceEvent(self._world.contract(fill.symbol).settle))
        if reduced is not None:
            publish(
                account,
                PositionEvent(reduced.symbol, reduced.side, account.history[-1] if not reduced.quantity else None),
            )
        if opened:
            publish(account, PositionEvent(fill.symbol, opened_side(fill.side)))

    def _opposed(self, account: Account, order: Order) -> Position | None:
        """The position that this order reduces first, if any."""
        if order.position_mode is PositionMode.HEDGE and order.intent is Intent.OPEN:
            return None
        return account.positions.get((order.symbol, closed_side(order)))

    def _book(self, account: Account, order: Order, fill: Fill, coin: str, closing: bool, kind: LedgerKind) -> None:
        account.balances[coin] = account.balance(coin) + fill.realized_pnl - fill.fee
        if account.balances[coin] < 0 and kind is LedgerKind.LIQUIDATION:
            account.balances[coin] = ZERO  # the insurance fund takes the rest
        account.ledger.append(
            LedgerRow(
                id=self._world.next_id(account),
                fee_id=self._world.next_id(account),
                kind=kind,
                coin=coin,
                amount=fill.realized_pnl,
                fee=fill.fee,
                balance=account.balance(coin),
                created_ms=self._world.now_ms,
                symbol=order.symbol,
                side=order.side,
                position_side=closed_side(order) if closing else opened_side(order.side),
                position_mode=order.position_mode,
                closing=closing,
                fill=fill,
            )
        )

    def _increase(self, account: Account, order: Order, quantity: Decimal, price: Decimal, fee: Decimal) -> None:
        side = opened_side(order.side)
        now = self._world.now_ms
        position = account.positions.get((order.symbol, side))
        if position is None:
            position = Position(
                id=self._world.next_id(account),
                symbol=order.symbol,
                coin=self._world.contract(order.symbol).settle,
                side=side,
                mode=order.position_mode,
                margin_mode=order.margin_mode,
                leverage=order.leverage,
                quantity=ZERO,
                entry_price=price,
                created_ms=now,
                updated_ms=now,
            )
            account.positions[order.symbol, side] = position
            account.slots.setdefault((order.symbol, side), Slot(position.id, now))
        total = position.quantity + quantity
        contract = self._world.contract(order.symbol)
        if position.quantity:
            given = contract.counter(position.quantity, position.entry_price) + contract.counter(quantity, price)
            position.entry_price = contract.mean_price(total, given)
        position.quantity = total
        position.opened += quantity
        position.open_fee += fee
        position.updated_ms = now
        if position.margin_mode is MarginMode.ISOLATED:
            position.margin += money(contract.value(quantity, price) / position.leverage)

    def _reduce(
        self, account: Account, position: Position, quantity: Decimal, price: Decimal, fee: Decimal, kind: LedgerKind
    ) -> Decimal:
        contract = self._world.contract(position.symbol)
        pnl = money(contract.gain(quantity, position.entry_price, price) * position.sign)
        position.margin = money(position.margin * (position.quantity - quantity) / position.quantity)
        position.quantity -= quantity
        position.closed += quantity
        position.closed_value += contract.counter(quantity, price)
        position.realized_pnl += pnl
        position.close_fee += fee
        position.updated_ms = self._world.now_ms
        if not position.quantity:
            del account.positions[position.symbol, position.side]
            account.history.append(
                PositionRecord(
                    record_id=self._world.next_id(account),
                    position=position,
                    close_price=contract.mean_price(position.closed, position.closed_value),
                    closed_ms=self._world.now_ms,
                    liquidated=kind is LedgerKind.LIQUIDATION,
                )
            )
        return pnl

    def fund(self, account: Account) -> None:
        """Settle funding on every position, now: longs pay shorts when the rate is positive."""
        for position in account.positions_of():
            contract = self._world.contract(position.symbol)
            hours = self._world.now_ms // 3_600_000
            if hours % contract.funding_interval_h:
                continue
            # The rate of the interval that ends now.
            rate = self._world.marks.funding_rate(contract, self._world.now_ms - 1)
            value = contract.value(position.quantity, self._world.mark(position.symbol))
            amount = -position.sign * money(value * rate)
            position.funding += amount
            position.funded = True
            if position.margin_mode is MarginMode.ISOLATED:
                position.margin = max(ZERO, position.margin + amount)
            self._world.add_ledger(
                account,
                LedgerKind.FUNDING,
                position.coin,
                amount,
                symbol=position.symbol,
                position_side=position.side,
            )
            self._world.publish(account, PositionEvent(position.symbol, position.side))

    def liquidate(self, account: Account, position: Position, order: Order) -> None:
        """Take a position over at the mark. An isolated one costs its margin and no more."""
        price = self._world.mark(position.symbol)
        if position.margin_mode is MarginMode.ISOLATED:
            # The bankruptcy price: what is left of the margin there is zero.
            contract = self._world.contract(position.symbol)
            bankruptcy = critical_price(contract, [position], position.margin, ZERO)
            if bankruptcy > 0 or not contract.is_inverse:
                price = max(ZERO, bankruptcy)
        self.apply(account, order, position.quantity, price, Role.TAKER, LedgerKind.LIQUIDATION)

    def liquidation_order(self, account: Account, position: Position) -> Order:
        """The market order with which the exchange closes a position."""
        now = self._world.now_ms
        hedge = position.mode is PositionMode.HEDGE
        return Order(
            id=self._world.next_id(account),
            client_id=None,
            symbol=position.symbol,
            side=closing_side(position.side),
            type=OrderType.LIQUIDATION,
            time_in_force=TimeInForce.GTC,
            quantity=position.quantity,
            quote_sized=self._world.contract(position.symbol).quote_sized,
            price=None,
            position_mode=position.mode,
            position_side=position.side if hedge else None,
            intent=Intent.CLOSE if hedge else None,
            reduce_only=not hedge,
            margin_mode=position.margin_mode,
            leverage=position.leverage,
            source=Source.LIQUIDATION,
            created_ms=now,
            updated_ms=now,
            visible_ms=now,
        )
