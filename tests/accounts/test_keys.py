"""Where accounts are found, and which files are refused."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Generator
from importlib.metadata import EntryPoint
from pathlib import Path
from traceback import TracebackException

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

import futures_async as fa
from futures_async import InvalidRequest, registry
from futures_async.accounts.environment import read_environment
from futures_async.accounts.keys_file import default_file, read_file
from futures_async.accounts.load import find_keys
from futures_async.accounts.system_keyring import read_keyring
from futures_async.cli.accounts import Source, open_accounts
from futures_async.unified import installed

GOOD = '[bitget]\nkey = "k-canary"\nsecret = "s-canary"\npassphrase = "p-canary"\nuid = "7"\n'


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


def test_an_account_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    accounts = fa.load_accounts(keys_file(tmp_path))
    with pytest.raises(KeyError, match=r"no account 'bitgt': did you mean bitget\? known are bitget"):
        accounts["bitgt"]
    assert accounts.get("bitgt") is None
    assert list(accounts) == ["bitget"]


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604, 0o660, 0o620])
def test_a_file_that_others_can_touch_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InvalidRequest, match="chmod 600"):
        read_file(keys_file(tmp_path, mode=mode))


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path, word in ((tmp_path, "plain file"), (tmp_path / "none.toml", "no keys file")):
        with pytest.raises(InvalidRequest, match=word):
            read_file(path)


def seen_as(
    monkeypatch: pytest.MonkeyPatch, path: Path, *, link: int, owner: int, mode: int, group: int = 4242
) -> None:
    """Let a file, and the link to it, look as if others owned them."""

    def looks(real: os.stat_result, uid: int) -> os.stat_result:
        fields = list(real)
        fields[0], fields[4], fields[5] = stat.S_IFREG | mode, uid, group
        return os.stat_result(fields)

    linked, pointed = looks(os.lstat(path), link), looks(os.stat(path), owner)

    def lstat(path: Path) -> os.stat_result:
        return linked

    def stat_(path: Path) -> os.stat_result:
        return pointed

    monkeypatch.setattr(Path, "lstat", lstat)
    monkeypatch.setattr(Path, "stat", stat_)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 100)
    monkeypatch.setattr(os, "getgroups", lambda: [4242])


@pytest.mark.parametrize(
    ("link", "owner", "mode", "group", "says"),
    [
        (1000, 1000, 0o600, 100, None),
        (0, 0, 0o400, 0, None),
        (0, 0, 0o440, 4242, None),  # as Kubernetes mounts a secret with fsGroup, through a link of root's
        (0, 0, 0o640, 100, None),
        (1000, 0, 0o640, 100, None),
        (1000, 1000, 0o640, 100, "chmod 600"),
        (0, 0, 0o440, 7, "root's and open to others"),
        (0, 0, 0o444, 4242, "root's and open to others"),
        (0, 0, 0o660, 4242, "root's and open to others"),
        (1001, 1000, 0o600, 100, "another user"),
        (1000, 1001, 0o600, 100, "another user"),
        (1001, 1001, 0o640, 4242, "another user"),
    ],
)
def test_a_file_is_taken_when_nobody_but_its_user_and_root_can_change_it_or_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: int, owner: int, mode: int, group: int, says: str | None
) -> None:
    path = keys_file(tmp_path)
    seen_as(monkeypatch, path, link=link, owner=owner, mode=mode, group=group)
    if says is None:
        assert len(read_file(path)) == 1
    else:
        with pytest.raises(InvalidRequest, match=says):
            read_file(path)


def test_a_link_of_ones_own_to_ones_own_file_is_taken(tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(keys_file(tmp_path))
    assert len(read_file(link)) == 1
    keys_file(tmp_path, mode=0o644)
    with pytest.raises(InvalidRequest, match="chmod 600"):
        read_file(link)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[bitget]\nsecret = "s"\n', r"\[bitget\]: key is missing"),
        ('[bitget]\nkey = "k"\n', r"\[bitget\]: secret is missing"),
        (
            '[bitget]\nkey = "k"\nsecret = "s"\npasphrase = "p"\n',
            r"did you mean passphrase\? known are base_url, .*demo, .*venue",
        ),
        ('[bitget]\nkey = "k"\nsecret = "s"\nmemo = 5\n', "memo must be text in quotes"),
        ('[bitgt]\nkey = "k"\n', "venue is missing, and 'bitgt' is none: did you mean bitget"),
        ('[hedge]\nvenue = "bit"\n', r"\[hedge\]: venue 'bit' is none: did you mean \w+\? known are .*bitget, "),
        ("[hedge]\nvenue = 5\n", "venue '5' is none: known are .*bitget, "),
        (
            '[bitmart]\nkey = "k"\nsecret = "s"\nproduct_type = "USDT-FUTURES"\n',
            "unknown word 'product_type': known are",
        ),
        ('[bitmart]\nkey = "k"\nsecret = "s"\nlimiter = "host"\n', "unknown word 'limiter'"),
    ],
)
def test_what_is_missing_or_unknown_is_named_with_the_words_that_there_are(
    tmp_path: Path, table: str, says: str
) -> None:
    with pytest.raises(InvalidRequest, match=says):
        read_file(keys_file(tmp_path, table))


@pytest.mark.parametrize(
    "text",
    [
        'key = "s-canary"',
        '[bitget]\nkey = "k-canary"\nsecret = "s-canary',
        '[bitget]\nkey = "k-canary"\nsecret = 12\n',
        '[bitget]\nkey = "k-canary"\n',
        '[bitget]\nkey = "k-canary"\nsecret = "s-canary"\npasphrase = "p-canary"\n',
        '[bitget]\nkey = "k-canary"\nsecret = "s canary"\n',
        '[hedge]\nkey = "k-canary"\nsecret = "s-canary"\n',
        '[hedge]\nvenue = "binance"\nkey = "k-canary"\n',
    ],
)
def test_a_file_with_a_mistake_is_refused_without_showing_what_is_in_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_file(keys_file(tmp_path, text))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# The environment


def variables(**parts: str) -> dict[str, str]:
    return {f"FUTURES_ASYNC_{name}": value for name, value in parts.items()}


def test_the_environment_gives_an_account_for_each_name() -> None:
    environ = variables(
        BITGET_UTA_KEY="k",
        BITGET_UTA_SECRET="s",
        BITGET_UTA_PASSPHRASE="p",
        HEDGE_BOOK_VENUE="bitmart",
        HEDGE_BOOK_KEY="k2",
        HEDGE_BOOK_SECRET="s2",
        HEDGE_BOOK_MEMO="",
        HEDGE_BOOK_UID="",
        HEDGE_BOOK_ACCOUNT="copy_trading",
        HEDGE_BOOK_UID_LIMIT="5",
        HEDGE_BOOK_TIMEOUT="2.5",
        HEDGE_BOOK_DEMO="True",
        KEYS="/x/keys.toml",
        NOTE="of somebody else's",
    )
    first, second = read_environment(environ | {"PATH": "/bin"})
    assert (first.name, first.venue, first.options) == ("bitget-uta", "bitget-uta", {})
    assert (second.name, second.venue, second.credentials.uid) == ("hedge-book", "bitmart", None)
    assert second.options == {"account": "copy_trading", "uid_limit": 5, "timeout": 2.5, "demo": True}
    assert second.credentials.memo is not None
    assert read_environment({"PATH": "/bin"}) == []


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"BITMART_KEY": "k"}, "FUTURES_ASYNC_BITMART_…: secret is missing"),
        ({"BITMART_SECRET": "s"}, "FUTURES_ASYNC_BITMART_…: key is missing"),
        ({"HEDGE_KEY": "k", "HEDGE_SECRET": "s"}, "venue is missing, and 'hedge' is none: known are .*bitget, "),
        ({"HEDGE_VENUE": "bitgett", "HEDGE_KEY": "k"}, "venue 'bitgett' is none: did you mean bitget"),
        ({"BITMART_KEY": "k", "BITMART_SECRET": "s", "BITMART_RSA": "true"}, "unknown word 'rsa'"),
        (
            {"BITGET_KEY": "k", "BITGET_SECRET": "s", "BITGET_PASFRASE": "p"},
            "FUTURES_ASYNC_BITGET_PASFRASE is none .*: did you mean PASSPHRASE",
        ),
        ({"BITMART_KEY": "k", "BITMART_KEY_FILE": "/x"}, "FUTURES_ASYNC_BITMART_KEY, not both"),
        ({"BITMART_KEY": "k", "BITMART_SECRET_FILE": "/no/such"}, "that FUTURES_ASYNC_BITMART_SECRET_FILE names"),
        (
            {"Main_Book_VENUE": "bitmart", "Main_Book_KEY": "k", "MAIN_BOOK_SECRET": "s"},
            "FUTURES_ASYNC_Main_Book_… and FUTURES_ASYNC_MAIN_BOOK_… are one account: write FUTURES_ASYNC_MAIN_BOOK_…",
        ),
    ],
)
def test_an_account_of_the_environment_with_a_mistake_is_refused(parts: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        read_environment(variables(**parts))


def test_a_value_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s-canary\n")
    (tmp_path / "large").write_text("x" * 70_000)
    (tmp_path / "picture").write_bytes(b"\xff\xfe")
    (source,) = read_environment(variables(BITMART_KEY="k", BITMART_SECRET_FILE=str(tmp_path / "secret")))
    assert source.credentials.secret.reveal() == "s-canary"
    for name in ("large", "picture", "."):
        with pytest.raises(InvalidRequest, match="cannot be read"):
            read_environment(variables(BITMART_KEY="k", BITMART_SECRET_FILE=str(tmp_path / name)))


def test_variables_of_an_account_that_was_found_elsewhere_are_not_looked_at() -> None:
    assert read_environment(variables(BITGET_KEY="k", BITGET_DEMO="true"), but={"bitget"}) == []
    assert read_environment(variables(MAIN_BOOK_KEY="k", Main_Book_SECRET=""), but={"Main_Book"}) == []


def test_the_token_of_the_page_is_no_accounts(tmp_path: Path) -> None:
    environ = variables(WEB_TOKEN="t", WEB_VENUE="bitmart", WEB_KEY="k", WEB_SECRET="s")
    assert [source.name for source in read_environment(environ)] == ["web"]
    with pytest.raises(InvalidRequest) as raised:
        find_keys(None, {"XDG_CONFIG_HOME": str(tmp_path), "FUTURES_ASYNC_WEB_TOKEN": "t"})
    assert "not understood" not in str(raised.value)


class Plain:
    """An adapter that does not say what it takes."""


def test_an_adapter_that_does_not_say_what_it_takes_is_given_every_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"plain": EntryPoint("plain", f"{__name__}:Plain", installed.GROUP)}
    monkeypatch.setattr(registry, "adapters", lambda: found)
    (source,) = read_file(keys_file(tmp_path, '[plain]\nkey = "k"\nsecret = "s"\nregion = "x"\n'))
    assert source.options == {"region": "x"}


def test_an_adapter_of_others_that_is_not_whole_hides_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {**installed.adapters(), "gone": EntryPoint("gone", "no_such_package:Gone", installed.GROUP)}
    monkeypatch.setattr(registry, "adapters", lambda: found)
    assert len(read_environment(variables(BITMART_KEY="k", BITMART_SECRET="s"))) == 1


def test_a_named_file_is_the_only_source_and_the_default_file_wins_over_the_environment(tmp_path: Path) -> None:
    environ = {
        "FUTURES_ASYNC_BITGET_KEY": "env",
        "FUTURES_ASYNC_BITGET_SECRET": "env",
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    (tmp_path / "futures-async").mkdir()
    keys_file(tmp_path / "futures-async")
    named = keys_file(tmp_path, GOOD.replace('"7"', '"8"'))
    assert [source.credentials.uid for source in find_keys(None, environ)] == ["7"]
    assert [source.credentials.uid for source in find_keys(named, environ)] == ["8"]
    assert default_file({"FUTURES_ASYNC_KEYS": "/x/y.toml"}) == Path("/x/y.toml")


def test_without_keys_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"no keys: write them into .*keys\.toml \(mode 600\)"):
        find_keys(None, {"XDG_CONFIG_HOME": str(tmp_path)})
    with pytest.raises(InvalidRequest, match="not understood: FUTURES_ASYNC_BITGET_KEYY"):
        find_keys(None, {"XDG_CONFIG_HOME": str(tmp_path), "FUTURES_ASYNC_BITGET_KEYY": "k"})


def test_where_there_is_no_home_folder_there_is_no_default_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert default_file({}) is None
    with pytest.raises(InvalidRequest, match="no keys: write them into the file that FUTURES_ASYNC_KEYS names"):
        find_keys(None, {})


def test_a_home_folder_of_somebody_else_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(InvalidRequest, match="no keys"):
        find_keys(None, {"XDG_CONFIG_HOME": "/root/.config"})


def test_a_file_that_cannot_be_read_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    path = keys_file(tmp_path)
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InvalidRequest, match="cannot be read: Permission denied"):
        read_file(path)
    monkeypatch.setattr(Path, "lstat", refuse)
    with pytest.raises(InvalidRequest, match="cannot be read: Permission denied"):
        read_file(path)


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
        return {key.name: key.credentials.uid for key in find_keys(file, environ, keyring=names)}

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


# From Python


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer on which nothing is set up."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("FUTURES_ASYNC_")]:
        monkeypatch.delenv(name)
    return tmp_path


def test_accounts_are_loaded_from_a_file_and_the_environment(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bare / "futures-async").mkdir()
    keys_file(bare / "futures-async", GOOD + 'product_type = "USDC-FUTURES"\n')
    for part, value in {"VENUE": "bitget", "KEY": "k", "SECRET": "s", "PASSPHRASE": "p"}.items():
        monkeypatch.setenv(f"FUTURES_ASYNC_HEDGE_{part}", value)
    accounts = fa.load_accounts(limiter=fa.NoLimiter(), timeout=3)
    assert {name: (exchange.id, exchange.account_id[:4]) for name, exchange in accounts.items()} == {
        "bitget": ("bitget", "7"),
        "hedge": ("bitget", "key:"),
    }
    assert getattr(accounts["bitget"], "product_type", None) == "USDC-FUTURES"
    assert list(fa.load_accounts(environ=False)) == ["bitget"]
    assert list(fa.load_accounts(only=["hedge"])) == ["hedge"]
    assert list(fa.load_accounts(only=["bitget"])) == ["bitget", "hedge"]
    assert list(fa.load_accounts(str(bare / "futures-async" / "keys.toml"))) == ["bitget"]
    with pytest.raises(InvalidRequest, match="no keys for hedgehog; there are some for bitget, hedge"):
        fa.load_accounts(only=["bitget", "hedgehog"])


def test_the_variable_that_names_the_keys_file_is_read_without_those_of_accounts(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUTURES_ASYNC_KEYS", str(keys_file(bare)))
    monkeypatch.setenv("FUTURES_ASYNC_BITMART_KEY", "k")
    assert list(fa.load_accounts(environ=False)) == ["bitget"]


def test_what_an_adapter_refuses_is_said_with_the_place_of_the_account(bare: Path) -> None:
    path = keys_file(bare, GOOD + "uid_limit = 0\n")
    with pytest.raises(InvalidRequest, match=r"keys\.toml, \[bitget\]: bitget: uid_limit must be"):
        fa.load_accounts(path)
    path = keys_file(bare, '[bittap]\nkey = "k"\nsecret = "s"\ndemo = true\n')
    with pytest.raises(fa.NotSupported, match=r"\[bittap\]: bittap: the venue has no demo trading"):
        fa.load_accounts(path)
    path = keys_file(bare, '[bitget]\nkey = "k"\nsecret = "s"\n')
    with pytest.raises(InvalidRequest, match=r"\[bitget\]: bitget needs credentials with passphrase"):
        fa.load_accounts(path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[okx]\npassphrase = "p"\nmemo = "m-canary"', r"\[okx\]: okx has no memo: it has passphrase"),
        ('[bitmart]\nmemo = "m"\npassphrase = "m-canary"', r"\[bitmart\]: bitmart has no passphrase: it has memo"),
        ('[binance]\npassphrase = "m-canary"', r"\[binance\]: binance has no passphrase: key and secret are all"),
    ],
)
def test_a_part_of_the_keys_that_the_venue_does_not_have_is_refused(bare: Path, table: str, says: str) -> None:
    path = keys_file(bare, f'{table}\nkey = "k"\nsecret = "s"\n')
    with pytest.raises(InvalidRequest, match=says) as caught:
        fa.load_accounts(path)
    assert "canary" not in str(caught.value)


def test_a_memo_that_is_set_to_nothing_is_none(bare: Path) -> None:
    assert list(fa.load_accounts(keys_file(bare, '[binance]\nkey = "k"\nsecret = "s"\nmemo = ""\n'))) == ["binance"]


@pytest.mark.usefixtures("ring")
def test_accounts_of_the_keyring_are_loaded_when_it_is_asked_for(bare: Path) -> None:
    assert list(fa.load_accounts(keyring=True)) == ["bitget"]
    with pytest.raises(InvalidRequest, match="no keys"):
        fa.load_accounts()


def test_the_account_of_an_interface_that_ends_is_named(bare: Path) -> None:
    path = keys_file(bare, GOOD.replace("[bitget]", '[old]\nvenue = "bitget-v1"'))
    with pytest.warns(fa.LifecycleWarning, match="^old: Bitget v1: this interface is closed") as caught:
        fa.load_accounts(path)
    assert caught[0].filename == __file__


def test_no_secret_of_an_option_is_in_the_repr_of_what_was_found(bare: Path) -> None:
    (source,) = read_file(keys_file(bare, GOOD + 'base_url = "https://canary"\n'))
    assert repr(source) == "Source('bitget', 'bitget', options=['base_url'])"


def test_a_named_file_that_is_not_there_is_told_although_the_environment_has_accounts(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables(BITGET_KEY="k", BITGET_SECRET="s", BITGET_PASSPHRASE="p").items():
        monkeypatch.setenv(name, value)
    assert list(fa.load_accounts()) == ["bitget"]  # the default file is only looked for
    monkeypatch.setenv("FUTURES_ASYNC_KEYS", str(bare / "gone.toml"))
    with pytest.raises(InvalidRequest, match=r"no keys file .*gone\.toml"):
        fa.load_accounts()


def test_the_keys_of_several_venues_are_not_sent_to_one_address_unless_it_is_this_computer(bare: Path) -> None:
    both = GOOD + '[okx]\nkey = "k"\nsecret = "s"\npassphrase = "p"\n'
    path = keys_file(bare, both)
    with pytest.raises(InvalidRequest, match="okx would send the keys of all there: name one venue"):
        fa.load_accounts(path, base_url="https://a-proxy.example")
    assert len(fa.load_accounts(path, base_url="http://127.0.0.1:8900")) > 1
    assert list(fa.load_accounts(path, base_url="https://a-proxy.example", only=["okx"])) == ["okx"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[bybit\nkey=", "is not valid TOML: look at line 1"),
        (b'[bybit]\nkey = "a"\nsecret = "canary\n', "is not valid TOML: look at line 3"),
        (b"[bybit]\nsecret = canary", "is not valid TOML: look at line 2"),
        (b'[bybit]\nsecret = """canary', "is not valid TOML: it ends too early"),
        (b'[bybit]\nsecret = "canary"\nsecret = "canary"', "is not valid TOML: look at line 3"),
        (b'[bybit]\nsecret = "canary', "is not valid TOML: look at line 2"),
        (b"[bybit]\nsecret =", "is not valid TOML: look at line 2"),
        (b"[bybit]\nsecret", "is not valid TOML: look at line 2"),
        (b"[bybit", "is not valid TOML: look at line 1"),
        (b"\xff\xfe[bybit]", "is not text in UTF-8"),
        (b'key = "a"\nsecret = "canary"\n', "key stands above all accounts: before it belongs a line [<venue>]"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_quotes_nothing(text: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.touch(0o600)
    file.write_bytes(text)
    with pytest.raises(fa.InvalidRequest) as caught:
        fa.load_accounts(file)
    assert says in str(caught.value)
    assert "canary" not in str(caught.value)
