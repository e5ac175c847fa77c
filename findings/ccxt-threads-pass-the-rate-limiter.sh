#!/bin/sh
# ccxt: `enableRateLimit` holds nothing back where threads share one object: twenty requests go out within 5 ms.
#
# The synchronous client looks when the last request went out, and sleeps for what is missing. Threads that look at the same
# moment find the same time, sleep as long, and send together: the pause is kept before the burst and not within it. One
# thread sends the same twenty in two seconds. Venues answer a burst with a ban of minutes, in which no position can be
# closed. ccxt's asynchronous client has a queue and is well; two objects of one account count apart in both.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import concurrent.futures
import sys
import time
import warnings

warnings.simplefilter("ignore")
import ccxt

exchange = ccxt.bybit({"apiKey": "k", "secret": "s", "enableRateLimit": True})
sent = []


def venue(url, method="GET", headers=None, body=None):
    sent.append(time.monotonic())
    return {"retCode": 0, "retMsg": "OK", "result": {"list": []}}


def read(_):
    exchange.private_get_v5_order_realtime({"category": "linear"})


exchange.fetch = venue
print("ccxt", ccxt.__version__)
took = {}
for threads in (1, 20):
    read(None)
    sent.clear()
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, range(20)))
    took[threads] = sent[-1] - sent[0]
    print(f"{threads} threads: {len(sent)} requests within {took[threads] * 1000:.0f} ms")
sys.exit(0 if took[1] > 1.5 and took[20] < 0.5 else f"this has changed: {took}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
