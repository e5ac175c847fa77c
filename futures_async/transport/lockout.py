"""After several refusals of the key in a row private calls stop for a while: venues ban who goes on."""

from __future__ import annotations

import logging
import math

from futures_async.unified.enums import Outcome
from futures_async.unified.errors import AuthenticationError, ExchangeError, KeyLocked, PermissionDenied, RateLimited

logger = logging.getLogger("futures_async.transport")

DENIALS = 3
"""So many refusals in a row, and no more calls are sent for a while."""
LOCKOUT_S = 60.0
LONGEST_LOCKOUT_S = 900.0


class Lockout:
    """Counts refusals of one account's key. Pure: the loop's clock is passed in, seconds."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._denials = 0
        self._of_secret = False
        """One of them was of a signed call."""
        self._heard_at = -math.inf
        """When the last refusal came that was counted."""
        self._lockouts = 0
        self._until = 0.0

    def check(self, endpoint: str, now: float) -> None:
        """Refuse a private call as long as the key is locked out.

        Raises:
            KeyLocked: Nothing was sent.
        """
        if now < self._until:
            raise KeyLocked(
                f"the key was refused {DENIALS} times in a row or more; nothing is sent for another "
                f"{self._until - now:.1f} s, since venues ban who goes on (cancels fail too)",
                venue=self._venue,
                endpoint=endpoint,
                outcome=Outcome.NOT_SENT,
                definitive=True,
            )

    def good(self, *, signed: bool) -> None:
        """The venue took the key; of its secret that says something where the call was signed alone."""
        if signed or not self._of_secret:
            self._denials = self._lockouts = 0
            self._of_secret = False

    def note(self, error: ExchangeError, sent_at: float, now: float, *, signed: bool) -> None:
        """Count a refusal of the key; what the venue says of a call's contents shows that the key is good.

        Requests that were under way when one was refused went no further than that one: they are counted with it, so
        that a call of several reads side by side, or a portfolio's of several, is one refusal.
        """
        if not isinstance(error, AuthenticationError) or isinstance(error, PermissionDenied):
            if error.definitive and not isinstance(error, RateLimited):
                self.good(signed=signed)
            return
        self._of_secret = self._of_secret or signed
        if sent_at < self._heard_at:
            return
        self._heard_at = now
        self._denials += 1
        if self._denials >= DENIALS and now >= self._until:
            pause_s = min(LONGEST_LOCKOUT_S, LOCKOUT_S * 2.0**self._lockouts)
            self._lockouts = min(self._lockouts + 1, 8)
            self._until = now + pause_s
            logger.error(
                "%s: the key was refused %d times in a row; private calls stop for %.0f s",
                self._venue,
                self._denials,
                pause_s,
            )
