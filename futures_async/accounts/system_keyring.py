"""Accounts from the system's keyring, under the service `futures-async`.

`<account>.key`, `<account>.secret`, … and, where the account's name is not the venue's, `<account>.venue`.
"""

from __future__ import annotations

from collections.abc import Sequence

from futures_async.accounts.source import PARTS, Source, read_account
from futures_async.unified.errors import InvalidRequest, printable

SERVICE = "futures-async"


def place(name: str) -> str:
    """Where an account is, for messages."""
    return f"keyring, {SERVICE} {name}.…"


def read_keyring(names: Sequence[str]) -> list[Source]:
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
            raise InvalidRequest("the keyring needs an extra: pip install 'futures-async[keyring]'") from None
        raise InvalidRequest(
            f"the keyring's backend cannot be used ({type(error).__name__}: {printable(str(error))}): "
            "`keyring diagnose` shows where it is set"
        ) from None

    def account(name: str) -> Source | str | None:
        """One account, None when it is not there, or what is wrong. Raises nothing: see `source.py`."""
        try:
            if not keyring.get_password(SERVICE, f"{name}.key"):
                return None
            found = {part: keyring.get_password(SERVICE, f"{name}.{part}") for part in ("venue", *PARTS)}
        except Exception as error:  # its message is a backend's own; its name says locked, absent or failed
            return f"cannot be read ({type(error).__name__}): `keyring diagnose` helps"
        return read_account(name, place(name), {part: value for part, value in found.items() if value})

    sources: list[Source] = []
    for name in names:
        found = account(name)
        if isinstance(found, str):
            raise InvalidRequest(f"{place(name)}: {found}")
        if found is not None:
            sources.append(found)
    return sources
