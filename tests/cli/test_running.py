"""Ctrl-C, exit codes and what a narrow terminal shows: the parts of the command line that need no process."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from decimal import Decimal
from typing import Any, NamedTuple

import anyio
import anyio.lowlevel
import pytest
import typer
from rich.console import Console
from rich.live import Live

from futures_async.cli import app
from futures_async.cli.accounts import Source
from futures_async.cli.columns import RiskLine, risk_lines
from futures_async.cli.counting import Count, counted
from futures_async.cli.output import Column, Exit, Format, Writer, exit_code, grouped, make_table
from futures_async.cli.running import run, run_sync
from futures_async.cli.watch import View, age_of, some, without
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, VenueData
from futures_async.risk import dashboard
from futures_async.unified.enums import Outcome
from futures_async.unified.errors import (
    AuthenticationError,
    Banned,
    FuturesAsyncError,
    OrderOutcomeUnknown,
    SettingOutcomeUnknown,
    UnreadRow,
    UnresolvedOrders,
    VenueUnavailable,
    unread_rows,
)
from futures_async.unified.exchange import FuturesExchange
from futures_async.unified.models import Order, Position
from tests.fakes import FakeReads, FakeTrading, account, position, request


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


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
    assert shown.err == "AuthenticationError: here: the venue says no\n"


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


# Tables


class Line(NamedTuple):
    name: str
    price: Decimal
    extra: Decimal


COLUMNS: list[Column[Line]] = [
    Column("name", lambda row: row.name, number=False),
    Column("price", lambda row: row.price),
    Column("extra", lambda row: row.extra, spare=1),
]
LINES = [Line("a-long-name", Decimal("92599.5"), Decimal("0.14")), Line("b", Decimal("2.05"), Decimal("1200"))]


@contextmanager
def terminal(width: int) -> Generator[tuple[Console, io.StringIO]]:
    shown = io.StringIO()
    yield Console(file=shown, force_terminal=False, width=width, soft_wrap=True), shown


def table(width: int) -> str:
    with terminal(width) as (console, shown):
        console.print(make_table(COLUMNS, LINES, width))
        return shown.getvalue()


def test_a_table_that_fits_shows_everything() -> None:
    wide = table(26)
    assert "extra" in wide.splitlines()[0]
    assert "too narrow" not in wide
    assert max(map(len, wide.splitlines())) <= 26


@pytest.mark.parametrize("width", [25, 20])
def test_a_table_that_does_not_fit_goes_without_what_it_can_spare_and_says_so(width: int) -> None:
    narrow = table(width).splitlines()
    assert narrow[0].split() == ["name", "price"]
    assert narrow[1].split() == ["a-long-name", "92,599.5"]
    assert " ".join(" ".join(narrow[3:]).split()) == "too narrow for: extra"


def test_no_number_is_ever_cut() -> None:
    for width in range(12, 26):
        shown = table(width)
        for line in LINES:
            assert grouped(line.price) in shown, (width, shown)


@pytest.mark.parametrize(("height", "rows"), [(40, 20), (24, 15), (12, 3), (5, 1)])
def test_a_live_table_that_is_too_tall_leaves_out_positions_and_not_the_totals(height: int, rows: int) -> None:
    positions = tuple(position(symbol=f"A{number}/USDT:USDT") for number in range(20))
    data = VenueData(positions=positions, accounts=(account(),))
    snapshot = Snapshot(venues={"main": Ok(venue="fake", data=data, age_s=0.1, latency_s=0.1)})
    view = View({}, None, "account")
    with terminal(120) as (console, shown):
        console.print(view.table(snapshot, console, height))
        lines = shown.getvalue().splitlines()
    assert sum("/USDT:USDT" in line for line in lines) == rows
    assert any(line.startswith("USDT") for line in lines)
    assert any(line.startswith("main 0.1 s old") for line in lines)
    assert any(f"and {20 - rows} more" in line for line in lines) == (rows < 20)
    assert len(lines) <= max(height, 9)


def test_the_state_of_every_account_is_shown_in_a_narrow_window() -> None:
    error = AuthenticationError("a long reason, " * 10 + "to its end")
    venues = {f"account-{number}": Failed(venue="fake", error=error) for number in range(3)}
    snapshot = Snapshot(venues=venues)
    with terminal(60) as (console, shown):
        with Live(console=console, auto_refresh=False) as live:
            live.update(View({}, None, "account").table(snapshot, console, 24), refresh=True)
        said = " ".join(shown.getvalue().split())
    assert said.count("to its end (no answer yet)") == 3


def test_who_is_missing_from_a_sum_is_named_in_few_words() -> None:
    assert some(()) == ""
    assert some(("a", "b", "c")) == "a, b, c"
    assert some(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"


def test_what_was_never_read_has_no_age_and_is_named() -> None:
    down = VenueUnavailable("down")
    data = VenueData(accounts=())
    half = Stale(venue="v", data=data, age_s=0.0, latency_s=0.1, accounts_age_s=0.0, error=down)
    old = Stale(venue="v", data=data, age_s=4.0, latency_s=0.1, positions_age_s=4.0, accounts_age_s=0.5, error=down)
    assert age_of(half) == "positions never read, the rest 0.0 s old"
    assert age_of(old) == "4.0 s old"
    assert age_of(Failed(venue="v", error=down)) == "no answer yet"


def test_an_account_is_named_with_the_sums_that_it_is_not_in() -> None:
    assert without("a", ("margin", "exposure")) == "a: margin, exposure"
    assert without("b", ("equity", "unrealized_pnl", "margin", "exposure")) == "b"


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

    monkeypatch.setattr(app, "open_accounts", accounts)

    async def main() -> None:
        writer = Writer(Format.JSON)
        found = await app.read_all(Source(), writer, lambda exchange, count: exchange.fetch_positions())
        assert [(name, row.venue_symbol) for name, row in found] == [("mine", "BTCUSDT")]
        told = await app.read_all(Source(), writer, lambda exchange, count: counted(exchange.iter_orders(), count))
        assert [row.order_id for _, row in told] == ["1"]
        risks = await app.read_all(Source(), writer, risk_of)
        assert [(row.symbol, row.quantity) for _, row in risks] == [("BTC/USDT:USDT", Decimal("0.5"))]
        assert writer.code is not Exit.OK

    anyio.run(main)
    assert capsys.readouterr().err.count("ETHUSDT: size is no number") == 3
