"""The simulated exchange without any wire: accounts, orders, positions, money, and the passing of time.

Time is handed in and nothing runs by itself: `settle(account)` computes what has happened to an account since it
was last looked at (fills, triggers, funding, liquidation), on the grid on which prices change, so that a virtual
clock works as well as a real one. Every dialect settles before it looks. Accounts do not meet: the other side of
each trade is the exchange.

    engine = Engine(seed=7, now_ms=lambda: 1_768_195_413_808)
    account = engine.open_account("1001", keys=[ApiKey(key="k", secret="s")], family="some-venue")
    engine.orders.place(account, Ticket(symbol="BTC/USDT:USDT", side=Side.BUY, ...))

The parts: `orders`, `triggers`, `settings` change things and raise `EngineError`; `margins`, `lists` and `figures`
answer questions; `marks` has the prices. Money is `Decimal`, computed in `arithmetic()`, whatever the caller's context
is.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Literal

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.contracts import ContractSpec
from futures_async.simulator.errors import EngineError
from futures_async.simulator.figures import Figures
from futures_async.simulator.lists import Lists
from futures_async.simulator.margins import Margins
from futures_async.simulator.marks import HOUR_MS, STEP_MS, Marks
from futures_async.simulator.matching import Matching
from futures_async.simulator.orders import Orders
from futures_async.simulator.positions import Positions
from futures_async.simulator.records import ARITHMETIC, ZERO, CancelReason, LedgerKind, Position
from futures_async.simulator.settings import Settings
from futures_async.simulator.triggers import Triggers
from futures_async.simulator.world import Options, World
from futures_async.unified.enums import MarginMode, PositionMode

MAX_STEPS = 240
"""Moments computed in one `settle`; after a long absence they lie further apart."""


class Engine:
    """One exchange.

    Args:
        seed: Of the prices. Equal seeds and equal calls at equal times give equal exchanges.
        now_ms: The clock, Unix milliseconds.
        contracts: What is listed; None: `CONTRACTS`.
        options: See `Options`.
        dedup: Which orders a repeated client id is refused against; None: what each account says.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        now_ms: Callable[[], int],
        contracts: Sequence[ContractSpec] | None = None,
        options: Options | None = None,
        dedup: Literal["all", "open", "none"] | None = None,
    ) -> None:
        self.clock = now_ms
        self.dedup = dedup
        self.world = World(seed=seed, contracts=contracts, options=options)
        self.world.now_ms = now_ms()
        self.margins = Margins(self.world)
        self.positions = Positions(self.world)
        self.matching = Matching(self.world, self.positions)
        self.orders = Orders(self.world, self.margins, self.matching)
        self.triggers = Triggers(self.world, self.orders)
        self.settings = Settings(self.world, self.margins)
        self.lists = Lists(self.world)
        self.figures = Figures(self.world)
        self.accounts: dict[str, Account] = {}
        self._keys: dict[tuple[str, str], tuple[Account, ApiKey]] = {}

    @property
    def marks(self) -> Marks:
        """The prices."""
        return self.world.marks

    @property
    def now_ms(self) -> int:
        """The moment last settled."""
        return self.world.now_ms

    @contextmanager
    def arithmetic(self) -> Generator[None]:
        """The decimal context in which everything is computed."""
        with decimal.localcontext(ARITHMETIC):
            yield

    # -- accounts

    def open_account(
        self,
        uid: str,
        *,
        keys: Iterable[ApiKey],
        family: str,
        kind: str = "",
        position_mode: PositionMode = PositionMode.ONE_WAY,
        margin_mode: MarginMode = MarginMode.CROSS,
        leverage: int = 10,
        balance: Decimal = Decimal(25_000),
        coin: str = "USDT",
        dedup: Literal["all", "open", "none"] = "open",
        short_ids: bool = False,
    ) -> Account:
        """Add an account with some money and nothing else.

        Args:
            uid: Unique in this exchange; rate limits count by it.
            keys: Its API keys.
            family: Which venue's keys they are; keys are unique within it.
            kind: For dialects that know several kinds of account.
            position_mode: One-way or hedge.
            margin_mode: Of symbols for which nothing was set.
            leverage: Likewise.
            balance: In `coin`.
            coin: Margin coin.
            dedup: See `Account`.
            short_ids: See `Account`.
        """
        if uid in self.accounts:
            raise ValueError(f"account {uid} exists")
        account = Account(
            uid=uid,
            family=family,
            kind=kind,
            keys=tuple(keys),
            dedup=self.dedup or dedup,
            default_mode=position_mode,
            settled_ms=self.world.now_ms,
            short_ids=short_ids,
        )
        defaults = account.default_settings
        defaults.margin_mode = margin_mode
        defaults.cross_leverage = defaults.long_leverage = defaults.short_leverage = Decimal(leverage)
        self.accounts[uid] = account
        for key in account.keys:
            self._keys[family, key.key] = (account, key)
        if balance:
            self.deposit(account, coin, balance)
        return account

    def find_key(self, family: str, key: str) -> tuple[Account, ApiKey] | None:
        """Whose key this is."""
        return self._keys.get((family, key))

    def deposit(self, account: Account, coin: str, amount: Decimal) -> None:
        """Transfer money in, or out when negative."""
        self.world.add_ledger(account, LedgerKind.TRANSFER, coin, amount)

    # -- time

    def tick(self) -> int:
        """Move to the clock's time, without looking at any account; for public data."""
        self.world.now_ms = self.clock()
        return self.world.now_ms

    def settle(self, account: Account, now_ms: int | None = None, *, max_steps: int = MAX_STEPS) -> None:
        """Compute what has happened to an account until now, looking at no more than so many moments."""
        now = self.clock() if now_ms is None else now_ms
        while account.due and account.due[0][0] <= now:
            at, act = account.due.pop(0)
            self.settle(account, at)
            with self.arithmetic(), suppress(EngineError):
                act()
        with decimal.localcontext(ARITHMETIC):
            if now // STEP_MS > account.settled_ms // STEP_MS and self._is_live(account):
                self._evolve(account, now, max_steps)
            account.settled_ms = max(account.settled_ms, now)
            self.world.now_ms = now

    def _is_live(self, account: Account) -> bool:
        return bool(account.positions or account.open_orders or account.live_triggers or account.cancel_all_ms)

    def _evolve(self, account: Account, now: int, max_steps: int) -> None:
        first, last = account.settled_ms // STEP_MS + 1, now // STEP_MS
        stride = max(1, -(-(last - first + 1) // max_steps))
        funded = account.settled_ms // HOUR_MS
        for step in (*range(first, last, stride), last):
            at = step * STEP_MS
            while funded < at // HOUR_MS:
                funded += 1
                self.world.now_ms = funded * HOUR_MS
                self.positions.fund(account)
            self.world.now_ms = at
            self._step(account)
            if not self._is_live(account):
                return

    def _step(self, account: Account) -> None:
        for symbol, at in list(account.cancel_all_ms.items()):
            if at <= self.world.now_ms:
                del account.cancel_all_ms[symbol]
                for order in list(account.open_orders.values()):
                    if symbol in (None, order.symbol):
                        self.matching.cancel(account, order, CancelReason.USER)
        for order in list(account.open_orders.values()):
            self.matching.rest(account, order)
        for trigger in list(account.live_triggers.values()):
            if trigger.id in account.live_triggers:
                self.triggers.check(account, trigger)
        self._liquidate(account)

    def _liquidate(self, account: Account) -> None:
        doomed: list[Position] = []
        wallets = {coin: self.margins.wallet(account, coin) for coin in {p.coin for p in account.positions_of()}}
        for position in account.positions_of():
            wallet = wallets[position.coin]
            if position.margin_mode is MarginMode.CROSS:
                if wallet.cross_maintenance and wallet.cross_equity <= wallet.cross_maintenance:
                    doomed.append(position)
            elif self.margins.view(account, position, wallet).margin_ratio >= 1:
                doomed.append(position)
        for position in doomed:
            for order in list(account.open_orders.values()):
                if order.symbol == position.symbol:
                    self.matching.cancel(account, order, CancelReason.LIQUIDATION)
            order = self.positions.liquidation_order(account, position)
            account.orders[order.id] = order
            account.order_log.append(order)
            self.positions.liquidate(account, position, order)
        for position in doomed:
            self.matching.sweep(account, position.symbol)

    def total_balance(self, account: Account, coin: str) -> Decimal:
        """What the ledger adds up to; equals the balance at all times, which tests check."""
        return sum((row.amount - row.fee for row in account.ledger if row.coin == coin and row.kind != "margin"), ZERO)
