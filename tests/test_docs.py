"""The documentation names all there is; that it builds without a warning is a step of its own in CI."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

import futures_async as fa
from futures_async import adapters
from futures_async.cli.app import app
from futures_async.unified import errors

DOCS = Path(__file__).parents[1] / "docs"
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "reference").glob("*.md")))
DOCUMENTED = set(re.findall(r"\.\. auto(?:class|function):: (?:futures_async\.)?(\w+)", REFERENCE))
WHOLE_MODULES = {"risk", "web", *(name for name in vars(errors) if isinstance(getattr(errors, name), type))}


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


def test_every_command_is_on_the_page_of_the_command_line() -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    tree: Any = typer.main.get_command(app)
    names = [f"{name} {inner}" for name, one in tree.commands.items() for inner in getattr(one, "commands", ())]
    names += [name for name, one in tree.commands.items() if not getattr(one, "commands", ())]
    assert len(names) > 12
    assert [name for name in names if not re.search(rf"[`$ ]{re.escape(name)}[` ]", page)] == []
