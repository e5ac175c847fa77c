"""What narrow terminals show: no number and no name is ever cut."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from rich.text import Text

from futures_async.cli import acting, columns, probing
from futures_async.cli.columns import price, set_price
from futures_async.cli.screen import COLUMNS as WATCHED
from futures_async.cli.screen import Row
from futures_async.cli.tables import Column, cell_of, grouped, lay_out, make_table, shown, signed
from futures_async.cli.venues import capability_rows
from futures_async.portfolio.acts import Done
from futures_async.probe import Finding, Verdict
from futures_async.risk import Dashboard, DashboardRow, position_risk
from futures_async.unified import enums
from futures_async.unified.models import Fill, LedgerEntry, Order
from tests.cli.screens import SNAPSHOT
from tests.cli.terminal import Terminal
from tests.fakes import account

D = Decimal


class Line(NamedTuple):
    name: str
    price: Decimal
    extra: Decimal


COLUMNS: list[Column[Line]] = [
    Column("name", lambda row: row.name, number=False, names=True),
    Column("price", lambda row: row.price),
    Column("extra", lambda row: row.extra, spare=1),
]
LINES = [Line("a-long-name", D("92599.5"), D("0.14")), Line("b", D("2.05"), D("1200"))]


def table(width: int) -> list[str]:
    console = Terminal(width, 20).console()
    with console.capture() as captured:
        console.print(make_table(COLUMNS, LINES, console))
    return Text.from_ansi(captured.get()).plain.splitlines()


def test_a_table_that_fits_shows_everything() -> None:
    assert table(29) == ["name            price  extra", "a-long-name  92,599.5   0.14", "b                2.05  1,200"]


@pytest.mark.parametrize("width", [27, 21])
def test_a_table_that_does_not_fit_goes_without_what_it_can_spare_and_says_so(width: int) -> None:
    narrow = table(width)
    assert narrow[0].split() == ["name", "price"]
    assert narrow[1].split() == ["a-long-name", "92,599.5"]
    assert narrow[3:] == ["too narrow for: extra"]


def test_where_not_even_the_rest_fits_each_row_takes_several_lines() -> None:
    assert table(18) == ["a-long-name", "  price 92,599.5", "  extra 0.14", "b", "  price 2.05", "  extra 1,200"]


def test_columns_of_one_rank_go_together_and_a_narrow_one_may_stay_where_a_wide_one_goes() -> None:
    wanted: list[Column[None]] = [
        Column("a", lambda row: "x" * 10),
        Column("wide", lambda row: "x" * 20, spare=1),
        Column("n", lambda row: "1", spare=2),
        Column("o", lambda row: "2", spare=2),
    ]
    layout = lay_out(wanted, [None], Terminal(20, 5).console())
    assert layout.head[0].plain.split() == ["a", "n", "o"]
    assert layout.foot[0].plain == "too narrow for: wide"


def test_prose_is_broken_into_lines_beside_the_rest() -> None:
    wanted: list[Column[str]] = [
        Column("n", lambda row: "1", number=False),
        Column("detail", lambda row: row, number=False, prose=True),
    ]
    layout = lay_out(wanted, ["it is refused since the price is far away"], Terminal(32, 5).console())
    assert [line.plain for line in layout.lines()] == [
        "n  detail",
        "1  it is refused since the price",
        "   is far away",
    ]


def test_a_word_that_is_longer_than_the_terminal_is_folded_not_cut() -> None:
    wanted: list[Column[str]] = [
        Column("n", lambda row: row, number=False, names=True),
        Column("m", lambda row: row * 2, number=False),
    ]
    layout = lay_out(wanted, ["abcdefghijkl"], Terminal(10, 5).console())
    told = "".join(line.plain.strip() for line in layout.lines())
    assert told == "abcdefghijklm" + "abcdefghijkl" * 2


def test_a_table_without_names_or_rows_has_no_empty_lines() -> None:
    wanted: list[Column[str]] = [Column("figure", lambda row: row), Column("", lambda row: "")]
    assert [line.plain for line in lay_out(wanted, ["1" * 9], Terminal(9, 5).console()).lines()] == [
        "  figure",
        "  1111111",
        "  11",
    ]
    assert lay_out(wanted, [], Terminal(9, 5).console()).rows == []


def test_cells() -> None:
    assert shown(None) == "–"
    assert (shown(True), shown(False)) == ("yes", "no")
    assert cell_of("two\nlines").plain == "two lines"
    assert grouped(D("1234.5000")) == "1,234.5"
    assert signed(D("-1234.567")).plain == "-1,234.57"
    assert signed(D("0.00012")).plain == "+0.00012"
    assert signed(D("-0.5")).plain == "-0.50"
    assert signed(D(0)).plain == "+0.00"
    assert price(None) == set_price(None) == "–"
    assert [price(D(text)) for text in ("60123.456", "12.34567", "1.23456789", "0.0000089512345", "0")] == [
        "60,123.5", "12.346", "1.234568", "0.000008951234", "0",
    ]  # fmt: skip
    assert [set_price(D(text)) for text in ("3456.78", "60000.00", "1.2E-9", "6E+4")] == [
        "3,456.78", "60,000", "0.0000000012", "60,000",
    ]  # fmt: skip
    assert set_price(D("12345678901234567890.1234567890")) == "12,345,678,901,234,567,890.123456789"


# Every table of the command line

POSITIONS = [position for _, position in SNAPSHOT.each_position()]
ORDER = Order(
    venue="fake", symbol="1000PEPE/USDT:USDT", venue_symbol="1000PEPEUSDT", order_id="1234567890123456789",
    side=enums.Side.SELL, quantity=D("12345678.9"), status=enums.OrderStatus.PARTIALLY_FILLED,
    type=enums.OrderType.LIMIT,
    price=D("0.0123456"), filled_quantity=D("2345678.9"), average_price=D("0.0123451"), created_ms=1_764_000_000_000,
)  # fmt: skip
FILL = Fill(
    venue="fake", fill_id="1", order_id=ORDER.order_id, symbol=ORDER.symbol, venue_symbol=ORDER.venue_symbol,
    side=enums.Side.SELL, price=D("0.0123456"), quantity=D("12345678.9"), fee=D("15.24151234"), fee_coin="USDT",
    realized_pnl=D("-12345.67"), role=enums.Role.TAKER, created_ms=1_764_000_000_000,
)  # fmt: skip
ENTRY = LedgerEntry(
    venue="fake", entry_id="1", type=enums.LedgerType.FUNDING, venue_type="contract_settle_fee",
    amount=D("-12345.67"), coin="USDT", symbol=ORDER.symbol, balance=D("1234567.12345678"),
    created_ms=1_764_000_000_000,
)  # fmt: skip
DONE = Done(
    action="cancel all", symbol=ORDER.symbol, result="unknown", order_id=ORDER.order_id, status="open",
    filled_quantity=D("12345678.9"), detail="OrderOutcomeUnknown: it may be cancelled, or not; look",
)  # fmt: skip
FINDING = Finding(
    trait="lookup_by_client_id", declared="True", found="after 0.4 s of looking for it", verdict=Verdict.CONFIRMED
)  # fmt: skip
BOARD = Dashboard(
    venue="fake",
    mode=enums.PositionMode.ONE_WAY,
    rows=tuple(DashboardRow(position=position, risk=position_risk(position)) for position in POSITIONS),
)
TABLES: dict[str, tuple[Sequence[Column[Any]], Sequence[Any]]] = {
    "watch": (WATCHED, [Row("hyperliquid-main", position, 754.0) for position in POSITIONS]),
    "positions": (columns.POSITIONS, POSITIONS),
    "risk": (columns.RISK, columns.risk_lines(BOARD)),
    "account": (columns.ACCOUNTS, [account(equity=D("1234567.12345678"), balance=D("-1234567.12345678"))]),
    "orders": (columns.ORDERS, [ORDER]),
    "fills": (columns.FILLS, [FILL]),
    "ledger": (columns.LEDGER, [ENTRY]),
    "acts": (acting.COLUMNS, [DONE]),
    "probe": (probing.COLUMNS, [FINDING]),
}


@pytest.mark.parametrize("name", TABLES)
def test_no_name_and_no_number_is_cut_at_any_width(name: str) -> None:
    wanted, rows = TABLES[name]
    for width in range(40, 201):
        layout = lay_out(wanted, rows, Terminal(width, 24).console())
        lines = [line.plain for line in layout.lines()]
        assert max(map(len, lines)) <= width
        gone = " ".join(line.plain for line in layout.foot).removeprefix("too narrow for: ").split(", ")
        for row, block in zip(rows, layout.rows, strict=True):
            told = "\n".join(line.plain for line in block)
            for column in wanted:
                if not column.prose and (not column.title or column.title not in gone):
                    assert cell_of(column.cell(row)).plain in told, (width, column.title)


def test_the_table_of_venues_is_whole_in_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from futures_async.cli.output import Format
    from futures_async.cli.venues import show_venues

    show_venues(Format.TABLE)
    wide = capsys.readouterr().out.splitlines()[0].split()
    assert wide == capability_rows()[0]
