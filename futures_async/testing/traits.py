"""What an adapter's `VenueTraits` promise to order safety, held against what the venue does.

A promise that is too small costs time; one that is too large loses orders. Both are shown, as far as a venue's
behaviour shows them.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest

from futures_async.journal.journal import MemoryJournal
from futures_async.probe import ProbeSettings, Verdict, probe
from futures_async.probe.bench import NEEDED
from futures_async.simulator.dialect import Request, Response, VenueRefusal
from futures_async.simulator.errors import EngineError, RateLimited
from futures_async.simulator.records import Ticket
from futures_async.testing.base import Contract
from futures_async.testing.inside import Inside
from futures_async.testing.virtual_time import run
from futures_async.trading.batch import together
from futures_async.trading.hooks import proves_absence
from futures_async.trading.recovering import resolve_intent
from futures_async.transport.dialect import VenueTraits
from futures_async.transport.endpoint import Kind
from futures_async.transport.http.backend import HttpFailure, Phase
from futures_async.unified import errors
from futures_async.unified.enums import Intent, OrderType, PositionSide, Side
from futures_async.unified.exchange import Capability as Can
from futures_async.unified.models import OrderRequest, Position
from futures_async.unified.rows import readable

LONGEST_ID = 64
WAITING_ID = "signal1"
HURRY = 45
"""Calls at once: more than any venue takes of one kind in a second."""


class Wire:
    """The exchange's door: what came of the kind `ORDER`, and how it was answered; or what was held back there."""

    def __init__(self, on: Inside, *, hold: bool = False) -> None:
        self.placed: list[tuple[Request, Response]] = []
        self.held: list[Request] = []
        self._handle = handle = on.inside.handle
        self._on = on

        def watched(request: Request) -> Response:
            found = on.inside.find(request)
            if found is None or found[1].kind is not Kind.ORDER:
                return handle(request)
            if hold:
                self.held.append(request)
                raise HttpFailure("disconnected", Phase.BODY_STARTED, sent=True)
            response = handle(request)
            self.placed.append((request, response))
            return response

        on.inside.handle = watched  # type: ignore[method-assign]

    def land(self) -> None:
        """Let what was held back arrive now."""
        for old in self.held:
            now = self._on.inside.now_ms()
            self._handle(Request(old.method, old.path, old.query, old.body, old.headers, now_ms=now))


class Died(MemoryJournal):
    """Of a process that dies between the answer and the verdict."""

    async def verdict(self, *given: Any, **named: Any) -> None:
        """Nothing is written any more."""


def closing_trigger(on: Inside) -> OrderRequest:
    """One that closes: there every venue that keeps an id of ours does."""
    return on.request(
        Side.SELL,
        type=OrderType.TRIGGER,
        trigger_price=on.price("0.8"),
        intent=Intent.CLOSE,
        client_order_id=WAITING_ID,
    )


class Traits(Contract):
    """See the module."""

    def judged(self, look: Callable[[Inside, VenueTraits], Awaitable[None]], *needs: Can) -> None:
        """Look at a venue with an empty account."""
        self.needs(*needs)

        async def main() -> None:
            on = Inside(self.spec)
            try:
                await self.spec.raw_call.make(on.exchange)  # which tells the venue's clock
                await look(on, on.exchange._dialect.traits)  # pyright: ignore[reportPrivateUsage] - what is promised
            finally:
                with suppress(errors.UnresolvedOrders):
                    await on.exchange.aclose(0)

        run(main())

    def test_a_client_that_is_in_a_hurry_keeps_the_venues_limits(self) -> None:
        async def main() -> None:
            on = Inside(self.spec, limits=True)
            dialect, refused = on.inside.venues[self.spec.id].dialect, list[str]()
            translate = dialect.translate

            def watched(error: EngineError, request: Request) -> VenueRefusal:
                if isinstance(error, RateLimited):
                    refused.append(f"{request.method} {request.path}")
                return translate(error, request)

            dialect.translate = watched  # type: ignore[method-assign]
            exchange, symbol = on.exchange, self.spec.symbol
            reads: dict[Can, Callable[[], Awaitable[object]]] = {
                Can.FETCH_ACCOUNT: lambda: exchange.fetch_account(self.spec.margin_coin),
                Can.FETCH_POSITIONS: exchange.fetch_positions,
                Can.FETCH_OPEN_ORDERS: lambda: exchange.fetch_open_orders(symbol),
                Can.FETCH_ORDER_HISTORY: lambda: exchange.fetch_order_history(symbol),
                Can.FETCH_FILLS: lambda: exchange.fetch_fills(symbol),
                Can.FETCH_TICKER: lambda: exchange.fetch_ticker(symbol),
                Can.FETCH_LEVERAGE: lambda: exchange.fetch_leverage(symbol),
            }

            def patient(read: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
                async def run() -> None:
                    with suppress(errors.DeadlineExpired):  # waiting in our own queue is what is wanted
                        await read()

                return run

            async with exchange:
                await self.spec.raw_call.make(exchange)
                await anyio.sleep(10)  # the limit of what is called by its path is not known here
                for capability, read in reads.items():
                    if exchange.supports(capability):
                        await together([patient(read)] * HURRY)
            assert refused == []

        run(main())

    def test_the_probe_finds_every_promise_kept(self) -> None:
        self.needs(*NEEDED)

        async def main() -> None:
            on = Inside(self.spec)
            fields = self.spec.order_fields
            market = {Can.FETCH_CONTRACT, Can.FETCH_TICKER} <= self.spec.capabilities
            settings = ProbeSettings(
                symbol=self.spec.symbol,
                price=None if market else on.price("0.9"),
                quantity=None if market else self.spec.quantity,
                orders=3,
                leverage=fields.get("leverage"),
                margin_mode=fields.get("margin_mode"),
            )
            async with on.exchange:
                report = await probe(on.exchange, settings)
            unsafe = [found for found in report.findings if found.verdict is Verdict.UNSAFE]
            assert (unsafe, report.left) == ([], ())

        run(main())

    def test_the_id_of_ours_stands_where_it_is_promised(self) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            wire = Wire(on)
            await on.exchange.create_order(on.request())
            [order] = on.account.orders.values()
            assert (order.client_id is not None) is traits.client_id
            [(_, answer)] = wire.placed
            echoed = order.client_id is not None and order.client_id.encode() in answer.body
            assert echoed or not traits.echoes_client_id, "echoes_client_id: of the answer to a placement"

        self.judged(look, Can.CREATE_ORDER)

    def test_a_waiting_order_that_a_dead_process_left_is_found(self) -> None:
        """By what `waits_apart` says: `_find_waiting`, or the calls of all other orders, by which it else is absent."""

        async def look(on: Inside, traits: VenueTraits) -> None:
            await on.trade(Side.BUY)
            journal = Died()
            async with on.connect(on.credentials, journal=journal) as first:
                placed = await first.create_trigger_order(closing_trigger(on))
            async with on.connect(on.credentials) as second:
                listed, _ = await readable(second.fetch_trigger_orders(self.spec.symbol))  # some may not say which way
                ids = (WAITING_ID, self.spec.client_id(WAITING_ID))
                if not any(order.client_order_id in ids for order in listed):
                    pytest.skip("the venue keeps no id of ours there")
                [record] = await journal.open_intents(second.id, second.account_id)
                found = await resolve_intent(second, record)
            assert found is not None, "a waiting order is called absent"
            assert (found.order_id, found.side, found.recovered) == (placed.order_id, Side.SELL, True)

        self.judged(look, Can.CREATE_TRIGGER_ORDER, Can.FETCH_TRIGGER_ORDERS, Can.CREATE_ORDER, Can.RESOLVE_ORDER)

    def test_a_waiting_order_that_is_not_seen_is_called_absent_where_that_proves_it(self) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            await on.trade(Side.BUY)
            journal = Died()
            async with on.connect(on.credentials, journal=journal) as first:
                placed = await first.create_trigger_order(closing_trigger(on))
                await first.cancel_trigger_order(self.spec.symbol, order_id=placed.order_id)
            on.account.trigger_log.clear()
            async with on.connect(on.credentials) as second:
                for record in await journal.open_intents(second.id, second.account_id):
                    if proves_absence(second, record.type):
                        assert await resolve_intent(second, record) is None
                        continue
                    with pytest.raises(errors.OrderOutcomeUnknown):
                        await resolve_intent(second, record)

        self.judged(look, Can.CREATE_TRIGGER_ORDER, Can.CANCEL_TRIGGER_ORDER, Can.CREATE_ORDER, Can.RESOLVE_ORDER)

    def test_what_went_before_its_close_arrived_is_closed(self) -> None:
        """By a code of `nothing_to_close`, whereupon the position is read."""

        async def look(on: Inside, traits: VenueTraits) -> None:
            await on.trade(Side.BUY)
            fetch, seen = on.exchange.fetch_positions, [await on.exchange.fetch_positions(self.spec.symbol)]
            with on.inside.engine.arithmetic():
                on.inside.engine.orders.close_position(on.account, self.spec.symbol, PositionSide.LONG)

            async def of_before(symbol: str | None = None) -> list[Position]:
                return seen.pop() if seen else await fetch(symbol)

            on.exchange.fetch_positions = of_before  # type: ignore[method-assign]
            assert await on.exchange.close_position(self.spec.symbol) is None
            assert not seen, "what was there before was not read"

        self.judged(look, Can.CREATE_ORDER, Can.CLOSE_POSITION, Can.FETCH_POSITIONS)

    def test_the_longest_id_that_is_promised_is_taken(self) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            if not traits.client_id:
                pytest.skip("no client ids here")
            names = ("fa" + "7c" * (length // 2) + "1" * (length % 2) for length in range(LONGEST_ID - 2, 0, -1))
            longest = next(name for name in names if re.fullmatch(traits.client_id_pattern, name))
            order = await on.exchange.create_order(on.request(client_order_id=longest))
            assert order.client_order_id == longest
            [inside] = on.account.orders.values()
            assert inside.client_id == self.spec.client_id(longest)

        self.judged(look, Can.CREATE_ORDER)

    @pytest.mark.parametrize("end", ["open", "cancelled", "filled"])
    def test_an_order_is_found_by_our_id_where_that_is_promised(self, end: str) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            if not traits.lookup_by_client_id:
                pytest.skip("not promised")
            engine, market = on.inside.engine, end == "filled"
            engine.world.now_ms = on.inside.now_ms()
            with engine.arithmetic():
                ticket = Ticket(
                    symbol=self.spec.symbol,
                    side=Side.BUY,
                    type=OrderType.MARKET if market else OrderType.LIMIT,
                    quantity=self.spec.quantity,
                    price=None if market else on.price("0.9"),
                    client_id=self.spec.client_id("looked4up"),
                    intent=on.opening,
                )
                order = engine.orders.place(on.account, ticket).order
                if end == "cancelled":
                    engine.orders.cancel(on.account, order_id=order.id)
            found = await on.exchange.resolve_order(self.spec.symbol, "looked4up")
            assert found is not None
            assert found.order_id == str(order.id)
            assert found.status.is_final is (end != "open")

        self.judged(look, Can.RESOLVE_ORDER)

    def test_a_repeated_id_is_refused_where_that_is_promised(self) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            if not traits.client_id or traits.dedup not in ("open", "all"):
                pytest.skip("not promised")

            async def again() -> int:
                """How many orders there are after a client that knows nothing of the first has used its id."""
                other = on.connect(on.credentials)
                await self.spec.raw_call.make(other)
                with suppress(errors.FuturesAsyncError):
                    await other.create_order(on.request(client_order_id="twice1"), on_unknown="raise")
                with suppress(errors.UnresolvedOrders):
                    await other.aclose(0)
                return len(on.account.orders)

            first = await on.exchange.create_order(on.request(client_order_id="twice1"))
            assert await again() == 1, "while the first one is open"
            with on.inside.engine.arithmetic():
                on.inside.engine.orders.cancel(on.account, order_id=int(first.order_id))
            assert await again() == (1 if traits.dedup == "all" else 2), "after the first one has ended"

        self.judged(look, Can.CREATE_ORDER, Can.FETCH_ORDER)

    @pytest.mark.parametrize("within", [True, False])
    def test_an_order_is_refused_once_its_window_is_over_and_not_before(self, within: bool) -> None:
        async def look(on: Inside, traits: VenueTraits) -> None:
            if traits.window_s is None:
                pytest.skip("no window is promised")
            wire = Wire(on, hold=True)
            with pytest.raises(errors.OutcomeUnknown) as caught:
                await on.exchange.create_order(on.request(), on_unknown="raise")
            # By the fence, which knows the endpoint's own window; what is added for invisible orders is not meant.
            assert caught.value.fence_until_ms is not None
            fence_s = (caught.value.fence_until_ms - on.inside.now_ms()) / 1000 - traits.visibility_lag_s
            # A promise may be larger than the window, to be on the safe side; twice as large, all takes twice as long.
            await anyio.sleep(fence_s * 0.5 if within else fence_s + 0.6)
            assert not on.account.orders
            wire.land()
            assert bool(on.account.orders) is within, "window_s: of what was signed, and then came late"

        self.judged(look, Can.CREATE_ORDER)

    @pytest.mark.parametrize("windows", [3, -3])
    def test_the_fate_of_an_order_is_true_across_a_jump_of_the_venues_clock(self, windows: int) -> None:
        """A jump longer than the window: ahead, the order is refused at once; back, it may come good long after."""

        async def look(on: Inside, traits: VenueTraits) -> None:
            if traits.window_s is None:
                pytest.skip("no window is promised")
            wire, ends = Wire(on, hold=True), list[errors.FuturesAsyncError]()

            async def place() -> None:
                try:
                    await on.exchange.create_order(on.request())
                except errors.FuturesAsyncError as error:
                    ends.append(error)

            async with anyio.create_task_group() as group:
                group.start_soon(place)
                await anyio.sleep(0.3)
                on.advance(int(windows * traits.window_s * 1000))
            wire.land()
            [end] = ends
            if windows > 0:
                assert isinstance(end, errors.OrderNotPlaced)
            if isinstance(end, errors.OrderNotPlaced):
                assert not on.account.orders, "it was proved absent, and stands"
            else:
                assert isinstance(end, errors.OrderOutcomeUnknown)

        self.judged(look, Can.CREATE_ORDER, Can.RESOLVE_ORDER)
