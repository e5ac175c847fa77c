"""What `on_event` gets of streams: one record for each thing that happened to a connection or a picture."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from futures_async.transport.events import call_hook

logger = logging.getLogger("futures_async.streams")

Happening = Literal["connected", "login", "subscribed", "lost", "failed", "replaced", "resynced", "drift"]


class StreamEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One happening. Holds nothing of what was sent or received."""

    venue: str
    """Id of the adapter."""
    stream: str
    """"private", "public", or for pictures what they are of: "orders", "fills", …"""
    happening: Happening
    """What happened; "resynced": the picture is true again, "drift": an audit found a difference."""
    duration_s: float = 0.0
    """What it took, from the beginning of the connection or of the gap; for "lost": how long it stood."""
    reason: str = ""
    """Why it was lost or failed."""
    count: int = 0
    """Of what: subscriptions, changes found in a gap, differences."""


class Reporter:
    """Hands happenings to the hook and to the log."""

    __slots__ = ("_failing", "hook", "venue")

    def __init__(self, venue: str, hook: Callable[[StreamEvent], object] | None) -> None:
        self.venue = venue
        self.hook = hook
        self._failing: dict[str, str] = {}
        """Why each stream that is down could not be made the last time: one line, not one for each try."""

    def __call__(
        self, stream: str, happening: Happening, *, duration_s: float = 0.0, reason: str = "", count: int = 0
    ) -> None:
        """Pass one on. A hook that fails is logged, and stops nothing."""
        again = happening == "failed" and self._failing.get(stream) == reason
        if happening == "failed":
            self._failing[stream] = reason
        elif happening == "subscribed":
            self._failing.pop(stream, None)
        level = logging.WARNING if happening in ("lost", "failed") and not again else logging.DEBUG
        if happening == "drift":
            logger.warning("%s: a read found %d of the %s otherwise than told: mended", self.venue, count, stream)
        else:
            told = reason or (f"{count} changes" if count else "")
            logger.log(level, "%s %s stream %s%s", self.venue, stream, happening, f": {told}" if told else "")
        if self.hook is not None:
            call_hook(
                self.hook,
                StreamEvent(
                    venue=self.venue,
                    stream=stream,
                    happening=happening,
                    duration_s=duration_s,
                    reason=reason,
                    count=count,
                ),
            )
