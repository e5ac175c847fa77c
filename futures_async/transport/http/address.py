"""Where a request goes: the part of its URL before the path, read once; and the rest, untouched, as it was signed."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from futures_async.transport.http.backend import HttpFailure, Phase


class Address(NamedTuple):
    """One server."""

    secure: bool
    host: str
    port: int
    named: str
    """As the server is told it, in the header Host."""


def split(url: str) -> tuple[str, str]:
    """Before the first slash of the path, and from there on: what is asked for."""
    slash = url.find("/", url.find("://") + 3)
    return (url, "/") if slash < 0 else (url[:slash], url[slash:])


@lru_cache(maxsize=64)
def address(base: str) -> Address:
    """Scheme, host and port; all that comes after them is the target.

    Raises:
        HttpFailure: It is none of that, or more.
    """
    try:
        parts = urlsplit(base)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port  # which raises where it is out of range
    except ValueError:
        scheme, host, port = "", "", None
    plain = base.isascii() and base.isprintable() and not any(mark in base for mark in " @?#")
    if scheme not in ("http", "https") or not host or not plain:
        raise HttpFailure("protocol", Phase.QUEUED, sent=False)
    secure = scheme == "https"
    standard = 443 if secure else 80
    named = f"[{host}]" if ":" in host else host
    return Address(secure, host, port or standard, named if port in (None, standard) else f"{named}:{port}")
