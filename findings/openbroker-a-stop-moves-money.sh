#!/bin/sh
# openbroker (npm), Hyperliquid: each stop and each closing order on a builder's dex moves money out of the main account.
#
# Before an order on such a dex the client sends USDC there from the account's main perpetuals, enough for the margin of the
# order and a fifth more. It does so for every order, those too that can only reduce and need no margin, whatever is there
# already. A position of 10,000 with a stop and a target, closed after that, has moved the margin four times over. What is
# gone from the main account is gone from the margin of the positions there. Accounts with one balance for all dexs are
# spared that. The first order also sets the highest leverage that the contract has, isolated, where none is named.
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
const context = { funding: '0', openInterest: '1', prevDayPx: '100', dayNtlVlm: '1', premium: '0', oraclePx: '100' };
const market = (name) => [
  { universe: [{ name, szDecimals: 2, maxLeverage: 20, marginTableId: 20 }], marginTables: [], collateralToken: 0 },
  [{ ...context, markPx: '100', midPx: '100', impactPxs: ['100', '100'], dayBaseVlm: '1' }],
];
const sent = [];
// as the venue's pages of the info and exchange endpoints show them
const answers = {
  perpDexs: () => [null, { name: 'xyz', fullName: 'XYZ', deployer: '0x' + '8'.repeat(40), oracleUpdater: null }],
  metaAndAssetCtxs: ({ dex }) => market(dex ? 'xyz:GOLD' : 'BTC'),
  userAbstraction: () => 'disabled',
};
globalThis.fetch = async (input, options) => {
  const request = new Request(input, options);
  const body = JSON.parse(await request.text());
  if (!request.url.endsWith('/exchange')) return Response.json(answers[body.type](body));
  sent.push(body.action);
  const order = { type: 'order', data: { statuses: [{ resting: { oid: 77738308 } }] } };
  return Response.json({ status: 'ok', response: body.action.type === 'order' ? order : { type: 'default' } });
};

const require = createRequire(import.meta.url);
const { HyperliquidClient } = await import('openbroker');
const client = new HyperliquidClient();
console.log('openbroker', require('./node_modules/openbroker/package.json').version);
const told = [];
async function show(words, call) {
  sent.length = 0;
  await call();
  const of = (kind) => sent.filter(({ type }) => type === kind);
  const moved = of('sendAsset').map(({ amount, destinationDex }) => `${amount} to ${destinationDex}`);
  const leverage = of('updateLeverage').map(({ leverage, isCross }) => `${leverage} ${isCross ? 'cross' : 'isolated'}`);
  const [order] = sent.at(-1).orders;
  console.log(`${words}: reduce-only ${order.r}; USDC moved: ${moved}; leverage set: ${leverage.join() || 'none'}`);
  told.push([order.r, moved, leverage].join());
}
await show('a position of 10,000 is opened', () => client.limitOrder('xyz:GOLD', true, 100, 100));
await show('its stop at 98', () => client.stopLoss('xyz:GOLD', false, 100, 98));
await show('its target at 110', () => client.takeProfit('xyz:GOLD', false, 100, 110));
await show('it is closed', () => client.limitOrder('xyz:GOLD', false, 100, 100, 'Ioc', true));
const expected = ['false,600 to xyz,20 isolated', 'true,582.12 to xyz,', 'true,660 to xyz,', 'true,600 to xyz,'];
if (told.join('; ') !== expected.join('; ')) {
  console.error('this has changed', told);
  process.exit(1);
}
process.exit(0);
JAVASCRIPT
node show.mjs
