#!/bin/sh
# Binance's own client for Node and binance-api-node: the number of an order is a number or something else, by its contract.
#
# Both keep all nineteen digits of a busy contract's orders. Binance's own makes a `bigint` of those, and a number of the
# short ones: what was written for BTCUSDT ends at ETHUSDT in a TypeError of `JSON.stringify`, after the order was placed,
# and a program that takes the error for the order's places it again. binance-api-node makes an object of them: the id of
# an order and the id of the same order, read again, are not `===`, and a `Map` by id has a new entry with each push.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @binance/derivatives-trading-usds-futures@38.1.1 binance-api-node@0.13.10
cat >show.mjs <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
let placed = 0;
// as Binance's page of the order endpoint shows it; numbers of nineteen digits as ETHUSDT has them
const server = createServer((request, answer) => {
  request.resume();
  if (request.method === 'POST') placed += 1;
  const [symbol, id] = request.url.includes('ETHUSDT') ? ['ETHUSDT', '8389765943197000123'] : ['BTCUSDT', '283194212'];
  answer.writeHead(200, { 'Content-Type': 'application/json' });
  answer.end(`{"orderId":${id},"symbol":"${symbol}","status":"NEW","clientOrderId":"a","updateTime":1768195413861}`);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const at = `http://127.0.0.1:${server.address().port}`;

const own = require('@binance/derivatives-trading-usds-futures').DerivativesTradingUsdsFutures;
const ownClient = new own({ configurationRestAPI: { apiKey: 'k', apiSecret: 's', basePath: at } }).restAPI;
const nodeClient = require('binance-api-node').default({ apiKey: 'k', apiSecret: 's', httpFutures: at });
const order = (symbol) => ({ symbol, side: 'BUY', type: 'MARKET', quantity: 1 });
const clients = {
  '@binance/derivatives-trading-usds-futures': async (symbol) => [
    await (await ownClient.newOrder(order(symbol))).data(),
    await (await ownClient.queryOrder({ symbol, origClientOrderId: 'a' })).data(),
  ],
  'binance-api-node': async (symbol) => [
    await nodeClient.futuresOrder(order(symbol)),
    await nodeClient.futuresGetOrder({ symbol, origClientOrderId: 'a' }),
  ],
};
const seen = [];
for (const [name, call] of Object.entries(clients)) {
  console.log(name, require(`./node_modules/${name}/package.json`).version);
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    placed = 0;
    const [made, read] = await call(symbol);
    let written = 'is written as JSON';
    try {
      JSON.stringify(made);
    } catch (error) {
      written = `cannot be: ${error.message}`;
    }
    const same = made.orderId === read.orderId;
    const type = typeof made.orderId;
    console.log(`${symbol}: ${placed} order placed, ${type} ${made.orderId}, the same when read again: ${same}; ${written}`);
    seen.push([type, same, written.startsWith('is')].join(' '));
  }
}
const expected = ['number true true', 'bigint true false', 'number true true', 'object false true'];
if (seen.join() !== expected.join()) {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
