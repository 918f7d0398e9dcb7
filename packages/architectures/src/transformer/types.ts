import type { ModuleTypes } from '@hebb/layers';
import { Bert } from './bert.ts';
import { BertForPreTraining } from './bert-for-pre-training.ts';
import { EncoderDecoder } from './encoder-decoder.ts';
import { GPT2 } from './gpt2.ts';
import { Llama } from './llama.ts';
import { VisionTransformer } from './vision-transformer.ts';

/** The classes of this family. */
export const transformerTypes: ModuleTypes = {
  Bert,
  BertForPreTraining,
  EncoderDecoder,
  GPT2,
  Llama,
  VisionTransformer,
};
