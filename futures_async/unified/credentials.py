"""Keys that can't be printed.

A secret leaves its `Secret` only in `reveal()`, which is called where its bytes are consumed and never kept
in a local variable: a traceback that shows locals then has nothing to show.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

from futures_async.unified.errors import InvalidRequest

HIDDEN = "'***'"


class Secret:
    """Text without repr, str, format, pickle, copy, JSON, iteration or hash."""

    __slots__ = ("__text",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself. Pass it on at once; never bind it to a name."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


def _fault(name: str, value: object, *, required: bool = True) -> str | None:
    """What is wrong with one part, in words that do not show it."""
    if value is None and not required:
        return None
    text = value.reveal() if isinstance(value, Secret) else value
    if text is None or text == "":
        return f"credentials: {name} is missing"
    if not isinstance(text, str):
        return f"credentials: {name} must be text, not {type(text).__name__}"
    if not text.isascii() or not text.isprintable() or text != text.strip() or " " in text:
        return f"credentials: {name} has white space, line ends or non-ASCII characters"
    return None


def _memo_fault(value: object) -> str | None:
    """A memo is what its owner typed, "" included; it is signed with and never sent."""
    text = value.reveal() if isinstance(value, Secret) else value
    if text is not None and not isinstance(text, str):
        return f"credentials: memo must be text, not {type(text).__name__}"
    if text is None or (text.isprintable() and text == text.strip()):
        return None
    return "credentials: memo has line ends, or white space around it"


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


# How a venue, a proxy or an encoder between may spell a secret that it repeats.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: b64encode(text.encode()).decode(),
    lambda text: b64encode(text.encode()).decode().rstrip("="),
    lambda text: urlsafe_b64encode(text.encode()).decode(),
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex().upper(),
)


def scrubbed(text: str, *secrets: Secret | None) -> str:
    """`text` without these, however spelled; what has fewer than four characters would garble any text."""
    for secret in secrets:
        if secret is not None and len(secret.reveal()) >= 4:
            for spell in _SPELLINGS:
                text = text.replace(spell(secret.reveal()), "***")
    return text


# What a signature looks like: 32 bytes or more in hex, or in base64.
_SIGNATURE = re.compile(r"[0-9A-Fa-f]{64,}|[A-Za-z0-9+/]{43,}={0,2}|(?:[A-Za-z0-9+]|/|%2[BbFf]){43,}(?:%3[Dd]){1,2}")


class Credentials:
    """Key material of one account. `repr`, `str`, pickling, logging and exceptions never show a secret.

    Args:
        key: API key. Treated as a secret too, apart from its role in naming the rate-limit account.
        secret: API secret.
        passphrase: For venues that have one; chosen when the key was made.
        memo: For venues that have one; may be empty, may hold spaces.
        uid: Names the rate-limit account: clients with equal `(venue, uid or key)` share one limiter.

    Raises:
        InvalidRequest: A part is missing, or holds white space, line ends or non-ASCII characters.
    """

    __slots__ = ("__mac", "key", "memo", "passphrase", "secret", "uid")

    def __init__(
        self,
        key: str | Secret,
        secret: str | Secret,
        passphrase: str | Secret | None = None,
        memo: str | Secret | None = None,
        uid: str | None = None,
    ) -> None:
        problem = (
            _fault("key", key)
            or _fault("secret", secret)
            or _fault("passphrase", passphrase, required=False)
            or _memo_fault(memo)
            or _fault("uid", uid, required=False)
        )
        if problem is not None:
            # A traceback that shows locals shows those of this frame.
            del key, secret, passphrase, memo, uid
            raise InvalidRequest(problem)
        self.key = _secret(key)
        self.secret = _secret(secret)
        self.passphrase = None if passphrase is None else _secret(passphrase)
        self.memo = None if memo is None else _secret(memo)
        self.uid = uid
        # Keyed once; each signature starts from a copy of this state.
        self.__mac = hmac.new(self.secret.reveal().encode(), digestmod=hashlib.sha256)

    def hmac_sha512(self, *parts: bytes | Secret) -> hmac.HMAC:
        """The same with SHA-512."""
        mac = hmac.new(self.secret.reveal().encode(), digestmod="sha512")
        for part in parts:
            mac.update(part.reveal().encode() if isinstance(part, Secret) else part)
        return mac

    def hmac_sha256(self, *parts: bytes | Secret) -> hmac.HMAC:
        """HMAC-SHA256 of the parts, one behind the other, under the secret; `.digest()` or `.hexdigest()` it."""
        mac = self.__mac.copy()
        for part in parts:
            mac.update(part.reveal().encode() if isinstance(part, Secret) else part)
        return mac

    @property
    def limit_id(self) -> str:
        """What the rate limit is counted by: the uid, or a digest of the key (never the key itself)."""
        if self.uid is not None:
            return self.uid
        return "key:" + hashlib.sha256(self.key.reveal().encode()).hexdigest()[:16]

    def missing(self, *names: str) -> tuple[str, ...]:
        """Which of the named parts were not given."""
        return tuple(name for name in names if getattr(self, name) is None)

    def scrub(self, text: str) -> str:
        """`text` without any part of these credentials, however spelled, and without anything like a signature."""
        text = scrubbed(text, self.secret, self.passphrase, self.memo, self.key)
        return _SIGNATURE.sub("***", text)

    def __repr__(self) -> str:
        parts = [f"key={HIDDEN}", f"secret={HIDDEN}"]
        parts += [f"{name}={HIDDEN}" for name in ("passphrase", "memo") if getattr(self, name, None) is not None]
        return f"Credentials({', '.join(parts)}, uid={getattr(self, 'uid', None)!r})"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("credentials cannot be pickled or copied")
