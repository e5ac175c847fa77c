"""JSON Schema of the models as `to_builtins` writes them: no `raw`, every field there, numbers of money as text.

And what pydantic asks a class for: so FastAPI takes models as types of responses, and describes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from pydantic_core.core_schema import CoreSchema


def components(kinds: Iterable[Any], ref_template: str) -> dict[str, Any]:
    """The schemas of these kinds, and of what they hold, by name.

    Args:
        kinds: Structs.
        ref_template: How they refer to each other, with `{name}`.
    """
    _, found = msgspec.json.schema_components(kinds, ref_template=ref_template)
    return {name: _as_written(schema) if "properties" in schema else schema for name, schema in found.items()}


def _as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """Nothing is left out of what is written but `raw`, so nothing has a default."""
    properties = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in schema["properties"].items()
        if name != "raw"
    }
    return {**schema, "properties": properties, "required": list(properties)}


def whole(kind: type[Any]) -> dict[str, Any]:
    """The schema of a struct with all that it holds in it."""
    found = components([kind], "{name}")

    def resolved(node: dict[str, Any]) -> Any:
        return inlined(found[node["$ref"]]) if "$ref" in node else node

    def inlined(schema: dict[str, Any]) -> Any:
        return json.loads(json.dumps(schema), object_hook=resolved)

    schema: dict[str, Any] = inlined(found[kind.__name__])
    return schema


def for_pydantic(kind: type[Any], write: Any) -> CoreSchema:
    """A schema of pydantic's that takes objects of this kind, and writes them by `write`, JSON or not."""
    from pydantic_core import core_schema

    return core_schema.is_instance_schema(
        kind,
        ref=f"{kind.__module__}.{kind.__qualname__}",
        metadata={"pydantic_js_functions": [lambda schema, handler: whole(kind)]},  # pyright: ignore[reportUnknownLambdaType] - pydantic's own types
        serialization=core_schema.plain_serializer_function_ser_schema(write),
    )
