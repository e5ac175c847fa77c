"""`BitTap` against a scripted venue: what is sent, and what comes of the answers."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest

import futures_async as fa
from futures_async.adapters.bittap import BitTap, BitTapHmacSigner
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified.exchange import Capability
from tests.adapters.bittap.data import KEY, NONCE, NOW_MS, SECRET, load, raw
from tests.adapters.scripted import Scripted, Seen

D = Decimal
pytestmark = pytest.mark.anyio
INFO, POSITIONS = "/ftapi/v1/account/info", "/ftapi/v1/openPosition"
ORDERS, PAST, TRADES = "/ftapi/v1/openOrder", "/ftapi/v1/orderHis", "/ftapi/v1/tradeHis"
FILES = {INFO: "account_info", POSITIONS: "open_position", ORDERS: "open_order", PAST: "order_his", TRADES: "trade_his"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def venue() -> Scripted:
    scripted = Scripted()
    for path, name in FILES.items():
        scripted.answer(path, raw(name))
    scripted.answer("/fmapi/v1/ticker/price", raw("price_ticker"))
    scripted.answer("/fmapi/v1/ticker/24hr", raw("day_ticker"))
    scripted.answer("/fmapi/v1/depth", raw("depth"))
    scripted.answer("/fmapi/v1/exchangeInfo", raw("exchange_info"))
    return scripted


@pytest.fixture
async def exchange(venue: Scripted) -> AsyncIterator[BitTap]:
    async with BitTap(fa.Credentials(KEY, SECRET), http=venue, limiter=NoLimiter()) as client:
        yield client


def signed(seen: Seen) -> bool:
    """By the documented rules, without the code under test."""
    pairs = sorted(seen.query.split("&")) if seen.query else []
    tail = f"&timestamp={seen.headers['x-bt-ts']}&nonce={seen.headers['x-bt-nonce']}"
    text = "&".join(pairs) + tail
    return hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest() == seen.headers["x-bt-sign"]


async def test_account_info_is_the_documented_request(exchange: BitTap, venue: Scripted) -> None:
    info = await exchange.fetch_account_info()
    assert info.total_equities == "11765.70795680674743639045"
    seen = venue.last()
    assert (seen.method, seen.path, seen.query, seen.body) == ("GET", INFO, "", b"")
    assert seen.headers["x-bt-apikey"] == KEY
    assert signed(seen)


async def test_accounts_are_the_assets(exchange: BitTap) -> None:
    (account,) = await exchange.fetch_accounts()
    assert account == await exchange.fetch_account()
    assert account.equity == D("11765.70795680674743639045")
    with pytest.raises(fa.InvalidRequest, match="USDC"):
        await exchange.fetch_account("USDC")


@pytest.mark.parametrize("symbol", ["BTC/USDT:USDT", "BTC-USDT-M"])
async def test_positions_are_asked_for_by_symbol_id(exchange: BitTap, venue: Scripted, symbol: str) -> None:
    (position,) = await exchange.fetch_positions(symbol)
    assert position.unrealized_pnl == D("431.76668")
    seen = venue.last(POSITIONS)
    assert seen.query == "symbolId=BTC-USDT-M"
    assert signed(seen)
    assert await exchange.fetch_positions() == [position]
    assert venue.last(POSITIONS).query == ""
    assert await exchange.fetch_position(symbol) == position


async def test_rows_of_other_contracts_are_left_out_here_too(exchange: BitTap) -> None:
    assert await exchange.fetch_positions("ETH/USDT:USDT") == []
    assert await exchange.fetch_open_orders("ETH/USDT:USDT") == []
    assert await exchange.fetch_fills("ETH/USDT:USDT") == []
    assert await exchange.fetch_order_history("ETH/USDT:USDT") == []


async def test_the_risk_of_positions_follows_from_them(exchange: BitTap) -> None:
    (risk,) = await exchange.fetch_position_risk()
    assert (risk.margin_ratio, risk.level) == (D("0.0351"), fa.RiskLevel.SAFE)
    assert risk.liquidation_price is None


async def test_leverage_and_modes_are_read_from_what_is_open(exchange: BitTap, venue: Scripted) -> None:
    leverage = await exchange.fetch_leverage("BTC-USDT-M")
    assert (leverage.leverage, leverage.margin_mode) == (D(20), fa.MarginMode.CROSS)
    assert await exchange.fetch_position_mode() is fa.PositionMode.HEDGE
    assert venue.count(ORDERS) == 0
    venue.answer(POSITIONS, b'{"code":"0","data":[],"success":true}')
    assert await exchange.fetch_position_mode("BTC-USDT-M") is fa.PositionMode.HEDGE  # from the open order
    assert venue.last(ORDERS).params == {"symbolId": "BTC-USDT-M", "limit": "1000"}
    with pytest.raises(fa.NotSupported, match="none is open"):
        await exchange.fetch_position_mode("ETH-USDT-M")
    leverage = await exchange.fetch_leverage("BTC-USDT-M")  # likewise
    assert (leverage.leverage, leverage.margin_mode) == (D(20), fa.MarginMode.CROSS)
    assert (await exchange.fetch_leverage("ETH-USDT-M")).leverage is None


async def test_open_orders_say_how_many_they_want(exchange: BitTap, venue: Scripted) -> None:
    (order,) = await exchange.fetch_open_orders("BTC/USDT:USDT")
    assert order.order_id == "111479286124253184"
    assert venue.last(ORDERS).params == {"symbolId": "BTC-USDT-M", "limit": "1000"}
    await exchange.fetch_open_orders()
    assert venue.last(ORDERS).query == "limit=1000"


async def test_a_full_answer_of_open_orders_may_be_cut(exchange: BitTap, venue: Scripted) -> None:
    row = load("open_order")["data"][0]
    venue.answer(ORDERS, json.dumps({"code": "0", "data": [row] * 1000}, default=str).encode())
    with pytest.raises(fa.IncompletePage) as caught:
        await exchange.fetch_open_orders()
    assert len(caught.value.rows) == 1000


async def test_an_order_is_looked_for_among_the_open_then_the_past(exchange: BitTap, venue: Scripted) -> None:
    order = await exchange.fetch_order("BTC-USDT-M", order_id="111479286124253184")
    assert order.status is fa.OrderStatus.PARTIALLY_FILLED
    assert venue.last(ORDERS).params == {"symbolId": "BTC-USDT-M", "orderId": "111479286124253184", "limit": "1000"}
    assert venue.count(PAST) == 0
    order = await exchange.fetch_order("BTC-USDT-M", order_id="111429461924122624")
    assert order.status is fa.OrderStatus.FILLED
    assert venue.last(PAST).params["orderId"] == "111429461924122624"
    with pytest.raises(fa.OrderNotFound):
        await exchange.fetch_order("BTC-USDT-M", order_id="1")
    with pytest.raises(fa.ResponseMismatch):
        await exchange.fetch_order("ETH-USDT-M", order_id="111429461924122624")


@pytest.mark.parametrize("ids", [{}, {"order_id": ""}, {"order_id": "0"}, {"order_id": " "}])
async def test_an_order_without_an_id_is_not_asked_for(exchange: BitTap, venue: Scripted, ids: Any) -> None:
    with pytest.raises(fa.InvalidRequest):
        await exchange.fetch_order("BTC-USDT-M", **ids)
    assert venue.seen == []


async def test_orders_carry_no_id_of_ours(exchange: BitTap, venue: Scripted) -> None:
    with pytest.raises(fa.NotSupported, match="no id of ours"):
        await exchange.fetch_order("BTC-USDT-M", client_order_id="mine")
    assert venue.seen == []


async def test_the_worked_request_for_fills_is_sent_byte_for_byte(venue: Scripted) -> None:
    credentials = fa.Credentials(KEY, SECRET)
    signer = BitTapHmacSigner(credentials, nonce=lambda: NONCE, clock=lambda: NOW_MS)
    vector = load("signing")["requests"][2]
    async with BitTap(credentials, signer=signer, http=venue, limiter=NoLimiter()) as exchange:
        await exchange.fetch_fills("BTC/USDT:USDT", since_ms=1761638400000, until_ms=1762243200000, limit=100)
        seen = venue.seen[0]
        assert (seen.path, seen.query) == (vector["path"], vector["query"])
        assert seen.headers["x-bt-sign"] == vector["sign"]
        with pytest.raises(fa.NotSupported, match="signer"):
            exchange.with_credentials(credentials)


async def test_fills_and_past_orders_are_mapped(exchange: BitTap, venue: Scripted) -> None:
    (fill,) = await exchange.fetch_fills()
    assert fill.fill_id == "111429461924122625"
    assert venue.last(TRADES).query == "limit=1000"
    newest, older = await exchange.fetch_order_history("BTC-USDT-M")
    assert (newest.order_id, older.order_id) == ("111429461924122624", "111429461924122611")
    assert signed(venue.last(PAST))


def trades(ids: list[int], at: Callable[[int], int]) -> Callable[[Seen], bytes]:
    """A server with fills `ids`, newest first; the end of a window is inclusive."""
    row = load("trade_his")["data"][0]

    def answer(seen: Seen) -> bytes:
        end, limit = int(seen.params.get("endTime", 10**15)), int(seen.params["limit"])
        found = [{**row, "tradeId": str(i), "tradeTime": at(i)} for i in reversed(ids) if at(i) <= end]
        return json.dumps({"code": "0", "data": found[:limit]}, default=str).encode()

    return answer


async def test_pages_follow_each_other_by_time_and_miss_nothing(exchange: BitTap, venue: Scripted) -> None:
    # Seven fills share each millisecond, so every page boundary cuts through one.
    venue.answer(TRADES, trades(list(range(1, 2501)), lambda i: 1_762_000_000_000 + i // 7))
    seen = [fill.fill_id async for fill in exchange.iter_fills()]
    assert seen == [str(i) for i in range(2500, 0, -1)]
    assert len(await exchange.fetch_fills(limit=1200)) == 1200


async def test_more_fills_in_a_millisecond_than_a_page_holds_are_reported(exchange: BitTap, venue: Scripted) -> None:
    venue.answer(TRADES, trades(list(range(1, 2501)), lambda i: 1_762_000_000_000))
    with pytest.raises(fa.IncompletePage, match="one millisecond"):
        [fill async for fill in exchange.iter_fills()]


async def test_prices_come_without_a_signature(venue: Scripted) -> None:
    async with BitTap(http=venue, limiter=NoLimiter()) as exchange:
        ticker = await exchange.fetch_ticker("ETH/USDT:USDT")
        assert ticker.last_price == D("3456.78")
        seen = venue.last()
        assert (seen.path, seen.query) == ("/fmapi/v1/ticker/price", "symbolId=ETH-USDT-M")
        assert "x-bt-sign" not in seen.headers
        assert (await exchange.fetch_day_ticker("ETH-USDT-M")).close_price == "3456.78"
        assert venue.last().query == "symbolId=ETH-USDT-M"
        depth = await exchange.fetch_depth("ETH-USDT-M", "0.1")
        assert venue.last().query == "symbolId=ETH-USDT-M&scale=0.1"
        assert depth.bids is not None
        assert (await exchange.fetch_exchange_info()).order_types == ["LIMIT", "MARKET"]
        for call in (exchange.fetch_ticker, exchange.fetch_day_ticker):
            with pytest.raises(fa.ResponseMismatch):
                await call("BTC-USDT-M")
        with pytest.raises(fa.InvalidRequest, match="credentials"):
            await exchange.fetch_positions()


@pytest.mark.parametrize(("path", "name"), [("price", "price_ticker"), ("24hr", "day_ticker")])
async def test_a_ticker_of_another_contract_is_asked_for_once_more(
    exchange: BitTap, venue: Scripted, path: str, name: str
) -> None:
    right = raw(name)
    venue.answer(f"/fmapi/v1/ticker/{path}", right.replace(b"ETH-USDT-M", b"BTC-USDT-M"), right)
    await (exchange.fetch_ticker if path == "price" else exchange.fetch_day_ticker)("ETH-USDT-M")
    assert venue.count(f"/fmapi/v1/ticker/{path}") == 2


UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "fetch_position_history": (),
    "fetch_ledger": (),
    "fetch_risk_limits": ("BTC-USDT-M",),
    "set_risk_limit": ("BTC-USDT-M", 1),
    "set_leverage": ("BTC-USDT-M", 5),
    "set_margin_mode": (fa.MarginMode.CROSS,),
    "set_position_mode": (fa.PositionMode.HEDGE,),
    "adjust_margin": ("BTC-USDT-M", 1),
    "create_order": (fa.OrderRequest(symbol="BTC-USDT-M", side=fa.Side.BUY, type=fa.OrderType.MARKET, quantity=D(1)),),
    "create_orders": ([],),
    "edit_order": ("BTC-USDT-M",),
    "cancel_order": ("BTC-USDT-M",),
    "cancel_orders": ("BTC-USDT-M",),
    "cancel_all_orders": ("BTC-USDT-M",),
    "close_position": ("BTC-USDT-M",),
    "resolve_order": ("BTC-USDT-M", "mine"),
    "create_trigger_order": (
        fa.OrderRequest(symbol="BTC-USDT-M", side=fa.Side.BUY, type=fa.OrderType.TRIGGER, quantity=D(1)),
    ),
    "cancel_trigger_order": ("BTC-USDT-M",),
    "fetch_trigger_orders": (),
    "arm_cancel_all": (5,),
    "fetch_funding_rate": ("BTC-USDT-M",),
    "fetch_contracts": (),
    "fetch_contract": ("BTC-USDT-M",),
    "fetch_time": (),
    "iter_ledger": (),
    "watch_orders": (),
    "watch_fills": (),
    "watch_positions": (),
    "watch_accounts": (),
    "watch_tickers": (["BTC-USDT-M"],),
}


def test_every_method_is_either_supported_or_refused() -> None:
    assert {capability.value for capability in BitTap.capabilities} | UNSUPPORTED.keys() == set(Capability)
    assert not {capability.value for capability in BitTap.capabilities} & UNSUPPORTED.keys()


@pytest.mark.parametrize("method", UNSUPPORTED)
async def test_what_the_venue_does_not_document_is_refused_before_any_io(
    exchange: BitTap, venue: Scripted, method: str
) -> None:
    async def call() -> None:
        called = getattr(exchange, method)(*UNSUPPORTED[method])
        if method != "iter_ledger":
            await called

    with pytest.raises(fa.NotSupported):
        await call()
    assert venue.seen == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, raw("envelope_failure"), fa.ParameterRejected),
        (200, b'{"code":"100011","msg":"x","success":false}', fa.ParameterRejected),
        (401, b'{"code":"410001","msg":"x","success":false}', fa.AuthenticationError),
        (200, b'{"code":"410002","msg":"x","success":false}', fa.AuthenticationError),
        (403, b'{"code":"410006","msg":"x","success":false}', fa.PermissionDenied),
        (200, b'{"code":"500","msg":"Server Error","success":false}', fa.VenueUnavailable),
        (200, b'{"code":"0","msg":"x","success":false}', fa.ExchangeError),
        (200, b'{"code":"77","msg":"x","success":false}', fa.ExchangeError),
        (503, b"<html>", fa.VenueUnavailable),
        (429, b"", fa.RateLimited),
        (200, b"<html>oops</html>", fa.BadResponse),
        (200, b'{"code":"0","success":true}', fa.BadResponse),
        (200, b'{"code":"0","data":{"assets":7},"success":true}', fa.DecodeError),
    ],
)
async def test_refusals_and_broken_answers_have_their_errors(
    venue: Scripted, status: int, body: bytes, error: type[Exception]
) -> None:
    venue.answer(INFO, body, status=status)
    once = fa.RetryPolicy(attempts=1)
    async with BitTap(fa.Credentials(KEY, SECRET), http=venue, limiter=NoLimiter(), retry=once) as exchange:
        with pytest.raises(error) as caught:
            await exchange.fetch_account_info()
        if error is fa.ExchangeError:
            assert type(caught.value) is fa.ExchangeError
        assert SECRET not in str(caught.value)


async def test_a_coin_without_amounts_takes_no_other_away(exchange: BitTap, venue: Scripted) -> None:
    rows = b'[{"coin":"BTC","balance":"1"},{"coin":"USDT"}]'
    venue.answer(INFO, b'{"code":"0","data":{"assets":' + rows + b'},"success":true}')
    with pytest.raises(fa.UnreadRows) as caught:
        await exchange.fetch_accounts()
    assert [account.margin_coin for account in caught.value.rows] == ["BTC"]
    assert [row.facts for row in caught.value.unread] == [{"margin_coin": "USDT"}]


async def test_rows_of_the_venue_reach_the_caller_with_readable_numbers_only(exchange: BitTap, venue: Scripted) -> None:
    venue.answer("/fmapi/v1/depth", b'{"code":"0","data":{"asks":null,"bids":[["1","2"],["1","NaN"]]},"success":true}')
    with pytest.raises(fa.DecodeError) as caught:
        await exchange.fetch_depth("ETH-USDT-M", "0.1")
    assert caught.value.path == "bids[1][1]"


async def test_a_localised_message_changes_nothing(exchange: BitTap, venue: Scripted) -> None:
    venue.answer(POSITIONS, '{"code":0,"msg":"请求成功","data":null}'.encode())
    assert await exchange.fetch_positions() == []


async def test_a_further_account_shares_the_transport(exchange: BitTap, venue: Scripted) -> None:
    other = exchange.with_credentials(fa.Credentials("other-key", SECRET))
    await other.fetch_positions()
    assert venue.last().headers["x-bt-apikey"] == "other-key"
    assert signed(venue.last())


async def test_the_escape_hatch_signs_what_it_sends(exchange: BitTap, venue: Scripted) -> None:
    venue.answer("/ftapi/v1/other", b'{"code":"0","data":{"price":1.10},"success":true}')
    found = await exchange.request("POST", "/ftapi/v1/other", body={"price": "1.10", "note": ""})
    assert found == {"price": D("1.10")}
    seen = venue.last()
    text = f"price=1.10&timestamp={seen.headers['x-bt-ts']}&nonce={seen.headers['x-bt-nonce']}"
    assert hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest() == seen.headers["x-bt-sign"]
    assert seen.headers["content-type"] == "application/json"
    with pytest.raises(fa.InvalidRequest, match="objects"):
        await exchange.request("POST", "/ftapi/v1/other", body=[1])
    assert venue.count("/ftapi/v1/other") == 1
