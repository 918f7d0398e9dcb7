/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { Embedding } from './embedding.ts';
import { EmbeddingBag } from './embedding-bag.ts';

export const embeddingTypes = (): ModuleTypes => ({ Embedding, EmbeddingBag });
