"""The command line `futures-async`; needs the extra `cli`, and `simulator` for what is simulated."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Entry point of the console script."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who has started the program
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - for as long as the program runs
    try:
        _run()
    except OSError as error:  # help: what commands print is theirs to tell of
        from futures_async.cli.running import FULL, end_unwritten

        if error.errno not in FULL:
            raise
        end_unwritten(sys.stdout)
        with suppress(OSError):
            print(f"futures-async: {error.strerror}", file=sys.stderr)
        end_unwritten(sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:  # while it was only being loaded
        sys.exit(128 + signal.SIGINT)


def _run() -> None:
    try:
        from futures_async.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("typer", "rich"):
            raise
        print(
            "futures-async: the command line needs an extra: pip install 'futures-async[cli,simulator]'",
            file=sys.stderr,
        )
        sys.exit(2)
    app(prog_name="futures-async")  # also of `python -m`: usage and completion name what can be typed
