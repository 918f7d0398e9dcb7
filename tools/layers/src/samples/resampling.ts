import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, ways, x } from '../sample.ts';

const image = [x(['batch', 2, 4, 3])];

export const resampling = {
  Upsample: ways(
    of(() => new api.Upsample({ scaleFactor: 2 }), [x(['batch', 2, 4])], 'any'),
    of(() => new api.Upsample({ size: [5, 7], mode: 'bilinear', alignCorners: true }), image, 'any'),
    of(() => new api.Upsample({ scaleFactor: 1.5, mode: 'bicubic', recomputeScaleFactor: true }), image, 'any'),
  ),
  UpsamplingNearest2d: of(() => new api.UpsamplingNearest2d({ scaleFactor: [2, 3] }), image, 'any'),
  UpsamplingBilinear2d: of(() => new api.UpsamplingBilinear2d({ size: 5 }), image, 'any'),
  PixelShuffle: of(() => new api.PixelShuffle(2), [x(['batch', 8, 2, 3])], 1),
  PixelUnshuffle: of(() => new api.PixelUnshuffle(2), [x(['batch', 1, 4, 6])], 'any'),
  ChannelShuffle: of(() => new api.ChannelShuffle(2), [x(['batch', 6, 2])], 1),
} satisfies Partial<Samples>;
