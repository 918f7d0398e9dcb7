/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import * as alongAxis from './along-axis.ts';
import * as exponentialUnits from './exponential-units.ts';
import * as rectifiers from './rectifiers.ts';
import * as sigmoidalUnits from './sigmoidal-units.ts';

export const activationsTypes = (): ModuleTypes => ({
  ...alongAxis,
  ...exponentialUnits,
  ...rectifiers,
  ...sigmoidalUnits,
});
