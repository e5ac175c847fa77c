"""What `Bitget` asks and how it reads the answers: market, positions, account, orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any

import pytest
import respx

from futures_async.adapters.bitget import Bitget
from futures_async.transport.limits.limiter import Pool
from futures_async.transport.limits.none import NoLimiter
from futures_async.unified import errors
from futures_async.unified.enums import (
    LedgerType,
    MarginMode,
    OrderStatus,
    OrderType,
    PositionMode,
    PositionSide,
    Side,
)
from futures_async.unified.exchange import Capability
from tests.adapters.bitget.rig import HOST, KEYS, documented, envelope, rig

pytestmark = pytest.mark.anyio

BTC = "BTC/USDT:USDT"
ON_BTC = {"symbol": "BTCUSDT", "productType": "USDT-FUTURES"}
SETTLED = {**ON_BTC, "marginCoin": "USDT"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_positions_of_one_symbol_ask_as_the_seed_does() -> None:
    async with rig() as on:
        on.answer("GET", "position/single-position", documented("single_position"))
        [position] = await on.exchange.fetch_positions(BTC)
        assert on.sent("position/single-position") == [SETTLED]
        [request] = on.requests
        assert request.url.query == b"marginCoin=USDT&productType=USDT-FUTURES&symbol=BTCUSDT"
        assert request.headers["locale"] == "en-US"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["ACCESS-PASSPHRASE"] == "testpassphrase"
        assert "paptrading" not in request.headers
        assert position.entry_price == D("88505.233333333333")


async def test_all_positions_are_asked_of_the_product_type() -> None:
    async with rig() as on:
        on.answer("GET", "position/all-position", documented("all_position_hedge"))
        assert len(await on.exchange.fetch_positions()) == 2
        assert on.sent("position/all-position") == [{"productType": "USDT-FUTURES"}]


async def test_a_row_of_another_contract_is_a_mismatch() -> None:
    async with rig() as on:
        on.answer("GET", "position/single-position", documented("single_position"))
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.fetch_positions("ETHUSDT")


@pytest.mark.parametrize("empty", [[], None])
async def test_a_flat_account_has_no_positions(empty: Any) -> None:
    async with rig() as on:
        on.answer("GET", "position/all-position", envelope(empty))
        assert await on.exchange.fetch_positions() == []


async def test_demo_trading_sends_its_header_on_public_calls_too() -> None:
    async with rig(demo=True) as on:
        on.answer("GET", "position/all-position", envelope([]))
        on.answer("GET", "/api/v2/public/time", envelope({"serverTime": "1688008631614"}))
        await on.exchange.fetch_positions()
        await on.exchange.fetch_time()
        assert [request.headers["paptrading"] for request in on.requests] == ["1", "1"]


async def test_public_calls_carry_no_key() -> None:
    async with rig() as on:
        on.answer("GET", "/api/v2/public/time", envelope({"serverTime": "1688008631614"}))
        on.answer("GET", "market/ticker", documented("ticker"))
        on.answer("GET", "market/contracts", documented("contracts"))
        on.answer("GET", "market/current-fund-rate", documented("current_fund_rate"))
        on.answer("GET", "market/query-position-lever", documented("position_tiers"))
        assert await on.exchange.fetch_time() == 1688008631614
        assert (await on.exchange.fetch_ticker(BTC)).last_price == D("92170.5")
        assert (await on.exchange.fetch_funding_rate(BTC)).interval_s == 28800
        assert [tier.tier for tier in await on.exchange.fetch_risk_limits(BTC)] == [1, 2]
        assert (await on.exchange.fetch_contract(BTC)).quantity_step == D("0.01")
        assert not any("ACCESS-KEY" in request.headers for request in on.requests)
        assert on.sent("market/ticker") == on.sent("market/query-position-lever") == [ON_BTC]
        assert on.sent("market/contracts") == [{"productType": "USDT-FUTURES"}]


async def test_a_ticker_of_another_contract_is_a_mismatch_and_none_is_no_symbol() -> None:
    async with rig() as on:
        on.answer("GET", "market/ticker", documented("ticker"), documented("ticker"), envelope([]))
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.fetch_ticker("ETHUSDT")
        with pytest.raises(errors.SymbolNotFound):
            await on.exchange.fetch_ticker("ETHUSDT")


Read = Callable[[Bitget], Awaitable[object]]
READS: list[tuple[str, str, str, Read]] = [
    ("market/ticker", "ticker", "symbol", lambda exchange: exchange.fetch_ticker(BTC)),
    ("market/current-fund-rate", "current_fund_rate", "symbol", lambda exchange: exchange.fetch_funding_rate(BTC)),
    ("market/symbol-price", "symbol_price", "symbol", lambda exchange: exchange.fetch_symbol_price(BTC)),
    ("position/single-position", "single_position", "symbol", lambda exchange: exchange.fetch_positions(BTC)),
    ("account/account", "account", "marginCoin", lambda exchange: exchange.fetch_account()),
]


@pytest.mark.parametrize(("path", "name"), [("order/orders-pending", "orders_pending"), ("order/fills", "fills")])
async def test_a_page_of_another_contract_is_asked_for_once_more(path: str, name: str) -> None:
    async with rig() as on:
        on.answer("GET", path, documented(name))
        with pytest.raises(errors.ResponseMismatch):
            await (on.exchange.fetch_fills if name == "fills" else on.exchange.fetch_open_orders)("XRPUSDT")
        assert len(on.sent(path)) == 2


@pytest.mark.parametrize(("path", "name", "field", "read"), READS)
async def test_an_answer_about_something_else_is_asked_for_once_more(
    path: str, name: str, field: str, read: Read
) -> None:
    async with rig() as on:
        right = documented(name)
        one = not isinstance(right["data"], list)
        rows: list[dict[str, Any]] = [right["data"]] if one else right["data"]
        others = [{**row, field: "ETH"} for row in rows]
        stray = envelope(others[0] if one else others)
        on.answer("GET", path, stray, right)
        await read(on.exchange)
        assert len(on.sent(path)) == 2
        on.answer("GET", path, stray)
        with pytest.raises(errors.ResponseMismatch):
            await read(on.exchange)
        assert len(on.sent(path)) == 4


async def test_without_keys_only_public_calls_are_made() -> None:
    async with Bitget(http="httpx") as exchange:
        with pytest.raises(errors.InvalidRequest, match="credentials"):
            await exchange.fetch_positions()


async def test_the_account_is_read_with_its_position_mode() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", documented("account"))
        account = await on.exchange.fetch_account()
        assert (account.available, account.position_mode) == (D("27852.88370924"), PositionMode.ONE_WAY)
        assert await on.exchange.fetch_position_mode() is PositionMode.ONE_WAY
        assert (await on.exchange.fetch_symbol_account(BTC)).margin_mode == "crossed"
        assert on.sent("account/account") == [SETTLED] * 3


async def test_another_coin_than_asked_for_is_a_mismatch() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", documented("account"))
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.fetch_account("USDC")


async def test_accounts_are_listed_by_margin_coin() -> None:
    async with rig() as on:
        on.answer("GET", "account/accounts", documented("accounts"))
        [account] = await on.exchange.fetch_accounts()
        assert account.margin_coin == "USDT"
        assert on.sent("account/accounts") == [{"productType": "USDT-FUTURES"}]


@pytest.mark.parametrize(
    ("product", "symbol", "asked"),
    [
        ("USDC-FUTURES", "BTC/USDC:USDC", {"symbol": "BTCPERP", "marginCoin": "USDC"}),
        ("COIN-FUTURES", "ETH/USD:ETH", {"symbol": "ETHUSD", "marginCoin": "ETH"}),
        ("COIN-FUTURES", "ETHUSDM24", {"symbol": "ETHUSDM24", "marginCoin": "ETH"}),
    ],
)
async def test_other_product_types_name_their_contracts_and_coins(
    product: Any, symbol: str, asked: dict[str, str]
) -> None:
    async with rig(product_type=product) as on:
        on.answer("GET", "position/single-position", envelope([]))
        assert await on.exchange.fetch_positions(symbol) == []
        assert on.sent("position/single-position") == [{"productType": product, **asked}]


async def test_a_coin_margined_account_is_asked_with_a_contract_of_its_coin() -> None:
    async with rig(product_type="COIN-FUTURES", margin_coin="eth") as on:
        on.answer("GET", "account/account", envelope({"marginCoin": "ETH", "available": "2"}))
        on.answer("GET", "position/all-position", envelope([]))
        assert (await on.exchange.fetch_account()).margin_coin == "ETH"
        await on.exchange.fetch_positions()
        assert on.sent("account/account")[0]["symbol"] == "ETHUSD"
        assert on.sent("position/all-position") == [{"productType": "COIN-FUTURES", "marginCoin": "ETH"}]


def test_an_unknown_product_type_is_refused_at_construction() -> None:
    with pytest.raises(errors.InvalidRequest, match="product_type"):
        Bitget(KEYS, product_type="SUSDT-FUTURES")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] - that is the point


def test_credentials_without_passphrase_are_refused_at_construction() -> None:
    from futures_async.unified.credentials import Credentials

    with pytest.raises(errors.InvalidRequest, match="passphrase"):
        Bitget(Credentials("key-0001", "secret-0001"))


async def test_a_symbol_of_another_product_is_refused_before_anything_is_sent() -> None:
    async with rig() as on:
        with pytest.raises(errors.InvalidRequest, match="USDT-FUTURES"):
            await on.exchange.fetch_positions("BTC/USD:BTC")
        assert on.requests == []


async def test_the_ledger_is_paged_by_the_venues_end_id() -> None:
    async with rig() as on:
        page = documented("bills")
        on.answer("GET", "account/bill", page, envelope({"bills": [], "endId": ""}))
        entries = [entry async for entry in on.exchange.iter_ledger()]
        assert [entry.entry_id for entry in entries] == ["1099991", "1099990"]
        first, second = on.sent("account/bill")
        assert first == {"productType": "USDT-FUTURES", "limit": "100"}
        assert second == {**first, "idLessThan": "1099990"}


async def test_ledger_rows_are_filtered_here_by_type_and_symbol() -> None:
    async with rig() as on:
        on.answer("GET", "account/bill", documented("bills"))
        funding = await on.exchange.fetch_ledger(type=LedgerType.FUNDING)
        assert [entry.entry_id for entry in funding] == ["1099991"]
        ether = await on.exchange.fetch_ledger(symbol="ETHUSDT")
        assert [entry.entry_id for entry in ether] == ["1099990"]


async def test_a_long_ledger_span_is_asked_in_months() -> None:
    day = 86_400_000
    async with rig() as on:
        on.answer("GET", "account/bill", envelope({"bills": None, "endId": None}))
        until = 1_768_195_413_808
        rows = [row async for row in on.exchange.iter_ledger(since_ms=until - 40 * day, until_ms=until)]
        assert rows == []
        spans = [(int(query["startTime"]), int(query["endTime"])) for query in on.sent("account/bill")]
        assert spans == [(until - 30 * day, until), (until - 40 * day, until - 30 * day)]


async def test_closed_positions_follow_an_end_id_that_is_not_the_last_rows() -> None:
    async with rig() as on:
        on.answer("GET", "position/history-position", documented("history_position"), envelope({"list": None}))
        rows = await on.exchange.fetch_position_history(BTC, limit=50)
        assert len(rows) == 2
        first, second = on.sent("position/history-position")
        assert first == {**ON_BTC, "limit": "50"}
        assert second["idLessThan"] == "1488119480617201664"


async def test_an_order_is_read_by_either_id() -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", documented("detail_hedge_close"))
        order = await on.exchange.fetch_order(BTC, order_id="1491774628346392577")
        assert (order.side, order.type, order.status) == (Side.SELL, OrderType.MARKET, OrderStatus.FILLED)
        await on.exchange.fetch_order(BTC, client_order_id="probe1791392707228")
        assert on.sent("order/detail") == [
            {**ON_BTC, "orderId": "1491774628346392577"},
            {**ON_BTC, "clientOid": "probe1791392707228"},
        ]


async def test_an_answer_about_another_order_is_a_mismatch() -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", documented("detail_hedge_close"))
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.fetch_order(BTC, order_id="1")
        with pytest.raises(errors.ResponseMismatch):
            await on.exchange.fetch_order(BTC, client_order_id="other")


@pytest.mark.parametrize(
    "answer", [envelope(None, "40109", "The data of the order cannot be found"), envelope([]), envelope(None)]
)
async def test_every_form_of_not_found_is_one_error(answer: dict[str, Any]) -> None:
    async with rig() as on:
        on.answer("GET", "order/detail", answer)
        with pytest.raises(errors.OrderNotFound):
            await on.exchange.fetch_order(BTC, order_id="7")


@pytest.mark.parametrize("ids", [{}, {"order_id": ""}, {"client_order_id": " "}, {"order_id": "0"}])
async def test_an_empty_id_is_never_sent(ids: dict[str, str]) -> None:
    async with rig() as on:
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.fetch_order(BTC, **ids)
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.cancel_order(BTC, **ids)
        with pytest.raises(errors.InvalidRequest):
            await on.exchange.cancel_trigger_order(BTC, **ids)
        assert on.requests == []


async def test_open_orders_are_read_to_the_last_page() -> None:
    async with rig() as on:
        on.answer("GET", "order/orders-pending", documented("orders_pending"), documented("orders_pending_empty"))
        [order] = await on.exchange.fetch_open_orders()
        assert order.status.is_open
        first, second = on.sent("order/orders-pending")
        assert first == {"productType": "USDT-FUTURES", "limit": "100"}
        assert second["idLessThan"] == "1491774617118240769"


async def test_a_page_that_ends_between_the_sides_of_a_trade_with_oneself_hides_none() -> None:
    mine = documented("fills")["data"]["fillList"][0]
    other = {**mine, "orderId": "7"}
    number = int(mine["tradeId"])
    async with rig() as on:
        pages = [envelope({"fillList": rows, "endId": str(number)}) for rows in ([mine], [mine, other])]
        on.answer("GET", "order/fills", *pages)
        found = [fill async for fill in on.exchange.iter_fills(limit=2)]
        assert [fill.order_id for fill in found] == [mine["orderId"], "7"]
        first, second = on.sent("order/fills")
        assert (first["limit"], second["limit"], second["idLessThan"]) == ("2", "100", str(number + 1))


async def test_past_orders_and_fills_are_asked_with_symbol_bounds_and_limit() -> None:
    async with rig() as on:
        on.answer("GET", "order/orders-history", documented("orders_history"))
        on.answer("GET", "order/fills", documented("fills"))
        since, until = 1791392600000, 1791392720000
        [order] = await on.exchange.fetch_order_history(BTC, since_ms=since, until_ms=until)
        assert order.status is OrderStatus.CANCELED
        fills = await on.exchange.fetch_fills(BTC, since_ms=since, until_ms=until)
        assert [fill.side for fill in fills] == [Side.BUY, Side.SELL, Side.BUY]
        asked = {**ON_BTC, "startTime": str(since), "endTime": str(until), "limit": "100"}
        assert on.sent("order/orders-history") == on.sent("order/fills") == [asked]


async def test_the_fill_archive_is_asked_week_by_week() -> None:
    day = 86_400_000
    async with rig() as on:
        on.answer("GET", "order/fill-history", documented("fills_empty"))
        until = 1_768_195_413_808
        rows = [row async for row in on.exchange.iter_fill_history(since_ms=until - 8 * day, until_ms=until)]
        assert rows == []
        assert len(on.sent("order/fill-history")) == 2


async def test_venue_methods_return_what_the_venue_says() -> None:
    async with rig() as on:
        on.answer("GET", "position/adlRank", documented("adl_rank"))
        on.answer("GET", "/api/v2/common/trade-rate", envelope({"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"}))
        on.answer("GET", "account/max-open", envelope({"maxOpen": "1.25"}))
        [rank] = await on.exchange.fetch_adl_ranks()
        assert rank.rank == "0.7752"
        assert (await on.exchange.fetch_fee_rate(BTC)).taker_fee_rate == D("0.0006")
        assert await on.exchange.fetch_max_open(BTC, PositionSide.LONG, D(60000)) == D("1.25")
        assert await on.exchange.fetch_max_open(BTC, PositionSide.SHORT) == D("1.25")
        assert on.sent("/api/v2/common/trade-rate") == [{"symbol": "BTCUSDT", "businessType": "mix"}]
        limit, market = on.sent("account/max-open")
        assert limit == {**SETTLED, "posSide": "long", "orderType": "limit", "openPrice": "60000"}
        assert market == {**SETTLED, "posSide": "short", "orderType": "market"}


async def test_trigger_orders_of_every_group_are_read() -> None:
    async with rig() as on:
        on.answer(
            "GET",
            "order/orders-plan-pending",
            documented("orders_pending_empty"),
            documented("orders_pending_empty"),
            documented("plan_pending"),
            documented("orders_pending_empty"),
        )
        [order] = await on.exchange.fetch_trigger_orders(BTC)
        assert order.type is OrderType.TRIGGER
        asked = [query["planType"] for query in on.sent("order/orders-plan-pending")]
        assert asked == ["normal_plan", "track_plan", "profit_loss", "profit_loss"]


async def test_leverage_is_read_for_the_margin_mode_in_force() -> None:
    async with rig() as on:
        on.answer("GET", "account/account", documented("account"))
        assert (await on.exchange.fetch_leverage(BTC)).leverage == D(3)
        assert (await on.exchange.fetch_leverage(BTC, MarginMode.ISOLATED)).leverage == D(5)


async def test_what_the_venue_lacks_is_refused_before_anything_is_sent() -> None:
    async with rig() as on:
        assert not on.exchange.supports(Capability.ARM_CANCEL_ALL)
        with pytest.raises(errors.NotSupported):
            await on.exchange.arm_cancel_all(60)
        with pytest.raises(errors.NotSupported):
            await on.exchange.set_risk_limit(BTC, 1)
        assert on.requests == []


async def test_a_unified_account_is_told_the_right_adapter() -> None:
    async with rig() as on:
        on.answer("GET", "position/all-position", envelope(None, "40085", "You are in Unified Account mode"))
        with pytest.raises(errors.AccountModeMismatch, match="bitget-uta"):
            await on.exchange.fetch_positions()


async def test_the_remaining_calls_of_an_endpoint_correct_its_own_pool_only() -> None:
    corrected: list[tuple[Pool, int]] = []

    class Watched(NoLimiter):
        def correct(self, pool: Pool, remaining: int) -> None:
            corrected.append((pool, remaining))

    with respx.mock(base_url=HOST) as router:
        headers = {"x-mbx-used-remain-limit": "7"}
        for path in ("position/all-position", "market/contracts"):
            router.get(f"/api/v2/mix/{path}").respond(200, json=envelope([]), headers=headers)
        async with Bitget(KEYS, http="httpx", limiter=Watched()) as exchange:
            await exchange.fetch_positions()
            await exchange.fetch_contracts()
    assert [(pool.limit, pool.per_s, left) for pool, left in corrected] == [(5, 1.0, 7), (20, 1.0, 7)]
