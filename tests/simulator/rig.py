"""An engine on a hand-driven clock, with prices that stand still until a test moves them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from typing import Any, Literal

from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.engine import Engine
from futures_async.simulator.orders import Placed
from futures_async.simulator.records import Order, Position, Ticket
from futures_async.simulator.world import Options
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, PositionSide, Side, TimeInForce

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
NOON = 1_768_190_400_000  # 2026-01-12 04:00 UTC: no funding for four hours


class Bench:
    """One engine, one account, one clock. BTC stands at 90,000."""

    def __init__(
        self,
        mode: PositionMode = PositionMode.ONE_WAY,
        *,
        margin_mode: MarginMode = MarginMode.CROSS,
        leverage: int = 10,
        balance: int = 10_000,
        options: Options | None = None,
        dedup: Literal["all", "open", "none"] = "open",
        seed: int = 1,
    ) -> None:
        self.now = NOON
        self.engine = Engine(seed=seed, now_ms=lambda: self.now, options=options)
        self.move(90_000)
        self.engine.marks.pin(ETH, D(3_000))
        self.account: Account = self.engine.open_account(
            "7",
            keys=[ApiKey(key="k", secret="s")],
            family="test",
            position_mode=mode,
            margin_mode=margin_mode,
            leverage=leverage,
            balance=D(balance),
            dedup=dedup,
        )
        self._context = self.engine.arithmetic()
        self._context.__enter__()

    def move(self, price: int | str, symbol: str = BTC) -> None:
        """Move the mark price, and let the account feel it after half a second."""
        self.engine.marks.pin(symbol, D(price))
        if hasattr(self, "account"):
            self.wait(500)

    def wait(self, ms: int) -> None:
        self.now += ms
        self.engine.settle(self.account)

    def ticket(self, side: Side = Side.BUY, quantity: str = "0.1", price: str | None = None, **more: Any) -> Ticket:
        values: dict[str, Any] = {
            "symbol": BTC,
            "side": side,
            "type": OrderType.MARKET if price is None else OrderType.LIMIT,
            "quantity": D(quantity),
            "price": None if price is None else D(price),
        }
        return Ticket(**(values | more))

    def place(self, side: Side = Side.BUY, quantity: str = "0.1", price: str | None = None, **more: Any) -> Order:
        return self.placed(side, quantity, price, **more).order

    def placed(self, side: Side = Side.BUY, quantity: str = "0.1", price: str | None = None, **more: Any) -> Placed:
        self.engine.settle(self.account)
        return self.engine.orders.place(self.account, self.ticket(side, quantity, price, **more))

    @property
    def position(self) -> Position | None:
        return self.account.net_position(BTC)

    def held(self) -> dict[PositionSide, D]:
        return {p.side: p.quantity for p in self.account.positions_of(symbol=BTC)}

    @property
    def balance(self) -> D:
        return self.account.balance("USDT")

    def close(self) -> None:
        self._context.__exit__(None, None, None)


def benches(mode: PositionMode, **more: Any) -> Iterator[Bench]:
    bench = Bench(mode, **more)
    yield bench
    bench.close()


GTC, IOC, FOK, POST_ONLY = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY
OPEN, CLOSE = Intent.OPEN, Intent.CLOSE
BUY, SELL = Side.BUY, Side.SELL
LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
