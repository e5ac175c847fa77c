"""The documentation: `python -m sphinx -W --keep-going -b html docs build/docs`; warnings are errors.

Sphinx with Furo, after Zensical 0.0.73 was tried beside it: both build these pages in a second, and only here do
broken references of docstrings end the build too.
"""

import re

from sphinx.application import Sphinx

from futures_async.unified.version import __version__

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


def _as_written(_app: object, _what: str, _name: str, _of: object, _options: object, lines: list[str]) -> None:
    """Single backticks are code in these docstrings, whatever stands in them (a symbol has a colon), bars are bars."""
    for number, line in enumerate(lines):
        lines[number] = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", line).replace("|", r"\|")


def setup(app: Sphinx) -> None:
    """Read the docstrings before napoleon does, which splits them at colons."""
    app.connect("autodoc-process-docstring", _as_written, priority=100)
