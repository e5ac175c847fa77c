"""What `BitTap` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated, Any

from futures_async.adapter import InvalidRequest, Option, Options
from futures_async.adapters.bittap.dialect import BitTapSigner


def _signer(value: Any, name: str) -> BitTapSigner:
    if isinstance(value, type) or not callable(getattr(value, "sign", None)):
        raise InvalidRequest(f"{name} must be an object with a method sign(), such as BitTapHmacSigner(credentials)")
    signer: BitTapSigner = value
    return signer


class BitTapOptions(Options, total=False):
    """Keyword options of `BitTap`."""

    signer: Annotated[BitTapSigner | None, Option(_signer)]
    """Signs the private calls; None is `BitTapHmacSigner`."""
