#!/bin/sh
# node-binance-api and binance (npm): the number of an order in a busy contract is rounded, and names no order any more.
#
# Orders in contracts such as ETHUSDT have numbers of nineteen digits. JavaScript's JSON keeps some sixteen: the last three
# become zeros. A cancel by that number is answered "Unknown order sent", which looks like "it was filled", and the order
# rests; and two orders may come to have the same number. Binance's own client and binance-api-node keep every digit. Who
# names orders by an id of his own is safe.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit node-binance-api@1.0.33 binance@3.6.5 binance-api-node@0.13.10 \
  @binance/derivatives-trading-usds-futures@38.1.1
cat >show.mjs <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const text = '{"orderId":8389765612825190229,"symbol":"ETHUSDT","status":"NEW"}';
const server = createServer((request, answer) => {
  request.resume();
  answer.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const baseUrl = `http://127.0.0.1:${server.address().port}`;
const limit = { symbol: 'ETHUSDT', side: 'BUY', type: 'LIMIT', quantity: '1', price: '3000', timeInForce: 'GTC' };

const clients = {
  async 'node-binance-api'(Binance) {
    const client = new Binance().options({ APIKEY: 'k', APISECRET: 's', urls: { fapi: `${baseUrl}/fapi/` } });
    return client.futuresOrder('LIMIT', 'BUY', 'ETHUSDT', 1, 3000);
  },
  async binance({ USDMClient }) {
    const client = new USDMClient({ api_key: 'k', api_secret: 's', baseUrl, disableTimeSync: true });
    return client.submitNewOrder(limit);
  },
  async 'binance-api-node'({ default: create }) {
    return create({ apiKey: 'k', apiSecret: 's', httpFutures: baseUrl }).futuresOrder(limit);
  },
  async '@binance/derivatives-trading-usds-futures'({ DerivativesTradingUsdsFutures }) {
    const configurationRestAPI = { apiKey: 'k', apiSecret: 's', basePath: baseUrl };
    return (await new DerivativesTradingUsdsFutures({ configurationRestAPI }).restAPI.newOrder(limit)).data();
  },
};
console.log(`the venue answers with orderId ${text.match(/\d+/)}`);
const seen = [];
for (const [name, place] of Object.entries(clients)) {
  const order = await place(require(name));
  console.log(`${name} ${require(`./node_modules/${name}/package.json`).version} returns ${order.orderId}`);
  seen.push(String(order.orderId));
}
const expected = ['8389765612825190000', '8389765612825190000', '8389765612825190229', '8389765612825190229'];
if (seen.join() !== expected.join()) {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
