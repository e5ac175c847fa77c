#!/bin/sh
# @nktkas/hyperliquid 0.32 (the version npm gives to Node 20): an order whose request has failed is sent a moment later.
#
# While the connection is down a request is put by to be sent once it is back. The first try to connect that fails rejects
# the promise, "WebSocket connection closed", as does the time limit; what was put by stays, and goes out with the next try
# that succeeds. The venue takes it: an order's nonce may be two days old. A program that places its order again on the
# error has two. Version 0.33 drops what it has rejected, and needs Node 22.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @nktkas/hyperliquid@0.32.2 @nktkas/rews@2.1.2 ws@8.23.0
cat >show.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { WebSocket, WebSocketServer } from 'ws';
import { ExchangeClient, WebSocketTransport } from '@nktkas/hyperliquid';

const { version } = JSON.parse(readFileSync('./node_modules/@nktkas/hyperliquid/package.json'));
console.log('@nktkas/hyperliquid', version);
const placed = [];

function start(port) {
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (message) => {
    const { method, id, request } = JSON.parse(message);
    if (method !== 'post') return;
    const [order] = request.payload.action.orders;
    placed.push(order);
    console.log(`the venue places ${order.b ? 'buy' : 'sell'} ${order.s} at ${order.p}, nonce ${request.payload.nonce}`);
    const data = { statuses: [{ resting: { oid: placed.length } }] };
    const payload = { status: 'ok', response: { type: 'order', data } };
    socket.send(JSON.stringify({ channel: 'post', data: { id, response: { type: 'action', payload } } }));
  }));
  return new Promise((listening) => server.on('listening', () => listening(server)));
}

let server = await start(0);
const { port } = server.address();
const transport = new WebSocketTransport({ url: `ws://127.0.0.1:${port}/ws`, reconnect: { WebSocket } });
await transport.ready();
const wallet = { address: `0x${'a1'.repeat(20)}`, signTypedData: async (_typed) => `0x${'11'.repeat(64)}1b` };
const client = new ExchangeClient({ transport, wallet });
const order = { a: 0, b: true, p: '60000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } };

const lost = new Promise((noticed) => transport.socket.addEventListener('close', noticed, { once: true }));
for (const socket of server.clients) socket.terminate();
await new Promise((closed) => server.close(closed));
await lost;
console.log('the connection is lost; the program places its order');
let told = 'placed';
try {
  await client.order({ orders: [order], grouping: 'na' });
} catch (error) {
  told = error.message;
  console.log('the program is told:', told);
}
server = await start(port);
await transport.ready();
console.log('the connection is back; the program places its order again');
await client.order({ orders: [order], grouping: 'na' });
console.log('orders at the venue:', placed.length);
if (told !== 'WebSocket connection closed' || placed.length !== 2) {
  console.error('this has changed');
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
