"""Where requests may go: the base URL that was given, and nowhere else."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from futures_async.unified.errors import InvalidRequest

_PATH = re.compile(r"/[A-Za-z0-9_\-.~/]*")


def is_loopback(host: str) -> bool:
    """`localhost`, 127.0.0.0/8 or ::1, spelled plainly."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(url: str) -> str:
    """Return the base URL without trailing slash.

    Raises:
        InvalidRequest: Not https (http only to a loopback address), or with user info, query or fragment.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidRequest("base_url is no URL") from None
    if not host or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidRequest("base_url must look like https://host or http://127.0.0.1:8900")
    if "@" in parts.netloc or parts.query or parts.fragment or host.endswith("."):
        raise InvalidRequest("base_url must hold no user, query, fragment or trailing dot")
    if port == 0 or (parts.path not in ("", "/") and not _PATH.fullmatch(parts.path)):
        raise InvalidRequest("base_url has an unusable port or path")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return url.rstrip("/")
    raise InvalidRequest("base_url must be https; http is for loopback addresses only: it would show the keys")


def check_path(path: str) -> str:
    """Return a path that cannot lead to another host or up the tree.

    Raises:
        InvalidRequest: Not absolute, or with dots that climb, escapes, a query or a fragment.
    """
    if not _PATH.fullmatch(path) or "//" in path or ".." in path:
        raise InvalidRequest(f"path must be absolute and plain, with the query in params: {path[:80]!r}")
    return path
