/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import * as dropout from './dropout.ts';

export const regularizationTypes = (): ModuleTypes => ({ ...dropout });
