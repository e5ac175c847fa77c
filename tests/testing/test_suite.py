"""The contract suite on venues that none of the shipped ones is like."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from futures_async.adapter import Endpoint, Kind
from futures_async.adapters.okx import OKX, endpoints
from futures_async.testing.always import Always
from futures_async.testing.base import Contract
from futures_async.testing.claims import Claims
from futures_async.testing.faulted import Faulted
from futures_async.testing.loopback import loopback
from futures_async.testing.traits import Traits
from futures_async.testing.virtual_time import run
from futures_async.trading.hooks import Hooks
from futures_async.unified.enums import PositionMode
from futures_async.unified.errors import OrderOutcomeUnknown, OrderRejected
from tests.adapters.okx.test_contract import TestOKX as Suite

HEDGE = replace(Suite.spec, modes=(PositionMode.HEDGE,))


def part(kind: type[Contract], **members: Any) -> Any:
    """A part of the suite for one venue."""
    return type("Part", (kind,), members)()


async def test_where_both_sides_are_always_held_tests_run_in_that_mode(anyio_backend: str) -> None:
    with loopback() as server:
        try:
            context = part(Contract, spec=HEDGE).on(server)
        except pytest.skip.Exception as skipped:
            pytest.fail(str(skipped))
        async with context as on:
            assert on.account.default_mode is PositionMode.HEDGE
        with pytest.raises(pytest.skip.Exception, match="no one_way mode"):
            part(Contract, spec=HEDGE).on(server, PositionMode.ONE_WAY)


def test_where_both_sides_are_always_held_orders_rest_there_from_the_start() -> None:
    async def main() -> None:
        on = Faulted(HEDGE)
        assert on.account.default_mode is PositionMode.HEDGE
        assert {on.other.id, on.target.id} == set(on.account.open_orders)

    run(main())


def test_where_both_sides_are_always_held_orders_are_found_by_our_id() -> None:
    part(Traits, spec=HEDGE).test_an_order_is_found_by_our_id_where_that_is_promised("open")


class Plain(OKX):
    """No call closes a position that cannot be read."""

    _close_unread = Hooks._close_unread


def test_a_number_of_contracts_of_unknown_size_may_stay_open_if_that_is_said() -> None:
    spec = replace(Suite.spec, factory=Plain, closes_any_size=False)
    always = part(Always, spec=spec)
    always.test_a_position_in_a_contract_that_is_listed_no_more_is_closed(PositionMode.ONE_WAY, known=False)


def test_a_call_that_places_orders_and_might_be_repeated_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    row = endpoints.PLACE_BATCH
    wrong = Endpoint(row.method, row.path, result=list[Any], kind=Kind.SETTING)
    monkeypatch.setattr(endpoints, "PLACE_BATCH", wrong)
    with pytest.raises(AssertionError, match=row.path):
        part(Claims, spec=Suite.spec).test_no_call_may_be_repeated_that_does_something_again()


class Apart(OKX):
    """Waiting orders are said to be known to all calls."""

    waits_apart = False


class Blind(OKX):
    """What asks for waiting orders is missing."""

    _find_waiting = Hooks._find_waiting


@pytest.mark.parametrize("factory", [Apart, Blind])
def test_an_adapter_that_does_not_find_waiting_orders_is_noticed(factory: type[OKX]) -> None:
    wrong = part(Traits, spec=replace(Suite.spec, factory=factory))
    with pytest.raises((AssertionError, OrderOutcomeUnknown)):
        wrong.test_a_waiting_order_that_a_dead_process_left_is_found()


class Sure(OKX):
    """No refusal to close says that nothing is held."""

    nothing_to_close = frozenset()


def test_an_adapter_that_takes_what_is_gone_for_a_refusal_is_noticed() -> None:
    with pytest.raises(OrderRejected):
        part(Traits, spec=replace(Suite.spec, factory=Sure)).test_what_went_before_its_close_arrived_is_closed()
