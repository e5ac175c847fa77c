#!/bin/sh
# kucoin-universal-sdk, KuCoin's own: an account in hedge mode has no positions, by an answer that tells of success.
#
# Answers are read by strict types. Where a row does not fit, the error is thrown away by a `return` in a `finally`, and an
# empty answer comes back with the code 200000: `data` is None, as if the account were flat. The side of a position may be
# "BOTH" and no other word, so that one position of hedge mode, LONG or SHORT, takes all of them out of sight. The trigger
# price of an order is a whole number in two of the lists: one stop that fired at 60000.5 and no order is told. A bot that
# looks whether it holds anything opens it once more each time.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet kucoin-universal-sdk==1.3.2
cat >"$work/show.py" <<'PYTHON'
import http.server
import importlib.metadata
import json
import sys
import threading

from kucoin_universal_sdk.api.client import DefaultClient
from kucoin_universal_sdk.generate.futures.order.model_get_order_list_req import GetOrderListReqBuilder
from kucoin_universal_sdk.generate.futures.positions.model_get_position_list_req import GetPositionListReqBuilder
from kucoin_universal_sdk.model.client_option import ClientOptionBuilder
from kucoin_universal_sdk.model.transport_option import TransportOptionBuilder

# of the fields on the venue's pages of `GET /api/v1/positions` and `GET /api/v1/orders` those that matter here
position = {
    "id": "500000000000988255", "symbol": "XBTUSDTM", "crossMode": False, "isOpen": True, "currentQty": 40, "avgEntryPrice": 60000.5,
    "markPrice": 59000.1, "unrealisedPnl": -40.016, "settleCurrency": "USDT", "isInverse": False, "marginMode": "ISOLATED",
    "positionSide": "BOTH", "leverage": 3.0, "liquidationPrice": 45361.0,
}
order = {
    "id": "230181737576050688", "symbol": "XBTUSDTM", "type": "limit", "side": "buy", "price": "59000", "size": 5, "status": "open",
    "stop": "", "stopPriceType": "", "stopTriggered": False, "stopPrice": None, "isActive": True, "marginMode": "ISOLATED",
}
stop = {**order, "side": "sell", "stop": "down", "stopPriceType": "MP", "stopTriggered": True}
data = None


class Venue(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"code": "200000", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *line):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
venue = f"http://127.0.0.1:{server.server_port}"
options = ClientOptionBuilder().set_key("k").set_secret("s").set_passphrase("p").set_transport_option(TransportOptionBuilder().build())
client = DefaultClient(options.set_spot_endpoint(venue).set_futures_endpoint(venue).set_broker_endpoint(venue).build())
futures = client.rest_service().get_futures_service()
print("kucoin-universal-sdk", importlib.metadata.version("kucoin-universal-sdk"))
seen = []


def told(words, answer, rows):
    sizes = rows and [getattr(row, "current_qty", None) or row.size for row in rows]
    print(f"{words}: code {answer.common_response.code}, {sizes}")
    seen.append((answer.common_response.code, sizes))


for words, data in (
    ("a position of 40 contracts in one-way mode", [position]),
    ("the same one in hedge mode, LONG", [{**position, "positionSide": "LONG"}]),
    ("two, LONG and SHORT", [{**position, "positionSide": "LONG"}, {**position, "positionSide": "SHORT", "currentQty": -10}]),
):
    answer = futures.get_positions_api().get_position_list(GetPositionListReqBuilder().build())
    told(words, answer, answer.data)
for words, rows in (
    ("an order for 5 contracts, and a stop that fired at 60000", [order, {**stop, "stopPrice": "60000"}]),
    ("the same ones, the stop at 60000.5", [order, {**stop, "stopPrice": "60000.5"}]),
):
    data = {"currentPage": 1, "pageSize": 50, "totalNum": 2, "totalPage": 1, "items": rows}
    answer = futures.get_order_api().get_order_list(GetOrderListReqBuilder().set_status("active").build())
    told(words, answer, answer.items)
flat = ("200000", None)
expected = [("200000", [40]), flat, flat, ("200000", [5, 5]), flat]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
