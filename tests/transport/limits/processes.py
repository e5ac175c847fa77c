"""Starts processes that share an account."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def start(kind: str, where: str, calls: str, *, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
    command = [*prefix, sys.executable, "-m", "tests.transport.limits.one_process", kind, where, calls]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def stamps_of(processes: int, kind: str, where: str, calls: int) -> list[list[float]]:
    """When the requests of each process arrived."""
    running = [start(kind, where, str(calls)) for _ in range(processes)]
    found: list[list[float]] = []
    for process in running:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        found.append(json.loads(out))
    return found
