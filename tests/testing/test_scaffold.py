"""A new venue's package: written, green from the first minute, and judged by one command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from futures_async.cli import authoring, extras
from futures_async.cli.app import app
from futures_async.cli.output import Format, Writer
from futures_async.testing import check as checking
from futures_async.testing.scaffold import new_venue
from futures_async.unified.errors import InvalidRequest

ROOT = Path(__file__).parents[2]


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As a shell runs it, in a folder outside the repository."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    done = CliRunner().invoke(app, ["new-venue", "moon-shot", "--into", str(folder)])
    assert done.exit_code == 0, done.output
    assert "moon_shot/client.py" in done.output
    return folder / "moon-shot"


def test_the_package_has_other_names_and_none_of_the_templates(project: Path) -> None:
    files = [path for path in project.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"pyproject.toml", "README.md", "SOURCES.md", "client.py", "simulated.py"}
    for path in files:
        text = path.read_text(encoding="utf-8").lower()
        assert "newvenue" not in text, path
        assert "template" not in text, path
    assert 'moon-shot = "moon_shot:MoonShot"' in (project / "pyproject.toml").read_text(encoding="utf-8")


def test_it_is_green_from_the_first_minute(project: Path) -> None:
    done = command(project, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_one_command_judges_it(project: Path) -> None:
    done = command(project, "futures_async", "check-venue", "moon-shot", "--json", "--mutants", "3")
    assert done.returncode == 0, done.stderr
    parts = [json.loads(line) for line in done.stdout.splitlines()]
    assert {part["about"] for part in parts} >= {checking.EVERYDAY, checking.OWN, checking.ABOUT["told"]}
    assert all(int(part["failed"]) == 0 for part in parts)
    assert "moon-shot: good: " in done.stderr
    assert "wrong adapters" in done.stderr


def test_a_wrong_adapter_is_told_with_the_first_failures(project: Path) -> None:
    mapping = project / "moon_shot" / "mapping.py"
    kept = mapping.read_text(encoding="utf-8")
    mapping.write_text(kept.replace("equity=number(row.equity)", "equity=number(row.available)"), encoding="utf-8")
    try:
        done = command(project, "futures_async", "check-venue", "moon-shot", "--mutants", "0")
    finally:
        mapping.write_text(kept, encoding="utf-8")
    assert done.returncode == 1
    assert "test_balances" in done.stderr
    assert "moon-shot: not yet: " in done.stderr


@pytest.mark.parametrize("name", ["Moon", "moon_shot", "1moon", "moon--shot", "moon-", "", "bitget", "tests", "class"])
def test_what_is_no_id_or_is_taken_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        new_venue(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    new_venue("moon", tmp_path)
    with pytest.raises(InvalidRequest, match="is there already"):
        new_venue("moon", tmp_path)


def test_an_adapter_that_is_nowhere_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert authoring.package_of("bitget", tmp_path) == "futures_async.adapters.bitget"
    with pytest.raises(InvalidRequest, match="declares none of that id"):
        authoring.package_of("moon", tmp_path)

    def nowhere(name: str) -> None:
        return None

    monkeypatch.setattr(extras, "find_spec", nowhere)
    with pytest.raises(InvalidRequest, match=r"check-venue needs pytest and .*futures-async\[testing\]"):
        authoring.check_venue("bitget", [], 0, Writer(Format.TABLE))


def test_what_is_no_test_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "test_broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    parts, failures = checking.tallied([str(tmp_path)])
    assert [part.failed for part in parts] == [1]
    assert "nothing_of_that_name" in failures[0]
    parts, failures = checking.tallied([str(tmp_path / "pytest.ini")])
    assert authoring.in_words(checking.Verdict(parts, failures, 0, [])) == "not yet: no test ran"
    assert not checking.Verdict(parts, failures, 0, []).good
