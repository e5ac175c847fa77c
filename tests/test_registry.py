"""Which adapter of a family an account belongs to: asked of the adapters, on positive evidence only."""

from __future__ import annotations

from typing import Any

import pytest

import futures_async as fa
from futures_async import registry

pytestmark = pytest.mark.anyio

KEYS = fa.Credentials("k", "s")


class Mute:
    """An adapter that cannot tell."""


class Asked:
    """An adapter that answers, or fails, as it is told to."""

    answer: str | Exception | None = None

    def __init__(self, log: list[str], name: str, answer: str | Exception | None) -> None:
        self._log = log
        self._name = name
        self._answer = answer

    async def identify_account(self) -> str | None:
        self._log.append(self._name)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def aclose(self, grace_s: float = 10.0) -> None:
        self._log.append(f"{self._name} closed")


@pytest.fixture
def log() -> list[str]:
    return []


def install(monkeypatch: pytest.MonkeyPatch, log: list[str], **answers: Any) -> None:
    def adapter(name: str) -> Any:
        if answers[name] is Mute:
            return Mute

        class Adapter(Asked):
            def __init__(self, credentials: fa.Credentials, **options: Any) -> None:
                assert credentials is KEYS
                assert options == {"demo": True}
                super().__init__(log, name, answers[name])

        return Adapter

    names = {name.replace("_", "-"): name for name in answers}

    def adapter_class(venue: str) -> Any:
        return adapter(names[venue])

    monkeypatch.setattr(registry, "venue_ids", lambda: sorted(names))
    monkeypatch.setattr(registry, "adapter_class", adapter_class)


async def test_adapters_of_the_family_are_asked_until_one_knows(
    monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    install(monkeypatch, log, other=AssertionError(), venue=Mute, venue_a=None, venue_b="venue", venue_c="venue-c")
    assert await fa.detect("venue", KEYS, demo=True) == "venue"
    assert log == ["venue_a", "venue_a closed", "venue_b", "venue_b closed"]


async def test_a_failure_is_raised_and_nothing_is_guessed_from_it(
    monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    install(monkeypatch, log, venue=Mute, venue_a=fa.AuthenticationError("wrong key"), venue_b="venue-b")
    with pytest.raises(fa.AuthenticationError):
        await fa.detect("venue", KEYS, demo=True)
    assert log == ["venue_a", "venue_a closed"]


async def test_a_family_in_which_nobody_knows_is_not_supported(monkeypatch: pytest.MonkeyPatch, log: list[str]) -> None:
    install(monkeypatch, log, venue=Mute, venue_a=None)
    with pytest.raises(fa.NotSupported):
        await fa.detect("venue", KEYS, demo=True)


async def test_a_family_without_adapters_is_refused(monkeypatch: pytest.MonkeyPatch, log: list[str]) -> None:
    install(monkeypatch, log, venues="venues")
    with pytest.raises(fa.InvalidRequest, match="no adapter of the family"):
        await fa.detect("venue", KEYS)
