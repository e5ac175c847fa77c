#!/bin/sh
# @nktkas/hyperliquid: an order whose stop is refused is thrown as an error, and stands.
#
# Hyperliquid judges the orders of one request one by one. The client throws as soon as one of them is refused: an entry
# that rests, or was filled, beside a stop that was not taken is an `ApiRequestError` whose message tells of the stop alone.
# Who places both again on that has two entries and still no stop. The number of the entry is in the error's `response`.
# Cancelling several works in the same way: one that was filled already makes an error of all, and the others are gone.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @nktkas/hyperliquid@0.32.2
cat >show.mjs <<'JAVASCRIPT'
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { ExchangeClient, HttpTransport } from '@nktkas/hyperliquid';

const { version } = JSON.parse(readFileSync('node_modules/@nktkas/hyperliquid/package.json'));
const resting = new Set();
let last = 0;

function judge(action, row) {
  if (action.type === 'cancel') {
    return resting.delete(row.o) ? 'success' : { error: 'Order was never placed, already canceled, or filled. asset=0' };
  }
  if (row.t.trigger) return { error: 'Invalid TP/SL price. asset=0' };
  resting.add((last += 1));
  return { resting: { oid: last } };
}

const server = createServer(async (request, answer) => {
  let text = '';
  for await (const part of request) text += part;
  const { action } = JSON.parse(text);
  const statuses = (action.orders ?? action.cancels).map((row) => judge(action, row));
  answer.setHeader('Content-Type', 'application/json');
  answer.end(JSON.stringify({ status: 'ok', response: { type: action.type, data: { statuses } } }));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const wallet = { address: `0x${'a1'.repeat(20)}`, signTypedData: async (_typed) => `0x${'11'.repeat(64)}1b` };
const transport = new HttpTransport({ apiUrl: `http://127.0.0.1:${server.address().port}` });
const client = new ExchangeClient({ transport, wallet });
const entry = { a: 0, b: true, p: '60000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } };
const trigger = { isMarket: true, triggerPx: '61000', tpsl: 'sl' };
const stop = { a: 0, b: false, p: '58000', s: '0.1', r: true, t: { trigger } };
const seen = [];
async function show(what, call) {
  const told = await call().then(() => 'resolved', (error) => `${error.name}: ${error.message}`);
  seen.push(`${told.split(':')[0]} ${[...resting]}`);
  console.log(`${what}: ${told}; orders that rest: ${[...resting].join(', ') || 'none'}`);
}
console.log('@nktkas/hyperliquid', version);
await show('entry with a stop', () => client.order({ orders: [entry, stop], grouping: 'normalTpsl' }));
await show('both once more', () => client.order({ orders: [entry, stop], grouping: 'normalTpsl' }));
await show('cancelling 1 and 77', () => client.cancel({ cancels: [{ a: 0, o: 1 }, { a: 0, o: 77 }] }));
if (seen.join('; ') !== 'ApiRequestError 1; ApiRequestError 1,2; ApiRequestError 2') {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
