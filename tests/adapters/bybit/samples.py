"""The documented examples: whole answers, and bodies as sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from futures_async.adapters.bybit.dialect import Envelope
from futures_async.transport.endpoint import Endpoint

T = TypeVar("T")

DATA = Path(__file__).parents[2] / "data" / "bybit"


def sample(name: str) -> bytes:
    """The bytes of an example."""
    return (DATA / f"{name}.json").read_bytes().rstrip(b"\n")


def plain(name: str) -> Any:
    """The same as dicts, lists and text."""
    return msgspec.json.decode(sample(name))


def payload(endpoint: Endpoint[T], name: str) -> T:
    """What the row's decoder makes of an example's `result`."""
    envelope: Envelope[T] = endpoint.decoder(Envelope).decode(sample(name))
    assert envelope.ret_code == 0
    return envelope.data


def row(endpoint: Endpoint[Any], name: str, **changes: Any) -> Any:
    """The first row of an example's list, some of its fields replaced, or taken away by `...`."""
    body = plain(name)
    rows = body["result"]["list"]
    rows[0] = {key: value for key, value in {**rows[0], **changes}.items() if value is not ...}
    return endpoint.decoder(Envelope).decode(msgspec.json.encode(body)).data.rows[0]
