"""How long an idle connection may serve again: a request must not reach the venue as it closes it.

An order that does so has an unknown outcome. So an idle connection is used no longer than the venue said (`Keep-Alive:
timeout=5`), and its age counts what this computer has slept, during which the venue has hung up.
"""

from __future__ import annotations

import math
import re

from futures_async.transport.asleep import sleepless

AHEAD_S = 1.0
"""So long before the venue closes a connection nothing is sent over it any more."""

_TIMEOUT = re.compile(r"\btimeout=([0-9]{1,6})", re.ASCII | re.IGNORECASE)

idle_clock = sleepless
"""Seconds."""


def kept_s(told: str | None) -> float:
    """Seconds for which an idle connection may be used, as far as the venue says.

    Args:
        told: The header Keep-Alive of its last answer.
    """
    found = None if told is None else _TIMEOUT.search(told)
    if found is None:
        return math.inf
    said_s = float(found[1])
    return max(said_s - AHEAD_S, said_s / 2)
