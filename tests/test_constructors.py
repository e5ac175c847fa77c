"""No public class takes in silence what it cannot use, nor ends in an error of something else's."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import futures_async as fa

KEYS = fa.Credentials("k", "s", passphrase="p")


def exchange() -> fa.FuturesExchange:
    return fa.connect("bitget", KEYS, limiter=fa.NoLimiter())


class Made:
    """How an object is made well, and for each argument what it may not be."""

    def __init__(self, kind: type[Any], good: dict[str, Any], **bad: list[Any]) -> None:
        self.kind, self.good, self.bad = kind, good, bad


THING = object()
COUNTS: list[Any] = ["5", None, 2.5, -1, True, THING]
SECONDS: list[Any] = ["5", None, -1, True, float("nan"), float("inf"), THING]
FLAGS: list[Any] = ["yes", None, 1, 0, THING]
CALLS: list[Any] = ["print", 5, [], THING]
URLS: list[Any] = [5, None, "", "nowhere", THING]
PATHS: list[Any] = [5, b"file", "", [], THING]
PARTS: list[Any] = [5, b"key", "", "a b", "\u00e9"]

TABLE = [
    Made(
        fa.OrderManager,
        {"exchange": exchange(), "journal": fa.MemoryJournal()},
        exchange=["bitget", 5, None, [], THING, KEYS],
        journal=[*PATHS, fa.MemoryJournal],
        on_fill=CALLS,
        book=["x", 5, {}, [], fa.PositionBook],
        now_ms=[*CALLS, None],
    ),
    Made(
        fa.RiskMonitor,
        {"portfolio": fa.Portfolio([exchange()])},
        portfolio=["x", 5, None, [], exchange(), fa.Portfolio],
        rules=["x", 5, ["x"], [None], {"a": 1}, THING],
        on_alert=CALLS,
        interval_s=[*SECONDS, 0],
        managers=["x", 5, [], {"bitget": exchange()}, {"bitget": None}, THING],
        act_again_s=SECONDS,
    ),
    Made(
        fa.Portfolio,
        {"exchanges": [exchange()]},
        exchanges=["x", 5, None, [], ["bitget"], {"a": 5}, exchange(), THING],
        max_age_s=SECONDS,
        margin_coin=[5, None, [], THING],
        give_up_s=[*SECONDS, 0],
        live=FLAGS,
        share=["redis://h", 5, fa.RedisShare, THING],
    ),
    Made(
        fa.PositionBook,
        {},
        positions=["x", 5, None, ["x"], {"a": 1}, THING],
        hedged=FLAGS,
        contracts=["x", 5, None, ["BTC/USDT:USDT"], THING],
    ),
    Made(fa.LocalLimiter, {}, max_queue=COUNTS),
    Made(fa.HostLimiter, {}, directory=PATHS, max_queue=COUNTS, lease_s=[*SECONDS, 0], clock=CALLS),
    Made(
        fa.RedisLimiter, {"url": "redis://h"}, url=URLS, max_queue=COUNTS, lease_s=[*SECONDS, 0], allow_eviction=FLAGS
    ),
    Made(fa.RedisShare, {"url": "redis://h"}, url=URLS, lease_s=[*SECONDS, 0.5]),
    Made(fa.SqliteJournal, {"path": "orders.db"}, path=[*PATHS, None], synchronous=["OFF", None, 5]),
    Made(fa.PostgresJournal, {"url": "postgresql://h/d"}, url=URLS),
    Made(
        fa.Credentials,
        {"key": "k", "secret": "s"},
        key=[*PARTS, None],
        secret=[*PARTS, None],
        passphrase=PARTS,
        memo=[5, b"key"],
        uid=PARTS,
    ),
    Made(
        fa.OrderBounds,
        {},
        symbols=["BTC/USDT:USDT", 5, [5], [None], THING],
        max_quantity=[5, "x", ["BTC/USDT:USDT"], {5: 1}, {"BTC/USDT:USDT": 0}, THING],
        max_notional=[0, -1, "x"],
    ),
    Made(fa.Timeouts, {}, connect_s=SECONDS, write_s=SECONDS, read_s=SECONDS, deadline_s=SECONDS),
    Made(fa.RetryPolicy, {}, attempts=COUNTS, base_s=SECONDS, max_wait_s=SECONDS, pause_limit_s=SECONDS),
    Made(fa.NoLimiter, {}),
    Made(fa.MemoryJournal, {}),
]
NOT_MADE_BY_USERS = {
    "FuturesExchange", "Journal", "StreamBackend", "Watch",  # interfaces
    "SecretUrl",
}  # fmt: skip


def rows() -> Iterator[Any]:
    for made in TABLE:
        for name, values in made.bad.items():
            for index, value in enumerate(values):
                yield pytest.param(made, name, value, id=f"{made.kind.__name__}-{name}-{index}")


@pytest.mark.parametrize(("made", "name", "value"), list(rows()))
def test_what_cannot_be_used_is_refused_when_the_object_is_made(
    made: Made, name: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kind, arguments = made.kind, {**made.good, name: value}
    if issubclass(kind, msgspec.Struct):  # nobody sees one that was refused
        with pytest.raises(fa.InvalidRequest):
            kind(**arguments)
        return
    refused: Any = object.__new__(kind)
    with pytest.raises(fa.InvalidRequest):
        refused.__init__(**arguments)
    assert kind.__name__ in repr(refused)  # as a debugger shows it
    assert list(tmp_path.iterdir()) == []


def test_the_table_names_every_argument_of_every_class_that_users_make() -> None:
    classes = {name: kind for name in fa.__all__ if inspect.isclass(kind := getattr(fa, name))}
    services = {
        name
        for name, kind in classes.items()
        if not issubclass(kind, (BaseException, enum.Enum, msgspec.Struct, tuple)) and name not in NOT_MADE_BY_USERS
    }
    assert services <= {made.kind.__name__ for made in TABLE}
    for made in TABLE:
        assert set(made.bad) == set(inspect.signature(made.kind).parameters), made.kind
