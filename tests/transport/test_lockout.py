"""When the refusals of a key stop private calls, and what counts as one of them."""

from __future__ import annotations

from typing import Any

import pytest

import futures_async as fa
from futures_async.adapters import OKX, Binance, Bitget, BitgetUTA, BitMart, Bybit
from futures_async.testing.inside import Inside
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.virtual_time import run
from futures_async.transport.lockout import Lockout

SPECS = [
    VenueSpec(factory=kind, raw_call=RawCall("/", {})) for kind in (Binance, Bitget, BitgetUTA, BitMart, Bybit, OKX)
]
REFUSED = fa.AuthenticationError("wrong key", venue="venue", definitive=True)


def is_locked(lockout: Lockout, now: float) -> bool:
    try:
        lockout.check("read", now)
    except fa.KeyLocked:
        return True
    return False


def test_three_refusals_one_after_the_other_lock_the_key() -> None:
    lockout = Lockout("venue")
    for second in (1.0, 2.0, 3.0):
        assert not is_locked(lockout, second)
        lockout.note(REFUSED, second, second, signed=True)  # also where no time passes between them
    assert is_locked(lockout, 62.9)
    assert not is_locked(lockout, 63.1)


def test_refusals_of_what_was_sent_side_by_side_are_one() -> None:
    lockout = Lockout("venue")
    for number in range(20):
        lockout.note(REFUSED, 1.0, 1.1 + number / 100, signed=True)
    assert not is_locked(lockout, 2.0)
    lockout.note(REFUSED, 2.0, 2.1, signed=True)
    lockout.note(REFUSED, 2.0, 2.1, signed=True)
    assert not is_locked(lockout, 3.0)
    lockout.note(REFUSED, 3.0, 3.1, signed=True)
    assert is_locked(lockout, 4.0)


def test_a_call_that_is_not_signed_says_nothing_of_the_secret() -> None:
    lockout = Lockout("venue")
    for second in (1.0, 2.0, 3.0):
        lockout.note(REFUSED, second, second, signed=True)
        lockout.good(signed=False)  # a poller's reads, which carry the key alone
    assert is_locked(lockout, 4.0)


def test_of_refusals_of_the_key_itself_any_call_that_is_taken_is_the_end() -> None:
    lockout = Lockout("venue")
    for second in (1.0, 2.0, 3.0, 4.0):
        lockout.note(REFUSED, second, second, signed=False)
        lockout.good(signed=False)
    assert not is_locked(lockout, 5.0)


def test_a_secret_that_was_taken_since_is_not_doubted_any_more() -> None:
    lockout = Lockout("venue")
    lockout.note(REFUSED, 1.0, 1.0, signed=True)
    lockout.good(signed=True)
    for second in (2.0, 3.0, 4.0):
        lockout.note(REFUSED, second, second, signed=False)
        lockout.good(signed=False)
    assert not is_locked(lockout, 5.0)


def test_the_lock_tells_of_its_refusals_whatever_is_answered_late() -> None:
    lockout = Lockout("venue")
    for second in (1.0, 2.0, 3.0):
        lockout.note(REFUSED, second, second, signed=True)
    lockout.good(signed=True)  # it was under way
    with pytest.raises(fa.KeyLocked, match="refused 3 times in a row or more"):
        lockout.check("read", 4.0)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.factory.id)
def test_a_wrong_key_is_locked_by_the_third_call_of_whatever_many_reads(spec: VenueSpec) -> None:
    async def main() -> None:
        on = Inside(spec)
        key = on.credentials
        assert key is not None
        async with on.connect(fa.Credentials("another-key", "another-secret", key.passphrase, key.memo)) as exchange:
            calls: list[Any] = [exchange.fetch_positions, exchange.fetch_open_orders, exchange.fetch_positions]
            for call in calls:
                with pytest.raises(fa.AuthenticationError) as refused:
                    await call()
                assert not isinstance(refused.value, fa.KeyLocked)
            with pytest.raises(fa.KeyLocked):
                await exchange.fetch_positions()

    run(main())


def test_nor_does_a_portfolio_lock_it_at_once() -> None:
    async def main() -> None:
        on = Inside(next(spec for spec in SPECS if spec.factory is Bybit))
        key = on.credentials
        assert key is not None
        async with on.connect(fa.Credentials("another-key", "another-secret", key.passphrase, key.memo)) as exchange:
            await fa.Portfolio([exchange]).snapshot()
            with pytest.raises(fa.AuthenticationError) as refused:
                await exchange.fetch_positions()
            assert not isinstance(refused.value, fa.KeyLocked)

    run(main())
