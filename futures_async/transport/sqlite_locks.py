"""What SQLite's locks ask of a process that opens one file several times, or forks.

The system's locks on a file belong to the process, not to a connection. Closing any descriptor of the file drops all of
them: whoever looks at a file that SQLite has open may not open it. And SQLite keeps one account of them for all
connections of the process, which a fork inherits without the locks: what is opened beside an inherited connection takes
for held what no other process sees. Either way the next one to close the file, as the only one that it knows of,
removes the log into which this process goes on writing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3

from futures_async.transport.forks import ModuleLock

_lock = ModuleLock()
_idle: list[sqlite3.Connection] = []
_torn: list[sqlite3.Connection] = []
"""A thread of the parent's was at work with them: closing would undo what it was writing, in memory that is shared."""


def make(path: str | os.PathLike[str]) -> None:
    """Make a file for SQLite that only this user can read; one that is there stays as it is, unopened."""
    # Under the lock: nobody opens what is new before this descriptor is closed.
    with _lock, contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))


def leave(*connections: sqlite3.Connection | None, torn: bool = False) -> None:
    """For an heir of a fork: it has these from its parent, and never uses them.

    Args:
        connections: None is none.
        torn: A thread of the parent's may have been at work with them.
    """
    # Not closed yet: that may wait for a lock inside SQLite whose thread is not here, and this fork may need no file.
    (_torn if torn else _idle).extend(one for one in connections if one is not None)


def close_inherited() -> None:
    """Before a file is opened. It takes nothing from the parent, as the locks are that one's."""
    with _lock:
        while _idle:
            _idle.pop().close()
