"""What a traceback of a refusal shows: where it was asked for, not how its answer was read."""

from __future__ import annotations

import traceback

import pytest

from futures_async.transport.http.backend import HttpResponse
from futures_async.unified.errors import AuthenticationError, BadResponse, FuturesAsyncError
from tests.rig.support import BTC, Scripted, page, toy, virtual

DETAIL = "/order/detail"
REFUSED = HttpResponse(status=400, headers={}, body=b'{"time":1,"code":"401","msg":"unknown key"}')


async def frames_of(answer: HttpResponse, kind: type[FuturesAsyncError]) -> list[str]:
    venue = Scripted()
    async with toy(venue) as exchange:
        venue.plan[DETAIL] = [answer] * 9
        with pytest.raises(kind) as caught:
            await exchange.fetch_order(BTC, order_id="1")
    return [
        frame.filename.rpartition("futures_async/")[2] for frame in traceback.extract_tb(caught.value.__traceback__)
    ]


@virtual
async def test_the_steps_in_which_a_refusal_was_read_are_left_out() -> None:
    shown = await frames_of(REFUSED, AuthenticationError)
    assert "transport/answers.py" not in shown
    assert shown[-1] == "transport/channel.py"
    assert shown.count("transport/channel.py") == 1


@virtual
async def test_those_of_an_answer_that_cannot_be_read_are_shown() -> None:
    assert "transport/answers.py" in await frames_of(page(200), BadResponse)
