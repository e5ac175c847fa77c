"""Documented answers as test cases: that they decode as the transport decodes them, and that no field is overlooked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import msgspec

from futures_async.transport.dialect import Dialect
from futures_async.transport.endpoint import Endpoint

T = TypeVar("T")

SOURCES = "SOURCES.md"


def decoded(dialect: Dialect, endpoint: Endpoint[T], body: bytes) -> T:
    """The payload of an answer of success.

    Args:
        dialect: Whose envelope it comes in.
        endpoint: Whose answer it is.
        body: The whole envelope.
    """
    envelope = endpoint.decoder(dialect.envelope).decode(body)
    refusal = dialect.refusal(envelope)
    assert refusal is None, f"{endpoint.name}: a refusal, {refusal}"
    return cast("T", dialect.payload(envelope))


def overlooked(value: object, document: object, path: str = "") -> Iterator[str]:
    """Fields of a document that the structs it was decoded into do not have, by their paths."""
    if isinstance(value, msgspec.Struct) and isinstance(document, dict):
        names = {field.encode_name: field.name for field in msgspec.structs.fields(value)}
        for key, inner in cast("dict[str, object]", document).items():
            if key in names:
                yield from overlooked(getattr(value, names[key]), inner, f"{path}.{key}")
            else:
                yield f"{path}.{key}".removeprefix(".")
    elif isinstance(value, list) and isinstance(document, list):
        for one, inner in zip(cast("list[object]", value), cast("list[object]", document), strict=True):
            yield from overlooked(one, inner, path)


class RecordedAnswers:
    """Tests of a folder of answers, one file each: whole envelopes. Subclassed in a venue's own tests."""

    folder: ClassVar[Path]
    dialect: ClassVar[Dialect]
    answers: ClassVar[Mapping[str, Endpoint[Any]]]
    """By the name of the file without `.json`: whose answer it is."""
    needless: ClassVar[frozenset[str]] = frozenset()
    """Paths of fields that the venue documents and nobody needs."""

    def body(self, name: str) -> bytes:
        """The file as it is."""
        return (self.folder / f"{name}.json").read_bytes()

    def payload(self, name: str) -> Any:
        """The payload inside the envelope, decoded."""
        return decoded(self.dialect, self.answers[name], self.body(name))

    def test_every_file_is_an_answer_of_some_endpoint(self) -> None:
        assert {path.stem for path in self.folder.glob("*.json")} == set(self.answers)

    def test_every_answer_decodes_and_no_field_is_overlooked(self) -> None:
        assert self.dialect.envelope is not None
        for name, endpoint in self.answers.items():
            body = self.body(name)
            envelope = endpoint.decoder(self.dialect.envelope).decode(body)
            assert self.payload(name) is not None, name
            found = set(overlooked(envelope, json.loads(body))) - self.needless
            assert not found, f"{name}: fields that no struct has"

    def test_it_is_said_where_every_answer_is_from(self) -> None:
        page = (self.folder / SOURCES).read_text(encoding="utf-8")
        assert [name for name in self.answers if f"{name}.json" not in page] == []
