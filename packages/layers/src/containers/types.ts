/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { ModuleDict } from './dict.ts';
import { Lambda } from './lambda.ts';
import { ModuleList } from './list.ts';
import { ParameterDict } from './parameter-dict.ts';
import { ParameterList } from './parameter-list.ts';
import { Residual } from './residual.ts';
import { Sequential } from './sequential.ts';

export const containersTypes = (): ModuleTypes => ({
  Lambda,
  ModuleDict,
  ModuleList,
  ParameterDict,
  ParameterList,
  Residual,
  Sequential,
});
