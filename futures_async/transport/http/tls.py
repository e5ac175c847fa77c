"""One TLS context per process: building one costs as much as many calls, and a thousand accounts share it."""

from __future__ import annotations

import os
import ssl
import sys
from functools import cache
from importlib.util import find_spec

import certifi

from futures_async.unified.errors import InvalidRequest

SYSTEM = "system"
STORES = ("win32", "darwin")
"""Platforms whose roots are no files: the system itself judges a certificate, and `truststore` asks it.

Elsewhere roots are files that OpenSSL reads. truststore 0.10 does so too, but anew for each connection, and the event
loop stands for the 10 to 100 ms that this takes; here they are read once.
"""


@cache
def tls_context(ca_pem: bytes | None = None, roots: str | None = None, roots_dir: str | None = None) -> ssl.SSLContext:
    """Verifies certificate and host name, TLS 1.2 at least; there is no way to turn that off.

    `SSLKEYLOGFILE` is honoured, as everywhere in Python: who sets it can read the traffic.

    Args:
        ca_pem: Roots to trust beside the others: a company's, a test server's.
        roots: The others: None for certifi's, "system", or a file.
        roots_dir: A directory of such, in OpenSSL's format.

    Raises:
        InvalidRequest: The system's roots cannot be found.
    """
    if roots == SYSTEM:
        context = system_context(sys.platform)
    elif roots is None and roots_dir is None:
        context = ssl.create_default_context(cafile=certifi.where())
    else:
        context = ssl.create_default_context(cafile=roots, capath=roots_dir)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_pem is not None:
        context.load_verify_locations(cadata=ca_pem.decode("ascii"))
    return context


def system_context(platform: str) -> ssl.SSLContext:
    """A context that trusts what the operating system trusts.

    Args:
        platform: As `sys.platform` names it.

    Raises:
        InvalidRequest: There is an extra to install, or no root is found.
    """
    if platform in STORES and find_spec("truststore") is not None:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509"] and not _named_by_hash(ssl.get_default_verify_paths().capath):
        how = "name their file (PEM)"
        if platform in STORES:
            how = "pip install 'futures-async[truststore]'"
        raise InvalidRequest(f'ca_file="system": Python finds no root certificates of this system: {how}')
    return context


def _named_by_hash(folder: str | None) -> bool:
    """It has certificates that OpenSSL finds when it needs them."""
    return folder is not None and any(name.endswith(".0") for name in os.listdir(folder))
