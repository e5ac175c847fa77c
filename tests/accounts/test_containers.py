"""What a container has not: a user with a name, a home folder, a disk that can be written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from futures_async.simulator.server import RunningExchange, serve

ROOT = Path(__file__).parents[2]
NOBODY = ["unshare", "--user", "--map-user=54321", "--map-group=54321"]


def can_be_nobody() -> bool:
    """Linux lets most users be another one in a namespace of their own; some hosts forbid it."""
    return shutil.which("unshare") is not None and not subprocess.run([*NOBODY, "true"], capture_output=True).returncode


@pytest.fixture(scope="module")
def running() -> Iterator[RunningExchange]:
    with serve(seed=3) as running:
        yield running


def as_nobody(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [*NOBODY, sys.executable, "-m", "futures_async", *arguments]
    return subprocess.run(command, env={"PATH": os.environ["PATH"], **environ}, capture_output=True, text=True)


@pytest.mark.skipif(not can_be_nobody(), reason="this host forbids namespaces of users")
def test_a_user_without_name_and_home_gets_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    shown = as_nobody("positions")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert re.fullmatch(r"InvalidRequest: no keys: write them into the file that FUTURES_ASYNC_KEYS .*\n", shown.stderr)


@pytest.mark.skipif(not can_be_nobody(), reason="this host forbids namespaces of users")
def test_an_account_is_read_from_files_of_its_secrets(running: RunningExchange, tmp_path: Path) -> None:
    keys = running.announcement()["venues"]["bitget"]
    environ = {"FUTURES_ASYNC_HEDGE_VENUE": "bitget"}
    for part in ("key", "secret", "passphrase"):
        (tmp_path / part).write_text(keys[part] + "\n")
        environ[f"FUTURES_ASYNC_HEDGE_{part.upper()}_FILE"] = str(tmp_path / part)
    shown = as_nobody("positions", "--base-url", running.base_url, "--csv", **environ)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[1].startswith("hedge,")


@pytest.mark.skipif(not can_be_nobody(), reason="this host forbids namespaces of users")
def test_a_keys_file_is_read_through_the_links_that_kubernetes_makes(running: RunningExchange, tmp_path: Path) -> None:
    keys = running.announcement()["venues"]["bitget"]
    (tmp_path / "..2026").mkdir()
    file = tmp_path / "..2026" / "keys.toml"
    file.write_text("[bitget]\n" + "".join(f'{part} = "{keys[part]}"\n' for part in ("key", "secret", "passphrase")))
    file.chmod(0o400)
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "keys.toml").symlink_to("..data/keys.toml")
    named = str(tmp_path / "keys.toml")
    shown = as_nobody("positions", "--base-url", running.base_url, "--csv", FUTURES_ASYNC_KEYS=named)
    assert shown.returncode == 0, shown.stderr


def test_the_image_installs_what_there_is_and_runs_as_nobody() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extra,) = re.findall(r'"\.\[(\w+)\]"', text)
    assert extra in project["optional-dependencies"]
    (command,) = re.findall(r'ENTRYPOINT \["([\w-]+)"\]', text)
    assert command in project["scripts"]
    (user,) = re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE)
    assert f"-o {user} -g {user} -m 700 /var/lib/futures-async" in text
    assert f"runAsUser: {user}" in (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in ("futures_async", "pyproject.toml", project["readme"], *project["license-files"]):
        assert f"!{name}" in sent  # all that the build reads
