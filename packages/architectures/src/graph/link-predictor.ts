import { Linear, Module, ReLU, Sequential } from '@hebb/layers';
import { DTypeError, indexSelect, ShapeError, type Tensor } from '@hebb/tensor';
import {
  oneOf,
  requireOptions,
  requireTensor,
  requireWithin,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { refuseUnread } from '../conflicts.ts';
import { size } from '../convolutional/checks.ts';
import type { GraphEncoder } from './network.ts';
import { requireEmbeddings, requireEncoder } from './encoder.ts';

export interface LinkPredictorOptions {
  /** 'dot': z_i · z_j; 'mlp': a hidden layer over z_i ⊙ z_j. Default 'dot'. */
  decoder?: 'dot' | 'mlp';
  /** Features of the embeddings z, with 'mlp'. */
  features?: number;
  /** Units of the hidden layer, with 'mlp'. Default: `features`. */
  hidden?: number;
}

const linkOptions: OptionNames<LinkPredictorOptions> = { decoder: oneOf('dot', 'mlp'), features: size, hidden: size };

/**
 * Whether two nodes have an edge: a network of graph layers embeds nodes by the edges that are known, and two embeddings say how likely an edge between them is (the graph autoencoder of Kipf & Welling 2016, arXiv:1611.07308, with 'dot').
 *
 * Shape: x float32[nodes, inputs], edges int32[2, edges], pairs int32[2, pairs] → float32[pairs], logits of an edge. Learnt with pairs that are edges and others that are not (`splitEdges`, `negativeEdges` of `@hebb/data`) and `binaryCrossEntropyWithLogits`.
 *
 * Both decoders give a pair and its reverse the same logit, to the last bit. Parameters: those of `encoder`, `decoder.0.weight`, …. Throws as the encoder, `DTypeError` and `ShapeError` for other pairs, `ArgumentError` for nodes that there are not.
 *
 * ```ts
 * const model = new LinkPredictor(new GCN({ inputs: 4, outputs: 8 }));
 * const edges = tensor([[0, 1], [1, 0]], { dtype: 'int32' });
 * model.forward(ones([3, 4]), edges, tensor([[0], [2]], { dtype: 'int32' })).shape;  // [1]
 * ```
 */
export class LinkPredictor extends Module<[x: Tensor, edges: Tensor, pairs: Tensor]> {
  static override readonly type: string = 'LinkPredictor';
  static override readonly positional: readonly string[] = ['encoder', 'options'];

  readonly options: Readonly<LinkPredictorOptions>;
  readonly encoder: GraphEncoder;
  readonly decoder: Sequential | undefined;

  constructor(encoder: GraphEncoder, options: LinkPredictorOptions = {}) {
    super();
    requireEncoder('LinkPredictor', encoder);
    requireOptions('LinkPredictor', options, linkOptions);
    const { decoder = 'dot', features, hidden = features } = options;
    this.encoder = encoder;
    if (decoder === 'dot') {
      for (const name of ['features', 'hidden'] as const)
        refuseUnread('LinkPredictor', name, options[name], "the decoder 'mlp'");
      this.options = { decoder };
      this.decoder = undefined;
      return;
    }
    if (features === undefined || hidden === undefined)
      throw wrongArgument('LinkPredictor', 'features', 'how many features the encoder gives', features);
    this.options = { decoder, features, hidden };
    this.decoder = new Sequential(new Linear(features, hidden), new ReLU(), new Linear(hidden, 1));
  }

  /** Embeddings of all nodes, [nodes, features]. */
  embed(x: Tensor, edges: Tensor): Tensor {
    return this.encoder.forward(x, edges);
  }

  /** Logits of pairs, int32 [2, pairs], by embeddings. */
  score(embeddings: Tensor, pairs: Tensor): Tensor {
    requireEmbeddings('LinkPredictor', 'features', embeddings, this.options.features);
    requireTensor('LinkPredictor', 'pairs', pairs);
    if (pairs.dtype !== 'int32')
      throw new DTypeError(`[LinkPredictor] pairs are numbers of nodes, int32, not ${pairs}.`);
    const [two, count] = pairs.shape;
    if (pairs.ndim !== 2 || two !== 2 || count === undefined)
      throw new ShapeError(`[LinkPredictor] pairs are [2, pairs], not ${pairs}.`);
    requireWithin('LinkPredictor', 'pairs', pairs, 0, (embeddings.shape[0] ?? 0) - 1);
    const at = (row: number): Tensor => indexSelect(embeddings, 0, pairs.narrow(0, row, 1).reshape([count]));
    const product = at(0).mul(at(1));
    return this.decoder === undefined ? product.sum(1) : this.decoder.forward(product).squeeze(1);
  }

  forward(x: Tensor, edges: Tensor, pairs: Tensor): Tensor {
    return this.score(this.embed(x, edges), pairs);
  }
}
