"""The pages that people read, and the examples that stand in them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("**/*.md"))]
_BLOCK = re.compile(
    r"(?:<!-- example: (?P<name>\w+) -->\n)?```python\n(?P<code>.*?)```\n(?:```text\n(?P<prints>.*?)```)?", re.DOTALL
)


class Example(NamedTuple):
    """One program of a page."""

    page: str
    number: int
    name: str
    """Of those that a test of their own runs; "" else."""
    code: str
    prints: str | None
    """What the page says that it prints; "…" stands for anything."""

    @property
    def id(self) -> str:
        """A name that files and tests may have."""
        page = re.sub(r"\W", "_", self.page.removesuffix(".md").lower())
        return f"{page}_{self.number}"


def examples() -> list[Example]:
    """Every Python program of the pages."""
    return [
        Example(str(page.relative_to(ROOT)), number, found["name"] or "", found["code"], found["prints"])
        for page in PAGES
        for number, found in enumerate(_BLOCK.finditer(page.read_text(encoding="utf-8")))
    ]


def example(name: str) -> str:
    """The program of that name, wherever it stands."""
    (found,) = [one for one in examples() if one.name == name]
    return found.code


def load(path: str) -> Any:
    """A module that is no package's, such as `docs/tables.py`."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_of(code: str, page: str) -> dict[str, Any]:
    """What a program defines."""
    names: dict[str, Any] = {}
    exec(compile(code, page, "exec"), names)
    return names
