"""The documented answers, and how rows are compared with them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from futures_async.adapters._bitget import Envelope
from futures_async.transport.endpoint import Endpoint

FOLDER = Path(__file__).parents[2] / "data" / "bitget_v1"
KEY = "bg_test_key_0001"
SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
PASSPHRASE = "testpassphrase"
NOW_MS = 1621441751927


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def load(name: str) -> Any:
    return json.loads(raw(name), parse_float=Decimal)


def decode(endpoint: Endpoint[Any], body: bytes | str) -> Any:
    return endpoint.decoder(Envelope).decode(body).data


def payload(endpoint: Endpoint[Any], name: str) -> Any:
    return decode(endpoint, raw(name))


def changed(endpoint: Endpoint[Any], name: str, **fields: Any) -> Any:
    """The documented object, or first row, with some fields changed."""
    document = load(name)
    rows(document["data"])[0].update(fields)
    return decode(endpoint, json.dumps(document, default=str))


def rows(found: Any) -> list[Any]:
    """An object as a list of one; a list as it is."""
    return [*found] if isinstance(found, list) else [found]


def name_of(endpoint: Endpoint[Any]) -> str:
    """The data file of an endpoint: `/api/mix/v1/order/placeOrder` is order_place_order."""
    words = "_".join(endpoint.path.split("/")[-2:])
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in words)


def same(wire: msgspec.Struct, document: dict[str, Any]) -> None:
    """Every field of the document is in the struct, unchanged but for money read as Decimal."""
    names = {field.encode_name: field.name for field in msgspec.structs.fields(wire)}
    assert document.keys() <= names.keys()
    for name, said in document.items():
        value = getattr(wire, names[name])
        assert (str(value) if isinstance(value, Decimal) else value) == said, name
