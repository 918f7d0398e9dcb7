/** Every layer, with how a small one is made. A class that has no row does not compile. */
import type * as api from '../../../packages/layers/src/index.ts';
import type { AnyModule } from '../../../packages/layers/src/index.ts';
import type { Sample } from './sample.ts';
import { activations } from './samples/activations.ts';
import { adapters } from './samples/adapters.ts';
import { attention } from './samples/attention.ts';
import { containers } from './samples/containers.ts';
import { convolution } from './samples/convolution.ts';
import { embedding } from './samples/embedding.ts';
import { graph } from './samples/graph.ts';
import { linear } from './samples/linear.ts';
import { normalization } from './samples/normalization.ts';
import { padding } from './samples/padding.ts';
import { pooling } from './samples/pooling.ts';
import { recurrent } from './samples/recurrent.ts';
import { regularization } from './samples/regularization.ts';
import { resampling } from './samples/resampling.ts';

/** The classes that can be constructed. */
export type LayerName = {
  [K in keyof typeof api]: (typeof api)[K] extends new (...args: never[]) => AnyModule ? K : never;
}[keyof typeof api];

export type Samples = Readonly<Record<LayerName, readonly Sample[]>>;

/** By chapter of the page. */
export const chapters = {
  Containers: containers,
  Linear: linear,
  Embedding: embedding,
  Attention: attention,
  Adapters: adapters,
  Convolution: convolution,
  Pooling: pooling,
  Padding: padding,
  Resampling: resampling,
  Graphs: graph,
  Normalisation: normalization,
  Regularisation: regularization,
  Recurrent: recurrent,
  Activations: activations,
} satisfies Readonly<Record<string, Partial<Samples>>>;

export const samples: Samples = {
  ...containers,
  ...linear,
  ...embedding,
  ...attention,
  ...adapters,
  ...convolution,
  ...pooling,
  ...padding,
  ...resampling,
  ...graph,
  ...normalization,
  ...regularization,
  ...recurrent,
  ...activations,
};
