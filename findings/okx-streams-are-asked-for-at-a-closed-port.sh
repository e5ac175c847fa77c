#!/bin/sh
# okx-api (npm), cryptofeed and vnpy_okx look for OKX's streams at port 8443, which the venue closed on 2026-10-31.
#
# OKX announced it in its log of changes: the same hosts are at 443, the demo's too. These versions, all from before that day,
# have the old port written in. REST goes on working: orders are placed, and no fill, position or price is pushed any more.
# ccxt has the new port; the callers of python-okx and pybotters name the address themselves. cryptofeed 2.4.1 is the last
# version for Python 3.11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit okx-api@3.2.3
cat >show.cjs <<'JAVASCRIPT'
const https = require('https');
const { WebsocketClient } = require('okx-api');

const seen = new Set();
// notes where a connection should go to, and makes none
class Nowhere extends https.Agent {
  addRequest(request, options) {
    seen.add(`${options.host}:${options.port}`);
    request.destroy();
  }
}
const silent = Object.fromEntries(['trace', 'info', 'error'].map((level) => [level, () => {}]));
const account = { apiKey: 'k', apiSecret: 's', apiPass: 'p' };

(async () => {
  for (const options of [{}, { market: 'EEA' }, { market: 'US' }, { demoTrading: true }]) {
    const client = new WebsocketClient({ ...options, accounts: [account], wsOptions: { agent: new Nowhere() } }, silent);
    client.on('exception', () => {});
    client.connectPrivate().catch(() => {});
    client.connectPublic().catch(() => {});
  }
  await new Promise((done) => setTimeout(done, 500));
  console.log('okx-api', require('./node_modules/okx-api/package.json').version, [...seen].join(', '));
  process.exit([...seen].every((place) => place.endsWith(':8443')) && seen.size === 4 ? 0 : 1);
})();
JAVASCRIPT
node show.cjs || { echo "this has changed" >&2; exit 1; }

python3 -m venv venv
venv/bin/pip install --quiet ccxt==4.5.90 cryptofeed==2.4.1 loguru==0.7.3 numpy==2.4.6 requests==2.34.2 TA-Lib==0.8.2 \
    tzlocal==5.4.5 websocket-client==1.9.2
# without what VeighNa needs for its windows
venv/bin/pip install --quiet --no-deps vnpy==4.5.0 vnpy_okx==2026.6.10 vnpy_rest==1.2.0 vnpy_websocket==1.1.1
mkdir .vntrader
cat >show.py <<'PYTHON'
import importlib.metadata
import os
import sys
from urllib.parse import urlsplit

import ccxt.pro
from cryptofeed.defines import ORDER_INFO, TRADES
from cryptofeed.exchanges import OKX
from cryptofeed.symbols import Symbols
from vnpy.event import EventEngine
from vnpy_okx import OkxGateway

Symbols.set(OKX.id, {"BTC-USDT-PERP": "BTC-USDT-SWAP"}, {"instrument_type": {"BTC-USDT-PERP": "perpetual"}, "tick_size": {}})


def cryptofeed():
    feed = OKX(
        symbols=["BTC-USDT-PERP"], channels=[TRADES, ORDER_INFO], callbacks={},
        config={"okx": {"key_id": "k", "key_secret": "s", "key_passphrase": "p"}},
    )
    return [connection[0].address for connection in feed.connect()]


def vnpy_okx(server):
    gateway = OkxGateway(EventEngine(), "OKX")
    addresses = []
    for part in (gateway.public_api, gateway.private_api, gateway.business_api):
        part.start = lambda: None  # no connection is made
        part.init = lambda address, *options: addresses.append(address)
    gateway.public_api.connect(server, "", 0)
    gateway.private_api.connect("k", "s", "p", server, "", 0, "")
    gateway.business_api.connect("k", "s", "p", server, "", 0)
    return addresses


def places(name, *addresses):
    parts = [urlsplit(address) for address in addresses]
    found = sorted({f"{part.hostname}:{part.port or 443}" for part in parts})
    print(name, importlib.metadata.version(name), ", ".join(found))
    return {place.split(":")[1] for place in found}


seen = [
    places("cryptofeed", *cryptofeed()),
    places("vnpy_okx", *vnpy_okx("REAL"), *vnpy_okx("DEMO")),
    places("ccxt", ccxt.pro.okx().urls["api"]["ws"]),
]
sys.stdout.flush()
if seen != [{"8443"}, {"8443"}, {"443"}]:
    print("this has changed", seen, file=sys.stderr)
# the gateway's threads do not end
os._exit(seen != [{"8443"}, {"8443"}, {"443"}])
PYTHON
venv/bin/python show.py
