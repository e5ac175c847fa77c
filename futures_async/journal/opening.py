"""Which journal a place means: a database's URL, or the path of a file."""

from __future__ import annotations

import os
from pathlib import Path

from futures_async.journal.journal import Journal, JournalFailed
from futures_async.unified.given import check_path
from futures_async.unified.secret_url import SecretUrl

Place = str | os.PathLike[str] | SecretUrl
"""Where a journal is: the path of an SQLite file, or `postgresql://…`."""


def open_journal(place: Place) -> Journal:
    """The journal at a place; it is opened at first use.

    Raises:
        InvalidRequest: No path, or a URL that cannot be right.
        NotSupported: The place needs an extra.
    """
    try:
        if not isinstance(place, SecretUrl):
            check_path("journal", place)
        if isinstance(place, SecretUrl) or "://" in os.fspath(place):
            from futures_async.journal.postgres import PostgresJournal  # only those who keep one pay for it

            return PostgresJournal(place if isinstance(place, SecretUrl) else os.fspath(place))
        from futures_async.journal.sqlite import SqliteJournal

        return SqliteJournal(place)
    finally:
        del place  # A traceback that shows locals shows those of this frame.


def default_journal() -> Path:
    """Where orders are written down when nobody says where: the user's state folder, made when absent.

    Raises:
        JournalFailed: There is no such folder, and none can be made.
    """
    try:
        home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        folder = Path(home) / "futures-async"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # no home folder, or one that cannot be written, as in containers
        raise JournalFailed(
            f"there is no folder for the journal of orders ({error}): name a file that can be written with "
            "OrderManager(journal=…), or a folder with the variable XDG_STATE_HOME"
        ) from None
    return folder / "orders.sqlite"
