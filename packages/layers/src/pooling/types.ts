/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { AvgPool2d, MaxPool2d } from './pooling.ts';

export const poolingTypes = (): ModuleTypes => ({ AvgPool2d, MaxPool2d });
