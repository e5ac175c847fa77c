#!/bin/sh
# unicorn-binance-websocket-api: the stream of a futures account tells nothing of its stops, for it asks for an event that is none.
#
# Since April 2026 the address of Binance's user stream names the events that are wanted, and no others are sent. The list
# that this client asks for, "all documented ones", has ALGO_ORDER_UPDATE; what Binance sends is ALGO_UPDATE, in which alone
# it says that a stop was placed, went off, or was refused as it went off. So a program that watches its account hears of
# its entry and never of the stop behind it, nor that the stop was refused for want of margin: it looks like a quiet market.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet unicorn-binance-websocket-api==2.16.1 websockets==17.4
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import json
import logging
import os
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

from unicorn_binance_websocket_api import BinanceWebSocketApiManager
from websockets.sync.server import serve

logging.disable(logging.CRITICAL)
HAPPENED = (
    {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": {"s": "BTCUSDT", "c": "entry", "x": "TRADE", "X": "FILLED"}},
    {"e": "ALGO_UPDATE", "E": 2, "T": 2, "o": {"s": "BTCUSDT", "caid": "stop", "X": "NEW"}},
    {"e": "ALGO_UPDATE", "E": 3, "T": 3, "o": {"s": "BTCUSDT", "caid": "stop", "X": "REJECTED", "rm": "Margin is insufficient."}},
)


# as Binance: what the address names is sent, and nothing else; where it names none, everything
def venue(connection):
    named = parse_qs(urlsplit(connection.request.path).query).get("events")
    wanted = named[0].split("/") if named else [event["e"] for event in HAPPENED]
    for event in HAPPENED:
        if event["e"] in wanted:
            connection.send(json.dumps(event))
    for _ in connection:
        pass


server = serve(venue, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"


def heard(**asked):
    manager = BinanceWebSocketApiManager(exchange="binance.com-futures", websocket_base_uri=address, warn_on_update=False)
    found = []
    manager.create_stream(
        "arr", "!userData", api_key="k", api_secret="s", listen_key="key", keep_listen_key_alive=False, output="dict",
        process_stream_data=lambda event, **_: found.append((event["o"].get("caid") or event["o"]["c"], event["o"]["X"])), **asked,
    )  # fmt: skip
    until = time.monotonic() + 20
    while not found and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    manager.stop_manager(delete_listen_key=False)
    return found


print("unicorn-binance-websocket-api", importlib.metadata.version("unicorn-binance-websocket-api"))
usual, named = heard(), heard(events=("ORDER_TRADE_UPDATE", "ALGO_UPDATE"))
print("happened:", [(event["o"].get("caid") or event["o"]["c"], event["o"]["X"]) for event in HAPPENED])
print("told, as the client asks by itself:", usual)
print("told, where the program names Binance's event:", named)
sys.stdout.flush()
seen = usual == [("entry", "FILLED")], named == [("entry", "FILLED"), ("stop", "NEW"), ("stop", "REJECTED")]
if seen != (True, True):
    print("this has changed", usual, named, file=sys.stderr)
    os._exit(1)
os._exit(0)
PYTHON
cd "$work" && "$work/venv/bin/python" "$work/show.py"
