"""How Bitget's v3 interface differs from the family: the codes that are new with it, or mean something else.

Signature, headers and envelope are those of v2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

import futures_async.adapter as fa
from futures_async.adapter import ambiguous, passing, refused
from futures_async.adapters._bitget import TRAITS, BitgetFamily
from futures_async.adapters._bitget_codes import CODES
from futures_async.adapters.bitget_uta.endpoints import SET_HOLD_MODE

NO_ORDER = frozenset({"25204", "40109", "24056"})
"""The order does not exist; to a cancel of everything: there was nothing to cancel."""
NO_POSITION = "25227"
"""There is no position to close."""
NOTHING_TO_CANCEL = NO_ORDER | {"22001"}


def _span(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


_ACCESS = (
    refused(fa.AccountModeMismatch, 40084, 25245, 40085)
    | refused(fa.AuthenticationError, 40099)
    | refused(fa.PermissionDenied, 40014, 25620, 25013, *_span(25005, 25007), *_span(95005, 95009), 95012, 95013)
    | passing(fa.RateLimited, 25004, 429)
)

_REQUEST = (
    refused(fa.ParameterRejected, 40017, 400172, 40034, 25200, 25238, 25002, 25240, 25223, 95011)
    | refused(fa.SymbolNotFound, 25100, 25201)
    | refused(fa.ExchangeError, 25009, 25221)
)

_MODES = (
    refused(fa.PositionModeConflict, 25010, 25270, 25570, 25236, 25237, 40920)
    # A position is open. See `rule` for what it is in the way of.
    | refused(fa.MarginModeConflict, 25107)
)

_ORDERS = (
    refused(fa.OrderNotFound, *NOTHING_TO_CANCEL, 25597, 25577, 25578)
    | refused(fa.DuplicateOrder, 25212, 40786, 45034)
    # Not open yet, delisted, initialising; opening barred.
    | refused(fa.OrderRejected, 25101, 25103, 25104, 25108, 25105)
    # No mark price, no liquidity.
    | refused(fa.OrderRejected, 25222, 25209)
    | refused(fa.OrderRejected, 25205, 25206, 25210, 25244, 25654, 25655)
    | refused(fa.OrderRejected, 25207, 25208, 25610, 25611)
    | refused(fa.OrderRejected, 25225, 25226, 25231, 25227, 25232, 25274, 25574)
    # "reduceOnly will only reduce the positions. Please cancel or modify the original pending orders": not v2's limit.
    | refused(fa.OrderRejected, 40928)
    # No collateral: the coin is not switched on.
    | refused(fa.OrderRejected, 25112)
    # A cancel or a change of this order is already running.
    | refused(fa.OrderRejected, 25113, 25114, 25653)
    # Both numbers of each are in the venue's tables.
    | refused(fa.OrderRejected, 25568, 25569, *_span(25271, 25273), *_span(25571, 25573))
    # Take profit and stop loss.
    | refused(fa.OrderRejected, 25224, *_span(25579, 25596), *_span(25598, 25609), 25612, *_span(25650, 25652))
)

_FUNDS = (
    refused(fa.InsufficientMargin, 25202, 25203, 25219, 25220, 43012, 25228, 25242, 40762, 25230)
    | refused(
        fa.RiskLimitExceeded, 25211, 25229, *_span(25233, 25235), 25241, 25243, 25567, *_span(25213, 25216), 25218
    )
    | refused(fa.AccountInLiquidation, 25008, 25011, 25012, 95001)
)

_VENUE: dict[str, fa.Code] = {
    # Maintenance and settlement: "refused, not executed".
    **passing(fa.VenueUnavailable, 25102, 25106),
    **ambiguous(fa.VenueUnavailable, 25003, 25239, 25000, 25001, 40010, 40725, 45001, transient=True),
}


class BitgetUTADialect(BitgetFamily):
    """Bitget v3, unified trading account."""

    venue = "bitget-uta"
    traits: ClassVar[fa.VenueTraits] = msgspec.structs.replace(TRAITS, client_id_pattern=r"[0-9A-Za-z_-]{1,32}")
    codes: ClassVar[Mapping[str, fa.Code]] = {**CODES, **_ACCESS, **_REQUEST, **_MODES, **_ORDERS, **_FUNDS, **_VENUE}

    def public_headers(self) -> Sequence[tuple[str, str]]:
        """The language of messages. The demo header goes with private calls only: it breaks some public ones."""
        return (("locale", "en-US"),)

    def standing_headers(self, credentials: fa.Credentials) -> Sequence[tuple[str, str]]:
        """Those of the family, and the demo header where it is asked for."""
        standing = super().standing_headers(credentials)
        return (*standing, ("paptrading", "1")) if self.in_demo else standing

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """25107 ("a position exists") is about the position mode where that was to be set, else the margin mode."""
        if refusal.code == "25107" and endpoint is SET_HOLD_MODE:
            return fa.Code(fa.PositionModeConflict, definitive=True)
        return super().rule(refusal, endpoint)
