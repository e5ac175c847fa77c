"""Keys pressed while the live table runs, where the terminal tells them one by one."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from futures_async.cli.screen import SORTS, Sort, View

ESCAPE = "\x1b"


class Controls:
    """What keys do to a view."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.typing = False
        """Keys are letters of the filter."""
        self.quit = False

    def press(self, key: str) -> None:
        """One key, as the terminal sends it; longer than one character are those without one, arrows and the like."""
        if self.typing:
            self._type(key)
        elif key == "q":
            self.quit = True
        elif key in "sS":
            names = list(SORTS)
            step = names.index(self._view.sort.name) + (1 if key == "s" else -1)
            self._view.sort = Sort(names[step % len(names)])
        elif key == "r":
            self._view.sort = Sort(self._view.sort.name, not self._view.sort.backwards)
        elif key == "/":
            self.typing = True
        elif key == ESCAPE:
            self._view.filter = ""

    def _type(self, key: str) -> None:
        if key in "\r\n":
            self.typing = False
        elif key == ESCAPE:
            self.typing, self._view.filter = False, ""
        elif key in "\x7f\b":
            self._view.filter = self._view.filter[:-1]
        elif len(key) == 1 and key.isprintable():
            self._view.filter += key

    def __str__(self) -> str:
        if self.typing:
            return f"filter: {self._view.filter}_  (Enter keeps it, Esc drops it)"
        told = f": {self._view.filter}" if self._view.filter else ""
        return f"q quit  s by {self._view.sort}  r reverse  / filter{told}"


def split_keys(text: str) -> list[str]:
    """Keys of what came at once: a sequence that begins with Esc is one key without a character."""
    head, *sequences = text.split(ESCAPE)
    return [*head, *(ESCAPE + sequence for sequence in sequences)]


@contextmanager
def keys(heard: Callable[[str], None], resized: Callable[[], None], there: Callable[[bool], object]) -> Generator[bool]:
    """Hear of keys, resizes and Ctrl-Z in the running asyncio loop.

    Args:
        heard: Called with each key.
        resized: Called when the window was.
        there: Called with False before Ctrl-Z stops the program, and with True when it goes on.

    Yields whether keys are told at all: not on Windows, nor where input is no terminal or that of another program.
    """
    try:
        import termios
        import tty
    except ModuleNotFoundError:  # Windows
        yield False
        return
    loop = asyncio.get_running_loop()
    if not sys.stdin.isatty() or not _ours(terminal := sys.stdin.fileno()):
        yield False
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    before = termios.tcgetattr(terminal)

    def take() -> None:
        try:
            got = os.read(terminal, 1024)
        except OSError:
            got = b""
        if not got:
            loop.remove_reader(terminal)  # the other end is gone
        for key in split_keys(decoder.decode(got)):
            heard(key)

    def away() -> None:
        there(False)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.kill(os.getpid(), signal.SIGSTOP)

    def back() -> None:  # the shell has set the terminal as it likes it
        if _ours(terminal):
            tty.setcbreak(terminal)
            there(True)
            resized()

    tty.setcbreak(terminal)
    loop.add_reader(terminal, take)
    loop.add_signal_handler(signal.SIGWINCH, resized)
    loop.add_signal_handler(signal.SIGTSTP, away)
    loop.add_signal_handler(signal.SIGCONT, back)
    try:
        yield True
    finally:
        loop.remove_signal_handler(signal.SIGCONT)
        loop.remove_signal_handler(signal.SIGTSTP)
        loop.remove_signal_handler(signal.SIGWINCH)
        loop.remove_reader(terminal)
        with suppress(termios.error):  # of a terminal that is gone
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _ours(terminal: int) -> bool:
    """This program may read there: it does not run in the background."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # a terminal that starts and stops nobody
        return True
