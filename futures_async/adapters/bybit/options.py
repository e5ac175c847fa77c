"""What `Bybit` takes beside the options of every adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from futures_async.adapter import InvalidRequest, Option, Options, flag, one_of
from futures_async.adapters.bybit.dialect import SITES, Site

Market = Literal["USDT", "USDC", "inverse"]
MARKETS: tuple[Market, ...] = ("USDT", "USDC", "inverse")


def _markets(value: Any, name: str) -> tuple[Market, ...]:
    """Some of them, each once, in any order and case."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InvalidRequest(f"{name} must be some of {', '.join(MARKETS)}, not {type(value).__name__}")  # pyright: ignore[reportUnknownArgumentType] - anything
    found = {one_of(*MARKETS)(item, name) for item in value}  # pyright: ignore[reportUnknownVariableType] - anything
    return tuple(market for market in MARKETS if market in found)


class BybitOptions(Options, total=False):
    """Keyword options of `Bybit`."""

    site: Annotated[Site, Option(one_of(*SITES), default="global", plain=True)]
    """Where the account was registered: `"br"` and `"ar"` (international accounts), `"hk"`, `"nl"`, `"tr"`, `"kz"`,
    `"ge"`, `"ae"`, `"eu"`, `"id"`, `"jp"`, `"testnet"`."""
    markets: Annotated[Sequence[Market], Option(_markets, default=MARKETS)]
    """Which contracts are read where no symbol is named: each kind costs a call. `"inverse"` are the coin-margined."""
    cancel_on_disconnect: Annotated[bool, Option(flag, default=False, plain=True)]
    """While orders are watched by the stream, have the venue cancel all of them once no such connection stands any
    more: see `set_disconnect_window`. Closing the watch, or this client, is such an end."""
    rsa: Annotated[bool, Option(flag, default=False, plain=True)]
    """The secret is an RSA private key: base64 of its PKCS#8 DER form, in one line."""
