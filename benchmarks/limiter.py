"""The limiter: judged at the venue in virtual time, and what an uncontended slot costs."""

from __future__ import annotations

import asyncio
import hmac
import tracemalloc
from base64 import b64encode

from benchmarks.measure import Row, compare, ratio
from futures_async.testing import virtual_time
from futures_async.transport.limits.limiter import Pool, Priority
from futures_async.transport.limits.local import LocalLimiter
from tests.transport.limits.venue import Venue, skewed, uniform, used, violations

TEN = (Pool("ten", 10, 1.0),)


async def run() -> list[Row]:
    """The row of the goal table about the limiter, in three."""
    return [*await asyncio.to_thread(_at_the_venue), _uncontended(), _memory()]


def _at_the_venue() -> list[Row]:
    rows: list[Row] = []
    for route in (uniform("0–60 ms", 0.0, 0.06), skewed("200–260 ms", 0.2, 0.26)):
        venue = Venue(route, seed=1)
        virtual_time.run(venue.hammer(LocalLimiter(), TEN, calls=20_000, workers=15))
        wrong, part = violations(venue.stamps, 10, 1.0), used(venue.stamps, 10, 1.0)
        rows.append(
            Row(
                f"limiter at round trips of {route.name}",
                "0 violations at the venue, ≥ 97 % used",
                f"{wrong} violations, {part:.1%} used",
                wrong == 0 and part >= 0.97,
            )
        )
    return rows


def _uncontended() -> Row:
    """Beside a signature, which took 1.8 µs where the goal was set."""
    limiter = LocalLimiter()
    pool = (Pool("wide", 1_000_000, 0.001),)
    endless = (Pool("endless", 1 << 62, 1.0),)
    key, message = b"s" * 64, b"1768195413808GET/api/v2/mix/position/single-position?symbol=BTCUSDT"

    def acquire() -> None:
        limiter.try_acquire(endless, Priority.READ)

    def borrow() -> None:
        permit = limiter.try_acquire(pool, Priority.READ)
        if permit is not None:
            permit.unused()

    def sign() -> None:
        b64encode(hmac.new(key, message, "sha256").digest())

    found = compare({"ours": acquire, "and back": borrow, "signature": sign})
    against = ratio(found, "ours", "signature")
    return Row(
        "limiter, a slot taken, uncontended",
        "≤ 1 µs where HMAC and base64 take 1.8 (0.56 of it)",
        f"{against} of HMAC and base64; taken and given back {ratio(found, 'and back', 'signature').median:.2f}",
        against.median <= 1 / 1.8,
    )


def _memory() -> Row:
    limiter = LocalLimiter()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1000):
        pool = (Pool(f"account-{number}", 10, 1.0),)
        for _ in range(10):
            permit = limiter.try_acquire(pool, Priority.READ)
            if permit is not None:
                permit.answered(0.01)
    each = (tracemalloc.get_traced_memory()[0] - before) / 1000
    tracemalloc.stop()
    return Row("limiter, memory for each key in use", "≤ 2 KB", f"{each / 1024:.2f} KB", each <= 2048)
