#!/bin/sh
# vnpy_algotrading, the algorithms of VeighNa: a stop whose order is refused, or that the price has leapt over, stays silent.
#
# `StopAlgo` sends a limit order at its own trigger price, once. Where the price has gone through it by more than the spread
# that order rests behind the market, and where the venue refuses it (too many requests, a busy engine) the algorithm notes
# the state and keeps the order's id, which means to it that it has sent. It stays RUNNING, sends nothing more while the price
# falls, and says nothing: the position that it guards is held as if there were no stop. The other algorithms, Sniper and
# Iceberg, forget the id of an order that is gone and send anew.
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

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, Offset, Product, Status
from vnpy.trader.engine import MainEngine
from vnpy.trader.gateway import BaseGateway
from vnpy.trader.object import ContractData, TickData, TradeData
from vnpy.trader.setting import SETTINGS
from vnpy_algotrading.engine import AlgoEngine

SETTINGS["log.active"] = False
now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


# sells where the bid is at the limit or above; refuses as many orders as it is told
class Venue(BaseGateway):
    default_name = "VENUE"
    exchanges = [Exchange.GLOBAL]
    sent, refusals, bid = [], 0, 0.0

    def send_order(self, req):
        self.sent.append(req)
        order = req.create_order_data(str(len(self.sent)), self.gateway_name)
        self.on_order(order)
        if self.refusals:
            self.refusals -= 1
            order.status = Status.REJECTED
        elif self.bid >= req.price:
            order.status, order.traded = Status.ALLTRADED, req.volume
            self.on_trade(TradeData(
                self.gateway_name, req.symbol, req.exchange, order.orderid, order.orderid, req.direction, req.offset, self.bid,
                req.volume, now,
            ))
        else:
            order.status = Status.NOTTRADED
        self.on_order(order)
        return order.vt_orderid

    def connect(self, setting):
        pass

    cancel_order = subscribe = query_account = query_position = connect

    def close(self):
        pass


main = MainEngine(EventEngine())
main.event_engine.stop()  # its queue is worked through below
venue, algos = main.add_gateway(Venue), main.add_engine(AlgoEngine)
contract = ContractData("VENUE", "BTCUSDT", Exchange.GLOBAL, "BTCUSDT", Product.SWAP, 1, 0.1, min_volume=0.001)
main.engines["oms"].contracts[contract.vt_symbol] = contract


def work_through():
    while not main.event_engine._queue.empty():
        main.event_engine._process(main.event_engine._queue.get())


def run(what, refusals, *prices):
    venue.sent, venue.refusals = [], refusals
    setting = algos.algo_templates["StopAlgo"].default_setting
    name = algos.start_algo("StopAlgo", contract.vt_symbol, Direction.SHORT, Offset.CLOSE, 59000, 0.5, setting)
    algorithm = algos.algos[name]
    for price in prices:
        venue.bid = price
        venue.on_tick(TickData(
            "VENUE", "BTCUSDT", Exchange.GLOBAL, now, last_price=price, bid_price_1=price, bid_volume_1=9, ask_price_1=price + 0.1
        ))
        work_through()
    seen = len(venue.sent), algorithm.traded, algorithm.status.name
    print(f"{what}: {seen[0]} order sent, {seen[1]} of 0.5 sold, the algorithm is {seen[2]}")
    algos.algos.pop(name, None)
    algos.symbol_algo_map.clear()
    return seen


print("vnpy", importlib.metadata.version("vnpy"), "with vnpy_algotrading", importlib.metadata.version("vnpy_algotrading"))
print("stop at 59000; the price goes")
seen = [
    run("60000, 59000", 0, 60000, 59000),
    run("60000, 58000, 57000, 50000", 0, 60000, 58000, 57000, 50000),
    run("60000, 59000, where the order is refused, 59000, 57000, 50000", 1, 60000, 59000, 59000, 57000, 50000),
]
sys.stdout.flush()
expected = [(1, 0.5, "FINISHED"), (1, 0, "RUNNING"), (1, 0, "RUNNING")]
if seen != expected:
    print("this has changed", seen, file=sys.stderr)
# the engine's threads do not end
os._exit(seen != expected)
PYTHON
cd "$work" && mkdir .vntrader && "$work/venv/bin/python" "$work/show.py"
