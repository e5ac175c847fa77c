"""Secrets that cannot be shown."""

import copy
import hashlib
import hmac
import json
import logging
import pickle
import traceback

import msgspec
import pytest

from futures_async import Credentials, InvalidRequest
from futures_async.unified.credentials import Secret

CANARY = "canary-4f1b9e0c"
FULL = {"key": f"k-{CANARY}", "secret": f"s-{CANARY}", "passphrase": f"p-{CANARY}", "memo": f"m-{CANARY}"}


def renderings(value: object) -> list[str]:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s %r", (value, value), None)
    return [repr(value), str(value), f"{value}", f"{value!r}", f"{value:>40}" if isinstance(value, Secret) else "",
            record.getMessage(), json.dumps(value, default=str), str([value]), str({"a": value})]  # fmt: skip


def test_no_rendering_shows_a_secret() -> None:
    credentials = Credentials(**FULL, uid="42")
    for thing in (credentials, credentials.key, credentials.secret, credentials.passphrase, credentials.memo):
        assert not [text for text in renderings(thing) if CANARY in text]


def test_the_repr_says_what_there_is() -> None:
    assert repr(Credentials("k", "s", uid="7")) == "Credentials(key='***', secret='***', uid='7')"
    assert "passphrase='***'" in repr(Credentials("k", "s", "p"))


@pytest.mark.parametrize("operation", [pickle.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, hash, vars])
def test_secrets_do_not_leave_through_standard_machinery(operation: object) -> None:
    with pytest.raises((TypeError, NotImplementedError)):
        operation(Secret(CANARY))  # type: ignore[operator] # pyright: ignore - any of several functions


@pytest.mark.parametrize("operation", [pickle.dumps, copy.deepcopy, copy.copy, msgspec.json.encode])
def test_credentials_do_not_leave_through_standard_machinery(operation: object) -> None:
    with pytest.raises(TypeError):
        operation(Credentials(**FULL))  # type: ignore[operator] # pyright: ignore - any of several functions


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\r\nX-Evil: 1", "a\n", "ключ", "a\x00", " a"])
@pytest.mark.parametrize("part", ["key", "secret", "passphrase", "uid"])
def test_parts_that_could_bend_a_header_are_refused(part: str, bad: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Credentials(**{**FULL, part: bad})
    assert bad.strip() == "" or bad not in str(caught.value)


def test_a_missing_part_is_named_and_the_others_are_not_shown() -> None:
    assert Credentials("k", "s").missing("passphrase", "memo") == ("passphrase", "memo")
    try:
        Credentials(key=None, secret=FULL["secret"])  # type: ignore[arg-type] # pyright: ignore - the point
    except InvalidRequest as error:
        shown = "".join(traceback.TracebackException.from_exception(error).format())
        assert "key is missing" in shown
        assert CANARY not in shown
    else:
        pytest.fail("a missing key was accepted")


@pytest.mark.parametrize("part", ["key", "secret", "passphrase", "memo", "uid"])
def test_a_part_that_is_no_text_is_not_called_missing(part: str) -> None:
    with pytest.raises(InvalidRequest, match=f"credentials: {part} must be text, not int") as caught:
        Credentials(**{**FULL, part: 90001001})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - the point
    assert "90001001" not in str(caught.value)


def test_secrets_compare_in_constant_time_and_only_with_secrets() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_the_signature_is_the_standard_one_each_time() -> None:
    credentials = Credentials("k", "secret")
    for message in (b"one", b"two", b"one"):
        expected = hmac.new(b"secret", message, hashlib.sha256).hexdigest()
        assert credentials.hmac_sha256(message).hexdigest() == expected


def test_the_rate_limit_identity_is_the_uid_or_a_digest_of_the_key() -> None:
    assert Credentials("k", "s", uid="7").limit_id == "7"
    own = Credentials(FULL["key"], "s").limit_id
    assert CANARY not in own
    assert own == Credentials(FULL["key"], "other").limit_id != Credentials("other", "s").limit_id


def test_an_echoed_credential_is_scrubbed() -> None:
    credentials = Credentials(**FULL)
    assert CANARY not in credentials.scrub(f"bad key k-{CANARY}, sign s-{CANARY}, p-{CANARY} m-{CANARY}")
    assert credentials.scrub("nothing here") == "nothing here"
