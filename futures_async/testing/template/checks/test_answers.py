"""The documented answers decode, and every field of theirs has its place."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from futures_async.adapter import Endpoint
from futures_async.testing.recorded import RecordedAnswers
from futures_async.testing.template.newvenue import endpoints
from futures_async.testing.template.newvenue.dialect import NewVenueDialect
from futures_async.testing.template.newvenue.mapping import accounts


class TestAnswers(RecordedAnswers):
    folder = Path(__file__).parents[1] / "answers"
    dialect = NewVenueDialect()
    answers: ClassVar[Mapping[str, Endpoint[Any]]] = {"balances": endpoints.BALANCES}

    def test_balances(self) -> None:
        [account] = accounts().all(self.payload("balances"))
        assert (account.margin_coin, account.equity, account.available) == ("USDT", Decimal("1042.5"), Decimal("893.1"))
