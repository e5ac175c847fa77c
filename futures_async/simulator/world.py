"""What all parts of the engine share: contracts, marks, ids, options and the current moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from futures_async.simulator.accounts import Account
from futures_async.simulator.contracts import CONTRACTS, ContractSpec
from futures_async.simulator.errors import UnknownSymbol
from futures_async.simulator.events import BalanceEvent, Event, Listener
from futures_async.simulator.marks import Book, Marks
from futures_async.simulator.records import ZERO, LedgerKind, LedgerRow, Order, Position
from futures_async.unified.enums import PositionSide


@dataclass(slots=True, kw_only=True)
class Options:
    """How the exchange behaves, for tests that need it otherwise."""

    visibility_lag_ms: int = 0
    """A placed order is invisible to lookups for so long."""
    partial_fills: bool = False
    """The book has a finite size at each level, so that large orders fill in several parts."""
    change_lag_ms: int = 0
    """A change or a cancel of an order is acknowledged at once, takes effect so much later, and may be refused then."""
    joined_pushes: bool = False
    """What happens at once is told as it stands after it, by venues whose pushes may be joined: an order that turns a
    position round is told by what is held then."""
    other_products: bool = False
    """Who trades contracts trades spot and options beside, at venues whose streams and ledgers tell of all at once."""


class World:
    """Shared state. `now_ms` is the moment that is being computed; it is not a clock."""

    def __init__(self, *, seed: int, contracts: Sequence[ContractSpec] | None, options: Options | None) -> None:
        self.seed = seed
        self.contracts = {contract.symbol: contract for contract in (CONTRACTS if contracts is None else contracts)}
        self.marks = Marks(seed)
        self.options = options or Options()
        self.now_ms = 0
        self.listeners: list[Listener] = []
        """Told of everything that happens, in the order in which it happens."""
        self._last_id = 0
        self._last_short_id = 0

    def next_id(self, account: Account | None = None) -> int:
        """A fresh id: grows for ever, beyond 2^53, below 2^63; or of 16 digits, below 2^53, for accounts whose venue
        sends ids as JSON numbers.
        """
        # As venues do: time in the upper digits. The walk of the last ones keeps ids from looking consecutive.
        if account is not None and account.short_ids:
            self._last_short_id = max(self._last_short_id + _stride(self._last_short_id), self.now_ms * 1000)
            return self._last_short_id
        self._last_id = max(self._last_id + _stride(self._last_id), self.now_ms << 20)
        return self._last_id

    def publish(self, account: Account, event: Event) -> None:
        """Tell the listeners."""
        for listener in self.listeners:
            listener(account, event)

    def change(self, account: Account, act: Callable[[], object]) -> None:
        """Change or cancel something: now, or as late as the exchange lags behind its acknowledgements."""
        if self.options.change_lag_ms:
            account.due.append((self.now_ms + self.options.change_lag_ms, act))
        else:
            act()

    def contract(self, symbol: str) -> ContractSpec:
        """By unified symbol.

        Raises:
            UnknownSymbol: Not listed.
        """
        found = self.contracts.get(symbol)
        if found is None:
            raise UnknownSymbol(f"{symbol} is not listed")
        return found

    def listed(self, *, quote_sized: bool = False) -> list[ContractSpec]:
        """The contracts of a venue whose coin-margined ones are sized in quote coin, or in base coin."""
        return [spec for spec in self.contracts.values() if not spec.is_inverse or spec.quote_sized is quote_sized]

    @property
    def linear(self) -> list[ContractSpec]:
        """The contracts that are not settled in their base coin, for venues whose list has no others."""
        return [contract for contract in self.contracts.values() if not contract.is_inverse]

    def book(self, symbol: str) -> Book:
        """The market now."""
        return self.marks.book(self.contract(symbol), self.now_ms)

    def mark(self, symbol: str) -> Decimal:
        """The mark price now."""
        return self.marks.mark(self.contract(symbol), self.now_ms)

    def add_ledger(
        self,
        account: Account,
        kind: LedgerKind,
        coin: str,
        amount: Decimal,
        *,
        symbol: str | None = None,
        position_side: PositionSide | None = None,
    ) -> LedgerRow:
        """Book `amount` on the balance of `coin`; a margin row moves nothing."""
        if kind is not LedgerKind.MARGIN:
            account.balances[coin] = account.balance(coin) + amount
        row = LedgerRow(
            id=self.next_id(account),
            fee_id=self.next_id(account),
            kind=kind,
            coin=coin,
            amount=amount,
            fee=ZERO,
            balance=account.balance(coin),
            created_ms=self.now_ms,
            symbol=symbol,
            position_side=position_side,
            position_mode=account.mode(symbol or coin),
        )
        account.ledger.append(row)
        if kind is not LedgerKind.MARGIN:
            self.publish(account, BalanceEvent(coin))
        return row

    def taker_rate(self, position: Position | Order) -> Decimal:
        """Fee rate that a close at market costs."""
        return self.contract(position.symbol).taker_rate


def _stride(last: int) -> int:
    return 1 + (last * 7 + 3) % 11
