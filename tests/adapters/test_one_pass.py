"""Pushes decoded with their rows in one pass say what they say step by step, however odd they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from futures_async.adapters.bitget.dialect import BitgetDialect
from futures_async.adapters.bitget.streams import BitgetStreamDialect
from futures_async.adapters.bitget_uta.dialect import BitgetUTADialect
from futures_async.adapters.bitget_uta.streams import BitgetUTAStreamDialect
from futures_async.streams.dialect import Data, FrameDecoder, StreamDialect
from futures_async.unified.errors import DecodeError
from tests.adapters.bybit.test_streams import DIALECT as BYBIT
from tests.adapters.okx.test_streams import DIALECT as OKX

DATA = Path(__file__).parents[1] / "data"
VENUES: dict[str, tuple[StreamDialect, str]] = {
    "bitget": (BitgetStreamDialect(BitgetDialect(), "USDT-FUTURES", None), "streams/*.json"),
    "bitget_uta": (BitgetUTAStreamDialect(BitgetUTADialect(), "USDT-FUTURES"), "streams/*.json"),
    "okx": (OKX, "ws_*.json"),
    "bybit": (BYBIT, "ws_*.json"),
}
PRIVATE = ("orders", "order", "fill", "positions", "position", "account", "execution", "wallet")


def frames(venue: str) -> list[dict[str, Any]]:
    """Documented pushes of private channels."""
    found = [json.loads(file.read_bytes()) for file in sorted((DATA / venue).glob(VENUES[venue][1]))]
    return [frame for frame in found if isinstance(frame.get("data"), list) and channel_of(frame) in PRIVATE]


def channel_of(frame: dict[str, Any]) -> str:
    arg = frame.get("arg", frame)
    return str(arg.get("channel", arg.get("topic")))


PUSHED = [(venue, frame) for venue in VENUES for frame in frames(venue)]


def said(dialect: StreamDialect, frame: bytes) -> Any:
    try:
        return dialect.read(frame, binary=False)
    except DecodeError as error:
        return type(error), error.path


def last_first(frame: dict[str, Any]) -> dict[str, Any]:
    """The rows before what says what they are; objects have no order."""
    return dict(reversed(frame.items()))


def odd_row(frame: dict[str, Any]) -> dict[str, Any]:
    return {**frame, "data": [*frame["data"], 7]}


def unreadable_row(frame: dict[str, Any]) -> dict[str, Any]:
    return {**frame, "data": [*frame["data"], *(dict.fromkeys(row, "?") for row in frame["data"])]}


def other_channel_first(frame: dict[str, Any]) -> dict[str, Any]:
    """The name of another channel stands in the first bytes."""
    others = [name for name in PRIVATE if name != channel_of(frame)]
    return {"said": others, **frame}


def odd_time(frame: dict[str, Any]) -> dict[str, Any]:
    return {**frame, "ts": "soon", "creationTime": "soon"}


def no_rows(frame: dict[str, Any]) -> dict[str, Any]:
    return {**frame, "data": []}


def no_list(frame: dict[str, Any]) -> dict[str, Any]:
    return {**frame, "data": {"rows": frame["data"]}}


def nothing(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name != "data"}


def as_it_is(frame: dict[str, Any]) -> dict[str, Any]:
    return frame


CHANGES = (
    *(as_it_is, last_first, odd_row, unreadable_row, other_channel_first, odd_time, no_rows, no_list, nothing),
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
@pytest.mark.parametrize(("venue", "frame"), PUSHED, ids=[f"{venue}-{channel_of(frame)}" for venue, frame in PUSHED])
def test_one_pass_says_what_two_say(
    venue: str,
    frame: dict[str, Any],
    change: Callable[[dict[str, Any]], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialect = VENUES[venue][0]
    data = msgspec.json.encode(change(frame))
    at_once = said(dialect, data)

    def never(_: FrameDecoder, data: bytes) -> None:
        return None

    monkeypatch.setattr(FrameDecoder, "read", never)
    assert at_once == said(dialect, data)


@pytest.mark.parametrize(("venue", "frame"), PUSHED, ids=[f"{venue}-{channel_of(frame)}" for venue, frame in PUSHED])
def test_a_documented_push_is_read_in_one_pass(
    venue: str, frame: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []
    read = FrameDecoder.read

    def noted(self: FrameDecoder, data: bytes) -> Any:
        found.append(read(self, data))
        return found[-1]

    monkeypatch.setattr(FrameDecoder, "read", noted)
    assert isinstance(VENUES[venue][0].read(msgspec.json.encode(frame), binary=False), Data)
    assert len(found) == 1
    assert found[0] is not None


def test_every_venue_has_documented_pushes_of_all_it_keeps() -> None:
    channels = {venue: {channel_of(frame) for one, frame in PUSHED if one == venue} for venue in VENUES}
    assert all(len(found) >= 3 for found in channels.values()), channels


@pytest.mark.parametrize(("venue", "frame"), PUSHED, ids=[f"{venue}-{channel_of(frame)}" for venue, frame in PUSHED])
def test_every_field_of_what_is_pushed_can_be_read(venue: str, frame: dict[str, Any]) -> None:
    # A table written for rows of reads may name a field that rows of pushes do not have.
    data: Any = VENUES[venue][0].read(msgspec.json.encode(frame), binary=False)
    for _, push in data.pushes:
        for item in push.items:
            assert item.read() is item
