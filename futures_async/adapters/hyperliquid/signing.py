"""Signatures of a wallet: the hash of an action in msgpack, as an EIP-712 message, by secp256k1.

The venue has no error for a wrong signature: another hash recovers another signer, about whom it then speaks.
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/signing
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from futures_async.adapter import Credentials, InvalidRequest, NotSupported
from futures_async.adapters.hyperliquid.options import ADDRESS

SOURCES = {False: "a", True: "b"}
"""What a signature is for: mainnet, or testnet."""

_unpack: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_pack = msgspec.msgpack.Encoder()


class _Tools(NamedTuple):
    """Of the packages of the extra."""

    keccak: Callable[[bytes], bytes]
    sign: Callable[..., tuple[bytes, int]]
    public_key: Callable[..., bytes]
    recover: Callable[..., bytes]


def _tools() -> _Tools:
    """Imported at the first signature: reads need none of them.

    Raises:
        NotSupported: They are not installed.
    """
    global _found
    if _found is None:
        try:
            keccak: Any = importlib.import_module("Crypto.Hash.keccak")
            recovery: Any = importlib.import_module("btclib_secp256k1.recovery")
            keys: Any = importlib.import_module("btclib_secp256k1.keys")
        except ImportError:
            raise NotSupported(
                "hyperliquid: signatures need an extra: pip install 'futures-async[hyperliquid]'"
            ) from None
        new = keccak.new

        def digest(data: bytes) -> bytes:
            found: bytes = new(digest_bits=256, data=data).digest()
            return found

        _found = _Tools(digest, recovery.sign, keys.pubkey_from_prvkey, recovery.recover)
    return _found


_found: _Tools | None = None


def keccak256(data: bytes) -> bytes:
    """Keccak-256, which is not SHA3-256."""
    return _tools().keccak(data)


def packed(body: bytes) -> bytes:
    """A JSON action as msgpack: the order of its keys kept, numbers as short as they go."""
    return _pack.encode(_unpack.decode(body))


def connection_id(action: bytes, nonce: int, vault: str | None, expires_ms: int | None) -> bytes:
    """The hash of a packed action and of what stands beside it."""
    parts = [action, nonce.to_bytes(8, "big"), b"\0" if vault is None else b"\1" + bytes.fromhex(vault[2:])]
    if expires_ms is not None:
        parts += [b"\0", expires_ms.to_bytes(8, "big")]
    return keccak256(b"".join(parts))


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def domain(name: str, chain_id: int) -> bytes:
    """The separator of a domain whose contract is the zero address."""
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    return keccak256(keccak256(kind) + keccak256(name.encode()) + keccak256(b"1") + _word(chain_id) + _word(0))


class _Agent:
    """What is the same in every message of an agent, hashed once."""

    def __init__(self) -> None:
        self.kind = keccak256(b"Agent(string source,bytes32 connectionId)")
        self.head = b"\x19\x01" + domain("Exchange", 1337)
        self.sources = {source: keccak256(source.encode()) for source in SOURCES.values()}


_agent: _Agent | None = None


def action_digest(connection: bytes, source: str) -> bytes:
    """What is signed of an action: the message of an agent about its hash."""
    global _agent
    if _agent is None:
        _agent = _Agent()
    return keccak256(_agent.head + keccak256(_agent.kind + _agent.sources[source] + connection))


def address_of(public_key: bytes) -> str:
    """The address of an uncompressed public key."""
    return "0x" + keccak256(public_key[1:])[-20:].hex()


class Signature(NamedTuple):
    """As the venue takes it."""

    r: str
    s: str
    v: int

    def json(self) -> str:
        """The object in a request."""
        return f'{{"r":"{self.r}","s":"{self.s}","v":{self.v}}}'


def _key(credentials: Credentials) -> bytes:
    text = credentials.secret.reveal()
    if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
        del text
        raise InvalidRequest("hyperliquid: the secret must be the private key of an API wallet, 64 hex digits")
    return bytes.fromhex(text[-64:])


def owner_of(credentials: Credentials) -> str:
    """The address of the account, of credentials whose secret is a private key as well.

    Raises:
        InvalidRequest: One of the two is none. It is not shown: they may have been interchanged.
    """
    _key(credentials)
    if not ADDRESS.fullmatch(credentials.key.reveal()):
        raise InvalidRequest("hyperliquid: the key must be the account's address, 0x and 40 hex digits")
    return credentials.key.reveal().lower()


def sign(digest: bytes, credentials: Credentials) -> Signature:
    """Sign 32 bytes: deterministic (RFC 6979), low s; always 64 digits each."""
    # The check of each signature would cost as much again, and the venue makes it anyway.
    compact, recovery = _tools().sign(digest, _key(credentials), verify=False)
    return Signature(f"0x{compact[:32].hex()}", f"0x{compact[32:].hex()}", 27 + recovery)


def signer_of(credentials: Credentials) -> str:
    """The address of the private key."""
    return address_of(_tools().public_key(_key(credentials), compressed=False))


def recovered(digest: bytes, signature: Signature) -> str:
    """The address whose key has made a signature; leading zeros of its numbers may be missing.

    Raises:
        ValueError: Nobody's.
    """
    compact = b"".join(int(part, 16).to_bytes(32, "big") for part in (signature.r, signature.s))
    return address_of(_tools().recover(digest, compact, signature.v - 27, compressed=False))
