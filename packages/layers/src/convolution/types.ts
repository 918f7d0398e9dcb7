/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { Conv2d } from './convolution.ts';
import { LazyConv2d } from './lazy-convolution.ts';

export const convolutionTypes = (): ModuleTypes => ({ Conv2d, LazyConv2d });
