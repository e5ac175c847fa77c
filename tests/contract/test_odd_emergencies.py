"""Emergencies beside odd rows: every field of every row that they read, with every odd value, at every venue.

What can be told of orders and positions is enough, or the call says that it is not: never that there was nothing to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from futures_async.testing.faulted import Faulted
from futures_async.testing.virtual_time import run
from futures_async.transport.http.backend import HttpRequest, HttpResponse
from futures_async.unified.enums import Side
from futures_async.unified.errors import FuturesAsyncError, UnresolvedOrders
from futures_async.unified.exchange import Capability as Can
from tests.contract.venues import specs

SPECS = specs()
MISSING = "(missing)"
UNSAID: tuple[Any, ...] = ("", None, MISSING)
ODD = (*UNSAID, "--", "NaN", "new_word")
NAMES = ("symbol", "instId", "coin")


class Blurring:
    """The exchange, whose rows about the contract have another value in one field."""

    def __init__(self, on: Faulted) -> None:
        self.on = on
        self.field = ""
        self.odd: Any = None
        self.fields: dict[str, None] = {}
        self.hearing = False
        self._name = on.exchange.venue_symbol(on.spec.symbol)
        self._send = on.backend.send
        on.backend.send = self.send  # type: ignore[method-assign]

    async def send(self, request: HttpRequest) -> HttpResponse:
        answer = await self._send(request)
        if not self.hearing or (request.method != "GET" and not request.url.endswith("/info")):
            return answer
        said = json.loads(answer.body)
        for row in self._rows(said, listed=False):
            self.fields |= dict.fromkeys(row)
            if self.odd == MISSING:
                row.pop(self.field, None)
            elif self.field in row:
                row[self.field] = self.odd
        return msgspec.structs.replace(answer, body=json.dumps(said).encode())

    def _rows(self, said: Any, *, listed: bool) -> Iterator[dict[str, Any]]:
        """What is about the contract, in a list or in what a list holds."""
        match said:
            case [*rows]:
                for one in rows:
                    yield from self._rows(one, listed=True)
            case {**fields} if listed and any(str(fields.get(name)) == self._name for name in NAMES):
                yield said
            case {**fields}:
                for one in fields.values():
                    yield from self._rows(one, listed=listed)
            case _:
                return


async def tried(venue: str, what: str, field: str, odd: Any) -> tuple[bool, FuturesAsyncError | None, dict[str, None]]:
    """Whether it is done, by the exchange's books; what it ended with; and which fields the rows have that it reads."""
    on = Faulted(SPECS[venue])
    on.trade_inside(Side.BUY, at_ms=on.inside.now_ms())
    blurring, exchange = Blurring(on), on.exchange
    problem: FuturesAsyncError | None = None
    with suppress(UnresolvedOrders):  # what is not known is told below
        if Can.FETCH_CONTRACT in on.spec.capabilities:
            await exchange.fetch_contract(on.spec.symbol)
        blurring.field, blurring.odd, blurring.hearing = field, odd, True
        try:
            if what == "cancel":
                await exchange.cancel_all_orders(on.spec.symbol)
            else:
                await exchange.close_position(on.spec.symbol)
        except FuturesAsyncError as error:
            problem = error
        await exchange.aclose()
    left = on.account.open_orders if what == "cancel" else list(on.account.positions_of())
    return not left, problem, blurring.fields


NEEDED = {
    ("binance", "close"): {"symbol", "positionSide", "positionAmt"},
    ("bitmart", "close"): {"current_amount", "position_side"},
    ("bybit", "close"): {"positionIdx"},
    ("hyperliquid", "cancel"): {"oid"},
    ("hyperliquid", "close"): {"coin", "szi"},
    ("okx", "cancel"): {"ordId"},
}
"""Without these it is not done, which an error says: the venue has no call that takes less."""
TRADING = [venue for venue, spec in SPECS.items() if Can.CLOSE_POSITION in spec.capabilities]


@pytest.mark.parametrize("what", ["cancel", "close"])
@pytest.mark.parametrize("venue", TRADING)
def test_it_is_done_or_said_not_to_be(venue: str, what: str) -> None:
    done, problem, fields = run(tried(venue, what, "", MISSING))
    assert (done, problem) == (True, None)
    needed: set[str] = set()
    for field in fields:
        # Another name is another contract's.
        for odd in UNSAID if field in NAMES else ODD:
            done, problem, _ = run(tried(venue, what, field, odd))
            if not done:
                assert problem is not None, f"{field}={odd!r}: not done, and nothing said"
                needed.add(field)
    assert needed == NEEDED.get((venue, what), set())
