#!/bin/sh
# openbroker (npm), Hyperliquid: `runChase` buys twice, where a cancel comes too late or gets lost, and says "filled".
#
# A chase moves a resting order along with the price: it cancels, and places again what is left. It looks at no answer of a
# cancel, and at no fill of an order but the latest. An order that fills on the way of its cancel, which is what a price that
# moves towards it does, is placed once more in full where the push of its fill comes after that, and its fill is counted no
# more. A cancel that fails leaves its order in the book beside the new one. Either way the position becomes twice what was
# asked for, and the result is `filled`; or it is open, and the result says that nothing was.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts openbroker@1.13.0
cat >show.mjs <<'JAVASCRIPT'
import { createRequire } from 'node:module';

process.env.HYPERLIQUID_PRIVATE_KEY = '0x' + '2'.repeat(64);
process.env.HYPERLIQUID_NETWORK = 'mainnet';
process.env.HOME = process.cwd();
const context = { funding: '0', openInterest: '1', prevDayPx: '100', dayNtlVlm: '1', premium: '0', oraclePx: '60000' };
let venue;
// as the venue's pages of the info and exchange endpoints show them
const answers = {
  perpDexs: () => [null],
  allMids: () => ({ BTC: String((venue.mid *= 1.0005).toFixed(1)) }),
  metaAndAssetCtxs: () => [
    { universe: [{ name: 'BTC', szDecimals: 5, maxLeverage: 40, marginTableId: 40 }], marginTables: [], collateralToken: 0 },
    [{ ...context, markPx: '60000', midPx: '60000', impactPxs: ['60000', '60000'], dayBaseVlm: '1' }],
  ],
  userAbstraction: () => 'disabled',
  openOrders: () => [...venue.resting].map(([oid, sz]) => ({ coin: 'BTC', side: 'B', limitPx: '60000', sz: String(sz), oid })),
  userFills: () => venue.fills,
};
function fill(oid) {
  const row = { coin: 'BTC', px: '60000', sz: String(venue.resting.get(oid)), side: 'B', time: Date.now(), oid };
  venue.position += venue.resting.get(oid);
  venue.resting.delete(oid);
  venue.fills.push(row);
  setTimeout(() => venue.push(row), 100);
}
function exchange({ type, orders, cancels }) {
  const answer = (statuses) => Response.json({ status: 'ok', response: { type, data: { statuses } } });
  if (type === 'order') {
    const oid = venue.orders += 1;
    venue.resting.set(oid, Number(orders[0].s));
    if (oid === 2 && venue.falls) setTimeout(() => [...venue.resting.keys()].forEach(fill), 50); // the price comes down
    return answer([{ resting: { oid } }]);
  }
  const [{ o }] = cancels;
  if (venue.late && o === 1) fill(o);
  if (venue.lost && o === 1) return new Response('', { status: 502 });
  if (venue.resting.delete(o)) return answer(['success']);
  return answer([{ error: 'Order was never placed, already canceled, or filled. asset=0' }]);
}
globalThis.fetch = async (input, options) => {
  const request = new Request(input, options);
  const body = JSON.parse(await request.text());
  if (request.url.endsWith('/exchange')) return exchange(body.action);
  return Response.json(answers[body.type](body));
};

const require = createRequire(import.meta.url);
const { HyperliquidClient, runChase } = await import('openbroker');
const { UserFillWatcher } = await import('./node_modules/openbroker/dist/operations/execution.js');
console.log('openbroker', require('./node_modules/openbroker/package.json').version, 'buys 0.1 BTC');
const told = [];
async function show(words, fate) {
  venue = { mid: 60000, position: 0, orders: 0, resting: new Map(), fills: [], ...fate };
  const client = new HyperliquidClient();
  // the stream of fills: its pushes come a tenth of a second later
  const ws = { connect() {}, subscribeUserFills() {}, off() {}, close() {}, on: (_, call) => { venue.push = call; } };
  const { status } = await runChase({
    coin: 'BTC', side: 'buy', size: 0.1, intervalMs: 200, timeoutSec: 20, client, output: () => {},
    fillWatcher: new UserFillWatcher(client, { ws }),
  });
  const resting = [...venue.resting.values()].reduce((sum, size) => sum + size, 0);
  console.log(`${words}: ${status}; bought ${venue.position}, still in the book ${resting}`);
  told.push([status, venue.position, resting].join());
}
await show('the first order fills on the way of its cancel, the second when the price falls', { late: true, falls: true });
await show('the first order fills on the way of its cancel, and the price goes away', { late: true });
await show('the first cancel is answered with 502, and the price falls', { lost: true, falls: true });
if (told.join(' ') !== 'filled,0.2,0 max_chase_exceeded,0.1,0 filled,0.2,0') {
  console.error('this has changed', told);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
