/**
 * Gradients of every example of a batch: `vmap` of `grad`, a loop of `grad`, and for comparison the one gradient of their sum; of a multilayer perceptron
 * and of a small convolutional network. First call (which compiles) and the calls that follow, in alternating rounds; then the first and the last beside PyTorch
 * on one thread, where functorch is installed. Run with `node --import tsx benchmarks/per-sample.ts [wasm|webgpu]`.
 */
import { grad, vmap } from '@hebb/autograd';
import {
  compile,
  conv2d,
  device,
  logSoftmax,
  maxPool2d,
  realize,
  setDevice,
  stack,
  tensor,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { on } = commandLine(import.meta.url, { on: devices });
setDevice(on);
console.log(await device.ready());

const data = (shape: readonly number[], scale: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 1.3) * scale),
    { shape },
  );
type Weights = Record<string, Tensor>;
type Loss = (weights: Weights, x: Tensor) => Tensor;

const nll = (logits: Tensor): Tensor => logSoftmax(logits, -1).narrow(-1, 0, 1).sum().neg();
const perceptron: Loss = ({ w1, b1, w2, b2 }, x) => {
  const hidden = x
    .matmul(w1 as Tensor)
    .add(b1 as Tensor)
    .relu();
  return nll(hidden.matmul(w2 as Tensor).add(b2 as Tensor));
};
const convolutional: Loss = ({ k1, k2, w }, x) => {
  const first = maxPool2d(conv2d(x.reshape([-1, 1, 16, 16]), k1 as Tensor, { padding: 1 }).relu(), 2);
  const second = maxPool2d(conv2d(first, k2 as Tensor, { padding: 1 }).relu(), 2);
  return nll(second.flatten(1).matmul(w as Tensor));
};

const median = (samples: number[]): number => samples.sort((p, q) => p - q)[Math.floor(samples.length / 2)] ?? 0;

const besides: Record<string, Run> = {};
console.log('milliseconds                            first      then');
for (const [name, loss, weights, xs] of [
  [
    'perceptron',
    perceptron,
    { w1: data([64, 128], 0.1), b1: data([128], 0.1), w2: data([128, 10], 0.1), b2: data([10], 0.1) },
    data([64, 64], 1),
  ],
  [
    'convolutional',
    convolutional,
    { k1: data([8, 1, 3, 3], 0.3), k2: data([16, 8, 3, 3], 0.1), w: data([256, 10], 0.1) },
    data([32, 256], 1),
  ],
] as const) {
  const count = xs.shape[0] ?? 0;
  const ways: Record<string, () => Weights> = {
    'one gradient of the sum': compile(() => grad(loss)(weights, xs)),
    'vmap of grad': compile(() => vmap(grad(loss), { inAxes: [null, 0] })(weights, xs)),
    'loop of grad': compile(() => {
      const each = Array.from({ length: count }, (_, i) => grad(loss)(weights, xs.narrow(0, i, 1).squeeze(0)));
      return Object.fromEntries(Object.keys(weights).map((key) => [key, stack(each.map((one) => one[key] as Tensor))]));
    }),
  };
  const flat = (way: string) => (): Tensor[] => Object.values(ways[way]?.() ?? {});
  besides[`${name}-sum`] = flat('one gradient of the sum');
  besides[`${name}-every`] = flat('vmap of grad');
  const times = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
  for (let round = 0; round < 12; round++) {
    for (const [way, run] of Object.entries(ways)) {
      const start = performance.now();
      const result = run();
      await realize(result);
      times.get(way)?.push(performance.now() - start);
      for (const part of Object.values(result)) part.dispose();
    }
  }
  for (const [way, [first = 0, ...rest]] of times) {
    const columns = [first, median(rest)].map((value) => value.toFixed(1).padStart(9));
    console.log(`${name}, ${count}: ${way}`.padEnd(36) + columns.join(' '));
  }
}
await besidePyTorch(new URL('per-sample.py', import.meta.url), besides);
