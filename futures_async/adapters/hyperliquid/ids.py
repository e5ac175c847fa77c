"""Client order ids as the venue's cloids, 128 bits, and back, without loss and without a table.

    fa0123456789abcdef01234567    0xfa6c0000 and the 24 digits: what this library makes
    grid-7                        0xfa740000…: up to 18 letters, digits, `_` and `-`, as a number to the base of 64
    0x…                           any other cloid, as it is

Every cloid is one id and every id one cloid, whoever made it.
"""

from __future__ import annotations

import re
import string

PATTERN = r"fa[0-9a-f]{24}|0x[0-9a-f]{32}|[0-9A-Za-z_-]{1,18}"
_CLOID = re.compile(r"0x[0-9a-f]{32}")
_OURS = re.compile(r"fa([0-9a-f]{24})")
_OURS_TAG, _TEXT_TAG = 0xFA6C0000, 0xFA74
_TAGS = "0xfa"
"""What both begin with."""
_ALPHABET = string.digits + string.ascii_letters + "_-"
_VALUES = {char: value for value, char in enumerate(_ALPHABET, 1)}
_LONGEST = 18


def cloid_of(client_order_id: str) -> str:
    """The cloid that stands for an id of `PATTERN`."""
    if _CLOID.fullmatch(client_order_id):
        return client_order_id
    ours = _OURS.fullmatch(client_order_id)
    if ours is not None:
        return f"0x{_OURS_TAG:08x}{ours[1]}"
    number = 0
    for char in client_order_id:
        number = number * 64 + _VALUES[char]  # digits from 1 to 64: no text is the beginning of another
    return f"0x{_TEXT_TAG:04x}{number:028x}"


def client_id_of(cloid: str) -> str:
    """The id that a cloid stands for; what is none of ours, and no cloid at all, is itself."""
    cloid = cloid.lower()
    if not cloid.startswith(_TAGS) or not _CLOID.fullmatch(cloid):
        return cloid
    if int(cloid[2:10], 16) == _OURS_TAG:
        return f"fa{cloid[10:]}"
    text = _text(int(cloid[6:], 16)) if int(cloid[2:6], 16) == _TEXT_TAG else ""
    # Made of it again it must be the same: an id of the first form stands for another cloid.
    return text if text and cloid_of(text) == cloid else cloid


def _text(number: int) -> str:
    chars: list[str] = []
    while number and len(chars) <= _LONGEST:
        number, value = divmod(number - 1, 64)
        chars.append(_ALPHABET[value])
    return "".join(reversed(chars)) if len(chars) <= _LONGEST and not number else ""


def is_canonical(client_order_id: str) -> bool:
    """Whether an id comes back as it was: a cloid that stands for text is to be called by that."""
    return client_id_of(cloid_of(client_order_id)) == client_order_id
