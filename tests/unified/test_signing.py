"""Signatures under private keys: by the key's kind, and never a word of the key."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from futures_async.unified import errors
from futures_async.unified.credentials import Credentials
from futures_async.unified.signing import KeySigner

MESSAGE = b"what is sent"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()


def credentials(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> Credentials:
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credentials("key", b64encode(der).decode())


def test_an_rsa_key_signs_with_sha_256() -> None:
    signature = b64decode(KeySigner()(MESSAGE, credentials(RSA)))
    RSA.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


def test_an_ed25519_key_signs_as_it_does() -> None:
    assert b64decode(KeySigner()(MESSAGE, credentials(ED25519))) == ED25519.sign(MESSAGE)


@pytest.mark.parametrize(
    "keys",
    [Credentials("key", "no key at all"[:2] * 20), credentials(ec.generate_private_key(ec.SECP256R1()))],
    ids=["no key", "another kind"],
)
def test_what_is_no_such_key_is_refused_without_showing_it(keys: Credentials) -> None:
    with pytest.raises(errors.InvalidRequest, match="no RSA or Ed25519 private key") as caught:
        KeySigner()(MESSAGE, keys)
    assert keys.secret.reveal() not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_the_package_it_is_refused_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(errors.NotSupported, match="cryptography"):
        KeySigner()
