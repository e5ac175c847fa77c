"""Models as others see them: their JSON Schema, pydantic, msgspec's own encoder."""

from __future__ import annotations

import json
import pickle
from typing import Any

import msgspec
import pytest

import futures_async as fa
from futures_async.simulator.server import serve
from futures_async.unified.schema import components, whole

MODELS: list[type[Any]] = [
    found
    for name in fa.__all__
    if isinstance(found := getattr(fa, name), type) and hasattr(found, "__get_pydantic_core_schema__")
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_a_schema_is_whole_and_says_what_is_written(kind: type[Any]) -> None:
    schema = whole(kind)
    assert "$ref" not in json.dumps(schema)
    written = [name for name in kind.__struct_fields__ if name != "raw"]
    assert list(schema["properties"]) == schema["required"] == written


def test_components_refer_to_each_other() -> None:
    found = components([fa.Position], "#/there/{name}")
    assert found["Position"]["properties"]["side"] == {"$ref": "#/there/PositionSide"}
    assert found["PositionSide"]["enum"] == ["long", "short"]
    assert "raw" not in found["Position"]["properties"]


@pytest.mark.anyio
async def test_pydantic_takes_models_and_writes_them_as_we_do() -> None:
    pydantic = pytest.importorskip("pydantic")
    adapter: Any = pydantic.TypeAdapter(list[fa.Position])
    held = await positions()
    assert json.loads(adapter.dump_json(adapter.validate_python(held))) == fa.to_builtins(held)
    assert adapter.dump_python(held) == fa.to_builtins(held)
    assert adapter.json_schema()["$defs"]["Position"] == whole(fa.Position)
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python([{"symbol": "BTC/USDT:USDT"}])


@pytest.mark.anyio
async def test_msgspec_does_not_write_what_happens_to_be_read() -> None:
    (first, *_) = await positions()
    for encode in (msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins):
        with pytest.raises(TypeError, match="WithoutToJson"):
            encode(first)
    assert msgspec.json.decode(fa.to_json(first)) == fa.to_builtins(first)
    assert pickle.loads(pickle.dumps(first)) == first


async def positions() -> list[fa.Position]:
    with serve(seed=2) as running:
        async with fa.connect("bitget", running.credentials("bitget"), base_url=running.base_url) as exchange:
            return await exchange.fetch_positions()
