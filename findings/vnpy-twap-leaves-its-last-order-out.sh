#!/bin/sh
# vnpy_algotrading, the algorithms of VeighNa: a TWAP buys nine tenths, or nothing, and says that its time is over.
#
# With the settings it comes with, 600 seconds and an order each 60, an order is a tenth of the quantity. The tenth is due in
# the second in which the time is up, and the end is looked at first: nine are sent. And an order is rounded to the nearest
# step: 4 contracts of a venue that deals in whole ones are ten orders of 0.4, of 0 that is, and none is sent. In neither case
# is there an error; the position that was to be closed stays open in part, or whole.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet loguru==0.7.3 numpy==2.4.6 requests==2.34.2 TA-Lib==0.8.2 tzlocal==5.4.5
# without what VeighNa needs for its windows
"$work/venv/bin/pip" install --quiet --no-deps vnpy==4.5.0 vnpy_algotrading==1.1.0
cat >"$work/show.py" <<'PYTHON'
import datetime
import importlib.metadata
import os
import sys
import time

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, Offset, Product, Status
from vnpy.trader.engine import MainEngine
from vnpy.trader.gateway import BaseGateway
from vnpy.trader.object import ContractData, TickData, TradeData
from vnpy.trader.setting import SETTINGS
from vnpy_algotrading.base import AlgoStatus
from vnpy_algotrading.engine import EVENT_ALGO_UPDATE, AlgoEngine

SETTINGS["log.active"] = False
now, ended = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), {}


# fills every order at once, whole
class Venue(BaseGateway):
    default_name = "VENUE"
    exchanges = [Exchange.GLOBAL]
    count = 0

    def send_order(self, req):
        self.count += 1
        order = req.create_order_data(str(self.count), self.gateway_name)
        order.status, order.traded = Status.ALLTRADED, order.volume
        self.on_order(order)
        self.on_trade(TradeData(
            self.gateway_name, req.symbol, req.exchange, order.orderid, order.orderid, req.direction, req.offset, req.price,
            req.volume, now,
        ))
        return order.vt_orderid

    def connect(self, setting):
        pass

    cancel_order = subscribe = query_account = query_position = connect

    def close(self):
        pass


# its seconds are thousandths
main = MainEngine(EventEngine(interval=0.001))
venue = main.add_gateway(Venue)
algos = main.add_engine(AlgoEngine)


def update(event):
    if event.data["status"] is AlgoStatus.FINISHED:
        ended[event.data["vt_symbol"]] = event.data


main.event_engine.register(EVENT_ALGO_UPDATE, update)


def run(symbol, volume, step):
    contract = ContractData("VENUE", symbol, Exchange.GLOBAL, symbol, Product.SWAP, 1, 0.1, min_volume=step)
    main.engines["oms"].contracts[contract.vt_symbol] = contract
    venue.on_tick(TickData(
        "VENUE", symbol, Exchange.GLOBAL, now, last_price=60000, bid_price_1=59999.9, ask_price_1=60000, ask_volume_1=9
    ))
    setting = algos.algo_templates["TwapAlgo"].default_setting
    algos.start_algo("TwapAlgo", contract.vt_symbol, Direction.LONG, Offset.NONE, 61000, volume, setting)
    until = time.monotonic() + 60
    while contract.vt_symbol not in ended and time.monotonic() < until:
        time.sleep(0.01)
    told = ended[contract.vt_symbol]
    print(f"{volume} in steps of {step}: {told['status'].name} with {told['traded']:g} bought, {told['left']:g} left", setting)
    return told["status"].name, round(told["traded"], 6)


print("vnpy", importlib.metadata.version("vnpy"), "with vnpy_algotrading", importlib.metadata.version("vnpy_algotrading"))
seen = [run("BTCUSDT", 1, 0.001), run("BTC-USDT-SWAP", 4, 1)]
sys.stdout.flush()
expected = [("FINISHED", 0.9), ("FINISHED", 0)]
if seen != expected:
    print("this has changed", seen, file=sys.stderr)
# the engine's threads do not end
os._exit(seen != expected)
PYTHON
cd "$work" && mkdir .vntrader && "$work/venv/bin/python" "$work/show.py"
