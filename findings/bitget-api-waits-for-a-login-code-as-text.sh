#!/bin/sh
# bitget-api (npm), Bitget classic: a login answered with the code "0", as Bitget's documents show it, is never taken.
#
# The venue sends the number 0 today. The client compares with the number: after the text it neither subscribes nor
# reports anything, and waits for ever.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit bitget-api@3.2.3 ws@8.23.0
cat >show.mjs <<'JAVASCRIPT'
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';
import { WebsocketClientV2 } from 'bitget-api';

console.log('bitget-api', createRequire(import.meta.url)('./node_modules/bitget-api/package.json').version);
const silent = { trace() {}, info() {}, error() {} };
const heard = [];
for (const code of [0, '0']) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((listening) => server.on('listening', listening));
  const ops = [];
  server.on('connection', (socket) => socket.on('message', (message) => {
    if (message.toString() === 'ping') return socket.send('pong');
    const { op } = JSON.parse(message);
    ops.push(op);
    if (op === 'login') socket.send(JSON.stringify({ event: 'login', code, msg: '' }));
  }));
  const wsUrl = `ws://127.0.0.1:${server.address().port}/v2/ws/private`;
  const client = new WebsocketClientV2({ apiKey: 'k', apiSecret: 's', apiPass: 'p', wsUrl }, silent);
  client.subscribeTopic('USDT-FUTURES', 'orders');
  await new Promise((later) => setTimeout(later, 5000));
  console.log(`login answered with code ${JSON.stringify(code)}: the server hears ${ops.join(', then ')}`);
  heard.push(ops.join());
  client.closeAll(true);
  server.close();
}
if (heard.join(' ') !== 'login,subscribe login') {
  console.error('this has changed');
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
