/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { GELU, ReLU, Sigmoid, Softmax, Tanh } from './activations.ts';

export const activationsTypes = (): ModuleTypes => ({ GELU, ReLU, Sigmoid, Softmax, Tanh });
