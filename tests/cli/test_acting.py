"""Commands that act, as a user runs them: what will happen is said, asked, done, and told with its exit code."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Generator

import anyio
import anyio.lowlevel
import pytest

import futures_async as fa
from futures_async.cli.acting import of_what_is_held
from futures_async.cli.output import Exit, Format, Writer
from futures_async.portfolio.acts import Act, Done, cancels, carry_out, closings, halts
from futures_async.simulator.demo import Setup
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.enums import MarginMode, PositionSide, Side
from futures_async.unified.errors import (
    ConnectFailed,
    FuturesAsyncError,
    InvalidRequest,
    OrderNotPlaced,
    OrderOutcomeUnknown,
    RequestTimeout,
    SettingNotApplied,
    UnreadRow,
    UnreadRows,
    unread_rows,
)
from futures_async.unified.exchange import Capability, FuturesExchange
from tests.cli.inside import Ended, cli
from tests.cli.test_commands import keys_of, rows
from tests.fakes import FakeTrading, in_virtual_time, position

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
CAN_TRADE = ["bitget", "bitget-uta", "bitmart"]


@pytest.fixture
def running() -> Generator[RunningExchange]:
    with serve(seed=2) as exchange:
        yield exchange


def on(running: RunningExchange, venue: str, *arguments: str) -> Ended:
    """A command on one account of an exchange that goes on after it."""
    return cli(*arguments, "--venue", venue, "--base-url", running.base_url, **keys_of(running, venue))


@pytest.mark.parametrize("venue", CAN_TRADE)
def test_an_order_is_placed_amended_and_cancelled(running: RunningExchange, venue: str) -> None:
    placed = on(running, venue, "order", "place", "buy", "0.02", BTC, "--price", "50000", "--yes", "--json")
    assert placed.returncode == 0, placed.stderr
    (row,) = rows(placed.stdout)
    assert (row["account"], row["action"], row["result"], row["status"]) == (venue, "place", "done", "new")
    assert "buy 0.02 BTC of BTC/USDT:USDT at 50,000\n" in placed.stderr

    amended = on(
        running, venue, "order", "amend", BTC, "--order-id", row["order_id"], "--price", "50100", "-y", "--json"
    )
    assert amended.returncode == 0, amended.stderr
    assert "price 50,000 → 50,100" in amended.stderr
    order_id = rows(amended.stdout)[0]["order_id"]

    cancelled = on(running, venue, "order", "cancel", BTC, "--order-id", order_id, "--yes", "--json")
    assert cancelled.returncode == 0, cancelled.stderr
    assert [rows(cancelled.stdout)[0][name] for name in ("result", "status")] == ["done", "canceled"]

    filled = on(running, venue, "order", "place", "buy", "0.02", BTC, "--yes", "--json")
    for ended, status in ((order_id, "canceled"), (rows(filled.stdout)[0]["order_id"], "filled")):
        again = on(running, venue, "order", "cancel", BTC, "--order-id", ended, "--yes", "--json")
        assert again.returncode == 0, again.stderr
        (row,) = rows(again.stdout)
        assert [row[name] for name in ("result", "status", "detail")] == [
            "nothing to do",
            status,
            f"it was {status} already",
        ]


def test_an_order_that_only_reduces_is_about_the_position_that_is_held() -> None:
    """OKX refuses a close without a margin mode for an isolated position."""
    eth = "ETH/USDT:USDT"
    with serve(only=["okx"], setup=Setup(empty=True)) as running:
        bought = on(running, "okx", "order", "place", "buy", "0.4", eth, "--margin-mode", "isolated", "--yes", "--json")
        assert bought.returncode == 0, bought.stderr
        sold = on(running, "okx", "order", "place", "sell", "0.1", eth, "--reduce", "--yes", "--json")
        assert sold.returncode == 0, sold.stderr
        assert "sell 0.1 ETH of ETH/USDT:USDT at market, only to reduce, isolated margin\n" in sold.stderr
        (held,) = rows(on(running, "okx", "positions", "--json").stdout)
        assert (float(held["quantity"]), held["margin_mode"]) == (0.3, "isolated")


def test_which_of_two_positions_an_order_reduces_is_asked() -> None:
    both = [position(margin_mode=mode, margin_coin="USDT") for mode in MarginMode]

    async def main() -> None:
        exchange = FakeTrading()
        exchange.positions = both
        wanted = {"type": "market", "margin_mode": None, "leverage": None}
        with pytest.raises(InvalidRequest, match="--margin-mode"):
            await of_what_is_held(exchange, BTC, Side.SELL, wanted)
        for mode in MarginMode:  # this one's orders carry nothing
            assert await of_what_is_held(exchange, BTC, Side.SELL, {**wanted, "margin_mode": mode}) == {}
        assert await of_what_is_held(exchange, BTC, Side.BUY, wanted) == {}

    in_virtual_time("asyncio", main)


@pytest.mark.parametrize("venue", CAN_TRADE)
def test_halt_leaves_no_order_and_no_position(running: RunningExchange, venue: str) -> None:
    halted = on(running, venue, "halt", "--close", "--yes", "--json")

    assert halted.returncode == 0, halted.stderr
    assert {row["result"] for row in rows(halted.stdout)} == {"done"}
    for command in ("orders", "positions"):
        assert rows(on(running, venue, command, "--json").stdout) == []
    again = on(running, venue, "halt", "--close", "--yes")
    assert (again.returncode, again.stdout.strip()) == (0, "Nothing to do.")


def test_a_halt_cancels_what_it_can_where_orders_are_listed_one_contract_at_a_time(running: RunningExchange) -> None:
    """What is held names contracts; that others may have orders is told, and no success."""
    before = rows(on(running, "bitget-v1", "orders", "--symbol", BTC, "--json").stdout)
    halted = on(running, "bitget-v1", "halt", "--close", "--yes", "--json")

    assert len(before) == 1
    assert halted.returncode == Exit.USAGE
    done = {(row["action"], row["symbol"]): row["result"] for row in rows(halted.stdout)}
    assert done["cancel all", BTC] == done["cancel all", ETH] == done["close", BTC] == "done"
    assert done["cancel all", ""] == "not sent"
    assert "orders of contracts without a position are not seen" in halted.stderr
    for symbol in (BTC, ETH):
        assert rows(on(running, "bitget-v1", "orders", "--symbol", symbol, "--json").stdout) == []
    assert rows(on(running, "bitget-v1", "positions", "--json").stdout) == []
    alone = on(running, "bitget-v1", "cancel-all", "--yes")
    assert (alone.returncode, "name it with --symbol" in alone.stderr) == (Exit.USAGE, True)


def test_close_closes_the_named_position_alone(running: RunningExchange) -> None:
    closed = on(running, "bitget", "close", "--symbol", BTC, "--yes", "--json")

    assert [row["symbol"] for row in rows(closed.stdout)] == [BTC]
    left = {row["symbol"] for row in rows(on(running, "bitget", "positions", "--json").stdout)}
    assert left
    assert BTC not in left


def test_a_dry_run_says_what_would_be_done_and_does_nothing(running: RunningExchange) -> None:
    before = on(running, "bitget", "positions", "--json").stdout
    dry = on(running, "bitget", "halt", "--close", "--dry-run")

    assert dry.returncode == 0
    assert "bitget: close BTC/USDT:USDT long" in dry.stderr
    assert "Nothing was done" in dry.stderr
    assert dry.stdout == ""
    planned = rows(on(running, "bitget", "halt", "--close", "--dry-run", "--json").stdout)
    [close] = [row for row in planned if (row["action"], row["symbol"]) == ("close", BTC)]
    assert (close["account"], close["result"]) == ("bitget", "planned")
    assert close["detail"].startswith(f"close {BTC} long")
    assert len(rows(on(running, "bitget", "positions", "--json").stdout)) == len(rows(before))


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 1, 4), ("\n", 1, 4), ("y\n", 0, 0)])
def test_without_yes_it_asks(running: RunningExchange, answer: str, code: int, left: int) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "futures_async.cli", "close", "--venue", "bitget", "--base-url", running.base_url]
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")}
    with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as asked:
        os.close(slave)
        os.write(master, answer.encode())
        _, said = asked.communicate(timeout=60)
    os.close(master)

    assert asked.returncode == code, said
    assert b"Go on?" in said
    assert len(rows(on(running, "bitget", "positions", "--json").stdout)) == left


def test_ctrl_c_at_the_question_leaves_nobody_in_doubt(running: RunningExchange) -> None:
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "futures_async.cli", "close", "--venue", "bitget", "--base-url", running.base_url]
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")}
    with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as asked:
        os.close(slave)
        assert asked.stderr is not None
        said = b""
        while b"[y/N]: " not in said:
            part = os.read(asked.stderr.fileno(), 4096)
            assert part, said
            said += part
        asked.send_signal(signal.SIGINT)
        _, rest = asked.communicate(timeout=60)
    os.close(master)
    assert (asked.returncode, rest) == (130, b"\nNothing was done.\n")
    assert len(rows(on(running, "bitget", "positions", "--json").stdout)) == 4


def test_ctrl_c_before_anything_is_known_says_that_nothing_was_done() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [
            sys.executable,
            "-m",
            "futures_async.cli",
            "halt",
            "--yes",
            "--venue",
            "bitget",
            "--base-url",
            address,
        ]
        keys = {f"FUTURES_ASYNC_BITGET_{part}": "word" for part in ("KEY", "SECRET", "PASSPHRASE")}
        environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as halting:
            silent.settimeout(60)
            asked, _ = silent.accept()
            halting.send_signal(signal.SIGINT)
            out, said = halting.communicate(timeout=60)
            asked.close()
    assert (halting.returncode, out, said) == (130, b"", b"Nothing was done.\n")


@pytest.mark.parametrize("closed", [False, True])
def test_where_nobody_can_be_asked_that_is_told(running: RunningExchange, closed: bool) -> None:
    command = [sys.executable, "-m", "futures_async.cli", "order", "place", "buy", "0.01", BTC, "--price", "50000"]
    command += ["--venue", "bitget", "--base-url", running.base_url]
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")}
    shell = f"{shlex.join(command)} {'<&-' if closed else '</dev/null'}"
    asked = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, env=environ, check=False)
    assert asked.returncode == 1, asked.stderr
    assert asked.stderr.endswith("Nothing was done: nobody answers here; --yes goes on without asking\n")
    assert asked.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("order", "place", "buy", "x", BTC), 2, "quantity must be a number above 0, not 'x'"),
        (("order", "place", "sideways", "1", BTC), 2, "sideways"),
        (("order", "place", "buy", "0.01", "BTC"), 2, "did you mean BTC/USD"),
        (("order", "place", "buy", "5000", BTC), 2, "InvalidOrder"),
        (("order", "place", "buy", "0.01", BTC, "--price", "80000.123", "--dry-run"), 2, "off the tick 0.1"),
        (("order", "place", "buy", "0.01", "btc/usdt:USDT"), 2, "'btc/usdt:USDT': did you mean BTC/USDT:USDT?"),
        (("order", "amend", BTC, "--order-id", "1"), 2, "say what changes"),
        (("order", "amend", BTC, "--price", "1"), 2, "name the order by"),
        (("order", "cancel", BTC), 2, "name the order by"),
        (("order", "cancel", BTC, "--order-id", "17"), 1, "OrderNotFound"),
        (("order", "cancel", BTC, "--order-id", "0"), 2, "InvalidRequest: --order-id must be the id of one order, not"),
        (("order", "place", "buy", "1", BTC, "--post-only"), 2, "InvalidOrder: --post-only needs --price"),
        (("order", "place", "buy", "0.00015", BTC), 2, "is off the step 0.0001 of BTC/USDT:USDT\n"),
        (("order", "place", "buy", "5000", BTC), 2, "BTC/USDT:USDT: place it in parts\n"),
        (("order", "place", "buy", "0.0001", BTC, "--price", "1"), 2, "; only with --reduce may it be smaller\n"),
        (
            ("order", "place", "buy", "1", BTC, "--margin-mode", "isolated", "--leverage", "2"),
            2,
            "set it at the venue f",
        ),
        (("close", "--side", "up"), 2, "long or short"),
        (("close", "--symbol", "ETH"), 2, "did you mean ETH/USD"),
    ],
)
def test_what_cannot_be_right_is_told_with_its_exit_code(arguments: tuple[str, ...], code: int, said: str) -> None:
    refused = cli(*arguments, "--simulated", "--venue", "bitget", "--yes")

    assert refused.returncode == code, refused.stderr
    assert said in refused.stderr + refused.stdout or said in (refused.stderr + refused.stdout).replace("\n", " ")
    assert "Traceback" not in refused.stderr


def test_an_order_needs_one_account() -> None:
    refused = cli("order", "place", "buy", "0.01", BTC, "--simulated")
    assert refused.returncode == 2
    assert "name one of " in refused.stderr
    assert "bitget, bitget-uta, " in refused.stderr


def test_who_cannot_cancel_is_told_and_holds_up_no_other() -> None:
    halted = cli("halt", "--simulated", "--venue", "bittap", "--venue", "bitmart", "--json")

    assert halted.returncode == 2
    assert "bittap: NotSupported" in halted.stderr
    assert {(row["account"], row["result"]) for row in rows(halted.stdout)} == {("bitmart", "done")}


@pytest.mark.parametrize(
    ("error", "result", "code"),
    [
        (OrderOutcomeUnknown("it is not known"), "unknown", Exit.UNKNOWN),
        (RequestTimeout("too late"), "failed", Exit.FAILED),
        (ConnectFailed("no way", kind="refused"), "not sent", Exit.FAILED),
        (OrderNotPlaced("looked for until it had expired"), "failed", Exit.FAILED),
        (SettingNotApplied("the edit has ended the order"), "failed", Exit.FAILED),  # sent it was
    ],
)
@pytest.mark.asyncio
async def test_what_is_not_known_is_never_told_as_done(error: FuturesAsyncError, result: str, code: Exit) -> None:
    async def fails() -> Done:
        raise error

    async def works() -> Done:
        return Done(action="close", symbol=BTC, result="done")

    writer = Writer(Format.JSON)
    steps = [Act("close", BTC, "close it", do) for do in (fails, works)]
    ends = await carry_out({"mine": steps}, writer.failed)

    assert [(name, done.result) for name, done in ends] == [("mine", result), ("mine", "done")]
    assert str(error) in ends[0][1].detail
    assert writer.code is code


@pytest.mark.asyncio
async def test_what_a_strange_error_leaves_is_unknown_and_holds_up_no_other_account() -> None:
    async def fails() -> Done:
        raise ZeroDivisionError("of an adapter of somebody's")

    async def works() -> Done:
        await anyio.lowlevel.checkpoint()
        return Done(action="close", symbol=BTC, result="done")

    ends = await carry_out({"a": [Act("close", BTC, "close it", fails)], "b": [Act("close", BTC, "close it", works)]})
    assert [(name, done.result) for name, done in ends] == [("a", "unknown"), ("b", "done")]
    assert "ZeroDivisionError: of an adapter" in ends[0][1].detail


@pytest.mark.asyncio
async def test_who_is_cancelled_has_been_told_what_was_done() -> None:
    told: list[tuple[str, Done]] = []

    async def works() -> Done | None:
        return Done(action="cancel all", symbol=BTC, result="done")

    async def nothing() -> Done | None:
        return None

    async def hangs() -> Done | None:
        scope.cancel()
        await anyio.sleep_forever()
        return None

    with anyio.CancelScope() as scope:
        steps = [Act("cancel all", BTC, "cancel them", do) for do in (works, nothing, hangs)]
        await carry_out({"mine": steps}, ended=lambda name, done: told.append((name, done)))
    assert [(name, done.action) for name, done in told] == [("mine", "cancel all")]


@pytest.mark.asyncio
async def test_rows_that_cannot_be_read_are_acted_on_by_their_symbol() -> None:
    odd = UnreadRow("size", "size is no number", None, {"symbol": BTC, "side": PositionSide.LONG}, "toy")

    class Toy(FuturesExchange):
        id = "toy"
        capabilities = frozenset({Capability.CANCEL_ALL_ORDERS, Capability.CLOSE_POSITION})

        async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
            raise UnreadRows("one row", unread=[odd])

        async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
            raise UnreadRows("one row", rows=held, unread=[odd])

    held: list[fa.Position] = []
    toy = object.__new__(Toy)
    assert [act.says for act in await cancels(toy, None)] == [f"cancel 1 order of {BTC}"]
    assert [act.says for act in await closings(toy, None, None)] == [
        f"close {BTC}, whose row cannot be read, at market"
    ]
    assert await closings(toy, None, PositionSide.SHORT) == []
    # It may be of the margin mode that is named, unless that one can be read.
    assert len(await closings(toy, None, None, MarginMode.CROSS)) == 1
    held = [position(margin_mode=mode) for mode in MarginMode]
    (one,) = await closings(toy, None, None, MarginMode.CROSS)
    assert (one.symbol, one.margin_mode) == (BTC, MarginMode.CROSS)


@pytest.mark.asyncio
async def test_a_row_of_no_known_contract_holds_up_no_other_and_is_told_as_failed() -> None:
    nameless = UnreadRow("symbol", "symbol is missing", None, {}, "toy")

    class Toy(FuturesExchange):
        id = "toy"
        capabilities = frozenset({Capability.CANCEL_ALL_ORDERS, Capability.CLOSE_POSITION})

        async def fetch_open_orders(self, symbol: str | None = None) -> list[fa.Order]:
            raise unread_rows([nameless, nameless])

        async def fetch_positions(self, symbol: str | None = None) -> list[fa.Position]:
            raise unread_rows([nameless], held)

        async def close_position(
            self,
            symbol: str,
            *,
            side: fa.PositionSideLike | None = None,
            margin_mode: fa.MarginModeLike | None = None,
        ) -> None:
            assert (symbol, side, margin_mode) == (BTC, PositionSide.LONG, None)
            held.clear()

    held = [position(symbol=BTC)]
    toy = object.__new__(Toy)
    writer = Writer(Format.JSON)
    ends = await carry_out({"mine": await halts(toy, close=True)}, writer.failed)
    assert [(done.action, done.symbol, done.result) for _, done in ends] == [
        ("cancel all", "", "failed"),
        ("close", BTC, "nothing to do"),
        ("close", "", "failed"),
    ]
    assert "2 rows cannot be read" in ends[0][1].detail
    assert "symbol is missing" in ends[2][1].detail
    assert writer.code is not Exit.OK


def test_ctrl_c_while_the_fate_of_an_order_is_open_says_at_once_what_is_waited_for() -> None:
    faults = FaultPlan()
    faults.add("answer-lost", kinds=["order"])
    faults.add("html-502", kinds=["read"], paths=["/api/v2/mix/order/detail"])
    with serve(seed=2, faults=faults) as running:
        process = subprocess.Popen(
            [sys.executable, "-m", "futures_async", "order", "place", "buy", "0.01", BTC, "--price", "50000", "--yes",
             "--base-url", running.base_url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **keys_of(running, "bitget")},
        )  # fmt: skip
        assert process.stderr is not None
        said = ""
        while "looking for order" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        while "not known yet" in (told := process.stderr.readline()):
            pass
        assert told.startswith("bitget: closing waits up to 10 s to learn what became of order ")
        assert told.endswith(f" of {BTC}\n")
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 130
