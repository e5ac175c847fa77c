"""The documentation: `python -m sphinx -W --keep-going -b html docs build/docs`; warnings are errors.

Sphinx with Furo, after Zensical 0.0.73 was tried beside it: both build these pages in a second, and only here do
broken references of docstrings end the build too.
"""

import re
import sys
from pathlib import Path
from typing import Any, ClassVar

from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from futures_async.unified.version import __version__

sys.path.insert(0, str(Path(__file__).parent))

from tables import TABLES

project = "futures-async"
copyright = "the futures-async maintainers"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"futures-async {version}"
html_copy_source = False
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True


class FromCode(SphinxDirective):
    """A table of `tables.py`, by its name and its arguments."""

    required_arguments: ClassVar[int] = 1
    optional_arguments: ClassVar[int] = 1

    def run(self) -> list[Any]:
        """Its nodes; headings in it are the page's."""
        name, *arguments = self.arguments
        self.env.note_reread()  # the code may have changed, whatever the page says
        return self.parse_text_to_nodes(TABLES[name](*arguments), allow_section_headings=True)


COLON = "\ue000"
"""Stands for a colon while napoleon reads, which takes what is before one for the type of an attribute."""


def _as_written(_app: object, what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """Single backticks are code in these docstrings, whatever stands in them (a symbol has a colon), bars are bars."""
    for number, line in enumerate(lines):
        lines[number] = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line).replace("|", r"\|")
        if what in ("attribute", "data", "property"):
            lines[number] = lines[number].replace(":", COLON)


def _with_colons(_app: object, _what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    lines[:] = [line.replace(COLON, ":") for line in lines]


def setup(app: Sphinx) -> dict[str, Any]:
    """Read the docstrings before napoleon does, which splits them at colons."""
    app.connect("autodoc-process-docstring", _as_written, priority=100)
    app.connect("autodoc-process-docstring", _with_colons, priority=900)
    app.add_directive("from-code", FromCode)
    return {"parallel_read_safe": True}
