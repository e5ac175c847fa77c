#!/bin/sh
# hyperliquid-prime (npm): `close` has a limit taken from the mark price of the moment when the program connected.
#
# A row of the account's positions has no mark price at Hyperliquid. It is taken from the list of markets, which is read
# once, by `connect`. The limit of a closing order is 1 % away from that: after a market that fell 3 % since, the order to
# sell stands above everything that bids, fills nothing, and the position stays open. After one that rose, a sale may go
# through far below the market. The positions are shown with that price, and their distance to liquidation too.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts hyperliquid-prime@0.1.5
cat >show.mjs <<'JAVASCRIPT'
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const opens = (socket) => queueMicrotask(() => socket.dispatchEvent(new Event('open')));
// no stream is needed here: this one is open at once, and says nothing
require('ws').WebSocket = class extends EventTarget {
  readyState = 1;
  constructor() {
    super();
    opens(this);
  }
  send() {}
  close() {}
};

let price = '60000';
const orders = [];
const universe = [{ name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 56 }];
// as the venue's pages of the info and exchange endpoints show them
const answers = {
  spotMeta: () => ({ tokens: [], universe: [] }),
  perpDexs: () => [null],
  metaAndAssetCtxs: () => [
    { universe, marginTables: [], collateralToken: 0 },
    [{
      funding: '0.0000125', openInterest: '1000', prevDayPx: price, dayNtlVlm: '1', dayBaseVlm: '1', premium: '0',
      oraclePx: price, markPx: price, midPx: price, impactPxs: [price, price],
    }],
  ],
  clearinghouseState: () => ({
    marginSummary: { accountValue: '13109', totalNtlPos: '6000', totalRawUsd: '13104', totalMarginUsed: '600' },
    crossMarginSummary: { accountValue: '13109', totalNtlPos: '6000', totalRawUsd: '13104', totalMarginUsed: '600' },
    crossMaintenanceMarginUsed: '75', withdrawable: '12000', time: 1768195413861,
    assetPositions: [{
      type: 'oneWay',
      position: {
        coin: 'BTC', szi: '0.1', leverage: { type: 'cross', value: 10 }, entryPx: '60000', positionValue: '6000',
        unrealizedPnl: '0', returnOnEquity: '0', liquidationPx: '52000', marginUsed: '600', maxLeverage: 40,
        cumFunding: { allTime: '0', sinceOpen: '0', sinceChange: '0' },
      },
    }],
  }),
};
globalThis.fetch = async (input, options) => {
  const request = new Request(input, options);
  const body = JSON.parse(await request.text());
  if (!request.url.endsWith('/exchange')) return Response.json(answers[body.type]());
  orders.push(body.action.orders[0]);
  const filled = { totalSz: '0.1', avgPx: price, oid: 77747314 };
  const fills = Number(body.action.orders[0].p) <= Number(price);
  const data = { statuses: [fills ? { filled } : { error: 'could not match' }] };
  return Response.json({ status: 'ok', response: { type: 'order', data } });
};

const { HyperliquidPrime } = await import('hyperliquid-prime');
const prime = new HyperliquidPrime({ privateKey: '0x' + '2'.repeat(64), builder: null, logLevel: 'silent' });
await prime.connect();
console.log('hyperliquid-prime', require('./node_modules/hyperliquid-prime/package.json').version);
const seen = [];
for (price of ['60000', '58200', '66000']) {
  const { data: [position] } = await prime.getPositions();
  const [receipt] = await prime.close('BTC');
  const words = receipt.success ? 'filled' : `not filled (${receipt.error})`;
  const limit = orders.at(-1).p;
  console.log(`the mark price is ${price}: shown is ${position.markPrice}, the sale has the limit ${limit}: ${words}`);
  seen.push([position.markPrice, limit, receipt.success].join(' '));
}
const expected = ['60000 59400 true', '60000 59400 false', '60000 59400 true'];
if (seen.join() !== expected.join()) {
  console.error('this has changed', seen);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
