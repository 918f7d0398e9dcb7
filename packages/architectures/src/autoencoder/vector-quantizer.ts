import { buffer, Module, parameter } from '@hebb/layers';
import { assign, embedding, indexAdd, moveAxis, ones, ShapeError, uniform, zeros, type Tensor } from '@hebb/tensor';
import {
  between,
  checkOptions,
  oneOf,
  requireFinite,
  requireOptions,
  requireTensor,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { notNegative, size } from './checks.ts';

export interface VectorQuantizerOptions {
  /** How many vectors the codebook has. */
  codes: number;
  /** How long they are. */
  codeSize: number;
  /** How they learn: 'average', as moving means of what is nearest to them, or 'loss', by gradients of ‖sg(z) − e‖². Default 'average'. */
  codebook?: 'average' | 'loss';
  /** Factor of the part of the penalty that keeps z near its vector. Default 0.25. */
  commitment?: number;
  /** How much of the moving means and counts stays at each step. Default 0.99. */
  decay?: number;
}

const quantizerOptions: OptionNames<VectorQuantizerOptions> = {
  codes: size,
  codeSize: size,
  codebook: oneOf('average', 'loss'),
  commitment: notNegative,
  decay: between(0, 1),
};

/** What a quantizer makes of vectors. */
export interface Quantized {
  /** The nearest vectors of the codebook, in the places of those given; gradients go past them to those. */
  readonly quantized: Tensor;
  /** Which they are, int32[batch, ...field]. */
  readonly indices: Tensor;
  /** For the loss: how far both are apart, []. */
  readonly penalty: Tensor;
}

/** Which vectors of a codebook are in use. */
export interface CodebookUsage {
  /** The share of each, by the moving counts; together 1. */
  readonly shares: readonly number[];
  /** Vectors that are as good as never the nearest: they learn nothing any more. */
  readonly dead: readonly number[];
  /** How many vectors, used equally often, would say as much: e to the entropy of the shares. */
  readonly perplexity: number;
}

export interface CodebookUsageOptions {
  /** A vector is dead whose share is below so much of 1 / codes. Default 0.01. */
  least?: number;
}

const where = 'VectorQuantizer';

/**
 * Vectors replaced by the nearest ones of a codebook (van den Oord, Vinyals & Kavukcuoglu 2017, "Neural Discrete Representation Learning", arXiv:1711.00937): q = e_k with k = argmin ‖z − e_k‖. The choice has no gradient; that of q is handed to z as it is
 * (straight-through: the output is sg(q) + z − sg(z), with sg the value without a gradient). `penalty` is commitment · ‖z − sg(q)‖², as a mean over all elements, and with `codebook: 'loss'` ‖q − sg(z)‖² beside it.
 *
 * With 'average' vectors are no parameters but moving means (appendix A.1 there): N_k ← γ N_k + (1 − γ) n_k, m_k ← γ m_k + (1 − γ) Σ z, over the n_k vectors z of the batch that are nearest to e_k; e_k = m_k / N_k, where N_k is smoothed as the authors' program does,
 * (N_k + 10⁻⁵) / (N + K · 10⁻⁵) · N.
 *
 * Shape: z float32[batch, codeSize, ...field] → `quantized` the same, `indices` int32[batch, ...field], `penalty` []. State: `codebook` [codes, codeSize], a parameter with 'loss' and else a buffer, in −1/K … 1/K at first; buffers `counts` [codes] (1 at first) and, with 'average',
 * `sums` [codes, codeSize]. They move while training alone.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for vectors of another length.
 *
 * ```ts
 * const quantizer = new VectorQuantizer({ codes: 8, codeSize: 4 }).eval();
 * const { quantized, indices } = quantizer.forward(randn([2, 4, 3, 3]));
 * [quantized.shape, indices.shape];  // [[2, 4, 3, 3], [2, 3, 3]]
 * ```
 */
export class VectorQuantizer extends Module<[z: Tensor], Quantized & Record<string, Tensor>> {
  static override readonly type: string = 'VectorQuantizer';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<VectorQuantizerOptions>>;
  readonly codebook: Tensor;
  readonly counts: Tensor;
  readonly sums: Tensor | undefined;

  constructor(options: VectorQuantizerOptions) {
    super();
    requireOptions(where, options, quantizerOptions);
    const { codes, codeSize, codebook = 'average', commitment = 0.25, decay = 0.99 } = options;
    size(where, 'codes', codes);
    size(where, 'codeSize', codeSize);
    this.options = { codes, codeSize, codebook, commitment, decay };
    const first = uniform([codes, codeSize], -1 / codes, 1 / codes);
    this.codebook = codebook === 'loss' ? parameter(first) : buffer(first);
    this.counts = buffer(ones([codes]));
    this.sums = codebook === 'loss' ? undefined : buffer(first);
  }

  /** Which vectors of the codebook are nearest: [batch, codeSize, ...field] → int32[batch, ...field]. To NaN none is nearer than another: 0; `forward` hands NaN on, and while training learns it. */
  indicesOf(z: Tensor): Tensor {
    const rows = this.#rowsOf(z);
    return this.#nearest(rows).reshape([-1, ...z.shape.slice(2)]);
  }

  /** The vectors of the codebook there: int32[batch, ...field] → [batch, codeSize, ...field]. */
  vectorsOf(indices: Tensor): Tensor {
    requireTensor(where, 'the indices', indices);
    return moveAxis(embedding(indices, this.codebook), -1, 1);
  }

  forward(z: Tensor): Quantized & Record<string, Tensor> {
    const rows = this.#rowsOf(z);
    const nearest = this.#nearest(rows);
    const indices = nearest.reshape([-1, ...z.shape.slice(2)]);
    const found = this.vectorsOf(indices);
    const committed = z.sub(found.detach()).square().mean().mul(this.options.commitment);
    const penalty = this.options.codebook === 'loss' ? committed.add(found.sub(z.detach()).square().mean()) : committed;
    // Their sum is the vector of the codebook to the last bit, its gradient that of z.
    const quantized = found.detach().add(z.sub(z.detach()));
    if (this.training) this.#move(rows.detach(), nearest);
    return { quantized, indices, penalty };
  }

  /** How many vectors are in use, by the moving counts of the training. */
  async usage(options: CodebookUsageOptions = {}): Promise<CodebookUsage> {
    checkOptions(`${where}.usage`, options, { least: requireFinite });
    const { least = 0.01 } = options;
    const counts = Array.from(await this.counts.data());
    const total = counts.reduce((sum, count) => sum + count, 0);
    const shares = counts.map((count) => count / total);
    const entropy = shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
    const dead = shares.flatMap((share, code) => (share * counts.length < least ? [code] : []));
    return { shares, dead, perplexity: Math.exp(entropy) };
  }

  /** All vectors below each other: [vectors, codeSize]. */
  #rowsOf(z: Tensor): Tensor {
    const { codeSize } = this.options;
    requireTensor(where, 'the vectors', z);
    if (z.ndim < 2 || z.shape[1] !== codeSize)
      throw new ShapeError(`[${where}] takes vectors [batch, ${codeSize}, ...], not ${z}.`);
    return moveAxis(z, 1, -1).reshape([-1, codeSize]);
  }

  /** ‖z − e‖² is least where ‖e‖² − 2 z · e is. */
  #nearest(rows: Tensor): Tensor {
    const { codebook } = this;
    return codebook
      .square()
      .sum(1)
      .sub(rows.matmul(codebook.transpose(0, 1)).mul(2))
      .argmin(1);
  }

  #move(rows: Tensor, nearest: Tensor): void {
    const { codes, codeSize, decay } = this.options;
    const { counts, sums } = this;
    const moved = (value: Tensor, batch: Tensor): Tensor => value.mul(decay).add(batch.mul(1 - decay));
    const found = indexAdd(zeros([codes]), 0, nearest, ones([rows.shape[0] ?? 0]));
    const newCounts = moved(counts, found);
    assign(counts, newCounts);
    if (sums === undefined) return;
    const newSums = moved(sums, indexAdd(zeros([codes, codeSize]), 0, nearest, rows));
    assign(sums, newSums);
    const total = newCounts.sum();
    const smoothed = newCounts
      .add(epsilon)
      .div(total.add(codes * epsilon))
      .mul(total);
    assign(this.codebook, newSums.div(smoothed.unsqueeze(1)));
  }
}

const epsilon = 1e-5;
