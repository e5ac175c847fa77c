"""The documented examples: whole answers, and bodies as sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from futures_async.adapters._bitget import Envelope
from futures_async.transport.endpoint import Endpoint

T = TypeVar("T")

DATA = Path(__file__).parents[2] / "data" / "bitget_uta"


def sample(name: str) -> bytes:
    """The bytes of an example."""
    return (DATA / f"{name}.json").read_bytes().rstrip(b"\n")


def plain(name: str) -> Any:
    """The same as dicts, lists and text."""
    return msgspec.json.decode(sample(name))


def payload(endpoint: Endpoint[T], name: str) -> T:
    """What the row's decoder makes of an example's `data`."""
    envelope: Envelope[T] = endpoint.decoder(Envelope).decode(sample(name))
    assert envelope.code == "00000"
    return envelope.data
