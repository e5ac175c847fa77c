"""What contracts are, as the venue lists them: read once, and kept while the list cannot be read."""

from __future__ import annotations

from futures_async.trading.facts import BackOff, Facts
from futures_async.unified.errors import UnreadRow
from futures_async.unified.models import Contract
from futures_async.unified.rows import unread_of

CONTRACTS_FOR_S = 3600.0
RULES_WITHIN_S = 2.0
"""Reads and closes that know what a contract was wait no longer for what it is now."""
RULES_FRESH_S = 10.0
"""Rules are not read again for an order that breaks those which were read so shortly before."""


class ContractBook:
    """Contract metadata, read once and shared by the accounts of one transport."""

    def __init__(self) -> None:
        self.rows: dict[str, Contract] = {}
        self.known: dict[str, Contract] = {}
        """Those that are listed no more too: there may be a position in them."""
        self.facts = Facts()
        self.unread: dict[str, UnreadRow] = {}
        """Those whose rules cannot be read."""
        self.read_at: float | None = None
        self._back_off = BackOff()
        """So long nobody who can do without waits again for a list that could not be read."""

    def missed(self, now: float) -> None:
        """It could not be read, or did not come soon; those who waited for one reading have missed one."""
        before = self._back_off.missed_at
        self._back_off.missed(now, anew=before is None or now - before >= RULES_WITHIN_S)

    def due(self, now: float) -> bool:
        """Whether it is worth to wait for it again: the less, the more often it was missed in a row."""
        return self._back_off.due(now)

    def keep(self, contracts: list[Contract], now: float) -> None:
        """The list was read."""
        self.rows = {contract.venue_symbol: contract for contract in contracts}
        self.known |= self.rows
        self.unread = {row.facts["venue_symbol"]: row for row in unread_of(contracts) if "venue_symbol" in row.facts}
        self.read_at, self._back_off = now, BackOff()

    def fresh(self, now: float) -> bool:
        """Read within the last hour."""
        return self.read_at is not None and now - self.read_at < CONTRACTS_FOR_S
