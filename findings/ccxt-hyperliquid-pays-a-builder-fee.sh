#!/bin/sh
# ccxt, Hyperliquid: before the first order two actions are signed that the program did not ask for, and from then on
# every order pays a builder 0.01 %.
#
# They are `approveBuilderFee` with a rate of 0.01 % and `setReferrer`, signed with the account's own key. The orders carry
# a builder's fee of ten tenths of a basis point, on top of the venue's 0.015 % for makers and 0.045 % for takers; no
# argument and no answer of `create_order` shows it. With `options["builderFee"] = False`, set before the first order, the
# rate is 0 %. An API wallet cannot approve a fee: where the venue refuses that, orders name no builder.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet ccxt==4.5.90
cat >"$work/show.py" <<'PYTHON'
import json
import sys
import warnings

warnings.simplefilter("ignore")
import ccxt

print("ccxt", ccxt.__version__)
seen = []
for options in ({}, {"builderFee": False}):
    exchange = ccxt.hyperliquid({"walletAddress": "0x" + "1" * 40, "privateKey": "0x" + "2" * 64, "options": options})
    exchange.set_markets([{
        "id": "0", "symbol": "BTC/USDC:USDC", "base": "BTC", "quote": "USDC", "settle": "USDC", "baseId": "0",
        "quoteId": "USDC", "settleId": "USDC", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "contract": True, "linear": True, "inverse": False, "contractSize": 1,
        "active": True, "precision": {"amount": 0.001, "price": 1}, "limits": {}, "info": {},
    }])

    def answer(url, method="GET", headers=None, body=None):
        sent = json.loads(body)
        if "action" not in sent:
            return "default"
        action = sent["action"]
        print(" ", action["type"], action.get("maxFeeRate", ""), action.get("code", ""), action.get("builder", ""))
        fee = action["builder"]["f"] if action["type"] == "order" else None
        seen.append((action["type"], action.get("maxFeeRate"), fee))
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": [{"resting": {"oid": 77738308}}]}}}

    exchange.fetch = answer
    print(f"create_order with options {options} signs and sends:")
    exchange.create_order("BTC/USDC:USDC", "limit", "buy", 0.1, 60000)
expected = []
for rate, fee in (("0.01%", 10), ("0%", 0)):
    expected += [("approveBuilderFee", rate, None), ("setReferrer", None, None), ("order", None, fee)]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
