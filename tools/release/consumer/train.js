/** Trains a two-layer network on three clusters with the installed `hebb`: the loss has to fall. */
import * as hebb from 'hebb';

const { AdamW, Linear, ReLU, Sequential, crossEntropy, tensor, valueAndGrad } = hebb;
for (const name of ['AdamW', 'Linear', 'ReLU', 'Sequential', 'crossEntropy', 'tensor', 'valueAndGrad']) {
  if (!(name in hebb)) throw new Error(`hebb does not export ${name}`);
}

const centers = [
  [2, 0],
  [-2, 1],
  [0, -2],
];
const labels = Array.from({ length: 30 }, (_, index) => index % 3);
const points = labels.map((label, index) => centers[label].map((value) => value + Math.sin(index) * 0.3));
const inputs = tensor(points);
const targets = tensor(labels, { dtype: 'int32' });

const model = new Sequential(new Linear(2, 16), new ReLU(), new Linear(16, 3));
const optimizer = new AdamW(model.parameters(), { learningRate: 0.05 });
const losses = [];
for (let step = 0; step < 40; step++) {
  const { value, grads } = valueAndGrad(() => crossEntropy(model.forward(inputs), targets), model.parameters());
  optimizer.step(grads);
  losses.push(await value.item());
}
const [first, last] = [losses[0], losses.at(-1)];
console.log(`loss ${first} -> ${last}`);
process.exit(Number.isFinite(last) && last < first / 4 ? 0 : 1);
