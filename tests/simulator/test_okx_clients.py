"""Other people's clients trade on the simulated OKX. They are no dependencies of the project: what is not there is left
out."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from typing import Any

import pytest

from futures_async.simulator.demo import Setup
from futures_async.simulator.server import RunningExchange, serve
from futures_async.unified.enums import PositionMode

SYMBOL, NAME = "LINK/USDT:USDT", "LINK-USDT-SWAP"
LIMITS: dict[str, Any] = {"uid_limit": None, "endpoint_limits": False}


def package(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


def unknown_paths(running: RunningExchange) -> list[Any]:
    return [arrival.path for arrival in running.exchange.arrivals if arrival.status == 404]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", list(PositionMode))
def test_ccxt_trades(mode: PositionMode) -> None:
    ccxt = package("ccxt")
    hedged = mode is PositionMode.HEDGE
    with serve(only=["okx"], setup=Setup(empty=True), **LIMITS) as running:
        announced = running.announcement()["venues"]["okx"]
        client = ccxt.okx(
            {
                "apiKey": announced["key"],
                "secret": announced["secret"],
                "password": announced["passphrase"],
                "enableRateLimit": False,
                "options": {"defaultType": "swap"},
            }
        )
        client.urls["api"] = dict.fromkeys(client.urls["api"], running.base_url)
        assert SYMBOL in client.load_markets()
        assert client.fetch_balance()["USDT"]["total"] == 25_000
        client.set_position_mode(hedged)
        for side in ("long", "short") if hedged else ("net",):
            client.set_leverage(7, SYMBOL, {"marginMode": "isolated", "posSide": side})
        more = {"hedged": hedged, "marginMode": "isolated"}
        resting = client.create_order(SYMBOL, "limit", "buy", 10, 12, more)
        assert [order["id"] for order in client.fetch_open_orders(SYMBOL)] == [resting["id"]]
        client.edit_order(resting["id"], SYMBOL, "limit", "buy", 10, 11.5)
        assert client.fetch_order(resting["id"], SYMBOL)["price"] == 11.5
        client.cancel_order(resting["id"], SYMBOL)
        assert client.fetch_order(resting["id"], SYMBOL)["status"] == "canceled"
        client.create_order(SYMBOL, "market", "buy", 10, None, more)
        assert [(row["side"], row["contracts"]) for row in client.fetch_positions([SYMBOL])] == [("long", 10)]
        client.create_order(SYMBOL, "market", "sell", 4, None, more | {"reduceOnly": True})
        assert [(row["side"], row["contracts"]) for row in client.fetch_positions([SYMBOL])] == [("long", 6)]
        assert len(client.fetch_my_trades(SYMBOL)) == 2
        assert len(client.fetch_closed_orders(SYMBOL)) == 2
        assert len(client.fetch_canceled_orders(SYMBOL)) == 1
        assert client.fetch_ledger("USDT")
        assert client.fetch_ticker(SYMBOL)["last"]
        assert client.fetch_funding_rate(SYMBOL)["symbol"] == SYMBOL
        assert client.fetch_leverage(SYMBOL, {"marginMode": "isolated"})["longLeverage"] == 7
        assert unknown_paths(running) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", ["net_mode", "long_short_mode"])
def test_the_venues_own_client_trades(mode: str) -> None:
    groups = ("Account.AccountAPI", "Trade.TradeAPI", "MarketData.MarketAPI", "PublicData.PublicAPI")
    with serve(only=["okx"], setup=Setup(empty=True), **LIMITS) as running, ExitStack() as stack:
        announced = running.announcement()["venues"]["okx"]
        keys = (announced["key"], announced["secret"], announced["passphrase"])
        more: dict[str, Any] = {"flag": "0", "domain": running.base_url, "debug": False}
        account, trade, market, public = (
            stack.enter_context(getattr(package(f"okx.{module}"), name)(*keys, **more))
            for module, name in (group.split(".") for group in groups)
        )

        def said(answer: Any) -> Any:
            assert answer["code"] == "0", answer
            return answer["data"]

        side = "net" if mode == "net_mode" else "long"
        assert [row["instId"] for row in said(public.get_instruments("SWAP", instId=NAME))] == [NAME]
        assert said(market.get_ticker(NAME))[0]["last"]
        assert said(account.set_position_mode(mode)) == [{"posMode": mode}]
        assert said(account.get_account_config())[0]["posMode"] == mode
        said(account.set_leverage(lever="7", mgnMode="isolated", instId=NAME, posSide="" if side == "net" else side))
        order = {"instId": NAME, "tdMode": "isolated", "side": "buy", "posSide": "" if side == "net" else side}
        [resting] = said(trade.place_order(**order, ordType="limit", px="12", sz="10", clOrdId="mine1"))
        [read] = said(trade.get_order(NAME, clOrdId="mine1"))
        assert (read["ordId"], read["state"], read["lever"]) == (resting["ordId"], "live", "7")
        said(trade.amend_order(NAME, ordId=resting["ordId"], newPx="11.5"))
        assert [row["px"] for row in said(trade.get_order_list(instType="SWAP"))] == ["11.5"]
        said(trade.cancel_order(NAME, ordId=resting["ordId"]))
        assert said(trade.get_orders_history("SWAP"))[0]["state"] == "canceled"
        two = [{**order, "ordType": "limit", "px": "12", "sz": "5"}] * 2
        placed = said(trade.place_multiple_orders(two))
        assert len({row["ordId"] for row in placed}) == 2
        said(trade.cancel_multiple_orders([{"instId": NAME, "ordId": row["ordId"]} for row in placed]))
        said(trade.place_order(**order, ordType="market", sz="10"))
        [held] = said(account.get_positions("SWAP"))
        assert (held["pos"], held["posSide"], held["mgnMode"]) == ("10", side, "isolated")
        said(trade.close_positions(NAME, "isolated", posSide="" if side == "net" else side))
        assert said(account.get_positions("SWAP")) == []
        assert len(said(trade.get_fills("SWAP"))) == 2
        assert said(account.get_account_bills("SWAP"))
        assert said(account.get_account_balance("USDT"))[0]["details"][0]["ccy"] == "USDT"
        assert unknown_paths(running) == []
