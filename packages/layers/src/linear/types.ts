/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { AdaptiveLogSoftmaxWithLoss } from './adaptive-log-softmax.ts';
import { Bilinear } from './bilinear.ts';
import { LazyLinear } from './lazy-linear.ts';
import { Linear } from './linear.ts';
import { Flatten, Identity, Unflatten } from './shape.ts';
import { CosineSimilarity, PairwiseDistance } from './similarity.ts';

export const linearTypes = (): ModuleTypes => ({
  AdaptiveLogSoftmaxWithLoss,
  Bilinear,
  CosineSimilarity,
  Flatten,
  Identity,
  LazyLinear,
  Linear,
  PairwiseDistance,
  Unflatten,
});
