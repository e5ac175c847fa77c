"""Which faults happen, to which requests, how often: seeded, and read from TOML.

seed = 7

[[fault]]
name = "answer-lost"
probability = 0.05            # of each matching request; default 1
kinds = ["order", "cancel"]   # read, cancel, setting, order, delta; default all
paths = ["/api/*/order/*"]    # shell patterns; default all
venues = ["some-venue"]       # adapter ids; default all
most = 100                    # at most so often; default no bound
after = 0                     # let so many matching requests pass first
applied = true                # where the fault leaves it open; default: by lot
delay_s = [0.1, 0.5]          # from, to; or one number; default: the fault's own

[[fault]]
name = "push-lost"            # of a stream: neither kinds, paths nor applied, but
channels = ["orders"]         # the venue's words, shell patterns; default all
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from inspect import signature
from pathlib import Path

from futures_async.simulator.faults import BY_NAME, Fault, fault
from futures_async.simulator.stream_faults import STREAM_FAULTS_BY_NAME, Moment, StreamFault
from futures_async.transport.endpoint import Kind
from futures_async.unified.words import near


@dataclass(slots=True, kw_only=True)
class Rule:
    """How often one fault happens. See the module's docstring."""

    fault: Fault
    probability: float = 1.0
    kinds: tuple[Kind, ...] = ()
    paths: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    most: int | None = None
    after: int = 0
    applied: bool | None = None
    delay_s: tuple[float, float] | None = None
    happened: int = 0
    passed: int = 0

    def concerns(self, venue: str, kind: Kind, path: str) -> bool:
        """True for requests that it could happen to."""
        if self.most is not None and self.happened >= self.most:
            return False
        if self.fault.only and kind not in self.fault.only:
            return False
        if self.kinds and kind not in self.kinds:
            return False
        if self.venues and venue not in self.venues:
            return False
        return not self.paths or any(fnmatchcase(path, pattern) for pattern in self.paths)


@dataclass(slots=True, kw_only=True)
class StreamRule:
    """How often one fault of a stream happens. See the module's docstring."""

    fault: StreamFault
    probability: float = 1.0
    channels: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    most: int | None = None
    after: int = 0
    delay_s: tuple[float, float] | None = None
    happened: int = 0
    passed: int = 0

    def concerns(self, venue: str, moment: Moment, channel: str) -> bool:
        """True where it could happen."""
        if self.fault.moment is not moment or (self.most is not None and self.happened >= self.most):
            return False
        if self.venues and venue not in self.venues:
            return False
        return not self.channels or any(fnmatchcase(channel, pattern) for pattern in self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamStrike:
    """One fault that happens on one connection."""

    fault: StreamFault
    delay_s: float
    lot: float
    """In [0, 1): decides what the fault leaves open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One fault that happens to one request."""

    fault: Fault
    applied: bool
    delay_s: float


def _kind(word: Kind | str) -> Kind:
    known = {kind.value: kind for kind in Kind}
    if word not in known:
        raise ValueError(f"no kind of call is {word!r}: {near(word, known)}")
    return known[word]


@dataclass(slots=True)
class FaultPlan:
    """Which faults happen. Equal seeds and equal requests in equal order give equal faults."""

    seed: int = 0
    rules: list[Rule] = field(default_factory=list[Rule])
    struck: list[tuple[str, str, Strike]] = field(default_factory=list[tuple[str, str, Strike]])
    """What has happened to requests: method, path, fault."""
    stream_rules: list[StreamRule] = field(default_factory=list[StreamRule])
    stream_struck: list[tuple[str, str, StreamStrike]] = field(default_factory=list[tuple[str, str, StreamStrike]])
    """What has happened on streams: venue, channel, fault."""
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - reproducible, not secret

    def add(
        self,
        name: str,
        *,
        probability: float = 1.0,
        kinds: Sequence[Kind | str] = (),
        paths: Sequence[str] = (),
        venues: Sequence[str] = (),
        most: int | None = None,
        after: int = 0,
        applied: bool | None = None,
        delay_s: float | Sequence[float] | None = None,
        channels: Sequence[str] = (),
    ) -> Rule | StreamRule:
        """Add a rule; earlier rules come first.

        Raises:
            ValueError: Unknown fault or kind, or a value that makes no sense.
        """
        if not 0 <= probability <= 1:
            raise ValueError("probability must be between 0 and 1")
        span = None
        if delay_s is not None:
            first, last = (delay_s, delay_s) if isinstance(delay_s, int | float) else (delay_s[0], delay_s[-1])
            span = (float(first), float(last))
        of_stream = STREAM_FAULTS_BY_NAME.get(name)
        if of_stream is None and name not in BY_NAME:
            raise ValueError(f"no fault is called {name!r}: {near(name, (*BY_NAME, *STREAM_FAULTS_BY_NAME))}")
        if of_stream is not None:
            if kinds or paths or applied is not None:
                raise ValueError(f"{name} happens on streams: it takes channels, and neither kinds, paths nor applied")
            stream_rule = StreamRule(
                fault=of_stream,
                probability=probability,
                channels=tuple(channels),
                venues=tuple(venues),
                most=most,
                after=after,
                delay_s=span,
            )
            self.stream_rules.append(stream_rule)
            return stream_rule
        if channels:
            raise ValueError(f"{name} happens to requests: it takes kinds and paths, and no channels")
        if applied is not None and applied not in fault(name).applied:
            raise ValueError(f"after {name} the venue has {'not ' if applied else ''}executed the request")
        rule = Rule(
            fault=fault(name),
            probability=probability,
            kinds=tuple(map(_kind, kinds)),
            paths=tuple(paths),
            venues=tuple(venues),
            most=most,
            after=after,
            applied=applied,
            delay_s=span,
        )
        self.rules.append(rule)
        return rule

    def choose(self, venue: str, kind: Kind, method: str, path: str) -> Strike | None:
        """What happens to this request; usually nothing."""
        for rule in self.rules:
            if not rule.concerns(venue, kind, path) or not self._strikes(rule):
                continue
            options = rule.fault.applied
            applied = rule.applied
            if applied is None:
                applied = options[0] if len(options) == 1 else self.random.random() < 0.5
            strike = Strike(fault=rule.fault, applied=applied, delay_s=self._delay(rule))
            self.struck.append((method, path, strike))
            return strike
        return None

    def has(self, moment: Moment) -> bool:
        """True when something may happen at such a moment."""
        return any(rule.fault.moment is moment for rule in self.stream_rules)

    def choose_on_stream(self, venue: str, moment: Moment, channel: str = "") -> StreamStrike | None:
        """What happens on a connection at this moment; usually nothing."""
        for rule in self.stream_rules:
            if rule.concerns(venue, moment, channel) and self._strikes(rule):
                strike = StreamStrike(fault=rule.fault, delay_s=self._delay(rule), lot=self.random.random())
                self.stream_struck.append((venue, channel, strike))
                return strike
        return None

    def _strikes(self, rule: Rule | StreamRule) -> bool:
        """Whether a rule that could happen does."""
        if rule.passed < rule.after:
            rule.passed += 1
            return False
        if rule.probability < 1 and self.random.random() >= rule.probability:
            return False
        rule.happened += 1
        return True

    def _delay(self, rule: Rule | StreamRule) -> float:
        first, last = rule.delay_s or rule.fault.delay_s
        return first if first == last else self.random.uniform(first, last)

    def check_venues(self, known: Collection[str]) -> None:
        """Refuse a rule for a venue that is not played: it would never strike.

        Raises:
            ValueError: With the venues that there are.
        """
        rules: list[Rule | StreamRule] = [*self.rules, *self.stream_rules]
        for rule in rules:
            for venue in rule.venues:
                if venue not in known:
                    raise ValueError(f"fault {rule.fault.name}: no venue {venue!r} is played: {near(venue, known)}")

    @classmethod
    def parse(cls, text: str) -> FaultPlan:
        """Read a plan from TOML.

        Raises:
            ValueError: Not TOML, or a word that means nothing here.
        """
        table = tomllib.loads(text)
        for word in table:
            if word not in ("seed", "fault"):
                raise ValueError(f"a fault plan has no {word}: {near(word, ('seed', 'fault'))}")
        plan = cls(seed=int(table.get("seed", 0)))
        known = [word for word in signature(cls.add).parameters if word != "self"]
        for entry in table.get("fault", ()):
            options = dict(entry)
            for word in options:
                if word not in known:
                    raise ValueError(f"a fault has no {word}: {near(word, known)}")
            name = options.pop("name", None)
            if not isinstance(name, str):
                raise ValueError("each [[fault]] needs a name")
            try:
                plan.add(name, **options)
            except TypeError as error:
                raise ValueError(f"fault {name}: {str(error).rpartition(') ')[2]}") from None
        return plan

    @classmethod
    def load(cls, path: Path | str) -> FaultPlan:
        """Read a plan from a TOML file.

        Raises:
            OSError: It can't be read.
            ValueError: See `parse`.
        """
        return cls.parse(Path(path).read_text(encoding="utf-8"))
