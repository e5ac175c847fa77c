// Trades by @nktkas/hyperliquid (npm), with viem's wallet: by HTTP, by its WebSocket, and by what that hears.
const { HttpTransport, WebSocketTransport, InfoClient, ExchangeClient, SubscriptionClient } = require('@nktkas/hyperliquid');
const { privateKeyToAccount } = require('viem/accounts');
const WebSocket = require('ws');

const { BASE, STREAM, KEY, SECRET } = process.env;
const user = KEY;
const coin = 'ETH';

async function until(done) {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20000) throw new Error(`waited in vain for ${done}`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

async function main() {
  const wallet = privateKeyToAccount(SECRET);
  const http = new HttpTransport({ apiUrl: BASE });
  const socket = new WebSocketTransport({ url: `${STREAM}/ws`, reconnect: { WebSocket } });
  const info = new InfoClient({ transport: http });
  const byHttp = new ExchangeClient({ transport: http, wallet });
  const bySocket = new ExchangeClient({ transport: socket, wallet });
  const streams = new SubscriptionClient({ transport: socket });
  const updates = [];
  const fills = [];
  const sizes = [];
  const lists = [];
  await streams.orderUpdates({ user }, (rows) => updates.push(...rows));
  await streams.userFills({ user }, (push) => fills.push(...push.fills));
  await streams.openOrders({ user }, (push) => lists.push(push.orders.length));
  await streams.clearinghouseState({ user }, ({ clearinghouseState }) => {
    sizes.push(clearinghouseState.assetPositions.map(({ position }) => position.szi).join());
  });

  const a = (await info.meta()).universe.findIndex(({ name }) => name === coin);
  await byHttp.updateLeverage({ asset: a, isCross: false, leverage: 7 });
  const limit = { a, b: true, p: '2000', s: '0.1', r: false, t: { limit: { tif: 'Gtc' } } };
  const placed = await byHttp.order({ orders: [limit], grouping: 'na' });
  const { oid } = placed.response.data.statuses[0].resting;
  await until(() => updates.some(({ order, status }) => order.oid === oid && status === 'open'));
  const open = (await info.frontendOpenOrders({ user })).map((row) => row.oid);
  const changed = await bySocket.batchModify({ modifies: [{ oid, order: { ...limit, p: '2010' } }] });
  const second = changed.response.data.statuses[0].resting.oid;
  await bySocket.cancel({ cancels: [{ a, o: second }] });
  await until(() => updates.some(({ order, status }) => order.oid === second && status === 'canceled'));

  const mid = Number((await info.allMids())[coin]);
  const now = { limit: { tif: 'Ioc' } };
  await byHttp.order({ orders: [{ ...limit, p: String(Math.round(mid * 1.05)), t: now }], grouping: 'na' });
  await until(() => sizes.includes('0.1'));
  const held = (await info.clearinghouseState({ user })).assetPositions.map(({ position }) => position.szi);
  await byHttp.updateIsolatedMargin({ asset: a, isBuy: true, ntli: 20000000 });
  const worst = String(Math.round(mid * 0.95));
  await bySocket.order({ orders: [{ ...limit, b: false, p: worst, r: true, t: now }], grouping: 'na' });
  await until(() => sizes.at(-1) === '' && fills.length === 2);
  const trades = (await info.userFills({ user })).map(({ tid }) => tid).sort();
  const ended = (await info.historicalOrders({ user })).filter(({ status }) => status !== 'open');
  console.log(JSON.stringify({
    openFound: open.includes(oid),
    replaced: second !== oid,
    held,
    trades,
    told: fills.map(({ tid }) => tid).sort(),
    ended: ended.map(({ status }) => status).sort(),
    listed: Math.max(...lists),
    faults: [],
  }));
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
