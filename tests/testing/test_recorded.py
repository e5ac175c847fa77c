"""The checker of documented answers: what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from futures_async.adapter import Dialect, Endpoint
from futures_async.testing.recorded import RecordedAnswers, decoded, overlooked
from tests.newcomer.acme import endpoints, wire
from tests.newcomer.acme.dialect import AcmeDialect

GOOD = '{"code": "ok", "text": "", "at": 1, "data": [{"coin": "USDT", "equity": "1"}]}'


def cases(folder: Path, **files: str) -> RecordedAnswers:
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    (folder / "SOURCES.md").write_text("`balances.json`: the documents")

    class Cases(RecordedAnswers):
        dialect: ClassVar[Dialect] = AcmeDialect()
        answers: ClassVar[Mapping[str, Endpoint[Any]]] = {"balances": endpoints.BALANCES}

    Cases.folder = folder
    return Cases()


def test_good_answers_pass(tmp_path: Path) -> None:
    found = cases(tmp_path, balances=GOOD)
    found.test_every_file_is_an_answer_of_some_endpoint()
    found.test_every_answer_decodes_and_no_field_is_overlooked()
    found.test_it_is_said_where_every_answer_is_from()
    assert found.payload("balances") == [wire.WireBalance(coin="USDT", equity="1")]


def test_a_field_without_a_place_is_found_wherever_it_is() -> None:
    value = wire.Envelope(code="ok", data=[wire.WireBalance(coin="USDT")])
    document = {"code": "ok", "extra": 1, "data": [{"coin": "USDT", "bonus": "2"}]}
    assert list(overlooked(value, document)) == ["extra", "data.bonus"]


@pytest.mark.parametrize(
    ("files", "check"),
    [
        ({"balances": GOOD, "stray": GOOD}, "test_every_file_is_an_answer_of_some_endpoint"),
        ({"balances": GOOD.replace('"ok"', '"bad-key"')}, "test_every_answer_decodes_and_no_field_is_overlooked"),
        ({"balances": GOOD.replace('"equity"', '"bonus"')}, "test_every_answer_decodes_and_no_field_is_overlooked"),
    ],
    ids=["a stray file", "a refusal", "a field without a place"],
)
def test_what_is_wrong_is_found(tmp_path: Path, files: dict[str, str], check: str) -> None:
    with pytest.raises(AssertionError):
        getattr(cases(tmp_path, **files), check)()


def test_a_file_without_a_source_is_found(tmp_path: Path) -> None:
    found = cases(tmp_path, balances=GOOD)
    (tmp_path / "SOURCES.md").write_text("nothing")
    with pytest.raises(AssertionError):
        found.test_it_is_said_where_every_answer_is_from()
    with pytest.raises(AssertionError, match="a refusal"):
        decoded(AcmeDialect(), endpoints.BALANCES, b'{"code": "bad-key"}')
