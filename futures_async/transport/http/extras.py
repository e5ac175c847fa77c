"""Which of the optional libraries are there; asking imports none of them."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec


@cache
def fast_installed() -> bool:
    """The libraries behind http="fast" can be imported."""
    return all(find_spec(name) is not None for name in ("httptools", "aiohappyeyeballs"))


def httpx2_installed() -> bool:
    """The extra [httpx2] is."""
    return find_spec("httpx2") is not None and find_spec("httpcore2") is not None
