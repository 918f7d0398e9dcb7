/** A first program with the installed `hebb`, on WebAssembly: a step by hand, a run with `fit`, an ONNX file. Type-checked too. */
import {
  AdamW,
  ArrayDataset,
  Linear,
  ReLU,
  Sequential,
  accuracy,
  classification,
  compile,
  crossEntropy,
  evaluate,
  exportOnnx,
  fit,
  manualSeed,
  parseOnnx,
  setDevice,
  tensor,
  valueAndGrad,
} from 'hebb';

/** @param {boolean} condition @param {string} fact */
function expect(condition, fact) {
  if (!condition) throw new Error(`expected ${fact}`);
}

// Two interleaved rings of points that no line separates.
const count = 200;
const labels = Int32Array.from({ length: count }, (_, index) => index % 2);
const points = Float32Array.from({ length: 2 * count }, (_, index) => {
  const example = index >> 1;
  const radius = 1 + (example % 2) + 0.2 * Math.sin(7 * example);
  return index % 2 === 0 ? radius * Math.cos(example) : radius * Math.sin(example);
});

setDevice('wasm');
manualSeed(1);
const createModel = () => new Sequential(new Linear(2, 32), new ReLU(), new Linear(32, 2));

const byHand = createModel();
const optimizer = new AdamW(byHand.parameters(), { learningRate: 0.02 });
const inputs = tensor(points, { shape: [count, 2] });
const targets = tensor(labels);
const step = compile(() => {
  const { value, grads } = valueAndGrad(() => crossEntropy(byHand.forward(inputs), targets), byHand.parameters());
  optimizer.step(grads);
  return value;
});
const first = await step().item();
for (let index = 0; index < 150; index++) step();
const last = await step().item();
console.log(`by hand: loss ${first} -> ${last}`);
expect(first > 0.3 && last < 0.02, 'a loss that falls below 0.02');

const model = createModel();
const dataset = new ArrayDataset({ x: { data: points, shape: [2] }, y: { data: labels, shape: [] } });
const history = await fit(model, dataset, {
  loss: crossEntropy,
  optimizer: new AdamW(model, { learningRate: 0.02 }),
  epochs: 30,
  validation: dataset,
  metrics: { accuracy },
});
const report = await evaluate(model, dataset, classification({ classNames: ['inner', 'outer'] }));
console.log(`fit: loss ${history.epochs.at(-1)?.loss}\n${report}`);
expect(report.accuracy === 1, 'every point in its class');

const bytes = await exportOnnx(model, { inputs: { points: ['batch', 2] }, outputs: ['logits'] });
expect(parseOnnx(bytes) !== undefined, 'an ONNX file that reads back');
