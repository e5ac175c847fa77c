"""What `watch` shows, as a person sees it: captures of a terminal, and the rules behind them."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, Coroutine
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from futures_async.cli import watch
from futures_async.cli.columns import marked
from futures_async.cli.keys import Controls, keys, split_keys
from futures_async.cli.output import Exit, Format, Writer, one_line
from futures_async.cli.screen import SORTS, Row, Sort, View, age_of, brief_states, in_short, none, read_sort, states
from futures_async.cli.totals import Marks, coins_of, exposure_ratio, rows_of, some, without, worth
from futures_async.cli.waiting import quiet
from futures_async.cli.watch import show, show_live, watch_positions
from futures_async.portfolio.danger import Danger, nearness
from futures_async.portfolio.snapshot import Failed, Ok, Snapshot, Stale, VenueData
from futures_async.unified.enums import MarginMode, PositionSide
from futures_async.unified.errors import AuthenticationError, InvalidRequest, VenueUnavailable
from futures_async.unified.models import Position, Ticker
from futures_async.unified.watching import WatchState
from tests.cli.screens import KEYS, SNAPSHOT, WINDOWS, drawn, path_of, view
from tests.cli.terminal import Terminal, capture, modes, teletype
from tests.fakes import FakeReads, account, position

D = Decimal
DOWN = VenueUnavailable("down")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: "x".join(map(str, window)))
def test_the_screen_is_as_it_was_looked_at(window: tuple[int, int]) -> None:
    assert drawn(*window) == path_of(*window).read_text(encoding="utf-8"), "python -m tests.cli.screens"


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize(("columns", "lines"), [(40, 12), (80, 12), (80, 6), (200, 8)])
def test_a_window_that_is_too_low_shows_the_most_dangerous_rows_whatever_the_order(
    sort: str, columns: int, lines: int
) -> None:
    shown = drawn(columns, lines, sort=sort)
    assert "-742.05" in shown  # the nearest of all
    assert "less near liquidation" in shown
    assert len(shown.splitlines()) <= lines
    gone = [word for word in ("bitget-uta", "1000PEPE", "ETH/USDC", "BTC/USD:BTC", "+52.40") if word not in shown]
    assert gone == ["bitget-uta", "1000PEPE", "ETH/USDC", "BTC/USD:BTC", "+52.40"][-len(gone) :]


@pytest.mark.parametrize("sort", ["danger", "-pnl"])
def test_of_many_positions_those_that_fit_are_laid_out_and_the_others_counted(sort: str) -> None:
    many = [position(symbol=f"A{number}/USDT:USDT", liquidation_price=D(10000 + number)) for number in range(400)]
    shown = view()
    shown.sort = read_sort(sort)
    snapshot = Snapshot(venues={"a": held(*many)})
    told = capture(shown.table(snapshot, Terminal(120, 24).console(), 24, KEYS), 120, 24)
    found = re.findall(r"A(\d+)/USDT", told)
    nearest = [str(number) for number in range(399, 399 - len(found), -1)]
    assert found == (nearest if sort == "danger" else nearest[::-1])  # of equal profit: by name
    assert f"and {400 - len(found)} less near liquidation" in told
    assert len(told.splitlines()) <= 24


@pytest.mark.parametrize("lines", range(1, 30))
@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_window_is_too_low(columns: int, lines: int) -> None:
    console = Terminal(columns, lines).console()
    for snapshot in (SNAPSHOT, Snapshot(venues={"okx": Failed(venue="okx", error=DOWN)}), Snapshot(venues={})):
        assert len(view().table(snapshot, console, lines, KEYS).renderables) <= max(lines, 3)


def test_what_is_wrong_with_accounts_stays_longest_beside_the_rows() -> None:
    assert "the connection was refused" in drawn(120, 12)
    assert "all in USDT" in drawn(120, 14)
    assert KEYS not in drawn(120, 12)
    assert KEYS in drawn(120, 40)


def test_without_a_height_everything_is_shown() -> None:
    table = view().table(SNAPSHOT, Terminal(120, 5).console())
    assert "+52.40" in capture(table, 120, 60)


def test_the_error_of_an_account_is_read_to_its_end_in_a_narrow_window() -> None:
    error = VenueUnavailable("a long reason, " * 10 + "to its end")
    venues = {f"account-{number}": Failed(venue="fake", error=error) for number in range(3)}
    table = view().table(Snapshot(venues=venues), Terminal(60, 40).console(), 40)
    assert " ".join(capture(table, 60, 40).split()).count("to its end (never read)") == 3


# Order and choice


def names(snapshot: Snapshot, sort: Sort) -> list[str]:
    shown = view()
    shown.sort = sort
    return [f"{row.account} {row.position.symbol.partition('/')[0]}" for row in shown.rows(snapshot)]


def test_the_most_dangerous_come_first() -> None:
    order = ["bitget-uta BTC", "bitget 1000PEPE", "hyperliquid-main ETH", "bitget-uta BTC", "bitget BTC"]
    assert names(SNAPSHOT, Sort()) == order


@pytest.mark.parametrize(("sort", "first"), [("pnl", "bitget-uta BTC"), ("-pnl", "bitget BTC"),
                                             ("-age", "bitget 1000PEPE"),
                                             ("age", "hyperliquid-main ETH"),
                                             ("quantity", "bitget 1000PEPE")])  # fmt: skip
def test_what_is_asked_for_comes_first_and_what_is_not_known_last(sort: str, first: str) -> None:
    found = names(SNAPSHOT, read_sort(sort))
    assert found[0] == first
    if "pnl" in sort:
        assert found[-1] == "hyperliquid-main ETH"


@pytest.mark.parametrize("name", list(SORTS))
def test_every_column_can_be_sorted_by_and_the_other_way_round(name: str) -> None:
    rows = [
        Row(f"account-{number}", position(quantity=D(number), entry_price=D(number), mark_price=D(30 + number),
            symbol=f"A{number}/USDT:USDT", side=list(PositionSide)[number % 2], unrealized_pnl=D(number),
            liquidation_price=D(number), leverage=D(number)), float(number))
        for number in (2, 1)
    ]  # fmt: skip
    there, back = Sort(name).of(rows), Sort(name, True).of(rows)
    assert set(map(id, there)) == set(map(id, rows))
    if name != "margin":  # of which both have the same
        assert there == back[::-1]


def test_a_cross_account_near_its_end_comes_first_and_says_why() -> None:
    far = {"liquidation_price": D("10000"), "margin_mode": MarginMode.CROSS, "margin_ratio": None}
    own = position(liquidation_price=D("30000"), symbol="ETH/USDT:USDT")
    cross = position(symbol="XRP/USDT:USDT", **far)
    venues = {"a": held(own), "b": held(cross, margin_ratio=D("0.97"))}
    assert names(Snapshot(venues=venues), Sort()) == ["b XRP", "a ETH"]
    told = capture(view().table(Snapshot(venues=venues), Terminal(120, 24).console(), 24, KEYS), 120, 24)
    assert "!! ratio 97 %  67.7 %" in told
    assert marked(own).plain == "!! 3.2 %"


def test_an_order_that_there_is_not_is_refused_with_near_names() -> None:
    assert str(read_sort("-PNL")) == "-pnl"
    with pytest.raises(InvalidRequest, match=r"--sort '-leverge': did you mean leverage\? known are account, age"):
        read_sort("-leverge")


@pytest.mark.parametrize(
    ("fields", "danger"),
    [
        ({"liquidation_price": D("29500")}, Danger.NEAR),
        ({"liquidation_price": D("20000"), "margin_ratio": D("0.9")}, Danger.NEAR),
        ({"liquidation_price": D("27500")}, Danger.CLOSE),
        ({"liquidation_price": None, "margin_ratio": D("0.4")}, Danger.CLOSE),
        ({"mark_price": None}, Danger.UNKNOWN),
        ({"liquidation_price": D("20000")}, Danger.FAR),
        ({"liquidation_price": None}, Danger.FAR),
    ],
)
def test_how_near_a_position_is(fields: dict[str, Any], danger: Danger) -> None:
    assert nearness(position(**fields)).danger is danger


def test_only_rows_of_a_symbol_are_shown_where_one_is_named() -> None:
    exchange = FakeReads()
    shown = View({"fake": exchange}, "BTC/USDT:USDT", Sort(), Marks({}, "USDT", lambda: 0.0))
    assert {row.position.symbol for row in shown.rows(SNAPSHOT)} == {"BTC/USDT:USDT"}


def test_a_filter_that_nothing_meets_says_so() -> None:
    shown = view()
    shown.filter = "bitget long"
    assert [row.position.symbol for row in shown.rows(SNAPSHOT)] == ["BTC/USD:BTC", "BTC/USDT:USDT"]
    shown.filter = "doge"
    table = shown.table(SNAPSHOT, Terminal(80, 24).console(), 24)
    assert capture(table, 80, 24).startswith("No position is of 'doge'.")


# Ages and sums


def test_who_is_missing_from_a_sum_is_named_in_few_words() -> None:
    assert some(()) == ""
    assert some(("a", "b", "c")) == "a, b, c"
    assert some(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"
    assert without("a", ("margin", "exposure")) == "a: margin, exposure"
    assert without("b", ("equity", "unrealized_pnl", "margin", "exposure")) == "b"


def test_what_was_never_read_has_no_age_and_is_named() -> None:
    data = VenueData(accounts=())
    half = Stale(venue="v", data=data, age_s=0.0, latency_s=0.1, accounts_age_s=0.0, error=DOWN)
    old = Stale(venue="v", data=data, age_s=4.0, latency_s=0.1, positions_age_s=4.0, accounts_age_s=0.5, error=DOWN)
    assert age_of(half) == "positions never read, the rest 0.0 s old"
    assert age_of(old) == "4.0 s old"
    assert age_of(Failed(venue="v", error=DOWN)) == "never read"
    assert none(Snapshot(venues={"a": half, "b": old})) == "No open positions known; nothing of a, b."
    odd = Stale(venue="v", data=VenueData(positions=(), positions_unread=1), age_s=0.0, latency_s=0.1, error=DOWN)
    assert none(Snapshot(venues={"a": odd})) == "No open positions known; nothing of a."
    assert none(Snapshot(venues={})) == "No open positions."


def test_an_age_is_told_in_few_letters() -> None:
    ages = (None, 0.04, 99.9, 100, 5999, 6000)
    assert [in_short(age) for age in ages] == ["–", "0.0 s", "99.9 s", "2 min", "100 min", "> 100 min"]


def test_errors_of_accounts_stand_on_lines_of_their_own() -> None:
    fine = Ok(venue="v", data=VenueData(), age_s=0.1, latency_s=0.1)
    failed = Failed(venue="v", error=DOWN)
    lines = states(Snapshot(venues={"a": fine, "b": failed, "c": failed, "d": fine})).plain.splitlines()
    assert [line.split()[0] for line in lines] == ["a", "b", "c", "d"]


def held(*positions: Position, **more: Any) -> Ok:
    return Ok(venue="fake", data=VenueData(positions=positions, accounts=(account(**more),)), age_s=0.1, latency_s=0.1)


def test_coins_of_which_nobody_has_anything_are_left_out() -> None:
    none_of_it = held(margin_coin="ETH", equity=D(0), unrealized_pnl=D(0))
    assert [total.coin for total in coins_of(Snapshot(venues={"a": held(), "b": none_of_it}))] == ["USDT"]


def test_everything_is_added_up_in_one_money_by_known_marks() -> None:
    coin = position(symbol="BTC/USD:BTC", margin_coin="BTC", quantity=D("0.25"), mark_price=D(30500), margin=D("0.02"),
                    notional=D(7625), unrealized_pnl=D("0.001"))  # fmt: skip
    snapshot = Snapshot(
        venues={
            "a": held(position(), equity=D(1000), unrealized_pnl=D(5)),
            "b": held(coin, margin_coin="BTC", equity=D(2), unrealized_pnl=None),
            "c": held(margin_coin="DOGE"),
        }
    )
    marks = Marks({}, "USDT", lambda: 0.0).of(snapshot)
    assert marks == {"USDT": D(1), "BTC": D(31000)}
    whole = worth(snapshot, "USDT", marks)
    assert whole.equity == 1000 + 2 * 31000
    assert whole.unrealized_pnl == 5 + D("0.001") * 31000
    assert whole.margin == 1500 + D("0.02") * 31000
    assert whole.exposure == D("0.5") * 31000 + D("0.25") * 31000
    assert whole.left_out == ("DOGE",)
    assert exposure_ratio(whole) is None
    alone = Snapshot(venues={"a": held(position())})
    everything = worth(alone, "USDT", {"USDT": D(1)})
    assert exposure_ratio(everything) == D("1.55")
    assert [row.coin for row in rows_of(coins_of(alone), everything)] == ["USDT"]  # type: ignore[union-attr] # pyright: ignore - no row of the whole
    assert rows_of(coins_of(snapshot), whole)[-1] is whole


def test_who_was_never_read_is_named_beside_the_sum_of_all_whatever_the_others_have() -> None:
    down = Failed(venue="v", error=DOWN)
    nothing = held(equity=D(0), unrealized_pnl=D(0))
    elsewhere = held(margin_coin="DOGE")
    for others, left_out in ({}, ()), ({"b": nothing}, ()), ({"b": elsewhere}, ("DOGE",)), ({"b": held()}, ()):
        whole = worth(Snapshot(venues={"a": down, **others}), "USDT", {"USDT": D(1)})
        assert whole.left_out == (*left_out, "a")
    empty = held(equity=D(0), unrealized_pnl=D(0), margin_coin="DOGE")  # of DOGE nobody has anything
    assert worth(Snapshot(venues={"a": empty}), "USDT", {"USDT": D(1)}).left_out == ()
    half = Stale(venue="v", data=VenueData(positions=()), age_s=0.0, latency_s=0.1, error=DOWN)
    assert worth(Snapshot(venues={"a": half}), "USDT", {"USDT": D(1)}).left_out == ("a",)


def test_marks_of_old_positions_and_of_dated_contracts_are_none_of_now() -> None:
    old = Stale(venue="v", data=VenueData(positions=(position(),)), age_s=9.0, latency_s=0.1, error=DOWN)
    dated = held(position(symbol="BTC/USDT:USDT-261225"), position(mark_price=None))
    assert Marks({}, "USDT", lambda: 0.0).of(Snapshot(venues={"a": old, "b": dated})) == {"USDT": D(1)}


class Priced(FakeReads):
    """Has tickers of one coin."""

    def __init__(self, coin: str, price: str | None) -> None:
        super().__init__()
        self.coin, self.price, self.asked = coin, price, list[str]()

    async def fetch_ticker(self, symbol: str) -> Any:
        self.asked.append(symbol)
        if not symbol.startswith(self.coin):
            raise DOWN
        mark = None if self.price is None else D(self.price)
        return Ticker(venue="fake", symbol=symbol, venue_symbol=symbol, last_price=D(1), mark_price=mark)


@pytest.mark.anyio
async def test_a_coin_without_a_mark_is_asked_for_and_forgotten_after_a_while() -> None:
    now = [0.0]
    snapshot = Snapshot(venues={"a": held(margin_coin="ETH"), "b": held(margin_coin="DOGE"), "c": held()})
    exchanges = {"a": Priced("XRP", "2"), "b": Priced("ETH", None), "c": Priced("ETH", "3000")}
    marks = Marks(exchanges, "USDT", lambda: now[0])
    await marks.read(snapshot)
    assert marks.of(snapshot) == {"USDT": D(1), "ETH": D(3000)}
    assert sorted(exchanges["c"].asked) == ["DOGE/USDT:USDT", "ETH/USDT:USDT"]
    now[0] = 31.0
    assert marks.of(snapshot) == {"USDT": D(1)}


# Keys


def test_keys_change_the_order_and_the_filter() -> None:
    shown = view()
    controls = Controls(shown)
    for key in "sr":
        controls.press(key)
    assert str(controls) == "q quit  s by -account  r reverse  / filter"
    controls.press("S")
    assert shown.sort == Sort("danger")
    for key in ["/", "b", "i", "x", "\x7f", "\x1b[A", "t"]:
        controls.press(key)
    assert str(controls) == "filter: bit_  (Enter keeps it, Esc drops it)"
    controls.press("\r")
    assert str(controls).endswith("/ filter: bit")
    controls.press("\x1b")
    assert shown.filter == ""
    for key in ["/", "q", "\x1b", "x"]:
        controls.press(key)
    assert (shown.filter, controls.typing, controls.quit) == ("", False, False)
    controls.press("q")
    assert controls.quit


def test_what_comes_at_once_is_taken_apart() -> None:
    assert split_keys("ab\x1b[Aü") == ["a", "b", "\x1b[Aü"]
    assert split_keys("\x1b") == ["\x1b"]


async def snapshots(*more: Snapshot) -> AsyncGenerator[Snapshot]:
    for snapshot in more:
        yield snapshot
    await asyncio.Event().wait()


class Window:
    """A running `watch` in a terminal: keys go in, and what is shown comes out."""

    def __init__(self, columns: int, lines: int, person: int) -> None:
        self.terminal = Terminal(columns, lines)
        self.view = view()
        self._person = person
        self.writer = Writer(Format.TABLE)
        self.writer.console = self.terminal.console()

    async def run(self, source: AsyncGenerator[Snapshot]) -> None:
        await show_live(self.view, source, self.writer, Marks({}, "USDT", lambda: 0.0))

    async def press(self, text: str, until: str) -> None:
        os.write(self._person, text.encode())
        await self.shows(until)

    async def shows(self, text: str) -> None:
        while text not in self.terminal.shown:  # noqa: ASYNC110 - the terminal tells nobody
            await asyncio.sleep(0.001)


@pytest.mark.anyio
async def test_keys_work_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with teletype(120, 40) as (person, program):
        monkeypatch.setattr(sys, "stdin", program)
        before = modes(program.fileno())
        window = Window(120, 40, person)
        task = asyncio.create_task(window.run(snapshots(SNAPSHOT)))
        await window.shows(KEYS)
        assert modes(program.fileno()) != before
        await window.press("s", "s by account")
        await window.press("/PEPE\r", "/ filter: PEPE")
        assert "hyperliquid-main  ETH" not in window.terminal.shown
        logging.getLogger("futures_async").warning("a line in the middle of the table")
        stopped = asyncio.Event()

        def stop(process: int, number: int) -> None:
            stopped.set()

        with monkeypatch.context() as there:
            kill = os.kill
            there.setattr(os, "kill", stop)
            kill(os.getpid(), signal.SIGTSTP)
            await stopped.wait()
            assert not window.writer.console.is_alt_screen
            kill(os.getpid(), signal.SIGCONT)
            while not window.writer.console.is_alt_screen:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.001)
        await window.press("q", "bitget")
        await task
        assert modes(program.fileno()) == before
        assert "1000PEPE/USDT:USDT" in window.terminal.shown  # what was shown last stays
        assert "in the middle" not in window.terminal.shown


@pytest.mark.anyio
async def test_where_input_is_no_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with io.StringIO() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        window = Window(120, 40, -1)
        task = asyncio.create_task(window.run(snapshots(SNAPSHOT, SNAPSHOT)))
        await window.shows("Ctrl-C ends it")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.anyio
async def test_a_table_whose_source_ends_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one() -> AsyncGenerator[Snapshot]:
        yield SNAPSHOT

    async def nothing() -> AsyncGenerator[Snapshot]:
        return
        yield SNAPSHOT  # a generator that yields nothing

    with io.StringIO() as empty:
        monkeypatch.setattr(sys, "stdin", empty)
        for source in (one(), nothing()):
            await Window(120, 40, -1).run(source)


@pytest.mark.anyio
async def test_a_terminal_that_was_left_and_come_back_to_is_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    there: list[bool] = []
    drawn_anew, gone = asyncio.Event(), asyncio.Event()

    def stopped(process: int, number: int) -> None:
        assert (process, number) == (os.getpid(), signal.SIGSTOP)
        gone.set()

    with teletype(80, 24) as (_, program):
        monkeypatch.setattr(sys, "stdin", program)
        terminal = program.fileno()
        plain = modes(terminal)
        with keys(heard.append, drawn_anew.set, there.append) as told:
            assert told
            by_keys = modes(terminal)
            kill = os.kill
            monkeypatch.setattr(os, "kill", stopped)
            kill(os.getpid(), signal.SIGTSTP)
            await gone.wait()
            assert modes(terminal) == plain
            kill(os.getpid(), signal.SIGCONT)
            await drawn_anew.wait()
            assert modes(terminal) == by_keys
            assert there == [False, True]
            monkeypatch.undo()
            drawn_anew.clear()
            os.kill(os.getpid(), signal.SIGWINCH)
            await drawn_anew.wait()


@pytest.mark.anyio
async def test_a_program_in_the_background_takes_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    def behind(terminal: int) -> int:
        return os.getpgrp() + 1

    def before_all(terminal: int) -> int:
        return os.getpgrp()

    with teletype(80, 24) as (_, program):
        monkeypatch.setattr(sys, "stdin", program)
        before = modes(program.fileno())
        monkeypatch.setattr(os, "tcgetpgrp", behind)
        with keys(print, print, print) as told:
            assert not told
        monkeypatch.setattr(os, "tcgetpgrp", before_all)
        with keys(print, print, print) as told:
            assert told
            monkeypatch.setattr(os, "tcgetpgrp", behind)
            os.kill(os.getpid(), signal.SIGCONT)
            await asyncio.sleep(0)
        assert modes(program.fileno()) == before


@pytest.mark.anyio
async def test_a_terminal_that_is_closed_is_read_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    person, end = os.openpty()
    with os.fdopen(end) as program:
        monkeypatch.setattr(sys, "stdin", program)
        with keys(print, print, print) as told:
            assert told
            loop = asyncio.get_running_loop()
            os.close(person)
            for _ in range(3):
                await asyncio.sleep(0)  # the loop looks what can be read
            assert not loop.remove_reader(end)


@pytest.mark.anyio
async def test_where_terminals_are_of_another_kind_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "termios", None)
    with keys(print, print, print) as told:
        assert not told


def test_what_is_logged_is_heard_again_after_the_table(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("futures_async")
    before = list(logger.handlers)
    with quiet("futures_async"):
        assert logger.handlers != before
    assert logger.handlers == before


@pytest.mark.anyio
async def test_what_is_no_terminal_gets_each_picture_below_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = asyncio.Event()
    shown: list[Snapshot] = []

    def count(view: View, snapshot: Snapshot, writer: Writer) -> None:
        show(view, snapshot, writer)
        if snapshot.positions:
            shown.append(snapshot)
        if len(shown) == 2:
            twice.set()

    monkeypatch.setattr(watch, "show", count)
    watching = asyncio.create_task(watched(Writer(Format.CSV)))
    await twice.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == ["account", "mine", "mine"]


@pytest.mark.anyio
async def test_a_terminal_gets_the_live_table(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window(120, 40, -1)

    with io.StringIO() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        watching = asyncio.create_task(watched(window.writer))
        await window.shows("mine     BTC/USDT:USDT")
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching


def watched(writer: Writer) -> Coroutine[Any, Any, Exit]:
    return watch_positions(
        {"mine": FakeReads(delay_s=0)},
        symbol=None,
        interval_s=0.01,
        once=False,
        poll=True,
        sort=Sort(),
        money="USDT",
        writer=writer,
    )


def test_the_screen_says_what_to_do_about_what_does_not_pass_by_itself() -> None:
    refused = AuthenticationError("no", venue="okx")
    assert "check the account's key" in states(Snapshot(venues={"mine": Failed(venue="okx", error=refused)})).plain
    fine = Ok(venue="okx", data=VenueData(), age_s=0.1, latency_s=0.1, stream=WatchState.LIVE)
    read = replace(fine, stream=WatchState.CLOSED, stream_error=refused)
    mixed = Snapshot(venues={"a": fine, "mine": read, "z": fine})
    line = states(mixed).plain.splitlines()[1]
    assert line.startswith("mine closed not streamed: AuthenticationError: okx: no (check the account's key")
    assert line.endswith(" 0.1 s old")
    problems, well = brief_states(mixed)
    assert problems.plain == line
    assert well.plain.startswith("2 accounts are well")
    [*_, record] = (one for one in view().records(mixed) if one.get("account") == "mine")
    assert str(record["stream_error"]).startswith("AuthenticationError: okx: no")
    shown = states(Snapshot(venues={"mine": Failed(venue="fake", error=DOWN)})).plain
    assert shown == "mine VenueUnavailable: down (never read)"


def test_as_csv_the_errors_of_accounts_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Snapshot(venues={"mine": Failed(venue="fake", error=DOWN)})
    show(view(), failed, Writer(Format.CSV))
    assert capsys.readouterr() == ("", f"mine: {one_line(VenueUnavailable('down'))}\n")
