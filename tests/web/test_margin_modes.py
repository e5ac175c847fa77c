"""A cross and an isolated position of one contract are two: on the page, in JSON and for Prometheus."""

from __future__ import annotations

import httpx
import pytest
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

import futures_async as fa
from futures_async.portfolio.snapshot import Ok, Snapshot, VenueData
from futures_async.web import reading
from tests.fakes import position
from tests.web.conftest import Asked

BOTH = (fa.MarginMode.CROSS, fa.MarginMode.ISOLATED)


def holding(*held: fa.Position) -> Snapshot:
    data = VenueData(positions=held, accounts=())
    return Snapshot(venues={"mine": Ok(venue="okx", data=data, age_s=0, latency_s=0)})


def test_each_has_a_row_of_its_own() -> None:
    cross, isolated = (position(margin_mode=mode) for mode in BOTH)
    known: reading.Known = {}
    [alone] = reading.positions(holding(cross), known)
    assert alone == "mine BTC/USDT:USDT long"
    rows = reading.positions(holding(cross, isolated), known)
    assert {key: row["margin_mode"] for key, row in rows.items()} == {f"{alone} {mode}": mode for mode in BOTH}
    assert {row["key"] for row in rows.values()} == set(rows)
    assert list(reading.positions(holding(isolated), known)) == [alone]


@pytest.mark.asyncio
async def test_each_has_a_series_of_its_own(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = await asked.portfolio.snapshot()

    async def twice() -> Snapshot:
        [one, *_] = [held for _, held in snapshot.each_position()]
        return holding(*(structs.replace(one, margin_mode=mode) for mode in BOTH))

    monkeypatch.setattr(asked.portfolio, "snapshot", twice)
    answer: httpx.Response = await asked.client.get("/metrics")
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    sizes = [sample.labels for sample in found["futures_async_position_quantity"]]
    assert [labels["margin_mode"] for labels in sizes] == ["cross", "isolated"]
