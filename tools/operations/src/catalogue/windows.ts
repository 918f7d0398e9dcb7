/** Convolutions, pooling, images. */
import * as api from '../../../../packages/tensor/src/index.ts';
import { of, ways, x, type Operation } from '../operation.ts';

export const convolutions = {
  conv1d: of((a, w, b) => api.conv1d(a, w, { bias: b, padding: 1, stride: 2 }), [1, 2, 5], [2, 2, 3], [2]),
  conv2d: ways(
    of((a, w, b) => api.conv2d(a, w, { bias: b, padding: 1 }), [1, 2, 3, 3], [2, 2, 2, 2], [2]),
    of(
      (a, w) => api.conv2d(a, w, { groups: 2, dilation: 2, paddingMode: 'circular', padding: 1 }),
      [1, 2, 3, 3],
      [2, 1, 2, 2],
    ),
  ),
  conv3d: of((a, w) => api.conv3d(a, w, { stride: [1, 2, 1] }), [1, 1, 3, 3, 2], [1, 1, 2, 2, 2]),
  convTranspose1d: of((a, w) => api.convTranspose1d(a, w, { stride: 2, outputPadding: 1 }), [1, 2, 3], [2, 1, 3]),
  convTranspose2d: of(
    (a, w, b) => api.convTranspose2d(a, w, { bias: b, stride: 2, padding: 1, groups: 2 }),
    [1, 2, 2, 3],
    [2, 1, 3, 2],
    [2],
  ),
  convTranspose3d: of((a, w) => api.convTranspose3d(a, w, { stride: 2 }), [1, 1, 2, 1, 2], [1, 1, 2, 2, 2]),
  unfold: of((a) => api.unfold(a, [3], { stride: 2 }), [2, 7]),
  fold: of((a) => api.fold(a, [7], { stride: 2 }), [3, 3]),
} satisfies Record<string, Operation>;

const line = [1, 2, 6];
const image = [1, 1, 4, 4];
const volume = [1, 1, 4, 4, 2];
const samples = (axes: number): api.Tensor => api.tensor([[[0.25, 0.625, 0.875].slice(0, axes)]]);

export const pooling = {
  maxPool1d: of((a) => api.maxPool1d(a, 3, { stride: 2, padding: 1 }), line),
  maxPool2d: ways(
    of((a) => api.maxPool2d(a, 2), image),
    of((a) => api.maxPool2d(a, 3, { stride: 1, padding: 1, dilation: 1 }), image),
  ),
  maxPool3d: of((a) => api.maxPool3d(a, 2), volume),
  maxPool1dWithIndices: of((a) => ({ ...api.maxPool1dWithIndices(a, 2) }), line),
  maxPool2dWithIndices: of((a) => ({ ...api.maxPool2dWithIndices(a, 3, { stride: 1 }) }), image),
  maxPool3dWithIndices: of((a) => ({ ...api.maxPool3dWithIndices(a, 2) }), volume),
  avgPool1d: of((a) => api.avgPool1d(a, 3, { padding: 1, countIncludePad: false }), line),
  avgPool2d: of((a) => api.avgPool2d(a, [2, 3], { stride: 1, ceilMode: true }), image),
  avgPool3d: of((a) => api.avgPool3d(a, 2), volume),
  lpPool1d: of((a) => api.lpPool1d(a, 2, 2), line),
  lpPool2d: of((a) => api.lpPool2d(a, 3, 2), x(image, { low: 0.2, high: 1.5 })),
  lpPool3d: of((a) => api.lpPool3d(a, 2, 2), volume),
  maxUnpool1d: of(
    (a) =>
      api.maxUnpool1d(
        a,
        api.tensor(
          [
            [
              [1, 3],
              [0, 2],
            ],
          ],
          { dtype: 'int32' },
        ),
        2,
      ),
    [1, 2, 2],
  ),
  maxUnpool2d: of(
    (a) =>
      api.maxUnpool2d(
        a,
        api.tensor(
          [
            [
              [
                [1, 3],
                [8, 15],
              ],
            ],
          ],
          { dtype: 'int32' },
        ),
        2,
      ),
    [1, 1, 2, 2],
  ),
  maxUnpool3d: of((a) => api.maxUnpool3d(a, api.tensor([[[[[5]]]]], { dtype: 'int32' }), 2), [1, 1, 1, 1, 1]),
  adaptiveAvgPool1d: of((a) => api.adaptiveAvgPool1d(a, 4), line),
  adaptiveAvgPool2d: of((a) => api.adaptiveAvgPool2d(a, [2, 3]), image),
  adaptiveAvgPool3d: of((a) => api.adaptiveAvgPool3d(a, [2, 3, 1]), volume),
  adaptiveMaxPool1d: of((a) => api.adaptiveMaxPool1d(a, 4), line),
  adaptiveMaxPool2d: of((a) => api.adaptiveMaxPool2d(a, [2, 3]), image),
  adaptiveMaxPool3d: of((a) => api.adaptiveMaxPool3d(a, [2, 3, 1]), volume),
  adaptiveMaxPool1dWithIndices: of((a) => ({ ...api.adaptiveMaxPool1dWithIndices(a, 4) }), line),
  adaptiveMaxPool2dWithIndices: of((a) => ({ ...api.adaptiveMaxPool2dWithIndices(a, [2, 3]) }), image),
  adaptiveMaxPool3dWithIndices: of((a) => ({ ...api.adaptiveMaxPool3dWithIndices(a, [2, 3, 1]) }), volume),
  fractionalMaxPool2d: of((a) => api.fractionalMaxPool2d(a, 2, { outputSize: 3, randomSamples: samples(2) }), image),
  fractionalMaxPool3d: of((a) => api.fractionalMaxPool3d(a, 1, { outputSize: 2, randomSamples: samples(3) }), volume),
  fractionalMaxPool2dWithIndices: of(
    (a) => ({ ...api.fractionalMaxPool2dWithIndices(a, 2, { outputSize: 3, randomSamples: samples(2) }) }),
    image,
  ),
  fractionalMaxPool3dWithIndices: of(
    (a) => ({ ...api.fractionalMaxPool3dWithIndices(a, 1, { outputSize: 2, randomSamples: samples(3) }) }),
    volume,
  ),
} satisfies Record<string, Operation>;

export const images = {
  interpolate: ways(
    of((a) => api.interpolate(a, { size: 5 }), line),
    of((a) => api.interpolate(a, { size: 9, mode: 'linear' }), line),
    of((a) => api.interpolate(a, { size: [3, 6], mode: 'bilinear', alignCorners: true }), image),
    of((a) => api.interpolate(a, { scaleFactor: 1.5, mode: 'bicubic' }), image),
    of((a) => api.interpolate(a, { size: [2, 3], mode: 'area' }), image),
  ),
  channelShuffle: of((a) => api.channelShuffle(a, 2), [1, 4, 2]),
  pixelShuffle: of((a) => api.pixelShuffle(a, 2), [1, 4, 2, 1]),
  pixelUnshuffle: of((a) => api.pixelUnshuffle(a, 2), [1, 1, 4, 2]),
  gridSample: ways(
    ...(['bilinear', 'bicubic', 'nearest'] as const).map((mode) =>
      of(
        (a, g) => api.gridSample(a, g, { mode, paddingMode: 'border' }),
        [1, 1, 3, 3],
        x([1, 2, 2, 2], { low: -0.8, high: 0.8, away: [-2 / 3, 0, 2 / 3, -1 / 3, 1 / 3] }),
      ),
    ),
  ),
  affineGrid: of((a) => api.affineGrid(a, [1, 1, 2, 3]), [1, 2, 3]),
} satisfies Record<string, Operation>;
