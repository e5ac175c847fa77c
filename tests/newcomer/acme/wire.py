"""Acme's payloads, field for field."""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    code: str
    text: str = ""
    at: int = 0
    data: T | None = None


class WireNow(msgspec.Struct, frozen=True):
    now: int


class WireTicker(msgspec.Struct, frozen=True, kw_only=True):
    contract: str
    last: Decimal
    mark: Decimal


class WireBalance(msgspec.Struct, frozen=True, kw_only=True):
    coin: str
    equity: Decimal
    free: Decimal


class WirePosition(msgspec.Struct, frozen=True, kw_only=True):
    contract: str
    direction: str
    size: Decimal
    entry: Decimal
    mark: Decimal
    leverage: Decimal


class WireOrder(msgspec.Struct, frozen=True, kw_only=True):
    contract: str
    id: str
    tag: str | None = None
    side: str
    kind: str
    size: Decimal
    done: Decimal
    price: Decimal | None = None
    average: Decimal | None = None
    state: str
    closing: bool = False
    at: int


class WireAck(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    tag: str | None = None
