#!/bin/sh
# bpx-py, Backpack: `update_account(auto_lend=False)` sends nothing, and lending and borrowing stay switched on.
#
# A setting goes into the request where it is true. To switch one off is an empty request, which changes nothing: coins stay
# lent, and losses go on being settled by loans that cost interest. Whatever the venue answers is returned, nothing is raised.
# An order that says `auto_borrow=False` says nothing of it either. Only reading the account shows it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet bpx-py==2.0.11
cat >"$work/show.py" <<'PYTHON'
import base64
import http.server
import importlib.metadata
import json
import sys
import threading

from bpx.account import Account

account = {"autoBorrowSettlements": True, "autoLend": True, "autoRepayBorrows": True, "leverageLimit": "10"}
sent = []


class Venue(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.command == "PATCH":
            account.update(sent[-1])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PATCH = do_POST

    def log_message(self, *line):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Venue)
threading.Thread(target=server.serve_forever, daemon=True).start()
Account.BPX_API_URL = f"http://127.0.0.1:{server.server_port}/"
client = Account("k", base64.b64encode(bytes(32)).decode())
print("bpx-py", importlib.metadata.version("bpx-py"))
print("the account:", account)
answer = client.update_account(auto_borrow_settlements=False, auto_lend=False, auto_repay_borrows=False)
print("all three are switched off; sent:", sent[-1], "- answered:", answer, "- the account:", account)
off = sent[-1]
client.update_account(leverage_limit="5")
client.execute_order("BTC_USDC_PERP", "Bid", "Limit", quantity="0.1", price="60000", auto_borrow=False, auto_lend_redeem=False)
print("a limit for the leverage and an order without borrowing; sent:", *sent[1:])
kept = [account[name] for name in ("autoBorrowSettlements", "autoLend", "autoRepayBorrows")]
seen = (off, answer, kept, account["leverageLimit"], "autoBorrow" in sent[-1])
sys.exit(0 if seen == ({}, {}, [True] * 3, "5", False) else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
