/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batch-norm.ts';
import { GroupNorm } from './group-norm.ts';
import { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instance-norm.ts';
import { LayerNorm } from './layer-norm.ts';
import * as lazy from './lazy-norms.ts';
import { LocalResponseNorm } from './local-response-norm.ts';
import { RMSNorm } from './rms-norm.ts';
import { SpectralNorm } from './spectral-norm.ts';
import { WeightNorm } from './weight-norm.ts';

export const normalizationTypes = (): ModuleTypes => ({
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  LocalResponseNorm,
  RMSNorm,
  SpectralNorm,
  WeightNorm,
  ...lazy,
});
