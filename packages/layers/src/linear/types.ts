/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { LazyLinear } from './lazy-linear.ts';
import { Linear } from './linear.ts';
import { Flatten, Identity } from './shape.ts';

export const linearTypes = (): ModuleTypes => ({ Flatten, Identity, LazyLinear, Linear });
