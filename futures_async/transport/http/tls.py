"""One TLS context per process: building one costs as much as many calls, and a thousand accounts share it."""

from __future__ import annotations

import ssl
from functools import cache

import certifi

SYSTEM = "system"


@cache
def tls_context(ca_pem: bytes | None = None, roots: str | None = None, roots_dir: str | None = None) -> ssl.SSLContext:
    """Verifies certificate and host name, TLS 1.2 at least; there is no way to turn that off.

    `SSLKEYLOGFILE` is honoured, as everywhere in Python: who sets it can read the traffic.

    Args:
        ca_pem: Roots to trust beside the others: a company's, a test server's.
        roots: The others: None for certifi's, "system", or a file.
        roots_dir: A directory of such, in OpenSSL's format.
    """
    if roots == SYSTEM:
        context = ssl.create_default_context()
    elif roots is None and roots_dir is None:
        context = ssl.create_default_context(cafile=certifi.where())
    else:
        context = ssl.create_default_context(cafile=roots, capath=roots_dir)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_pem is not None:
        context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    return context
