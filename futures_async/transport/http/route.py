"""How connections leave this computer: through which proxy, from which address, and which certificates are trusted."""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

import msgspec

from futures_async.transport.http.tls import SYSTEM, tls_context
from futures_async.unified.credentials import Secret
from futures_async.unified.errors import InvalidRequest

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""Of proxies, by scheme. Names are looked up by the proxy, in both spellings of SOCKS."""

# NO_PROXY, as everywhere in Python; typeshed does not know the function.
_BYPASSED: Callable[[str, dict[str, str]], bool] = cast("Any", urllib.request).proxy_bypass_environment


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """One that hands connections on (CONNECT or SOCKS5), itself reached over TLS where the scheme is https."""

    scheme: str
    host: str
    port: int
    user: Secret | None = None
    password: Secret | None = None

    @property
    def socks(self) -> bool:
        """It speaks SOCKS5, not CONNECT."""
        return self.scheme.startswith("socks")

    def url(self) -> str:
        """For libraries that take one. A secret, where there is a password."""
        said = [quote(part.reveal(), safe="") for part in (self.user, self.password) if part is not None]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'socks5' if self.socks else self.scheme}://{':'.join(said)}{'@' if said else ''}{host}:{self.port}"


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """The way out. It can be compared by its `key`, and shows no password."""

    proxy: Proxy | None = None
    local_address: str | None = None
    """IP address to connect from."""
    ca_pem: bytes | None = None
    """Root certificates to trust, beside the others."""
    roots: str | None = None
    """The others: those of certifi, or "system", or a file."""
    roots_dir: str | None = None
    """A directory of such, in OpenSSL's format."""

    @property
    def tls(self) -> ssl.SSLContext:
        """The process's context for what is trusted here."""
        return tls_context(self.ca_pem, self.roots, self.roots_dir)

    @property
    def key(self) -> str:
        """Equal for equal routes; tells nothing."""
        proxy = self.proxy
        parts: list[object] = [self.local_address, self.ca_pem, self.roots, self.roots_dir]
        if proxy is not None:
            parts += [proxy.scheme, proxy.host, proxy.port]
            parts += [None if part is None else part.reveal() for part in (proxy.user, proxy.password)]
        return sha256(repr(parts).encode()).hexdigest()


DIRECT = Route()


def route(
    url: str,
    *,
    proxy: Proxy | None = None,
    ca_file: bytes | str | None = None,
    local_address: str | None = None,
    trust_env: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Route:
    """The route to a venue, from options that `read_proxy`, `read_roots` and `read_address` have read.

    Args:
        url: Of the venue: `https://` or, for a stream, `wss://`.
        proxy: One that was named.
        ca_file: Further root certificates, PEM; "system" for what the operating system trusts instead.
        local_address: IP address to connect from.
        trust_env: Take what is not given from HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.
        environment: None: this process's.

    Raises:
        InvalidRequest: What the environment names is no proxy.
    """
    told = os.environ if environment is None else environment
    roots = SYSTEM if ca_file == SYSTEM else None
    roots_dir = None
    if trust_env:
        if proxy is None and (named := _proxy_of(url, told)) is not None:
            proxy = read_proxy(named)
        if roots is None:
            roots, roots_dir = told.get("SSL_CERT_FILE") or None, told.get("SSL_CERT_DIR") or None
    pem = ca_file if isinstance(ca_file, bytes) else None
    made = Route(proxy=proxy, local_address=local_address, ca_pem=pem, roots=roots, roots_dir=roots_dir)
    return DIRECT if made.key == DIRECT.key else made


def read_proxy(url: object) -> Proxy:
    """A proxy from its URL.

    Raises:
        InvalidRequest: It is none, or the extra that is needed for it is not installed.
    """
    proxy = _parsed(url)
    if proxy is None:
        del url  # a traceback that shows locals shows those of this frame
        raise InvalidRequest('proxy must look like "http://host:3128", "https://…" or "socks5://user:word@host:1080"')
    if find_spec("python_socks") is None or find_spec("socksio") is None:
        del url
        raise InvalidRequest("proxy= needs an extra: pip install 'futures-async[proxy]'")
    return proxy


def _parsed(url: object) -> Proxy | None:
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port  # which raises where it is out of range
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        return None
    user, password = (None if text is None else Secret(unquote(text)) for text in (parts.username, parts.password))
    if any(part is not None and not part.reveal().isprintable() for part in (user, password)):
        return None  # it would begin another header
    return Proxy(scheme=parts.scheme, host=host, port=port or PORTS[parts.scheme], user=user, password=password)


def _proxy_of(url: str, told: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for a venue; none for http and ws, which are for loopback alone."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "wss"):
        return None
    by_name = {name.lower(): value for name, value in sorted(told.items()) if value}  # small letters win
    found = by_name.get("https_proxy") or by_name.get("all_proxy")
    without = {"no": by_name.get("no_proxy", "")}
    host = parts.hostname or ""
    with_port = f"{f'[{host}]' if ':' in host else host}:{parts.port or 443}"
    if found is None or any(_BYPASSED(name, without) for name in (host, with_port)):
        return None
    return found if "://" in found else f"http://{found}"


def read_address(text: object) -> str:
    """An IP address to connect from.

    Raises:
        InvalidRequest: It is none.
    """
    try:
        return str(ip_address(text if isinstance(text, str) else ""))
    except ValueError:
        raise InvalidRequest('local_address must be an IP address of this computer, such as "192.0.2.7"') from None


def read_roots(path: object) -> bytes | str:
    """Root certificates from a PEM file, or the word "system".

    Raises:
        InvalidRequest: There are none.
    """
    if path == SYSTEM:
        tls_context(None, SYSTEM, None)  # told here, where it is asked for, if there are none
        return SYSTEM
    why = "no path"
    if isinstance(path, (str, os.PathLike)):
        try:
            pem = Path(cast("str", path)).read_bytes()
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem.decode("ascii"))
            return pem
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            why = type(error).__name__
    raise InvalidRequest(f'ca_file must be a PEM file with root certificates, or "system": {why}')
