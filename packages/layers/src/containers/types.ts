/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { Sequential } from './sequential.ts';

export const containersTypes = (): ModuleTypes => ({ Sequential });
