"""Every command's help, its mistakes and exit codes: 2 for a call that cannot be right, 3 for keys, 1 for the rest.

In this process, as typer runs them; what needs a process of its own is in `test_commands.py`.
"""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from futures_async.cli.app import app
from futures_async.registry import venue_ids
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.version import __version__
from tests.cli.test_commands import keys_of

BTC = "BTC/USDT:USDT"
ORDER = ("--order-id", "1")
READS: dict[str, tuple[str, ...]] = {
    "watch": ("watch", "--once"),
    "positions": ("positions",),
    "risk": ("risk",),
    "account": ("account",),
    "orders": ("orders",),
    "orders --history": ("orders", "--history"),
    "fills": ("fills",),
    "ledger": ("ledger",),
}
ACTS: dict[str, tuple[str, ...]] = {
    "cancel-all": ("cancel-all", "--yes"),
    "close": ("close", "--yes"),
    "halt": ("halt", "--yes"),
    "order place": ("order", "place", "buy", "0.01", BTC, "--price", "50000", "--yes"),
    "order amend": ("order", "amend", BTC, *ORDER, "--price", "1", "--yes"),
    "order cancel": ("order", "cancel", BTC, *ORDER, "--yes"),
    "probe": ("probe", "bitget", "--yes"),
}
OTHERS = ("listen", "venues", "serve", "simulate", "new-venue", "check-venue", "order")


def leaves() -> dict[str, Any]:
    """Every command by its words."""
    found: dict[str, Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        found[" ".join(words)] = command
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


COMMANDS = leaves()


def run(*words: str, environ: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(app, list(words), prog_name="futures-async", env={"COLUMNS": "200", **(environ or {})})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


@pytest.fixture(autouse=True)
def nobodys_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_every_command_is_in_these_tests() -> None:
    named = set(COMMANDS) - {""}
    assert named == {name for name in (*READS, *ACTS, *OTHERS) if "--" not in name}


@pytest.mark.parametrize("name", list(COMMANDS))
@pytest.mark.parametrize("word", ["-h", "--help"])
def test_every_command_explains_itself(name: str, word: str) -> None:
    shown = run(*name.split(), word)
    assert shown.exit_code == 0
    assert shown.output.split()[:3] == ["Usage:", "futures-async", *name.split(), "[OPTIONS]"][:3]
    said = " ".join(shown.output.split())
    for option in COMMANDS[name].params:
        if option.param_type_name == "option":
            assert max(option.opts, key=len) in said
            assert option.help is None or " ".join(option.help.split())[:30] in said


@pytest.mark.parametrize("words", [(), ("order",)])
def test_the_list_of_commands_says_of_each_a_whole_sentence(words: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(app, [*words, "-h"]).stdout.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed


def test_without_a_command_the_help_is_shown_as_a_mistake() -> None:
    for words in ((), ("order",)):
        shown = run(*words)
        assert (shown.exit_code, shown.output.split()[0]) == (2, "Usage:")


@pytest.mark.parametrize("words", ["watch --once", "watch --once --sort -notional --money usdc", "venues"])
@pytest.mark.parametrize("form", ["", "--json", "--csv"])
def test_watch_and_venues_speak_to_people_and_to_programs(words: str, form: str) -> None:
    shown = run(*words.split(), *form.split(), *(["--simulated", "-v", "bitget"] if "watch" in words else []))
    assert shown.exit_code == 0, shown.output
    assert "bitget" in shown.output
    if words == "watch --once --sort -notional --money usdc" and form == "--json":
        rows = [json.loads(line) for line in shown.output.splitlines()]
        whole = rows[-1]
        assert (whole["total_in"], Decimal(whole["equity"])) == ("USDC", Decimal(0))
        assert "USDT" in whole["left_out"]
        sizes = [Decimal(row["notional"]) for row in rows if "notional" in row]
        assert sizes == sorted(sizes)
    if words == "venues" and form == "--csv":
        assert {row["venue"] for row in csv.DictReader(io.StringIO(shown.output))} == set(venue_ids())


def test_the_version_is_told() -> None:
    assert run("--version").output == f"futures-async {__version__}\n"


MISTAKES: list[tuple[str, str]] = [
    ("nosuch", "No such command 'nosuch'"),
    ("positions --nosuch", "No such option"),
    ("positions --json --csv --simulated", "choose --json or --csv"),
    ("positions", "no keys"),
    ("positions --keys /nowhere/keys.toml", "/nowhere/keys.toml"),
    ("positions --simulated -v bitgt", "plays no 'bitgt': did you mean bitget?"),
    ("positions --simulated -v bitget --proxy nonsense", "proxy must look like"),
    ("positions --simulated -v bitget --ca-file /nowhere.pem", "--ca-file must be"),
    ("positions --simulated -v bitget -s a/b/c", "InvalidRequest"),
    ("account --simulated -v bitget --symbol BTC", "No such option"),
    ("orders --simulated -v bitget --history --limit 0", "--limit"),
    ("fills --simulated -v bitget --since-ms x", "--since-ms"),
    ("ledger --simulated -v bittap", "NotSupported"),
    ("watch --simulated --once --sort leverge", "did you mean leverage?"),
    ("watch --simulated --once --interval 0", "--interval"),
    ("listen", "subject"),
    ("listen nothing --simulated", "nothing"),
    (f"listen account --simulated -v bitget -s {BTC}", "listen account takes no --symbol"),
    ("serve --simulated --json", "the page speaks JSON itself"),
    ("serve --simulated -v bitget --host 0.0.0.0 --port 0", "token"),
    ("serve --simulated --token-file /nowhere/token", "cannot read /nowhere/token"),
    ("simulate --venue bitgt", "did you mean bitget?"),
    ("simulate --key only", "--key and --secret together"),
    ("simulate --faults /nowhere.toml", "cannot read /nowhere.toml"),
    ("simulate --uid-limit 0", "--uid-limit"),
    ("probe", "venue"),
    ("probe bitget --simulated --orders -1", "--orders"),
    ("probe bitget --simulated --price cheap", "--price must be a number above 0"),
    ("probe nowhere --simulated", "plays no 'nowhere'"),
    ("close --simulated -v bitget --side up", "--side 'up': long or short"),
    (f"order place byu 1 {BTC} --simulated -v bitget", "side 'byu': buy or sell"),
    (f"order place buy x {BTC} --simulated -v bitget", "quantity must be a number above 0"),
    (f"order place buy 1 {BTC} --simulated", "an order is placed on one account"),
    (f"order place buy 1 {BTC} --simulated -v bittap", "NotSupported"),
    (f"order amend {BTC} --order-id 1 --simulated -v bitget", "say what changes"),
    (f"order amend {BTC} --price 1 --simulated -v bitget", "name the order by --order-id"),
    (f"order cancel {BTC} --order-id 1 --client-order-id a --simulated -v bitget", "name the order by --order-id"),
    ("new-venue A_b", "lower-case letters"),
    ("check-venue nowhere", "no adapter 'nowhere' is installed"),
]


@pytest.mark.parametrize(("call", "says"), MISTAKES, ids=[call for call, _ in MISTAKES])
def test_a_call_that_cannot_be_right_is_2_and_says_why(call: str, says: str) -> None:
    shown = run(*call.split())
    assert shown.exit_code == 2, shown.output
    assert says in " ".join(shown.output.split())


WITH_SYMBOL = [name for name, command in COMMANDS.items() if any(one.name == "symbol" for one in command.params)]


@pytest.mark.parametrize("name", WITH_SYMBOL)
def test_a_symbol_that_no_venue_lists_is_2_with_near_names_everywhere(running: RunningExchange, name: str) -> None:
    words = {**READS, **ACTS, "listen": ("listen", "orders")}[name]
    call = [*("BTC" if word == BTC else word for word in words)]
    if BTC not in words:
        call += ["--symbol", "BTC"]
    shown = run(*call, "--base-url", running.base_url, environ=keys_of(running, "bitget"))
    assert shown.exit_code == 2, shown.output
    assert f"did you mean {BTC}?" in shown.output


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_keys_that_are_refused_are_3(running: RunningExchange, name: str) -> None:
    environ = keys_of(running, "bitget", secret="not-the-secret")
    shown = run(*{**READS, **ACTS}[name], "--base-url", running.base_url, environ=environ)
    assert shown.exit_code == 3, shown.output
    assert "AuthenticationError: bitget" in shown.output
    assert "not-the-secret" not in shown.output


@pytest.fixture(scope="module")
def closed_port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield free.getsockname()[1]  # nobody listens there


@pytest.mark.parametrize("name", [*READS, *ACTS])
def test_a_venue_that_cannot_be_reached_is_1_and_the_cause_is_told(
    running: RunningExchange, closed_port: int, name: str
) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    shown = run(*{**READS, **ACTS}[name], "--base-url", url, environ=keys_of(running, "bitget"))
    assert shown.exit_code == 1, shown.output
    assert f"cannot connect to 127.0.0.1:{closed_port}: the connection was refused" in " ".join(shown.output.split())


EXTRAS: list[tuple[str, str, str]] = [
    ("typer", "venues", "[cli,simulator]"),
    ("rich", "venues", "[cli,simulator]"),
    ("starlette", "positions --simulated", "[simulator]"),
    ("uvicorn", "simulate --port 0", "[simulator]"),
    ("websockets", "simulate --port 0", "[simulator]"),
    ("prometheus_client", "serve --simulated", "[web]"),
    ("pytest", "new-venue some-venue", "[testing]"),
    ("pytest", "check-venue bitget", "[testing]"),
    ("keyring", "positions --keyring", "[keyring]"),
    ("python_socks", "positions --simulated -v bitget --proxy http://127.0.0.1:1", "[proxy]"),
    ("picows", "listen orders --simulated -v bitget", "[streams]"),
]


@pytest.mark.parametrize(("module", "call", "extra"), EXTRAS)
def test_an_extra_that_is_missing_is_2_and_named(module: str, call: str, extra: str) -> None:
    code = f"import sys; sys.modules[{module!r}] = None; from futures_async.cli import main; main()"
    shown = subprocess.run([sys.executable, "-c", code, *call.split()], capture_output=True, text=True, check=False)
    assert shown.returncode == 2, shown.stderr
    assert shown.stderr.endswith(f"pip install 'futures-async{extra}'\n")
    assert len(shown.stderr.splitlines()) == 1


PLANS: list[tuple[str, str]] = [
    ('[[fault]]\nname = "reset"\nvenues = ["bitgt"]\n', "no venue 'bitgt' is played: did you mean bitget?"),
    ('[[fault]]\nname = "rest"\n', "did you mean reset?"),
    ('[[fault]]\nname = "reset"\nprobabilty = 0.1\n', "did you mean probability?"),
    ('[[falt]]\nname = "reset"\n', "did you mean fault?"),
    ('[[fault]]\nname = "reset"\nkinds = ["oder"]\n', "did you mean order?"),
    ("seed = \n", "plan.toml"),
]


@pytest.mark.parametrize(("plan", "says"), PLANS)
def test_a_plan_of_faults_that_cannot_be_right_is_2_with_the_known_words(plan: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(plan)
    shown = run("simulate", "--port", "0", "--faults", str(file))
    assert shown.exit_code == 2, shown.output
    assert says in " ".join(shown.output.split())


def test_a_shell_can_learn_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    # typer goes by the parent processes: started by a service, a test run has no shell among them.
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    script = run("--show-completion", "bash")
    assert script.exit_code == 0
    assert "_FUTURES_ASYNC_COMPLETE=complete_bash" in script.output
    offered = run(
        environ={"_FUTURES_ASYNC_COMPLETE": "complete_bash", "COMP_WORDS": "futures-async ord", "COMP_CWORD": "1"}
    )
    assert offered.output.split() == ["orders", "order"]


def test_the_module_runs_as_the_command(tmp_path: Path) -> None:
    for module in ("futures_async", "futures_async.cli"):
        shown = subprocess.run([sys.executable, "-m", module, "-h"], capture_output=True, text=True, check=True)
        assert shown.stdout.split()[:2] == ["Usage:", "futures-async"]
