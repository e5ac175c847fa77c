"""What can go wrong between a client and a venue: one table, which drives the simulated exchange, the tests, and
`FAULTS.md` (`python -m futures_async.simulator.fault_document` prints it). `stream_faults.py` has the other half.

A `Fault` says what happens on the wire, whether the venue has executed the request then, and what a client that
can be trusted with money does about it, by kind of call. How often which of them happens is the business of a
`FaultPlan` (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from futures_async.transport.endpoint import Kind

BOTH = (True, False)
YES = (True,)
NO = (False,)
THE_SPOT_DECIDES = "the spot decides"


class Act(StrEnum):
    """What is done on the wire."""

    NETWORK = "network"
    """The request never reaches the exchange; a server can't do that and closes the connection instead."""
    HANG = "hang"
    """No answer for `delay_s`, then the connection closes."""
    DROP = "drop"
    """The connection closes without an answer."""
    LATE = "late"
    """As DROP; the request reaches the exchange `delay_s` later, and is judged then."""
    RESET = "reset"
    """Half of the answer, then a reset."""
    REPLACE = "replace"
    """Another answer than the venue's own: `status`, `body`, `content_type`, `headers`."""
    REFUSE = "refuse"
    """A refusal in the venue's words; `word` says which."""
    MUTATE = "mutate"
    """The venue's own answer, changed; `word` says how."""
    CROSS = "cross"
    """The answer to an earlier request of the same endpoint."""
    EXTRA = "extra"
    """The answer, and a copy of it behind."""
    SLOW = "slow"
    """The answer, a few bytes at a time, over `delay_s`."""
    DELAY = "delay"
    """The answer, `delay_s` later."""
    CLOSE = "close"
    """The answer; then the connection closes without notice."""
    LAG = "lag"
    """Executed, but invisible to lookups for `delay_s`."""
    CLOCK = "clock"
    """The exchange's clock jumps by `delay_s`, for good."""


class Expectation(NamedTuple):
    """What a client does after a fault."""

    code: str
    """See `LEGEND`."""
    error: str = ""
    """Name of the error that it ends with at last, if any."""
    once: bool = False
    """One more attempt at the most."""

    @classmethod
    def parse(cls, text: str) -> tuple[Expectation, ...]:
        """Read a cell of the matrix, such as "R once → ClockSkew" or "OK or UN"; none for "–".

        Raises:
            ValueError: It means nothing.
        """
        if text == "–":
            return ()
        found: list[Expectation] = []
        for part in text.split(" or "):
            code, *words = part.split()
            once = words[:1] == ["once"]
            rest = [word for word in words[once:] if word != "→"]
            if code not in LEGEND or len(rest) > 1:
                raise ValueError(f"{part!r} says nothing that could be expected")
            found.append(cls(code, rest[0] if rest else "", once))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the matrix. `read`, `order`, `cancel`, `setting` are what a client does: see `Expectation.parse`."""

    name: str
    row: str
    """Of the fault matrix."""
    says: str
    act: Act
    applied: tuple[bool, ...]
    """May the venue have executed the request? Both: either may be."""
    evidence: str
    read: str
    order: str
    cancel: str
    setting: str
    word: str = ""
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: tuple[float, float] = (0.0, 0.0)
    only: tuple[Kind, ...] = ()
    """Kinds of calls that it can happen to; empty: all."""

    def cell(self, kind: Kind) -> str:
        """What a client does after this fault on a call of this kind, in a few words; "–": it can't happen."""
        if self.only and kind not in self.only:
            return "–"
        if kind is Kind.READ:
            return self.read
        if kind is Kind.CANCEL:
            return self.cancel
        return self.setting if kind is Kind.SETTING else self.order

    def expected(self, kind: Kind) -> tuple[Expectation, ...]:
        """The same, to be checked: any of these; none where it can't happen."""
        return Expectation.parse(self.cell(kind))


LEGEND = {
    "R": "retried with full jitter, three attempts at most (two: `R once`) within the deadline; then the named error",
    "F": "fails at once with the named error",
    "NS": "proved not sent: the same request, signed anew, while it is fresh; then `NotSent`, or the named error",
    "RJ": "`ExchangeError` at once on a first attempt; after an unknown attempt as UN",
    "UN": "unknown: never sent again; looked up until the fence has passed; ends as the order, as `OrderNotPlaced` or, "
    "where the venue has no look-up by an id of ours, as `OrderOutcomeUnknown`",
    "CR": "the same cancel again, then the order is read; still open before the fence: `CancelOutcomeUnknown`",
    "LR": "the same value again under a lock (`LR once`: not again, for a code has judged it), then read back; another "
    "value behind the fence: `SettingNotApplied`; unreadable: `SettingOutcomeUnknown`",
    "OK": "as if nothing had happened",
}

_HTML = b"<html><head><title>%s</title></head><body><center><h1>%s</h1></center><hr>edge</body></html>"


def _html(text: str) -> bytes:
    return _HTML.replace(b"%s", text.encode())


def _network(name: str, row: str, says: str, read: str, write: str) -> Fault:
    return Fault(
        name=name, row=row, says=says, act=Act.NETWORK, applied=NO, evidence="not sent", word=name,
        read=read, order=write, cancel=write, setting=write,
    )  # fmt: skip


def _unknown(name: str, row: str, says: str, act: Act, applied: tuple[bool, ...], read: str, **more: Any) -> Fault:
    values: dict[str, Any] = {"evidence": "unknown", "order": "UN", "cancel": "CR", "setting": "LR"}
    return Fault(name=name, row=row, says=says, act=act, applied=applied, read=read, **(values | more))


def _either(name: str, row: str, says: str, word: str) -> Fault:
    """Something in the payload is wrong: it depends on the spot whether anything is made of it."""
    return Fault(
        name=name, row=row, says=says, act=Act.MUTATE, applied=YES, evidence=THE_SPOT_DECIDES, word=word,
        read="OK or F BadResponse or R once → ResponseMismatch", order="OK or UN", cancel="OK or CR",
        setting="OK or LR",
    )  # fmt: skip


def _refused(name: str, row: str, says: str, act: Act, read: str, order: str, **more: Any) -> Fault:
    values: dict[str, Any] = {"evidence": "refused", "cancel": read, "setting": read}
    return Fault(name=name, row=row, says=says, act=act, applied=NO, read=read, order=order, **(values | more))


def _page(status: int, text: str) -> dict[str, Any]:
    return {"status": status, "body": _html(f"{status} {text}"), "content_type": "text/html"}


FAULTS: tuple[Fault, ...] = (
    _network("refused", "1", "connect refused", "R → ConnectFailed", "NS"),
    _network("dns", "2", "DNS failure", "R → ConnectFailed", "NS"),
    _network("tls", "3", "TLS: bad certificate", "F ConnectFailed", "F"),
    _network("tls-handshake", "3b", "TLS: handshake cut", "R → ConnectFailed", "NS"),
    _network("connect-timeout", "4", "connect timeout", "R → ConnectFailed", "NS"),
    _network("write", "5a", "write fails before the body has started", "R → NotSent", "NS"),
    _unknown("write-timeout", "5b", "write fails in the middle of the body", Act.DROP, NO, "R → RequestTimeout"),
    _unknown("no-answer", "6", "no answer, not executed", Act.HANG, NO, "R → RequestTimeout", delay_s=(8, 8)),
    _unknown("answer-late", "6", "executed, no answer in time", Act.HANG, YES, "R → RequestTimeout", delay_s=(8, 8)),
    _unknown("dropped", "7", "not executed, connection closed", Act.DROP, NO, "R → RequestTimeout"),
    _unknown("answer-lost", "7", "executed, connection closed", Act.DROP, YES, "R → RequestTimeout"),
    _unknown(
        "late-landing", "§4", "connection closed; the request lands later", Act.LATE, NO, "R → RequestTimeout",
        delay_s=(1, 45),
    ),
    _unknown("reset", "8", "executed, connection reset in mid-body", Act.RESET, YES, "R → RequestTimeout"),
    _unknown("truncated", "9", "executed, JSON cut short", Act.MUTATE, YES, "R once → DecodeError", word="truncate"),
    _unknown("invalid-utf8", "10", "executed, invalid UTF-8", Act.MUTATE, YES, "R once → DecodeError", word="utf8"),
    *(
        _unknown(f"html-{status}", "11", f"{status}, an HTML page", Act.REPLACE, BOTH, "R → VenueUnavailable",
                 **_page(status, text))
        for status, text in ((502, "Bad Gateway"), (503, "Service Unavailable"), (504, "Gateway Timeout"))
    ),
    _refused("refusal", "12a", "a definitive refusal", Act.REFUSE, "F ExchangeError", "RJ", word="definitive"),
    _unknown("ambiguous-code", "12b", "an ambiguous code", Act.REFUSE, BOTH, "R → ExchangeError", word="ambiguous"),
    _unknown("unlisted-code", "12b", "a code in no table", Act.REFUSE, BOTH, "F ExchangeError", word="unlisted",
             setting="LR once"),
    _unknown(
        "duplicate-code", "12c", "executed, answered as a duplicate", Act.REFUSE, YES, "–", word="duplicate",
        evidence="an earlier attempt landed", only=(Kind.ORDER,),
    ),
    Fault(
        name="wrong-content-type", row="13", says="the answer, called text/html", act=Act.MUTATE, word="content-type",
        applied=YES, evidence="the body decides", read="OK", order="OK", cancel="OK", setting="OK",
    ),
    _unknown("text", "13", "200, plain text", Act.REPLACE, BOTH, "R once → DecodeError", body=b"ok",
             content_type="text/plain"),
    _unknown("empty", "13", "200, no body", Act.REPLACE, BOTH, "R once → DecodeError"),
    _unknown("gigantic-declared", "14", "64 MiB, declared", Act.REPLACE, BOTH, "F BodyTooLarge", word="declared"),
    _unknown("gigantic-streamed", "14", "64 MiB, streamed", Act.REPLACE, BOTH, "F BodyTooLarge", word="streamed"),
    _unknown("slow-body", "15", "a body that does not end in time", Act.SLOW, YES, "F RequestTimeout",
             delay_s=(20, 20)),
    *(
        _refused(f"429-{name}", row, says, Act.REFUSE, "R → RateLimited", "NS → RateLimited or UN", word="limited",
                 cancel="R → RateLimited or CR", setting="R → RateLimited or LR",
                 evidence="refused, if by a gateway; else unknown",
                 headers=() if value is None else (("retry-after", value),))
        for name, row, says, value in (
            ("seconds", "16a", "429, Retry-After: 1", "1"),
            ("date", "16a", "429, Retry-After: a date two seconds ahead", "{date}"),
            ("past", "16a", "429, Retry-After: a date in the past", "Thu, 01 Jan 2015 00:00:00 GMT"),
            ("nan", "16a", "429, Retry-After: nan", "nan"),
            ("negative", "16a", "429, Retry-After: -1", "-1"),
            ("huge", "16a", "429, Retry-After: 1e12", "1000000000000"),
            ("bare", "16b", "429 without Retry-After", None),
        )
    ),
    _refused("ban-418", "17", "418, banned", Act.REPLACE, "F Banned", "RJ", **_page(418, "I'm a teapot")),
    _unknown("ban-403", "17", "403, an HTML page of the firewall", Act.REPLACE, BOTH, "F Banned",
             cancel="F Banned", setting="F Banned", **_page(403, "Forbidden")),
    _refused("stale", "18a", "refused as too old", Act.REFUSE, "R once → ClockSkew or R → VenueUnavailable",
             "R once → ClockSkew", word="stale", cancel="R once → ClockSkew", setting="R once → ClockSkew"),
    _refused("unknown-key", "18b", "refused as unknown", Act.REFUSE, "F AuthenticationError", "RJ", word="anonymous"),
    _unknown("json-500", "19", "500 in the venue's envelope", Act.REFUSE, BOTH, "R → VenueUnavailable",
             word="broken", status=500),
    _unknown("gzip-bomb", "20", "64 MiB of zeros, compressed", Act.REPLACE, BOTH, "F BodyTooLarge", word="bomb"),
    _unknown("unknown-encoding", "20", "an encoding that nobody asked for", Act.REPLACE, BOTH, "F DecodeError",
             body=b"{}", headers=(("content-encoding", "zstd"),)),
    _unknown("redirect", "21", "307 to another host", Act.REPLACE, BOTH, "F UnexpectedRedirect", status=307,
             headers=(("location", "http://127.0.0.2:9/elsewhere"),)),
    _unknown("extra-answer", "22", "the answer twice", Act.EXTRA, YES, "OK", order="OK", cancel="OK", setting="OK",
             evidence="trailing bytes"),
    _unknown("crossed", "22", "the answer to another request", Act.CROSS, YES, "R once → ResponseMismatch",
             evidence="mismatch"),
    _either("missing-field", "24", "a field is missing", "drop-field"),
    _either("new-word", "25", "a word where only a few are known", "new-word"),
    Fault(
        name="extra-field", row="26", says="fields that nobody knows", act=Act.MUTATE, word="add-field", applied=YES,
        evidence="–", read="OK", order="OK", cancel="OK", setting="OK",
    ),
    Fault(
        name="other-type", row="27", says="texts for numbers, numbers for texts", act=Act.MUTATE, word="other-type",
        applied=YES, evidence="–", read="OK", order="OK", cancel="OK", setting="OK",
    ),
    _either("not-a-number", "28", "NaN where a number was", "nan"),
    _either("blank", "29", "an empty text where another was", "blank"),
    _unknown("null-payload", "30", "null where the payload was", Act.MUTATE, YES,
             "F DecodeError or F OrderNotFound", word="null"),
    Fault(
        name="clock-jump", row="31", says="the venue's clock jumps by 5 s", act=Act.CLOCK, applied=YES, evidence="–",
        read="OK", order="OK", cancel="OK", setting="OK", delay_s=(5, 5),
    ),
    _network("pool-timeout", "36", "no connection is free", "R → NotSent", "NS"),
    Fault(
        name="idle-close", row="37", says="the connection is closed after the answer", act=Act.CLOSE, applied=YES,
        evidence="of the next request: unknown", read="OK", order="OK", cancel="OK", setting="OK",
    ),
    _unknown("maintenance", "40", "the venue's maintenance code", Act.REFUSE, BOTH, "R → VenueUnavailable",
             word="maintenance"),
    _network("proxy", "41", "the proxy refuses", "R → ConnectFailed", "NS"),
    Fault(
        name="slow", row="–", says="the answer half a second late", act=Act.DELAY, applied=YES, evidence="–",
        read="OK", order="OK", cancel="OK", setting="OK", delay_s=(0.5, 0.5),
    ),
    Fault(
        name="lookup-lag", row="–", says="executed, invisible for up to 3 s", act=Act.LAG, applied=YES, evidence="–",
        read="OK", order="OK", cancel="OK", setting="OK", delay_s=(0.5, 3), only=(Kind.ORDER,),
    ),
)  # fmt: skip
"""All faults, in the matrix's order."""

BY_NAME: Mapping[str, Fault] = {fault.name: fault for fault in FAULTS}


def fault(name: str) -> Fault:
    """By name.

    Raises:
        ValueError: There is none of this name.
    """
    found = BY_NAME.get(name)
    if found is None:
        raise ValueError(f"no fault is called {name!r}; there are {', '.join(BY_NAME)}")
    return found


def matrix() -> str:
    """The fault matrix as Markdown."""
    lines = ["| # | fault | what happens | executed | evidence | read | order | cancel | setting |", "|" + "---|" * 9]
    words: dict[tuple[bool, ...], str] = {YES: "yes", NO: "no", BOTH: "either"}
    kinds = (Kind.READ, Kind.ORDER, Kind.CANCEL, Kind.SETTING)
    for row in FAULTS:
        executed = "later" if row.act is Act.LATE else words[row.applied]
        cells = (row.row, f"`{row.name}`", row.says, executed, row.evidence, *(row.cell(kind) for kind in kinds))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
