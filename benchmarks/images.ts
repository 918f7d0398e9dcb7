/**
 * Pooling, resampling and grids beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/images.ts [wasm|webgpu] [part of a case's name]`.
 */
import { vjp } from '@hebb/autograd';
import * as hebb from '@hebb/tensor';
import { interpolate, manualSeed, rand, randn, setDevice, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const features = randn([8, 32, 28, 28]);
const signals = randn([16, 32, 512]);
const volumes = randn([2, 8, 16, 28, 28]);
const grid = rand([8, 28, 28, 2]).mul(2).sub(1);
const theta = randn([8, 2, 3]);

const functions: Readonly<Record<string, readonly [Tensor, (x: Tensor) => Tensor]>> = {
  'max-pool': [features, (x) => hebb.maxPool2d(x, 2)],
  'max-pool-3': [features, (x) => hebb.maxPool2d(x, 3, { stride: 2, padding: 1 })],
  'max-pool-ceil': [features, (x) => hebb.maxPool2d(x, 3, { stride: 2, ceilMode: true })],
  'max-pool1d': [signals, (x) => hebb.maxPool1d(x, 4)],
  'max-pool3d': [volumes, (x) => hebb.maxPool3d(x, 2)],
  'average-pool': [features, (x) => hebb.avgPool2d(x, 2)],
  'average-pool-3': [features, (x) => hebb.avgPool2d(x, 3, { stride: 1, padding: 1 })],
  'average-pool3d': [volumes, (x) => hebb.avgPool3d(x, 2)],
  'lp-pool': [features, (x) => hebb.lpPool2d(x, 2, 2, { stride: 2 })],
  'adaptive-average': [features, (x) => hebb.adaptiveAvgPool2d(x, 1)],
  'adaptive-average-uneven': [features, (x) => hebb.adaptiveAvgPool2d(x, 5)],
  'adaptive-max': [features, (x) => hebb.adaptiveMaxPool2d(x, 7)],
  'adaptive-max-uneven': [features, (x) => hebb.adaptiveMaxPool2d(x, 5)],
  nearest: [features, (x) => interpolate(x, { scaleFactor: 2 })],
  linear: [signals, (x) => interpolate(x, { scaleFactor: 2, mode: 'linear' })],
  bilinear: [features, (x) => interpolate(x, { scaleFactor: 2, mode: 'bilinear' })],
  'bilinear-corners': [features, (x) => interpolate(x, { size: 40, mode: 'bilinear', alignCorners: true })],
  trilinear: [volumes, (x) => interpolate(x, { scaleFactor: 2, mode: 'trilinear' })],
  bicubic: [features, (x) => interpolate(x, { scaleFactor: 2, mode: 'bicubic' })],
  area: [features, (x) => interpolate(x, { size: 9, mode: 'area' })],
  'grid-sample': [features, (x) => hebb.gridSample(x, grid)],
  'grid-sample-nearest': [features, (x) => hebb.gridSample(x, grid, { mode: 'nearest' })],
  'grid-sample-bicubic': [features, (x) => hebb.gridSample(x, grid, { mode: 'bicubic' })],
};

const cases: Record<string, Run> = {};
for (const [name, [x, f]] of Object.entries(functions)) {
  cases[name] = await on([x], f);
  cases[`${name}-gradient`] = await on([x, randn(f(x).shape)], (a, g) => vjp(f, a).pullback(g)[0]);
}
cases['max-pool-indices'] = await on([features], (x) => Object.values(hebb.maxPool2dWithIndices(x, 2)));
cases['max-unpool'] = await on(Object.values(hebb.maxPool2dWithIndices(features, 2)), (v, i) => hebb.maxUnpool2d(v, i, 2)); // prettier-ignore
cases['affine-grid'] = await on([theta], (t) => hebb.affineGrid(t, [8, 32, 128, 128]));
await besidePyTorch(new URL('images.py', import.meta.url), cases, filter);
