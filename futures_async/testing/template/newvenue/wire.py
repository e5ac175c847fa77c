"""NewVenue's payloads, field for field, in the venue's words."""

from typing import Generic, TypeVar

import msgspec

from futures_async.adapter import Loose, Row, Text

T = TypeVar("T")


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    """Around every answer. The payload's field is `data`; where the venue calls it otherwise, rename it."""

    code: str
    message: str = ""
    time: int = 0
    data: T | None = None


# One row of GET /balances
class WireBalance(Row, frozen=True):
    coin: Text = None
    equity: Loose = None
    available: Loose = None
