"""A command from its start to its exit code: errors in one line, Ctrl-C without a traceback."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import typer

from futures_async.cli.output import Exit, complain, exit_code, one_line
from futures_async.errors import FuturesAsyncError

INTERRUPTED = 128 + signal.SIGINT


def run(main: Callable[[], Coroutine[Any, Any, Exit]]) -> None:
    """Run a command to its exit code."""
    _end_with(lambda: int(anyio.run(main)))


def run_sync(main: Callable[[], None]) -> None:
    """`run` for a command that has a loop of its own and serves until Ctrl-C, which is its good end."""
    _end_with(lambda: main() or int(Exit.OK), interrupted=int(Exit.OK))


def _end_with(main: Callable[[], int], interrupted: int = INTERRUPTED) -> None:
    try:
        code = main()
    except KeyboardInterrupt:
        code = interrupted
    except (FuturesAsyncError, TypeError) as error:
        complain(one_line(error))
        code = int(exit_code(error))
    except BrokenPipeError:  # `… | head`
        sys.stderr.close()
        code = int(Exit.OK)
    raise typer.Exit(code)
