"""Rows that a `Root` makes are those that would be written out."""

from __future__ import annotations

from typing import Any

import pytest

from futures_async.transport.endpoint import Endpoint, Kind, RateLimit, Root

V1 = Root("/api/v1", per_s=2.0)
KEYED = Root("/keyed", signs_reads=False)
SHARED = RateLimit(3, 1.0, pool="shared")


def facts(row: Endpoint[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Endpoint.__slots__ if name != "_decoders"}


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (
            V1.market("/time", int, 10),
            Endpoint("GET", "/api/v1/time", result=int, limit=RateLimit(10, 2.0, scope="ip"), private=False),
        ),
        (
            V1.market("/book", int, SHARED, weight=5),
            Endpoint("GET", "/api/v1/book", result=int, limit=SHARED, private=False, weight=5),
        ),
        (
            V1.read("/orders", list[int], 20),
            Endpoint("GET", "/api/v1/orders", result=list[int], limit=RateLimit(20, 2.0)),
        ),
        (V1.read("/query", int, method="POST"), Endpoint("POST", "/api/v1/query", result=int)),
        (KEYED.read("/orders", int), Endpoint("GET", "/keyed/orders", result=int, signed=False)),
        (KEYED.read("/orders", int, signed=True), Endpoint("GET", "/keyed/orders", result=int)),
        (
            KEYED.setting("/mode", int, nullable=True),
            Endpoint("POST", "/keyed/mode", result=int, kind=Kind.SETTING, nullable=True),
        ),
        (
            V1.order("/order", int, (SHARED, RateLimit(1)), window_s=5.0),
            Endpoint("POST", "/api/v1/order", result=int, limit=(SHARED, RateLimit(1)), kind=Kind.ORDER, window_s=5.0),
        ),
        (V1.cancel("/order", int, method="DELETE"), Endpoint("DELETE", "/api/v1/order", result=int, kind=Kind.CANCEL)),
        (
            V1.delta("/all", int, cancels=True),
            Endpoint("POST", "/api/v1/all", result=int, kind=Kind.DELTA, cancels=True),
        ),
    ],
    ids=lambda row: row.name if isinstance(row, Endpoint) else None,
)
def test_a_row_says_what_it_would_written_out(made: Endpoint[Any], written: Endpoint[Any]) -> None:
    assert facts(made) == facts(written)
