"""SQLite connections that a fork has inherited: never used there, and closed before it opens such a file itself.

SQLite keeps one account of the locks on a file for all connections of a process. A fork has the account and not the
locks, which belong to its parent: a connection that is opened beside an inherited one takes locks for held that no
other process sees. The next one to close the file, as the only one that it knows of, removes the log into which the
fork goes on writing. Closing takes nothing from the parent, for the same reason.
"""

from __future__ import annotations

import sqlite3

from futures_async.transport.forks import ModuleLock

_lock = ModuleLock()
_idle: list[sqlite3.Connection] = []
_torn: list[sqlite3.Connection] = []
"""A thread of the parent's was at work with them: closing would undo what it was writing, in memory that is shared."""


def leave(*connections: sqlite3.Connection | None, torn: bool = False) -> None:
    """For an heir of a fork: it has these from its parent.

    Args:
        connections: None is none.
        torn: A thread of the parent's may have been at work with them.
    """
    # Not closed yet: that may wait for a lock inside SQLite whose thread is not here, and this fork may need no file.
    (_torn if torn else _idle).extend(one for one in connections if one is not None)


def close_inherited() -> None:
    """Before a file is opened."""
    with _lock:
        while _idle:
            _idle.pop().close()
