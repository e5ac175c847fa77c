"""Where the command line finds keys, and which files it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from traceback import TracebackException

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from futures_async import InvalidRequest
from futures_async.cli.accounts import Source, open_accounts
from futures_async.cli.keys import default_file, find_keys, read_environment, read_file, read_keyring

GOOD = '[bitget]\nkey = "k-canary"\nsecret = "s-canary"\npassphrase = "p-canary"\nuid = "7"\n'
VENUES = ["bitget", "bitget-uta", "bitmart"]


def keys_file(folder: Path, text: str = GOOD, mode: int = 0o600) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_private_file_gives_its_accounts(tmp_path: Path) -> None:
    text = (
        GOOD + '[hedge-book]\nvenue = "bitmart"\nkey = "k"\nsecret = "s"\nmemo = "m"\nbase_url = "http://127.0.0.1:1"\n'
    )
    first, second = read_file(keys_file(tmp_path, text))
    assert (first.name, first.venue, first.credentials.uid, first.options) == ("bitget", "bitget", "7", {})
    assert (second.name, second.venue) == ("hedge-book", "bitmart")
    assert second.options == {"base_url": "http://127.0.0.1:1"}


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604, 0o660, 0o620])
def test_a_file_that_others_can_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InvalidRequest, match="chmod 600"):
        read_file(keys_file(tmp_path, mode=mode))


def test_a_link_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(keys_file(tmp_path))
    for path, word in ((link, "plain file"), (tmp_path, "plain file"), (tmp_path / "none.toml", "no keys file")):
        with pytest.raises(InvalidRequest, match=word):
            read_file(path)


def test_another_users_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = keys_file(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(InvalidRequest, match="another user"):
        read_file(path)


@pytest.mark.parametrize(
    "text",
    [
        'key = "s-canary"',
        '[bitget]\nkey = "k-canary"\nsecret = "s-canary',
        '[bitget]\nkey = "k-canary"\nsecret = 12\n',
        '[bitget]\nkey = "k-canary"\n',
        '[bitget]\nkey = "k-canary"\nsecret = "s-canary"\npasphrase = "p-canary"\n',
        '[bitget]\nkey = "k-canary"\nsecret = "s canary"\n',
    ],
)
def test_a_file_with_a_mistake_is_refused_without_showing_what_is_in_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_file(keys_file(tmp_path, text))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_environment_gives_an_account_for_each_venue_with_a_key() -> None:
    environ = {
        "FUTURES_ASYNC_BITGET_UTA_KEY": "k",
        "FUTURES_ASYNC_BITGET_UTA_SECRET": "s",
        "FUTURES_ASYNC_BITGET_UTA_PASSPHRASE": "p",
        "FUTURES_ASYNC_BITMART_SECRET": "s",
    }
    (source,) = read_environment(VENUES, environ)
    assert (source.name, source.venue) == ("bitget-uta", "bitget-uta")
    with pytest.raises(InvalidRequest, match="secret is missing"):
        read_environment(VENUES, {"FUTURES_ASYNC_BITMART_KEY": "k"})


def test_a_named_file_is_the_only_source_and_the_default_file_wins_over_the_environment(tmp_path: Path) -> None:
    environ = {
        "FUTURES_ASYNC_BITGET_KEY": "env",
        "FUTURES_ASYNC_BITGET_SECRET": "env",
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    (tmp_path / "futures-async").mkdir()
    keys_file(tmp_path / "futures-async")
    named = keys_file(tmp_path, GOOD.replace('"7"', '"8"'))
    assert [source.credentials.uid for source in find_keys(None, VENUES, environ)] == ["7"]
    assert [source.credentials.uid for source in find_keys(named, VENUES, environ)] == ["8"]
    assert default_file({"FUTURES_ASYNC_KEYS": "/x/y.toml"}) == Path("/x/y.toml")


def test_without_keys_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="--simulated"):
        find_keys(None, VENUES, {"XDG_CONFIG_HOME": str(tmp_path)})


# The keyring


class MemoryKeyring(KeyringBackend):
    """Keeps passwords in memory; locked, it refuses to tell any."""

    priority = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - a property of the class there

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("canary")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


def keep(**parts: str) -> None:
    """What `keyring set futures-async ACCOUNT.PART` does; an underscore stands for the dot."""
    for name, value in parts.items():
        keyring.set_password("futures-async", name.replace("_", "."), value)


@pytest.fixture
def ring() -> Generator[MemoryKeyring]:
    """The system's keyring for one test, with one account."""
    before, ring = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ring)
    keep(bitget_key="k-canary", bitget_secret="s-canary", bitget_passphrase="p-canary")
    try:
        yield ring
    finally:
        keyring.set_keyring(before)


@pytest.mark.usefixtures("ring")
def test_the_keyring_gives_the_named_accounts_that_are_in_it() -> None:
    keep(hedge_key="k", hedge_secret="s", hedge_memo="m", hedge_uid="9", hedge_venue="bitmart")
    first, second = read_keyring(["bitget", "bitget-uta", "hedge"])
    assert (first.name, first.venue, first.credentials.key.reveal()) == ("bitget", "bitget", "k-canary")
    assert first.credentials.passphrase is not None
    assert (second.name, second.venue, second.credentials.uid) == ("hedge", "bitmart", "9")
    assert "canary" not in repr([first, second])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bitget_secret": ""}, "secret is missing"),
        ({"bitget_passphrase": "p canary"}, "passphrase has white space"),
        ({}, "KeyringLocked"),
    ],
)
def test_a_keyring_with_a_mistake_is_refused_without_showing_what_is_in_it(
    ring: MemoryKeyring, change: dict[str, str], says: str
) -> None:
    keep(**change)
    ring.locked = not change
    with pytest.raises(InvalidRequest, match=says) as caught:
        read_keyring(["bitget"])
    assert caught.tb.tb_next is not None  # this frame holds them
    inside = TracebackException(caught.type, caught.value, caught.tb.tb_next, capture_locals=True)
    shown = "".join(inside.format())
    assert "canary" not in shown
    assert "futures-async bitget" in str(caught.value)


def test_without_its_extra_the_keyring_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InvalidRequest, match=r"pip install 'futures-async\[keyring\]'"):
        read_keyring(["bitget"])


@pytest.mark.parametrize(
    ("backend", "says"),
    [
        ("nowhere", "ValueError"),
        ("nowhere.Keyring", "ModuleNotFoundError: No module named 'nowhere'"),
        ("keyring.backends.null.Nothing", "AttributeError"),
        ("json.JSONDecoder", "AttributeError"),
    ],
)
def test_a_configured_backend_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, backend: str, says: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    for module in ("keyring", "keyring.core"):  # which read the setting when they are imported
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(InvalidRequest, match=says) as caught:
        read_keyring(["bitget"])
    assert "keyring diagnose" in str(caught.value)


class BrokenKeyring(MemoryKeyring):
    """As SecretService without a session bus, KWallet without dbus, libsecret without the library."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("canary: no bus")


def test_a_backend_that_cannot_work_here_is_one_line_whatever_it_raises(ring: MemoryKeyring) -> None:
    keyring.set_keyring(BrokenKeyring())
    with pytest.raises(InvalidRequest, match=r"cannot be read \(RuntimeError\)") as caught:
        read_keyring(["bitget"])
    assert "canary" not in str(caught.value)


def test_the_command_ends_in_one_line_and_2() -> None:
    environ = {**os.environ, "PYTHON_KEYRING_BACKEND": "nowhere.Keyring"}
    command = [sys.executable, "-m", "futures_async.cli", "positions", "--keyring", "--venue", "bitget"]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)
    assert "No module named 'nowhere'" in ended.stderr


def test_the_keyring_stands_between_the_file_and_the_environment(ring: MemoryKeyring, tmp_path: Path) -> None:
    environ = {f"FUTURES_ASYNC_{venue}_{part}": "env" for venue in ("BITGET", "BITMART") for part in ("KEY", "SECRET")}
    environ["XDG_CONFIG_HOME"] = str(tmp_path)
    keep(bitget_uid="ring")
    named = keys_file(tmp_path)

    def uids(file: Path | None, names: list[str]) -> dict[str, str | None]:
        return {key.name: key.credentials.uid for key in find_keys(file, VENUES, environ, keyring=names)}

    assert uids(None, ["bitget"]) == {"bitget": "ring", "bitmart": None}
    assert uids(named, ["bitget"]) == {"bitget": "7"}
    ring.locked = True  # it is not asked when it is not wanted
    assert uids(None, []) == {"bitget": None, "bitmart": None}


@pytest.mark.anyio
@pytest.mark.usefixtures("ring")
async def test_a_command_opens_the_accounts_of_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("FUTURES_ASYNC_")]:
        monkeypatch.delenv(name)
    async with open_accounts(Source(keyring=True)) as accounts:
        assert list(accounts) == ["bitget"]
        assert "canary" not in repr(accounts)
    with pytest.raises(InvalidRequest, match="no keys for bitmart"):
        async with open_accounts(Source(keyring=True, venues=("bitget", "bitmart"))):
            pass
