// Trades by binance (npm): by REST, and by what its WebSocket client hears. Prints one line of JSON.
const { USDMClient, WebsocketClient } = require('binance');

const { BASE, STREAM, KEY, SECRET } = process.env;
const keys = { api_key: KEY, api_secret: SECRET };
const silent = { trace() {}, info() {}, error() {} };
const symbol = 'LINKUSDT';

async function until(done) {
  for (let waited = 0; !done(); waited += 10) {
    if (waited > 20000) throw new Error(`waited in vain for ${done}`);
    await new Promise((later) => setTimeout(later, 10));
  }
}

async function main() {
  const rest = new USDMClient({ ...keys, baseUrl: BASE });
  const socket = new WebsocketClient({ ...keys, wsUrl: STREAM, restOptions: { baseUrl: BASE } }, silent);
  const heard = [];
  const faults = [];
  socket.on('message', (push) => heard.push(push));
  socket.on('exception', (problem) => faults.push(String(problem.error || problem)));
  const of = (name) => heard.filter(({ e }) => e === name);
  const orders = (id) => of('ORDER_TRADE_UPDATE').map(({ o }) => o).filter(({ i }) => i === id);
  await socket.subscribeUsdFuturesUserDataStream();

  const listed = (await rest.getExchangeInfo()).symbols.map((row) => row.symbol);
  await rest.setLeverage({ symbol, leverage: 7 });
  await rest.setMarginType({ symbol, marginType: 'ISOLATED' });
  const rules = (await rest.getFuturesSymbolConfig({ symbol }))[0];
  const limit = { symbol, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '10', price: '12' };
  const resting = await rest.submitNewOrder(limit);
  await until(() => orders(resting.orderId).length > 0);
  const open = (await rest.getAllOpenOrders({ symbol })).map((row) => row.orderId);
  const moved = await rest.modifyOrder({ symbol, side: 'BUY', orderId: resting.orderId, quantity: '9', price: '11.9' });
  const cancelled = await rest.cancelOrder({ symbol, orderId: resting.orderId });
  await until(() => orders(resting.orderId).some(({ X }) => X === 'CANCELED'));
  const batch = await rest.submitMultipleOrders([limit, { ...limit, price: '0' }]);
  await rest.cancelAllOpenOrders({ symbol });

  const bought = await rest.submitNewOrder({
    symbol, side: 'BUY', type: 'MARKET', quantity: '10', newOrderRespType: 'RESULT',
  });
  await until(() => of('ACCOUNT_UPDATE').some(({ a }) => a.P.some(({ pa }) => pa === '10')));
  const [position] = (await rest.getPositionsV3({ symbol })).filter((row) => Number(row.positionAmt));
  const stop = { algoType: 'CONDITIONAL', symbol, side: 'SELL', type: 'STOP_MARKET', quantity: '4', triggerPrice: '5' };
  const { algoId } = await rest.submitNewAlgoOrder({ ...stop, reduceOnly: 'true' });
  await until(() => of('ALGO_UPDATE').length > 0);
  const waiting = (await rest.getOpenAlgoOrders({ symbol })).map((row) => row.algoId);
  await rest.cancelAlgoOrder({ algoId });
  await rest.submitNewOrder({ symbol, side: 'SELL', type: 'MARKET', quantity: '10', reduceOnly: 'true' });
  await until(() => of('ACCOUNT_UPDATE').some(({ a }) => a.P.some(({ pa }) => pa === '0')));
  const trades = (await rest.getAccountTrades({ symbol })).map((row) => row.id).sort();
  const told = of('ORDER_TRADE_UPDATE').map(({ o }) => o).filter(({ x }) => x === 'TRADE').map(({ t }) => t).sort();
  const income = (await rest.getIncomeHistory()).map((row) => row.incomeType);
  const account = await rest.getAccountInformationV3();
  console.log(JSON.stringify({
    listed: listed.includes(symbol),
    rules: [rules.leverage, rules.marginType],
    openFound: open.includes(resting.orderId),
    moved: [moved.origQty, moved.price],
    cancelled: cancelled.status,
    batch: batch.map((one) => one.code || one.status),
    bought: bought.status,
    held: position.positionAmt,
    stopFound: waiting.includes(algoId),
    orders: (await rest.getAllOrders({ symbol })).length,
    trades, told, income,
    wallet: Number(account.totalWalletBalance),
    faults,
  }));
  process.exit(0);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
