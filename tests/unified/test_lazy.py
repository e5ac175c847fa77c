"""Names that are imported when first used."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

PACKAGE = """
from futures_async.unified.lazy import lazily
__getattr__ = lazily(__name__, Thing="home")
"""


def test_a_name_is_imported_at_its_first_use_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "idle_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE, encoding="utf-8")
    (folder / "home.py").write_text("class Thing: ...\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    package: Any = importlib.import_module("idle_package")
    assert "idle_package.home" not in sys.modules
    thing = package.Thing
    assert thing is sys.modules["idle_package.home"].Thing
    assert vars(package)["Thing"] is thing
    with pytest.raises(AttributeError, match="'idle_package' has no attribute 'Other'"):
        _ = package.Other
    for name in ("idle_package", "idle_package.home"):
        monkeypatch.delitem(sys.modules, name)
