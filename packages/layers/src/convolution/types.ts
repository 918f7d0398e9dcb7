/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { Fold, Unfold } from './columns.ts';
import { Conv1d, Conv2d, Conv3d } from './convolution.ts';
import {
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
} from './lazy-convolution.ts';
import { SeparableConv1d, SeparableConv2d, SeparableConv3d } from './separable.ts';
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './transposed.ts';

export const convolutionTypes = (): ModuleTypes => ({
  Fold,
  Unfold,
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  SeparableConv1d,
  SeparableConv2d,
  SeparableConv3d,
  LazyConv1d,
  LazyConv2d,
  LazyConv3d,
  LazyConvTranspose1d,
  LazyConvTranspose2d,
  LazyConvTranspose3d,
});
