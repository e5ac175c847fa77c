"""How the v1 dialect signs, wraps and refuses.

Its documents show the envelope and eleven codes, and no signing: it is the family's, which historical v1 used too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import futures_async.adapter as fa
from futures_async.adapter import refused
from futures_async.adapters._bitget import BitgetFamily
from futures_async.adapters._bitget_codes import CODES as FAMILY_CODES
from futures_async.adapters.bitget_v1.endpoints import BATCH_ORDERS

OWN_CODES: Mapping[str, fa.Code] = (
    # Order type, size, price.
    refused(fa.OrderRejected, 60001, 60002, 60003)
    | refused(fa.InsufficientMargin, 60004)
    | refused(fa.RiskLimitExceeded, 60005)
    | refused(fa.OrderNotFound, 60006)
    | refused(fa.MarginModeConflict, 70001)
    | refused(fa.PositionModeConflict, 70002)
    | refused(fa.RiskLimitExceeded, 70003)
    | refused(fa.InsufficientMargin, 70004)
    | refused(fa.AccountInLiquidation, 70005)
)
"""The codes of the documents. In the family's own space these numbers belong to other products."""

TRAITS = fa.VenueTraits(
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
    traits: ClassVar[fa.VenueTraits] = TRAITS
    codes: ClassVar[Mapping[str, fa.Code]] = {**FAMILY_CODES, **OWN_CODES}

    def __init__(self) -> None:
        super().__init__()

    def rule(self, refusal: fa.Refusal, endpoint: fa.Endpoint[Any]) -> fa.Code | None:
        """What a code means; of a batch it is not documented whether some orders stand when it is refused."""
        found = super().rule(refusal, endpoint)
        if found is not None and endpoint is BATCH_ORDERS and refusal.code in OWN_CODES:
            return found._replace(definitive=False)
        return found
