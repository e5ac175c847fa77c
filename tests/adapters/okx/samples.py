"""The documented examples: whole answers, and bodies as sent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from futures_async.adapters.okx.dialect import Envelope
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.models import Contract

T = TypeVar("T")

DATA = Path(__file__).parents[2] / "data" / "okx"

BTC = Contract(
    venue="okx",
    symbol="BTC/USDT:USDT",
    venue_symbol="BTC-USDT-SWAP",
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=Decimal("0.01"),
    price_tick=Decimal("0.1"),
    quantity_step=Decimal("0.0001"),
)
COIN = msgspec.structs.replace(
    BTC,
    symbol="BTC/USD:BTC",
    venue_symbol="BTC-USD-SWAP",
    quote="USD",
    settle="BTC",
    contract_size=Decimal(1),
    contract_value=Decimal(100),
    quantity_step=Decimal(1),
)


def sample(name: str) -> bytes:
    """The bytes of an example."""
    return (DATA / f"{name}.json").read_bytes().rstrip(b"\n")


def plain(name: str) -> Any:
    """The same as dicts, lists and text."""
    return msgspec.json.decode(sample(name))


def rows(endpoint: Endpoint[list[T]], name: str, **changes: Any) -> list[T]:
    """What the row's decoder makes of an example's `data`, some fields of its first row replaced."""
    body = plain(name)
    body["data"][0] |= changes
    envelope: Envelope[list[T]] = endpoint.decoder(Envelope).decode(msgspec.json.encode(body))
    return envelope.data
