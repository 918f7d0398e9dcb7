/** What `fromConfig` can build of this family, all that its file has; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import * as padding from './padding.ts';

export const paddingTypes = (): ModuleTypes => ({ ...padding });
