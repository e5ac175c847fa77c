"""REST answers that lag behind the pushes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from futures_async.simulator.delivery import Deliverer
from futures_async.simulator.dialect import Request
from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.replica import QUESTIONS
from tests.simulator.bitget_client import MIX, Bitget

ALL = f"{MIX}/position/all-position"


class Lagging(Bitget):
    """A Bitget whose reads are outdated as a plan has it."""

    def __init__(self, channels: Sequence[str] = ()) -> None:
        super().__init__()
        self.plan = FaultPlan()
        self.plan.add("read-outdated", delay_s=1, channels=channels)
        self.deliverer = Deliverer(self.exchange, self.plan)

    def held(self, query: str = "productType=USDT-FUTURES") -> list[str]:
        headers = self.headers("GET", ALL, query, b"")
        delivery = self.deliverer.deliver(Request("GET", ALL, query, b"", headers, now_ms=self.now))
        assert delivery.response is not None
        answer = json.loads(delivery.response.body)
        assert answer["requestTime"] == self.now, "the envelope is of now"
        return [row["total"] for row in answer["data"]]


def test_a_read_says_what_was_true_a_while_ago() -> None:
    venue = Lagging()
    assert venue.held() == []  # the first answer to a question is never an old one
    venue.now += 2_000
    venue.order("buy", "0.1")
    assert venue.held() == []
    venue.now += 900
    venue.order("buy", "0.2")
    assert venue.held() == []
    venue.now += 100
    assert venue.held() == ["0.1"]
    venue.now += 1_000
    assert venue.held() == ["0.3"]
    assert {strike.fault.name for _, _, strike in venue.plan.stream_struck} == {"read-outdated"}


def test_another_question_is_another_answer() -> None:
    venue = Lagging()
    venue.held()
    venue.now += 2_000
    venue.order("buy", "0.1")
    assert venue.held("productType=USDT-FUTURES&marginCoin=USDT") == ["0.1"]


def test_questions_that_were_not_asked_for_long_are_forgotten() -> None:
    venue = Lagging()
    venue.held()
    for number in range(QUESTIONS):
        venue.held(f"productType=USDT-FUTURES&n={number}")
    venue.now += 2_000
    venue.order("buy", "0.1")
    assert venue.held("productType=USDT-FUTURES&n=1") == []
    assert venue.held() == ["0.1"]


def test_other_paths_stay_as_they_are() -> None:
    venue = Lagging(channels=["*/account/*"])
    venue.held()
    venue.now += 2_000
    venue.order("buy", "0.1")
    assert venue.held() == ["0.1"]


def test_writes_and_refusals_are_never_outdated() -> None:
    venue = Lagging()
    for query in ("", "productType=NOPE"):
        headers = venue.headers("GET", ALL, query, b"")
        for _ in range(2):
            delivery = venue.deliverer.deliver(Request("GET", ALL, query, b"", headers, now_ms=venue.now))
            assert delivery.response is not None
            assert delivery.response.status == 400
    public = venue.deliverer.deliver(Request("GET", "/api/v2/public/time", now_ms=venue.now))
    assert public.response is not None
    nowhere = venue.deliverer.deliver(Request("GET", "/nowhere", now_ms=venue.now))
    assert nowhere.response is not None
    assert venue.plan.stream_struck == []
