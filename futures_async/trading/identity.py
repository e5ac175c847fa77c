"""Which account an exchange object acts for: names that journals, locks and shared pictures are kept under."""

from __future__ import annotations

from urllib.parse import urlsplit

from futures_async.transport.dialect import Dialect
from futures_async.unified.credentials import Credentials


def site_of(url: str, dialect: Dialect, *, demo: bool) -> str:
    """Where calls go, if not to the venue's own host with real money; "" there.

    A uid says nothing of that: demo trading and a simulated exchange know no live order, and say so truthfully.
    """
    words = [] if _host(url) == _host(dialect.base_url) else [_host(url)]
    if demo and dialect.demo_support == "header":
        words.append("demo")
    return "/".join(words)


def account_name(credentials: Credentials | None, part: str, site: str) -> str:
    """The name of an account: the bare uid, or digest of the key, for all of one at the venue's own host, as names of
    before sites were part of them; "" without credentials."""
    if credentials is None:
        return ""
    return credentials.limit_id + (f"/{part}" if part else "") + (f"@{site}" if site else "")


def _host(url: str) -> str:
    """Host, and port where it is not the scheme's own, in one spelling."""
    parts = urlsplit(url)
    own = {"https": 443, "http": 80}.get(parts.scheme)
    return (parts.hostname or "") + ("" if parts.port in (None, own) else f":{parts.port}")
