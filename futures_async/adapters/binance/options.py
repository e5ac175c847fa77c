"""What `Binance` takes beside the options of every adapter."""

from __future__ import annotations

from typing import Annotated

from futures_async.adapter import Option, Options, flag


class BinanceOptions(Options, total=False):
    """Keyword options of `Binance`."""

    private_key: Annotated[bool, Option(flag, default=False, plain=True)]
    """The secret is a private key, RSA or Ed25519: base64 of its PKCS#8 DER form, in one line (extra `[keys]`)."""
