/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './shuffle.ts';
import { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './upsample.ts';

export const resamplingTypes = (): ModuleTypes => ({
  ChannelShuffle,
  PixelShuffle,
  PixelUnshuffle,
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
});
