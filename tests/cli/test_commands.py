"""The commands as a user runs them: real processes, real loopback HTTP."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from futures_async.simulator.server import RunningExchange, serve
from tests.cli.inside import Ended, cli

VENUES = ["binance", "bitget", "bitget-uta", "bitget-v1", "bitmart", "bittap", "bybit", "hyperliquid", "okx"]


@pytest.fixture(scope="module")
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


def keys_of(running: RunningExchange, venue: str, **changes: str) -> dict[str, str]:
    """The venue's demo keys as environment variables."""
    row = {**running.announcement()["venues"][venue], **changes}
    prefix = f"FUTURES_ASYNC_{venue.upper().replace('-', '_')}_"
    return {f"{prefix}{name.upper()}": value for name, value in row.items() if value is not None}


def rows(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_watch_shows_every_venue_side_by_side() -> None:
    shown = cli("watch", "--simulated", "--once")
    assert shown.returncode == 0, shown.stderr
    for title in (
        "symbol",
        "side",
        "quantity",
        "entry",
        "mark",
        "liquidation",
        "distance",
        "PnL",
        "leverage",
        "margin",
    ):
        assert title in shown.stdout.splitlines()[0]
    for venue in VENUES:
        assert any(line.startswith(f"{venue} ") and "BTC/USD" in line for line in shown.stdout.splitlines())
    assert "exposure / equity" in shown.stdout


def test_watch_prints_json_lines() -> None:
    shown = cli("watch", "--simulated", "--once", "--json", "--venue", "bitmart", "--symbol", "BTCUSDT")
    found = rows(shown.stdout)
    (row,) = [row for row in found if "symbol" in row]
    assert (row["account"], row["symbol"], row["side"]) == ("bitmart", "BTC/USDT:USDT", "long")
    assert isinstance(row["quantity"], str)
    (state,) = [row for row in found if "status" in row]
    assert (state["account"], state["status"], state["error"]) == ("bitmart", "ok", None)
    assert state["age_s"] >= state["latency_s"] > 0
    (total,) = [row for row in found if row.get("coin") == "USDT"]
    assert float(total["equity"]) > float(total["margin"]) > 0
    assert total["missing"] == []


def test_watch_prints_csv() -> None:
    shown = cli("watch", "--simulated", "--once", "--csv", "--venue", "bittap", "--sort", "symbol")
    found = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [row["symbol"] for row in found] == sorted(row["symbol"] for row in found)
    assert {row["account"] for row in found} == {"bittap"}


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
def test_a_reader_that_has_read_enough_is_no_failure(form: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "watch", "--simulated", "--venue", "bittap", "--interval", "0.2",
         *form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 0
    # A slow machine's answer may be late, and the monitor says so.
    assert [line for line in process.stderr if "no answer within" not in line] == []
    process.stderr.close()


def test_ctrl_c_ends_watch_without_a_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "watch", "--simulated", "--venue", "bitget"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "symbol" not in (line := process.stdout.readline()):
        assert line  # a slow machine's first picture may be empty, and says so
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert errors == ""


@pytest.mark.parametrize("command", ["positions", "risk", "account", "orders", "fills", "ledger"])
def test_every_command_reads_the_simulated_exchange(command: str) -> None:
    venue = "bitget"
    as_json = cli(command, "--simulated", "--venue", venue, "--json")
    assert as_json.returncode == 0, as_json.stderr
    found = rows(as_json.stdout)
    assert found
    assert all(row["account"] == row["venue"] == venue for row in found)
    as_csv = list(csv.DictReader(io.StringIO(cli(command, "--simulated", "--venue", venue, "--csv").stdout)))
    assert len(as_csv) == len(found)
    assert set(as_csv[0]) == set(found[0])
    table = cli(command, "--simulated", "--venue", venue).stdout.splitlines()
    assert table[0].startswith("account")
    assert len(table) == len(found) + 1


def test_risk_shows_a_bar_for_the_distance_to_liquidation() -> None:
    shown = cli("risk", "--venue", "bitmart", "--simulated")
    assert "distance to liquidation" in shown.stdout
    assert "█" in shown.stdout


def test_risk_is_the_dashboard_of_the_positions_document() -> None:
    shown = cli("risk", "--venue", "bitmart", "--simulated", "--json")
    found = rows(shown.stdout)
    assert len(found) == 4
    for row in found:
        assert row["position_mode"] == "one_way"
        assert row["margin_mode"] in ("cross", "isolated")
        for name in (
            "quantity",
            "entry_price",
            "mark_price",
            "unrealized_pnl",
            "leverage",
            "liquidation_price",
            "margin",
        ):
            assert float(row[name]) != 0, name
    values = [float(row["notional"]) for row in found]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("venue", ["binance", "bybit", "bitget"])
def test_a_cross_position_that_tells_no_margin_ratio_has_its_accounts(venue: str) -> None:
    found = [
        row for row in rows(cli("risk", "-v", venue, "--simulated", "--json").stdout) if row["margin_mode"] == "cross"
    ]
    assert len(found) >= 2
    assert len({row["margin_ratio"] for row in found}) == 1
    assert 0 < float(found[0]["margin_ratio"]) < 0.3
    assert {row["level"] for row in found} == {"safe"}


def test_past_orders_fill_a_limit_over_pages() -> None:
    shown = cli("orders", "--history", "--simulated", "--venue", "bitget", "--limit", "3", "--json")
    assert len(rows(shown.stdout)) == 3


def test_what_is_about_past_orders_is_not_ignored_for_open_ones() -> None:
    refused = cli("orders", "--simulated", "--venue", "bitget", "--since-ms", "1")
    assert refused.returncode == 2
    assert "add --history" in refused.stderr


def test_accounts_whose_venue_has_no_such_call_are_named() -> None:
    some = cli("ledger", "--simulated", "--venue", "bittap", "--venue", "bitget", "--limit", "1", "--json")
    assert (some.returncode, len(rows(some.stdout))) == (0, 1)
    assert some.stderr == "left out, their venues have no such call: bittap\n"
    none = cli("ledger", "--simulated", "--venue", "bittap")
    assert (none.returncode, none.stdout) == (2, "")
    assert "fetch_ledger is not supported" in none.stderr


def test_accounts_whose_venue_wants_a_symbol_are_named() -> None:
    past = ("orders", "--history", "--simulated", "--venue", "bitmart")
    some = cli(*past, "--venue", "bitget", "--limit", "1", "--json")
    assert (some.returncode, len(rows(some.stdout))) == (0, 1)
    assert some.stderr == "left out, their venues list one contract at a time (name it with --symbol): bitmart\n"
    none = cli(*past)
    assert (none.returncode, none.stdout) == (2, "")
    assert none.stderr == (
        "bitmart: SymbolNeeded: bitmart: past orders are listed per contract: name it with --symbol\n"
    )


def test_venues_lists_what_each_can_do() -> None:
    found = {row["venue"]: row for row in rows(cli("venues", "--json").stdout)}
    assert set(found) == set(VENUES)
    assert "create_order" not in found["bittap"]["capabilities"]
    assert found["bitget-v1"]["lifecycle"] == "closed"
    assert "life cycle" in cli("venues").stdout
    as_csv = list(csv.DictReader(io.StringIO(cli("venues", "--csv").stdout)))
    assert {row["venue"]: row["capabilities"].split() for row in as_csv} == {
        venue: row["capabilities"] for venue, row in found.items()
    }


def test_every_command_offers_json_and_csv() -> None:
    from typer.testing import CliRunner

    from futures_async.cli.app import app

    commands = [
        info.callback.__name__.replace("_", "-") for info in app.registered_commands if info.callback is not None
    ]
    assert len(commands) >= 9
    for name in set(commands) - {"new-venue", "check-venue"}:  # these write a package, and a report
        told = CliRunner().invoke(app, [name, "--help"]).output
        assert "--json" in told, name
        assert "--csv" in told, name
        needed = {"probe": ["bitget"], "listen": ["orders"]}.get(name, [])
        refused = CliRunner().invoke(app, [name, "--json", "--csv", *needed])
        assert refused.exit_code == 2, name
        assert "choose --json or --csv" in refused.output, name


def test_watch_writes_the_names_of_csv_columns_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "watch", "--simulated", "--csv", "--venue", "bittap",
         "--interval", "0.2"],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(9)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert [line.startswith("account,") for line in lines] == [True] + 8 * [False]


def test_simulate_announces_itself_and_serves_real_clients() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "simulate", "--port", "0", "--json", "--hedge",
         "--key", "own-key", "--secret", "own-secret", "--passphrase", "own-pass", "--memo", "own-memo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        own = {"KEY": "own-key", "SECRET": "own-secret", "PASSPHRASE": "own-pass"}
        environ = {f"FUTURES_ASYNC_BITGET_{name}": value for name, value in own.items()}
        shown = cli("positions", "--base-url", said["base_url"], "--json", **environ)
        assert shown.returncode == 0, shown.stderr
        assert rows(shown.stdout)[0]["position_mode"] == "hedge"
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_simulate_announces_itself_as_csv_too() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "simulate", "--port", "0", "--csv", "--venue", "bitmart"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = [process.stdout.readline(), process.stdout.readline()]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    (row,) = csv.DictReader(told)
    assert row["venue"] == "bitmart"
    assert row["base_url"].startswith("http://127.0.0.1:")
    assert row["memo"]


@pytest.mark.parametrize(("limit", "second"), [("--uid-limit=1", 429), ("--no-uid-limit", 200)])
def test_simulate_limits_an_account_as_it_is_told(limit: str, second: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "simulate", "--port", "0", "--json", "--venue", "bitmart",
         limit],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        headers = {"X-BM-KEY": said["venues"]["bitmart"]["key"]}
        with httpx.Client(base_url=said["base_url"], headers=headers) as client:
            answers = [client.get("/contract/private/assets-detail").status_code for _ in range(2)]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert answers == [200, second]


def test_the_version_is_printed() -> None:
    assert cli("--version").stdout.startswith("futures-async 0.")


# What goes wrong, each with its own readable line and exit code


def failure(code: int, shown: Ended) -> str:
    assert shown.returncode == code, (shown.stdout, shown.stderr)
    assert "Traceback" not in shown.stderr
    assert len(shown.stderr.strip().splitlines()) == 1
    return shown.stderr


def test_a_wrong_key(running: RunningExchange) -> None:
    environ = keys_of(running, "bitget", key="not-the-key")
    said = failure(3, cli("positions", "--base-url", running.base_url, **environ))
    assert "AuthenticationError" in said
    assert "not-the-key" not in said


def test_a_wrong_passphrase(running: RunningExchange) -> None:
    environ = keys_of(running, "bitget", passphrase="not-the-passphrase")
    said = failure(3, cli("positions", "--base-url", running.base_url, **environ))
    assert "AuthenticationError" in said
    assert "not-the-passphrase" not in said


def test_a_wrong_secret(running: RunningExchange) -> None:
    environ = keys_of(running, "bitget", secret="not-the-secret")
    assert "AuthenticationError" in failure(3, cli("positions", "--base-url", running.base_url, **environ))


@pytest.mark.parametrize(
    ("command", "symbol", "meant"),
    [
        ("positions", "NOSUCH/USDT:USDT", "symbols look like BASE/QUOTE:SETTLE"),
        ("positions", "BTC", "did you mean BTC/USDT:USDT?"),
        ("risk", "ETHUSD", "did you mean ETH/USDT:USDT?"),
        ("orders", "XPR/USDT:USDT", "did you mean XRP/USDT:USDT?"),
        ("fills", "btc/usdt", "did you mean BTC/USDT:USDT?"),
        ("ledger", "BTCC/USDT:USDT", "did you mean BTC/USDT:USDT"),
    ],
)
def test_a_symbol_that_no_venue_lists_is_2_with_near_names(
    running: RunningExchange, command: str, symbol: str, meant: str
) -> None:
    keys = keys_of(running, "bitget")
    said = failure(2, cli(command, "--base-url", running.base_url, "--symbol", symbol, **keys))
    assert f"no venue of these accounts lists {symbol!r}" in said
    assert meant in said


def test_watch_and_probe_refuse_a_symbol_that_no_venue_lists(running: RunningExchange) -> None:
    keys = keys_of(running, "bitget")
    said = failure(2, cli("watch", "--once", "--base-url", running.base_url, "-s", "BTC", **keys))
    assert "did you mean BTC/USDT:USDT?" in said
    said = failure(2, cli("probe", "bitget", "--yes", "--base-url", running.base_url, "-s", "BTC/USDC:USDT", **keys))
    assert "BTC/USDC:USDT is no contract of USDT-FUTURES" in said
    said = failure(2, cli("probe", "bitget", "--yes", "--base-url", running.base_url, "-s", "NOSUCHUSDT", **keys))
    assert "no venue of these accounts lists" in said


def test_a_symbol_that_some_venue_lists_is_shown_where_it_is_and_empty_elsewhere(running: RunningExchange) -> None:
    keys = keys_of(running, "bitget") | keys_of(running, "bitmart")
    shown = cli("positions", "--base-url", running.base_url, "--csv", "-s", "BTC/USDT:USDT", **keys)
    assert shown.returncode == 0, shown.stderr
    empty = cli("orders", "--history", "--base-url", running.base_url, "--csv", "-s", "LINK/USDT:USDT", **keys)
    assert empty.returncode == 0, empty.stderr


def test_a_text_that_is_no_symbol(running: RunningExchange) -> None:
    said = failure(2, cli("positions", "--base-url", running.base_url, "--symbol", "a b", **keys_of(running, "bitget")))
    assert "InvalidRequest" in said


def test_an_unreachable_host(running: RunningExchange) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = failure(1, cli("positions", "--base-url", f"http://127.0.0.1:{port}", **keys_of(running, "bitget")))
    assert "ConnectFailed" in said
    assert f"127.0.0.1:{port}" in said


def test_watch_does_not_take_an_account_that_it_cannot_read_for_an_empty_one(running: RunningExchange) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    shown = cli("watch", "--once", "--base-url", url, **keys_of(running, "bitget"))
    assert shown.returncode == 1
    assert shown.stdout.splitlines()[0] == "No open positions known; nothing of bitget."
    assert "ConnectFailed" in shown.stdout


def test_an_option_that_the_venue_does_not_have(running: RunningExchange, tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text('[bitmart]\nkey = "k"\nsecret = "s"\nmemo = "m"\nproduct_type = "x"\n')
    keys.chmod(0o600)
    said = failure(2, cli("positions", "--base-url", running.base_url, "--keys", str(keys)))
    assert "[bitmart]: unknown word 'product_type'" in said


@pytest.mark.asyncio
async def test_an_interface_that_ends_is_named_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from futures_async.cli.accounts import Source, open_accounts

    keys = tmp_path / "keys.toml"
    keys.write_text('[old]\nvenue = "bitget-v1"\nkey = "k"\nsecret = "s"\npassphrase = "p"\n')
    keys.chmod(0o600)
    async with open_accounts(Source(keys=keys)) as accounts:
        assert list(accounts) == ["old"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("old: Bitget v1: this interface is closed")


def test_plain_http_to_another_host_is_refused(running: RunningExchange) -> None:
    said = failure(2, cli("positions", "--base-url", "http://venue.example", **keys_of(running, "bitget")))
    assert "https" in said


def test_no_keys_at_all(tmp_path: Path) -> None:
    assert "--simulated" in failure(2, cli("positions", XDG_CONFIG_HOME=str(tmp_path)))


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = failure(2, cli("simulate", "--port", str(taken.getsockname()[1])))
    assert "--port 0" in said


HTML_502 = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>"
CUT_SHORT = b'HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{"code":"00000","data":['


@pytest.mark.parametrize(("answer", "word"), [(HTML_502, "VenueUnavailable"), (CUT_SHORT, "DamagedAnswer")])
def test_damaged_answers_have_their_own_lines(running: RunningExchange, answer: bytes, word: str) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)
    stop = threading.Event()

    def answer_all() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=answer_all)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        said = failure(1, cli("positions", "--base-url", url, **keys_of(running, "bitget")))
    finally:
        stop.set()
        thread.join()
        server.close()
    assert f"{word}: bitget GET /api/v2/mix/" in said
    assert "read again later" in said or "ask again" in said


def test_a_wrong_clock_is_set_right_by_the_venues_own(running: RunningExchange) -> None:
    shifted = (
        "import time; real = time.time; time.time = lambda: real() - 7200; from futures_async.cli import main; main()"
    )
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")}
    shown = subprocess.run(
        [sys.executable, "-c", shifted, "positions", "--json", "--base-url", running.base_url],
        capture_output=True,
        text=True,
        timeout=120,
        env=environ,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert rows(shown.stdout)


def test_importing_the_command_line_takes_its_time_only_when_used() -> None:
    code = "import sys, futures_async.cli; assert 'typer' not in sys.modules and 'rich' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.asyncio
async def test_long_paging_shows_how_many_rows_there_are() -> None:
    from rich.console import Console

    from futures_async.cli.counting import RowCounter, counted

    async def rows() -> AsyncIterator[int]:
        for number in range(45):
            yield number

    terminal = Console(file=io.StringIO(), force_terminal=True, width=60)
    with RowCounter(terminal) as counter:
        assert len(await counted(rows(), counter.of("main"))) == 45
    assert "main: 40 rows" in terminal.file.getvalue()  # type: ignore[attr-defined] # pyright: ignore - a StringIO
    silent = Console(file=io.StringIO(), force_terminal=False)
    with RowCounter(silent) as counter:
        await counted(rows(), counter.of("main"))
    assert silent.file.getvalue() == ""  # type: ignore[attr-defined] # pyright: ignore - a StringIO


def test_probe_prints_what_it_found_on_the_simulated_exchange() -> None:
    shown = cli("probe", "bitget", "--simulated", "--orders", "2", "--json")
    assert shown.returncode == 0, shown.stderr
    found = {row["trait"]: row for row in rows(shown.stdout)}
    assert (found["dedup"]["found"], found["dedup"]["verdict"]) == ("open", "confirmed")
    assert (found["window_s"]["declared"], found["window_s"]["verdict"]) == ("30", "confirmed")
    table = cli("probe", "bitmart", "--simulated", "--orders", "1", "--no-fill")
    assert table.returncode == 0, table.stderr
    assert table.stdout.splitlines()[0].split()[1:] == ["trait", "declared", "found", "verdict"]
    assert "\nwindow_s: 55 s old: accepted" in table.stdout


def test_probe_goes_out_by_the_proxy_that_is_named(running: RunningExchange) -> None:
    keys = keys_of(running, "bitget")
    refused = cli("probe", "bitget", "--base-url", running.base_url, "--proxy", "gopher://127.0.0.1:1", **keys)
    assert refused.returncode == 2
    assert "proxy" in refused.stderr


def test_probe_wants_demo_or_a_clear_word_and_asks_first(running: RunningExchange) -> None:
    keys = keys_of(running, "bitget")
    refused = cli("probe", "bitget", "--yes", **keys)
    assert refused.returncode == 2
    assert "real money" in refused.stderr
    # Before it asks: an answer would change nothing.
    refused = cli("probe", "bitget", **keys)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Go on?" not in refused.stderr
    assert "(--live)" in refused.stderr
    before = len(running.exchange.arrivals)
    asked = cli("probe", "bitget", "--base-url", running.base_url, "--symbol", "LINK/USDT:USDT", **keys)
    assert asked.returncode == 1
    assert "Go on?" in asked.stderr
    assert len(running.exchange.arrivals) == before
    taken = cli("probe", "bitget", "--base-url", running.base_url, "--symbol", "BTC/USDT:USDT", "--yes", **keys)
    assert taken.returncode == 2
    assert "a contract that nobody trades" in taken.stderr


def test_one_ctrl_c_at_its_question_ends_probe(running: RunningExchange) -> None:
    terminal, its_end = pty.openpty()
    before = len(running.exchange.arrivals)
    process = subprocess.Popen(
        [sys.executable, "-m", "futures_async.cli", "probe", "bitget", "--base-url", running.base_url],
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")},
    )
    try:
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 1000)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
        os.close(its_end)
        os.close(terminal)
    assert len(running.exchange.arrivals) == before
