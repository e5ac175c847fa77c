#!/bin/sh
# bpx-py, Backpack: of two accounts with a proxy each, both go out by the proxy of the one that was made last.
#
# All objects share one HTTP client, and making an account writes its proxy into that. Who gives each account a way out of its
# own, because its key is bound to an address or because accounts must not be seen together, has both requests come from
# one address: a key that is bound is refused, and accounts that were apart are linked. An account made without a proxy takes
# the proxy away from those before it, which then go out by the machine's own address. `Public` does the same. A client of
# one's own, `default_http_client=SyncHttpClient()`, keeps them apart.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet bpx-py==2.0.11
cat >"$work/show.py" <<'PYTHON'
import base64
import http.server
import importlib.metadata
import sys
import threading

from bpx.account import Account
from bpx.http_client.sync_http_client import SyncHttpClient

came = []


def listen(name):
    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            came.append((self.headers["X-API-Key"], name))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *line):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


Account.BPX_API_URL = listen("no proxy") + "/"
first, second = {"http": listen("proxy 1")}, {"http": listen("proxy 2")}
secret = base64.b64encode(bytes(32)).decode()


def told(words, *accounts):
    came.clear()
    for account in accounts:
        account.get_account()
    print(f"{words}: {came}")
    return [name for _, name in came]


print("bpx-py", importlib.metadata.version("bpx-py"))
one = Account("account 1", secret, proxy=first)
seen = [told("account 1 with proxy 1", one)]
two = Account("account 2", secret, proxy=second)
seen.append(told("then account 2 with proxy 2 is made", one, two))
three = Account("account 3", secret)
seen.append(told("then account 3 without a proxy", one, two, three))
one = Account("account 1", secret, proxy=first, default_http_client=SyncHttpClient())
two = Account("account 2", secret, proxy=second, default_http_client=SyncHttpClient())
seen.append(told("with clients of their own", one, two))
expected = [["proxy 1"], ["proxy 2", "proxy 2"], ["no proxy"] * 3, ["proxy 1", "proxy 2"]]
sys.exit(0 if seen == expected else f"this has changed: {seen}")
PYTHON
"$work/venv/bin/python" "$work/show.py"
