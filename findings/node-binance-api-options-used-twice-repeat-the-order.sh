#!/bin/sh
# node-binance-api: options that are used for two orders carry the first order over into the second.
#
# `futuresOrder` writes into the object that it is handed: symbol, type, price, client order id, position side, signature.
# A program that keeps `{ recvWindow: 3000 }` at hand for its orders sends the second one under the id of the first, which
# the venue refuses as a duplicate while the first rests, and takes when that is gone. In hedge mode the side of the
# position stays as well: the sale that was to open a short is sent for the long one, and closes it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit node-binance-api@1.0.33
cat >show.cjs <<'JAVASCRIPT'
const Binance = require('node-binance-api');

const sent = [];
globalThis.fetch = async (url) => {
  sent.push(new URL(url).searchParams);
  return new Response(JSON.stringify({ orderId: 1, status: 'NEW' }));
};

(async () => {
  console.log('node-binance-api', require('./node_modules/node-binance-api/package.json').version);
  const client = new Binance().options({ APIKEY: 'k', APISECRET: 's', hedgeMode: true });
  const seen = [];
  const shared = { recvWindow: 3000 };
  const pairs = { 'one object': [shared, shared], 'two objects': [{ recvWindow: 3000 }, { recvWindow: 3000 }] };
  for (const [words, [first, second]] of Object.entries(pairs)) {
    sent.length = 0;
    await client.futuresOrder('LIMIT', 'BUY', 'BTCUSDT', 1, 60000, first);
    await client.futuresOrder('MARKET', 'SELL', 'BTCUSDT', 1, undefined, second);
    console.log(`options in ${words}:`);
    for (const order of sent) {
      const fields = ['type', 'side', 'positionSide', 'price', 'newClientOrderId'].map((name) => order.get(name));
      console.log(' ', ...fields);
    }
    const same = sent[0].get('newClientOrderId') === sent[1].get('newClientOrderId');
    seen.push(same, sent[1].get('positionSide'), sent[1].get('price'));
  }
  if (seen.join() !== 'true,LONG,60000,false,SHORT,') {
    console.error('this has changed', seen);
    process.exit(1);
  }
})();
JAVASCRIPT
node show.cjs
