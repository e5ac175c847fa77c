#!/bin/sh
# okx-api (npm): a batch that was placed in part is thrown as an error, and a stop that was refused is returned as placed.
#
# OKX answers with a code for the whole and one for each order, `sCode`. The client looks at the first alone. Of two orders
# one may stand (code 2): the promise is rejected, and who places the batch again on that has the first order twice. A
# trigger order may be refused in its row with code 0 around it: the promise resolves, and the position has no stop.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit okx-api@3.2.3
cat >show.cjs <<'JAVASCRIPT'
const { RestClient } = require('okx-api');

const answers = {
  'batch-orders': {
    code: '2', msg: 'Bulk operation partially succeeded.', data: [
      { ordId: '680800019749904385', clOrdId: 'one', sCode: '0', sMsg: 'Order placed' },
      { ordId: '', clOrdId: 'two', sCode: '51121', sMsg: 'Order quantity must be a multiple of the lot size.' },
    ],
  },
  'order-algo': {
    code: '0', msg: '', data: [
      { algoId: '', algoClOrdId: 'stop', sCode: '51280', sMsg: 'SL trigger price must be less than the last price' },
    ],
  },
};
const adapter = async (config) => ({
  status: 200, statusText: 'OK', headers: {}, config, data: answers[config.url.split('/').pop()],
});
const client = new RestClient({ apiKey: 'k', apiSecret: 's', apiPass: 'p' }, { adapter });
const market = { instId: 'BTC-USDT-SWAP', tdMode: 'cross', side: 'buy', ordType: 'market' };
const seen = [];

async function show(name, call) {
  const rows = (answer) => answer.map((row) => `${row.clOrdId ?? row.algoClOrdId} ${row.sCode} ${row.sMsg}`).join('; ');
  try {
    console.log(`${name} resolves:`, rows(await call));
    seen.push('resolves');
  } catch (error) {
    console.log(`${name} rejects, although the venue says:`, rows(error.data));
    seen.push('rejects');
  }
}

(async () => {
  console.log('okx-api', require('./node_modules/okx-api/package.json').version);
  await show('submitMultipleOrders', client.submitMultipleOrders([
    { ...market, sz: '1', clOrdId: 'one' }, { ...market, sz: '0.001', clOrdId: 'two' },
  ]));
  await show('placeAlgoOrder', client.placeAlgoOrder({
    ...market, side: 'sell', ordType: 'conditional', sz: '1', slTriggerPx: '99000', slOrdPx: '-1', algoClOrdId: 'stop',
  }));
  if (seen.join() !== 'rejects,resolves') {
    console.error('this has changed');
    process.exit(1);
  }
})();
JAVASCRIPT
node show.cjs
