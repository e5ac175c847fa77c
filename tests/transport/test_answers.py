"""A17: what each form of answer means, asked of the judge directly."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec
import pytest

from futures_async import Credentials
from futures_async.transport.answers import Answers, Timing, failure_error
from futures_async.transport.clock import VenueClock
from futures_async.transport.dialect import Code, Refusal, ambiguous, passing
from futures_async.transport.endpoint import Endpoint
from futures_async.transport.http.backend import FailureKind, HttpFailure, HttpResponse, Phase
from futures_async.transport.limits.retry_after import http_date_s
from futures_async.transport.retry import DamagedAnswer
from futures_async.unified import errors
from futures_async.unified.rows import Row, Text, TypedRow, unread_of
from tests.rig.toy import GET_LEVERAGE, PLACE, SET_LEVERAGE, ToyDialect

T = TypeVar("T")

NOW_MS = 1_770_000_000_000
GOOD = {"leverage": "5"}


def judge(dialect: ToyDialect | None = None) -> Answers:
    clock = VenueClock(monotonic=lambda: 100.0, wall=lambda: NOW_MS / 1000)
    clock.sample(NOW_MS, 99.99, 100.0)
    return Answers(dialect or ToyDialect(), Credentials("key-1", "secret-1"), clock)


def outcome(
    body: object,
    status: int = 200,
    endpoint: Endpoint[Any] = GET_LEVERAGE,
    headers: Mapping[str, str] | None = None,
    *,
    known: bool = True,
    signed_ms: int = NOW_MS,
    dialect: ToyDialect | None = None,
) -> Any:
    """The payload, or the error."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = HttpResponse(status=status, headers=headers or {}, body=raw)
    try:
        timing = Timing(signed_ms, 99.9, 100.0, True) if known else Timing(signed_ms, 99.9, 100.0)
        return judge(dialect).read(response, endpoint, timing)
    except errors.FuturesAsyncError as error:
        return error


@pytest.mark.parametrize("body", [b"<html>", b'{"code":"0","data":{"leverage":"\xff"}}', b'{"code":"0",'])
def test_a_damaged_answer_says_whose_it_is_and_what_to_do(body: bytes) -> None:
    text = str(outcome(body))
    assert text.startswith(f"toy {GET_LEVERAGE.name}")
    assert "(ask again; if it stays so, see whether a proxy " in text
    assert "proxy" in text


def said(code: str, age_ms: int = 0, **more: object) -> dict[str, object]:
    return {"code": code, "msg": "because", "time": NOW_MS - age_ms, **more}


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"<html>", 200, DamagedAnswer),
        (b"", 200, DamagedAnswer),
        (b'{"code":"0","data":{"leverage":"\xff"}}', 200, DamagedAnswer),
        (b"<html>", 301, errors.UnexpectedRedirect),
        (b"<html>", 307, errors.UnexpectedRedirect),
        (b"<html>", 401, errors.AuthenticationError),
        (b"<html>", 403, errors.Banned),
        (b"", 408, errors.RequestTimeout),  # to a request on a connection that was idle for too long
        (b"<html>", 418, errors.Banned),
        (b"<html>", 429, errors.RateLimited),
        (b"<html>", 400, errors.ExchangeError),
        (b"<html>", 404, errors.ExchangeError),
        (b"<html>", 500, errors.VenueUnavailable),
        (b"<html>", 502, errors.VenueUnavailable),
        (said("0", data=GOOD), 500, errors.VenueUnavailable),  # a good word in a bad answer
        (said("0", data=GOOD), 404, errors.ExchangeError),
        (said("0", data=GOOD), 302, errors.UnexpectedRedirect),
        (said("0"), 200, errors.DecodeError),
        (said("0", data={}), 200, errors.DecodeError),
        (said("0", data={"leverage": "x"}), 200, errors.DecodeError),
        (said("510"), 200, errors.InsufficientMargin),
        (said("510", data={"leverage": 1}), 400, errors.InsufficientMargin),
        ({"code": "510", "time": str(NOW_MS), "data": {"leverage": "x"}}, 400, errors.InsufficientMargin),
        (said("777"), 400, errors.ExchangeError),
        (said("777"), 429, errors.RateLimited),
        (said("777"), 500, errors.VenueUnavailable),
        (said("777"), 503, errors.VenueUnavailable),
        (said("408"), 400, errors.ClockSkew),
    ],
    ids=str,
)
def test_what_an_answer_is_called(body: object, status: int, expected: type[errors.FuturesAsyncError]) -> None:
    error = outcome(body, status)
    assert type(error) is expected
    if isinstance(error, errors.ExchangeError):
        assert error.http_status == status
        assert error.venue == "toy"
        assert "GET /leverage" in str(error)


def test_a_gateways_429_and_the_venues_own_code_may_prove_different_things() -> None:
    answers = judge()
    traits = msgspec.structs.replace(ToyDialect.traits, rate_429_is_gateway=True, rate_code_is_gateway=False)
    answers._dialect.traits = traits  # type: ignore[misc] # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - this one venue
    assert answers.definitive(outcome(b"<html>", 429, PLACE))
    assert answers.definitive(outcome(said("429"), 429, PLACE))
    assert not answers.definitive(outcome(said("429"), 200, PLACE))


class Overloaded(ToyDialect):
    codes: ClassVar = {
        **ToyDialect.codes,
        **passing(errors.RateLimited, "419"),
        **ambiguous(errors.RateLimited, "420", transient=True),
    }
    traits = msgspec.structs.replace(ToyDialect.traits, rate_code_is_gateway=True)


def test_an_overload_that_may_come_late_proves_less_than_a_limit_that_is_judged_first() -> None:
    answers = judge(Overloaded())
    limit, overload = (outcome(said(code), 200, PLACE, dialect=Overloaded()) for code in ("419", "420"))
    assert type(limit) is type(overload) is errors.RateLimited
    assert (answers.definitive(limit), answers.definitive(overload)) == (True, False)


class Bare(ToyDialect):
    """Answers without its envelope from the edge, and with verdicts beside the payload."""

    def bare_refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> Refusal | None:
        if status == 403 and b"region" in body:
            return Refusal("401", "this region is not served")
        return Refusal("429", "too fast") if status == 403 and "x-limit" in headers else None

    def payload(self, envelope: Any) -> Any:
        data = envelope.data
        return data if envelope.msg == "" else msgspec.structs.replace(data, leverage=int(envelope.msg))


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"<html>your region", {}, errors.AuthenticationError),
        (b"<html>", {"x-limit": "1"}, errors.RateLimited),
        (b"<html>", {}, errors.Banned),
    ],
    ids=str,
)
def test_a_venue_says_what_its_pages_without_envelope_mean(
    body: bytes, headers: dict[str, str], expected: type[errors.ExchangeError]
) -> None:
    error = outcome(body, 403, headers=headers, dialect=Bare())
    assert type(error) is expected


def test_verdicts_that_stand_beside_the_payload_reach_the_caller() -> None:
    body = {"code": "0", "msg": "7", "time": NOW_MS, "data": GOOD}
    assert outcome(body, dialect=Bare()).leverage == 7


class Plain(msgspec.Struct, Generic[T], frozen=True):
    """What a refusal of `PlainDialect` says; else nothing but what came."""

    code: Any = None
    msg: str = ""
    data: T = cast("T", None)


class PlainDialect(ToyDialect):
    """Sends payloads with nothing around them."""

    envelope: ClassVar[Any] = Plain
    bare = True
    codes: ClassVar = {
        **ToyDialect.codes,
        "-8": Code(errors.VenueUnavailable, definitive=True, any_status=True),
        "-9": Code(errors.VenueUnavailable, definitive=True),
    }

    def refusal(self, envelope: Any) -> Refusal | None:
        return None if envelope.code is None else Refusal(str(envelope.code), envelope.msg)

    def server_ms(self, envelope: Any) -> int | None:
        return None


class PlainRow(Row, frozen=True, kw_only=True):
    name: Text = None
    size: int = 0


class StrictRow(TypedRow, frozen=True, kw_only=True):
    name: str


PLAIN_ROWS = Endpoint("GET", "/rows", result=list[PlainRow])
STRICT_ROWS = Endpoint("GET", "/strict", result=list[StrictRow])


def test_a_payload_with_nothing_around_it_is_what_came() -> None:
    assert outcome(GOOD, dialect=PlainDialect()).leverage == 5
    assert outcome(b' {"leverage": 5}', dialect=PlainDialect()).leverage == 5
    rows = outcome([{"name": "a", "size": 2}], endpoint=PLAIN_ROWS, dialect=PlainDialect())
    assert [(row.name, row.size) for row in rows] == [("a", 2)]


def test_rows_with_nothing_around_them_stand_alone_too() -> None:
    rows = outcome([{"name": 7, "size": 1}, {"name": "b"}], endpoint=PLAIN_ROWS, dialect=PlainDialect())
    assert [row.name for row in rows] == [7, "b"]
    strict = outcome([{"name": "a"}, {"name": None}], endpoint=STRICT_ROWS, dialect=PlainDialect())
    assert [row.name for row in strict] == ["a"]
    assert len(unread_of(strict)) == 1


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"code": "510", "msg": "no"}, 400, errors.InsufficientMargin),
        # Every field of a row may be missing, so a refusal would be an empty row.
        ({"code": "510", "msg": "no"}, 200, errors.InsufficientMargin),
        ({"code": "777"}, 400, errors.ExchangeError),
        (b"<html>", 502, errors.VenueUnavailable),
        (b"<html>", 200, DamagedAnswer),
        (b'{"leverage":', 200, DamagedAnswer),
        ({"msg": "an edge speaks"}, 403, errors.Banned),
        ([1, 2], 200, errors.DecodeError),
        ({"leverage": "x"}, 200, errors.DecodeError),
        ({"msg": 5}, 200, DamagedAnswer),
        ("text", 200, errors.DecodeError),
    ],
    ids=str,
)
def test_what_an_answer_with_nothing_around_it_is_called(
    body: object, status: int, expected: type[errors.FuturesAsyncError]
) -> None:
    assert type(outcome(body, status, dialect=PlainDialect())) is expected


@pytest.mark.parametrize(
    ("code", "status", "proves"), [("-8", 503, True), ("-8", 400, True), ("-9", 503, False), ("-9", 400, True)]
)
def test_a_refusal_under_a_status_of_500_proves_something_only_where_the_code_says_so(
    code: str, status: int, proves: bool
) -> None:
    error = outcome({"code": code}, status, PLACE, dialect=PlainDialect())
    assert judge(PlainDialect()).definitive(error) is proves


class Banning(ToyDialect):
    codes: ClassVar = {**ToyDialect.codes, **passing(errors.Banned, "419")}

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        return (int(headers["x-reset-ms"]) - now_ms) / 1000 if "x-reset-ms" in headers else None

    def ban_s(self, refusal: Refusal, now_ms: int) -> float | None:
        return (int(refusal.message) - now_ms) / 1000 if refusal.message.isdigit() else None


@pytest.mark.parametrize(
    ("code", "words", "headers", "after_s"),
    [
        ("429", "slow down", {"x-reset-ms": str(NOW_MS + 1500)}, 1.5),
        ("419", str(NOW_MS + 90_000), {"x-reset-ms": str(NOW_MS + 1500)}, 90.0),
        ("419", "no time", {}, None),
        ("419", str(NOW_MS + 90_000), {"retry-after": "7"}, 7.0),
    ],
    ids=str,
)
def test_a_moment_that_a_header_or_the_words_name_is_a_wait_by_the_venues_clock(
    code: str, words: str, headers: dict[str, str], after_s: float | None
) -> None:
    body = {"code": code, "msg": words, "time": NOW_MS}
    error = outcome(body, 418, headers=headers, dialect=Banning())
    assert error.retry_after_s == (after_s if after_s is None else pytest.approx(after_s, abs=0.01))


@pytest.mark.parametrize("gateway", [True, False])
@pytest.mark.parametrize("body", [b"<html>", said("429")], ids=str)
def test_a_rate_limit_proves_something_only_where_it_is_judged_at_the_gate(gateway: bool, body: object) -> None:
    answers = judge()
    answers._dialect.traits = msgspec.structs.replace(ToyDialect.traits, rate_429_is_gateway=gateway)  # type: ignore[misc] # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue] - this one venue
    error = outcome(body, 429, PLACE)
    assert isinstance(error, errors.RateLimited)
    assert answers.definitive(error) is gateway
    assert answers.definitive(outcome(said("510"), 400, PLACE))
    assert answers.definitive(outcome(b"<html>", 418, PLACE))


def test_words_beyond_ascii_are_read_and_bytes_that_are_no_text_are_not() -> None:
    good = json.dumps(said("0", data=GOOD, note="Überfällig 余额"), ensure_ascii=False).encode()
    assert outcome(good).leverage == 5
    # In a name that nobody asks for: msgspec would skip it, and a damaged name that is asked for would be missing.
    assert type(outcome(good.replace(b"note", b"no\xffe"))) is DamagedAnswer


def test_a_failing_venues_unlisted_code_may_pass_on_another_try() -> None:
    assert outcome(said("777"), 503).retryable
    assert not outcome(said("777"), 400).retryable


@pytest.mark.parametrize(("data", "path"), [({"leverage": "x"}, "$.data.leverage"), ({}, "$.data")], ids=str)
def test_what_does_not_fit_is_named(data: object, path: str) -> None:
    error = outcome(said("0", data=data))
    assert isinstance(error, errors.DecodeError)
    assert error.path == path
    assert error.text.endswith(path)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://evil.example/x?key=1", "evil.example"),
        ("/x", "same host"),
        ("https://[x?key=1", "none"),
        ("//\u2100/", "none"),
    ],
)
def test_a_redirect_names_the_host_and_nothing_else(location: str, shown: str) -> None:
    error = outcome(b"", 307, headers={"location": location})
    assert isinstance(error, errors.UnexpectedRedirect)
    assert shown in str(error)
    assert "key" not in str(error)


@pytest.mark.parametrize(
    ("body", "status", "tells"),
    [
        (said("0", data=GOOD), 200, True),
        (said("510"), 400, True),
        (said("510", data={"leverage": "x"}), 400, True),
        (said("0", data={"leverage": "x"}), 200, False),
    ],
    ids=str,
)
def test_which_answers_are_believed_about_the_time(body: object, status: int, tells: bool) -> None:
    clock = VenueClock(monotonic=lambda: 100.0, wall=lambda: 1.7e9)
    response = HttpResponse(status=status, headers={}, body=json.dumps(body).encode())
    with suppress(errors.FuturesAsyncError):
        Answers(ToyDialect(), None, clock).read(response, GET_LEVERAGE, Timing(0, 99.9, 100.0))
    assert clock.synchronized is tells


class TellingDialect(ToyDialect):
    """Says in a header of its own how long its limit lasts."""

    def retry_after_s(self, headers: Mapping[str, str], now_ms: int) -> float | None:
        return float(headers["x-reset"])


@pytest.mark.parametrize(("status", "after_s"), [(429, 3.5), (418, None)])
def test_a_venues_own_word_on_its_limit_is_heard_and_not_for_a_ban(status: int, after_s: float | None) -> None:
    answers = Answers(TellingDialect(), None, VenueClock(monotonic=lambda: 100.0))
    response = HttpResponse(status=status, headers={"x-reset": "3.5"}, body=b"<html>")
    with pytest.raises(errors.RateLimited) as caught:
        answers.read(response, GET_LEVERAGE, Timing(0, 99.9, 100.0))
    assert caught.value.retry_after_s == after_s
    assert caught.value.retryable


@pytest.mark.parametrize("ahead_s", [0, 3600])
def test_a_date_to_come_back_at_is_by_the_clock_of_the_same_answer(ahead_s: int) -> None:
    """Where it tells none, by the venue's as far as it is known."""
    now_s = NOW_MS / 1000
    headers = {"retry-after": formatdate(now_s + ahead_s + 7, usegmt=True)}
    if ahead_s:
        headers["date"] = formatdate(now_s + ahead_s, usegmt=True)
    error = outcome(b"<html>", 429, headers=headers)
    assert error.retry_after_s == pytest.approx(7.0, abs=0.1)


@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_good_answer_is_its_payload(status: int) -> None:
    assert outcome(said("0", data=GOOD), status).leverage == 5


@pytest.mark.parametrize(
    ("body", "status", "proves"),
    [
        (said("510"), 400, True),
        (said("510"), 200, True),
        (said("510"), 500, False),  # a server that failed proves nothing, whatever it says
        (said("777"), 400, False),
        (said("777"), 401, False),  # what it means is not known
        (said("500"), 400, False),
        (said("409"), 400, False),  # an earlier attempt landed
        (said("408"), 400, True),
        (said("408"), 500, True),  # a stamp is judged at the gate
        (b"<html>", 401, True),
        (b"<html>", 403, False),  # perhaps from an edge that had passed it on
        (b"<html>", 418, True),
        (b"<html>", 404, False),
        (b"<html>", 502, False),
    ],
    ids=str,
)
def test_which_refusals_of_a_write_prove_that_nothing_happened(body: object, status: int, proves: bool) -> None:
    error = outcome(body, status, PLACE)
    assert isinstance(error, errors.ExchangeError)
    assert judge().definitive(error) is proves


AGES = [(0, False), (1000, False), (1250, False), (1251, True), (5000, True)]


@pytest.mark.parametrize(("age_ms", "stray"), AGES)
def test_an_answer_from_before_the_request_is_none_of_it(age_ms: int, stray: bool) -> None:
    """A second, and a quarter for the clock's error."""
    assert isinstance(outcome(said("0", age_ms, data=GOOD)), errors.ResponseMismatch) is stray
    assert isinstance(outcome(said("510", age_ms), 400, PLACE), errors.ResponseMismatch) is stray
    assert isinstance(outcome(said("510", age_ms), 400, SET_LEVERAGE), errors.ResponseMismatch) is stray
    assert isinstance(outcome(said("404", age_ms), 400), errors.ResponseMismatch) is stray
    # A read that is refused has nothing else to lose; a wrong clock is what its refusal is about.
    assert isinstance(outcome(said("510", age_ms), 400), errors.InsufficientMargin)
    assert isinstance(outcome(said("408", age_ms), 400, PLACE), errors.ClockSkew)
    # Stamped by this computer's own clock, which may be wrong, the comparison says nothing.
    assert outcome(said("0", age_ms, data=GOOD), known=False).leverage == 5


@pytest.mark.parametrize(
    ("kind", "sent", "expected", "words"),
    [
        ("dns", False, errors.ConnectFailed, "cannot be resolved"),
        ("refused", False, errors.ConnectFailed, "refused"),
        ("unreachable", False, errors.ConnectFailed, "unreachable"),
        ("connect-timeout", False, errors.ConnectFailed, "no connection in time"),
        ("tls", False, errors.ConnectFailed, "not trusted"),
        ("tls-handshake", False, errors.ConnectFailed, "handshake broke off"),
        ("proxy", False, errors.ConnectFailed, "proxy"),
        ("proxy", True, errors.RequestTimeout, "lost before the answer"),
        ("pool-timeout", False, errors.NotSent, "nothing was sent"),
        ("write", False, errors.NotSent, "nothing was sent"),
        ("aborted", False, errors.NotSent, "nothing was sent"),
        ("write", True, errors.RequestTimeout, "lost before the answer"),
        ("write-timeout", True, errors.RequestTimeout, "no answer in time"),
        ("read-timeout", True, errors.RequestTimeout, "no answer in time"),
        ("read", True, errors.RequestTimeout, "lost before the answer"),
        ("disconnected", True, errors.RequestTimeout, "lost before the answer"),
        ("body-too-large", True, errors.BodyTooLarge, "size cap"),
        ("encoding", True, errors.DecodeError, "encoding"),
        ("protocol", True, DamagedAnswer, "not proper HTTP"),
    ],
)
def test_what_a_request_without_an_answer_is_called(
    kind: FailureKind, sent: bool, expected: type[errors.FuturesAsyncError], words: str
) -> None:
    error = failure_error(HttpFailure(kind, Phase.ANSWERING, sent=sent), "toy GET /x", "example:1")
    assert type(error) is expected
    assert str(error).startswith("toy GET /x: ")
    assert words in str(error)
    assert ("nothing was sent" in str(error)) is not sent
    if isinstance(error, errors.ConnectFailed):
        assert error.kind == {"connect-timeout": "timeout", "tls-handshake": "unreachable"}.get(kind, kind)
        assert "example:1" in str(error)


@pytest.mark.parametrize(
    ("kind", "phase", "reused", "stale"),
    [
        ("disconnected", Phase.BODY_STARTED, True, True),
        ("read", Phase.BODY_STARTED, True, True),  # reset: it had closed its side before
        ("read-timeout", Phase.BODY_STARTED, True, False),
        ("disconnected", Phase.ANSWERING, True, False),
        ("disconnected", Phase.BODY_STARTED, False, False),  # a venue that takes connections and drops them is in need
    ],
)
def test_a_kept_connection_that_was_closed_is_told_from_a_venue_that_drops_them(
    kind: FailureKind, phase: Phase, reused: bool, stale: bool
) -> None:
    error = failure_error(HttpFailure(kind, phase, sent=True, reused=reused), "toy GET /x", "example:1")
    assert isinstance(error, errors.RequestTimeout)
    assert error.stale is stale


def test_an_answer_without_a_time_of_its_own_tells_it_by_its_date() -> None:
    clock = VenueClock(monotonic=lambda: 100.0, wall=lambda: 1.7e9)
    answers = Answers(ToyDialect(), None, clock)
    date = formatdate(NOW_MS / 1000 + 3600, usegmt=True)
    body = json.dumps({"code": "0", "data": GOOD}).encode()
    answers.read(HttpResponse(status=200, headers={"date": date}, body=body), GET_LEVERAGE, Timing(0, 99.9, 100.0))
    assert clock.synchronized
    # A date is cut to seconds: on average half a second more, and half of the way back.
    assert abs(clock.now_ms() - NOW_MS - 3_600_550) <= 2


def test_a_date_that_is_none_is_passed_over() -> None:
    date = "Thu, 01 Jan 2026 00:00:00 +" + "9" * 20  # which Python's own reader stumbles over
    response = HttpResponse(status=200, headers={"date": date}, body=json.dumps({"code": "0", "data": GOOD}).encode())
    clock = VenueClock(monotonic=lambda: 100.0, wall=lambda: 1.7e9)
    assert Answers(ToyDialect(), None, clock).read(response, PLACE, Timing(0, 99.9, 100.0))
    assert not clock.synchronized


def test_a_date_of_no_named_zone_is_in_utc_whatever_the_zone_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert http_date_s("Thu, 01 Jan 2026 00:00:00 -0000") == 1_767_225_600.0
    finally:
        monkeypatch.undo()
        time.tzset()


def refused_at(sent_at: float, answered_at: float) -> Timing:
    return Timing(NOW_MS, sent_at, answered_at)


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [("7", 7.0), ("0", 1.125), (None, 1.125), ("nan", 1.125), ("-1", 1.125)],
)
def test_a_rate_limit_says_how_long_it_lasts(header: str | None, pause_s: float) -> None:
    error = outcome(b"<html>", 429, PLACE, {} if header is None else {"retry-after": header})
    assert judge().pause_s(error, 0.5, refused_at(0.0, 0.1)) == pause_s


def test_pauses_grow_and_shrink_again() -> None:
    answers = judge()
    error = errors.RateLimited("slow", venue="toy")
    later = [refused_at(100.0 * step, 100.0 * step + 0.1) for step in range(8)]
    assert [answers.pause_s(error, 0.0, at) for at in later[:7]] == [1, 2, 4, 8, 16, 30, 30]
    answers.calm()
    assert answers.pause_s(error, 0.0, later[7]) == 1
    answers = judge()
    banned = errors.Banned("out", venue="toy")
    assert [answers.pause_s(banned, 0.9, at) for at in later[:6]] == [60, 120, 240, 480, 900, 900]


def test_calls_that_were_refused_together_are_one_step() -> None:
    answers = judge()
    error = errors.RateLimited("slow", venue="toy")
    burst = [refused_at(0.01 * call, 0.2 + 0.01 * call) for call in range(10)]
    assert {answers.pause_s(error, 0.0, at) for at in burst} == {1}
    answers.calm()  # one of them went through
    assert answers.pause_s(error, 0.0, refused_at(0.1, 0.3)) == 1
    assert [answers.pause_s(error, 0.0, refused_at(sent, sent + 0.2)) for sent in (2.0, 2.1, 5.0)] == [1, 1, 2]
    assert answers.pause_s(errors.Banned("out", venue="toy"), 0.0, refused_at(5.1, 5.3)) == 120
