import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const line = [x(['batch', 2, 6])];
const image = [x(['batch', 2, 5, 4])];
const volume = [x(['batch', 2, 3, 3, 4])];

export const convolution = {
  Conv1d: ways(
    of(() => new api.Conv1d(2, 3, 3, { padding: 'same', paddingMode: 'circular' }), line, 1),
    of(() => new api.Conv1d(2, 3, 3, { stride: 2 }), [x(['batch', 2, 'length'])], 1, {
      sizes: [{ length: 6 }, { length: 11 }],
    }),
  ),
  Conv2d: ways(
    of(() => new api.Conv2d(2, 3, 3), image, 1),
    of(() => new api.Conv2d(2, 4, [3, 2], { stride: 2, padding: 1, groups: 2, bias: false }), image, 1),
    of(() => new api.Conv2d(2, 1, 3, { padding: 2, paddingMode: 'reflect' }), image, 1),
  ),
  Conv3d: of(() => new api.Conv3d(2, 2, [1, 2, 3], { padding: [0, 1, 0] }), volume, 1),
  ConvTranspose1d: of(() => new api.ConvTranspose1d(2, 3, 3, { stride: 2, outputPadding: 1 }), line, 1),
  ConvTranspose2d: ways(
    of(() => new api.ConvTranspose2d(2, 2, 3, { stride: 2, padding: 1, groups: 2 }), image, 1),
    of(() => new api.ConvTranspose2d(2, 1, 2, { stride: 2, bias: false }), image, 1, {
      call: (layer: api.ConvTranspose2d, input) => layer.forward(input, [11, 8]),
    }),
  ),
  ConvTranspose3d: of(() => new api.ConvTranspose3d(2, 1, 2, { dilation: [1, 2, 1] }), volume, 1),
  SeparableConv1d: of(() => new api.SeparableConv1d(2, 3, 3), line, 1),
  SeparableConv2d: of(() => new api.SeparableConv2d(2, 3, 3, { depthMultiplier: 2, bias: false }), image, 1),
  SeparableConv3d: of(() => new api.SeparableConv3d(2, 1, 2), volume, 1),
  Unfold: ways(
    of(() => new api.Unfold([2, 3], { padding: 1, stride: 2 }), image, 'any'),
    of(() => new api.Unfold(2), [x([2, 5, 4])], 'any'),
  ),
  Fold: ways(
    of(() => new api.Fold([4, 3], 2, { padding: 1 }), [x(['batch', 8, 20])], 1),
    of(() => new api.Fold([4, 3], 2, { padding: 1 }), [x([8, 20])], 0),
  ),
  LazyConv1d: ways(
    of(() => new api.LazyConv1d(3, 3), line, 1),
    of(() => new api.LazyConv1d(3, 3), [x([2, 6])], 0),
  ),
  LazyConv2d: of(() => new api.LazyConv2d(3, 3), image, 1),
  LazyConv3d: of(() => new api.LazyConv3d(1, 2), volume, 1),
  LazyConvTranspose1d: of(() => new api.LazyConvTranspose1d(3, 3), line, 1),
  LazyConvTranspose2d: of(() => new api.LazyConvTranspose2d(2, 2, { stride: 2 }), image, 1),
  LazyConvTranspose3d: of(() => new api.LazyConvTranspose3d(1, 2), volume, 1),
} satisfies Partial<Samples>;
