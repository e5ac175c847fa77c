"""Rows of the page and of JSON: a cross and an isolated position of one contract are two, whatever is alike."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import httpx
import pytest
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

import futures_async as fa
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, VenueData
from futures_async.unified.errors import unread_rows
from futures_async.web import reading
from tests.fakes import account, position
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


def test_rows_that_nothing_tells_apart_have_a_key_each() -> None:
    twice = [position(margin_mode=mode, venue_symbol=venue) for mode in (None, *BOTH) for venue in ("A", "B")]
    rows = reading.positions(holding(*twice))
    assert [row["venue_symbol"] for row in rows.values()] == ["A", "B"] * 3
    assert set(rows) == {row["key"] for row in rows.values()}


def test_a_cross_one_is_made_anew_when_the_ratio_of_its_account_changes() -> None:
    known: reading.Known = {}
    cross = position(margin_mode=fa.MarginMode.CROSS, margin_ratio=None, liquidation_price=None)
    dangers: list[tuple[Any, ...]] = []
    for ratio in ("0.1", "0.5", "0.97"):
        data = VenueData(positions=(cross,), accounts=(account(margin_ratio=Decimal(ratio)),))
        seen = Snapshot(venues={"mine": Ok(venue="okx", data=data, age_s=0, latency_s=0)})
        [row] = reading.positions(seen, known).values()
        assert reading.positions(seen, known)[row["key"]] is row
        dangers.append((row["danger"], row["danger_left"], row["danger_ratio"]))
    assert dangers == [("far", None, None), ("close", "0.125", "0.5"), ("near", "0.0075", "0.97")]


def test_what_is_not_known_of_an_account_is_named() -> None:
    whole = VenueData(positions=(), accounts=())
    told = [whole, structs.replace(whole, accounts=None), structs.replace(whole, positions_unread=1), None]
    states = {
        str(number): Failed(venue="okx", error=fa.RequestTimeout("late"))
        if data is None
        else Ok(venue="okx", data=data, age_s=0, latency_s=0)
        for number, data in enumerate(told)
    }
    snapshot = Snapshot(venues=states)
    for rows in (reading.accounts(snapshot), reading.states(snapshot)):
        named = [row["not_known"] for row in rows.values()]
        assert named == [[], ["balances"], ["positions"], ["positions", "balances"]]


def test_no_account_is_told_anew_for_a_clock_that_is_read_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: reading.Rows | None = None
    times: list[int] = []
    for now_s, age_s in ((1000.0, 1.0), (1001.0006, 2.0), (1002.0, 2.9994), (1002.002, 0.25)):
        monkeypatch.setattr(time, "time", lambda now_s=now_s: now_s)
        state = Ok(venue="okx", data=VenueData(positions=(), accounts=()), age_s=age_s, latency_s=0)
        rows = reading.accounts(Snapshot(venues={"mine": state}), rows)
        times.append(rows["mine"]["as_of_ms"])
    assert times == [999_000, 999_000, 999_000, 1_001_752]


def test_a_row_that_cannot_be_read_makes_no_other_of_its_account_old() -> None:
    errors = [unread_rows([fa.UnreadRow("side", "side is no word", None, {}, "okx")]), fa.RequestTimeout("late")]
    data = VenueData(positions=(position(),), positions_unread=1, accounts=())
    states = {str(n): Stale(venue="okx", data=data, age_s=0, latency_s=0, error=one) for n, one in enumerate(errors)}
    rows = reading.accounts(Snapshot(venues=states)).values()
    assert [(row["status"], row["old"]) for row in rows] == [("stale", False), ("stale", True)]


def test_fills_of_equal_ids_have_a_key_each() -> None:
    one = fa.Fill(
        venue="okx", fill_id="1", order_id="7", symbol="A/USDT:USDT", venue_symbol="A", side=fa.Side.BUY,
        price=Decimal(1), quantity=Decimal(1), created_ms=0,
    )  # fmt: skip
    others = [structs.replace(one, **change) for change in (
        {}, {"venue_symbol": "B"}, {"order_id": "8"}, {"side": fa.Side.SELL}, {"fill_id": "2"},
    )]  # fmt: skip
    keys = [reading.fill_row(name, fill)["key"] for name in ("mine", "yours") for fill in others]
    assert len(set(keys)) == len(keys)


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
