import * as api from '../../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const line = [x(['batch', 2, 6])];
const image = [x(['batch', 2, 5, 4])];
const volume = [x(['batch', 1, 4, 3, 4])];

/** Of any size from the windows' on. */
const anyLine = [x(['batch', 2, 'length'])];
const anyImage = [x(['batch', 2, 'height', 'width'])];
const anyVolume = [x(['batch', 1, 'depth', 'height', 'width'])];
const sizes = [
  { length: 6, depth: 3, height: 5, width: 4 },
  { length: 9, depth: 4, height: 6, width: 7 },
] as const;

/** Pooled, and brought back to the size that it had. */
const returned =
  (pool: api.MaxPool1d<true> | api.MaxPool2d<true> | api.MaxPool3d<true>) =>
  (layer: api.MaxUnpool1d, input: Tensor): Tensor => {
    const { output, indices } = pool.forward(input);
    return layer.forward(output, indices, input);
  };

export const pooling = {
  AvgPool1d: ways(
    of(() => new api.AvgPool1d(3, { stride: 2, ceilMode: true }), line, 'any'),
    of(() => new api.AvgPool1d(3, { stride: 2, ceilMode: true }), anyLine, 'any', { sizes }),
  ),
  AvgPool2d: ways(
    of(() => new api.AvgPool2d(2, { padding: 1 }), image, 'any'),
    of(() => new api.AvgPool2d(3, { padding: 1, stride: 2, countIncludePad: false }), image, 'any'),
    of(() => new api.AvgPool2d(2, { divisorOverride: 3 }), image, 'any'),
    of(
      () => new api.AvgPool2d(2, { stride: [2, 3], ceilMode: true, padding: 1, countIncludePad: false }),
      anyImage,
      'any',
      { sizes },
    ),
  ),
  AvgPool3d: ways(
    of(() => new api.AvgPool3d(2), volume, 'any'),
    of(() => new api.AvgPool3d(2, { padding: 1 }), anyVolume, 'any', { sizes }),
  ),
  MaxPool1d: ways(
    of(() => new api.MaxPool1d(3, { stride: 2 }), line, 'any'),
    of(() => new api.MaxPool1d(2, { ceilMode: true }), anyLine, 'any', { sizes }),
  ),
  MaxPool2d: ways(
    of(() => new api.MaxPool2d(2), image, 'any'),
    of(() => new api.MaxPool2d(2, { ceilMode: true, returnIndices: true }), image, 'any'),
    of(() => new api.MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), anyImage, 'any', { sizes }),
  ),
  MaxPool3d: ways(
    of(() => new api.MaxPool3d([1, 2, 2]), volume, 'any'),
    of(() => new api.MaxPool3d([1, 2, 2], { ceilMode: true }), anyVolume, 'any', { sizes }),
  ),
  MaxUnpool1d: of(() => new api.MaxUnpool1d(2), line, 'any', {
    call: returned(new api.MaxPool1d(2, { returnIndices: true })),
  }),
  MaxUnpool2d: of(() => new api.MaxUnpool2d(2), image, 'any', {
    call: returned(new api.MaxPool2d(2, { returnIndices: true })),
  }),
  MaxUnpool3d: of(() => new api.MaxUnpool3d(2), volume, 'any', {
    call: returned(new api.MaxPool3d(2, { returnIndices: true })),
  }),
  LPPool1d: ways(
    of(() => new api.LPPool1d(2, 2), line, 'any'),
    of(() => new api.LPPool1d(2, 2, { ceilMode: true }), anyLine, 'any', { sizes }),
  ),
  LPPool2d: ways(
    of(() => new api.LPPool2d(2, 2, { stride: 1 }), image, 'any'),
    of(() => new api.LPPool2d(2, 2, { ceilMode: true }), anyImage, 'any', { sizes }),
  ),
  LPPool3d: ways(
    of(() => new api.LPPool3d(4, 2), volume, 'any'),
    of(() => new api.LPPool3d(4, 2, { ceilMode: true }), anyVolume, 'any', { sizes }),
  ),
  AdaptiveAvgPool1d: ways(
    of(() => new api.AdaptiveAvgPool1d(4), line, 'any'),
    of(() => new api.AdaptiveAvgPool1d(1), anyLine, 'any', { sizes }),
  ),
  AdaptiveAvgPool2d: ways(
    of(() => new api.AdaptiveAvgPool2d(1), image, 'any'),
    of(() => new api.AdaptiveAvgPool2d([3, null]), image, 'any'),
    of(() => new api.AdaptiveAvgPool2d([1, null]), anyImage, 'any', { sizes }),
  ),
  AdaptiveAvgPool3d: ways(
    of(() => new api.AdaptiveAvgPool3d([2, 1, 3]), volume, 'any'),
    of(() => new api.AdaptiveAvgPool3d(1), anyVolume, 'any', { sizes }),
  ),
  AdaptiveMaxPool1d: ways(
    of(() => new api.AdaptiveMaxPool1d(4), line, 'any'),
    of(() => new api.AdaptiveMaxPool1d(1), anyLine, 'any', { sizes }),
  ),
  AdaptiveMaxPool2d: ways(
    of(() => new api.AdaptiveMaxPool2d([3, 2], { returnIndices: true }), image, 'any'),
    of(() => new api.AdaptiveMaxPool2d([null, 1], { returnIndices: true }), anyImage, 'any', { sizes }),
  ),
  AdaptiveMaxPool3d: ways(
    of(() => new api.AdaptiveMaxPool3d(2), volume, 'any'),
    of(() => new api.AdaptiveMaxPool3d(1), anyVolume, 'any', { sizes }),
  ),
  FractionalMaxPool2d: of(
    () => new api.FractionalMaxPool2d(2, { outputSize: [3, 2], returnIndices: true }),
    [...image, x(['batch', 2, 2], { low: 0.1, high: 0.9 })],
    'any',
  ),
  FractionalMaxPool3d: of(
    () => new api.FractionalMaxPool3d([2, 1, 2], { outputRatio: 0.75 }),
    [...volume, x(['batch', 1, 3], { low: 0.1, high: 0.9 })],
    'any',
  ),
} satisfies Partial<Samples>;
