"""A client that knows nothing of this project trades against it. Needs `ccxt`, which the project does not depend on."""

from __future__ import annotations

import time
import warnings
from decimal import Decimal
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.enums import PositionMode

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ccxt: Any = pytest.importorskip("ccxt")

SYMBOL = "LINK/USDT:USDT"


def client_of(running: RunningExchange, venue: str) -> Any:
    announced = running.announcement()["venues"][venue]
    client = ccxt.bitget(
        {
            "apiKey": announced["key"],
            "secret": announced["secret"],
            "password": announced["passphrase"],
            "enableRateLimit": False,
            "options": {"defaultType": "swap", "uta": venue == "bitget-uta"},
        }
    )
    client.urls["api"] = dict.fromkeys(client.urls["api"], running.base_url)
    return client


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", list(PositionMode))
def test_ccxt_trades_on_bybits_dialect(mode: PositionMode) -> None:
    hedged = mode is PositionMode.HEDGE
    limits: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False}
    with serve(only=["bybit"], setup=Setup(empty=True), **limits) as running:
        announced = running.announcement()["venues"]["bybit"]
        client = ccxt.bybit(
            {
                "apiKey": announced["key"],
                "secret": announced["secret"],
                "enableRateLimit": False,
                "options": {"defaultType": "swap", "fetchMarkets": {"types": ["linear", "inverse"]}},
            }
        )
        client.urls["api"] = dict.fromkeys(client.urls["api"], running.base_url)
        assert {SYMBOL, "BTC/USDC:USDC", "BTC/USD:BTC"} <= set(client.load_markets())
        assert client.fetch_balance()["USDT"]["total"] == 25_000
        if hedged:
            client.set_position_mode(hedged, SYMBOL)
        else:
            with pytest.raises(ccxt.NoChange):
                client.set_position_mode(hedged, SYMBOL)
        client.set_leverage(7, SYMBOL)
        client.set_margin_mode("isolated", SYMBOL)
        more = {"positionIdx": 1 if hedged else 0}

        def held() -> list[tuple[str, float]]:
            return [(row["side"], row["contracts"]) for row in client.fetch_positions([SYMBOL]) if row["contracts"]]

        resting = client.create_order(SYMBOL, "limit", "buy", 10, 12, more)
        assert [order["id"] for order in client.fetch_open_orders(SYMBOL)] == [resting["id"]]
        client.edit_order(resting["id"], SYMBOL, "limit", "buy", 9, 11.9)
        client.cancel_order(resting["id"], SYMBOL)
        order = client.fetch_order(resting["id"], SYMBOL, {"acknowledged": True})
        assert (order["status"], order["amount"], order["price"]) == ("canceled", 9, 11.9)
        client.create_order(SYMBOL, "market", "buy", 10, None, more)
        assert held() == [("long", 10)]
        client.create_order(SYMBOL, "market", "sell", 4, None, more | {"reduceOnly": True})
        assert held() == [("long", 6)]
        client.create_order(SYMBOL, "market", "sell", 6, None, more | {"reduceOnly": True})
        assert held() == []
        assert len(client.fetch_my_trades(SYMBOL)) == 3
        assert len(client.fetch_closed_orders(SYMBOL)) == 3
        assert len(client.fetch_canceled_orders(SYMBOL)) == 1
        assert client.fetch_ledger("USDT")
        assert len(client.fetch_positions_history([SYMBOL])) == 2
        assert client.fetch_ticker(SYMBOL)["last"]
        assert client.fetch_market_leverage_tiers(SYMBOL)
        client.create_orders(
            [{"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 10, "price": 12, "params": more}] * 2
        )
        assert len(client.cancel_all_orders(SYMBOL)) == 2
        assert not [arrival for arrival in running.exchange.arrivals if arrival.status == 404]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", list(PositionMode))
@pytest.mark.parametrize("venue", ["bitget", "bitget-uta"])
def test_ccxt_trades_on_bitgets_dialects(venue: str, mode: PositionMode) -> None:
    hedged = mode is PositionMode.HEDGE
    limits: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False}
    with serve(only=[venue], setup=Setup(empty=True), **limits) as running:
        client = client_of(running, venue)
        assert SYMBOL in client.load_markets()
        assert client.fetch_balance()["USDT"]["total"] == 25_000
        client.set_position_mode(hedged, SYMBOL)
        client.set_leverage(7, SYMBOL)
        if venue == "bitget":  # unified accounts state it with each order
            client.set_margin_mode("isolated", SYMBOL)
        more = {"hedged": hedged, "marginMode": "isolated"}
        resting = client.create_order(SYMBOL, "limit", "buy", 10, 12, more)
        assert [order["id"] for order in client.fetch_open_orders(SYMBOL)] == [resting["id"]]
        client.cancel_order(resting["id"], SYMBOL)
        assert client.fetch_order(resting["id"], SYMBOL)["status"] == "canceled"
        client.create_order(SYMBOL, "market", "buy", 10, None, more)
        assert [(row["side"], row["contracts"]) for row in client.fetch_positions([SYMBOL])] == [("long", 10)]
        client.create_order(SYMBOL, "market", "sell", 4, None, more | {"reduceOnly": True})
        assert [(row["side"], row["contracts"]) for row in client.fetch_positions([SYMBOL])] == [("long", 6)]
        client.close_position(SYMBOL, "long" if hedged else None)
        assert client.fetch_positions([SYMBOL]) == []
        assert len(client.fetch_my_trades(SYMBOL)) == 3
        assert len(client.fetch_closed_orders(SYMBOL)) == 3
        assert len(client.fetch_canceled_orders(SYMBOL)) == 1
        assert client.fetch_ledger("USDT")
        assert client.fetch_positions_history()
        assert client.fetch_ticker(SYMBOL)["last"]
        assert not [arrival for arrival in running.exchange.arrivals if arrival.status == 404]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", list(PositionMode))
def test_ccxts_stops_of_unified_accounts_wait_move_fire_and_end(mode: PositionMode) -> None:
    hedged = mode is PositionMode.HEDGE
    limits: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False}
    with serve(only=["bitget-uta"], setup=Setup(empty=True), **limits) as running:
        client, market = client_of(running, "bitget-uta"), running.exchange.engine.marks
        client.load_markets()
        client.set_position_mode(hedged, SYMBOL)
        client.create_order(SYMBOL, "market", "buy", 10, None, {"hedged": hedged})
        price = client.fetch_ticker(SYMBOL)["last"]
        below, lower, above = (float(client.price_to_precision(SYMBOL, price * part)) for part in (0.9, 0.8, 1.1))
        closing = {"reduceOnly": True, "hedged": hedged}

        def stop(amount: int, limit: float | None = None, **more: Any) -> Any:
            return client.create_order(
                SYMBOL, "market", "sell", amount, limit, closing | {"tpslMode": "partial"} | more
            )

        loss, profit = stop(4, stopLossPrice=below), stop(3, above, takeProfitPrice=above)
        listed = client.fetch_open_orders(SYMBOL, params={"trigger": True})
        assert [order["id"] for order in listed] == [loss["id"], profit["id"]]
        assert [order["stopLossPrice"] for order in listed] == [below, None]
        client.edit_order(loss["id"], SYMBOL, "market", "sell", 5, None, {"stopLossPrice": lower})
        client.cancel_order(profit["id"], SYMBOL, {"trigger": True})
        [left] = client.fetch_open_orders(SYMBOL, params={"trigger": True})
        assert (left["id"], left["stopLossPrice"]) == (loss["id"], lower)
        market.pin(SYMBOL, Decimal(str(lower)))
        time.sleep(0.6)  # the exchange looks at its market twice a second
        assert [row["contracts"] for row in client.fetch_positions([SYMBOL])] == [5]
        assert client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
        ended = client.fetch_canceled_and_closed_orders(SYMBOL, params={"trigger": True})
        assert {order["id"] for order in ended} == {loss["id"], profit["id"]}
        # What it would send at once although it was to wait is refused, and so seen.
        with pytest.raises(ccxt.BaseError, match="triggerPrice"):
            client.create_order(SYMBOL, "market", "buy", 1, None, {"triggerPrice": above, "hedged": hedged})
        assert [row["contracts"] for row in client.fetch_positions([SYMBOL])] == [5]
        assert not [arrival for arrival in running.exchange.arrivals if arrival.status == 404]
