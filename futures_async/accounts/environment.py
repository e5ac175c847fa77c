"""Accounts from variables: `FUTURES_ASYNC_<ACCOUNT>_<WORD>`, in capitals and with `_` for `-`.

They cannot tell `Main_Book` from `main-book`: what is in a keys file under either name is not looked for here.

FUTURES_ASYNC_ACME_KEY=…              # the account's name is its venue, unless …_VENUE says another
FUTURES_ASYNC_ACME_SECRET_FILE=…      # a file that holds the value, as orchestrators of containers mount it
FUTURES_ASYNC_HEDGE_VENUE=acme
FUTURES_ASYNC_HEDGE_PRODUCT_TYPE=…    # any option of the adapter that can be written down
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from futures_async.accounts.keys_file import NAMED_BY
from futures_async.accounts.source import PARTS, Source, plain_options, read_account
from futures_async.registry import venue_ids
from futures_async.unified.errors import InvalidRequest
from futures_async.unified.words import near

PREFIX = "FUTURES_ASYNC_"
WEB_TOKEN = f"{PREFIX}WEB_TOKEN"
"""What the page wants of a program; no account's."""
FROM_FILE = "_file"
MAX_SECRET = 64 * 1024
"""Largest file that is read for one value, in bytes."""


def read_environment(environ: Mapping[str, str], *, but: Collection[str] = ()) -> list[Source]:
    """The accounts that variables describe.

    Args:
        environ: The variables.
        but: Names of accounts that were found elsewhere, however written: their variables are not looked at.

    Raises:
        InvalidRequest: An account is not complete, or has a word that is none. Never shows a value.
    """
    found = _sources(environ, but)
    if isinstance(found, str):
        del environ  # a traceback that shows locals shows those of this frame
        raise InvalidRequest(found)
    return found


def left_over(environ: Mapping[str, str]) -> list[str]:
    """Variables that begin like an account's and end in no known word."""
    words = _words(environ)
    return sorted(name for name in _ours(environ) if _split(name, words) is None)


def _sources(environ: Mapping[str, str], but: Collection[str]) -> list[Source] | str:
    """The accounts, or what is wrong. Raises nothing: see `source.py`."""
    words, elsewhere = _words(environ), {_folded(name) for name in but}
    tables: dict[str, dict[str, Any]] = {}
    spelt: dict[str, str] = {}
    for variable in _ours(environ):
        account, word = _split(variable, words) or ("", "")
        if not account:
            continue
        # One's key and another's secret would make one account.
        name = _name(variable, word)
        if environ[variable] and (other := spelt.setdefault(account, name)) != name:
            return f"environment: {PREFIX}{other}_… and {PREFIX}{name}_… are one account: write {_prefix(account)}…"
        if account in elsewhere:
            continue
        text: str | None = environ[variable]
        if word.endswith(FROM_FILE) and word.removesuffix(FROM_FILE) in PARTS:
            word, direct = word.removesuffix(FROM_FILE), variable.removesuffix(FROM_FILE.upper())
            if environ.get(direct):
                return f"environment: give {variable} or {direct}, not both"
            text = _secret(Path(environ[variable])) if environ[variable] else ""
            if text is None:
                return f"environment: the file that {variable} names cannot be read"
        # A variable that is set to nothing is not set; a memo may be empty.
        if word in PARTS and (text or word == "memo"):
            tables.setdefault(account, {})[word] = text
        elif text:
            tables.setdefault(account, {})[word] = _plain(text)
    sources: list[Source] = []
    for account, table in sorted(tables.items()):
        prefix = _prefix(account)
        source = read_account(account, f"environment, {prefix}…", table)
        if isinstance(source, str):
            return f"environment, {prefix}…: {source}"
        for variable in left_over(environ):
            if variable.startswith(prefix):
                own = [*PARTS, *(plain_options(source.venue) or ())]
                meant = near(variable.removeprefix(prefix), [word.upper() for word in own])
                return f"environment: {variable} is none of the account's words: {meant}"
        sources.append(source)
    return sources


def _words(environ: Mapping[str, str]) -> set[str]:
    """All that a variable may end in, in small letters; none where there is no variable to read."""
    words: set[str] = set()
    for venue in venue_ids() if any(_ours(environ)) else ():
        with suppress(ImportError):  # another distribution's adapter that is not whole takes no part
            words |= {"venue", *PARTS, *(part + FROM_FILE for part in PARTS), *(plain_options(venue) or ())}
    return words


def _ours(environ: Mapping[str, str]) -> Iterable[str]:
    return (name for name in environ if name.startswith(PREFIX) and name not in (NAMED_BY, WEB_TOKEN))


def _prefix(account: str) -> str:
    return f"{PREFIX}{account.upper().replace('-', '_')}_"


def _split(variable: str, words: Collection[str]) -> tuple[str, str] | None:
    """A variable's account and word; of words that end alike the longer one is meant."""
    text = variable.removeprefix(PREFIX).lower()
    for word in sorted(words, key=len, reverse=True):
        if text.endswith(f"_{word}") and len(text) > len(word) + 1:
            return _folded(text[: -len(word) - 1]), word
    return None


def _folded(name: str) -> str:
    """An account's name as variables tell it: they have no small letters and no `-`."""
    return name.lower().replace("_", "-")


def _name(variable: str, word: str) -> str:
    """The account's name, as the variable spells it."""
    return variable.removeprefix(PREFIX)[: -len(word) - 1]


def _secret(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(MAX_SECRET + 1)
    except (OSError, UnicodeDecodeError, ValueError):
        return None
    return None if len(text) > MAX_SECRET else text.removesuffix("\n").removesuffix("\r")


def _plain(text: str) -> bool | float | str:
    """An option as a keys file would hold it."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", text) else text
