"""What `Hyperliquid` takes beside the options of every adapter."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from futures_async.adapter import InvalidRequest, Number, Option, Options, coin, to_decimal

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def address(value: Any, name: str) -> str:
    """An address; read in small letters, as it is signed.

    Raises:
        InvalidRequest: It is none. It is not shown: it may be a key in the wrong place.
    """
    if not isinstance(value, str) or not ADDRESS.fullmatch(value):
        raise InvalidRequest(f"{name} must be an address, 0x and 40 hex digits")
    return value.lower()


def _dex(value: Any, name: str) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9]{0,10}", value):
        raise InvalidRequest(f'{name} must be the name of a builder dex, such as "xyz", or "" for the first dex')
    return value


def _fraction(value: Any, name: str) -> Decimal:
    try:
        number = to_decimal(value, name)
    except TypeError as error:
        raise InvalidRequest(str(error)) from None
    if not 0 < number < Decimal("0.8"):  # the venue refuses prices that far from its reference
        raise InvalidRequest(f'{name} must be a fraction above 0 and below 0.8, such as "0.05"')
    return number


class HyperliquidOptions(Options, total=False):
    """Keyword options of `Hyperliquid`."""

    vault: Annotated[str | None, Option(address, plain=True)]
    """A vault or sub-account to act for and to read, instead of the account that the credentials name."""
    dex: Annotated[str, Option(_dex, default="", plain=True)]
    """A builder's dex, whose contracts are named `dex:COIN`; "" is the first one. One object speaks to one of them."""
    margin_coin: Annotated[str, Option(coin, default="USDC", plain=True)]
    """The collateral of that dex."""
    slippage: Annotated[Number, Option(_fraction, default=Decimal("0.05"), plain=True)]
    """How far from the middle of the book a market order may fill: it is sent as a limit order that fills at once up
    to that price or is gone. What a trigger or stop without a limit price may cost beyond its trigger price, too."""
