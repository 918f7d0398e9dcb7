/**
 * Sums of products, transposed convolution, pooling, resampling, attention and Fourier transforms beside PyTorch on one thread of the same processor, in
 * alternating rounds: `node --import tsx benchmarks/compositions.ts [wasm|webgpu]`.
 */
import {
  adaptiveAvgPool2d,
  compile,
  conv3d,
  convTranspose2d,
  einsum,
  fft,
  interpolate,
  manualSeed,
  maxPool2d,
  randn,
  realize,
  scaledDotProductAttention,
  setDevice,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName } = commandLine(import.meta.url, { device: devices });
setDevice(deviceName);
manualSeed(1);

async function on(
  shapes: readonly (readonly number[])[],
  f: (...xs: Tensor[]) => Tensor,
): Promise<() => readonly Tensor[]> {
  const inputs = shapes.map((shape) => randn(shape));
  await realize(...inputs);
  const compiled = compile((...xs: Tensor[]) => [f(...xs)]);
  return () => compiled(...inputs);
}

const heads = [4, 8, 128, 64];
const features = [8, 32, 28, 28];
await besidePyTorch(new URL('compositions.py', import.meta.url), {
  'einsum-two': await on([[8, 128, 8, 64], [8, 128, 8, 64]], (a, b) => einsum('bqhd,bkhd->bhqk', a, b)), // prettier-ignore
  'einsum-three': await on([[64, 128], [64, 128, 128], [64, 128]], (a, b, c) => einsum('bn,anm,bm->ba', a, b, c)), // prettier-ignore
  'conv-transpose': await on([features, [32, 16, 3, 3]], (x, w) =>
    convTranspose2d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
  ),
  'conv3d': await on([[2, 8, 16, 28, 28], [16, 8, 3, 3, 3]], (x, w) => conv3d(x, w, { padding: 1 })), // prettier-ignore
  'max-pool-ceil': await on([features], (x) => maxPool2d(x, 3, { stride: 2, ceilMode: true })),
  'adaptive-average-uneven': await on([features], (x) => adaptiveAvgPool2d(x, 5)),
  bilinear: await on([features], (x) => interpolate(x, { scaleFactor: 2, mode: 'bilinear' })),
  bicubic: await on([features], (x) => interpolate(x, { scaleFactor: 2, mode: 'bicubic' })),
  attention: await on([heads, heads, heads], (q, k, v) => scaledDotProductAttention(q, k, v)),
  'fft-4096': await on([[64, 4096, 2]], (x) => fft(x)),
});
