"""What is distributed, and what importing it does."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import futures_async
import futures_async.adapters

ROOT = Path(__file__).parents[1]
OTHERS = ("futures_async.adapters.bittap", "futures_async.adapters.bitget", "futures_async.simulator")
FORBIDDEN = re.compile(r"\s*(import|from) (httpx|time|asyncio|anyio|tenacity|logging)\b")
ADAPTERS = ("bitget", "bitget_uta", "bitget_v1", "bitmart", "bittap", "bybit", "hyperliquid", "okx")


def source_files() -> set[str]:
    files = (ROOT / "futures_async").rglob("*.py")
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from the sdist, so that the sdist is proved complete too."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return out


def test_the_wheel_holds_the_core_and_every_adapter(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert source_files() <= names
    assert "futures_async/py.typed" in names
    template = (ROOT / "futures_async" / "testing" / "template").rglob("*.*")
    assert {str(path.relative_to(ROOT)) for path in template if path.suffix != ".pyc"} <= names
    assert not [name for name in names if name.startswith("adapters")], "nobody may own a top-level adapters"
    entries = next(name for name in names if name.endswith("entry_points.txt"))
    text = zipfile.ZipFile(wheel).read(entries).decode()
    assert "futures-async = futures_async.cli:main" in text


def test_the_sdist_holds_the_same_and_the_tests(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert source_files() <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "tests/test_packaging.py"} <= names
    for adapter in ADAPTERS:
        assert f"futures_async/adapters/{adapter}/client.py" in names


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an sdist holds no link for people")
def test_the_adapters_folder_at_the_top_is_a_relative_link() -> None:
    assert (ROOT / "adapters").is_symlink()
    assert os.readlink(ROOT / "adapters") == "futures_async/adapters"


def test_the_linter_reads_every_file_of_the_package_and_none_through_the_link() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--show-files", str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
    )
    read = {str(Path(line).relative_to(ROOT)) for line in shown.stdout.splitlines()}
    assert source_files() <= read
    assert not [name for name in read if name.startswith("adapters")]


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(run.stdout.split())


def test_importing_the_package_loads_nothing_that_is_not_needed_yet() -> None:
    loaded = modules_after("import futures_async")
    heavy = {
        "httpx",
        "starlette",
        "uvicorn",
        "typer",
        "rich",
        "aiohttp",
        "httptools",
        "aiohappyeyeballs",
        "redis",
        "keyring",
        "sqlite3",
        "difflib",
        "trio",
    }
    assert not loaded & heavy
    own = {name for name in loaded if name.startswith("futures_async.")}
    assert not [name for name in own if name.split(".")[1] in ("adapters", "simulator", "cli", "http")]


@pytest.mark.parametrize("module", [futures_async, futures_async.adapters])
def test_what_is_imported_late_is_listed_and_known_to_type_checkers(module: ModuleType) -> None:
    """A name is written three times: in the table of homes, in `__all__` and in the block for type checkers."""
    late: dict[str, str] = getattr(module, "_LAZY", None) or module._HOMES
    source = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    (block,) = [node for node in source.body if isinstance(node, ast.If)]
    checked = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert checked == set(late)
    assert set(late) <= set(module.__all__) == set(module.__all__) & set(dir(module))
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        module.nothing  # noqa: B018 - the access is the test


def test_importing_one_adapter_loads_no_other() -> None:
    loaded = modules_after("from futures_async.adapters import BitMart")
    assert "futures_async.adapters.bitmart.client" in loaded
    assert not [name for name in loaded if name.startswith(OTHERS)]


def test_importing_has_no_side_effects() -> None:
    code = """
import asyncio, logging, sys
def refuse(*arguments): raise SystemExit("side effect")
sys.addaudithook(lambda event, arguments: refuse() if event.startswith("socket.") else None)
asyncio.new_event_loop = refuse
import futures_async, futures_async.adapters
from futures_async.adapters import OKX, Bitget, BitgetUTA, BitgetV1, BitMart, BitTap, Bybit, Hyperliquid
assert not logging.getLogger("futures_async").handlers and not logging.getLogger().handlers
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_core_module_names_a_venue() -> None:
    words = ("bitget", "bitmart", "bittap", "bybit", "hyperliquid", "okx")
    for path in (ROOT / "futures_async").rglob("*.py"):
        if "adapters" in path.parts:
            continue
        text = path.read_text(encoding="utf-8").lower()
        found = [word for word in words if word in text]
        assert not found or path.parts[-2] == "cli", f"{path.relative_to(ROOT)} names {found}"


def test_no_adapter_touches_http_time_or_retries() -> None:
    for path in (ROOT / "futures_async" / "adapters").rglob("*.py"):
        if "simulated" in str(path):
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if FORBIDDEN.match(line)], path


def test_every_test_that_ci_names_is_there() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    named = set(re.findall(r"tests/[\w/]+(?:\.py)?", script))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
