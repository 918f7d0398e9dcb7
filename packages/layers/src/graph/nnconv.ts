import { ArgumentError, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import { Linear } from '../linear/linear.ts';
import type { ModuleOptions } from '../module/build.ts';
import { requirePositiveIntegers } from '../module/checks.ts';
import { requireModule, type Module } from '../module/module.ts';
import { requireAggregation, type Aggregation } from './aggregate.ts';
import { nodesOf } from './edges.ts';
import { MessagePassing, type Edges } from './message-passing.ts';
import { zeroBias } from './parameters.ts';

export interface NNConvOptions {
  /** What a node makes of the messages to it. Default 'sum'. */
  aggregation?: Aggregation;
  /** Whether the node's own features are added, by a weight of their own. Default true. */
  rootWeight?: boolean;
  /** Whether a bias is added. Default true. */
  bias?: boolean;
}

const nnOptions: OptionNames<NNConvOptions> = {
  aggregation: requireAggregation,
  rootWeight: requireBoolean,
  bias: requireBoolean,
};

/**
 * Message passing by weights that depend on the edges (Gilmer et al. 2017, arXiv:1704.01212): y_i = W x_i + Σ_j x_j · h(e_ji) + b over the edges from j to i, where the module h, `nn`,
 * makes a matrix [inFeatures, outFeatures], row after row, of the features of an edge.
 *
 * Shape: x [nodes, inFeatures], edges int32 [2, edges], features of edges [edges, …] → [nodes, outFeatures]. Parameters, with the names of PyTorch Geometric: those of `nn`, which
 * gives [edges, inFeatures · outFeatures], `lin.weight` [outFeatures, inFeatures], `bias`.
 *
 * The order of the edges never changes a bit: they are sorted first, since the gradients of `nn` are sums over edges.
 *
 * Throws `ShapeError` where features are of another number or `nn` gives another shape, and for edges as {@link MessagePassing}.
 *
 * ```ts
 * const layer = new NNConv(4, 2, new Linear(3, 8));
 * const edges = tensor([[0, 1], [1, 0]], { dtype: 'int32' });
 * layer.forward(ones([2, 4]), edges, ones([2, 3])).shape;  // [2, 2]
 * ```
 */
export class NNConv extends MessagePassing {
  static override readonly type: string = 'NNConv';
  static override readonly positional: readonly string[] = ['inFeatures', 'outFeatures', 'nn'];
  static override readonly options: ModuleOptions = nnOptions;

  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly rootWeight: boolean;
  bias: Tensor | undefined;
  readonly nn: Module<[x: Tensor]>;
  readonly lin: Linear | undefined;

  constructor(inFeatures: number, outFeatures: number, nn: Module<[x: Tensor]>, options: NNConvOptions = {}) {
    checkOptions('NNConv', options, nnOptions);
    super(options.aggregation);
    requirePositiveIntegers('NNConv', { inFeatures, outFeatures });
    requireModule('NNConv', 'nn', nn);
    const { rootWeight = true, bias = true } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.rootWeight = rootWeight;
    this.bias = zeroBias(outFeatures, bias);
    this.nn = nn;
    this.lin = rootWeight ? new Linear(inFeatures, outFeatures, { bias: false }) : undefined;
  }

  override forward(x: Tensor, edges: Tensor, edgeFeatures?: Tensor): Tensor {
    nodesOf('NNConv', x, this.inFeatures);
    if (edgeFeatures === undefined)
      throw new ArgumentError('[NNConv] takes the features of each edge as the third input.');
    return super.forward(x, edges, edgeFeatures);
  }

  override message({ source, edge }: Edges): Tensor {
    const { inFeatures, outFeatures, nn } = this;
    const count = source.shape[0] ?? 0;
    const weights = nn.forward(edge as Tensor);
    if (weights.ndim !== 2 || weights.shape[1] !== inFeatures * outFeatures)
      throw new ShapeError(
        `[NNConv] ${nn.describe()} gives ${weights}, not a matrix ${inFeatures} × ${outFeatures} for each edge, [${count}, ${inFeatures * outFeatures}].`,
      );
    const matrices = weights.reshape([count, inFeatures, outFeatures]);
    return source.reshape([count, 1, inFeatures]).matmul(matrices).reshape([count, outFeatures]);
  }

  override update(aggregated: Tensor, x: Tensor): Tensor {
    const sum = this.lin === undefined ? aggregated : aggregated.add(this.lin.forward(x));
    return this.bias === undefined ? sum : sum.add(this.bias);
  }

  override describe(): string {
    return `${super.describe()} ${this.inFeatures} → ${this.outFeatures}`;
  }
}
