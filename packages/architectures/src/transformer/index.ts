/** Transformers. */
export type { CacheSizes } from './checks.ts';
export { GPT2, type GPT2Options } from './gpt2.ts';
export { Llama, type LlamaOptions } from './llama.ts';
