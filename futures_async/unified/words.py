"""What an error says about a word that is none of the known ones."""

from __future__ import annotations

from collections.abc import Iterable


def near(word: str, known: Iterable[str]) -> str:
    """`did you mean …? known are …`: for the end of a message."""
    from difflib import get_close_matches  # a tenth of what importing the vocabulary takes, and errors alone ask

    words = {word.lower(): word for word in sorted(known)}
    close = get_close_matches(word.lower(), words, n=1)
    return f"{f'did you mean {words[close[0]]}? ' if close else ''}known are {', '.join(words.values()) or 'none'}"
