"""What `BitMart` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated, Literal

from futures_async.adapter import Option, Options, one_of


class BitMartOptions(Options, total=False):
    """Keyword options of `BitMart`."""

    account: Annotated[Literal["futures", "copy_trading"] | None, Option(one_of("futures", "copy_trading"), plain=True)]
    """Said on the calls that know it; None leaves it to the venue (futures)."""
