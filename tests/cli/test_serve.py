"""`futures-async serve`, as a user runs it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn

from futures_async.cli import web as page
from futures_async.cli.accounts import Source
from futures_async.portfolio.acts import Act
from futures_async.simulator import FaultPlan, serve
from futures_async.unified.errors import NotSupported, OrderOutcomeUnknown
from futures_async.unified.exchange import FuturesExchange
from futures_async.web import serving
from futures_async.web.acting import UnderWay
from tests.cli.inside import cli

ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end_even_while_somebody_listens(tmp_path: Path, sent: signal.Signals) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-of-the-tests\n")
    command = [sys.executable, "-m", "futures_async", "serve", "--simulated", "-v", "bitget", "--port", "0"]
    command += ["--token-file", str(token), "--poll"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRON, text=True) as served:
        assert served.stdout is not None
        found = re.match(r"(http://127\.0\.0\.1:\d+)/ ", served.stdout.readline())
        assert found is not None
        assert httpx.get(f"{found[1]}/positions").status_code == 401
        bearer = {"Authorization": "Bearer a-token-of-the-tests"}
        assert httpx.get(f"{found[1]}/positions", headers=bearer).json()["positions"]
        with httpx.stream("GET", f"{found[1]}/events", headers=bearer, timeout=20) as events:
            pieces = events.iter_text()
            next(pieces)
            served.send_signal(sent)
            for _ in pieces:
                pass
        _, said = served.communicate(timeout=20)
    assert served.returncode == 0, said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "needs a token"),
        (("--json",), "speaks JSON itself"),
        (("--token-file", "/nonexistent"), "cannot read /nonexistent"),
    ],
)
def test_what_cannot_be_right_is_told(arguments: tuple[str, ...], said: str) -> None:
    refused = cli("serve", "--simulated", "-v", "bitget", "--port", "0", *arguments)
    assert refused.returncode == 2, refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = cli("serve", "--simulated", "-v", "bitget", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 2
    assert "cannot listen on 127.0.0.1:" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_token_that_is_too_short_is_refused() -> None:
    refused = cli("serve", "--simulated", "-v", "bitget", "--port", "0", FUTURES_ASYNC_WEB_TOKEN="short")
    assert refused.returncode == 2
    assert "at least 16" in refused.stderr


@pytest.mark.parametrize(("trading", "within_s"), [(False, 3.0), (True, 12.0)])
def test_what_acts_is_given_time_to_come_to_its_end(
    trading: bool, within_s: float, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[float] = []

    @asynccontextmanager
    async def opened(source: Source, *, close_within_s: float) -> AsyncGenerator[dict[str, FuturesExchange]]:
        given.append(close_within_s)
        raise NotSupported("enough")
        yield {}

    monkeypatch.setattr(page, "open_accounts", opened)
    with pytest.raises(NotSupported, match="enough"):
        asyncio.run(
            page.serve_page(Source(), host="127.0.0.1", port=0, token_file=None, trading=trading, poll=True, hosts=[])
        )
    assert given == [within_s]
    assert ("token of this run" in capsys.readouterr().err) is trading


def _cancel_all(url: str, bearer: dict[str, str]) -> None:
    with suppress(httpx.TransportError):  # the second Ctrl-C
        httpx.post(f"{url}/act", headers=bearer, json={"action": "cancel-all", "dry_run": False}, timeout=60)


HANGING = """
[[fault]]
name = "no-answer"
kinds = ["cancel", "order", "setting"]
"""


def test_ctrl_c_during_an_act_says_what_it_waits_for_and_a_second_one_what_nobody_knows() -> None:
    plan = FaultPlan.parse(HANGING)
    with serve(only=["bitget"], faults=plan) as upstream:
        keys = upstream.exchange.venues["bitget"].key
        environ = ENVIRON | {
            "FUTURES_ASYNC_BITGET_KEY": keys.key,
            "FUTURES_ASYNC_BITGET_SECRET": keys.secret,
            "FUTURES_ASYNC_BITGET_PASSPHRASE": keys.passphrase or "",
            "FUTURES_ASYNC_WEB_TOKEN": "a-token-of-the-tests",
        }
        command = [sys.executable, "-m", "futures_async", "serve", "--base-url", upstream.base_url, "--port", "0"]
        command += ["--trading", "--poll"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True
        ) as served:
            assert served.stdout is not None
            assert served.stderr is not None
            found = re.match(r"(http://127\.0\.0\.1:\d+)/ ", served.stdout.readline())
            assert found is not None
            bearer = {"Authorization": "Bearer a-token-of-the-tests"}
            asked = threading.Thread(target=_cancel_all, args=(found[1], bearer))
            asked.start()
            while not any(rule.happened for rule in plan.rules):
                time.sleep(0.002)
            served.send_signal(signal.SIGINT)
            waiting = served.stderr.readline()
            served.send_signal(signal.SIGINT)
            _, said = served.communicate()
            asked.join()
    assert waiting.startswith("Waiting for bitget: cancel ")
    assert waiting.endswith(": another Ctrl-C ends it at once\n")
    assert said.startswith("Ended at once. It is not known what became of bitget: cancel ")
    assert "Traceback" not in said
    assert served.returncode == 4


class _Exited(BaseException):
    pass


def _exit(code: int) -> None:
    raise _Exited(code)


@pytest.mark.parametrize(
    ("begun", "waiting", "open_question", "code", "said"),
    [
        ([], [], False, 130, ""),
        (
            ["a: close X"],
            ["a: close Y"],
            False,
            4,
            "not known what became of a: close X: look at the venue\nNot begun: a: close Y\n",
        ),
        ([], [], True, 4, "not known what became of main: okx: lost: look at the venue\n"),
    ],
)
def test_what_is_ended_at_once_is_named_as_far_as_nobody_knows(
    begun: list[str],
    waiting: list[str],
    open_question: bool,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    under_way = UnderWay()
    under_way.begun += begun
    under_way.waiting += waiting
    account: Any = SimpleNamespace(unresolved=lambda: [OrderOutcomeUnknown("okx: lost")] * open_question)
    ending = page._Ending(under_way, {"main": account})  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(os, "_exit", _exit)
    ending.told(False)
    assert ("Waiting for " in capsys.readouterr().err) is bool(begun)
    before = signal.getsignal(signal.SIGINT)
    ending.keep()
    try:
        for end in (partial(ending.told, True), partial(signal.raise_signal, signal.SIGINT)):
            with pytest.raises(_Exited) as ended:
                end()
            assert ended.value.args == (code,)
            assert capsys.readouterr().err.endswith(said)
    finally:
        ending.restore()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_amid_a_line_is_heard_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, said = UnderWay(), list[str]()
    under_way.begun.append("a: close X")
    ending = page._Ending(under_way, {})  # pyright: ignore[reportPrivateUsage]

    def complain(line: str, style: str = "") -> None:
        ending.told(True)
        said.append(line)

    monkeypatch.setattr(page, "complain", complain)
    monkeypatch.setattr(os, "_exit", _exit)
    with pytest.raises(_Exited):
        ending.told(False)
    assert [line.partition(" ")[0] for line in said] == ["Waiting", "Ended"]


@pytest.fixture
def ignored() -> Iterator[None]:
    """As a shell starts what it puts in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ignored")
def test_a_page_in_the_background_goes_by_no_ctrl_c() -> None:
    ending = page._Ending(UnderWay(), {})  # pyright: ignore[reportPrivateUsage]
    ending.keep()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ending.restore()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_handler_that_is_not_pythons_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(signal, "getsignal", dict[int, object]().get)
    ending = page._Ending(UnderWay(), {})  # pyright: ignore[reportPrivateUsage]
    monkeypatch.undo()
    ending.keep()
    ending.restore()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.asyncio
@pytest.mark.usefixtures("ignored")
async def test_a_server_in_the_background_ends_by_sigterm_alone() -> None:
    told: list[bool] = []
    picture: Any = SimpleNamespace(aclose=partial(asyncio.sleep, 0))
    app: Any = SimpleNamespace(state=SimpleNamespace(picture=picture))
    server = serving._Server(uvicorn.Config(app), app, list, told.append)  # pyright: ignore[reportPrivateUsage]
    server.handle_exit(signal.SIGINT, None)
    assert (server.should_exit, told) == (False, [])
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, told) == (True, [False])
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_a_step_is_under_way_from_its_beginning_to_its_end() -> None:
    under_way, seen = UnderWay(), list[tuple[list[str], list[str]]]()

    async def do() -> None:
        seen.append(([*under_way.begun], [*under_way.waiting]))
        raise NotSupported("no")

    steps = [under_way.followed("a", Act("close", name, f"close {name}", do)) for name in ("X", "Y")]
    for step in steps:
        with pytest.raises(NotSupported):
            await step.do()
    assert seen == [(["a: close X"], ["a: close Y"]), (["a: close Y"], [])]
    assert under_way.begun == under_way.waiting == []
