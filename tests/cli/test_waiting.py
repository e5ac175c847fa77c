"""What a command waits for is told, once, with the account's name and the reason."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from futures_async.cli.waiting import Standing, patient_look, tell_tries
from futures_async.streams.events import StreamEvent
from futures_async.transport.events import CallEvent
from futures_async.unified.watching import WatchState
from tests.fakes import in_virtual_time

FAILED = CallEvent(venue="okx", endpoint="GET /positions", attempt=2, outcome="ConnectFailed")
LOST = StreamEvent(venue="okx", stream="private", happening="lost", reason="no connection: refused")


def test_what_is_not_live_is_told_with_its_reason_and_when_it_is_again(capsys: pytest.CaptureFixture[str]) -> None:
    watch: Any = SimpleNamespace(state=WatchState.CONNECTING)
    told: list[str] = []

    async def after(seconds: float, state: WatchState) -> None:
        await anyio.sleep(seconds)
        told.append(capsys.readouterr().err)
        watch.state = state

    async def main() -> None:
        standing = Standing("main")
        async with anyio.create_task_group() as group:
            group.start_soon(standing.keep, watch)
            await after(4.0, WatchState.CONNECTING)
            await after(2.0, WatchState.LIVE)
            await after(1.0, WatchState.STALE)  # a change of connections
            await after(0.6, WatchState.LIVE)
            standing.heard(LOST)
            await after(1.0, WatchState.STALE)
            await after(60.0, WatchState.LIVE)
            standing.heard(FAILED)
            await after(1.0, WatchState.STALE)
            await after(2.0, WatchState.CLOSED)
            standing.scope.cancel()

    in_virtual_time("asyncio", main)
    again = "; trying again, and what happens meanwhile is told then\n"
    assert told == [
        "",
        f"main: not live: no answer yet{again}",
        "main: live again\n",
        "",
        "",
        f"main: not live: stream lost: no connection: refused{again}",
        "main: live again\n",
        f"main: not live: ConnectFailed at GET /positions{again}",
    ]


def test_what_an_audit_has_found_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        Standing("main").heard(StreamEvent(venue="okx", stream="orders", happening="drift", count=2))

    in_virtual_time("asyncio", main)
    assert capsys.readouterr().err == "main: a read found 2 rows otherwise than the stream\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_a_call_that_is_tried_again_is_told_once_to_who_looks(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    hooks: list[Any] = []
    exchange: Any = SimpleNamespace(observe=hooks.append)
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    tell_tries({"main": exchange})
    first = CallEvent(venue="okx", endpoint="GET /positions", attempt=1, outcome="ConnectFailed")
    for event in (first, CallEvent(venue="okx", endpoint="GET /x", attempt=2, outcome="ok"), LOST, FAILED, FAILED):
        for hook in hooks:
            hook(event)
    said = "main: ConnectFailed at GET /positions; trying again, Ctrl-C ends it"
    assert screen.getvalue().count(said) == (1 if terminal else 0)


def test_who_acts_is_told_which_accounts_do_not_answer(capsys: pytest.CaptureFixture[str]) -> None:
    quick: Any = SimpleNamespace(takes_s=1.0)
    hung: Any = SimpleNamespace(takes_s=10.0)

    async def plan(exchange: Any) -> list[Any]:
        await anyio.sleep(exchange.takes_s)
        return []

    async def main() -> None:
        assert await patient_look({"quick": quick}, plan) == ({"quick": []}, {})
        await anyio.sleep(5.0)
        assert capsys.readouterr().err == ""
        assert (await patient_look({"quick": quick, "hung": hung}, plan))[0].keys() == {"quick", "hung"}

    in_virtual_time("asyncio", main)
    assert capsys.readouterr().err == "hung: no answer yet; nothing is done there so far\n"
