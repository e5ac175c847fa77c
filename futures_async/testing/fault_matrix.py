"""Every adapter, through every row of the fault table, for every kind of call it applies to.

What is expected is the table's (`simulator/faults.py`), whether it is true is the book's of the simulated exchange.
Each row happens once, and then to every attempt; where the venue may or may not have acted, both.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest

from futures_async.adapter import Adapter
from futures_async.simulator.faults import FAULTS, THE_SPOT_DECIDES, Act, Fault
from futures_async.testing.base import Contract
from futures_async.testing.fault_case import Case, alternatives
from futures_async.testing.faulted import DEEDS, Deed, Faulted
from futures_async.testing.lives import Life
from futures_async.testing.spec import VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.endpoint import Kind
from futures_async.unified import errors
from futures_async.unified.enums import OrderType, Side
from futures_async.unified.errors import FuturesAsyncError
from futures_async.unified.exchange import Capability as Can

SPOTS = 4
"""So many seeds for what depends on the spot that is hit."""


JUDGED_UNREAD = frozenset({Act.NETWORK, Act.HANG, Act.DROP, Act.RESET, Act.REPLACE, Act.REFUSE, Act.SLOW, Act.DELAY})
"""What shows whatever the payload says."""


def _read(on: Faulted) -> Awaitable[Any]:
    return on.spec.raw_call.make(on.exchange)


def _nothing_wrong(on: Faulted, end: Any, place: int) -> str:
    return ""


READ = Deed(Kind.READ, Can.FETCH_ACCOUNT, _read, _nothing_wrong)
"""Of a venue that tells no orders."""


async def play(spec: VenueSpec, deed: Deed, row: Fault, *, applied: bool, always: bool, seed: int = 0) -> None:
    """Strike one call, and judge what the client did and said."""
    on = Faulted(spec, seed)
    try:
        # An answer of before is handed out, or a value of before changed.
        await on.warm_up(every_endpoint=row.act is Act.CROSS or deed.kind is Kind.SETTING)
        if deed.before is not None:
            await deed.before(on)
            on.plan.seen.clear()
        case = Case(on, deed, row, applied=applied, always=always)
        await case.play()
        on.backend.deliverer.land_all()
        for place, end in enumerate(case.ends):
            case.end = end
            wrong = deed.wrong(on, case.end, place)
            assert not wrong, f"{case.says()}: {wrong}"
            unmet = [case.unmet(expected) for expected in alternatives(case)]
            assert "" in unmet, f"{case.says()}: {unmet}"
        await resolved(case)
    finally:
        with suppress(errors.UnresolvedOrders):
            await on.exchange.aclose(0)


async def resolved(case: Case) -> None:
    """Open questions are listed, and answered when nothing is wrong any more, if the venue can tell."""
    on, deed = case.on, case.deed
    questions = [(place, end) for place, end in enumerate(case.ends) if isinstance(end, errors.OutcomeUnknown)]
    if not questions or deed.read == "all":
        return  # what concerns no order in particular is told by a list of what stands
    if deed.kind != "cancel" and not deed.waits:
        listed = on.exchange.unresolved()
        assert [question for _, question in questions if question not in listed] == [], case.says()
    await anyio.sleep(120)
    for place, question in questions:
        end: Any
        try:
            found = await question.resolve()
            end = errors.OrderNotPlaced("absent") if found is None else found
        except FuturesAsyncError as error:
            end = error
        assert not deed.wrong(on, end, place), f"{case.says()}, then {end!r}"
        told = not isinstance(end, errors.OutcomeUnknown) or case.traits.window_s is None or deed.waits
        assert told, f"{case.says()}: it could be told by now"


def symbols(found: Any) -> set[str]:
    """What a model, or a list of them, is about."""
    return {row.symbol for row in (found if hasattr(found, "__iter__") else (found,))}


def own_reads(exchange: Adapter) -> Iterator[tuple[str, Callable[[str], Awaitable[Any]]]]:
    """What only this venue reads, of one contract."""
    for name in dir(type(exchange)):
        if not name.startswith("fetch_") or name in set(Can):
            continue
        first, *rest = inspect.signature(getattr(exchange, name)).parameters.values() or (None,)
        if first is not None and first.name == "symbol" and all(one.default is not one.empty for one in rest):
            yield name, getattr(exchange, name)


class FaultMatrix(Contract):
    """See the module."""

    @pytest.mark.parametrize("row", FAULTS, ids=lambda row: row.name)
    @pytest.mark.parametrize("name", list(DEEDS))
    def test_every_fault_ends_as_the_table_says_and_as_the_book_has_it(self, name: str, row: Fault) -> None:
        deed = DEEDS[name]
        self.needs(deed.needs)
        if deed.native is not None and not deed.native(self.spec.factory):
            pytest.skip("the venue has no call for several: each goes alone, see above")
        if row.word == "duplicate" and (deed.read or deed.orders > 1):
            pytest.skip("an edit brings no id, and of several orders each has its own verdict")
        if deed.kind is Kind.READ and row.word in ("stale", "anonymous") and "key" in self.spec.unchecked:
            pytest.skip("anybody may read here, at any time")
        if not row.expected(deed.kind):
            assert row.cell(deed.kind) == "–"
            pytest.skip("it does not happen to this kind of call")
        for applied in row.applied:
            for always in (False, True):
                for seed in range(SPOTS if row.evidence == THE_SPOT_DECIDES else 1):
                    run(play(self.spec, deed, row, applied=applied, always=always, seed=seed))

    @pytest.mark.parametrize("row", [row for row in FAULTS if row.act in JUDGED_UNREAD], ids=lambda row: row.name)
    def test_a_private_read_ends_as_the_table_says(self, row: Fault) -> None:
        if Can.FETCH_ORDER in self.spec.capabilities:
            pytest.skip("orders are read, and whole: see above")
        if not row.expected(Kind.READ):
            pytest.skip("it does not happen to this kind of call")
        for applied in row.applied:
            for always in (False, True):
                run(play(self.spec, READ, row, applied=applied, always=always))

    def test_an_answer_about_another_contract_is_not_taken(self) -> None:
        async def main() -> None:
            on = Faulted(self.spec)
            exchange, wanted, other = on.exchange, self.spec.symbol, self.spec.other_symbol
            life = Life(on, self.spec.modes[0])
            for symbol in (wanted, other):
                life.place(Side.BUY, 1, symbol=symbol)
                life.place(Side.BUY, 1, symbol=symbol, at="0.8")
            reads: dict[Can, Callable[[str], Awaitable[Any]]] = {
                Can.FETCH_TICKER: exchange.fetch_ticker,
                Can.FETCH_FUNDING_RATE: exchange.fetch_funding_rate,
                Can.FETCH_POSITIONS: exchange.fetch_positions,
                Can.FETCH_LEVERAGE: exchange.fetch_leverage,
                Can.FETCH_RISK_LIMITS: exchange.fetch_risk_limits,
                Can.FETCH_OPEN_ORDERS: exchange.fetch_open_orders,
            }
            async with exchange:
                for capability, read in reads.items():
                    if not exchange.supports(capability):
                        continue
                    await read(other)
                    on.plan.add("crossed", kinds=[Kind.READ], most=1)
                    with suppress(errors.BadResponse):
                        found = symbols(await read(wanted))
                        # Pages of orders may end in an empty one, which crossed is nobody's.
                        assert found == {wanted} or (capability is Can.FETCH_OPEN_ORDERS and not found), capability
                    on.plan.rules.clear()

        run(main())

    def test_an_answer_about_another_contract_is_not_taken_by_the_venues_own_reads(self) -> None:
        async def main() -> None:
            on, taken = Faulted(self.spec), list[str]()
            async with on.exchange:
                for name, read in own_reads(on.exchange):
                    try:
                        wanted, other = await read(self.spec.symbol), await read(self.spec.other_symbol)
                    except errors.FuturesAsyncError:
                        continue  # not simulated, or told of one of them alone
                    if wanted == other:
                        continue
                    on.plan.add("crossed", kinds=[Kind.READ], most=1)
                    with suppress(errors.BadResponse):
                        taken += [name] if await read(self.spec.symbol) == other else []
                    on.plan.rules.clear()
            assert taken == []

        run(main())

    @pytest.mark.parametrize("after", range(2))
    def test_a_list_about_another_contract_proves_no_cancel_of_all(self, after: int) -> None:
        self.needs(Can.CANCEL_ALL_ORDERS, Can.FETCH_OPEN_ORDERS)

        async def main() -> None:
            on = Faulted(self.spec)
            Life(on, self.spec.modes[0]).place(Side.BUY, 1, symbol=self.spec.other_symbol, at="0.8")
            await on.exchange.fetch_open_orders(self.spec.symbol)
            await on.exchange.fetch_open_orders(self.spec.other_symbol)
            on.plan.add("crossed", kinds=[Kind.READ], most=1, after=after)
            on.plan.add("dropped", kinds=[Kind.CANCEL, Kind.DELTA])
            try:
                with pytest.raises(FuturesAsyncError):
                    await on.exchange.cancel_all_orders(self.spec.symbol)
            finally:
                with suppress(errors.UnresolvedOrders):
                    await on.exchange.aclose(0)
            assert on.target.is_open

        run(main())

    def test_an_answer_about_another_waiting_order_is_not_taken(self) -> None:
        self.needs(Can.CREATE_TRIGGER_ORDER, Can.FETCH_ORDER)

        async def main() -> None:
            on = Faulted(self.spec)
            async with on.exchange as exchange:
                wanted, other = [
                    await exchange.create_trigger_order(on.request(type=OrderType.TRIGGER, trigger_price=on.price(at)))
                    for at in ("1.1", "1.2")
                ]
                try:
                    found = await exchange.fetch_order(other.symbol, order_id=other.order_id)
                except errors.OrderNotFound:
                    return  # lists alone have what waits
                assert found.order_id == other.order_id
                on.plan.add("crossed", kinds=[Kind.READ], most=1)
                with suppress(errors.BadResponse):
                    found = await exchange.fetch_order(wanted.symbol, order_id=wanted.order_id)
                    assert found.order_id == wanted.order_id

        run(main())

    def test_each_of_several_cancels_that_were_lost_keeps_the_reason(self) -> None:
        self.needs(Can.CANCEL_ORDERS)

        async def main() -> None:
            on = Faulted(self.spec)
            on.plan.add("html-502", kinds=[Kind.CANCEL], applied=False)
            ids = [str(order.id) for order in (on.target, on.other)]
            results = await on.exchange.cancel_orders(on.spec.symbol, order_ids=ids)
            assert [result.order_id for result in results] == ids
            for result in results:
                assert isinstance(result.error, errors.CancelOutcomeUnknown)
                assert isinstance(result.error.__cause__, errors.VenueUnavailable)
            assert on.target.is_open
            await on.exchange.aclose(0)

        run(main())
