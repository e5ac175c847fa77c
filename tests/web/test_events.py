"""The picture as events: whole first, then changes; resumed without loss; no reader has a queue."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

import futures_async as fa
from futures_async.portfolio.rules import Subject
from futures_async.simulator.server import RunningExchange
from futures_async.unified.watching import WatchState
from futures_async.web import events as streaming
from futures_async.web import picture as pictures
from futures_async.web import reading
from futures_async.web.events import _stream as stream
from futures_async.web.picture import KEPT, Picture
from tests.web.conftest import Asked, opened, place_stop

pytestmark = pytest.mark.asyncio

BTC = "BTC/USDT:USDT"


def read(piece: bytes) -> list[tuple[int, str, Any]]:
    """The events of a piece: number, kind, data."""
    found: list[tuple[int, str, Any]] = []
    for block in piece.decode().split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            name, _, value = line.partition(": ")
            fields[name] = value
        if "event" in fields:
            found.append((int(fields["id"].partition("-")[2]), fields["event"], json.loads(fields["data"])))
    return found


async def listened(picture: Picture, last: int | None = None) -> AsyncGenerator[tuple[int, str, Any], None]:
    async with aclosing(stream(picture, last)) as pieces:
        async for piece in pieces:
            for event in read(piece):
                yield event


def applied(whole: dict[str, Any], changes: dict[str, Any]) -> None:
    for part, rows in changes.items():
        for key, row in rows.items():
            if row is None:
                whole[part].pop(key, None)
            else:
                whole[part][key] = row


async def test_a_fill_and_the_position_that_it_makes_are_told(asked: Asked) -> None:
    picture: Picture = asked.app.state.picture
    bitget = asked.portfolio.exchanges["bitget"]
    fills: list[Any] = []
    async with aclosing(listened(picture)) as events:
        _, kind, whole = await anext(events)
        assert kind == "snapshot"
        key = f"bitget {BTC} long"
        before = Decimal(whole["positions"][key]["quantity"])
        await bitget.create_order(fa.OrderRequest(symbol=BTC, side="buy", type="market", quantity="0.01"))
        async with asyncio.timeout(120):
            async for _, kind, data in events:
                if kind == "fill":
                    fills.append(data)
                elif kind == "changes":
                    applied(whole, data)
                if fills and Decimal(whole["positions"][key]["quantity"]) > before:
                    break
    assert (fills[0]["account"], fills[0]["quantity"]) == ("bitget", "0.01")
    assert Decimal(whole["positions"][key]["quantity"]) == before + Decimal("0.01")
    assert picture.readers == 0


async def test_who_comes_back_misses_nothing() -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    for number in range(1, 6):
        picture._add("fill", {"number": number})
    missed = picture.since(3)

    assert missed is not None
    assert [event[2]["number"] for _, piece in missed for event in read(piece)] == [4, 5]
    assert picture.since(5) == []
    for unknown in (6, -1, 10**9):
        assert picture.since(unknown) is None


async def test_a_number_that_another_run_has_given_is_none_of_ours() -> None:
    def told(picture: Picture) -> str:
        return picture.whole()[1].decode().partition("id: ")[2].partition("\n")[0]

    before, after = (Picture(None) for _ in range(2))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    for picture in (before, after):
        picture._add("fill", {})
    assert before.number_of(told(before)) == 1
    assert after.number_of(told(before)) is None
    for unknown in ("", "1", "-1", f"{told(after)}0000000000000000", f"{told(after)}x"):
        assert after.number_of(unknown) is None


async def test_what_the_ring_has_lost_is_told_as_a_whole() -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    for number in range(KEPT + 2):
        picture._add("fill", {"number": number})

    assert picture.since(1) is None
    assert len(picture.since(2) or ()) == KEPT
    number, whole = picture.whole()
    assert (number, read(whole)[0][1]) == (KEPT + 2, "snapshot")


async def test_the_ring_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT_BYTES", 1000)
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    for number in range(50):
        picture._add("fill", {"number": number, "text": "x" * 100})
    kept = picture.since(50 - len(picture._ring)) or []
    assert 1 < len(kept) < 10
    assert sum(len(event) for _, event in kept) == picture._ring_bytes <= 1000
    assert picture.since(50 - len(kept) - 1) is None
    picture._add("fill", {"text": "x" * 2000})
    assert (len(picture._ring), picture._ring_bytes, picture.since(51)) == (0, 0, [])


async def test_who_was_slow_gets_pieces_and_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PIECE_BYTES", 300)
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    monkeypatch.setattr(picture, "look", lambda: None)
    picture._seen.set()
    for number in range(20):
        picture._add("fill", {"number": number, "text": "x" * 50})
    pieces: list[bytes] = []
    async with aclosing(stream(picture, 0)) as found:
        await anext(found)
        while not pieces or read(pieces[-1])[-1][0] < 20:
            pieces.append(await anext(found))
    assert [number for piece in pieces for number, _, _ in read(piece)] == list(range(1, 21))
    assert 3 < len(pieces) < 20
    assert all(len(piece) < 450 for piece in pieces)


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\r\n\n", "\ud800", "<b>ümlaut</b>"])
async def test_no_text_of_a_venue_ends_a_line(odd: str) -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    picture._not_known("bitget", "orders", f"one{odd}two")
    for piece in (picture.whole()[1], *(piece for _, piece in picture.since(0) or ())):
        [(_, _, told)] = read(piece)  # by Unicode's lines, as httpx does
        assert told["problems"]["bitget orders"]["error"] == f"one{odd}two"


async def test_who_comes_at_once_gets_one_picture_with_the_time_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    picture._show_some("orders", {"a 1": {"account": "a"}})
    written: list[Any] = []
    write = json.dumps

    def counted(data: Any, **more: Any) -> str:
        written.append(data)
        return write(data, **more)

    monkeypatch.setattr(json, "dumps", counted)
    told: list[Any] = []
    for now_s in (5, 6):
        monkeypatch.setattr(time, "time", lambda now_s=now_s: now_s)
        told += [read(picture.whole()[1])[0]] * 2
    assert len(written) == 1
    assert [data["now_ms"] for _, _, data in told] == [5000, 5000, 6000, 6000]
    picture._show_some("orders", {"a 1": None})
    [(number, _, data)] = read(picture.whole()[1])
    assert (number, data["orders"]) == (2, {})


async def test_one_row_of_thousands_is_changed_without_a_look_at_the_others() -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    picture._show_some("orders", {"a 1": {"account": "a"}, "a 2": {"account": "a"}})
    held = picture._rows["orders"]
    for row in ({"account": "a", "x": 1}, {"account": "a", "x": 1}, None, None):
        picture._show_some("orders", {"a 2": row})
    assert picture._rows["orders"] is held
    assert held == {"a 1": {"account": "a"}}
    told = [event[2]["orders"] for _, piece in picture.since(1) or () for event in read(piece)]
    assert told == [{"a 2": {"account": "a", "x": 1}}, {"a 2": None}]


async def test_a_row_that_is_gone_is_told_as_null() -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    picture._show(positions={"a": {"quantity": "1"}, "b": {"quantity": "2"}})
    picture._show(positions={"a": {"quantity": "3"}})
    picture._show(positions={"a": {"quantity": "3"}})

    told = [event[2] for _, piece in picture.since(0) or () for event in read(piece)]
    assert told[1:] == [{"positions": {"a": {"quantity": "3"}, "b": None}}]


async def test_silence_has_a_heartbeat_and_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.001)
    monkeypatch.setattr(streaming, "FIRST_S", 0.001)
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    monkeypatch.setattr(picture, "look", lambda: None)
    pieces = stream(picture, None)
    told = [await anext(pieces) for _ in range(3)]
    assert told[0].startswith(b"retry:")
    assert read(told[1])[0][1] == "snapshot"
    assert told[2].startswith(b"event: beat\ndata: 1")
    await picture.aclose()
    assert [piece async for piece in pieces] == []
    assert picture.readers == 0


async def test_nothing_is_read_while_nobody_looks(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "IDLE_S", 0.0)
    picture: Picture = asked.app.state.picture
    async with aclosing(listened(picture)) as events:
        await anext(events)
        assert picture._task is not None
        assert not picture._task.done()
    async with asyncio.timeout(120):
        await picture._task
    picture.look()
    assert not picture._task.done()


async def test_who_comes_while_a_picture_ends_begins_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 3600.0)
    monkeypatch.setattr(streaming, "FIRST_S", 0.001)
    begun, ends = 0, asyncio.Event()

    async def keep() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            await ends.wait()
        picture._add("fill", {"begun": begun})
        if begun == 2:
            await asyncio.Event().wait()

    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    monkeypatch.setattr(picture, "_keep", keep)
    picture.look()
    async with aclosing(listened(picture)) as events, asyncio.timeout(120):
        await anext(events)
        ends.set()
        assert [(await anext(events))[2]["begun"] for _ in range(2)] == [1, 2]
    await picture.aclose()


@pytest.mark.parametrize(("after_s", "times"), [(0.0, 3), (3600.0, 1)])
async def test_a_picture_that_has_failed_is_begun_anew_but_not_at_once(
    after_s: float, times: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.001)
    monkeypatch.setattr(streaming, "FIRST_S", 0.001)
    monkeypatch.setattr(pictures, "REBORN_S", after_s)
    begun = 0

    async def keep() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("cannot go on")
        await asyncio.Event().wait()

    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    monkeypatch.setattr(picture, "_keep", keep)
    async with aclosing(stream(picture, None)) as pieces, asyncio.timeout(120):
        for _ in range(10):
            await anext(pieces)
    assert begun == times
    assert "begun anew" in caplog.text
    await picture.aclose()


async def test_a_closed_portfolio_ends_the_streams(running: RunningExchange) -> None:
    async with AsyncExitStack() as stack:
        asked = await opened(stack, running, "bitget")
        picture: Picture = asked.app.state.picture
        async with aclosing(listened(picture)) as events:
            await anext(events)
            await asked.portfolio.aclose()
            async with asyncio.timeout(120):
                rest = [event async for event in events]
        assert all(kind == "changes" for _, kind, _ in rest)
        assert picture.stopped


async def test_what_is_not_followed_is_told_and_tried_again(
    running: RunningExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "AGAIN_S", 0.001)
    async with AsyncExitStack() as stack:
        asked = await opened(stack, running, "bitget")
        bitget = asked.portfolio.exchanges["bitget"]
        watch_fills, watch_orders, tries = bitget.watch_fills, bitget.watch_orders, 0

        def refused(watch: Any) -> Any:
            def begin(**options: Any) -> Any:
                nonlocal tries
                tries += 1
                if tries <= 4:
                    raise fa.AuthenticationError("the key is refused", venue="bitget")
                return watch(**options)

            return begin

        monkeypatch.setattr(bitget, "watch_fills", refused(watch_fills))
        monkeypatch.setattr(bitget, "watch_orders", refused(watch_orders))
        problems: list[dict[str, Any] | None] = []
        async with aclosing(listened(asked.app.state.picture)) as events, asyncio.timeout(120):
            async for _, kind, data in events:
                found: dict[str, dict[str, Any] | None] = (
                    data.get("problems", {}) if kind in ("snapshot", "changes") else {}
                )
                problems += found.values()
                if {"bitget orders"} == {key for key, row in found.items() if row is None}:
                    break
                if kind == "snapshot":
                    order = fa.OrderRequest(symbol=BTC, side="buy", type="limit", price="50000", quantity="0.01")
                    await bitget.create_order(order)
    told = [row for row in problems if row is not None]
    assert {(row["account"], row["what"]) for row in told} == {("bitget", "orders"), ("bitget", "fills")}
    assert all(row["error"].startswith("AuthenticationError: ") for row in told)


class Silent:
    """A watch that no change comes from."""

    def __init__(self, state: WatchState) -> None:
        self.state = state
        self.unread = ()

    async def __aenter__(self) -> Silent:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Holds nothing."""

    def __aiter__(self) -> Silent:
        return self

    async def __anext__(self) -> Any:
        await asyncio.Event().wait()


async def looked_at(settled: Callable[[], bool]) -> None:
    """Wait for some looks of the picture, and then until it has come to what is expected."""
    for _ in range(5):
        await asyncio.sleep(0.001)
    async with asyncio.timeout(120):
        while not settled():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("what", ["orders", "fills"])
@pytest.mark.parametrize("patience_s", [0.0, 3600.0])
async def test_what_is_not_true_any_more_is_told_until_it_is(
    what: str, patience_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "JUDGED_S", 0.001)
    monkeypatch.setattr(pictures, "PATIENCE_S", patience_s)
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    watch = Silent(WatchState.CONNECTING)

    def begin(**_: Any) -> Silent:
        return watch

    exchange: Any = SimpleNamespace(watch_orders=begin, watch_fills=begin)
    key = f"bitget {what}"

    async def until(told: bool) -> None:
        while (key in picture._rows["problems"]) is not told:
            assert await picture.news(5.0)

    picture._await("bitget", what)
    following = asyncio.ensure_future(getattr(picture, f"_follow_{what}")("bitget", exchange))
    await looked_at(lambda: (key in picture._rows["problems"]) is (patience_s == 0.0))
    assert (key in picture._rows["awaited"]) is (patience_s > 0.0)
    watch.state = WatchState.LIVE
    await looked_at(lambda: key not in picture._rows["problems"] and key not in picture._rows["awaited"])
    watch.state = WatchState.STALE
    await until(told=True)
    assert "last known" in picture._rows["problems"][key]["error"]
    watch.state = WatchState.LIVE
    await until(told=False)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert len(asyncio.all_tasks()) == 1


async def test_stops_that_wait_are_shown_until_they_are_gone(asked: Asked) -> None:
    bitget = asked.portfolio.exchanges["bitget"]
    stop = await place_stop(bitget)
    key = f"bitget {stop.order_id}"
    shown = False
    async with aclosing(listened(asked.app.state.picture)) as events, asyncio.timeout(120):
        async for _, kind, data in events:
            if kind == "fill":
                continue
            for found in (data.get("stops", {}), data.get("orders", {})):
                if found.get(key) is not None:
                    assert found[key]["kind"] == "trigger"
                    if not shown:
                        await bitget.cancel_trigger_order(BTC, order_id=stop.order_id)
                    shown = True
            if shown and key in data.get("stops", {}) and data["stops"][key] is None:
                break
    assert shown


async def test_stops_that_cannot_be_read_are_told(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "STIRRED_S", 0.001)
    monkeypatch.setattr(pictures, "STOPS_S", 0.002)
    bitget = asked.portfolio.exchanges["bitget"]
    read = bitget.fetch_trigger_orders
    cut = True

    async def sometimes() -> Any:
        if cut:
            raise fa.RequestTimeout("cut")
        return await read()

    monkeypatch.setattr(bitget, "fetch_trigger_orders", sometimes)
    async with aclosing(listened(asked.app.state.picture)) as events, asyncio.timeout(120):
        async for _, _, data in events:
            problems = data.get("problems", {})
            if "bitget stops" not in problems:
                continue
            if problems["bitget stops"] is None:
                break
            assert problems["bitget stops"]["error"] == "RequestTimeout: cut (ask again)"
            cut = False


async def test_who_looks_after_a_while_waits_for_a_new_look(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "IDLE_S", 0.0)
    picture: Picture = asked.app.state.picture
    async with aclosing(listened(picture)) as events:
        await anext(events)
    async with asyncio.timeout(120):
        assert picture._task is not None
        await picture._task
    picture._show_some("alerts", {"near": {"rule": "near"}})
    picture._show_some("accounts", {"bitget": {"account": "bitget", "as_of_ms": 0}})
    picture._fill({"key": "1", "account": "bitget"})
    number, _ = picture.whole()
    async with aclosing(listened(picture)) as events:
        _, kind, whole = await anext(events)
        # What was executed while nobody looked is not told: so those of before are not shown as if it were, nor kept.
        assert picture.since(number) is None
    assert (kind, whole["fills"]) == ("snapshot", [])
    assert whole["accounts"]["bitget"]["as_of_ms"] > 0
    assert "near" not in whole["alerts"]


async def test_only_a_position_that_has_changed_is_written_anew(asked: Asked) -> None:
    bitget = asked.portfolio.exchanges["bitget"]
    async with fa.Portfolio({"bitget": bitget}, live=True) as portfolio:
        known: reading.Known = {}
        snapshot = await portfolio.snapshot(10)
        before = reading.positions(snapshot, known)
        again = reading.positions(snapshot, known)
        without = reading.positions(snapshot)
        key = f"bitget {BTC} long"
        position, ratio, row = known[key]
        other: reading.Known = {**known, key: (copy.deepcopy(position), ratio, row), "gone": known[key]}
        anew = reading.positions(snapshot, other)
    assert again == before == without
    assert all(again[one] is before[one] for one in before)
    assert {one for one in before if anew[one] is not before[one]} == {key}
    assert "gone" not in other


async def test_alerts_come_and_go() -> None:
    picture = Picture(None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - not looked at
    rule = fa.Rule(name="near", metric=fa.Metric.MARGIN_RATIO, above=Decimal("0.8"))
    for raised in (True, False):
        await picture._alerted(fa.Alert(rule=rule, raised=raised, subject=Subject("bitget", BTC), value=Decimal("0.9")))
    told = [event[2]["alerts"] for _, piece in picture.since(0) or () for event in read(piece)]
    assert next(iter(told[0].values()))["value"] == "0.9"
    assert list(told[1].values()) == [None]
