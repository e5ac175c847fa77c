"""What a probe reports. Data only."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """How what an adapter declares compares with what was found."""

    CONFIRMED = "confirmed"
    CAUTIOUS = "cautious"
    """The venue keeps more than is declared: safe, and perhaps slower than need be."""
    UNSAFE = "unsafe"
    """The venue keeps less than is declared: order safety rests on something that is not so."""
    OPEN = "open"
    """It could not be measured."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One trait."""

    trait: str
    """Name of the field of `VenueTraits`, or the question in words."""
    declared: str
    """What the adapter says."""
    found: str
    """What the venue did."""
    verdict: Verdict
    detail: str = ""
    """The single measurements."""


class ProbeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one probe."""

    venue: str
    """Id of the adapter."""
    symbol: str
    """The contract that was traded."""
    findings: tuple[Finding, ...]
    placed: int
    """Orders that the venue accepted."""
    left: tuple[str, ...] = ()
    """What stands at the venue all the same, or may do so: look after it by hand."""
