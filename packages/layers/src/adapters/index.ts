/** Adapters: small layers that are trained in the place of large ones. */
export { addLoRA, loraStateDict, mergeLoRA, type AddLoRAOptions } from './add-lora.ts';
export {
  LoRA,
  LoRAAttention,
  LoRALinear,
  type LoRAAttentionOptions,
  type LoRALayerOptions,
  type LoRAOptions,
  type LoRATarget,
} from './lora.ts';
