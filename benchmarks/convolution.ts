/**
 * Convolutions, transposed convolutions and their gradients beside PyTorch on one thread of the same processor, in alternating rounds:
 * `node --import tsx benchmarks/convolution.ts [wasm|webgpu] [part of a case's name]`.
 */
import { vjp } from '@hebb/autograd';
import {
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  manualSeed,
  randn,
  setDevice,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

type Convolution = (x: Tensor, weight: Tensor) => Tensor;
/** By name: the shapes of input and weight, and the function. */
const convolutions: Readonly<Record<string, readonly [readonly number[], readonly number[], Convolution]>> = {
  conv1d: [[16, 32, 512], [64, 32, 5], (x, w) => conv1d(x, w, { padding: 2 })],
  'conv2d-3x3': [[8, 32, 28, 28], [32, 32, 3, 3], (x, w) => conv2d(x, w, { padding: 1 })],
  'conv2d-1x1': [[8, 64, 28, 28], [64, 64, 1, 1], (x, w) => conv2d(x, w)],
  'conv2d-first': [[8, 3, 64, 64], [32, 3, 7, 7], (x, w) => conv2d(x, w, { stride: 2, padding: 3 })],
  'conv2d-strided': [[8, 32, 28, 28], [64, 32, 3, 3], (x, w) => conv2d(x, w, { stride: 2, padding: 1 })],
  'conv2d-dilated': [[8, 32, 28, 28], [32, 32, 3, 3], (x, w) => conv2d(x, w, { dilation: 2, padding: 2 })],
  'conv2d-groups': [[8, 64, 28, 28], [64, 16, 3, 3], (x, w) => conv2d(x, w, { groups: 4, padding: 1 })],
  'conv2d-depthwise': [[8, 64, 28, 28], [64, 1, 3, 3], (x, w) => conv2d(x, w, { groups: 64, padding: 1 })],
  conv3d: [[2, 8, 16, 28, 28], [16, 8, 3, 3, 3], (x, w) => conv3d(x, w, { padding: 1 })],
  transpose1d: [[16, 64, 256], [64, 32, 4], (x, w) => convTranspose1d(x, w, { stride: 2, padding: 1 })],
  transpose2d: [
    [8, 32, 28, 28],
    [32, 16, 3, 3],
    (x, w) => convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
  ],
  'transpose2d-4x4': [[8, 32, 28, 28], [32, 16, 4, 4], (x, w) => convTranspose2d(x, w, { stride: 2, padding: 1 })],
  'transpose2d-2x2': [[8, 64, 28, 28], [64, 32, 2, 2], (x, w) => convTranspose2d(x, w, { stride: 2 })],
  transpose3d: [[2, 16, 8, 14, 14], [16, 8, 3, 3, 3], (x, w) => convTranspose3d(x, w, { stride: 2, padding: 1 })],
};

const cases: Record<string, Run> = {};
for (const [name, [input, kernel, f]] of Object.entries(convolutions)) {
  const [x, weight] = [randn(input), randn(kernel)];
  const up = randn(f(x, weight).shape);
  cases[name] = await on([x, weight], f);
  cases[`${name}-gradient`] = await on([x, weight, up], (a, w, g) => vjp(f, a, w).pullback(g));
}
await besidePyTorch(new URL('convolution.py', import.meta.url), cases, filter);
