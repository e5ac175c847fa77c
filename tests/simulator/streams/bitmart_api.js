// Trades by bitmart-api (npm): by REST, and by what its WebSocket client hears. Prints one line of JSON.
const { FuturesClientV2, WebsocketClient } = require('bitmart-api');

const { BASE, STREAM, KEY, SECRET, MEMO } = process.env;
const keys = { apiKey: KEY, apiSecret: SECRET, apiMemo: MEMO };
const silent = { trace() {}, info() {}, error() {} };
const symbol = 'BTCUSDT';

async function until(done) {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20000) throw new Error(`waited in vain for ${done}`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

async function main() {
  const rest = new FuturesClientV2({ ...keys, baseUrl: BASE });
  const socket = new WebsocketClient({ ...keys, wsUrl: `${STREAM}/user?protocol=1.1` }, silent);
  const acknowledged = new Set();
  const heard = [];
  const faults = [];
  socket.on('response', (answer) => answer.success && acknowledged.add(answer.group));
  socket.on('update', (push) => heard.push(push));
  socket.on('exception', (problem) => faults.push(problem));
  const topics = ['futures/order', 'futures/position', 'futures/asset:USDT'];
  socket.subscribe(topics, 'futures');
  await until(() => topics.every((topic) => acknowledged.has(topic)));
  const of = (topic) => heard.filter((push) => push.group === topic).flatMap((push) => push.data);
  const orders = (id) => of('futures/order').filter(({ order }) => order.order_id === String(id));

  const terms = { symbol, leverage: '10', open_type: 'cross' };
  await rest.setFuturesLeverage(terms);
  const limit = { ...terms, side: 1, mode: 1, type: 'limit', size: 10, price: '50000', client_order_id: 'js1' };
  const resting = (await rest.submitFuturesOrder(limit)).data.order_id;
  await until(() => orders(resting).length > 0);
  const open = (await rest.getFuturesAccountOpenOrders({ symbol })).data.map((row) => row.order_id);
  await rest.cancelFuturesOrder({ symbol, order_id: String(resting) });
  await until(() => orders(resting).some(({ action }) => action === 3));

  const bought = (await rest.submitFuturesOrder({ ...terms, side: 1, type: 'market', size: 10 })).data.order_id;
  await until(() => of('futures/position').some((row) => row.hold_volume === '10'));
  const [position] = (await rest.getFuturesAccountPositions({ symbol })).data.filter((row) => row.current_amount !== '0');
  await rest.submitFuturesOrder({ symbol, side: 3, type: 'market', size: 10 });
  await until(() => of('futures/position').some((row) => row.hold_volume === '0'));
  const trades = (await rest.getFuturesAccountTrades({ symbol })).data;
  const told = of('futures/order').filter(({ action }) => action === 1).map(({ order }) => order.last_trade.lastTradeID);
  console.log(JSON.stringify({
    openFound: open.includes(String(resting)),
    filled: orders(bought).at(-1).order.deal_size,
    held: position.current_amount,
    trades: trades.map((trade) => trade.trade_id).sort(),
    told: told.map(String).sort(),
    balances: of('futures/asset:USDT').length,
    faults,
  }));
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
