"""The documentation names all there is; that it builds without a warning is a step of its own in CI."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import futures_async as fa
from futures_async import adapters
from futures_async.unified import errors

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md")))
DOCUMENTED = set(re.findall(r"\.\. auto(?:class|function):: (?:futures_async\.)?(\w+)", REFERENCE))
WHOLE_MODULES = {"risk", *(name for name in vars(errors) if isinstance(getattr(errors, name), type))}


@pytest.mark.parametrize("name", fa.__all__)
def test_every_export_is_in_the_reference(name: str) -> None:
    assert name in DOCUMENTED | WHOLE_MODULES


@pytest.mark.parametrize("name", adapters.__all__)
def test_every_adapter_is_in_the_reference(name: str) -> None:
    assert name in DOCUMENTED


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.glob("**/*.md")} - {"index"}
    assert pages <= set(index)
