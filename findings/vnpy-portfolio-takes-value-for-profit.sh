#!/bin/sh
# vnpy_portfoliomanager, VeighNa: from the second day on the whole value of a position at Binance is told as its profit.
#
# The profit of what was held when the day began is the last price less the close of the day before, times the position.
# vnpy_binance fills that close in for no contract, as contracts that trade around the clock have none: it is 0. And a
# contract in coin is reckoned like one in USDT, with a size of 1 where it is worth 100 USD: 10 contracts of BTCUSD, whose
# price rose from 60000 to 62000, have made 20000 instead of 0.000538 BTC, which is 33 USD.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet loguru==0.7.3 numpy==2.4.6 requests==2.34.2 TA-Lib==0.8.2 tzlocal==5.4.5 \
    websocket-client==1.9.2
# without what VeighNa needs for its windows
"$work/venv/bin/pip" install --quiet --no-deps vnpy==4.5.0 vnpy_portfoliomanager==1.1.0 vnpy_binance==2026.8.5 \
    vnpy_rest==1.2.0 vnpy_websocket==1.1.1
cat >"$work/show.py" <<'PYTHON'
import datetime
import importlib.metadata
import json
import os
import pathlib
import sys

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, Offset, OrderType, Status
from vnpy.trader.engine import MainEngine
from vnpy.trader.object import OrderRequest, TradeData
from vnpy.trader.setting import SETTINGS
from vnpy_binance import BinanceInverseGateway, BinanceLinearGateway
from vnpy_portfoliomanager import PortfolioEngine

SETTINGS["log.active"] = False
saved = pathlib.Path(".vntrader/portfolio_manager_data.json")


# as Binance's page of `exchangeInfo` shows a contract, and that of `<symbol>@ticker` a push
def listed(symbol, price_tick, step):
    filters = [
        {"filterType": "PRICE_FILTER", "tickSize": price_tick}, {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000"},
    ]
    return {"symbols": [{
        "symbol": symbol, "contractType": "PERPETUAL", "filters": filters, "contractSize": 100, "quoteAsset": "USDT",
    }]}


def ticker(symbol, price):
    data = {"e": "24hrTicker", "E": 1768176000000, "s": symbol, "c": price, "o": "60000", "h": price, "l": "60000", "v": "9", "q": "9"}
    return {"stream": f"{symbol.lower()}@ticker", "data": data}


def started():
    main = MainEngine(EventEngine())
    main.event_engine.stop()  # its queue is worked through below
    gateways = {}
    for gateway_class, symbol, price_tick, step in (
        (BinanceLinearGateway, "BTCUSDT", "0.1", "0.001"), (BinanceInverseGateway, "BTCUSD_PERP", "0.1", "1"),
    ):
        gateway = gateways[symbol] = main.add_gateway(gateway_class)
        gateway.rest_api.on_query_contract(listed(symbol, price_tick, step), None)
    return main, main.add_engine(PortfolioEngine), gateways


def work_through(main):
    while not main.event_engine._queue.empty():
        main.event_engine._process(main.event_engine._queue.get())


def told(main, portfolio, gateways):
    work_through(main)
    for symbol, gateway in gateways.items():
        gateway.md_api.on_packet(ticker(symbol, "62000"))
    work_through(main)
    results = {}
    for (_, vt_symbol), result in portfolio.contract_results.items():
        result.calculate_pnl()
        results[vt_symbol.split("_")[0]] = result.get_data()["total_pnl"]
    return results


print("vnpy", importlib.metadata.version("vnpy"), "with vnpy_portfoliomanager",
      importlib.metadata.version("vnpy_portfoliomanager"), "and vnpy_binance", importlib.metadata.version("vnpy_binance"))
main, portfolio, gateways = started()
work_through(main)
for (symbol, gateway), volume in zip(gateways.items(), (1, 10)):
    [name] = [contract.symbol for contract in main.get_all_contracts() if contract.name == symbol]
    request = OrderRequest(name, Exchange.GLOBAL, Direction.LONG, OrderType.LIMIT, volume, 60000, Offset.NONE, "trend")
    order = request.create_order_data("1", gateway.gateway_name)
    order.status = Status.ALLTRADED
    gateway.on_order(order)
    gateway.on_trade(TradeData(
        gateway.gateway_name, name, Exchange.GLOBAL, "1", "1", Direction.LONG, Offset.NONE, 60000, volume, datetime.datetime.now()
    ))
first = told(main, portfolio, gateways)
print("1 BTC of BTCUSDT and 10 contracts of BTCUSD bought at 60000, the price is 62000; profit that day:", first)
portfolio.close()

# the day is over
data = json.loads(saved.read_text())
saved.write_text(json.dumps({**data, "date": "2026-01-01"}))
second = told(*started())
print("the same on the next day:", second)
sys.stdout.flush()
seen = first, second
expected = {"BTCUSDT": 2000, "BTCUSD": 20000}, {"BTCUSDT": 62000, "BTCUSD": 620000}
if seen != expected:
    print("this has changed", seen, file=sys.stderr)
# the gateways' threads do not end
os._exit(seen != expected)
PYTHON
cd "$work" && mkdir .vntrader && "$work/venv/bin/python" "$work/show.py"
