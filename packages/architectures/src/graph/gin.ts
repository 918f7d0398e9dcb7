import { BatchNorm1d, Dropout, GINConv, Linear, Module, ReLU, Sequential } from '@hebb/layers';
import { concat, type Tensor } from '@hebb/tensor';
import { requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { networkOptions, requireNodes, requireSizes, type GraphNetworkOptions } from './network.ts';

export interface GINOptions extends GraphNetworkOptions {
  /** Default 64. */
  hidden?: number;
  /** Default 5. */
  layers?: number;
  /** Probability of dropout before the last linear layer. Default 0.5. */
  dropout?: number;
  /** Whether ε is trained: GIN-ε; else it is 0. Default false. */
  trainEps?: boolean;
  /** Whether the last linear layer reads the features before and behind every layer; else those behind the last. Default true. */
  jumping?: boolean;
  /** Whether layers normalise over all nodes that they are given. Default true. */
  batchNorm?: boolean;
}

const ginOptions: OptionNames<GINOptions> = {
  ...networkOptions,
  trainEps: requireBoolean,
  jumping: requireBoolean,
  batchNorm: requireBoolean,
};

/**
 * Graph isomorphism network (Xu et al. 2019, arXiv:1810.00826): each layer gives every node a multilayer perceptron of (1 + ε) times itself plus the sum of its neighbours, so that it tells apart what the test of Weisfeiler & Leman does. A linear layer reads all layers. With
 * `new GraphClassifier(gin, { pooling: 'sum' })` it is the paper's network for graphs: a linear layer of sums is the sum of what it makes of each.
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges] → float32[nodes, outputs]. Parameters: `convs.0.eps` (a buffer where it is not trained), `convs.0.nn.0.weight`, …, `head.weight`, `head.bias`.
 *
 * The order of the edges never changes a bit. While training, `batchNorm` sees all nodes, padding among them: batches of graphs are better not padded then. Throws, and treats NaN, as {@link GCN}.
 *
 * ```ts
 * const model = new GIN({ inputs: 4, outputs: 3, hidden: 8, layers: 2 });
 * model.forward(ones([3, 4]), tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' })).shape;  // [3, 3]
 * ```
 */
export class GIN extends Module<[x: Tensor, edges: Tensor]> {
  static override readonly type: string = 'GIN';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<GINOptions>>;
  readonly convs: readonly GINConv[];
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor(options: GINOptions) {
    super();
    requireOptions('GIN', options, ginOptions);
    requireSizes('GIN', options);
    const { inputs, outputs, hidden = 64, layers = 5, dropout = 0.5 } = options;
    const { trainEps = false, jumping = true, batchNorm = true } = options;
    this.options = { inputs, outputs, hidden, layers, dropout, trainEps, jumping, batchNorm };
    const norm = (): Module[] => (batchNorm ? [new BatchNorm1d(hidden)] : []);
    this.convs = Array.from({ length: layers }, (_, i) => {
      const first = new Linear(i === 0 ? inputs : hidden, hidden);
      const nn = new Sequential(first, ...norm(), new ReLU(), new Linear(hidden, hidden), ...norm(), new ReLU());
      return new GINConv(nn, { trainEps });
    });
    this.dropout = new Dropout(dropout);
    this.head = new Linear(jumping ? inputs + layers * hidden : hidden, outputs);
  }

  forward(x: Tensor, edges: Tensor): Tensor {
    requireNodes('GIN', x, this.options.inputs);
    const seen = [x];
    for (const conv of this.convs) seen.push(conv.forward(seen.at(-1) ?? x, edges));
    const read = this.options.jumping ? concat(seen, 1) : (seen.at(-1) ?? x);
    return this.head.forward(this.dropout.forward(read));
  }
}
