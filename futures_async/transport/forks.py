"""What a fork inherits and cannot use as it stands: locks of threads that are not there, loops that do not run."""

from __future__ import annotations

import os
from threading import Lock
from typing import Protocol
from weakref import WeakSet

fork_generation = [0]
"""How many forks lie between the process that imported this and the one that runs."""


class Heir(Protocol):
    """What a fork inherits and cannot use as it stands."""

    def begin_anew(self) -> None:
        """This process is a fork: other threads, and who waits, are its parent's. No loop runs here yet."""


_heirs: WeakSet[Heir] = WeakSet()


def inherit(heir: Heir) -> None:
    """Have it told of each fork before anything else happens there, for as long as it lives."""
    _heirs.add(heir)


def begin_child() -> None:
    """This process is a fork; for the system and for tests."""
    fork_generation[0] += 1
    for heir in list(_heirs):
        heir.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=begin_child)


class ModuleLock:
    """A lock that is free in a fork: the thread that may have held it is not there."""

    def __init__(self) -> None:
        self.begin_anew()
        inherit(self)

    def begin_anew(self) -> None:
        """As an heir."""
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()
