"""The command line `futures-async`; needs the extra `cli`, and `simulator` for what is simulated."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Entry point of the console script."""
    try:
        _run()
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
