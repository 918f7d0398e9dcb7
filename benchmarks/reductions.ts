/**
 * Reductions, normalisations and their gradients beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/reductions.ts [wasm|webgpu] [part of a case's name]`.
 */
import { vjp } from '@hebb/autograd';
import { BatchNorm2d } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import * as hebb from '@hebb/tensor';
import { manualSeed, randint, randn, setDevice, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, onEach } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const x = randn([1000, 1000]);
const near = x.mul(1e-3).add(1);
const logits = randn([4096, 1024]);
const up = randn([4096, 1024]);
const tokens = randn([2048, 768]);
const upTokens = randn([2048, 768]);
const images = randn([32, 64, 28, 28]);
const mask = x.greater(4);
const integers = randint([1000, 1000], -1000, 1000);
const targets = randint([4096], 0, 1024);

const along: Readonly<Record<string, (x: Tensor, axis?: number) => Tensor | readonly Tensor[]>> = {
  sum: (a, axis) => a.sum(axis),
  mean: (a, axis) => a.mean(axis),
  max: (a, axis) => hebb.amax(a, axis),
  argmax: (a, axis) => a.argmax(axis),
  variance: (a, axis) => hebb.variance(a, axis),
  norm: (a, axis) => hebb.norm(a, axis),
  logSumExp: (a, axis) => hebb.logSumExp(a, axis ?? [0, 1]),
};
const reductions = Object.fromEntries(
  Object.entries(along).flatMap(([name, f]) => [
    [`${name}-all`, (a: Tensor) => f(a)],
    [`${name}-rows`, (a: Tensor) => f(a, 1)],
    [`${name}-columns`, (a: Tensor) => f(a, 0)],
  ]),
);
const gradientOf = (f: (x: Tensor) => Tensor) => (a: Tensor, g: Tensor) => vjp(f, a).pullback(g)[0];
const normalized = (a: Tensor, axis: number): Tensor => {
  const centred = a.sub(a.mean(axis, { keepDims: true }));
  return centred.mul(centred.square().mean(axis, { keepDims: true }).add(1e-5).rsqrt());
};
const scale = randn([768]);
const shift = randn([768]);
const layerNorm = (a: Tensor): Tensor => normalized(a, -1).mul(scale).add(shift);
const groupNorm = (a: Tensor): Tensor => normalized(a.reshape([32, 8, -1]), -1).reshape(a.shape);
const batchNorm = new BatchNorm2d(64);
batchNorm.eval();

await besidePyTorch(
  new URL('reductions.py', import.meta.url),
  {
    ...(await onEach([x], {
      ...reductions,
      'max-with-indices': (a) => Object.values(hebb.maxWithIndices(a, 1)),
      aminmax: (a) => Object.values(hebb.aminmax(a)),
      'norm-1': (a) => hebb.norm(a, 1, { p: 1 }),
      'norm-infinity': (a) => hebb.norm(a, 1, { p: Infinity }),
      nanSum: (a) => hebb.nanSum(a),
      countNonZero: (a) => hebb.countNonZero(a),
    })),
    prod: await on([near], (a) => hebb.prod(a)),
    ...(await onEach([mask], { any: (m) => hebb.any(m), all: (m) => hebb.all(m, 1) })),
    'sum-int32': await on([integers], (a) => a.sum()),
    'sum-middle': await on([images], (a) => a.sum([0, 2, 3])),
    ...(await onEach([logits], {
      softmax: (a) => hebb.softmax(a, -1),
      'softmax-columns': (a) => hebb.softmax(a, 0),
      logSoftmax: (a) => hebb.logSoftmax(a, -1),
    })),
    'cross-entropy': await on([logits, targets], (a, t) => crossEntropy(a, t)),
    ...(await onEach([logits, up], {
      'softmax-gradient': gradientOf((a) => hebb.softmax(a, -1)),
      'logSoftmax-gradient': gradientOf((a) => hebb.logSoftmax(a, -1)),
    })),
    layerNorm: await on([tokens], layerNorm),
    'layerNorm-gradient': await on([tokens, upTokens], gradientOf(layerNorm)),
    groupNorm: await on([images], groupNorm),
    batchNorm: await on([images], (a) => batchNorm.forward(a)),
  },
  filter,
);
