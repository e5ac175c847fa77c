"""What an error says about a word that is none of the known ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Never, TypeVar

T = TypeVar("T")

ELSEWHERE = {
    "apikey": "key",
    "apisecret": "secret",
    "password": "passphrase",
    "privatekey": "secret",
    "sandbox": "demo",
    "secretkey": "secret",
    "testnet": "demo",
    "walletaddress": "key",
}
"""What other libraries call it, without `_` and capitals."""


def elsewhere(word: str) -> str:
    """Our word for one of other libraries; "" where there is none."""
    return ELSEWHERE.get(word.lower().replace("_", "").replace("-", ""), "")


def near(word: str, known: Iterable[str]) -> str:
    """`did you mean …? known are …`: for the end of a message."""
    from difflib import get_close_matches  # a tenth of what importing the vocabulary takes, and errors alone ask

    words = {word.lower(): word for word in sorted(known)}
    ours = elsewhere(word)
    close = [ours] if ours in words else get_close_matches(word.lower(), words, n=1)
    return f"{f'did you mean {words[close[0]]}? ' if close else ''}known are {', '.join(words.values()) or 'none'}"


class Named(dict[str, T]):
    """Things by their names; asked for one that is not there, it says which are.

    Args:
        lacks: How its error begins.
    """

    def __init__(self, lacks: str) -> None:
        super().__init__()
        self._lacks = lacks

    def __missing__(self, name: object) -> Never:
        raise KeyError(f"{self._lacks} {str(name)[:40]!r}: {near(str(name), self)}")
