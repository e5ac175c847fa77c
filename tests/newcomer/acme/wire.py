"""Acme's payloads, field for field, in the venue's words."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from futures_async.adapter import Id, Loose, Moment, Row, Text

T = TypeVar("T")


class Envelope(msgspec.Struct, Generic[T], frozen=True):
    """Around every answer; the payload's field is called `data` here, or renamed to it."""

    code: str
    text: str = ""
    at: int = 0
    data: T | None = None


class WireNow(msgspec.Struct, frozen=True):
    now: int


class WireList(msgspec.Struct, Generic[T], frozen=True):
    """A page, newest first, and the id that the next one is before."""

    rows: list[T]
    next: str | None = None


class WireContract(Row, frozen=True):
    contract: Text = None
    tick: Loose = None
    step: Loose = None
    most: Loose = None
    most_market: Loose = None
    worth_least: Loose = None
    leverage_most: Loose = None


class WireTicker(Row, frozen=True):
    contract: Text = None
    last: Loose = None
    bid: Loose = None
    ask: Loose = None
    mark: Loose = None


class WireBalance(Row, frozen=True):
    coin: Text = None
    cash: Loose = None
    equity: Loose = None
    free: Loose = None
    profit: Loose = None
    upkeep: Loose = None
    ratio: Loose = None


class WirePosition(Row, frozen=True):
    contract: Text = None
    direction: Text = None
    size: Loose = None
    free: Loose = None
    entry: Loose = None
    mark: Loose = None
    cut: Loose = None
    """Liquidation price; 0 where there is none."""
    profit: Loose = None
    booked: Loose = None
    paid: Loose = None
    """Fees, as they change the balance: negative when paid."""
    margin: Loose = None
    upkeep_rate: Loose = None
    leverage: Loose = None
    book: Text = None
    opened: Moment = None


class WireOrder(Row, frozen=True):
    contract: Text = None
    id: Id = None
    tag: Text = None
    side: Text = None
    kind: Text = None
    force: Text = None
    size: Loose = None
    done: Loose = None
    price: Loose = None
    average: Loose = None
    state: Text = None
    closing: Id | bool = None
    book: Text = None
    profit_at: Loose = None
    stop_at: Loose = None
    paid: Loose = None
    at: Moment = None
    changed: Moment = None


class WireFill(Row, frozen=True):
    id: Id = None
    order: Id = None
    tag: Text = None
    contract: Text = None
    side: Text = None
    price: Loose = None
    size: Loose = None
    paid: Loose = None
    booked: Loose = None
    maker: Id | bool = None
    at: Moment = None


class WireEntry(Row, frozen=True):
    id: Id = None
    why: Text = None
    coin: Text = None
    amount: Loose = None
    paid: Loose = None
    cash: Loose = None
    contract: Text = None
    at: Moment = None


class WireLeverage(Row, frozen=True):
    contract: Text = None
    leverage: Loose = None


class WireMode(Row, frozen=True):
    book: Text = None


class WireAck(Row, frozen=True):
    id: Id = None
    tag: Text = None
