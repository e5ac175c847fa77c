"""A venue unlike the five: weights, order counts, counts by contract, budgets, refusals without envelope, verdicts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
import pytest

from futures_async.simulator import errors
from futures_async.simulator.accounts import Account, ApiKey
from futures_async.simulator.demo import Setup, open_demo_account
from futures_async.simulator.dialect import (
    Credit,
    Dialect,
    Request,
    Response,
    Route,
    Table,
    VenueRefusal,
    always,
)
from futures_async.simulator.exchange import SimulatedExchange
from futures_async.simulator.reading import Reader
from futures_async.transport.endpoint import Kind, RateLimit

WEIGHT = RateLimit(20, 60.0, scope="ip")
ORDERS = RateLimit(4, 10.0, pool="orders")
ACTIONS = RateLimit(3, 10.0, pool="actions", budget=True)
BY_CONTRACT = RateLimit(2, 2.0, by="symbol")


def each(params: Mapping[str, Any], body: Any) -> int:
    return len(body)


def by_symbol(params: Mapping[str, Any], body: Any) -> int:
    return 1 if "symbol" in params else 9


class Weighing(Dialect):
    id = "weighing"
    family = "weighing"
    prefixes = ("/w/",)
    ip_limits = (WEIGHT,)
    limited_by_account = False
    tables: ClassVar[Sequence[Table]] = ({errors.InsufficientMargin: ("-2", None), errors.BadBody: ("-3", "{}!")},)
    statuses: ClassVar[Mapping[str, int]] = {"-1003": 429}
    not_found = VenueRefusal("-404", status=404)
    ambiguous = VenueRefusal("-1")
    maintenance = VenueRefusal("-5", status=503)
    reader = Reader(
        lambda name: VenueRefusal("-1102", f"{name} is missing"),
        lambda name, value: VenueRefusal("-1100", f"{name}={value}"),
    )
    earned = 0

    def routes(self) -> Sequence[Route]:
        return [
            Route("GET", "/w/light", always("light"), private=False),
            Route("GET", "/w/heavy", always("heavy"), private=False, weight=15),
            Route("GET", "/w/all", always([]), private=False, weight=by_symbol),
            Route("POST", "/w/order", always("placed"), ORDERS, kind=Kind.ORDER),
            Route("POST", "/w/orders", self.batch, ORDERS.taking(each), kind=Kind.ORDER),
            Route("POST", "/w/act", always("done"), ACTIONS),
            Route("POST", "/w/each", always("each"), BY_CONTRACT),
            Route("POST", "/w/needs", always("had"), needs="symbol side"),
            Route("POST", "/w/broke", self.broke, codes={errors.InsufficientMargin: "-2019"}),
            Route("GET", "/w/region", self.region, private=False),
        ]

    def batch(self, request: Request) -> Any:
        return [
            {"code": verdict.refusal.code} if verdict.refusal else verdict.result
            for verdict in self.judge(request, request.json(), self.one)
        ]

    def one(self, item: Mapping[str, Any]) -> Any:
        if "size" not in item:
            raise VenueRefusal("-1102")
        if item["size"] > 5:
            raise errors.InsufficientMargin("too much")
        return {"id": item["size"]}

    def broke(self, request: Request) -> Any:
        raise errors.InsufficientMargin("not enough")

    def region(self, request: Request) -> Any:
        raise VenueRefusal("", page=b"<html>not in your region", status=403)

    def authenticate(self, request: Request) -> Account:
        found = self.engine.find_key(self.family, request.header("x-key") or "k")
        assert found is not None
        return found[0]

    def success(self, request: Request, result: Any) -> Response:
        return Response(200, msgspec.json.encode(result))

    def failure(self, request: Request, refusal: VenueRefusal) -> Response:
        body = {"code": refusal.code, "msg": refusal.message}
        return Response(self.status(refusal), msgspec.json.encode(body), refusal.headers)

    def translate(self, error: errors.EngineError, request: Request) -> VenueRefusal:
        if isinstance(error, errors.RateLimited):
            if error.limit is WEIGHT:  # its gateway answers, not the venue
                return VenueRefusal("-1003", page=b"<html>429", headers=(("Retry-After", f"{error.opens_in_s:.0f}"),))
            return VenueRefusal("-1015", f"opens in {error.opens_in_s:g}")
        return super().translate(error, request)

    def granted(self, account: Account, limit: RateLimit) -> int:
        return self.earned

    def headers(self, request: Request, route: Route, credits: Sequence[Credit]) -> tuple[tuple[str, str], ...]:
        return tuple((f"used-{credit.limit.pool or 'weight'}", str(credit.used)) for credit in credits)

    def demo_account(self, setup: Setup) -> Account:
        return open_demo_account(self.engine, setup, "1", key=ApiKey(key="k", secret="s"), family=self.family)


class Venue:
    """The exchange on a clock of its own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.exchange = SimulatedExchange(
            dialects=[Weighing],
            setup=Setup(empty=True),
            now_ms=lambda: 1_768_190_400_000 + int(self.seconds * 1000),
            monotonic=lambda: self.seconds,
        )

    @property
    def dialect(self) -> Weighing:
        found = self.exchange.venues["weighing"].dialect
        assert isinstance(found, Weighing)
        return found

    def call(self, path: str, body: Any = None, *, query: str = "", client: str = "127.0.0.1") -> Response:
        method = "GET" if body is None else "POST"
        raw = b"" if body is None else msgspec.json.encode(body)
        now = self.exchange.now_ms()
        return self.exchange.handle(Request(method, f"/w/{path}", query, raw, client=client, now_ms=now))

    def said(self, path: str, body: Any = None, *, query: str = "") -> Any:
        return msgspec.json.decode(self.call(path, body, query=query).body)


@pytest.fixture
def venue() -> Venue:
    return Venue()


def test_calls_take_their_weight_of_the_addresss_limit_and_headers_say_what_is_used(venue: Venue) -> None:
    assert dict(venue.call("heavy").headers)["used-weight"] == "15"
    assert dict(venue.call("light").headers)["used-weight"] == "16"
    assert venue.call("all", query="symbol=BTC").status == 200
    refused = venue.call("all")
    assert (refused.status, refused.body, refused.content_type) == (429, b"<html>429", "text/html")
    assert dict(refused.headers)["Retry-After"] == "60"
    assert venue.call("light", client="10.0.0.2").status == 200
    venue.seconds = 59.9
    assert venue.call("heavy").status == 429
    venue.seconds = 60.0
    assert venue.call("heavy").status == 200


def test_orders_are_counted_by_account_and_those_of_a_batch_each(venue: Venue) -> None:
    assert venue.said("orders", [{"size": 1}, {"size": 9}, {}]) == [{"id": 1}, {"code": "-2"}, {"code": "-1102"}]
    assert venue.said("order", {}) == "placed"
    assert venue.said("order", {})["code"] == "-1015"
    venue.seconds = 10.0
    assert venue.said("orders", [{"size": 1}] * 4) == [{"id": 1}] * 4


def test_no_limit_over_all_endpoints_where_the_venue_has_none(venue: Venue) -> None:
    assert [venue.said("needs", {"symbol": "B", "side": "buy"}) for _ in range(15)] == ["had"] * 15


def test_each_contract_has_a_window_of_its_own(venue: Venue) -> None:
    assert venue.said("each", [{"symbol": "A"}, {"symbol": "A"}, {"symbol": "B"}]) == "each"
    assert venue.said("each", {"symbol": "A"})["code"] == "-1015"
    assert venue.said("each", {"symbol": "B"}) == "each"


def test_a_budget_lasts_until_it_is_used_up_then_trickles_and_grows_with_what_is_earned(venue: Venue) -> None:
    assert [venue.said("act", {}) for _ in range(3)] == ["done"] * 3
    assert venue.said("act", {}) == {"code": "-1015", "msg": "opens in 10"}
    venue.seconds = 10.0
    assert venue.said("act", {}) == "done"
    assert venue.said("act", {})["code"] == "-1015"
    venue.dialect.earned = 2
    assert venue.said("act", {}) == "done"
    assert venue.said("act", {})["code"] == "-1015"


def test_a_route_refuses_what_it_needs_and_is_not_given(venue: Venue) -> None:
    assert venue.said("needs", {"symbol": "B"}) == {"code": "-1102", "msg": "side is missing"}
    assert venue.said("needs", ["no object"]) == {"code": "-3", "msg": "the body is not a JSON object!"}


def test_an_endpoint_may_have_codes_of_its_own(venue: Venue) -> None:
    assert venue.said("broke", {}) == {"code": "-2019", "msg": "not enough"}


def test_a_page_may_stand_in_the_envelopes_place(venue: Venue) -> None:
    page = venue.call("region")
    assert (page.status, page.body, page.content_type) == (403, b"<html>not in your region", "text/html")


def test_an_error_that_no_table_knows_is_no_refusal(venue: Venue) -> None:
    with pytest.raises(errors.NoPosition):
        venue.dialect.translate(errors.NoPosition("none"), Request("GET", "/w/light"))


def test_a_call_heavier_than_the_whole_limit_passes_alone(venue: Venue) -> None:
    assert len(venue.said("orders", [{"size": 1}] * 6)) == 6
    assert venue.said("order", {})["code"] == "-1015"
