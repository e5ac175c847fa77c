"""Where keys come from: a TOML file that nobody else can read, the system's keyring, or the environment.

    [bitget]                       # the table's name is the account's; it is the venue too, unless `venue` says another
    key = "…"
    secret = "…"
    passphrase = "…"
    uid = "…"                      # optional: names the rate-limit account

    [hedge-book]
    venue = "bitmart"
    key = "…"
    secret = "…"
    memo = "…"

In the keyring, under the service `futures-async`: `<account>.key`, `<account>.secret`, … and, where the account's name
is not the venue's, `<account>.venue`.

In the environment: `FUTURES_ASYNC_<ACCOUNT>_KEY`, `…_SECRET`, `…_PASSPHRASE`, `…_MEMO`, `…_UID`, with the venue's id in
capitals and `_` for `-`.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from futures_async.unified.credentials import Credentials
from futures_async.unified.errors import InvalidRequest, printable

PREFIX = "FUTURES_ASYNC_"
SERVICE = "futures-async"
PARTS = ("key", "secret", "passphrase", "memo", "uid")
OPTIONS = ("base_url", "product_type", "margin_coin", "account", "demo")


class KeySource(NamedTuple):
    """One account that can be opened."""

    name: str
    venue: str
    credentials: Credentials
    options: dict[str, Any]


def default_file(environ: Mapping[str, str]) -> Path:
    """The keys file that is looked for when none is named."""
    named = environ.get(PREFIX + "KEYS")
    if named:
        return Path(named)
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "futures-async" / "keys.toml"


def check_private(path: Path) -> None:
    """Refuse a keys file that others could read or replace.

    Raises:
        InvalidRequest: A link, not a file, another's, or open to group or others.
    """
    try:
        info = path.lstat()
    except FileNotFoundError:
        raise InvalidRequest(f"no keys file {path}") from None
    if not stat.S_ISREG(info.st_mode):
        raise InvalidRequest(f"keys file {path} must be a plain file, not a link or folder")
    if os.name == "posix":
        if info.st_mode & 0o077:
            raise InvalidRequest(f"keys file {path} can be read by others: chmod 600 {path}")
        if info.st_uid != os.geteuid():
            raise InvalidRequest(f"keys file {path} belongs to another user")


def read_file(path: Path) -> list[KeySource]:
    """All accounts of a keys file.

    Raises:
        InvalidRequest: Not private, not TOML, or an account is not complete. Never shows a value.
    """
    check_private(path)
    found = _sources(path)
    if isinstance(found, str):
        raise InvalidRequest(f"keys file {path}{found}")
    return found


def _sources(path: Path) -> list[KeySource] | str:
    """The accounts, or what is wrong. Raises nothing: a traceback with locals would show this frame's keys."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        # The parser's message quotes the line, and the line may hold a key.
        return " is not valid TOML"
    sources: list[KeySource] = []
    for name, table in document.items():
        if not isinstance(table, dict):
            return f": {name} must be a table: [{name}]"
        source = _account(name, cast("dict[str, Any]", table))
        if isinstance(source, str):
            return f", [{name}]: {source}"
        sources.append(source)
    return sources


def _account(name: str, table: dict[str, Any]) -> KeySource | str:
    """One account, or what is wrong with it."""
    unknown = set(table) - {"venue", *PARTS, *OPTIONS}
    if unknown:
        return f"unknown {', '.join(sorted(unknown))}"
    parts: dict[str, Any] = {part: table.get(part) for part in PARTS}
    if any(value is not None and not isinstance(value, str) for value in parts.values()):
        return f"{', '.join(PARTS)} must be text in quotes"
    try:
        credentials = Credentials(**parts)
    except InvalidRequest as error:
        return str(error)
    options = {option: table[option] for option in OPTIONS if option in table}
    return KeySource(name, str(table.get("venue", name)), credentials, options)


def read_environment(venues: list[str], environ: Mapping[str, str]) -> list[KeySource]:
    """An account for each venue whose key is in the environment."""
    sources: list[KeySource] = []
    for venue in venues:
        prefix = f"{PREFIX}{venue.upper().replace('-', '_')}_"
        if environ.get(f"{prefix}KEY"):
            found = _account(venue, {part: value for part in PARTS if (value := environ.get(prefix + part.upper()))})
            if isinstance(found, str):
                raise InvalidRequest(f"environment {prefix}…: {found}")
            sources.append(found)
    return sources


def read_keyring(names: Sequence[str]) -> list[KeySource]:
    """Those of the named accounts whose key is in the system's keyring.

    Raises:
        InvalidRequest: The extra is not installed, the keyring can't be read, or an account is not complete. Never
            shows a value.
    """
    try:
        import keyring

        keyring.get_keyring()  # made by the name that stands in its settings, if that was not done by the import
    except Exception as error:  # a backend is anybody's code, and settings may name anything
        if isinstance(error, ModuleNotFoundError) and error.name == "keyring":
            raise InvalidRequest("--keyring needs an extra: pip install 'futures-async[keyring]'") from None
        raise InvalidRequest(
            f"the keyring's backend cannot be used ({type(error).__name__}: {printable(str(error))}): "
            "`keyring diagnose` shows where it is set"
        ) from None

    def account(name: str) -> KeySource | str | None:
        """One account, None when it is not there, or what is wrong. Raises nothing: see `_sources`."""
        try:
            if not keyring.get_password(SERVICE, f"{name}.key"):
                return None
            found = {part: keyring.get_password(SERVICE, f"{name}.{part}") for part in ("venue", *PARTS)}
        except Exception as error:  # its message is a backend's own; its name says locked, absent or failed
            return f"cannot be read ({type(error).__name__}): `keyring diagnose` helps"
        return _account(name, {part: value for part, value in found.items() if value})

    sources: list[KeySource] = []
    for name in names:
        found = account(name)
        if isinstance(found, str):
            raise InvalidRequest(f"keyring, {SERVICE} {name}.…: {found}")
        if found is not None:
            sources.append(found)
    return sources


def find_keys(
    file: Path | None, venues: list[str], environ: Mapping[str, str], *, keyring: Sequence[str] = ()
) -> list[KeySource]:
    """Accounts from the named file, else from the default file if there is one, from the keyring, from the environment.

    An account that is in several is taken from the first.

    Args:
        file: The only source, with the keyring, where it is named.
        venues: What is looked for in the environment.
        environ: The environment.
        keyring: Accounts to look for in the system's keyring; it is not touched when there are none.

    Raises:
        InvalidRequest: A file or a keyring that cannot be used, or no keys anywhere.
    """
    sources: list[KeySource] = []
    path = file or default_file(environ)
    if file is not None or path.exists():
        sources += read_file(path)
    if keyring:
        sources += _others(read_keyring(keyring), sources)
    if file is None:
        sources += _others(read_environment(venues, environ), sources)
    if not sources:
        raise InvalidRequest(
            f"no keys: write them into {path} (mode 600), the system's keyring (--keyring) or {PREFIX}<VENUE>_KEY, "
            "…_SECRET, …; or use --simulated, which needs none"
        )
    return sources


def _others(found: list[KeySource], known: list[KeySource]) -> list[KeySource]:
    names = {source.name for source in known}
    return [source for source in found if source.name not in names]
