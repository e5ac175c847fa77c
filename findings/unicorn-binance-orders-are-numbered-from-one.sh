#!/bin/sh
# unicorn-binance-websocket-api: the first order after a restart is "1" again, which is the id of another order that stands.
#
# Without a client order id of one's own `create_order` takes the number of the request, counted from 1 by each program anew. At
# Binance such an id is taken once among the open orders of an account: where the "1" of the run before, or of a second
# program, still rests, the new order is refused (-4116), and the caller, which does not wait for the answer unless told to,
# is given "1" for it. What it asks about, changes or cancels by that id is the other order: the target of a position goes,
# and the position stays.
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

from unicorn_binance_websocket_api import BinanceWebSocketApiManager
from websockets.sync.server import serve

logging.disable(logging.CRITICAL)
standing, answers = {}, []


# as Binance: an id is taken once among the orders that stand
def venue(connection):
    for message in connection:
        request = json.loads(message)
        params, result, error = request["params"], {}, None
        if request["method"] == "order.place" and params["newClientOrderId"] in standing:
            error = {"code": -4116, "msg": "ClientOrderId is duplicated."}
        elif request["method"] == "order.place":
            standing[params["newClientOrderId"]] = f"{params['side']} at {params['price']}"
            result = {"clientOrderId": params["newClientOrderId"], "status": "NEW"}
        elif standing.pop(params.get("origClientOrderId"), None) is None:
            error = {"code": -2011, "msg": "Unknown order sent."}
        answer = {"id": request["id"], "status": 400 if error else 200, **({"error": error} if error else {"result": result})}
        answers.append(answer)
        connection.send(json.dumps(answer))


server = serve(venue, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"


def program(act):
    manager = BinanceWebSocketApiManager(
        exchange="binance.com-futures", websocket_api_base_uri=address, websocket_base_uri=address, warn_on_update=False
    )
    manager.create_stream(api=True, api_key="k", api_secret="s", output="dict")
    until = time.monotonic() + 20
    while manager.get_the_one_active_websocket_api() is None and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)

    def answered(call, **params):
        count = len(answers)
        given = call(symbol="BTCUSDT", **params)
        while len(answers) == count and time.monotonic() < until:
            time.sleep(0.05)
        return given

    told = act(manager.api.futures, answered)
    manager.stop_manager()
    return told


def before(api, answered):
    return answered(
        api.create_order, side="SELL", order_type="LIMIT", price=62000.0, quantity=0.1, time_in_force="GTC", reduce_only=True
    )


def after(api, answered):
    entry = answered(api.create_order, side="BUY", order_type="LIMIT", price=59000.0, quantity=0.1, time_in_force="GTC")
    refusal = answers[-1].get("error", {}).get("code")
    kept = dict(standing)
    answered(api.cancel_order, orig_client_order_id=entry)
    return entry, refusal, kept


print("unicorn-binance-websocket-api", importlib.metadata.version("unicorn-binance-websocket-api"))
target = program(before)
print(f"the target of a position is placed, its id is {target!r}; standing: {standing}")
entry, refusal, kept = program(after)
print(f"after a restart an entry is placed, its id is {entry!r}; Binance: {refusal}; standing: {kept}")
print(f"the entry is cancelled by that id; standing: {standing}")
sys.stdout.flush()
seen = target == entry, refusal, list(kept.values()), standing
if seen != (True, -4116, ["SELL at 62000.0"], {}):
    print("this has changed", seen, file=sys.stderr)
    os._exit(1)
os._exit(0)
PYTHON
cd "$work" && "$work/venv/bin/python" "$work/show.py"
