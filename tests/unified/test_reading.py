"""Rows as models: each alone, its facts at once, everything else at first use; nobody can tell it from a plain one."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from decimal import Decimal as D
from typing import Any

import msgspec
import pytest

from futures_async.unified.asked import ASKED, Asked
from futures_async.unified.columns import (
    fields,
    made,
    moment,
    needed,
    number,
    otherwise,
    price,
    size,
    text,
    times,
    word,
)
from futures_async.unified.convert import Loose
from futures_async.unified.enums import OrderStatus, OrderType, PositionSide, Side
from futures_async.unified.errors import DecodeError, UnreadRow, UnreadRows
from futures_async.unified.models import Account, Order, Position, Ticker, to_builtins, to_json
from futures_async.unified.reading import Reading, table_of_held_with
from futures_async.unified.rows import Moment, Row, Rows, Text, unread_of

SIDES = {"long": PositionSide.LONG, "short": PositionSide.SHORT}


class WireHeld(Row, frozen=True, kw_only=True, gc=False, rename="camel"):
    symbol: Text = None
    side: Text = None
    total: Loose = None
    mark: Loose = None
    pnl_now: Loose = None
    at: Moment = None


row = fields(WireHeld)
HELD = Reading(
    row,
    Position(
        venue="here",
        symbol=made(lambda name: f"{name}/USDT:USDT", needed(text(row.symbol))),
        venue_symbol=needed(text(row.symbol)),
        side=needed(word(row.side, SIDES)),
        quantity=needed(size(row.total)),
        mark_price=price(row.mark),
        unrealized_pnl=number(row.pnl_now),
        notional=times(number(row.total), price(row.mark)),
        margin_coin="USDT",
        updated_ms=moment(row.at),
    ),
    empty="quantity",
)
GOOD = WireHeld(symbol="BTC", side="long", total="0.5", mark="100", pnl_now="-1.5", at="1700000000000")
PLAIN = Position(
    venue="here",
    symbol="BTC/USDT:USDT",
    venue_symbol="BTC",
    side=PositionSide.LONG,
    quantity=D("0.5"),
    mark_price=D(100),
    unrealized_pnl=D("-1.5"),
    notional=D("50.0"),
    margin_coin="USDT",
    updated_ms=1700000000000,
)


def held(**changes: Any) -> WireHeld:
    return msgspec.structs.replace(GOOD, **changes)


def fresh(**changes: Any) -> Position:
    [position] = HELD.all([held(**changes)])
    return position


def test_a_row_reads_as_the_plain_model() -> None:
    position = fresh()
    assert isinstance(position, Position)
    assert position == PLAIN
    assert position.raw is not None
    assert position.unread == ()


def test_one_row_reads_as_many_do() -> None:
    def nothing(_: WireHeld) -> None: ...

    assert HELD.one(GOOD) == fresh() == HELD.all([GOOD, GOOD])[1] == HELD.all([GOOD], nothing)[0]


def test_equality_hash_repr_and_json_do_not_tell_it_from_a_plain_one() -> None:
    assert fresh() == PLAIN
    assert PLAIN.__eq__(fresh()) is True
    assert fresh() != fresh(mark="101")
    assert fresh() != "another thing"
    assert hash(fresh()) == hash(PLAIN)
    assert repr(fresh()) == repr(PLAIN)
    assert "raw" not in repr(PLAIN)
    assert to_json(fresh()) == to_json(PLAIN)
    assert to_builtins(fresh()) == to_builtins(PLAIN)
    assert to_builtins(PLAIN)["unread"] == []
    assert type(fresh()).__name__ == "Position"


def pickled(one: Any) -> Any:
    return pickle.loads(pickle.dumps(one))


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickled])
def test_copies_and_pickles_are_equal_before_and_after_reading(way: Any) -> None:
    for position in (fresh(), fresh().read()):
        twin = way(position)
        assert twin == PLAIN
        assert twin.raw == GOOD
        assert way(way(position)) == PLAIN
    odd = way(fresh(pnl_now="--"))
    assert (odd.unrealized_pnl, odd.unread) == (None, ("pnlNow",))


def test_a_pickle_holds_the_plain_model() -> None:
    assert type(pickle.loads(pickle.dumps(fresh()))) is Position


def test_replace_changes_what_it_names_and_nothing_that_is_made_of_the_row() -> None:
    for position in (fresh(), fresh().read()):
        changed = msgspec.structs.replace(position, quantity=D(7), mark_price=D(1))
        assert (changed.quantity, changed.mark_price, changed.notional) == (D(7), D(1), D(50))
        assert changed == msgspec.structs.replace(PLAIN, quantity=D(7), mark_price=D(1))
        assert position == PLAIN


def test_it_is_frozen() -> None:
    for name in ("quantity", "mark_price", "raw", "unread"):
        with pytest.raises(AttributeError):
            setattr(fresh(), name, None)


def test_a_field_is_converted_once_and_kept() -> None:
    position = fresh()
    assert position.mark_price is position.mark_price
    assert position.notional is position.notional
    assert position.unread is position.unread


def test_reading_all_at_once_is_the_model_itself() -> None:
    position = fresh(pnl_now="--")
    assert position.read() is position
    assert msgspec.structs.asdict(position)["mark_price"] == D(100)
    assert PLAIN.read() is PLAIN


def test_threads_that_read_at_once_agree() -> None:
    positions = HELD.all([held(pnl_now=str(n), mark="--") for n in range(200)])
    found: list[list[Any]] = []
    start = threading.Barrier(4)

    def read() -> None:
        start.wait()
        found.append([(one.unrealized_pnl, one.mark_price, one.notional, one.unread) for one in positions])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(D(n), None, None, ("mark",)) for n in range(200)]] * 4


@pytest.mark.parametrize("odd", ["--", "NaN", "1e99", {}, [], True])
@pytest.mark.parametrize(
    ("field", "path", "names"),
    [
        ("mark", "mark", ("mark_price", "notional")),
        ("pnl_now", "pnlNow", ("unrealized_pnl",)),
        ("at", "at", ("updated_ms",)),
    ],
)
def test_a_field_that_cannot_be_read_is_none_and_named(odd: Any, field: str, path: str, names: tuple[str, ...]) -> None:
    first = fresh(**{field: odd})
    assert [getattr(first, name) for name in names] == [None] * len(names)
    assert first.unread == (path,)
    assert fresh(**{field: odd}).unread == (path,)
    assert fresh(**{field: odd}).read().unread == (path,)
    assert first.quantity == D("0.5")


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_the_venue_did_not_say_is_none_and_not_named(nothing: Any) -> None:
    position = fresh(mark=nothing, pnl_now=nothing, at=nothing)
    assert (position.mark_price, position.unrealized_pnl, position.updated_ms, position.unread) == (
        None,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"symbol": None}, "symbol"), ({"symbol": {}}, "symbol"), ({"side": "net"}, "side"), ({"side": ""}, "side"),
        ({"total": ""}, "total"), ({"total": "NaN"}, "total"), ({"total": "-1"}, "total"), ({"total": []}, "total"),
    ],
)  # fmt: skip
def test_an_odd_row_takes_no_other_away(changes: dict[str, Any], path: str) -> None:
    others = [held(total="1"), held(total="2")]
    odd = held(**changes)
    with pytest.raises(UnreadRows) as caught:
        HELD.all([others[0], odd, others[1]])
    assert [one.quantity for one in caught.value.rows] == [D(1), D(2)]
    [unread] = caught.value.unread
    assert (unread.path, unread.raw, unread.venue) == (path, odd, "here")
    assert caught.value.path == path
    assert str(caught.value).startswith("here: 1 of 3 rows cannot be read (")
    with pytest.raises(DecodeError) as alone:
        HELD.one(odd)
    assert (alone.value.path, alone.value.text) == (path, f"here Position: {unread.problem}")
    assert not isinstance(alone.value, UnreadRows)


class _Page(msgspec.Struct):
    rows: list[WireHeld] | None


class _Call:
    name = "GET /positions"
    result: Any = _Page


@pytest.mark.parametrize(
    ("result", "where"),
    [
        (_Page, "here GET /positions: "), (list[WireHeld], "here GET /positions: "),
        (_Page | None, "here GET /positions: "), (list[int], "here: "), (None, "here: "),
    ],
)  # fmt: skip
def test_an_odd_row_names_the_call_that_brought_it(result: Any, where: str) -> None:
    call = _Call()
    call.result = result
    token = ASKED.set((Asked("here", call),) if result is not None else ())
    try:
        with pytest.raises(UnreadRows) as caught:
            HELD.all([held(total="--")])
    finally:
        ASKED.reset(token)
    assert str(caught.value).startswith(where + "1 row cannot be read (BTC: ")
    assert caught.value.unread[0].endpoint == where.removeprefix("here").strip(": ")


def test_what_can_be_read_of_an_odd_row_is_there_for_an_emergency() -> None:
    _, [unread] = HELD.each([held(total="--")])
    assert unread.facts == {"symbol": "BTC/USDT:USDT", "venue_symbol": "BTC", "side": PositionSide.LONG}
    assert unread.name == "BTC"
    assert repr(unread) == f"UnreadRow(total: total is not a number, facts={unread.facts!r})"
    _, [nameless] = HELD.each([held(symbol=5.5)])
    assert nameless.name == ""


def test_many_odd_rows_are_counted_and_the_first_named() -> None:
    with pytest.raises(UnreadRows, match=r"here: 5 rows cannot be read \(.*; and 2 more\)"):
        HELD.all([held(total="--")] * 5)


def test_rows_that_stand_for_nothing_are_left_out_whatever_else_they_hold() -> None:
    flat = held(total="0.00", side="?", symbol=None)
    assert HELD.all([flat, GOOD]) == [PLAIN]
    assert HELD.all([held(total="0"), GOOD]) == [PLAIN]
    assert HELD.all(None) == HELD.all([]) == []
    assert HELD.one(held(total="0")).quantity == 0


@pytest.mark.parametrize("empty", ["quantity", "contracts"])
@pytest.mark.parametrize("unsaid", [None, ""])
def test_a_row_that_does_not_say_how_much_it_is_may_be_held(empty: str, unsaid: str | None) -> None:
    """Also among rows that are read quickly."""
    amount = number(row.total)
    table = msgspec.structs.replace(PLAIN, **{"symbol": needed(text(row.symbol)), empty: amount})
    reading = Reading(row, table, empty=empty)
    rows = [GOOD, held(total=unsaid), held(total="0.0")]
    for _ in range(2):
        assert [getattr(one, empty) for one in reading.all(rows)] == [D("0.5"), None]


def test_rows_that_did_not_decode_are_not_forgotten() -> None:
    lost = UnreadRow("", "row 1 does not fit its documentation", 7)
    rows = Rows([GOOD]).without((lost,))
    of_here = msgspec.structs.replace(lost, venue="here")
    assert HELD.each(rows) == ([PLAIN], (of_here,))
    with pytest.raises(UnreadRows) as caught:
        HELD.all(rows)
    assert (caught.value.rows, caught.value.unread) == ([PLAIN], (of_here,))


def test_what_words_mean_is_remembered_of_so_many_and_then_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("futures_async.unified.meanings.MOST", 3)
    known = HELD._meanings._known  # pyright: ignore[reportPrivateUsage]
    for turn in range(20):
        rows = [held(symbol=f"A{turn % 7}"), held(symbol=f"B{turn}", side="?")]
        found, unread = HELD.each(rows)
        assert [one.symbol for one in found] == [f"A{turn % 7}/USDT:USDT"]
        assert [one.path for one in unread] == ["side"]
        assert sum(map(len, known.values())) <= 3
        assert HELD.one(held(symbol=f"C{turn}")).symbol == f"C{turn}/USDT:USDT"
        assert f"C{turn}" in known["long"]


def test_odd_rows_of_known_words_take_no_room_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("futures_async.unified.meanings.MOST", 3)
    words = {"symbol": needed(text(row.symbol)), "side": needed(word(row.side, SIDES))}
    reading = Reading(row, msgspec.structs.replace(PLAIN, **words, quantity=needed(size(row.total))))
    reading.each([held(), *[held(side="short", total="?")] * 5])
    assert set(reading._meanings._known) == {"long", "short"}  # pyright: ignore[reportPrivateUsage]


def test_reference_data_leaves_odd_rows_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "futures_async"):
        found = HELD.known([GOOD, held(side="net", symbol="ETH")])
    assert found == [PLAIN]
    assert [one.name for one in unread_of(found)] == ["ETH"]
    [record] = caplog.records
    assert record.name.startswith("futures_async.")
    assert "ETH: side has the unknown word 'net'" in record.getMessage()
    caplog.clear()
    assert unread_of(HELD.known([GOOD])) == ()
    assert not caplog.records


class WireWallet(Row, frozen=True, kw_only=True, gc=False):
    coin: Text = None
    free: Loose = None
    equity: Loose = None
    kind: Text = None


wallet = fields(WireWallet)
WALLET = Reading(
    wallet,
    Account(
        venue="here", margin_coin=needed(text(wallet.coin)), available=number(wallet.free), equity=number(wallet.equity)
    ),
)


def test_an_account_needs_one_amount_whichever() -> None:
    full, odd, empty = (
        WireWallet(coin="USDT", free="1", equity="2"),
        WireWallet(coin="USDT", free="--", equity="2"),
        WireWallet(coin="USDT", equity="2"),
    )
    assert [one.available for one in WALLET.all([full, full])] == [D(1), D(1)]
    found = WALLET.all([full, odd, empty])
    assert [(one.available, one.equity, one.unread) for one in found] == [
        (D(1), D(2), ()),
        (None, D(2), ("free",)),
        (None, D(2), ()),
    ]


@pytest.mark.parametrize(
    ("amounts", "problem"),
    [({}, "free is missing"), ({"free": "--"}, "free is not a number"), ({"equity": "x"}, "equity is not a number")],
)
def test_an_account_without_any_amount_is_no_row(amounts: dict[str, Any], problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        WALLET.one(WireWallet(coin="USDT", **amounts))
    assert WALLET.each([WireWallet(coin="USDT", **amounts)]).unread[0].facts == {"margin_coin": "USDT"}


class Terms(msgspec.Struct, frozen=True):
    each: D


terms = fields(Terms, beside=True)
IN_CONTRACTS = Reading(
    row,
    Position(
        venue="here",
        symbol=needed(text(row.symbol)),
        venue_symbol=needed(text(row.symbol)),
        side=needed(word(row.side, SIDES)),
        quantity=needed(times(size(row.total), number(terms.each))),
        contract_size=number(terms.each),
        locked=times(number(row.pnl_now), number(terms.each)),
        margin_coin="USDT",
    ),
)


def test_what_is_given_beside_a_row_is_read_with_it_at_once_and_later() -> None:
    def of(one: WireHeld) -> Terms:
        if one.symbol != "BTC":
            raise DecodeError("no such contract", path="symbol")
        return Terms(D("0.01"))

    with pytest.raises(UnreadRows) as caught:
        IN_CONTRACTS.all([GOOD, held(symbol="ETH")], of)
    [position] = caught.value.rows
    assert (position.quantity, position.contract_size, position.locked) == (D("0.005"), D("0.01"), D("-0.015"))
    assert [(one.path, one.problem, one.name) for one in caught.value.unread] == [("symbol", "no such contract", "ETH")]
    for twin in (copy.copy(position), pickle.loads(pickle.dumps(position)), copy.deepcopy(position)):
        assert twin == position
    assert "_given" not in to_builtins(position)
    assert IN_CONTRACTS.one(GOOD, Terms(D(2))).quantity == 1


@table_of_held_with
def counted(row: WireHeld, terms: Terms) -> Position:
    """Positions in contracts."""
    count = needed(size(row.total))
    return Position(
        venue="here",
        symbol=needed(text(row.symbol)),
        venue_symbol=needed(text(row.symbol)),
        side=needed(word(row.side, SIDES)),
        quantity=needed(times(count, number(terms.each))),
        contracts=count,
        margin_coin="USDT",
    )


def test_what_is_not_held_is_given_nothing() -> None:
    def of(one: WireHeld) -> Terms:
        if one.symbol != "BTC":
            raise DecodeError("no such contract", path="symbol")
        return Terms(D("0.01"))

    flat, odd, other = held(total="0", symbol="GONE"), held(total="--"), held(symbol="ETH")
    found, unread = counted().each([flat, odd, GOOD, other], of)
    assert [(one.contracts, one.quantity) for one in found] == [(D("0.5"), D("0.005"))]
    assert [one.path for one in unread] == ["total", "symbol"]


def test_a_table_says_how_each_field_is_read() -> None:
    thing = fields(WireWallet)
    with pytest.raises(TypeError, match="say how last_price is read"):
        Reading(thing, Ticker(venue="here", symbol="A", venue_symbol="A", last_price=thing.free))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="say what margin_coin is where it cannot be read"):
        Reading(
            thing,
            Position(
                venue="here", symbol="A", venue_symbol="A", side=PositionSide.LONG, quantity=D(1),
                margin_coin=needed(text(thing.coin)),
            ),
        )  # fmt: skip


def test_a_table_whose_facts_are_all_told_beside_it_reads_rows() -> None:
    thing = fields(WireWallet)
    table = Position(
        venue="here", symbol="A", venue_symbol="A", side=PositionSide.LONG, quantity=D(1), margin_coin="USDT",
        margin=number(thing.free),
    )  # fmt: skip
    [position] = Reading(thing, table).all([WireWallet(free="2")])
    assert (position.symbol, position.quantity, position.margin, position.unread) == ("A", D(1), D(2), ())


def test_an_order_keeps_its_own_kind_of_field_names() -> None:
    thing = fields(WireWallet)
    orders = Reading(
        thing,
        Order(
            venue="here",
            symbol=needed(text(thing.coin)),
            venue_symbol=needed(text(thing.coin)),
            order_id="1",
            side=Side.BUY,
            type=otherwise(word(thing.kind, {"m": OrderType.MARKET}), OrderType.UNKNOWN),
            quantity=needed(number(thing.free)),
            status=OrderStatus.NEW,
        ),
    )
    order = orders.one(WireWallet(coin="A", free="1", kind="new"))
    assert (order.kind, order.type, order.unread) == ("plain", OrderType.UNKNOWN, ("kind",))
    assert type(order).__name__ == "Order"
    assert orders.one(WireWallet(coin="A", free="1", kind="m")).unread == ()
