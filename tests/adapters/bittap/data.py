"""The documented answers, and how rows are compared with them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import msgspec

from futures_async.adapters.bittap.dialect import Envelope
from futures_async.transport.endpoint import Endpoint

FOLDER = Path(__file__).parents[2] / "data" / "bittap"
KEY = "bt-key-5a1d"
SECRET = "bt-secret-2f1c0e9a"
NONCE = "4f6d2c1a9b8e47d0a1c3e5f708192a3b"
NOW_MS = 1762509526408


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def load(name: str) -> Any:
    return json.loads(raw(name), parse_float=Decimal)


def decode(endpoint: Endpoint[Any], body: bytes | str) -> Any:
    return endpoint.decoder(Envelope).decode(body)


def payload(endpoint: Endpoint[Any], name: str) -> Any:
    return decode(endpoint, raw(name)).data


def changed(name: str, *, row: int = 0, **fields: Any) -> bytes:
    """The documented list with some fields of one row changed."""
    document = load(name)
    document["data"][row].update(fields)
    return json.dumps(document, default=str).encode()


def wire_names(kind: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def same(wire: msgspec.Struct, document: dict[str, Any]) -> None:
    """Every field of the document is in the struct, unchanged but for money read as Decimal."""
    for field in msgspec.structs.fields(wire):
        if field.encode_name not in document:
            continue
        value, said = getattr(wire, field.name), document[field.encode_name]
        if isinstance(said, list) and said and isinstance(said[0], dict):
            for item, row in zip(cast("list[msgspec.Struct]", value), document[field.encode_name], strict=True):
                same(item, row)
        elif isinstance(value, Decimal) and isinstance(said, str):
            assert str(value) == said, field.encode_name
        else:
            assert value == said, field.encode_name
    assert not document.keys() - names_of(wire), "fields that the struct does not know"


def names_of(wire: msgspec.Struct) -> set[str]:
    return wire_names(type(wire))
