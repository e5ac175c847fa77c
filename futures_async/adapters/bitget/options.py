"""What `Bitget` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated

from futures_async.adapter import Option, Options, coin, flag, one_of
from futures_async.adapters._bitget import PRODUCT_TYPES, ProductType


class BitgetOptions(Options, total=False):
    """Keyword options of `Bitget`."""

    product_type: Annotated[ProductType, Option(one_of(*PRODUCT_TYPES), default="USDT-FUTURES", plain=True)]
    """One object speaks to one of them."""
    margin_coin: Annotated[str | None, Option(coin, plain=True)]
    """What COIN-FUTURES are settled in; None is each contract's base coin, the one that opens since 2026-05-07."""
    rsa: Annotated[bool, Option(flag, default=False, plain=True)]
    """The secret is an RSA private key: base64 of its PKCS#8 DER form, in one line."""
