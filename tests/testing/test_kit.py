"""What an author of an adapter is told, and what the simulated side reads for him."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from futures_async.adapter import FuturesAsyncError
from futures_async.adapters import OKX
from futures_async.cli import authoring
from futures_async.cli.options import way_out
from futures_async.simulator import Setup, SimulatedExchange
from futures_async.simulator.inprocess import InProcessBackend
from futures_async.simulator.reading import Reader
from futures_async.simulator.records import LedgerKind, LedgerRow
from futures_async.simulator.refusals import VenueRefusal
from futures_async.testing import check as checking
from futures_async.testing.mutants import Change, Mutant
from futures_async.testing.spec import RawCall, VenueSpec
from futures_async.testing.told import ledger_wrong, undeclared
from futures_async.testing.virtual_time import run
from futures_async.unified.enums import LedgerType
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.models import LedgerEntry

READER = Reader(missing=VenueRefusal, wrong=lambda name, value: VenueRefusal("wrong", f"{name}: {value}"))


def test_a_word_means_what_the_table_says_as_it_is_written_there_or_in_lower_case() -> None:
    assert READER.pick({"side": "B"}, "side", {"B": 1, "b": 2}) == 1
    assert READER.pick({"side": "BUY"}, "side", {"buy": 1}) == 1
    assert READER.pick({}, "side", {"buy": 1}, "buy") == 1
    with pytest.raises(VenueRefusal, match="side: X"):
        READER.pick({"side": "X"}, "side", {"B": 1})


def test_the_line_of_the_simulated_side_that_broke_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = SimulatedExchange(only=["okx"], setup=Setup(empty=True))

    def broken(request: object) -> None:
        raise ZeroDivisionError("of the author's own")

    async def main() -> None:
        async with OKX(http=InProcessBackend(exchange)) as client:
            with pytest.raises(FuturesAsyncError):
                await client.fetch_contracts()

    for _, route in exchange._routes.values():  # pyright: ignore[reportPrivateUsage] - a handler that breaks
        monkeypatch.setattr(route, "handler", broken)  # some routes are the class's own
    with caplog.at_level(logging.ERROR, "futures_async.simulator"):
        run(main())
    assert "the simulated side broke at HttpRequest(GET" in caplog.text
    assert "of the author's own" in caplog.text


def test_check_venue_tells_it_too(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text(
        "import logging\n\n\ndef test_one():\n"
        "    logging.getLogger('futures_async.simulator').error('the simulated side broke at GET /x: TypeError()')\n"
        "    assert False\n"
    )
    _, failures = checking.tallied([str(tmp_path)])
    assert failures[0].endswith("(the simulated side broke at GET /x: TypeError())")


def test_fields_that_no_list_tells_are_named_as_they_are_declared() -> None:
    wrong = [
        "7: Order.fee is None, not 1; where",
        "8: Order.fee is None, not 2; where",
        "Account.locked is None, not 3",
    ]
    assert list(undeclared(wrong)) == ["silent=frozenset({'Account.locked', 'Order.fee'})"]
    assert list(undeclared(["7: Order.fee is 1, not 2"])) == []


@pytest.mark.parametrize("text", ["[project", "project = 1\n", "[project]\nentry-points = []\n", b"\xff"])
def test_a_project_that_cannot_be_read_is_a_line(text: str | bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidRequest, match=r"pyproject\.toml"):
        authoring.package_of("moon", tmp_path)


def test_who_probes_may_name_the_way_out() -> None:
    assert way_out("http://127.0.0.1:1", None) == {"proxy": "http://127.0.0.1:1"}
    assert way_out(None, "system") == {"ca_file": "system"}


class Ended:
    """A trial that is over."""

    left_s = 1_000.0

    def __init__(self, mutant: Mutant, tests: Sequence[str]) -> None:
        self.sentinel, other = os.pipe()
        os.close(other)
        self.mutant = mutant

    def passed(self) -> bool:
        os.close(self.sentinel)
        return self.mutant.change.line != 2


def test_wrong_adapters_are_tried_side_by_side_and_told_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "Trial", Ended)
    some = [Mutant("one", line, Change(line, "sign", "fee")) for line in range(1, 9)]
    said: list[str] = []
    found = checking._survivors(some, [], said.append)  # pyright: ignore[reportPrivateUsage]
    assert found == [mutant for mutant in some if mutant.change.line != 2]
    assert said[-1] == "wrong adapter 8 of 8: sign: fee"


@pytest.mark.parametrize(
    ("type_", "amount", "wrong"),
    [
        (LedgerType.DEPOSIT, 5, False),
        (LedgerType.DEPOSIT, -5, True),
        (LedgerType.WITHDRAWAL, -5, False),
        (LedgerType.WITHDRAWAL, 5, True),
        (LedgerType.TRANSFER, -5, False),
    ],
)
def test_a_deposit_brings_money_and_a_withdrawal_takes_it(type_: LedgerType, amount: int, wrong: bool) -> None:
    money = Decimal(amount)
    row = LedgerEntry(
        venue="okx", entry_id="1", type=type_, venue_type="1", amount=money, coin="USDT", balance=money, created_ms=1
    )
    inside = LedgerRow(
        id=1, fee_id=2, kind=LedgerKind.TRANSFER, coin="USDT", amount=money, fee=Decimal(0), balance=money, created_ms=1
    )
    said = ledger_wrong(VenueSpec(factory=OKX, raw_call=RawCall("/", {})), [row], [inside], money)
    assert said == ([f"1: LedgerEntry.type is {type_.value} of {amount}"] if wrong else [])
