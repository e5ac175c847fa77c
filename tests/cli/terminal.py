"""A terminal emulator: what a person sees of what a program writes."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.screen import Screen

_pyte: Any = import_module("pyte")


class Terminal:
    """A window of so many columns and lines."""

    def __init__(self, columns: int, lines: int) -> None:
        self.columns, self.lines = columns, lines
        self._screen = _pyte.Screen(columns, lines)
        self._stream = _pyte.Stream(self._screen)

    def feed(self, text: str) -> None:
        """What a program writes; the terminal ends lines as its driver does."""
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    @property
    def shown(self) -> str:
        """The window's text, without blanks at the ends of lines and below the last."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip() + "\n"

    def console(self) -> Console:
        """rich's, writing here."""
        return Console(
            file=_Into(self),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - rich writes, and flushes
            force_terminal=True,
            color_system="standard",
            width=self.columns,
            height=self.lines,
            _environ={"TERM": "xterm"},
        )


class _Into:
    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        self._terminal.feed(text)
        return len(text)

    def flush(self) -> None:
        pass


def capture(renderable: RenderableType, columns: int, lines: int) -> str:
    """A window full of it."""
    terminal = Terminal(columns, lines)
    terminal.console().print(Screen(renderable), end="")
    return terminal.shown


@contextmanager
def teletype(columns: int, lines: int) -> Generator[tuple[int, IO[str]]]:
    """A terminal's two ends: a person's, and a program's."""
    person, program = pty.openpty()
    fcntl.ioctl(program, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    with os.fdopen(program, "r") as its_end:
        try:
            yield person, its_end
        finally:
            os.close(person)


def modes(terminal: int) -> list[Any]:
    """How a terminal is set."""
    return termios.tcgetattr(terminal)
