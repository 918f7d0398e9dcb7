/** Images at another resolution, and channels as pixels. */
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './shuffle.ts';
export {
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
  type UpsampleOptions,
  type UpsamplingOptions,
} from './upsample.ts';
