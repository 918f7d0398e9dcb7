import { Dropout, GraphPool, Linear, Module } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { between, oneOf, requireObject, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { refuseUnread } from '../conflicts.ts';
import { size } from '../convolutional/checks.ts';
import { requireEmbeddings, requireEncoder } from './encoder.ts';
import type { GraphEncoder } from './network.ts';

export interface GraphClassifierOptions {
  /** What stands for a graph: the sum, the mean or the largest of its nodes, feature by feature. Default 'mean'. */
  pooling?: 'sum' | 'mean' | 'max';
  /** Features that the encoder gives, and classes that a linear layer makes of them behind the pooling. Default: none, what is pooled are the logits. */
  head?: { readonly features: number; readonly classes: number };
  /** Probability of dropout before that linear layer. Default 0.5. */
  dropout?: number;
}

const classifierOptions: OptionNames<GraphClassifierOptions> = {
  pooling: oneOf('sum', 'mean', 'max'),
  head(where, name, value) {
    requireObject(where, name, value);
    const { features, classes } = value as { features: unknown; classes: unknown };
    size(where, 'head.features', features);
    size(where, 'head.classes', classes);
  },
  dropout: between(0, 1),
};

/**
 * A class for each graph of a batch: what a network of graph layers makes of the nodes, pooled graph by graph.
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges], graph int32[nodes], which says to which graph each node belongs, and how many graphs there are → float32[graphs, classes]; without the last two all nodes are of one graph. Batches come from a `GraphDataset` of
 * `@hebb/data` or from `joinGraphs`. A graph without nodes is read as zeros.
 *
 * A file for any number of graphs is that of a function of one input more: `exportOnnx((x, edges, graph, offsets) => model.forward(x, edges, graph, offsets.shape[0] - 1), …)`, with `model.eval()` before.
 *
 * What a graph gives does not depend on the others of its batch, but for a batch normalisation while it trains. Throws as the encoder and `GraphPool`, and `ArgumentError` for a dropout without a head.
 *
 * ```ts
 * const model = new GraphClassifier(new GIN({ inputs: 4, outputs: 2, hidden: 8 }), { pooling: 'sum' });
 * const edges = tensor([[0, 1], [1, 0]], { dtype: 'int32' });
 * model.forward(ones([3, 4]), edges, tensor([0, 0, 1], { dtype: 'int32' }), 2).shape;  // [2, 2]
 * ```
 */
export class GraphClassifier extends Module<[x: Tensor, edges: Tensor, graph?: Tensor, count?: number]> {
  static override readonly type: string = 'GraphClassifier';
  static override readonly positional: readonly string[] = ['encoder', 'options'];

  readonly options: Readonly<GraphClassifierOptions>;
  readonly encoder: GraphEncoder;
  readonly pool: GraphPool;
  readonly dropout: Dropout;
  readonly head: Linear | undefined;

  constructor(encoder: GraphEncoder, options: GraphClassifierOptions = {}) {
    super();
    requireEncoder('GraphClassifier', encoder);
    requireOptions('GraphClassifier', options, classifierOptions);
    const { pooling = 'mean', head, dropout = 0.5 } = options;
    if (head === undefined) refuseUnread('GraphClassifier', 'dropout', options.dropout, 'a head');
    this.options = { pooling, ...(head && { head, dropout }) };
    this.encoder = encoder;
    this.pool = new GraphPool(pooling);
    this.dropout = new Dropout(dropout);
    this.head = head && new Linear(head.features, head.classes);
  }

  forward(x: Tensor, edges: Tensor, graph?: Tensor, count?: number): Tensor {
    const pooled = this.pool.forward(this.encoder.forward(x, edges), graph, count);
    if (this.head === undefined) return pooled;
    requireEmbeddings('GraphClassifier', 'head.features', pooled, this.head.inFeatures);
    return this.head.forward(this.dropout.forward(pooled));
  }
}
