"""Ctrl-C, exit codes and what a narrow terminal shows: the parts of the command line that need no process."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import typer

from futures_async.cli import listen as listening
from futures_async.cli import reading
from futures_async.cli.accounts import Source
from futures_async.cli.columns import RiskLine, risk_lines
from futures_async.cli.counting import Count, counted
from futures_async.cli.output import Exit, Format, Writer, exit_code
from futures_async.cli.running import run, run_sync
from futures_async.risk import dashboard
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    AuthenticationError,
    Banned,
    ClockSkew,
    FuturesAsyncError,
    NotSupported,
    OrderOutcomeUnknown,
    PermissionDenied,
    RequestTimeout,
    SettingOutcomeUnknown,
    SymbolNeeded,
    UnreadRow,
    UnresolvedOrders,
    unread_rows,
)
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Order, Position
from futures_async.unified.watching import Change, ChangeKind, ChangeSource, WatchState
from tests.fakes import FakeReads, FakeTrading, position, request


def press(sent: signal.Signals = signal.SIGINT) -> None:
    os.kill(os.getpid(), sent)


def ended_with(main: Callable[[], Awaitable[Exit]]) -> int:
    async def coroutine() -> Exit:
        return await main()

    with pytest.raises(typer.Exit) as ended:
        run(coroutine)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # as it was before
    return ended.value.exit_code


def test_one_ctrl_c_ends_a_command_in_the_very_turn_of_the_loop_in_which_a_timeout_ends() -> None:
    async def main() -> Exit:
        loop = asyncio.get_running_loop()
        with anyio.move_on_after(0.001) as scope:
            loop.call_at(scope.deadline, press)
            time.sleep(0.003)  # noqa: ASYNC251 - a busy machine: both are due when the loop turns again
            await anyio.sleep(60)
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        return Exit.OK  # it was not heard

    assert ended_with(main) == 130


def test_a_cancellation_that_something_swallows_comes_again() -> None:
    async def main() -> Exit:
        asyncio.get_running_loop().call_soon(press)
        with suppress(asyncio.CancelledError):
            await anyio.sleep(60)
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        return Exit.OK  # it was not heard

    assert ended_with(main) == 130


def test_a_supervisor_ends_a_command_as_ctrl_c_does_with_an_exit_code_of_its_own() -> None:
    closed: list[str] = []

    async def main() -> Exit:
        asyncio.get_running_loop().call_soon(press, signal.SIGTERM)
        try:
            await anyio.sleep(60)
        finally:
            closed.append("accounts")
        return Exit.OK  # it was not heard

    before = signal.getsignal(signal.SIGTERM)
    assert ended_with(main) == 143
    assert closed == ["accounts"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_ctrl_c_does_not_wait_for_what_cannot_be_cancelled() -> None:
    async def main() -> Exit:
        loop = asyncio.get_running_loop()
        loop.call_soon(press)
        with anyio.CancelScope(shield=True):
            loop.call_later(0.002, press)
            await anyio.sleep(60)
        return Exit.OK

    assert ended_with(main) == 130


def test_a_program_that_was_told_to_ignore_ctrl_c_does() -> None:
    async def main() -> Exit:
        press()
        await anyio.lowlevel.checkpoint()
        return Exit.OK

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(typer.Exit) as ended:
            run(main)
        assert ended.value.exit_code == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_is_the_good_end_of_a_server() -> None:
    with pytest.raises(typer.Exit) as ended:
        run_sync(press)
    assert ended.value.exit_code == 0


def test_an_error_is_one_line_on_stderr_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> Exit:
        raise AuthenticationError("the venue says no", venue="here")

    assert ended_with(main) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("AuthenticationError: here: the venue says no (check ")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "does"),
    [
        (AuthenticationError("Invalid key", venue="okx"), "check the account's key, secret and passphrase"),
        (PermissionDenied("no right", venue="okx"), "look at the venue which rights the key has"),
        (ClockSkew("late", venue="okx"), "set this computer's clock"),
        (RequestTimeout("late"), "(ask again)"),
        (NotSupported("toy: no such call"), ""),
    ],
)
def test_what_is_to_be_done_is_said(error: FuturesAsyncError, does: str, capsys: pytest.CaptureFixture[str]) -> None:
    Writer(Format.TABLE).problem("main", error)
    said = capsys.readouterr().err
    assert does in said
    assert said.count("(") == bool(does)


def test_errors_of_what_is_done_side_by_side_are_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> Exit:
        refused = AuthenticationError("the venue says no", venue="here")
        raise BaseExceptionGroup("", [ExceptionGroup("", [refused]), SettingOutcomeUnknown("lost")])

    assert ended_with(main) == 4
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("AuthenticationError: here: the venue says no (")
    seen_in = "`orders`, `orders --history` and `positions`"
    assert second == f"SettingOutcomeUnknown: lost (before it is sent again, see in {seen_in} what became of it)"


def test_what_is_no_error_of_the_user_is_not_hidden_among_others() -> None:
    async def main() -> Exit:
        raise ExceptionGroup("", [AuthenticationError("the venue says no"), ZeroDivisionError()])

    with pytest.raises(ExceptionGroup) as raised:
        run(main)
    assert raised.group_contains(ZeroDivisionError)


@pytest.mark.parametrize("code", [0, 2])
def test_who_reads_no_further_changes_no_exit_code(code: int) -> None:
    program = f"""
import anyio
from futures_async.cli.output import Exit
from futures_async.cli.running import run

async def print_on() -> None:
    print("row", flush=True)

async def main() -> Exit:
    print("a row")
    if {code}:
        return Exit({code})  # what is printed is still in the buffer
    async with anyio.create_task_group() as group:
        group.start_soon(print_on)
    return Exit.FAILED

try:
    run(main)
except BaseException as end:
    raise SystemExit(getattr(end, "exit_code", end)) from None
"""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (code, "")


UNKNOWN_ENDS: list[tuple[FuturesAsyncError, Exit]] = [
    (SettingOutcomeUnknown("lost"), Exit.UNKNOWN),
    (Banned("a page of the edge's", outcome=Outcome.UNKNOWN), Exit.UNKNOWN),
    (Banned("shut out", outcome=Outcome.NOT_SENT), Exit.FAILED),
    (Banned("shut out"), Exit.FAILED),
    (UnresolvedOrders("open", errors=[OrderOutcomeUnknown("lost")]), Exit.UNKNOWN),
]


@pytest.mark.parametrize(("error", "code"), UNKNOWN_ENDS)
def test_whatever_leaves_a_write_unknown_has_the_exit_code_of_that(error: FuturesAsyncError, code: Exit) -> None:
    assert exit_code(error) is code


def test_rows_that_can_be_read_are_shown_beside_the_problem_of_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = UnreadRow("size", "size is no number", None, {"venue_symbol": "ETHUSDT"}, "fake")

    class Blurred(FakeReads):
        async def fetch_positions(self, symbol: str | None = None) -> list[Position]:
            raise unread_rows([odd], await super().fetch_positions())

        async def iter_orders(self, symbol: str | None = None, **bounds: Any) -> AsyncIterator[Order]:
            yield FakeTrading().order(request(), "1")
            raise unread_rows([odd])

    @asynccontextmanager
    async def accounts(source: Source) -> AsyncGenerator[dict[str, FuturesExchange]]:
        yield {"mine": Blurred()}

    async def risk_of(exchange: FuturesExchange, count: Count) -> Sequence[RiskLine]:
        return risk_lines(await dashboard(exchange))

    monkeypatch.setattr(reading, "open_accounts", accounts)

    async def main() -> None:
        writer = Writer(Format.JSON)
        found = await reading.read_all(Source(), writer, lambda exchange, count: exchange.fetch_positions())
        assert [(name, row.venue_symbol) for name, row in found] == [("mine", "BTCUSDT")]
        told = await reading.read_all(Source(), writer, lambda exchange, count: counted(exchange.iter_orders(), count))
        assert [row.order_id for _, row in told] == ["1"]
        risks = await reading.read_all(Source(), writer, risk_of)
        assert [(row.symbol, row.quantity) for _, row in risks] == [("BTC/USDT:USDT", Decimal("0.5"))]
        assert writer.code is not Exit.OK

    anyio.run(main)
    assert capsys.readouterr().err.count("ETHUSDT: size is no number") == 3


@pytest.mark.parametrize(("asked", "number"), [({}, 1), ({"until_ms": 9}, 1), ({"since_ms": 1}, 3), ({"limit": 3}, 3)])
def test_who_names_a_beginning_or_a_number_gets_more_than_the_newest_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: dict[str, Any], number: int
) -> None:
    class Busy(FakeReads):
        async def fetch_order_history(self, symbol: str | None = None, **bounds: Any) -> list[Order]:
            return [FakeTrading().order(request(), "1")]

        async def iter_orders(self, symbol: str | None = None, **bounds: Any) -> AsyncIterator[Order]:
            for number in ("1", "2", "3"):
                yield FakeTrading().order(request(), number)

    @asynccontextmanager
    async def accounts(source: Source) -> AsyncGenerator[dict[str, FuturesExchange]]:
        yield {"mine": Busy()}

    monkeypatch.setattr(reading, "open_accounts", accounts)
    with pytest.raises(typer.Exit) as ended:
        reading.orders(Source(), Format.JSON, history=True, **asked)
    assert ended.value.exit_code == 0
    assert len(capsys.readouterr().out.splitlines()) == number


class Watched:
    """As many changes, each with what cannot be read then."""

    unread: tuple[UnreadRow, ...] = ()
    state = WatchState.LIVE

    def __init__(self, *unread: tuple[UnreadRow, ...]) -> None:
        self._unread = unread

    async def __aenter__(self) -> Watched:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    async def __aiter__(self) -> AsyncIterator[Change[Position]]:
        for unread in self._unread:
            self.unread = unread
            yield Change(kind=ChangeKind.OPENED, item=position(), source=ChangeSource.READ, received_ms=1)


@pytest.mark.parametrize("form", [Format.JSON, Format.TABLE])
def test_who_listens_is_told_once_what_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: Format
) -> None:
    odd = UnreadRow("size", "size is no number", None, {"venue_symbol": "ETHUSDT"}, "fake")

    def watched(*_: object) -> Watched:
        return Watched((), (odd,), (odd,))

    monkeypatch.setattr(listening, "_watch", watched)

    async def main() -> Exit:
        accounts: dict[str, FuturesExchange] = {"mine": FakeReads()}
        subject = listening.Subject.POSITIONS
        return await listening.listen_to(accounts, subject, symbol=None, fallback_s=1.0, writer=Writer(form))

    assert anyio.run(main) is not Exit.OK
    shown = capsys.readouterr()
    assert shown.err.count("ETHUSDT: size is no number") == 1
    assert shown.out.count("BTC/USDT:USDT") == 3


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        (["all"], Exit.OK, ""),
        (["all", "v1"], Exit.OK, "v1 is left out: SymbolNeeded: v1: one at a time: name it with --symbol\n"),
        (["v1"], Exit.USAGE, "v1: SymbolNeeded: v1: one at a time: name it with --symbol\n"),
        (["v1", "v1 too"], Exit.USAGE, "v1 too: SymbolNeeded: v1: one at a time: name it with --symbol\n"),
    ],
)
def test_listen_leaves_out_whose_venue_wants_a_symbol(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], names: list[str], code: Exit, said: str
) -> None:
    def watched(_: object, exchange: FuturesExchange, *more: object) -> Watched:
        if exchange is not accounts.get("all"):
            raise SymbolNeeded("v1: one at a time: name the symbol")
        return Watched(())

    accounts: dict[str, FuturesExchange] = {name: FakeReads() for name in names}
    monkeypatch.setattr(listening, "_watch", watched)

    async def main() -> Exit:
        subject = listening.Subject.POSITIONS
        return await listening.listen_to(accounts, subject, symbol=None, fallback_s=1.0, writer=Writer(Format.JSON))

    assert anyio.run(main) is code
    assert capsys.readouterr().err.endswith(said)


def test_listen_names_those_without_such_a_contract_in_the_order_of_the_accounts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts: dict[str, FuturesExchange] = {str(name): FakeReads() for name in range(20)}

    def able(*_: object) -> dict[str, FuturesExchange]:
        return {"7": accounts["7"]}

    def watched(*_: object) -> Watched:
        return Watched(())

    monkeypatch.setattr(listening, "able", able)
    monkeypatch.setattr(listening, "_watch", watched)

    async def main() -> Exit:
        subject, form = listening.Subject.POSITIONS, Writer(Format.JSON)
        return await listening.listen_to(accounts, subject, symbol="X", fallback_s=1.0, writer=form)

    assert anyio.run(main) is Exit.OK
    names = ", ".join(name for name in accounts if name != "7")
    assert capsys.readouterr().err == f"left out, without a contract X: {names}\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("venues", "Not all could be written: No space left on device"),
        ("venues --csv", "Not all could be written: No space left on device"),
        ("venues --json", "Not all could be written: No space left on device"),
        ("simulate --port 0 -v bittap", "Not all could be written: No space left on device"),
        ("--help", "futures-async: No space left on device"),
    ],
)
def test_a_full_disk_is_one_line(call: str, says: str) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "futures_async.cli", *call.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith(says)
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("form", ["", "--json", "--csv"])
def test_a_list_that_nobody_reads_is_no_traceback(form: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "futures_async.cli", "venues", *form.split()]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="a shell's way to close it")
def test_a_closed_output_is_as_none() -> None:
    command = shlex.join([sys.executable, "-m", "futures_async.cli", "venues", "--csv"])
    ended = subprocess.run(["sh", "-c", f"{command} >&-"], stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
