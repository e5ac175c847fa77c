"""The keys file: TOML that nobody else can read, one table for each account.

[acme]                         # the table's name is the account's; it is the venue too, unless `venue` says another
key = "…"
secret = "…"
passphrase = "…"
uid = "…"                      # optional: names the rate-limit account

[hedge-book]
venue = "acme"
key = "…"
secret = "…"
memo = "…"
demo = true                    # any option of the adapter that can be written down
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from futures_async.accounts.source import Source, read_account
from futures_async.unified.errors import InvalidRequest

NAMED_BY = "FUTURES_ASYNC_KEYS"
"""The variable that names the keys file."""


def default_file(environ: Mapping[str, str]) -> Path | None:
    """The keys file that is looked for when none is named; None where there is no home folder to look in."""
    named = environ.get(NAMED_BY)
    if named:
        return Path(named)
    folder = environ.get("XDG_CONFIG_HOME")
    try:
        return (Path(folder) if folder else Path.home() / ".config") / "futures-async" / "keys.toml"
    except RuntimeError:  # an unknown user without HOME, as in containers
        return None


def is_there(path: Path) -> bool:
    """Whether there is such a file, as far as this user can see."""
    try:
        return path.exists()
    except OSError:  # somebody else's home folder
        return False


def check_private(path: Path) -> None:
    """Refuse a keys file that others could read or replace.

    It is this user's and nobody else may touch it; or it is root's, and this user's group may read it, as orchestrators
    of containers put it there. A link must be this user's or root's as well.

    Raises:
        InvalidRequest: Anything else.
    """
    try:
        link, info = path.lstat(), path.stat()
    except FileNotFoundError:
        raise InvalidRequest(f"no keys file {path}") from None
    except OSError as error:
        raise InvalidRequest(f"keys file {path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(info.st_mode):
        raise InvalidRequest(f"keys file {path} must be a plain file")
    if os.name != "posix":
        return
    own = os.geteuid()
    if link.st_uid not in (own, 0) or info.st_uid not in (own, 0):
        raise InvalidRequest(f"keys file {path} belongs to another user")
    if info.st_uid == own:
        if info.st_mode & 0o077:
            raise InvalidRequest(f"keys file {path} can be read by others: chmod 600 {path}")
    elif info.st_mode & 0o027 or (info.st_mode & 0o040 and info.st_gid not in (os.getegid(), *os.getgroups())):
        raise InvalidRequest(f"keys file {path} is root's and open to others: mode 640 and a group of yours at most")


def read_file(path: Path) -> list[Source]:
    """All accounts of a keys file.

    Raises:
        InvalidRequest: Not private, not TOML, or an account is not complete. Never shows a value.
    """
    check_private(path)
    found = _sources(path)
    if isinstance(found, str):
        raise InvalidRequest(f"keys file {path}{found}")
    return found


def _sources(path: Path) -> list[Source] | str:
    """The accounts, or what is wrong. Raises nothing: see `source.py`."""
    try:
        # Of a last line without an end the parser would tell no number.
        document = tomllib.loads(path.read_text(encoding="utf-8") + "\n")
    except UnicodeDecodeError:
        return " is not text in UTF-8"
    except tomllib.TOMLDecodeError as error:
        # Of the parser's message the place alone: the rest may quote what stands there, and that may be a key.
        at = re.search(r"\(at line (\d+), column \d+\)$", str(error))
        return f" is not valid TOML: look at line {at[1]}" if at else " is not valid TOML: it ends too early"
    except OSError as error:
        return f" cannot be read: {error.strerror}"
    sources: list[Source] = []
    for name, table in document.items():
        if not isinstance(table, dict):
            return f": {name[:40]} stands above all accounts: before it belongs a line [<venue>], or [<account>]"
        place = f"keys file {path}, [{name}]"
        source = read_account(name, place, cast("dict[str, Any]", table))
        if isinstance(source, str):
            return f", [{name}]: {source}"
        sources.append(source)
    return sources
