"""How the v1 dialect signs, wraps and refuses.

Its documents show the envelope and eleven codes, and no signing: it is the family's, which historical v1 used too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from futures_async.adapter import (
    AccountInLiquidation,
    Code,
    Endpoint,
    InsufficientMargin,
    MarginModeConflict,
    OrderNotFound,
    OrderRejected,
    PositionModeConflict,
    Refusal,
    RiskLimitExceeded,
    VenueTraits,
    refused,
)
from futures_async.adapters._bitget import BitgetFamily
from futures_async.adapters._bitget_codes import CODES as FAMILY_CODES
from futures_async.adapters.bitget_v1.endpoints import BATCH_ORDERS

OWN_CODES: Mapping[str, Code] = (
    # Order type, size, price.
    refused(OrderRejected, 60001, 60002, 60003)
    | refused(InsufficientMargin, 60004)
    | refused(RiskLimitExceeded, 60005)
    | refused(OrderNotFound, 60006)
    | refused(MarginModeConflict, 70001)
    | refused(PositionModeConflict, 70002)
    | refused(RiskLimitExceeded, 70003)
    | refused(InsufficientMargin, 70004)
    | refused(AccountInLiquidation, 70005)
)
"""The codes of the documents. In the family's own space these numbers belong to other products."""

TRAITS = VenueTraits(
    # No field for an id of ours, and look-ups by the venue's id only: an ambiguous placement stays unknown.
    client_id=False,
    # The documents promise no expiry of signed requests, so nothing can be proved absent by waiting.
    window_s=None,
    rate_429_is_gateway=True,
)


class BitgetV1Dialect(BitgetFamily):
    """Mix v1."""

    venue = "bitget-v1"
    # The documents know no demo trading.
    demo_support: ClassVar[Literal["none", "host", "header"]] = "none"
    traits: ClassVar[VenueTraits] = TRAITS
    codes: ClassVar[Mapping[str, Code]] = {**FAMILY_CODES, **OWN_CODES}

    def __init__(self) -> None:
        super().__init__()

    def rule(self, refusal: Refusal, endpoint: Endpoint[Any]) -> Code | None:
        """What a code means; of a batch it is not documented whether some orders stand when it is refused."""
        found = super().rule(refusal, endpoint)
        if found is not None and endpoint is BATCH_ORDERS and refusal.code in OWN_CODES:
            return found._replace(definitive=False)
        return found
