"""Accounts by UID: keys, wallets, settings per symbol, and everything that an account has done."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from futures_async.simulator.records import (
    ZERO,
    Fill,
    LedgerRow,
    Order,
    Position,
    PositionRecord,
    Slot,
    Trigger,
)
from futures_async.unified.enums import MarginMode, PositionMode, PositionSide, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key of an account. Simulated, so that nothing here is a secret."""

    key: str
    secret: str
    passphrase: str | None = None
    memo: str | None = None
    demo: bool = False
    """Belongs to the venue's demo environment, where one host serves both."""
    can_trade: bool = True
    can_read: bool = True

    def has_signed(self, message: bytes, signature: str, *, base64: bool = False, digest: str = "sha256") -> bool:
        """Whether this is the HMAC of a message under the secret: in hex, or in base64."""
        mac = hmac.new(self.secret.encode(), message, digest)
        wanted = b64encode(mac.digest()) if base64 else mac.hexdigest().encode()
        return hmac.compare_digest(wanted, signature.encode(errors="replace"))


@dataclass(slots=True)
class SymbolSettings:
    """What an account has set for one symbol."""

    margin_mode: MarginMode = MarginMode.CROSS
    cross_leverage: Decimal = Decimal(10)
    long_leverage: Decimal = Decimal(10)
    """Isolated."""
    short_leverage: Decimal = Decimal(10)
    """Isolated."""
    risk_limit: Decimal | None = None
    """For venues where it is chosen; not enforced."""

    def set_every(self, leverage: Decimal) -> None:
        """Of both sides, in both margin modes."""
        self.cross_leverage = self.long_leverage = self.short_leverage = leverage

    def leverage(self, side: PositionSide, mode: MarginMode | None = None) -> Decimal:
        """Of one side, in the current margin mode unless one is named."""
        if (mode or self.margin_mode) is MarginMode.CROSS:
            return self.cross_leverage
        return self.long_leverage if side is PositionSide.LONG else self.short_leverage


@dataclass(slots=True)
class Account:
    """One rate-limit and margin account.

    Attributes:
        family: Which venue's keys these are; an opaque word that dialects choose.
        kind: Which type of account it is at that venue, likewise.
        dedup: Among which of its orders a repeated client id is refused.
        least_value: Orders that open are held to their contract's `min_notional`.
        late_stops: What an order brings along is made once it has ended, as one, and waits on without its position.
        ranks_closes: Of orders that would close more than there is, those with the worst prices are cut down.
    """

    uid: str
    family: str
    kind: str
    keys: tuple[ApiKey, ...]
    dedup: str = "open"
    least_value: bool = True
    late_stops: bool = False
    ranks_closes: bool = False
    default_mode: PositionMode = PositionMode.ONE_WAY
    modes: dict[str, PositionMode] = field(default_factory=dict[str, PositionMode])
    """Position mode by symbol or margin coin, where it differs from the default."""
    default_settings: SymbolSettings = field(default_factory=SymbolSettings)
    symbols: dict[str, SymbolSettings] = field(default_factory=dict[str, SymbolSettings])
    balances: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """Cash by coin, with the margin of isolated positions, without unrealised PnL."""
    positions: dict[tuple[str, PositionSide], Position] = field(
        default_factory=dict[tuple[str, PositionSide], Position]
    )
    orders: dict[int, Order] = field(default_factory=dict[int, Order])
    """All orders ever, ascending by id."""
    order_log: list[Order] = field(default_factory=list[Order])
    open_orders: dict[int, Order] = field(default_factory=dict[int, Order])
    by_client: dict[str, Order] = field(default_factory=dict[str, Order])
    """The latest order of each client id."""
    fills: list[Fill] = field(default_factory=list[Fill])
    ledger: list[LedgerRow] = field(default_factory=list[LedgerRow])
    history: list[PositionRecord] = field(default_factory=list[PositionRecord])
    trigger_log: list[Trigger] = field(default_factory=list[Trigger])
    live_triggers: dict[int, Trigger] = field(default_factory=dict[int, Trigger])
    cancel_all_ms: dict[str | None, int] = field(default_factory=dict[str | None, int])
    """Dead-man's switches: when all orders of a symbol (None: of all symbols) are cancelled."""
    due: list[tuple[int, Callable[[], object]]] = field(default_factory=list[tuple[int, Callable[[], object]]])
    """Changes that were acknowledged and are still to take effect, and when."""
    ending: set[int] = field(default_factory=set[int])
    """Orders whose cancel was acknowledged while it was still to take effect."""
    settled_ms: int = 0
    short_ids: bool = False
    """Ids of what it does stay below 2^53."""
    slots: dict[tuple[str, PositionSide], Slot] = field(default_factory=dict[tuple[str, PositionSide], Slot])
    """Of every symbol and side that it ever held."""
    extra: dict[str, str] = field(default_factory=dict[str, str])
    """For dialects: settings that only their venue has."""

    def settings(self, symbol: str) -> SymbolSettings:
        """Of one symbol; made from the defaults on first use."""
        found = self.symbols.get(symbol)
        if found is None:
            base = self.default_settings
            found = SymbolSettings(base.margin_mode, base.cross_leverage, base.long_leverage, base.short_leverage)
            self.symbols[symbol] = found
        return found

    def mode(self, of: str) -> PositionMode:
        """Position mode of a contract, by its symbol, or of those that settle in a coin."""
        return self.modes.get(of) or self.modes.get(of.rpartition(":")[2], self.default_mode)

    def balance(self, coin: str) -> Decimal:
        """Cash in one coin."""
        return self.balances.get(coin, ZERO)

    def positions_of(self, *, coin: str | None = None, symbol: str | None = None) -> Iterator[Position]:
        """Open positions, oldest first."""
        for position in self.positions.values():
            if (coin is None or position.coin == coin) and (symbol is None or position.symbol == symbol):
                yield position

    def is_busy(self, symbol: str) -> bool:
        """True while the symbol has a position or an open order."""
        return symbol in self.orders_held() or symbol in self.positions_held()

    def positions_held(self) -> Iterator[str]:
        """The symbols of open positions."""
        return (position.symbol for position in self.positions.values())

    def orders_held(self) -> Iterator[str]:
        """The symbols of open orders."""
        return (order.symbol for order in self.open_orders.values())

    def net_position(self, symbol: str) -> Position | None:
        """The position of a symbol in one-way mode."""
        return self.positions.get((symbol, PositionSide.LONG)) or self.positions.get((symbol, PositionSide.SHORT))

    def closing_quantity(self, symbol: str, side: PositionSide) -> Decimal:
        """How much of a position open closing orders hold."""
        total = ZERO
        for order in self.open_orders.values():
            if order.symbol == symbol and order.closes and closed_side(order) is side:
                total += order.remaining
        return total


def closed_side(order: Order) -> PositionSide:
    """Which position a closing order reduces: one that sells reduces a long."""
    return PositionSide.LONG if order.side is Side.SELL else PositionSide.SHORT


def closing_side(side: PositionSide) -> Side:
    """What closing a position does in the market: a long sells."""
    return Side.SELL if side is PositionSide.LONG else Side.BUY


def reversed_side(side: Side) -> Side:
    """The other one."""
    return Side.SELL if side is Side.BUY else Side.BUY
