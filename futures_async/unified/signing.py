"""Signatures by a private key instead of a shared secret, for venues that take such keys."""

from __future__ import annotations

import binascii
import importlib
from base64 import b64decode, b64encode
from typing import Any

from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import InvalidRequest, NotSupported


class KeySigner:
    """Base64 of a signature under the secret, which is a private key: base64 of its DER form, in one line.

    An RSA key signs by RSASSA-PKCS1-v1_5 with SHA-256, an Ed25519 key as such. The key is read anew each time, so that
    no second copy is kept.

    Raises:
        NotSupported: The package `cryptography` is not installed.
    """

    def __init__(self) -> None:
        try:
            self._hashes: Any = importlib.import_module("cryptography.hazmat.primitives.hashes")
            self._padding: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.padding")
            self._serialization: Any = importlib.import_module("cryptography.hazmat.primitives.serialization")
            self._rsa: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.rsa").RSAPrivateKey
        except ImportError:
            raise NotSupported(
                "private keys need the package cryptography: pip install 'futures-async[keys]'"
            ) from None

    def __call__(self, message: bytes, credentials: Credentials) -> str:
        """Sign.

        Raises:
            InvalidRequest: The secret is no private key, or of another kind.
        """
        signature = self._signature(message, credentials)
        if signature is None:
            raise InvalidRequest("credentials: the secret is no RSA or Ed25519 private key (base64 of PKCS#8 DER)")
        return b64encode(signature).decode()

    def _signature(self, message: bytes, credentials: Credentials) -> bytes | None:
        """None for a secret that is no key. Raises nothing: the frames of what fails here hold the key."""
        try:
            key = self._serialization.load_der_private_key(
                b64decode(credentials.secret.reveal(), validate=True), None, unsafe_skip_rsa_key_validation=True
            )
            how = (self._padding.PKCS1v15(), self._hashes.SHA256()) if isinstance(key, self._rsa) else ()
            signature: bytes = key.sign(message, *how)
        except (binascii.Error, ValueError, TypeError, AttributeError):
            return None
        return signature
