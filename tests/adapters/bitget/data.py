"""Documented payloads, decoded as the transport decodes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from futures_async.adapters._bitget import Envelope
from futures_async.transport.endpoint import Endpoint

T = TypeVar("T")

FOLDER = Path(__file__).parents[2] / "data" / "bitget"


def raw(name: str) -> bytes:
    """The file as it is."""
    return (FOLDER / f"{name}.json").read_bytes()


def plain(name: str) -> Any:
    """The file as plain JSON."""
    return json.loads(raw(name))


def payload(endpoint: Endpoint[T], name: str) -> T:
    """The payload inside the envelope, decoded by the endpoint's row."""
    envelope: Envelope[T] = endpoint.decoder(Envelope).decode(raw(name))
    return envelope.data
