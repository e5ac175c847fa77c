#!/bin/sh
# curl_cffi, and with it pymexc: an order whose connection is cut before the answer is sent again, and told as one.
#
# libcurl takes a kept connection that ends without a byte of an answer for one that was dead before, and sends the request
# anew over another one, whatever its method. A venue that has taken the order and is restarted, or whose balancer cuts the
# line, has it twice; the caller gets the second answer, 200, and no sign of the first. No retry was asked for, and on the
# first request of a session the same cut is an error. pymexc, a client of MEXC's futures, sends its orders that way; httpx
# and requests raise an error, and send once. `CurlOpt.FORBID_REUSE` prevents it, at a new handshake for each request.
# 1.3.1 of pymexc cannot be imported.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet curl-cffi==0.17.0 pymexc==1.2.19
cat >"$work/show.py" <<'PYTHON'
import http.server
import importlib.metadata
import json
import sys
import threading

import curl_cffi
from curl_cffi import CurlOpt
from pymexc import futures

placed = []


class Venue(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"success": True, "code": 0, "data": 1768195413861})

    def do_POST(self):
        placed.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if len(placed) == 1:  # the order stands, and the line is cut before the answer
            self.close_connection = True
        else:
            self.answer({"success": True, "code": 0, "data": {"orderId": str(len(placed))}})

    def answer(self, body):
        body = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *line):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
venue = f"http://127.0.0.1:{server.server_port}"


def told(words, order):
    placed.clear()
    try:
        answer = order()
    except curl_cffi.CurlError as error:
        answer = type(error).__name__
    print(f"{words}: the venue has {len(placed)}, the caller is told {answer}")
    return len(placed), isinstance(answer, str)


def plain(first, **options):
    with curl_cffi.Session(**options) as session:
        if first:
            session.get(f"{venue}/ping")
        return session.post(f"{venue}/order", json={"symbol": "BTC_USDT", "vol": 1}).json()


def mexc():
    client = futures.HTTP("k", "s", ignore_ad=True)
    client.base_url = venue
    client.ping()
    return client.order("BTC_USDT", price=60000, vol=1, side=1, type=5, open_type=1, leverage=5)


for package in ("curl_cffi", "pymexc"):
    print(package, importlib.metadata.version(package), end="; ")
print("libcurl", curl_cffi.__curl_version__.split()[0])
seen = [
    told("curl_cffi, one order on a new connection", lambda: plain(False)),
    told("curl_cffi, one order on a kept connection", lambda: plain(True)),
    told("curl_cffi, one order with FORBID_REUSE", lambda: plain(True, curl_options={CurlOpt.FORBID_REUSE: 1})),
    told("pymexc, one order after a ping", mexc),
]
sys.exit(0 if seen == [(1, True), (2, False), (1, True), (2, False)] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
