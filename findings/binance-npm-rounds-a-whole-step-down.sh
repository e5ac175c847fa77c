#!/bin/sh
# binance (npm): `roundToStepSize(0.7, '0.1')` is 0.6: a quantity that needs no rounding loses a step.
#
# 0.7 / 0.1 is 6.999999999999999 in binary fractions, and is then rounded down. A closing order of the size that the venue
# itself named for the position leaves a step of it open, and a price is a tick away from what was asked for. Of the first
# thousand whole multiples of 0.1 a third are changed, of 0.01 and 0.001 an eighth.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit binance@3.6.5
cat >show.cjs <<'JAVASCRIPT'
const { roundToStepSize, roundToTickSize } = require('binance');

console.log('binance', require('./node_modules/binance/package.json').version);
for (const [quantity, step] of [[0.7, '0.1'], [0.29, '0.01'], [4.35, '0.01'], [0.043, '0.001']]) {
  console.log(`roundToStepSize(${quantity}, '${step}') is ${roundToStepSize(quantity, step)}`);
}
console.log(`roundToTickSize(0.3, '0.1') is ${roundToTickSize(0.3, '0.1')}`);
const changed = {};
for (const [step, digits] of [['0.1', 1], ['0.01', 2], ['0.001', 3]]) {
  changed[step] = 0;
  for (let steps = 1; steps <= 1000; steps += 1) {
    const quantity = Number((steps / 10 ** digits).toFixed(digits));
    if (roundToStepSize(quantity, step) !== quantity) changed[step] += 1;
  }
  console.log(`of 1000 whole multiples of ${step} it changes ${changed[step]}`);
}
const seen = [roundToStepSize(0.7, '0.1'), roundToTickSize(0.3, '0.1'), ...Object.values(changed)].join();
if (seen !== '0.6,0.2,348,125,126') {
  console.error('this has changed');
  process.exit(1);
}
JAVASCRIPT
node show.cjs
