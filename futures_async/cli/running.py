"""A command from its start to its exit code: errors in one line, Ctrl-C without a traceback."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import anyio
import typer

from futures_async.cli.output import Exit, complain, exit_code, one_line
from futures_async.unified.errors import FuturesAsyncError

INTERRUPTED = 128 + signal.SIGINT


def run(main: Callable[[], Coroutine[Any, Any, Exit]]) -> None:
    """Run a command to its exit code."""
    _end_with(lambda: anyio.run(_until_ctrl_c, main))


def run_sync(main: Callable[[], None]) -> None:
    """`run` for a command that has a loop of its own and serves until Ctrl-C, which is its good end."""

    def served() -> int:
        main()
        return int(Exit.OK)

    _end_with(served, interrupted=int(Exit.OK))


async def _until_ctrl_c(main: Callable[[], Coroutine[Any, Any, Exit]]) -> int:
    """Run `main`; Ctrl-C cancels it, and a second one ends the program at once.

    asyncio's own handler cancels the task once, and where anything swallows that, the program runs on: anyio before
    4.16 did when a timeout ended in the same turn of the loop. A cancelled scope stays cancelled.
    """
    loop = asyncio.get_running_loop()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts what it puts in the background
        return int(await main())
    with anyio.CancelScope() as scope:

        def interrupt(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            loop.call_soon_threadsafe(scope.cancel)

        signal.signal(signal.SIGINT, interrupt)
        try:
            return int(await main())
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return INTERRUPTED


@contextmanager
def heard_at_once() -> Generator[None]:
    """Let Ctrl-C end the program from inside what blocks the event loop, as a question does.

    The loop, which turns Ctrl-C into a cancellation, does not turn before the answer is there.
    """
    before = signal.getsignal(signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise typer.Exit(INTERRUPTED)

    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except typer.Exit:
        typer.echo(err=True)  # the terminal stands behind the question
        raise
    finally:
        signal.signal(signal.SIGINT, before)


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
