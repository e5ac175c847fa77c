"""`BitgetV1` against a scripted venue: what is sent, and what comes of the answers."""

import base64
import contextlib
import hashlib
import hmac
import json
import warnings
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

import futures_async as fa
from futures_async.adapters.bitget_v1 import BitgetV1
from futures_async.adapters.bitget_v1 import endpoints as api
from futures_async.transport import asleep
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.exchange import Capability
from tests.adapters.bitget_v1.data import KEY, PASSPHRASE, SECRET, load, name_of, raw
from tests.adapters.scripted import Scripted, Seen, current

D = Decimal
BTC = "BTC/USDT:USDT"
pytestmark = pytest.mark.anyio
PLACE, DETAIL, POSITIONS = api.PLACE_ORDER.path, api.DETAIL.path, api.POSITIONS.path


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def venue() -> Scripted:
    scripted = Scripted()
    for endpoint in api.ENDPOINTS:
        body = raw(name_of(endpoint))
        scripted.answer(endpoint.path, lambda seen, body=body: current(body))
    return scripted


def connect(venue: Scripted, **options: Any) -> BitgetV1:
    credentials = fa.Credentials(KEY, SECRET, PASSPHRASE)
    options = {"base_url": "http://127.0.0.1:1", "limiter": NoLimiter(), **options}
    return BitgetV1(credentials, http=venue, **options)


@pytest.fixture
async def exchange(venue: Scripted) -> AsyncIterator[BitgetV1]:
    client = connect(venue)
    yield client
    with contextlib.suppress(fa.UnresolvedOrders):
        await client.aclose()


def say(venue: Scripted, path: str, data: Any, code: str = "00000", msg: str = "") -> None:
    body = json.dumps({"code": code, "msg": msg, "requestTime": 1, "data": data}, default=str).encode()
    venue.answer(path, lambda seen: current(body))


def signed(seen: Seen) -> bool:
    """By the documented rules, without the code under test."""
    target = f"{seen.path}?{seen.query}" if seen.query else seen.path
    text = f"{seen.headers['access-timestamp']}{seen.method}{target}".encode() + seen.body
    digest = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return base64.b64encode(digest).decode() == seen.headers["access-sign"]


def order(**fields: Any) -> fa.OrderRequest:
    given: dict[str, Any] = {
        "symbol": BTC,
        "side": fa.Side.BUY,
        "type": fa.OrderType.LIMIT,
        "quantity": D("0.123"),
        "price": D("30000.50"),
        **fields,
    }
    return fa.OrderRequest(**given)


TERMS: dict[str, Any] = {"leverage": D(10), "margin_mode": fa.MarginMode.ISOLATED}

Act = Callable[[BitgetV1], Any]
CALLS: list[tuple[Any, Act, dict[str, str], Any]] = [
    (api.ACCOUNT, lambda x: x.fetch_account(), {"marginCoin": "USDT"}, None),
    (api.POSITIONS, lambda x: x.fetch_positions(BTC), {"marginCoin": "USDT", "symbol": "BTCUSDT"}, None),
    (api.POSITIONS, lambda x: x.fetch_positions(), {"marginCoin": "USDT"}, None),
    (
        api.BILLS,
        lambda x: x.fetch_ledger(since_ms=1, until_ms=9, type=fa.LedgerType.REALIZED_PNL),
        {"endTime": "9", "limit": "500", "marginCoin": "USDT", "startTime": "1", "type": "pnl"},
        None,
    ),
    (api.BILLS, lambda x: x.fetch_ledger(type=fa.LedgerType.FUNDING), {"limit": "500", "marginCoin": "USDT"}, None),
    (api.RISK_LIMITS, lambda x: x.fetch_risk_limits(BTC), {"symbol": "BTCUSDT"}, None),
    (api.SET_RISK_LIMIT, lambda x: x.set_risk_limit(BTC, 100), {}, {"symbol": "BTCUSDT", "riskLimit": "100"}),
    (
        api.SET_POSITION_MODE,
        lambda x: x.set_position_mode(fa.PositionMode.HEDGE, symbol=BTC),
        {},
        {"symbol": "BTCUSDT", "positionMode": "hedged"},
    ),
    (
        api.SET_LEVERAGE,
        lambda x: x.set_leverage(BTC, 10, margin_mode=fa.MarginMode.ISOLATED),
        {},
        {"symbol": "BTCUSDT", "leverage": "10", "marginMode": "isolated"},
    ),
    (api.CANCEL_ALL, lambda x: x.cancel_all_orders(BTC), {}, {"symbol": "BTCUSDT"}),
    (
        api.DETAIL,
        lambda x: x.fetch_order(BTC, order_id="123456789"),
        {"orderId": "123456789", "symbol": "BTCUSDT"},
        None,
    ),
    (api.CURRENT, lambda x: x.fetch_open_orders(BTC), {"limit": "500", "symbol": "BTCUSDT"}, None),
    (
        api.HISTORY,
        lambda x: x.fetch_order_history(BTC, since_ms=1, until_ms=9),
        {"endTime": "9", "limit": "500", "startTime": "1", "symbol": "BTCUSDT"},
        None,
    ),
    (api.FILLS, lambda x: x.fetch_fills(BTC), {"limit": "500", "symbol": "BTCUSDT"}, None),
]


@pytest.mark.parametrize(("endpoint", "act", "params", "body"), CALLS)
async def test_calls_are_the_documented_requests(
    exchange: BitgetV1, venue: Scripted, endpoint: Any, act: Act, params: dict[str, str], body: Any
) -> None:
    await act(exchange)
    seen = venue.last(endpoint.path)
    documented = {row["name"]: row for row in load("requests")[name_of(endpoint)]["parameters"]}
    sent = params if body is None else body
    assert (seen.method, seen.params) == (endpoint.method, params)
    assert seen.query == "&".join(f"{name}={params[name]}" for name in sorted(params))
    assert (seen.json() if seen.body else None) == body
    assert sent.keys() <= documented.keys()
    assert {name for name, row in documented.items() if row["required"]} <= sent.keys()
    assert signed(seen)
    assert seen.headers["access-passphrase"] == PASSPHRASE


async def test_the_worked_order_is_sent_and_read_back(exchange: BitgetV1, venue: Scripted) -> None:
    placed = await exchange.create_order(order(**TERMS))
    seen = venue.last(PLACE)
    assert seen.body.decode() == load("signing")[1]["body"]
    assert signed(seen)
    assert [request.path for request in venue.seen] == [PLACE, DETAIL]
    # The answer to placing says "new" whatever was filled at once.
    assert (placed.order_id, placed.status) == ("123456789", fa.OrderStatus.PARTIALLY_FILLED)
    assert placed.filled_quantity == D("0.100")
    assert (placed.leverage, placed.margin_mode) == (D(10), fa.MarginMode.ISOLATED)


async def test_placing_does_not_fail_because_reading_does(exchange: BitgetV1, venue: Scripted) -> None:
    say(venue, DETAIL, None, code="40014")
    placed = await exchange.create_order(order(**TERMS))
    assert (placed.order_id, placed.status, placed.filled_quantity) == ("123456789", fa.OrderStatus.NEW, None)


@pytest.mark.parametrize("fields", [{"symbol": "ETHUSDT"}, {"side": "sell"}, {"orderId": ""}])
async def test_an_answer_about_another_order_leaves_this_one_unknown(
    exchange: BitgetV1, venue: Scripted, fields: dict[str, str]
) -> None:
    say(venue, PLACE, {**load("order_place_order")["data"], **fields})
    with pytest.raises(fa.OrderOutcomeUnknown):
        await exchange.create_order(order(**TERMS))
    assert venue.count(PLACE) == 1


async def test_an_order_takes_leverage_and_margin_mode_of_the_position(exchange: BitgetV1, venue: Scripted) -> None:
    await exchange.create_order(order())
    assert [request.path for request in venue.seen] == [POSITIONS, PLACE, DETAIL]
    assert venue.last(PLACE).json()["leverage"] == "10"
    assert venue.last(PLACE).json()["marginMode"] == "isolated"


async def test_an_order_takes_what_set_leverage_set(exchange: BitgetV1, venue: Scripted) -> None:
    say(venue, POSITIONS, [])
    say(venue, api.SET_LEVERAGE.path, {"symbol": "BTCUSDT", "leverage": "7", "marginMode": "isolated"})
    found = await exchange.set_leverage(BTC, 7, margin_mode=fa.MarginMode.ISOLATED)
    assert (found.leverage, found.margin_mode) == (D(7), fa.MarginMode.ISOLATED)
    reads = venue.count(POSITIONS)
    say(venue, PLACE, {**load("order_place_order")["data"], "leverage": "7"})
    await exchange.create_order(order())
    assert venue.last(PLACE).json()["leverage"] == "7"
    assert venue.count(POSITIONS) == reads
    # Another account on the same connections knows nothing of it.
    other = exchange.with_credentials(fa.Credentials("other", SECRET, PASSPHRASE))
    with pytest.raises(fa.InvalidOrder):
        await other.create_order(order())
    # And a new margin mode makes it void.
    await exchange.set_margin_mode(fa.MarginMode.CROSS)
    with pytest.raises(fa.InvalidOrder):
        await exchange.create_order(order())


async def test_an_order_takes_no_leverage_that_its_position_does_not_show(
    exchange: BitgetV1, venue: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("futures_async.trading.settings.READ_PAUSES_S", (0.0,))
    say(venue, api.SET_LEVERAGE.path, {"symbol": "BTCUSDT", "leverage": "7", "marginMode": "isolated"})
    with pytest.raises(fa.SettingNotApplied):  # the answer repeats what was asked for, the position has 10
        await exchange.set_leverage(BTC, 7, margin_mode=fa.MarginMode.ISOLATED)
    await exchange.create_order(order())
    assert venue.last(PLACE).json()["leverage"] == "10"


@pytest.mark.parametrize("answer", ["empty", "refused"])
async def test_an_order_that_cannot_state_its_leverage_is_not_sent(
    exchange: BitgetV1, venue: Scripted, answer: str
) -> None:
    if answer == "empty":
        say(venue, POSITIONS, [])
    else:
        say(venue, POSITIONS, None, code="40014")
    with pytest.raises(fa.InvalidOrder, match="give OrderRequest\\(leverage=…, margin_mode=…\\)"):
        await exchange.create_order(order())
    results = await exchange.create_orders([order(), order(leverage=D(5))])
    assert [type(result.error) for result in results] == [fa.InvalidOrder, fa.InvalidOrder]
    assert venue.count(PLACE) == venue.count(api.BATCH_ORDERS.path) == 0


async def test_an_order_in_an_unknown_contract_says_that_and_asks_for_no_leverage(
    exchange: BitgetV1, venue: Scripted
) -> None:
    say(venue, POSITIONS, None, code="40034", msg="Parameter BTXUSDT does not exist")
    with pytest.raises(fa.SymbolNotFound):
        await exchange.create_order(order())
    results = await exchange.create_orders([order(), order(leverage=D(5))])
    assert [type(result.error) for result in results] == [fa.SymbolNotFound, fa.SymbolNotFound]
    assert venue.count(PLACE) == venue.count(api.BATCH_ORDERS.path) == 0


async def test_an_order_that_closes_takes_the_terms_of_its_own_side(exchange: BitgetV1, venue: Scripted) -> None:
    row = load("position_all_position")["data"][0]
    say(venue, POSITIONS, [row, {**row, "positionSide": "short", "leverage": "3"}])
    say(venue, PLACE, {**load("order_place_order")["data"], "leverage": "3"})
    await exchange.create_order(order(intent=fa.Intent.CLOSE))
    assert venue.last(PLACE).json()["leverage"] == "3"  # buying back the short
    assert venue.last(PLACE).json()["reduceOnly"] is True
    await exchange.create_order(order())
    assert venue.last(PLACE).json()["leverage"] == "10"


async def test_several_orders_go_in_one_batch(exchange: BitgetV1, venue: Scripted) -> None:
    say(
        venue,
        api.BATCH_ORDERS.path,
        [{"orderId": "1", "symbol": "BTCUSDT", "status": "new"}, {"orderId": None, "symbol": "BTCUSDT"}],
    )
    say(venue, DETAIL, {**load("order_detail")["data"], "orderId": "1"})
    results = await exchange.create_orders([order(**TERMS), order(**TERMS)])
    body = venue.last(api.BATCH_ORDERS.path).json()
    single = json.loads(load("signing")[1]["body"])
    assert body == {"orders": [single, single]}
    assert signed(venue.last(api.BATCH_ORDERS.path))
    assert results[0].order is not None
    assert results[0].order.order_id == "1"
    assert isinstance(results[1].error, fa.OrderOutcomeUnknown)


@pytest.mark.parametrize(
    "rows", [[], [{"orderId": "1", "symbol": "BTCUSDT"}], [{"orderId": str(i), "symbol": "ETHUSDT"} for i in (1, 2)]]
)
async def test_a_batch_that_is_answered_oddly_is_unknown_for_each(
    exchange: BitgetV1, venue: Scripted, rows: list[Any]
) -> None:
    say(venue, api.BATCH_ORDERS.path, rows)
    results = await exchange.create_orders([order(**TERMS), order(**TERMS)])
    assert [type(result.error) for result in results] == [fa.OrderOutcomeUnknown] * 2
    assert venue.count(api.BATCH_ORDERS.path) == 1
    assert venue.count(PLACE) == 0


@pytest.mark.parametrize(("code", "error"), [("60004", fa.OrderOutcomeUnknown), ("40009", fa.AuthenticationError)])
async def test_a_refused_batch_is_only_certain_where_nothing_was_looked_at(
    exchange: BitgetV1, venue: Scripted, code: str, error: type[Exception]
) -> None:
    say(venue, api.BATCH_ORDERS.path, None, code=code)
    results = await exchange.create_orders([order(**TERMS), order(**TERMS)])
    assert [type(result.error) for result in results] == [error] * 2


async def test_a_lost_order_stays_unknown_and_what_looks_like_it_is_named(exchange: BitgetV1, venue: Scripted) -> None:
    venue.answer(PLACE, httpx.ReadTimeout("lost"))
    now = exchange_now()
    twin = {**load("order_current")["data"][0], "createTime": now, "orderId": "77"}
    other = {**twin, "price": "1", "orderId": "78"}
    older = {**twin, "createTime": now - 3_600_000, "orderId": "79"}
    say(venue, api.CURRENT.path, [twin, other, older])
    say(venue, api.HISTORY.path, [{**load("order_history")["data"][0], "createTime": now, "orderId": "80"}])
    with pytest.raises(fa.OrderOutcomeUnknown) as caught:
        await exchange.create_order(order(**TERMS))
    assert venue.count(PLACE) == 1
    said = " ".join(caught.value.lookups)
    assert "77" in said
    assert "80" in said, "it may have been filled at once"
    assert "not proof" in said
    assert "78" not in said
    assert "79" not in said
    assert caught.value in exchange.unresolved()
    with pytest.raises(fa.OrderOutcomeUnknown, match="compare its open orders, fills and position") as still:
        await caught.value.resolve(0.1)
    assert "resolve()" not in str(still.value), "it can never answer"
    with pytest.raises(fa.UnresolvedOrders, match="compare its open orders, fills and position") as left:
        await exchange.aclose()
    assert "resolve_order()" not in str(left.value), "the venue has no such call"


async def test_what_looks_like_one_that_this_computer_slept_over_is_named(
    exchange: BitgetV1, venue: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue.answer(PLACE, httpx.ReadTimeout("lost"))
    monkeypatch.setattr(asleep, "asleep_s", lambda: 3600.0 * venue.count(PLACE))
    twin = {**load("order_current")["data"][0], "createTime": exchange_now() - 3_600_000, "orderId": "77"}
    say(venue, api.CURRENT.path, [twin])
    say(venue, api.HISTORY.path, [])
    with pytest.raises(fa.OrderOutcomeUnknown) as caught:
        await exchange.create_order(order(**TERMS))
    assert "77" in " ".join(caught.value.lookups)


async def test_advice_that_cannot_be_had_is_no_obstacle(exchange: BitgetV1, venue: Scripted) -> None:
    venue.answer(PLACE, httpx.ReadTimeout("lost"))
    say(venue, api.CURRENT.path, None, code="40014")
    with pytest.raises(fa.OrderOutcomeUnknown) as caught:
        await exchange.create_order(order(**TERMS))
    assert "could not be listed" in " ".join(caught.value.lookups)
    say(venue, api.CURRENT.path, [])
    say(venue, api.HISTORY.path, [])
    with pytest.raises(fa.OrderOutcomeUnknown) as caught:
        await exchange.create_order(order(**TERMS))
    assert "proves nothing" in " ".join(caught.value.lookups)
    seen = len(venue.seen)
    with pytest.raises(fa.OrderOutcomeUnknown):
        await exchange.create_order(order(**TERMS), on_unknown="raise")
    assert len(venue.seen) == seen + 1


def exchange_now() -> int:
    return int(json.loads(current(b'{"requestTime":0}'))["requestTime"])


async def test_there_is_no_place_for_an_id_of_ours(exchange: BitgetV1, venue: Scripted) -> None:
    with pytest.raises(fa.InvalidOrder, match="client_order_id"):
        await exchange.create_order(order(**TERMS, client_order_id="mine"))
    with pytest.raises(fa.NotSupported):
        await exchange.cancel_order(BTC, client_order_id="mine")
    with pytest.raises(fa.NotSupported):
        await exchange.fetch_order(BTC, client_order_id="mine")
    assert venue.seen == []


@pytest.mark.parametrize("ids", [{}, {"order_id": ""}, {"order_id": "0"}, {"order_id": " 1"}])
async def test_a_cancel_names_one_order(exchange: BitgetV1, venue: Scripted, ids: Any) -> None:
    with pytest.raises(fa.InvalidRequest):
        await exchange.cancel_order(BTC, **ids)
    assert venue.seen == []


async def test_a_cancel_ends_in_a_reading_of_the_order(exchange: BitgetV1, venue: Scripted) -> None:
    say(venue, DETAIL, {**load("order_detail")["data"], "status": "cancelled"})
    done = await exchange.cancel_order(BTC, order_id="123456789")
    assert venue.seen[0].path == api.CANCEL.path
    assert venue.seen[0].json() == {"symbol": "BTCUSDT", "orderId": "123456789"}
    assert signed(venue.seen[0])
    assert (done.status, done.filled_quantity) == (fa.OrderStatus.CANCELED, D("0.100"))
    (result,) = await exchange.cancel_orders(BTC, order_ids=["123456789"])
    assert result.error is None


async def test_cancel_all_gives_the_ids_of_the_answer(exchange: BitgetV1, venue: Scripted) -> None:
    assert await exchange.cancel_all_orders(BTC) == ["123456789", "987654321"]
    say(venue, api.CANCEL_ALL.path, {"success": True})
    say(venue, api.CURRENT.path, [])
    assert await exchange.cancel_all_orders(BTC) == []


async def test_an_order_of_another_id_is_not_taken_for_it(exchange: BitgetV1) -> None:
    with pytest.raises(fa.ResponseMismatch):
        await exchange.fetch_order(BTC, order_id="5")
    with pytest.raises(fa.ResponseMismatch):
        await exchange.fetch_order("ETH/USDT:USDT", order_id="123456789")


async def test_positions_are_closed_by_the_venues_own_call(exchange: BitgetV1, venue: Scripted) -> None:
    closing = {**load("order_detail")["data"], "side": "sell", "orderType": "market", "status": "filled"}
    say(venue, DETAIL, closing)
    closed = await exchange.close_position(BTC)
    assert venue.last(api.CLOSE.path).json() == {"symbol": "BTCUSDT"}
    assert signed(venue.last(api.CLOSE.path))
    assert closed is not None
    assert (closed.order_id, closed.side, closed.status) == ("123456789", fa.Side.SELL, fa.OrderStatus.FILLED)
    await exchange.close_position(BTC, side=fa.PositionSide.LONG)
    assert venue.last(api.CLOSE.path).json() == {"symbol": "BTCUSDT", "positionSide": "long"}
    assert venue.count(PLACE) == 0
    say(venue, POSITIONS, [])
    assert await exchange.close_position(BTC) is None
    assert venue.count(api.CLOSE.path) == 2


async def test_with_both_sides_open_the_one_to_close_is_named(exchange: BitgetV1, venue: Scripted) -> None:
    row = load("position_all_position")["data"][0]
    say(venue, POSITIONS, [row, {**row, "positionSide": "short"}])
    with pytest.raises(fa.InvalidRequest, match="side"):
        await exchange.close_position(BTC)
    assert venue.count(api.CLOSE.path) == 0
    bought = {**load("order_detail")["data"], "orderType": "market", "status": "filled"}
    say(venue, DETAIL, bought)
    closed = await exchange.close_position(BTC, side=fa.PositionSide.SHORT)
    assert closed is not None
    assert closed.side is fa.Side.BUY


async def test_a_lost_close_is_not_sent_again(exchange: BitgetV1, venue: Scripted) -> None:
    venue.answer(api.CLOSE.path, httpx.ReadTimeout("lost"))
    with pytest.raises(fa.OrderOutcomeUnknown):
        await exchange.close_position(BTC)
    assert venue.count(api.CLOSE.path) == 1


async def test_after_halt_nothing_is_closed_or_placed(exchange: BitgetV1, venue: Scripted) -> None:
    exchange.halt()
    for call in (exchange.close_position(BTC), exchange.create_order(order(**TERMS)), exchange.set_risk_limit(BTC, 1)):
        with pytest.raises(fa.ClientClosed):
            await call
    assert venue.seen == []


async def test_settings_come_back_as_they_stand(exchange: BitgetV1, venue: Scripted) -> None:
    limit = await exchange.set_risk_limit(BTC, "100")
    assert (limit.risk_limit, limit.max_quantity) == (D(100), D(10))
    assert await exchange.set_position_mode(fa.PositionMode.HEDGE, symbol=BTC) is fa.PositionMode.HEDGE
    await exchange.set_margin_mode(fa.MarginMode.CROSS)
    assert venue.last(api.SET_MARGIN_MODE.path).json() == {"marginCoin": "USDT", "marginMode": "cross"}
    assert venue.last().path == api.ACCOUNT.path  # read back
    leverage = await exchange.set_leverage(BTC, 10)
    assert venue.last(api.SET_LEVERAGE.path).json()["marginMode"] == "isolated"  # the position's
    assert leverage.leverage == D(10)


async def test_the_margin_mode_of_a_flat_contract_is_the_accounts(exchange: BitgetV1, venue: Scripted) -> None:
    say(venue, POSITIONS, [])
    say(venue, api.SET_LEVERAGE.path, {"symbol": "BTCUSDT", "leverage": "10", "marginMode": "cross"})
    await exchange.set_leverage(BTC, 10)
    assert venue.last(api.SET_LEVERAGE.path).json()["marginMode"] == "cross"
    say(venue, api.ACCOUNT.path, {**load("account_info")["data"], "marginMode": ""})
    with pytest.raises(fa.InvalidRequest, match="margin_mode"):
        await exchange.set_leverage(BTC, 10)


async def test_a_setting_whose_answer_is_lost_and_that_no_call_reads_is_unknown(
    venue: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("futures_async.trading.settings.READ_PAUSES_S", (0.0, 0.0))
    venue.answer(api.SET_RISK_LIMIT.path, httpx.ReadTimeout("lost"))
    exchange = connect(venue, retry=fa.RetryPolicy(attempts=1))
    with pytest.raises(fa.SettingOutcomeUnknown):
        await exchange.set_risk_limit(BTC, 100)
    assert len(exchange.unresolved()) == 1
    await exchange.aclose()


CROSSED: list[tuple[str, Act, dict[str, str], dict[str, str]]] = [
    (
        api.SET_RISK_LIMIT.path,
        lambda x: x.set_risk_limit(BTC, 100),
        {"symbol": "ETHUSDT", "riskLimit": "100"},
        {"symbol": "BTCUSDT", "riskLimit": "100"},
    ),
    (
        api.SET_LEVERAGE.path,
        lambda x: x.set_leverage(BTC, 10, margin_mode=fa.MarginMode.CROSS),
        {"symbol": "ETHUSDT", "leverage": "10", "marginMode": "cross"},
        {"symbol": "BTCUSDT", "leverage": "10", "marginMode": "cross"},
    ),
    (
        api.SET_POSITION_MODE.path,
        lambda x: x.set_position_mode(fa.PositionMode.HEDGE, symbol=BTC),
        {"symbol": "BTCUSDT", "positionMode": "three_way"},
        {"symbol": "BTCUSDT", "positionMode": "hedged"},
    ),
    (
        api.SET_MARGIN_MODE.path,
        lambda x: x.set_margin_mode(fa.MarginMode.CROSS),
        {"marginCoin": "USDC", "marginMode": "cross"},
        {"marginCoin": "USDT", "marginMode": "cross"},
    ),
]
"""Path, call, the answer to something else, the right one."""


@pytest.mark.parametrize(("path", "act", "stray", "right"), CROSSED)
async def test_a_setting_whose_answer_is_about_something_else_is_set_once_more(
    exchange: BitgetV1, venue: Scripted, act: Act, path: str, stray: dict[str, str], right: dict[str, str]
) -> None:
    say(venue, POSITIONS, [])
    answers = [stray, right]
    venue.answer(path, lambda seen: current(json.dumps({"code": "00000", "data": answers.pop(0)}).encode()))
    await act(exchange)
    assert (answers, venue.count(path)) == ([], 2)
    assert exchange.unresolved() == []


@pytest.mark.parametrize(("path", "act", "stray", "right"), CROSSED[:3])
async def test_a_setting_is_not_taken_to_stand_by_answers_about_something_else(
    venue: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    act: Act,
    path: str,
    stray: dict[str, str],
    right: dict[str, str],
) -> None:
    monkeypatch.setattr("futures_async.trading.settings.READ_PAUSES_S", (0.0, 0.0))
    say(venue, POSITIONS, [])
    say(venue, path, stray)
    exchange = connect(venue)
    with pytest.raises(fa.SettingOutcomeUnknown) as caught:
        await act(exchange)
    assert isinstance(caught.value.__cause__, fa.BadResponse)
    assert venue.count(path) == 2
    with contextlib.suppress(fa.UnresolvedOrders):
        await exchange.aclose()


REFUSED: list[tuple[Act, str]] = [
    (lambda x: x.set_margin_mode(fa.MarginMode.CROSS, symbol="ETH/USDC:USDC"), "margin coin's"),
    (lambda x: x.set_position_mode(fa.PositionMode.HEDGE), "name the symbol"),
    (lambda x: x.set_leverage(BTC, 5, side=fa.PositionSide.LONG), "side"),
    (lambda x: x.set_leverage(BTC, 0, margin_mode=fa.MarginMode.CROSS), "above 0"),
    (lambda x: x.set_risk_limit(BTC, -1), "above 0"),
    (lambda x: x.fetch_open_orders(), "needs a symbol"),
    (lambda x: x.fetch_order_history(), "needs a symbol"),
    (lambda x: x.fetch_fills(), "needs a symbol"),
    (lambda x: x.create_order(order(**TERMS, take_profit=D(1))), "take_profit"),
]


@pytest.mark.parametrize(("act", "says"), REFUSED)
async def test_what_the_dialect_cannot_do_is_refused_before_any_io(
    exchange: BitgetV1, venue: Scripted, act: Act, says: str
) -> None:
    with pytest.raises(fa.SymbolNeeded if "symbol" in says else fa.InvalidRequest, match=says):
        await act(exchange)
    assert venue.seen == []


async def test_leverage_is_read_from_the_position(exchange: BitgetV1, venue: Scripted) -> None:
    assert (await exchange.fetch_leverage(BTC)).leverage == D(10)
    assert (await exchange.fetch_leverage(BTC, fa.MarginMode.CROSS)).leverage is None
    (risk,) = await exchange.fetch_position_risk(BTC)
    assert (risk.margin_ratio, risk.level) == (D("0.15"), fa.RiskLevel.SAFE)


async def test_an_account_in_another_coin_is_asked_for_once_more_and_not_taken_for_it(
    exchange: BitgetV1, venue: Scripted
) -> None:
    right = load("account_info")["data"]
    answers = [{**right, "marginCoin": "USDC"}, right]
    venue.answer(api.ACCOUNT.path, lambda seen: json.dumps({"code": "00000", "data": answers.pop(0)}).encode())
    assert (await exchange.fetch_account()).margin_coin == "USDT"
    assert answers == []
    say(venue, api.ACCOUNT.path, right)
    with pytest.raises(fa.ResponseMismatch):
        await exchange.fetch_account("USDC")


async def test_a_full_list_of_open_orders_may_be_cut(exchange: BitgetV1, venue: Scripted) -> None:
    say(venue, api.CURRENT.path, [load("order_current")["data"][0]] * 500)
    with pytest.raises(fa.IncompletePage):
        await exchange.fetch_open_orders(BTC)


def bills(count: int, per_ms: int) -> Callable[[Seen], bytes]:
    """A server with `count` bills; the end of a window is exclusive here."""
    row = load("account_bills")["data"][0]

    def answer(seen: Seen) -> bytes:
        end, limit = int(seen.params.get("endTime", 10**15)), int(seen.params["limit"])
        rows: list[dict[str, Any]] = [
            {**row, "id": str(i), "createTime": 1_000_000 + i // per_ms} for i in range(count, 0, -1)
        ]
        found = [entry for entry in rows if entry["createTime"] < end]
        return current(json.dumps({"code": "00000", "requestTime": 1, "data": found[:limit]}, default=str).encode())

    return answer


async def test_pages_follow_each_other_by_time_and_miss_nothing(exchange: BitgetV1, venue: Scripted) -> None:
    venue.answer(api.BILLS.path, bills(1300, 7))
    assert [entry.entry_id async for entry in exchange.iter_ledger()] == [str(i) for i in range(1300, 0, -1)]
    assert len(await exchange.fetch_ledger(limit=700)) == 700
    venue.answer(api.BILLS.path, bills(1300, 10_000))
    with pytest.raises(fa.IncompletePage, match="one millisecond"):
        [entry async for entry in exchange.iter_ledger()]


async def test_orders_and_fills_are_iterated_to_their_end(exchange: BitgetV1) -> None:
    assert [found.order_id async for found in exchange.iter_orders(BTC)] == ["123456789"]
    assert [found.fill_id async for found in exchange.iter_fills(BTC)] == ["123456789"]


ORDER_NOT_FOUND = "60006"


@pytest.mark.parametrize("code", [*sorted(set(load("codes")) - {ORDER_NOT_FOUND}), "30032", "40009", "40014", "40034"])
async def test_every_code_has_its_error(exchange: BitgetV1, venue: Scripted, code: str) -> None:
    venue.answer(PLACE, current(json.dumps({"code": code, "msg": "no", "requestTime": 1, "data": None}).encode()))
    with pytest.raises(fa.ExchangeError) as caught:
        await exchange.create_order(order(**TERMS))
    assert caught.value.code == code
    assert type(caught.value) is not fa.ExchangeError
    assert caught.value.outcome is fa.Outcome.REJECTED


async def test_an_order_that_is_not_found_is_said_of_reads_and_proves_nothing_of_a_placement(
    exchange: BitgetV1, venue: Scripted
) -> None:
    missing = current(json.dumps({"code": ORDER_NOT_FOUND, "msg": "no", "requestTime": 1, "data": None}).encode())
    venue.answer(api.DETAIL.path, missing)
    with pytest.raises(fa.OrderNotFound) as caught:
        await exchange.fetch_order(BTC, order_id="1")
    assert caught.value.code == ORDER_NOT_FOUND
    venue.answer(PLACE, missing)
    with pytest.raises(fa.OrderOutcomeUnknown):
        await exchange.create_order(order(**TERMS))


async def test_what_the_live_host_answers_is_that_it_is_closed(venue: Scripted) -> None:
    venue.answer(api.ACCOUNT.path, raw("decommissioned"), status=400)
    exchange = connect(venue)
    with pytest.raises(fa.VenueClosed):
        await exchange.fetch_account()
    await exchange.aclose()


async def test_the_life_cycle_is_told_except_on_loopback(venue: Scripted) -> None:
    assert BitgetV1.lifecycle == "closed"
    with pytest.warns(fa.LifecycleWarning, match="closed"):
        await connect(venue, base_url="https://v1.example").aclose()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await connect(venue).aclose()
    with pytest.raises(fa.InvalidRequest, match="passphrase"):
        BitgetV1(fa.Credentials(KEY, SECRET), base_url="http://127.0.0.1:1")
    with pytest.raises(fa.NotSupported, match="demo"):
        connect(venue, demo=True)


UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "fetch_accounts": (),
    "fetch_position_history": (),
    "fetch_position_mode": (BTC,),
    "adjust_margin": (BTC, 1),
    "edit_order": (BTC,),
    "resolve_order": (BTC, "mine"),
    "create_trigger_order": (order(),),
    "cancel_trigger_order": (BTC,),
    "fetch_trigger_orders": (),
    "arm_cancel_all": (5,),
    "fetch_ticker": (BTC,),
    "fetch_funding_rate": (BTC,),
    "fetch_contracts": (),
    "fetch_contract": (BTC,),
    "fetch_time": (),
    "watch_orders": (),
    "watch_fills": (),
    "watch_positions": (),
    "watch_accounts": (),
    "watch_tickers": ([BTC],),
}


def test_every_method_is_either_supported_or_refused() -> None:
    assert {capability.value for capability in BitgetV1.capabilities} | UNSUPPORTED.keys() == set(Capability)
    assert not {capability.value for capability in BitgetV1.capabilities} & UNSUPPORTED.keys()


@pytest.mark.parametrize("method", UNSUPPORTED)
async def test_what_the_documents_do_not_describe_is_refused_before_any_io(
    exchange: BitgetV1, venue: Scripted, method: str
) -> None:
    with pytest.raises(fa.NotSupported):
        await getattr(exchange, method)(*UNSUPPORTED[method])
    assert venue.seen == []
