/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { LoRAAttention, LoRALinear } from './lora.ts';

export const adaptersTypes = (): ModuleTypes => ({ LoRAAttention, LoRALinear });
