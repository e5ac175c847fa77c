"""A command in this process, as it is in one of its own: arguments and environment in, output and code out.

One of its own takes seconds to start. What is about processes (signals, terminals, pipes, `python -m`) starts one.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Generator, Sequence
from typing import NamedTuple, TextIO

from futures_async.cli import main


class Ended(NamedTuple):
    """What came of it."""

    returncode: int
    stdout: str
    stderr: str


def cli(*arguments: str, **environ: str) -> Ended:
    """Run one command, with this environment and nothing else."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with _environment({"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ}), _streams(out, err, arguments):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ended(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _environment(wanted: dict[str, str]) -> Generator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _streams(out: TextIO, err: TextIO, arguments: Sequence[str]) -> Generator[None]:
    """Nobody answers, and warnings are printed, as in a process."""
    stdin, argv = sys.stdin, sys.argv

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        err.write(warnings.formatwarning(message, category, filename, lineno, line))

    with (
        open(os.devnull, encoding="utf-8") as nobody,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        sys.stdin, sys.argv = nobody, ["futures-async", *arguments]
        try:
            yield
        finally:
            sys.stdin, sys.argv = stdin, argv
