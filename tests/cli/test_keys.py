"""Where the command line finds keys, and which files it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from futures_async import InvalidRequest
from futures_async.cli.keys import default_file, find_keys, read_environment, read_file

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
