#!/bin/sh
# ccxt: `cancel_all_orders_after` sets no timer at Bybit, and `cancel_all_orders_after(0)` does not stop it at Hyperliquid.
#
# "Dead man's switch, cancel all orders after the given timeout": at OKX and Hyperliquid the venue counts down from each
# call, and cancels all orders where the next one does not come. Bybit has no such timer. The call sets how long all private
# streams that subscribed to the topic `dcp` must have been gone; a program that follows no stream, or not that topic, may
# die, and its orders rest. Bybit answers "success". Hyperliquid stops the timer by an order to cancel without a time; ccxt
# sends the time of now for 0, which is refused as less than five seconds ahead: the timer runs, and all orders go.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import urllib.parse
import warnings

warnings.simplefilter("ignore")
import ccxt

sent = []


def venue(url, method="GET", headers=None, body=None):
    asked = json.loads(body)
    if asked.get("type") == "userAbstraction":
        return "default"
    sent.append((urllib.parse.urlsplit(url).path, asked.get("action", asked), asked.get("nonce")))
    if "hyperliquid" in url:  # as the venue's page tells: at least five seconds ahead, and without a time to remove it
        time = asked["action"].get("time")
        if time is not None and time < asked["nonce"] + 5000:
            answer = {"status": "err", "response": "less than five seconds ahead"}
            exchange.handle_errors(200, "OK", url, method, {}, json.dumps(answer), answer, headers, body)
            return answer
        return {"status": "ok", "response": {"type": "default"}}
    if "bybit" in url:
        return {"retCode": 0, "retMsg": "success"}
    return {"code": "0", "msg": "", "data": [{"triggerTime": "1587971460", "tag": "", "ts": "1587971400"}]}


keys = {
    "apiKey": "k", "secret": "s", "password": "p", "walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64,
}
print("ccxt", ccxt.__version__)
seen = {}
for name in ("okx", "bybit", "hyperliquid"):
    exchange = getattr(ccxt, name)({**keys, "options": {"builderFee": False}})
    exchange.set_markets([])
    exchange.fetch = venue
    for timeout in (60_000, 0):
        try:
            exchange.cancel_all_orders_after(timeout)
            told = "success"
        except ccxt.BaseError as error:
            told = f"{type(error).__name__} {error}"
        path, asked, nonce = sent[-1]
        ahead = f", {asked['time'] - nonce} ms ahead" if "time" in asked else ""
        print(f"{name}: cancel_all_orders_after({timeout}) sends {path} {asked}{ahead}: {told}")
        seen[name, timeout] = path.rpartition("/")[2], asked.get("time", 0) - (nonce or 0) if ahead else None, told[:12]
expected = {
    ("okx", 60000): ("cancel-all-after", None, "success"),
    ("okx", 0): ("cancel-all-after", None, "success"),
    ("bybit", 60000): ("disconnected-cancel-all", None, "success"),
    ("bybit", 0): ("disconnected-cancel-all", None, "success"),
    ("hyperliquid", 60000): ("exchange", 60000, "success"),
    ("hyperliquid", 0): ("exchange", 0, "ExchangeErro"),
}
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
