"""What an adapter can follows from what it defines, unless it says so itself."""

from __future__ import annotations

from typing import Any

from futures_async.trading.adapter import Adapter
from futures_async.unified.exchange import WATCHES
from futures_async.unified.exchange import Capability as Can


def adapter(*names: str, base: type[Adapter] = Adapter, **said: Any) -> type[Adapter]:
    """A class that defines methods of these names."""

    def method(self: Adapter) -> None:
        raise NotImplementedError

    return type("Some", (base,), {**dict.fromkeys(names, method), **said})


def test_a_class_without_hooks_can_nothing() -> None:
    assert adapter().capabilities == frozenset()


def test_a_method_of_its_name_is_a_capability() -> None:
    assert adapter("fetch_ticker", "set_leverage").capabilities == {Can.FETCH_TICKER, Can.SET_LEVERAGE}


def test_what_the_core_makes_of_hooks_follows_when_all_of_them_are_there() -> None:
    assert adapter("_placement").capabilities == frozenset()
    placing = {Can.CREATE_ORDER, Can.CREATE_ORDERS, Can.RESOLVE_ORDER, Can.FETCH_ORDER}
    assert adapter("_placement", "fetch_order").capabilities == placing
    held = {Can.FETCH_POSITIONS, Can.FETCH_POSITION, Can.FETCH_POSITION_RISK}
    assert adapter("_placement", "fetch_order", "fetch_positions").capabilities == placing | held | {Can.CLOSE_POSITION}
    assert adapter("_stream_dialect").capabilities == WATCHES


def test_what_a_class_lacks_does_not_follow() -> None:
    reads = adapter("fetch_accounts", lacks=frozenset({Can.FETCH_ACCOUNT}))
    assert reads.capabilities == {Can.FETCH_ACCOUNTS}


def test_a_class_that_extends_another_has_what_that_one_has() -> None:
    assert adapter("fetch_time", base=adapter("fetch_accounts")).capabilities == {
        Can.FETCH_TIME, Can.FETCH_ACCOUNTS, Can.FETCH_ACCOUNT,
    }  # fmt: skip


def test_what_a_class_says_itself_stands_for_those_that_extend_it_too() -> None:
    saying = adapter("fetch_accounts", capabilities=frozenset({Can.FETCH_ACCOUNTS}))
    assert saying.capabilities == adapter("fetch_time", base=saying).capabilities == {Can.FETCH_ACCOUNTS}
