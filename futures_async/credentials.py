"""Keys that can't be printed.

A secret leaves its `Secret` only in `reveal()`, which is called where its bytes are consumed and never kept
in a local variable: a traceback that shows locals then has nothing to show.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, NoReturn

from futures_async.errors import InvalidRequest

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


def _checked(name: str, value: object, *, required: bool) -> str | None:
    if value is None and not required:
        return None
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or not text:
        raise InvalidRequest(f"credentials: {name} is missing")
    if not text.isascii() or not text.isprintable() or text != text.strip() or " " in text:
        raise InvalidRequest(f"credentials: {name} has white space, line ends or non-ASCII characters")
    return text


def _free_text(name: str, value: str | Secret) -> str:
    """A memo is what its owner typed, "" included; it is signed with and never sent."""
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or not text.isprintable() or text != text.strip():  # pyright: ignore[reportUnnecessaryIsInstance] - callers without types
        raise InvalidRequest(f"credentials: {name} has line ends, or white space around it")
    return text


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
        self.key = Secret(_checked("key", key, required=True) or "")
        self.secret = Secret(_checked("secret", secret, required=True) or "")
        self.passphrase = (
            None if passphrase is None else Secret(_checked("passphrase", passphrase, required=True) or "")
        )
        self.memo = None if memo is None else Secret(_free_text("memo", memo))
        self.uid = _checked("uid", uid, required=False)
        # Keyed once; each signature starts from a copy of this state.
        self.__mac = hmac.new(self.secret.reveal().encode(), digestmod=hashlib.sha256)

    def hmac_sha256(self, message: bytes) -> hmac.HMAC:
        """HMAC-SHA256 of `message` under the secret; `.digest()` or `.hexdigest()` it."""
        mac = self.__mac.copy()
        mac.update(message)
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
        """`text` without any part of these credentials, should a venue have echoed one."""
        for part in (self.secret, self.passphrase, self.memo, self.key):
            if part is not None and len(part.reveal()) >= 4:
                text = text.replace(part.reveal(), "***")
        return text

    def __repr__(self) -> str:
        parts = [f"key={HIDDEN}", f"secret={HIDDEN}"]
        parts += [f"{name}={HIDDEN}" for name in ("passphrase", "memo") if getattr(self, name) is not None]
        return f"Credentials({', '.join(parts)}, uid={self.uid!r})"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError("credentials cannot be pickled or copied")
