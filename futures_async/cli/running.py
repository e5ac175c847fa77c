"""A command from its start to its exit code: errors in one line, Ctrl-C without a traceback."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn, TextIO, cast

import anyio
import typer

from futures_async.cli.output import NOTHING, Exit, Writer, complain, exit_code, one_line, worst
from futures_async.unified.errors import FuturesAsyncError

INTERRUPTED = 128 + signal.SIGINT
FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""No space is left, or no more is allowed, or the disk has gone."""

Handler = Callable[[int, FrameType | None], Any] | signal.Handlers


def run(main: Callable[[], Coroutine[Any, Any, Exit]], writer: Writer | None = None) -> None:
    """Run a command to its exit code.

    Args:
        main: The command.
        writer: Who writes for it: what that knows when the command fails over its output counts all the same.
    """
    signals: list[int] = []
    _end_with(lambda: anyio.run(_until_ctrl_c, main, signals), writer, signals=signals)


def run_plain(main: Callable[[], Exit], writer: Writer | None = None) -> None:
    """`run` for a command that needs no loop."""
    _end_with(lambda: int(main()), writer)


def run_sync(main: Callable[[], None]) -> None:
    """`run` for a command that has a loop of its own and serves until Ctrl-C, which is its good end."""

    def served() -> int:
        main()
        return int(Exit.OK)

    _end_with(served, interrupted=int(Exit.OK))


async def _until_ctrl_c(main: Callable[[], Coroutine[Any, Any, Exit]], signals: list[int]) -> int:
    """Run `main`; Ctrl-C or SIGTERM cancels it, and a second one ends the program at once.

    The exit code of a signal that has ended it stands in `signals`: on the way out another error may take its place.

    asyncio's own handler cancels the task once, and where anything swallows that, the program runs on: anyio before
    4.16 did when a timeout ended in the same turn of the loop. A cancelled scope stays cancelled.
    """
    loop = asyncio.get_running_loop()
    # Afterwards, and for a second one: at once.
    handlers: dict[signal.Signals, Handler] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
    }
    # Not of those that are to be ignored, as a shell starts what it puts in the background.
    after = {number: one for number, one in handlers.items() if signal.getsignal(number) is not signal.SIG_IGN}
    with anyio.CancelScope() as scope:

        def end(number: int, frame: FrameType | None) -> None:
            signals.append(128 + number)
            restore()
            loop.call_soon_threadsafe(scope.cancel)

        def restore() -> None:
            for number, handler in after.items():
                signal.signal(number, handler)

        for number in after:
            signal.signal(number, end)
        try:
            code = int(await main())
            signals.clear()  # it came to its end all the same
            return code
        finally:
            restore()
    return INTERRUPTED if not signals else signals[-1]


def confirm(question: str) -> None:
    """Ask on stderr, and end the command where the answer is not yes. Ctrl-C at the question ends it at once.

    The loop, which turns Ctrl-C into a cancellation, does not turn before the answer is there. And Python looks for
    signals between two of its own steps: one that comes just before it begins to read would wait for the answer too. So
    nothing is read before there is something to read; the signal's own descriptor ends that wait as well.
    """
    if sys.stdin is None:  # closed by who has started the program
        _not_confirmed(NOBODY)
    before = signal.getsignal(signal.SIGINT)
    heard, told = socket.socketpair()
    told.setblocking(False)

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise typer.Exit(INTERRUPTED)

    with heard, told:
        wakeup = signal.set_wakeup_fd(told.fileno())
        try:
            if before is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, interrupt)
            typer.echo(f"{question} [y/N]: ", nl=False, err=True)
            if os.name == "posix":  # elsewhere only sockets can be waited for
                select.select([sys.stdin, heard], [], [])
            said = typer.confirm("", prompt_suffix="", show_default=False, err=True)
        except typer.Exit:
            typer.echo(err=True)  # the terminal stands behind the question
            complain(NOTHING, style="bold")
            raise
        except typer.Abort:
            typer.echo(err=True)
            _not_confirmed(NOBODY)
        except OSError:  # nobody has seen the question
            _not_confirmed(NOBODY)
        finally:
            signal.set_wakeup_fd(wakeup)
            signal.signal(signal.SIGINT, before)
    if not said:
        _not_confirmed("")


NOBODY = ": nobody answers here; --yes goes on without asking"


def _not_confirmed(why: str) -> NoReturn:
    complain(f"Nothing was done{why}" if why else NOTHING, style="bold")
    raise typer.Exit(int(Exit.FAILED))


def _end_with(
    main: Callable[[], int],
    writer: Writer | None = None,
    *,
    interrupted: int = INTERRUPTED,
    signals: Sequence[int] = (),
) -> None:
    """Run it and end the program with its exit code.

    Whether the code could be told decides nothing about it: a script that reads it must never take for done what
    nobody knows. It is the worst of what was known before anything was printed, and of what printing came to.
    """
    codes = list[int]()
    try:
        codes.append(_ended(main, interrupted))
    except (BaseExceptionGroup, Exception) as error:
        if writer is None or writer.code is not Exit.UNKNOWN:
            raise
        with suppress(OSError):  # a mistake in here: it is not hidden, and hides nothing
            traceback.print_exception(error)
    codes += [*signals, *([] if writer is None else [writer.code])]
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        codes.append(_told(error) if isinstance(error, BrokenPipeError) or _is_full(error) else int(Exit.FAILED))
    end_unwritten(sys.stderr)
    raise typer.Exit(worst(codes))


def _ended(main: Callable[[], int], interrupted: int) -> int:
    try:
        return main()
    except KeyboardInterrupt:
        return interrupted
    except (BaseExceptionGroup, FuturesAsyncError, TypeError, OSError) as error:
        return _told(error)


def _told(error: BaseException) -> int:
    """Tell the error that ends a command, or the several of one that does things side by side; its exit code."""
    ends = list(_leaves(error))
    if not all(isinstance(end, (FuturesAsyncError, TypeError, BrokenPipeError)) or _is_full(end) for end in ends):
        raise error
    code = int(Exit.OK)
    for end in ends:
        if isinstance(end, BrokenPipeError):  # `… | head`
            end_unwritten(sys.stdout)
        elif isinstance(end, OSError):
            complain(f"Not all could be written: {end.strerror}. What is missing here may have been done all the same")
            end_unwritten(sys.stdout)
            code = max(code, int(Exit.FAILED))
        else:
            complain(one_line(end))
            code = max(code, int(exit_code(end)))
    return code


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _leaves(inner)
    else:
        yield error


def _is_full(error: BaseException) -> bool:
    """A file that takes no more: what a table, or a log, is written to."""
    return isinstance(error, OSError) and error.errno in FULL


def end_unwritten(stream: TextIO | None) -> None:
    """Have Python not fail once more at its exit over what nothing takes: the command's code would be lost.

    None is a stream that was closed before the program began.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
