#!/bin/sh
# hyperliquid-sdk (the community's): a stop that is moved is no stop any more, and the position may be left without one.
#
# `stop_loss` returns the order with a method `modify`. That puts a plain limit order, good till cancelled, in the stop's
# place: the trigger is gone, and so is `reduce_only`. A stop at 58000 moved up to 59000 while the market is at 60000 is
# then an order to sell at 59000 or better. The venue cancels first, and lets nothing fill at once that an edit brings unless
# the action says `a` (always place), which is not sent: it refuses the new order, and the position stands without a stop.
# The same stop built with `TriggerOrder.stop_loss` is not reduce-only from the start, where `sdk.stop_loss` is.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperliquid-sdk==0.7.6
cat >"$work/show.py" <<'PYTHON'
import http.server
import importlib.metadata
import json
import sys
import threading

import hyperliquid_sdk

sent = []


# the service builds what is to be signed, and passes on what was; the venue's answer is as its page of orders shows it
class Venue(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "signature" in body:
            sent.append(body["action"])
            data = {"statuses": [{"resting": {"oid": 77738308}}]}
            answer = {"exchangeResponse": {"status": "ok", "response": {"type": "order", "data": data}}}
        else:
            answer = {"hash": "0x" + "1" * 64, "nonce": 1768195413861, "action": body["action"]}
        raw = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
hyperliquid_sdk.HyperliquidSDK.DEFAULT_WORKER_URL = f"http://127.0.0.1:{server.server_port}"
sdk = hyperliquid_sdk.HyperliquidSDK(private_key="0x" + "2" * 64, auto_approve=False)

stop = sdk.stop_loss("BTC", size=0.1, trigger_price=58000)
stop.modify(price=59000)
built = hyperliquid_sdk.TriggerOrder.stop_loss("BTC").size(0.1).trigger_price(58000).market()
sdk.trigger_order(built)

placed, moved, by_builder = sent[0]["orders"][0], sent[1]["modifies"][0]["order"], sent[2]["orders"][0]
print("hyperliquid-sdk", importlib.metadata.version("hyperliquid-sdk"))
print("sdk.stop_loss:", json.dumps(placed))
print("its modify(price=59000):", json.dumps(moved))
print("TriggerOrder.stop_loss:", json.dumps(by_builder))
trigger = {"trigger": {"isMarket": True, "triggerPx": "58000", "tpsl": "sl"}}
expected = [(False, True, trigger), (False, False, {"limit": {"tif": "Gtc"}}), (False, False, trigger)]
seen = [(order["b"], order["r"], order["t"]) for order in (placed, moved, by_builder)]
plain = moved["p"] == "59000" and sent[1].keys() == {"type", "modifies"}
sys.exit(0 if seen == expected and plain else f"this has changed: {sent}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
