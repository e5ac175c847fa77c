// Trades by okx-api (npm): by REST, and by what its WebSocket client hears. Prints one line of JSON.
const { RestClient, WebsocketClient } = require('okx-api');

const { BASE, STREAM, KEY, SECRET, PASSPHRASE, MODE } = process.env;
const keys = { apiKey: KEY, apiSecret: SECRET, apiPass: PASSPHRASE };
const silent = { trace() {}, info() {}, error() {} };
const instId = 'LINK-USDT-SWAP';
const posSide = MODE === 'long_short_mode' ? { posSide: 'long' } : {};
const enter = { instId, tdMode: 'isolated', side: 'buy', ...posSide };
const leave = { ...enter, side: 'sell', ...(posSide.posSide ? {} : { reduceOnly: true }) };

async function until(done) {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20000) throw new Error(`waited in vain for ${done}`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

async function main() {
  const rest = new RestClient({ ...keys, baseUrl: BASE });
  const acknowledged = [];
  const heard = [];
  const faults = [];
  const listen = (path, topics) => {
    const socket = new WebsocketClient({ accounts: [keys], wsUrl: STREAM + path }, silent);
    socket.on('response', (answer) => answer.event === 'subscribe' && acknowledged.push(answer.arg.channel));
    socket.on('update', (push) => heard.push(push));
    socket.on('exception', (problem) => faults.push(problem));
    socket.subscribe(topics);
  };
  await rest.setPositionMode({ posMode: MODE });
  await rest.setLeverage({ instId, lever: '7', mgnMode: 'isolated', ...posSide });
  listen('/ws/v5/private', [
    { channel: 'orders', instType: 'SWAP' }, { channel: 'positions', instType: 'SWAP' }, { channel: 'account' },
  ]);
  listen('/ws/v5/business', [{ channel: 'orders-algo', instType: 'SWAP' }]);
  listen('/ws/v5/public', [{ channel: 'tickers', instId }]);
  const of = (channel) => heard.filter((push) => push.arg.channel === channel).flatMap((push) => push.data);
  const orders = (id) => of('orders').filter((row) => row.ordId === id);
  await until(() => acknowledged.length === 5 && of('tickers').length > 0);

  const limit = { ...enter, ordType: 'limit', px: '12', sz: '10' };
  const [{ ordId }] = await rest.submitOrder({ ...limit, clOrdId: 'js1' });
  await rest.amendOrder({ instId, ordId, newPx: '11.5' });
  await until(() => orders(ordId).some((row) => row.px === '11.5'));
  const open = await rest.getOrderList({ instType: 'SWAP' });
  await rest.cancelOrder({ instId, clOrdId: 'js1' });
  await until(() => orders(ordId).some((row) => row.state === 'canceled'));
  const batch = await rest.submitMultipleOrders([limit, limit]);
  // Worth less than five dollars each: there is no smallest value.
  await rest.amendMultipleOrders(batch.map((row) => ({ instId, ordId: row.ordId, newSz: '1' })));
  await rest.cancelMultipleOrders(batch.map((row) => ({ instId, ordId: row.ordId })));

  const [bought] = await rest.submitOrder({ ...enter, ordType: 'market', sz: '10' });
  await until(() => of('positions').some((row) => row.pos === '10'));
  const [held] = await rest.getPositions({ instType: 'SWAP' });
  const stop = { ...leave, ordType: 'conditional', sz: '5', slTriggerPx: '5', slOrdPx: '-1', algoClOrdId: 'stop1' };
  const [{ algoId }] = await rest.placeAlgoOrder(stop);
  await rest.cancelAlgoOrder([{ instId, algoId }]);
  await until(() => of('orders-algo').length === 2);
  await rest.submitOrder({ ...leave, ordType: 'market', sz: '4' });
  await rest.closePositions({ instId, mgnMode: 'isolated', ...posSide });
  const trades = () => of('orders').filter((row) => row.tradeId).map((row) => row.tradeId).sort();
  await until(() => of('positions').at(-1).pos === '0' && trades().length === 3);
  console.log(JSON.stringify({
    openFound: open.map((row) => row.ordId).includes(ordId),
    filled: orders(bought.ordId).at(-1).accFillSz,
    held: [held.pos, held.lever, held.mgnMode],
    waited: of('orders-algo').map((row) => [row.algoClOrdId, row.state]),
    closed: (await rest.getPositionsHistory({ instType: 'SWAP' })).length,
    trades: (await rest.getFills({ instType: 'SWAP' })).map((row) => row.tradeId).sort(),
    told: trades(),
    balances: of('account').length,
    faults,
  }));
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
