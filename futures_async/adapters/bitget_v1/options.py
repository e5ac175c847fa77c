"""What `BitgetV1` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated

from futures_async.adapter import Option, Options, coin


class BitgetV1Options(Options, total=False):
    """Keyword options of `BitgetV1`."""

    margin_coin: Annotated[str, Option(coin, default="USDT", plain=True)]
    """The coin of calls that name neither coin nor contract."""
