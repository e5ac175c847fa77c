"""An intent that an order manager has written down, until the exchange object that places its order takes it up."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

from futures_async.unified.inner import Within, inner

if TYPE_CHECKING:
    from futures_async.journal.journal import IntentRecord  # only those who keep one pay for it


class Handed(NamedTuple):
    """What was written down of an order before it is placed."""

    record: IntentRecord
    """As it stands in the manager's journal."""
    signed_by_ms: int | None
    """Venue time after which it may not be signed: by then others may have proved from the record that it does not
    stand. None: the venue's clock was not known when it was written."""
    named: bool
    """It is sent under the record's client order id."""


_HANDED: ContextVar[list[Handed] | None] = inner("handed", None)


def handing_on(handed: Handed) -> Within[list[Handed] | None]:
    """The order that is placed inside was written down so: who writes it again writes the same attempt."""
    return Within(_HANDED, [handed])


def taken_up(venue: str, account: str, client_order_id: str) -> Handed | None:
    """What was handed on for this order; once: what a hook starts in this context is no part of it."""
    waiting = _HANDED.get()
    if not waiting:
        return None
    record = waiting[0].record
    name = client_order_id if waiting[0].named else record.client_order_id
    return waiting.pop() if (record.venue, record.account, record.client_order_id) == (venue, account, name) else None
