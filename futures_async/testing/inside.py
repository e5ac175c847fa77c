"""One client on a simulated exchange in process, in virtual time: no sockets, and hours pass at once."""

from __future__ import annotations

from typing import Any

from futures_async.adapter import Adapter
from futures_async.simulator import records
from futures_async.simulator.demo import Setup
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import RunningExchange
from futures_async.simulator.world import Options
from futures_async.testing.loopback import HOST, Clock, Running, dialects
from futures_async.testing.spec import VenueSpec
from futures_async.transport.clock import loop_time
from futures_async.transport.limits.local import LocalLimiter
from futures_async.unified.credentials import Credentials
from futures_async.unified.enums import OrderType, PositionMode, Side

EPOCH_MS = 1_770_000_000_000


class Numbering(LocalLimiter):
    """Serial numbers of one exchange's clock: those of the process may be of a later one.

    Args:
        given: The last number of each series, for all clients of the exchange.
    """

    def __init__(self, given: dict[str, int]) -> None:
        super().__init__()
        self._given = given

    async def serial(self, series: str, least: int, deadline: float | None) -> int:
        number = self._given[series] = max(least, self._given.get(series, 0) + 1)
        return number


class Inside(Running):
    """A client and its exchange; to be made within `virtual_time.run`.

    Args:
        spec: The venue.
        mode: Position mode at start; None: the venue's first.
        plan: What goes wrong on the way.
        options: Of the engine.
        limits: The exchange holds the client to the venue's limits, and the client itself.
    """

    def __init__(
        self,
        spec: VenueSpec,
        mode: PositionMode | None = None,
        *,
        plan: FaultPlan | None = None,
        options: Options | None = None,
        limits: bool = False,
    ) -> None:
        clock = Clock(lambda: EPOCH_MS + int(loop_time() * 1000))
        inside = SimulatedExchange(
            dialects=dialects(spec),
            setup=Setup(empty=True, position_mode=mode or spec.modes[0]),
            now_ms=clock.now_ms,
            uid_limit=10 if limits else None,
            endpoint_limits=limits,
            options=options,
        )
        self._limits: dict[str, Any] = {} if limits else {"uid_limit": 1000}
        self._numbers: dict[str, int] = {}
        self.backend = InProcessBackend(inside, plan, latency_s=0.01)
        super().__init__(spec, RunningExchange(inside, HOST, 1), clock)

    def connect(self, credentials: Credentials | None, **options: Any) -> Adapter:
        """A client whose HTTP backend is the exchange; with limits, which a 429 closes."""
        return super().connect(
            credentials, http=self.backend, limiter=Numbering(self._numbers), **self._limits, **options
        )

    def resting(self, fraction: str) -> records.Order:
        """An order that was placed without any wire."""
        engine = self.inside.engine
        engine.world.now_ms = self.inside.now_ms()
        with engine.arithmetic():
            ticket = records.Ticket(
                symbol=self.spec.symbol,
                side=Side.BUY,
                type=OrderType.LIMIT,
                quantity=self.spec.quantity,
                price=self.price(fraction),
                intent=self.opening,
            )
            return engine.orders.place(self.account, ticket).order
