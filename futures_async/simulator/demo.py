"""Accounts with a past: what a newcomer sees before he has traded anything himself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.engine import Engine
from futures_async.simulator.marks import HOUR_MS
from futures_async.simulator.records import Ticket
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, Side

COARSE = 4
"""The past is invented in a hurry: moments looked at between two deals; funding is settled all the same."""
BUY, SELL = Side.BUY, Side.SELL
CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How demo accounts are made.

    Attributes:
        position_mode: At start.
        empty: Money only: no positions, no orders, no history.
        key: Replaces the venue's demo key; None: the dialect's own.
    """

    position_mode: PositionMode = PositionMode.ONE_WAY
    empty: bool = False
    key: ApiKey | None = None


class _Deal(NamedTuple):
    hours_ago: float
    symbol: str
    side: Side
    quantity: str
    margin_mode: MarginMode = CROSS
    leverage: int = 10
    closes: bool = False
    away: str | None = None
    """Limit price as a fraction of the mark; None: at market."""

    def settled_in(self, coin: str) -> _Deal:
        """The same in contracts of another margin coin."""
        return self._replace(symbol=self.symbol.replace("USDT", coin))


# Oldest first. Quantities are whole contracts everywhere, prices stay within what the marks can reach.
_PAST = (
    _Deal(47, "BTC/USDT:USDT", BUY, "0.02", ISOLATED, 10),
    _Deal(41, "BTC/USDT:USDT", SELL, "0.02", ISOLATED, 10, closes=True),
    _Deal(40, "DOGE/USDT:USDT", SELL, "9000", CROSS, 10),
    _Deal(33, "DOGE/USDT:USDT", BUY, "9000", CROSS, 10, closes=True),
    _Deal(31, "BTC/USDT:USDT", BUY, "0.08", CROSS, 20),
    _Deal(28, "ETH/USDT:USDT", SELL, "1.5", CROSS, 10),
    _Deal(22, "SOL/USDT:USDT", BUY, "40", ISOLATED, 5),
    _Deal(17, "BTC/USDT:USDT", BUY, "0.06", CROSS, 20),
    _Deal(12, "XRP/USDT:USDT", SELL, "1200", ISOLATED, 8),
    _Deal(6, "SOL/USDT:USDT", SELL, "10", ISOLATED, 5, closes=True),
    _Deal(2, "BTC/USDT:USDT", BUY, "0.01", CROSS, 20, away="0.9"),
    _Deal(1, "ETH/USDT:USDT", BUY, "0.5", CROSS, 10, closes=True, away="0.88"),
)
_HEDGED = (_Deal(15, "ETH/USDT:USDT", BUY, "0.6", CROSS, 10),)


def open_demo_account(
    engine: Engine,
    setup: Setup,
    uid: str,
    *,
    key: ApiKey,
    family: str,
    kind: str = "",
    margin_coin: str = "USDT",
    beside: Iterable[tuple[str, int | Decimal]] = (),
    short_ids: bool = False,
) -> Account:
    """Open an account for a dialect, with the past that `setup` asks for, and other coins beside its margin coin."""
    now = engine.clock()
    if not setup.empty:
        engine.world.now_ms = now - 48 * HOUR_MS
    account = engine.open_account(
        uid,
        keys=[setup.key or key],
        family=family,
        kind=kind,
        position_mode=setup.position_mode,
        coin=margin_coin,
        short_ids=short_ids,
        # Little enough for the liquidation prices of the past's positions to mean something.
        balance=Decimal(25_000 if setup.empty else 6_000),
    )
    if not setup.empty:
        _live_through(engine, account, now, margin_coin)
    for coin, amount in beside:
        engine.deposit(account, coin, Decimal(amount))
    return account


def _live_through(engine: Engine, account: Account, now: int, coin: str) -> None:
    hedge = account.default_mode is PositionMode.HEDGE
    deals = sorted((*_PAST, *(_HEDGED if hedge else ())), key=lambda deal: -deal.hours_ago)
    for deal in (deal.settled_in(coin) for deal in deals):
        if deal.symbol not in engine.world.contracts:
            continue
        engine.settle(account, now - int(deal.hours_ago * HOUR_MS), max_steps=COARSE)
        with engine.arithmetic():
            _trade(engine, account, deal, hedge=hedge)
    engine.settle(account, now, max_steps=COARSE)


def _trade(engine: Engine, account: Account, deal: _Deal, *, hedge: bool) -> None:
    contract = engine.world.contract(deal.symbol)
    price = None
    if deal.away is not None:
        price = engine.world.mark(deal.symbol) * Decimal(deal.away) // contract.tick * contract.tick
    intent = (Intent.CLOSE if deal.closes else Intent.OPEN) if hedge else None
    engine.orders.place(
        account,
        Ticket(
            symbol=deal.symbol,
            side=deal.side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=Decimal(deal.quantity),
            price=price,
            intent=intent,
            reduce_only=deal.closes and not hedge,
            margin_mode=deal.margin_mode,
            leverage=None if deal.closes else Decimal(deal.leverage),
        ),
    )
