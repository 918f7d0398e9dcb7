import {
  alphaDropout,
  ArgumentError,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  dropPath,
  featureAlphaDropout,
  type DropoutOptions,
  type Tensor,
} from '@hebb/tensor';
import { describe, requireTensor, typeNameOf } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';

/** What all of them share: a probability (default 0.5), which may be changed, and that they act while training alone. */
abstract class RandomDrop extends Module {
  static override readonly positional: readonly string[] = ['probability'];

  readonly probability: number;

  constructor(probability = 0.5) {
    super();
    if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
      throw new ArgumentError(`[${typeNameOf(this)}] the probability must lie in 0 … 1, not ${describe(probability)}.`);
    this.probability = probability;
  }

  protected abstract drop(x: Tensor, options: DropoutOptions): Tensor;

  forward(x: Tensor): Tensor {
    requireTensor(typeNameOf(this), 'the input', x);
    return this.drop(x, { probability: this.probability, training: this.training });
  }

  override describe(): string {
    return `${super.describe()} ${this.probability}`;
  }
}

/**
 * While training, each element is 0 with the given probability and otherwise multiplied by 1 / (1 − probability), so that its expectation
 * stays the same; in evaluation mode the input itself (Srivastava et al. 2014). Keeps the shape.
 *
 * Throws {@link ArgumentError} where the probability (default 0.5) does not lie in 0 … 1, as all of its kind.
 */
export class Dropout extends RandomDrop {
  static override readonly type: string = 'Dropout';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout(x, options);
  }
}

/** {@link Dropout} of whole channels of sequences, [batch, channels, length] or [channels, length] (Tompson et al. 2015, arXiv:1411.4280). */
export class Dropout1d extends RandomDrop {
  static override readonly type: string = 'Dropout1d';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout1d(x, options);
  }
}

/** {@link Dropout} of whole channels of images, [batch, channels, h, w], or [batch, channels, length] as in PyTorch. */
export class Dropout2d extends RandomDrop {
  static override readonly type: string = 'Dropout2d';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout2d(x, options);
  }
}

/** {@link Dropout} of whole channels of volumes, [batch, channels, d, h, w] or [channels, d, h, w]. */
export class Dropout3d extends RandomDrop {
  static override readonly type: string = 'Dropout3d';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropout3d(x, options);
  }
}

/**
 * Dropout for {@link SELU}: what is dropped becomes −1.7581, and all is scaled and shifted so that mean 0 and variance 1 stay what they are (Klambauer et al.
 * 2017, arXiv:1706.02515). Keeps the shape.
 */
export class AlphaDropout extends RandomDrop {
  static override readonly type: string = 'AlphaDropout';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return alphaDropout(x, options);
  }
}

/** {@link AlphaDropout} of whole channels of [batch, channels, …]. Throws {@link ShapeError} for less than two axes. */
export class FeatureAlphaDropout extends RandomDrop {
  static override readonly type: string = 'FeatureAlphaDropout';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return featureAlphaDropout(x, options);
  }
}

/**
 * Stochastic depth: while training, whole examples are 0 with the given probability, the others multiplied by 1 / (1 − probability) (Huang et al. 2016,
 * arXiv:1603.09382). On the branch of a residual connection that leaves out the branch.
 *
 * Shape: x [batch, …], kept. Throws {@link ShapeError} for an input without axes.
 *
 * ```ts
 * const block = new Residual(new Sequential(new Linear(4, 4), new DropPath(0.1)));
 * block.forward(ones([2, 4])).shape; // [2, 4]
 * ```
 */
export class DropPath extends RandomDrop {
  static override readonly type: string = 'DropPath';
  protected drop(x: Tensor, options: DropoutOptions): Tensor {
    return dropPath(x, options);
  }
}
