#!/bin/sh
# binance-api-node: a program that closes its stream of orders ends the streams of every other program of the account.
#
# Binance has one listen key for an account: who asks for one gets the key that is there. The function that
# `ws.futuresUser` returns for closing deletes the key at Binance before it closes the line. A dashboard that is closed
# takes the fills from the bot, whose line stays open. It notices at its next sign of life, up to fifty seconds later, and
# gets a new key; what was filled in between is not told. The same happens where one sign of life fails: the client then
# deletes the key of all by itself, although the line is well.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit binance-api-node@0.13.10 ws@8.18.3
cat >show.mjs <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { WebSocketServer } = require('ws');
const Binance = require('binance-api-node').default;
const version = require('./node_modules/binance-api-node/package.json').version;

// as Binance's page of the user data streams tells: one key for an account, which is extended where there is one already
let key = null;
let keys = 0;
const deleted = [];
const server = createServer((request, answer) => {
  request.resume();
  if (request.method === 'POST') key ??= `key${(keys += 1)}`;
  if (request.method === 'DELETE') {
    deleted.push(key);
    key = null;
  }
  answer.writeHead(200, { 'Content-Type': 'application/json' });
  answer.end(JSON.stringify(request.method === 'POST' ? { listenKey: key } : {}));
});
const lines = new Map();
new WebSocketServer({ server }).on('connection', (line, request) => lines.set(line, request.url.slice(1)));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const at = `127.0.0.1:${server.address().port}`;
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const open = globalThis.setInterval;
const intervals = [];
globalThis.setInterval = (call, ms) => (intervals.push(ms), open(call, ms));
const program = async (name) => {
  const client = Binance({ apiKey: 'k', apiSecret: 's', httpFutures: `http://${at}`, wsFutures: `ws://${at}` });
  const heard = [];
  const close = await client.ws.futuresUser((event) => heard.push(event.orderId));
  return { name, heard, close };
};
const bot = await program('bot');
const dashboard = await program('dashboard');
await wait(500);

async function fill(orderId) {
  const o = { s: 'BTCUSDT', i: orderId, S: 'BUY', x: 'TRADE', X: 'FILLED', q: '1', z: '1', l: '1', L: '60000' };
  for (const [line, of] of lines) {
    if (of === key) line.send(JSON.stringify({ e: 'ORDER_TRADE_UPDATE', E: 1768195413861, T: 1768195413860, o }));
  }
  await wait(200);
  console.log(`order ${orderId} is filled: the bot has heard of [${bot.heard}], the dashboard of [${dashboard.heard}]`);
}
console.log('binance-api-node', version);
await fill(1);
await dashboard.close();
console.log(`the dashboard is closed, and has deleted ${deleted}`);
await fill(2);
const alive = [...lines].filter(([line]) => line.readyState === 1).length;
console.log(`lines that are up: ${alive}; a sign of life is given every ${intervals[0] / 1000} seconds`);
const seen = [bot.heard.join(), dashboard.heard.join(), deleted.join(), alive, intervals[0]].join('; ');
if (seen !== '1; 1; key1; 1; 50000') {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
