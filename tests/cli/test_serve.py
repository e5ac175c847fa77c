"""`futures-async serve`, as a user runs it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from futures_async.cli import web as page
from futures_async.cli.accounts import Source
from futures_async.unified.errors import NotSupported
from futures_async.unified.exchange import FuturesExchange
from tests.cli.test_commands import cli

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
