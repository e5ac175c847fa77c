"""Each row of the stream half of the fault table, as it looks from the client's end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from futures_async.simulator.plan import FaultPlan
from futures_async.simulator.stream_faults import CLOSE_CODES, STREAM_FAULTS, StreamAct
from futures_async.simulator.streams.hub import Refused
from tests.simulator.streams.rig import BUY, SELL, VENUES, Peer, StreamBench, channel_of, pushes

ORDERS = {"bitget": "orders", "bitget-uta": "order", "bitmart": "futures/order", "bybit": "order", "okx": "orders"}


@pytest.fixture(params=VENUES)
def venue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def broken(venue: str, name: str, **options: Any) -> tuple[StreamBench, FaultPlan]:
    """A venue of which one push of orders, or one of another moment, goes wrong."""
    plan = FaultPlan(seed=3)
    plan.add(name, most=1, **options)
    return StreamBench(venue, plan=plan), plan


def place(bench: StreamBench, times: int = 1) -> list[str]:
    """Resting orders; each is one push of orders."""
    return [str(bench.trade(BUY, "0.001", "80000").id) for _ in range(times)]


def told(peer: Peer, bench: StreamBench) -> list[str]:
    """Ids of the orders that came."""
    rows = [row for data in pushes(peer.heard(), ORDERS[bench.venue]) for row in data]
    return [str(row["order"]["order_id"] if "order" in row else row.get("orderId") or row["ordId"]) for row in rows]


def test_every_row_is_used_here() -> None:
    here = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert [row.name for row in STREAM_FAULTS if f'"{row.name}"' not in here] == []


def test_a_lost_push_is_gone_and_the_next_one_comes(venue: str) -> None:
    bench, plan = broken(venue, "push-lost", channels=[ORDERS[venue]])
    peer = bench.listen()
    _, second = place(bench, 2)
    assert told(peer, bench) == [second]
    (struck,) = plan.stream_struck
    assert (struck[0], struck[1], struck[2].fault.name) == (venue, ORDERS[venue], "push-lost")


def test_a_push_comes_twice(venue: str) -> None:
    bench, _ = broken(venue, "push-twice", channels=[ORDERS[venue]])
    peer = bench.listen()
    (one,) = place(bench)
    bench.wait(0.5)
    assert told(peer, bench) == [one, one]


def test_a_late_channel_stays_in_order_and_others_overtake(venue: str) -> None:
    bench, _ = broken(venue, "push-late", channels=[ORDERS[venue]], delay_s=1)
    peer = bench.listen()
    ids = place(bench, 2)
    early = peer.heard()
    assert ORDERS[venue] not in map(channel_of, early)
    assert early
    bench.wait(0.9)
    ids += place(bench)
    assert told(peer, bench) == []
    bench.wait(0.2)
    assert told(peer, bench) == ids


def test_channels_are_shuffled(venue: str) -> None:
    plan = FaultPlan(seed=1)
    plan.add("push-shuffled")
    bench = StreamBench(venue, plan=plan)
    peer = bench.listen()
    bench.wait(1)
    peer.heard()
    orders: set[tuple[Any, ...]] = set()
    for _ in range(10):
        bench.trade(BUY, "0.001", "80000")
        bench.wait(0.3)
        orders.add(tuple(map(channel_of, peer.heard())))
    assert len(orders) > 1


def test_a_push_is_overtaken_by_newer_ones_of_its_channel(venue: str) -> None:
    bench, _ = broken(venue, "push-overtaken", channels=[ORDERS[venue]], delay_s=1)
    peer = bench.listen()
    first, second = place(bench, 2)
    bench.wait(1.1)
    assert told(peer, bench) == [second, first]


def test_a_silent_line_says_nothing_hears_nothing_and_is_reset_in_the_end(venue: str) -> None:
    bench, _ = broken(venue, "line-silent", channels=[ORDERS[venue]])
    peer = bench.listen()
    place(bench, 2)
    assert peer.heard() == []
    assert peer.ask(bench.speech.ping) == []
    assert peer.session.silent
    bench.wait((600 if venue == "bybit" else bench.hub.dialects[venue].rules.idle_s or 120) - 1)
    assert peer.end is None
    bench.wait(2)
    assert peer.end is not None
    assert peer.end.reset


def test_a_line_is_cut_without_a_word(venue: str) -> None:
    bench, _ = broken(venue, "line-cut", channels=[ORDERS[venue]])
    peer = bench.listen()
    place(bench, 2)
    assert told(peer, bench) == []
    assert peer.end is not None
    assert peer.end.code is None


def test_a_line_is_closed_with_one_code_or_another(venue: str) -> None:
    seen: set[int | None] = set()
    for seed in range(40):
        plan = FaultPlan(seed=seed)
        plan.add("line-closed", channels=[ORDERS[venue]])
        bench = StreamBench(venue, plan=plan)
        peer = bench.listen()
        place(bench)
        assert peer.end is not None
        seen.add(peer.end.code)
    assert seen == {None if code == 1006 else code for code in CLOSE_CODES}


def test_an_end_is_announced_a_minute_before(venue: str) -> None:
    bench, _ = broken(venue, "line-announced", channels=[ORDERS[venue]])
    peer = bench.listen()
    (one,) = place(bench)
    heard = peer.heard()
    said = [frame.get("code") for frame in heard if frame.get("event") in ("error", "notice")]
    assert said == {"bitmart": [], "bybit": [], "okx": ["64008"]}.get(venue, [30033])
    assert ORDERS[venue] in map(channel_of, heard)
    for _ in range(3):
        peer.say(bench.speech.ping)
        bench.wait(19.7)
    assert peer.end is None
    bench.wait(2)
    assert peer.end is not None
    assert one


def test_a_connection_is_refused(venue: str) -> None:
    bench, _ = broken(venue, "connect-refused")
    with pytest.raises(Refused, match="503"):
        bench.connect()
    bench.connect()


def test_a_right_login_is_refused(venue: str) -> None:
    bench, _ = broken(venue, "login-refused")
    peer = bench.connect()
    (answer,) = bench.login(peer)
    assert answer.get("code", 30011) == ("60032" if venue == "okx" else 30011)
    assert answer.get("success", False) is False
    assert peer.session.account is None
    assert (peer.end is None) == (venue == "bitget-uta")


@pytest.mark.parametrize(("name", "answers"), [("login-late", 1), ("login-unanswered", 0)])
def test_the_answer_to_a_login_is_late_or_missing(venue: str, name: str, answers: int) -> None:
    bench, _ = broken(venue, name)
    peer = bench.connect()
    assert bench.login(peer) == []
    bench.wait(9)
    assert len(peer.heard()) == answers


def test_a_subscription_is_refused(venue: str) -> None:
    bench, _ = broken(venue, "subscribe-refused", channels=[ORDERS[venue]])
    peer = bench.connect()
    bench.login(peer)
    (answer,) = peer.ask(bench.speech.subscribe(bench.speech.everything[0]))
    assert answer.get("event", "error") == "error"
    assert answer.get("success", False) is False
    place(bench)
    assert peer.heard() == []


def test_a_channel_is_acknowledged_and_silent_for_ever(venue: str) -> None:
    bench, _ = broken(venue, "ack-only", channels=[ORDERS[venue]])
    peer = bench.connect()
    bench.login(peer)
    heard = [frame for channel in bench.speech.everything for frame in peer.ask(bench.speech.subscribe(channel))]
    assert sum(channel_of(frame) is None for frame in heard) == len(bench.speech.everything)
    place(bench, 2)
    channels = set(map(channel_of, peer.heard()))
    assert channels
    assert ORDERS[venue] not in channels


def test_a_channel_that_is_silent_says_nothing_at_its_start_either() -> None:
    bench, _ = broken("bitget", "ack-only", channels=["positions"])
    peer = bench.connect()
    bench.login(peer)
    assert len(peer.ask(bench.speech.subscribe("positions"))) == 1


def test_pushes_come_before_the_acknowledgement(venue: str) -> None:
    bench, _ = broken(venue, "ack-late", channels=[ORDERS[venue]], delay_s=1)
    peer = bench.connect()
    bench.login(peer)
    assert peer.ask(bench.speech.subscribe(bench.speech.everything[0])) == []
    (one,) = place(bench)
    assert told(peer, bench) == [one]
    bench.wait(1.1)
    assert [channel_of(frame) for frame in peer.heard()] == [None]


def test_an_acknowledgement_never_comes(venue: str) -> None:
    bench, _ = broken(venue, "ack-missing", channels=[ORDERS[venue]])
    peer = bench.connect()
    bench.login(peer)
    assert peer.ask(bench.speech.subscribe(bench.speech.everything[0])) == []
    (one,) = place(bench)
    bench.wait(60)
    assert told(peer, bench) == [one]


def test_a_heartbeat_is_not_answered(venue: str) -> None:
    bench, _ = broken(venue, "pong-lost")
    peer = bench.listen()
    assert peer.ask(bench.speech.ping) == []
    assert len(peer.ask(bench.speech.ping)) == 1


def test_equal_seeds_break_equal_things(venue: str) -> None:
    def story(seed: int) -> list[Any]:
        plan = FaultPlan(seed=seed)
        for row in STREAM_FAULTS:
            if row.act not in (StreamAct.SILENCE, StreamAct.CUT, StreamAct.CLOSE, StreamAct.REFUSE):
                plan.add(row.name, probability=0.0 if row.name == "connect-refused" else 0.3)
        bench = StreamBench(venue, plan=plan)
        peer = bench.listen()
        for _ in range(20):
            bench.trade(BUY, "0.001")
            bench.trade(SELL, "0.001", closes=True)
            bench.wait(0.2)
        return peer.heard()

    first = story(5)
    assert len(first) > 20
    assert first == story(5)
    assert first != story(6)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("push-extra-field", '"aFieldThatNobodyKnows"'),
        ("push-new-word", '"aNewWord"'),
        ("push-not-a-number", '"NaN"'),
        ("push-blank", '""'),
        ("push-missing-field", ""),
        ("push-other-type", ""),
    ],
)
def test_rows_are_damaged_and_their_envelope_is_not(venue: str, name: str, changed: str) -> None:
    plain, (bench, _) = StreamBench(venue), broken(venue, name, channels=[ORDERS[venue]])
    frames: list[Any] = []
    for one in (plain, bench):
        peer = one.listen(ORDERS[venue])
        one.trade(BUY, "0.001", "80000.1", client_id="fx1")
        frames += peer.heard()
    whole, damaged = frames
    assert {key: value for key, value in whole.items() if key != "data"} == {
        key: value for key, value in damaged.items() if key != "data"
    }
    assert whole["data"] != damaged["data"]
    assert json.dumps(damaged["data"]).count(changed) > json.dumps(whole["data"]).count(changed) or not changed


def test_a_packed_frame_is_not_damaged() -> None:
    bench, plan = broken("bitmart", "push-blank")
    setattr(bench.hub.dialects["bitmart"], "deflates", True)  # noqa: B010 - that venue's own
    peer = bench.listen("futures/order")
    place(bench)
    assert len(told(peer, bench)) == 1
    assert len(plan.stream_struck) == 1


def test_plans_name_what_fits_a_stream() -> None:
    plan = FaultPlan.parse(
        'seed = 7\n[[fault]]\nname = "push-lost"\nprobability = 0.5\nchannels = ["order*"]\nafter = 1'
    )
    (rule,) = plan.stream_rules
    assert (rule.fault.name, rule.channels, rule.after) == ("push-lost", ("order*",), 1)
    assert rule.concerns("bitget", rule.fault.moment, "orders-algo")
    assert not rule.concerns("bitget", rule.fault.moment, "fill")
    with pytest.raises(ValueError, match="takes channels"):
        plan.add("push-lost", kinds=["order"])
    with pytest.raises(ValueError, match="no channels"):
        plan.add("dropped", channels=["orders"])
    with pytest.raises(ValueError, match="push-lost"):
        plan.add("nothing-of-the-kind")
    plan.add("push-lost", venues=["bitmart"])
    bench = StreamBench("bitget", plan=FaultPlan(stream_rules=[plan.stream_rules[-1]]))
    peer = bench.listen()
    place(bench)
    assert len(told(peer, bench)) == 1
