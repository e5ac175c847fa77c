"""An account that has lived: in every field of every model there is something to be told, and no two say the same."""

from __future__ import annotations

from decimal import Decimal

from futures_async.adapter import carries
from futures_async.simulator.records import Preset, Ticket, TriggerKind
from futures_async.testing.loopback import Running
from futures_async.unified.enums import Intent, MarginMode, OrderType, PositionMode, PositionSide, Side, TimeInForce

HOUR_MS = 3_600_000
PARTS = 6
TIMED = carries(time_in_force=TimeInForce)


class Life:
    """Trades an account from the inside, without any wire.

    Args:
        on: A client on a fresh exchange that fills in parts.
        mode: Position mode of the account.
    """

    def __init__(self, on: Running, mode: PositionMode) -> None:
        self.on = on
        self.isolates = MarginMode.ISOLATED in on.spec.margin_modes
        self.hedge = mode is PositionMode.HEDGE
        self.engine = on.inside.engine

    def settle(self, hours_ago: float = 0) -> None:
        """Let time pass up to then."""
        self.engine.settle(self.on.account, self.on.inside.now_ms() - int(hours_ago * HOUR_MS))

    def place(
        self,
        side: Side,
        times: int,
        *,
        symbol: str | None = None,
        at: str | None = None,
        closing: bool = False,
        client_id: str | None = None,
        stops: tuple[str, str] | None = None,
        force: TimeInForce = TimeInForce.GTC,
    ) -> None:
        """Place an order of so many times the test's quantity, at a fraction of the mark or at market."""
        on, name = self.on, symbol or self.on.spec.symbol
        world = self.engine.world
        contract, mark = world.contract(name), world.mark(name)
        hedge = on.account.mode(name) is PositionMode.HEDGE  # a contract may have no such mode in an account that has

        def price(fraction: str) -> Decimal:
            return mark * Decimal(fraction) // contract.tick * contract.tick

        quantity = on.spec.quantity if symbol is None else contract.contract_size * 21
        presets = [Preset(trigger_price=price(one)) for one in stops or ()]
        with self.engine.arithmetic():
            self.engine.orders.place(
                on.account,
                Ticket(
                    symbol=name,
                    side=side,
                    type=OrderType.MARKET if at is None else OrderType.LIMIT,
                    quantity=times * quantity,
                    price=None if at is None else price(at),
                    time_in_force=force,
                    intent=(Intent.CLOSE if closing else Intent.OPEN) if hedge else None,
                    reduce_only=closing and not hedge,
                    client_id=on.spec.client_id(client_id) if client_id and on.exchange.takes_client_order_id else None,
                    take_profit=presets[0] if presets else None,
                    stop_loss=presets[1] if presets else None,
                ),
            )

    def live(self) -> None:
        """Positions with a past, funding, money taken out, resting orders, orders that ended in each way."""
        on, other = self.on, self.on.spec.other_symbol
        settings = self.engine.settings
        on.account.settled_ms = on.inside.now_ms() - 10 * HOUR_MS  # from then on time passes for it
        self.settle(hours_ago=10)
        with self.engine.arithmetic():
            settings.set_leverage(on.account, on.spec.symbol, Decimal(12))
            if self.isolates:
                settings.set_margin_mode(on.account, other, MarginMode.ISOLATED)
            settings.set_leverage(on.account, other, Decimal(7))
        self.place(Side.BUY, 2, symbol=other, client_id="life1")
        self.settle(hours_ago=9.5)
        self.place(Side.SELL, 2, symbol=other, closing=True, client_id="life2")
        self.settle(hours_ago=9)
        self.place(Side.SELL, 2, symbol=other, client_id="life3")
        self.place(Side.BUY, PARTS, client_id="life4")
        if self.hedge:
            self.place(Side.SELL, 4, client_id="life5")
        if on.spec.second_symbol is not None:
            self.place(Side.BUY, 1, symbol=on.spec.second_symbol, client_id="life11")
            self.place(Side.BUY, 1, symbol=on.spec.second_symbol, at="0.7", client_id="life12")
        self.settle(hours_ago=0.7)
        self.engine.deposit(on.account, on.spec.margin_coin, -on.spec.spare)  # taken out
        self.settle(hours_ago=0.5)
        if self.isolates:
            with self.engine.arithmetic():
                settings.adjust_margin(on.account, other, PositionSide.SHORT, on.spec.spare)
        self.settle()
        # Whoever places no orders may read any.
        carried = on.exchange.order_fields.limit & TIMED or TIMED
        for name, force in (("life13", TimeInForce.IOC), ("life14", TimeInForce.FOK)):
            if f"time_in_force={force}" in carried:
                self.place(Side.BUY, 1, at="1.01", client_id=name, force=force)
        self.place(Side.SELL, 2, closing=True, client_id="life6")
        self.place(Side.SELL, 1, closing=True, at="1.3", client_id="life7", force=TimeInForce.POST_ONLY)
        self.place(Side.BUY, 3, at="0.8", client_id="life8", stops=("1.4", "0.7"))
        self.place(Side.BUY, 2, at="0.75", client_id="life9")
        with self.engine.arithmetic():
            self.engine.orders.cancel(on.account, order_id=max(on.account.open_orders))
            self.place(Side.BUY, 3, at="0.99", client_id="life10")
            for kind, at in ((TriggerKind.POSITION_TAKE_PROFIT, "1.5"), (TriggerKind.POSITION_STOP_LOSS, "0.6")):
                preset = Preset(trigger_price=on.price(at))
                self.engine.triggers.place_closing(on.account, on.spec.symbol, PositionSide.LONG, kind, preset)
        on.move(on.price("0.985"))
