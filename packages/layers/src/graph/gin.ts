import { full, segmentSum, type Tensor } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireFinite, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleConfig, ModuleOptions } from '../module/build.ts';
import { Module, requireModule } from '../module/module.ts';
import { buffer, parameter } from '../module/parameter.ts';
import { edgesOf, nodesOf, rowsAt } from './edges.ts';

export interface GINConvOptions {
  /** ε at first. Default 0. */
  eps?: number;
  /** Whether ε is trained. Default false. */
  trainEps?: boolean;
}

const ginOptions: OptionNames<GINConvOptions> = { eps: requireFinite, trainEps: requireBoolean };

/**
 * Graph isomorphism layer (Xu et al. 2019, arXiv:1810.00826): y_i = f((1 + ε) x_i + Σ_j x_j) over the edges from j to i, with the module f, `nn`.
 *
 * Shape: x [nodes, features], edges int32 [2, edges] → what f makes of [nodes, features]. State, with the names of PyTorch Geometric: that of `nn`, and `eps` [1], a parameter where
 * it is trained, else a buffer.
 *
 * The order of the edges never changes a bit. Throws for edges as {@link MessagePassing}.
 *
 * ```ts
 * const edges = tensor([[0, 1, 1, 2], [1, 0, 2, 1]], { dtype: 'int32' });
 * const layer = new GINConv(new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 8)), { trainEps: true });
 * layer.forward(ones([3, 4]), edges).shape;  // [3, 8]
 * ```
 */
export class GINConv extends Module<[x: Tensor, edges: Tensor]> {
  static override readonly type: string = 'GINConv';
  static override readonly positional: readonly string[] = ['nn'];
  static override readonly options: ModuleOptions = { trainEps: requireBoolean };

  readonly nn: Module<[x: Tensor]>;
  readonly trainEps: boolean;
  readonly eps: Tensor;
  readonly #initialEps: number;

  constructor(nn: Module<[x: Tensor]>, options: GINConvOptions = {}) {
    super();
    requireModule('GINConv', 'nn', nn);
    checkOptions('GINConv', options, ginOptions);
    const { eps = 0, trainEps = false } = options;
    this.nn = nn;
    this.trainEps = trainEps;
    this.#initialEps = eps;
    this.eps = (trainEps ? parameter : buffer)(full([1], eps));
  }

  /** With ε as it was at first, which the state replaces. */
  override config(): ModuleConfig {
    return { ...super.config(), eps: this.#initialEps };
  }

  forward(x: Tensor, edges: Tensor): Tensor {
    const nodes = nodesOf('GINConv', x);
    const { sources, targets } = edgesOf('GINConv', edges, nodes);
    return this.nn.forward(x.mul(this.eps.add(1)).add(segmentSum(rowsAt(x, sources), targets, nodes)));
  }
}
