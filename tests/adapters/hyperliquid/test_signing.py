"""The vectors of the reference, and what makes another signer of a signature."""

from __future__ import annotations

import json
import traceback
from pathlib import Path
from typing import Any

import msgspec
import pytest

from futures_async.adapter import Credentials, InvalidRequest, NotSupported, Unsigned
from futures_async.adapters.hyperliquid import Hyperliquid, endpoints, signing
from futures_async.adapters.hyperliquid.dialect import EXPIRES_MS, HyperliquidDialect

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data" / "hyperliquid" / "vectors.json").read_bytes())
KEYS = Credentials(VECTORS["address"], VECTORS["key"])
NONCE = VECTORS["nonce"]


def digest_of(vector: dict[str, Any], nonce: int = NONCE) -> bytes:
    action = signing.packed(msgspec.json.encode(vector["action"]))
    connection = signing.connection_id(action, nonce, vector.get("vault"), vector.get("expires"))
    return signing.action_digest(connection, vector["source"])


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_actions_are_signed_as_the_vectors_are(name: str) -> None:
    vector = VECTORS["actions"][name]
    action = signing.packed(msgspec.json.encode(vector["action"]))
    connection = signing.connection_id(action, NONCE, vector.get("vault"), vector.get("expires"))
    assert "0x" + connection.hex() == vector["connectionId"]
    assert signing.sign(digest_of(vector), KEYS) == signing.Signature(**vector["signature"])


def test_an_action_is_packed_as_the_vector_is() -> None:
    vector = VECTORS["actions"]["A"]
    assert signing.packed(msgspec.json.encode(vector["action"])).hex() == vector["msgpack"]


def test_what_an_owner_signs_agrees_with_the_vector_too() -> None:
    """Of another domain, whose members are hashed one by one; the simulated venue swallows such actions unread."""
    vector = VECTORS["owner"]
    action = vector["action"]
    kind = signing.keccak256(vector["kind"].encode())
    members = [
        signing.keccak256(action["hyperliquidChain"].encode()),
        int(action["agentAddress"], 16).to_bytes(32, "big"),
        signing.keccak256(action["agentName"].encode()),
        action["nonce"].to_bytes(32, "big"),
    ]
    domain = signing.domain("HyperliquidSignTransaction", int(action["signatureChainId"], 16))
    digest = signing.keccak256(b"\x19\x01" + domain + signing.keccak256(kind + b"".join(members)))
    assert "0x" + digest.hex() == vector["digest"]
    assert signing.sign(digest, KEYS) == signing.Signature(**vector["signature"])


def test_the_key_has_its_address_and_signatures_tell_it() -> None:
    assert signing.signer_of(KEYS) == VECTORS["address"]
    for vector in VECTORS["actions"].values():
        digest = digest_of(vector)
        assert signing.recovered(digest, signing.Signature(**vector["signature"])) == VECTORS["address"]


def test_numbers_have_64_digits_and_are_read_without_leading_zeros() -> None:
    vector = VECTORS["actions"]["A"]
    digest = digest_of(vector, VECTORS["short"]["nonce"])
    signature = signing.sign(digest, KEYS)
    assert (signature.s, signature.v) == ("0x" + VECTORS["short"]["s"][2:].zfill(64), VECTORS["short"]["v"])
    assert signing.recovered(digest, signature._replace(s=VECTORS["short"]["s"])) == VECTORS["address"]


def changed(action: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {**action, "orders": [{**action["orders"][0], **change}]}


ORDER = VECTORS["actions"]["A"]["action"]


@pytest.mark.parametrize(
    "action",
    [
        {"grouping": "na", "type": "order", "orders": ORDER["orders"]},
        changed(ORDER, p="60000.0"),
        changed(ORDER, a="0"),
        changed(ORDER, c=ORDER["orders"][0]["c"].upper()),
    ],
    ids=["order of keys", "trailing zero", "number as text", "capitals"],
)
def test_other_bytes_are_another_signers(action: dict[str, Any]) -> None:
    vector = VECTORS["actions"]["A"]
    signature = signing.Signature(**vector["signature"])
    assert signing.recovered(digest_of({**vector, "action": action}), signature) != VECTORS["address"]


@pytest.mark.parametrize(("demo", "vault"), [(False, None), (True, "0x00000000000000000000000000000000000000b0")])
def test_a_request_is_sealed_with_what_was_signed(demo: bool, vault: str | None) -> None:
    dialect = HyperliquidDialect(vault)
    dialect.in_demo = demo
    body = msgspec.json.encode(VECTORS["actions"]["A"]["action"])
    request = Unsigned("POST", "/exchange", "", body, serial=NONCE)
    sealed = msgspec.json.decode(dialect.seal(request, endpoints.PLACE, KEYS, 1_768_195_413_000).body)
    assert list(sealed) == ["action", "nonce", "signature", "vaultAddress", "expiresAfter"]
    assert (sealed["nonce"], sealed["vaultAddress"]) == (NONCE, vault)
    assert sealed["expiresAfter"] == 1_768_195_413_000 + EXPIRES_MS
    vector = {**VECTORS["actions"]["A"], "vault": vault, "expires": sealed["expiresAfter"], "source": "ab"[demo]}
    assert signing.recovered(digest_of(vector), signing.Signature(**sealed["signature"])) == VECTORS["address"]


def test_reads_are_not_sealed_and_nonces_are_counted_by_signer_and_network() -> None:
    dialect = HyperliquidDialect()
    request = Unsigned("POST", "/info", "", b"{}")
    assert dialect.seal(request, endpoints.STATE, KEYS, 0) is request
    assert dialect.series(endpoints.STATE, KEYS) is None
    assert dialect.series(endpoints.PLACE, KEYS) == f"hyperliquid:a:{VECTORS['address']}"
    dialect.in_demo = True
    assert dialect.series(endpoints.CANCEL, KEYS) == f"hyperliquid:b:{VECTORS['address']}"


def test_a_secret_that_is_no_private_key_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidRequest) as caught:
        signing.sign(bytes(32), Credentials(VECTORS["address"], "not-a-private-key"))
    assert "not-a-private-key" not in f"{caught.value!r} {caught.traceback}"


@pytest.mark.parametrize(
    ("key", "secret", "wrong"),
    [
        (VECTORS["key"], VECTORS["address"], "the secret must be"),
        (VECTORS["address"][:-1], VECTORS["key"], "the key must be"),
        (VECTORS["address"] + "0", VECTORS["key"], "the key must be"),
        (VECTORS["address"], VECTORS["key"][:-1], "the secret must be"),
    ],
)
def test_what_is_no_address_and_no_private_key_is_refused_at_construction(key: str, secret: str, wrong: str) -> None:
    given = Credentials(key, secret)
    for make in (Hyperliquid, Hyperliquid(None).with_credentials):
        with pytest.raises(InvalidRequest, match=wrong) as caught:
            make(given)
        inside = traceback.walk_tb(caught.tb.tb_next)
        held = [value for frame, _ in inside for name, value in frame.f_locals.items() if name != "self"]
        shown = f"{caught.value!r} {held}"
        assert not any(text[2:60] in shown for text in (key, secret))


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "_found", None)
    monkeypatch.setitem(__import__("sys").modules, "Crypto.Hash.keccak", None)
    with pytest.raises(NotSupported, match=r"futures-async\[hyperliquid\]"):
        signing.keccak256(b"")
