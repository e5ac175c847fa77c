"""Functions compiled from text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

INTERRUPTED = """
import signal
import sys

from futures_async.unified.quick import Code

code = Code()
try:
    code.compiled(f"{code.name(signal.raise_signal)}({int(signal.SIGINT)})")
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_ctrl_c_while_functions_are_compiled_leaves_the_exit_code_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED, encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, check=False)
    assert ended.returncode == 7
