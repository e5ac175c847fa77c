#!/bin/sh
# hyperliquid-python-sdk: orders of two threads in the same millisecond have one nonce, and one of them is refused.
#
# Hyperliquid takes a nonce once: its page says that it must "never have been used before". The SDK's nonce is the time in
# milliseconds, read anew for each action, and nothing sees to it that it grows. It is a blocking client, so that who has two
# orders to send, the legs of a hedge or the closes of several contracts, sends them from threads: of ten that start together
# some share a millisecond. The refusal is a dictionary with "err" that is returned like a success: one leg stands alone.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet hyperliquid-python-sdk==0.24.0
cat >"$work/show.py" <<'PYTHON'
import concurrent.futures
import http.server
import importlib.metadata
import json
import logging
import sys
import threading

from eth_account import Account
from hyperliquid.exchange import Exchange

logging.disable(logging.CRITICAL)
used, lock = set(), threading.Lock()


# takes each nonce once, as Hyperliquid does
class Venue(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        nonce = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["nonce"]
        with lock:
            fresh = nonce not in used
            used.add(nonce)
        resting = {"type": "order", "data": {"statuses": [{"resting": {"oid": 1}}]}}
        answer = {"status": "ok", "response": resting} if fresh else {
            "status": "err", "response": f"Invalid nonce: duplicate nonce {nonce}"
        }
        raw = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
exchange = Exchange(
    Account.create(), f"http://127.0.0.1:{server.server_port}", meta={"universe": [{"name": "BTC", "szDecimals": 5}]},
    spot_meta={"universe": [], "tokens": []},
)


def orders(threads):
    together = threading.Barrier(threads)

    def order(_):
        together.wait()
        return exchange.order("BTC", True, 0.001, 60000, {"limit": {"tif": "Gtc"}})["status"]

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(order, range(threads)))


print("hyperliquid-python-sdk", importlib.metadata.version("hyperliquid-python-sdk"))
one_by_one = [status for _ in range(50) for status in orders(1)]
print("50 orders one after another:", one_by_one.count("err"), "refused")
together = [status for _ in range(20) for status in orders(10)]
some = together.count("err")
print("20 times ten orders at once:", "none refused" if not some else "some of them refused", "and no exception")
sys.exit(0 if some and "err" not in one_by_one else f"this has changed: {one_by_one}, {together}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
