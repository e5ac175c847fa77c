#!/bin/sh
# vnpy_riskmanager, the risk control of VeighNa: the tenth stop of the same size is refused, and so is every one after it.
#
# The rule against repeated orders counts each request by contract, kind, side, size and price, and forgets nothing for as long
# as the program runs. A close at market has no price, so that all of one size are one text: the tenth, days after the first,
# is not sent, and the position stays open with what it loses. The caller gets an empty id. The rule for the value of an order
# looks at `price`, which an order at market has not: with a limit of a million, 17 BTC with a price are refused and
# 400 BTC without one go out.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet loguru==0.7.3 numpy==2.4.6 requests==2.34.2 TA-Lib==0.8.2 tzlocal==5.4.5
# without what VeighNa needs for its windows
"$work/venv/bin/pip" install --quiet --no-deps vnpy==4.5.0 vnpy_riskmanager==2.0.0
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import os
import sys

from vnpy.event import EventEngine
from vnpy.trader.constant import Direction, Exchange, Offset, OrderType, Product, Status
from vnpy.trader.engine import MainEngine
from vnpy.trader.gateway import BaseGateway
from vnpy.trader.object import ContractData, OrderRequest
from vnpy.trader.setting import SETTINGS
from vnpy_riskmanager import RiskEngine

SETTINGS["log.active"] = False
sent = []


# takes orders and notes them
class Venue(BaseGateway):
    default_name = "VENUE"
    exchanges = [Exchange.GLOBAL]

    def send_order(self, req):
        sent.append(req)
        order = req.create_order_data(str(len(sent)), self.gateway_name)
        order.status, order.traded = Status.ALLTRADED, order.volume
        self.on_order(order)
        return order.vt_orderid

    def connect(self, setting):
        pass

    cancel_order = subscribe = query_account = query_position = connect

    def close(self):
        pass


main = MainEngine(EventEngine())
venue = main.add_gateway(Venue)
risk = main.add_engine(RiskEngine)
contract = ContractData(
    gateway_name="VENUE", symbol="BTCUSDT", exchange=Exchange.GLOBAL, name="BTCUSDT", product=Product.SWAP, size=1,
    pricetick=0.1, min_volume=0.001,
)
main.engines["oms"].contracts[contract.vt_symbol] = contract


def send(volume, kind, price, direction=Direction.SHORT):
    request = OrderRequest("BTCUSDT", Exchange.GLOBAL, direction, kind, volume, price, Offset.CLOSE)
    return bool(main.send_order(request, "VENUE"))


print("vnpy", importlib.metadata.version("vnpy"), "with vnpy_riskmanager", importlib.metadata.version("vnpy_riskmanager"))
closes = []
for day in range(1, 13):
    send(0.5, OrderType.LIMIT, 60000 + 100 * day, Direction.LONG)  # opens
    closes.append(send(0.5, OrderType.MARKET, 0))
    print(f"day {day}: 0.5 BTC are bought, the close at market", "is sent" if closes[-1] else "is refused, the position stays")
bought, sold = (sum(req.volume for req in sent if req.direction is side) for side in (Direction.LONG, Direction.SHORT))
print(f"bought {bought} BTC, sold {sold}")
rule = risk.rules["委托规模检查"]
limit, market = send(17, OrderType.LIMIT, 60000), send(400, OrderType.MARKET, 0)
print(f"orders of more than {rule.order_value_limit} are refused: 17 BTC at 60000 sent: {limit}, 400 BTC at market sent: {market}")
sys.stdout.flush()
seen = closes, bought - sold, limit, market
expected = [True] * 9 + [False] * 3, 1.5, False, True
if seen != expected:
    print("this has changed", seen, file=sys.stderr)
# the engine's threads do not end
os._exit(seen != expected)
PYTHON
cd "$work" && mkdir .vntrader && "$work/venv/bin/python" "$work/show.py"
