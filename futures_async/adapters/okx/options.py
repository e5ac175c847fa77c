"""What `OKX` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated, Literal

from futures_async.adapter import MarginMode, Option, Options, member, one_of
from futures_async.adapters.okx.dialect import HOSTS

Region = Literal["global", "eea", "us"]


class OKXOptions(Options, total=False):
    """Keyword options of `OKX`."""

    region: Annotated[Region, Option(one_of(*HOSTS), default="global", plain=True)]
    """Where the account was opened (`eea`: my.okx.com, `us`: app.okx.com): a key works at that region's hosts only."""
    margin_mode: Annotated[MarginMode | Literal["cross", "isolated"] | None, Option(member(MarginMode), plain=True)]
    """What orders say that name no margin mode themselves; None is cross."""
