#!/bin/sh
# node-binance-api: a limit order is post-only unless said otherwise, and so is a stop: the stop that triggers is cancelled.
#
# `futuresOrder` puts the time in force `GTX` to every order with a limit, types STOP and TAKE_PROFIT too. A stop is meant
# to trade at once: its limit lies beyond the trigger, where the market is by then. An order that may only make ends there
# without a fill, and the position that it was to protect stays open.
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
  return new Response(JSON.stringify({ algoId: 1, orderId: 1, algoStatus: 'NEW', status: 'NEW' }));
};

(async () => {
  console.log('node-binance-api', require('./node_modules/node-binance-api/package.json').version);
  const client = new Binance().options({ APIKEY: 'k', APISECRET: 's' });
  await client.futuresOrder('STOP', 'SELL', 'BTCUSDT', 1, 57900, { stopPrice: 58000, reduceOnly: true });
  await client.futuresOrder('LIMIT', 'BUY', 'BTCUSDT', 1, 61000);
  await client.futuresOrder('STOP_MARKET', 'SELL', 'BTCUSDT', 1, undefined, { stopPrice: 58000, reduceOnly: true });
  const seen = [];
  for (const order of sent) {
    const trigger = order.get('triggerPrice') ? `triggered at ${order.get('triggerPrice')}` : 'at once';
    console.log(order.get('type'), order.get('side'), trigger, 'limit', order.get('price'), 'sent as', order.get('timeInForce'));
    seen.push(order.get('timeInForce'));
  }
  if (seen.join() !== 'GTX,GTX,') {
    console.error('this has changed', seen);
    process.exit(1);
  }
})();
JAVASCRIPT
node show.cjs
