// Trades by bybit-api (npm): by REST, and by what its WebSocket client hears. Prints one line of JSON.
const { RestClientV5, WebsocketClient } = require('bybit-api');

const { BASE, STREAM, KEY, SECRET } = process.env;
const keys = { key: KEY, secret: SECRET };
const silent = { trace() {}, info() {}, error() {} };
const contract = { category: 'linear', symbol: 'BTCUSDT' };

async function until(done) {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20000) throw new Error(`waited in vain for ${done}`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

function taken(answer) {
  if (answer.retCode !== 0) throw new Error(JSON.stringify(answer));
  return answer.result;
}

async function main() {
  const rest = new RestClientV5({ ...keys, baseUrl: BASE });
  const acknowledged = [];
  const heard = [];
  const faults = [];
  const listen = (path, topics) => {
    const socket = new WebsocketClient({ ...keys, wsUrl: STREAM + path }, silent);
    socket.on('response', (answer) => answer.success && acknowledged.push(answer.req_id));
    socket.on('update', (push) => heard.push(push));
    socket.on('exception', (problem) => faults.push(problem));
    socket.subscribeV5(topics, 'linear');
  };
  listen('/v5/private', ['order', 'execution', 'position', 'wallet']);
  listen('/v5/public/linear', ['tickers.BTCUSDT']);
  const of = (topic) => heard.filter((push) => push.topic === topic).flatMap((push) => push.data);
  const orders = (id) => of('order').filter((row) => row.orderId === id);
  await until(() => acknowledged.length >= 2 && of('tickers.BTCUSDT').length > 0);

  taken(await rest.setLeverage({ ...contract, buyLeverage: '7', sellLeverage: '7' }));
  taken(await rest.switchPositionMode({ ...contract, mode: 3 }));
  taken(await rest.switchPositionMode({ ...contract, mode: 0 }));
  const limit = { ...contract, side: 'Buy', orderType: 'Limit', qty: '0.01', price: '50000', orderLinkId: 'js1' };
  const resting = taken(await rest.submitOrder(limit)).orderId;
  taken(await rest.amendOrder({ ...contract, orderId: resting, price: '51000' }));
  await until(() => orders(resting).some((row) => row.price === '51000'));
  const open = taken(await rest.getActiveOrders(contract)).list.map((row) => row.orderId);
  taken(await rest.cancelOrder({ ...contract, orderLinkId: 'js1' }));
  await until(() => orders(resting).some((row) => row.orderStatus === 'Cancelled'));
  const two = [1, 2].map((n) => ({ ...limit, category: undefined, orderLinkId: `js-b${n}` }));
  const batch = taken(await rest.batchSubmitOrders('linear', two)).list.map((row) => row.orderId);
  const gone = taken(await rest.cancelAllOrders(contract)).list.map((row) => row.orderId);

  const bought = taken(await rest.submitOrder({ ...contract, side: 'Buy', orderType: 'Market', qty: '0.01' })).orderId;
  await until(() => of('position').some((row) => row.size === '0.01'));
  const [position] = taken(await rest.getPositionInfo(contract)).list;
  const closing = { ...contract, side: 'Sell', orderType: 'Market', qty: '0.01', reduceOnly: true };
  taken(await rest.submitOrder(closing));
  await until(() => of('position').at(-1).size === '0' && of('execution').length === 2);
  const trades = taken(await rest.getExecutionList(contract)).list;
  console.log(JSON.stringify({
    openFound: open.includes(resting),
    cancelledAll: String(batch.sort()) === String(gone.sort()),
    filled: orders(bought).at(-1).cumExecQty,
    held: position.size,
    leverage: position.leverage,
    closed: taken(await rest.getClosedPnL(contract)).list.length,
    trades: trades.map((row) => row.execId).sort(),
    told: of('execution').map((row) => row.execId).sort(),
    balances: of('wallet').length,
    faults,
  }));
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
