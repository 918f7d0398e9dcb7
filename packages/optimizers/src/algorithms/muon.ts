import { ArgumentError, zeros, type Tensor } from '@hebb/tensor';
import { requireBoolean, requireInteger } from '@hebb/tensor/arguments';
import { requireBetas, requireNonNegative } from '../checks.ts';
import type { WithGroups } from '../groups.ts';
import { Optimizer, type Counted, type ParameterSource, type StepScalars, type Update } from '../optimizer.ts';
import { corrections } from './counts.ts';
import { directionOf, moved } from './direction.ts';

export interface MuonSettings {
  /** Default 0.02; groups with `useMuon: false` want a rate of their own, such as 3e-4. */
  learningRate: number;
  /** Whether the group's parameters are matrices that Muon orthogonalises; false: AdamW. Default true. */
  useMuon: boolean;
  /** How much of the average of the gradient is kept. Default 0.95. */
  momentum: number;
  /** Looks ahead by one step of momentum. Default true. */
  nesterov: boolean;
  /** Iterations that orthogonalise. Default 5. */
  nsSteps: number;
  /** Shrinks the parameters by learningRate · weightDecay. Default 0. */
  weightDecay: number;
  /** AdamW's. Default [0.9, 0.95]. */
  betas: readonly [number, number];
  /** AdamW's. Default 1e-10. */
  eps: number;
  /** Goes up instead of down. Default false. */
  maximize: boolean;
}

/** All optional, and `groups`. */
export type MuonOptions = WithGroups<MuonSettings>;

type Numbers = {
  readonly share1: number;
  readonly share2: number | undefined;
  /** learningRate, of AdamW learningRate · √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly stepSize: number;
  readonly eps: number | undefined;
  readonly shrinkage: number | undefined;
};
type Slots = {
  readonly momentum_buffer: Tensor | undefined;
  readonly exp_avg: Tensor | undefined;
  readonly exp_avg_sq: Tensor | undefined;
};

/**
 * Muon (Jordan 2024, "Muon: An optimizer for hidden layers in neural networks"): steps of momentum whose matrices are made orthogonal, so that all their
 * directions are learned alike. For the weights of hidden layers; embeddings, the last layer, biases and norms take AdamW's steps, in groups with `useMuon: false`:
 *
 * `new Muon(model, { groups: [{ match: isBiasOrNorm, useMuon: false, learningRate: 3e-4 }] })`.
 *
 * With the gradient g of a matrix [n, m] (weights of more axes are [n, everything else]),
 *
 * b ← momentum · b + (1 − momentum) g;  u = (1 − momentum) g + momentum · b, or b without `nesterov`;
 * X = u / ‖u‖, `nsSteps` times X ← 3.4445 X − 4.7750 (X Xᵀ) X + 2.0315 (X Xᵀ)² X;
 * p ← p (1 − learningRate · weightDecay) − learningRate · √max(1, n / m) · X.
 *
 * Throws {@link ArgumentError} for options out of range, and for vectors among the parameters that Muon is to orthogonalise.
 *
 * ```ts
 * const [weight, bias] = [variable(tensor([[3, 0], [0, 4]])), variable(tensor([1, 2]))];
 * const optimizer = new Muon({ weight, bias }, { groups: [{ match: isBiasOrNorm, useMuon: false, learningRate: 0.5 }] });
 * optimizer.step({ weight: tensor([[1, 0], [0, -1]]), bias: tensor([3, -3]) });
 * await bias.toArray();  // [0.5, 2.5]
 * ```
 */
export class Muon extends Optimizer<MuonSettings, Numbers, Slots> {
  static override readonly type: string = 'Muon';

  constructor(parameters: ParameterSource, options: MuonOptions = {}) {
    super(parameters, options, {
      learningRate: 0.02,
      useMuon: true,
      momentum: 0.95,
      nesterov: true,
      nsSteps: 5,
      weightDecay: 0,
      betas: [0.9, 0.95],
      eps: 1e-10,
      maximize: false,
    });
    const vectors = this.groups.flatMap(({ options: { useMuon }, parameters: members }) =>
      useMuon ? [...members].filter(([, { ndim }]) => ndim < 2) : [],
    );
    if (vectors.length > 0) {
      throw new ArgumentError(
        `[Muon] only weights of two axes and more can be made orthogonal; these have fewer: ${vectors.map(([name, each]) => `${name} (${each})`).join(', ')}.`,
        { hint: 'Give them a group that takes AdamW’s steps: groups: [{ match: isBiasOrNorm, useMuon: false, learningRate: 3e-4 }].' }, // prettier-ignore
      );
    }
  }

  protected override check(where: string, options: MuonSettings): void {
    const { useMuon, momentum, nesterov, nsSteps, weightDecay, betas, eps, maximize } = options;
    requireBoolean(where, 'useMuon', useMuon);
    requireBoolean(where, 'nesterov', nesterov);
    requireBoolean(where, 'maximize', maximize);
    requireInteger(where, 'nsSteps', nsSteps, 1);
    requireBetas(where, betas);
    requireNonNegative(where, { momentum }, 1);
    requireNonNegative(where, { weightDecay, eps });
  }

  protected override initial({ shape, ndim }: Tensor, { useMuon }: MuonSettings): Slots {
    const isMatrix = useMuon && ndim >= 2;
    return {
      momentum_buffer: isMatrix ? zeros(shape) : undefined,
      exp_avg: isMatrix ? undefined : zeros(shape),
      exp_avg_sq: isMatrix ? undefined : zeros(shape),
    };
  }

  protected scalars(options: MuonSettings, step: number): Numbers {
    const { learningRate, useMuon, momentum, weightDecay, betas, eps } = options;
    const shrinkage = weightDecay === 0 ? undefined : 1 - learningRate * weightDecay;
    if (useMuon) return { share1: 1 - momentum, share2: undefined, stepSize: learningRate, eps: undefined, shrinkage };
    const [beta1, beta2] = betas;
    const root = Math.sqrt(1 - beta2 ** step);
    return {
      share1: 1 - beta1,
      share2: 1 - beta2,
      stepSize: (learningRate * root) / (1 - beta1 ** step),
      eps: eps * root,
      shrinkage,
    };
  }

  protected override counted(options: Readonly<MuonSettings>, step: Tensor, rate: Tensor): Counted<Numbers> {
    if (options.useMuon) return {};
    const { correction, eps } = corrections(options, step);
    return { stepSize: correction.mul(rate), eps };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    { momentum_buffer, exp_avg, exp_avg_sq }: Slots,
    { share1, share2, stepSize, eps, shrinkage }: StepScalars<Numbers>,
    { nesterov, nsSteps, maximize }: MuonSettings,
  ): Update<Slots> {
    const direction = directionOf(parameter, gradient, { maximize });
    const shrunk = shrinkage === undefined ? parameter : parameter.mul(shrinkage);
    if (exp_avg !== undefined && exp_avg_sq !== undefined && share2 !== undefined && eps !== undefined) {
      const first = moved(exp_avg, direction, share1);
      const second = moved(exp_avg_sq, direction.square(), share2);
      return {
        parameter: shrunk.sub(first.div(second.sqrt().add(eps)).mul(stepSize)),
        state: { exp_avg: first, exp_avg_sq: second },
      };
    }
    if (momentum_buffer === undefined) throw new Error('internal: a matrix without momentum');
    const velocity = moved(momentum_buffer, direction, share1);
    const ahead = nesterov ? velocity.add(direction.sub(velocity).mul(share1)) : velocity;
    const [rows = 1] = parameter.shape;
    const matrix = ahead.reshape([rows, ahead.size / rows]);
    const [, columns = 1] = matrix.shape;
    const change = orthogonalised(matrix, nsSteps).mul(Math.sqrt(Math.max(1, rows / columns)));
    return {
      parameter: shrunk.sub(change.reshape(parameter.shape).mul(stepSize)),
      state: { momentum_buffer: velocity },
    };
  }
}

/** Coefficients of the odd polynomial that brings singular values in (0, 1] near 1 fastest, to within a third. */
const [linear, cubic, quintic] = [3.4445, -4.775, 2.0315];

/** Nearly the orthogonal matrix closest to one of two axes, by Newton and Schulz's iteration. */
function orthogonalised(matrix: Tensor, steps: number): Tensor {
  const [rows = 1, columns = 1] = matrix.shape;
  // The Gram matrix of the shorter side.
  const wide = rows > columns ? matrix.transpose(0, 1) : matrix;
  let x = wide.div(wide.square().sum().sqrt().maximum(1e-7));
  for (let step = 0; step < steps; step++) {
    const gram = x.matmul(x.transpose(0, 1));
    x = x.mul(linear).add(gram.mul(cubic).add(gram.matmul(gram).mul(quintic)).matmul(x));
  }
  return rows > columns ? x.transpose(0, 1) : x;
}
