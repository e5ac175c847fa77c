#!/bin/sh
# hyperliquid (npm): a market order "with 5 % slippage" goes out with a limit up to 100 % away from the market.
#
# The limit is rounded to one digit less than the middle price happens to have. A middle of 2.5 gives a selling limit of 2,
# 20 % below, one of 0.5 a buying limit of 1, twice the price; and a middle of 1.4 a buying limit of 1, which fills nothing.
# In a thin book, where the limit is there to protect, the order takes whatever stands there. The first order also makes
# the client sign and send a `setReferrer` of its own.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit hyperliquid@1.7.7
cat >show.cjs <<'JAVASCRIPT'
const axios = require('axios');

const mids = { AAA: '2.5', BBB: '0.5', CCC: '1.4', DDD: '0.98765' };
const coins = Object.keys(mids);
const sent = [];
axios.create = () => ({
  async post(path, payload) {
    if (payload.action) {
      sent.push(payload.action);
      return { data: { status: 'ok', response: { type: 'order', data: { statuses: [{ resting: { oid: 1 } }] } } } };
    }
    const spot = [{ tokens: [], universe: [] }, []];
    const perpetuals = [{ universe: coins.map((name) => ({ name, szDecimals: 1 })) }, []];
    return { data: { allMids: mids, metaAndAssetCtxs: perpetuals, spotMetaAndAssetCtxs: spot }[payload.type] };
  },
});
const { Hyperliquid } = require('hyperliquid');

const print = console.log;
console.log = () => {}; // the client prints on its own

(async () => {
  print('hyperliquid', require('./node_modules/hyperliquid/package.json').version);
  const client = new Hyperliquid({ enableWs: false, privateKey: `0x${'2'.repeat(64)}`, disableAssetMapRefresh: true });
  const seen = [];
  for (const [coin, isBuy] of [['AAA', false], ['BBB', true], ['CCC', true], ['DDD', true]]) {
    await client.custom.marketOpen(`${coin}-PERP`, isBuy, 10);
    const limit = sent.filter((action) => action.type === 'order').pop().orders[0].p;
    const away = ((limit / mids[coin] - 1) * 100).toFixed(1);
    print(`${isBuy ? 'buy' : 'sell'} at a middle of ${mids[coin]}: the limit is ${limit}, ${away} % away`);
    seen.push(limit);
  }
  await new Promise((later) => setTimeout(later, 100));
  print('signed and sent:', sent.map((action) => action.type).join(', '));
  const referrers = sent.filter((action) => action.type === 'setReferrer').length;
  if (seen.join() !== '2,1,1,1.037' || referrers !== 1) {
    console.error('this has changed', seen);
    process.exit(1);
  }
  process.exit(0);
})();
JAVASCRIPT
node show.cjs
