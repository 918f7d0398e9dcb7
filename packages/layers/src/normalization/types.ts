/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { BatchNorm1d, BatchNorm2d } from './batch-norm.ts';
import { LazyBatchNorm1d, LazyBatchNorm2d } from './lazy-batch-norm.ts';

export const normalizationTypes = (): ModuleTypes => ({ BatchNorm1d, BatchNorm2d, LazyBatchNorm1d, LazyBatchNorm2d });
