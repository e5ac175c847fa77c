"""What a table makes of a row is what its columns read of each field: the same values, the same errors."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from futures_async.transport.piecewise import fitted
from futures_async.unified.errors import DecodeError
from futures_async.unified.reading import Reading
from tests.fuzz.mutations import LEAVES
from tests.fuzz.tables import TABLES, Table

JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
ROWS, LONG = 20_000, 200_000
SEED = 13
NUMBERS = (
    "NaN",
    "-Infinity",
    "1e999",
    "--",
    "1.2,1.3",
    "0.00",
    "-3",
    "1e-20",
    "0." + "1" * 50,
    "9" * 40,
    Decimal("1E+400"),
)


def mutated(row: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """The row with odd values in a few of its fields."""
    changed = copy.deepcopy(row)
    for name in draw.sample(sorted(changed), k=min(len(changed), draw.choice((1, 1, 1, 2, 4)))):
        how = draw.randrange(5)
        if how == 0:
            del changed[name]
        elif how == 1:
            changed[name] = draw.choice(NUMBERS)
        elif how == 2:
            changed[name] = changed.get(draw.choice(sorted(changed)))
        else:
            changed[name] = copy.deepcopy(draw.choice(LEAVES))
    return changed


def decoded(table: Table, plain: dict[str, Any]) -> Any:
    """The row as it comes out of an answer."""
    return fitted(JSON.decode(json.dumps([plain], default=str)), cast("Any", list)[table.reading.wire])[0]


def exactly(table: Table, row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of all columns, read one by one, and the errors of those that cannot be read."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, column in table.reading.columns.items():
        try:
            values[name] = column.of(row, table.given)
        except DecodeError as error:
            errors[name] = error.path
    assert all(errors.values()), "an error names its field"
    return values, errors


def judge(table: Table, plain: dict[str, Any], good: Any) -> None:
    """Hold the models of a row, alone and among others, against what its columns say."""
    reading = table.reading
    row = decoded(table, plain)
    values, errors = exactly(table, row)
    facts = [name for name in reading.kind.facts if name in reading.columns]
    wrong = [errors[name] for name in facts if name in errors]
    found, unread = reading.each([good, row, good], None if table.given is None else lambda _: table.given)
    whole = [one for one in found if one.raw is good]
    assert len(whole) == 2
    others = [one for one in found if one.raw is not good]
    if wrong:
        flat = reading.empty is not None and not values.get(reading.empty, 1)
        assert all(one.path in wrong for one in unread), plain
        assert len(unread) == (0 if flat else 1), plain
        assert not others
        return
    one_of = [name for name in reading.kind.one_of if name in reading.columns]
    if one_of and all(values.get(name) is None for name in one_of):
        assert len(unread) == 1
        return
    assert not unread, plain
    expected = {path: None for name, path in errors.items() if name not in facts}
    for model in others:
        shown = {name: getattr(model, name) for name in reading.columns}
        for name, value in shown.items():
            if name in errors:
                assert value is None, name
            else:
                assert repr(value) == repr(values[name]), f"{name} of {plain}"
        assert set(expected) <= set(model.unread), plain
        assert model.unread == reading.one(row, table.given).read().unread
        assert model == reading.one(row, table.given).read()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_recorded_rows_read_whole(table: Table) -> None:
    for plain in table.recorded():
        [model], unread = table.reading.each([decoded(table, plain)], lambda _: table.given)
        assert (unread, model.unread) == ((), ())
        judge(table, plain, model.raw)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_recorded_rows_need_no_exact_reading_once_their_words_are_known(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [decoded(table, plain) for plain in table.recorded()]
    before = table.reading.each(rows, lambda _: table.given)
    monkeypatch.delattr(Reading, "_exactly")
    assert table.reading.each(rows, lambda _: table.given) == before


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_mutated_rows_read_as_their_columns_do(table: Table, request: pytest.FixtureRequest) -> None:
    rows = table.recorded()
    good = decoded(table, rows[0])
    for number in range((LONG if request.config.getoption("--long") else ROWS) // len(TABLES)):
        draw = random.Random(f"{SEED}/{table.name}/{number}")
        plain = mutated(draw.choice(rows), draw)
        if "\ud800" not in plain.values():  # no JSON: the answer is refused
            judge(table, plain, good)
