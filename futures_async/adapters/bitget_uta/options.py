"""What `BitgetUTA` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated, Literal

from futures_async.adapter import MarginMode, Option, Options, flag, member, one_of
from futures_async.adapters._bitget import PRODUCT_TYPES, ProductType


class BitgetUTAOptions(Options, total=False):
    """Keyword options of `BitgetUTA`."""

    product_type: Annotated[ProductType, Option(one_of(*PRODUCT_TYPES), default="USDT-FUTURES", plain=True)]
    """The venue's category; one object speaks to one of them."""
    coin_unit: Annotated[Literal["base"] | None, Option(one_of("base"), plain=True)]
    """`"base"` says that you have seen quantities of COIN-FUTURES to be base coin on your account."""
    margin_mode: Annotated[MarginMode | Literal["cross", "isolated"] | None, Option(member(MarginMode), plain=True)]
    """What orders say that name no margin mode themselves; None: isolated in accounts of that level, else cross."""
    rsa: Annotated[bool, Option(flag, default=False, plain=True)]
    """The secret is an RSA private key: base64 of its PKCS#8 DER form, in one line."""
