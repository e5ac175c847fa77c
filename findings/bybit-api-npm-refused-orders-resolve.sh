#!/bin/sh
# bybit-api (npm): of four clients by one author this one alone resolves where an order is refused.
#
# Code that awaits an order in a `try` notes a refusal with okx-api, bitget-api and binance. Moved to Bybit it takes each for
# placed: the promise resolves with a `retCode` that is not 0, unless the option `throwExceptions` is set. A wrong
# signature and a clock that is off resolve as well: a cancel that was never looked at counts as done.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit bybit-api@4.7.7 okx-api@3.2.3 bitget-api@3.2.3 binance@3.6.5
cat >show.mjs <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const words = 'Insufficient balance';
const answers = {
  '/v5/order/create': [200, { retCode: 110007, retMsg: words, result: {}, retExtInfo: {}, time: 1768195413861 }],
  '/v5/order/cancel': [200, { retCode: 10004, retMsg: 'Error sign', result: {}, retExtInfo: {}, time: 1768195413861 }],
  '/api/v5/trade/order': [200, { code: '1', msg: '', data: [{ ordId: '', clOrdId: '', sCode: '51008', sMsg: words }] }],
  '/api/v2/mix/order/place-order': [400, { code: '40762', msg: words, requestTime: 1768195413861, data: null }],
  '/fapi/v1/order': [400, { code: -2019, msg: words }],
};
const server = createServer((request, answer) => {
  request.resume();
  const [status, body] = answers[request.url.split('?')[0]];
  answer.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const baseUrl = `http://127.0.0.1:${server.address().port}`;
const names = ['apiKey', 'apiSecret', 'apiPass', 'key', 'secret', 'api_key', 'api_secret'];
const keys = { baseUrl, ...Object.fromEntries(names.map((name) => [name, 'k'])) };
const client = (name, type, options = {}) => new (require(name)[type])({ ...keys, ...options });
const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '1' };

const throws = { throwExceptions: true };
const calls = {
  'okx-api submitOrder': () => client('okx-api', 'RestClient').submitOrder(
    { instId: 'BTC-USDT-SWAP', tdMode: 'cross', side: 'buy', ordType: 'market', sz: '1' },
  ),
  'bitget-api futuresSubmitOrder': () => client('bitget-api', 'RestClientV2').futuresSubmitOrder(
    { symbol: 'BTCUSDT', productType: 'USDT-FUTURES', side: 'buy', orderType: 'market', size: '1' },
  ),
  'binance submitNewOrder': () => client('binance', 'USDMClient', { disableTimeSync: true }).submitNewOrder(
    { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: 1 },
  ),
  'bybit-api submitOrder': () => client('bybit-api', 'RestClientV5').submitOrder(order),
  'bybit-api cancelOrder': () => client('bybit-api', 'RestClientV5').cancelOrder({ ...order, orderId: '1' }),
  'bybit-api submitOrder with throwExceptions': () => client('bybit-api', 'RestClientV5', throws).submitOrder(order),
};
for (const name of ['okx-api', 'bitget-api', 'binance', 'bybit-api']) {
  console.log(name, require(`./node_modules/${name}/package.json`).version);
}
const seen = [];
for (const [name, call] of Object.entries(calls)) {
  const end = await call().then((answer) => `resolves with ${answer.retCode} ${answer.retMsg}`, () => 'rejects');
  console.log(`a refused ${name} ${end}`);
  seen.push(end.split(' ')[0]);
}
if (seen.join() !== 'rejects,rejects,rejects,resolves,resolves,rejects') {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
