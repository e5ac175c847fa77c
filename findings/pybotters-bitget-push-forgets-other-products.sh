#!/bin/sh
# pybotters, Bitget: a push about USDT contracts deletes the positions in USDC and coin-margined contracts.
#
# Bitget pushes the positions of one product type at a time, all of them. The store takes what a push does not name for
# closed, and looks for that among the positions of every product type. Who follows two product types on one account sees
# one of them flat after every push of the other, and may open what is open already.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pybotters==1.11.2
cat >"$work/show.py" <<'PYTHON'
import importlib.metadata
import sys

import pybotters


def push(product, symbol, position_id, size):
    row = {
        "posId": position_id, "instId": symbol, "marginCoin": product[:4], "holdSide": "long", "posMode": "one_way_mode",
        "marginMode": "crossed", "leverage": 10, "total": size, "available": size, "openPriceAvg": "60000",
        "cTime": "1768195413861", "uTime": "1768195413861",
    }
    arg = {"instType": product, "channel": "positions", "instId": "default"}
    return {"action": "snapshot", "arg": arg, "data": [row], "ts": 1768195413861}


store = pybotters.BitgetV2DataStore()
print("pybotters", importlib.metadata.version("pybotters"))
seen = []
for message in (
    push("COIN-FUTURES", "BTCUSD", "1491757402453110785", "2"),
    push("USDT-FUTURES", "BTCUSDT", "1491774628346392577", "0.5"),
):
    store.onmessage(message, None)
    held = {row["instId"]: row["total"] for row in store.positions.find()}
    print("after a push of", message["arg"]["instType"], "the store holds", held)
    seen.append(held)
sys.exit(0 if seen == [{"BTCUSD": "2"}, {"BTCUSDT": "0.5"}] else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
