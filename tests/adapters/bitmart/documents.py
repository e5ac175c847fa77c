"""The venue's documents, and answers decoded the way the transport does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from futures_async.adapters.bitmart.dialect import BitMartDialect, Envelope
from futures_async.adapters.bitmart.endpoints import DETAILS
from futures_async.adapters.bitmart.mapping import contracts
from futures_async.transport.endpoint import Endpoint
from futures_async.unified.credentials import Credentials
from futures_async.unified.models import Contract

T = TypeVar("T")

DATA = Path(__file__).parents[2] / "data" / "bitmart"
DIALECT = BitMartDialect()


def document(name: str) -> Any:
    """A document as plain JSON."""
    return json.loads((DATA / f"{name}.json").read_text())


def answer(name: str) -> bytes:
    """A document's bytes."""
    return (DATA / f"{name}.json").read_bytes()


def payload(endpoint: Endpoint[T], name: str) -> T:
    """The payload of a document, decoded as the endpoint's answer."""
    return decoded(endpoint, answer(name))


def decoded(endpoint: Endpoint[T], body: bytes) -> T:
    """The payload of an answer of success."""
    try:
        envelope = endpoint.decoder(Envelope).decode(body)
    except msgspec.ValidationError:
        envelope = endpoint.row_by_row(Envelope, body)
    assert DIALECT.refusal(envelope) is None
    return cast("T", envelope.data)


def wrapped(data: Any) -> bytes:
    """An answer of success around `data`."""
    return json.dumps({"code": 1000, "message": "Ok", "data": data, "trace": "t"}).encode()


VECTORS = document("signing-vectors")


def credentials(memo: str = "test001") -> Credentials:
    """The published test credentials."""
    return Credentials(key=VECTORS["key"], secret=VECTORS["secret"], memo=memo)


def contract() -> Contract:
    """BTCUSDT as documented: 0.001 BTC a contract."""
    (found,) = contracts().all(payload(DETAILS, "details").symbols)
    return found
