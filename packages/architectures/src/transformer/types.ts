import type { ModuleTypes } from '@hebb/layers';
import { GPT2 } from './gpt2.ts';
import { Llama } from './llama.ts';

/** The classes of this family. */
export const transformerTypes: ModuleTypes = { GPT2, Llama };
