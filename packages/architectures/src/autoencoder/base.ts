/** What all autoencoders do, whatever they are trained for. */
import { Module } from '@hebb/layers';
import { concat, lerp, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, requireInteger, typeNameOf, type OptionNames } from '@hebb/tensor/arguments';

export interface CodeInterpolationOptions {
  /** How many codes, both ends with them, 2 to 10,000. Default 8. */
  steps?: number;
}

const interpolateOptions: OptionNames<CodeInterpolationOptions> = {
  steps: (where, name, value) => requireInteger(where, name, value, 2, 10_000),
};

/** An encoder makes a small code of an example, a decoder the example of the code. */
export abstract class AutoencoderModule<Inputs extends readonly unknown[], Output> extends Module<Inputs, Output> {
  /** The codes of examples. */
  abstract encode(x: Tensor): Tensor;

  /** Examples of codes. */
  abstract decode(code: Tensor): Tensor;

  /** What is left of examples behind their codes: `decode(encode(x))`, of the shape of x. */
  reconstruct(x: Tensor): Tensor {
    return this.decode(this.encode(x));
  }

  /**
   * How badly each example is reconstructed, [batch]: high for what is unlike the examples that the model was trained with. The mean squared error of an example's elements.
   */
  anomalyScore(x: Tensor): Tensor {
    const difference = this.reconstruct(x).sub(x).square();
    return difference.flatten(1).mean(1);
  }

  /**
   * What lies between two codes: both ends and what comes in equal steps on the straight line from one to the other, decoded.
   *
   * Shape: from and to as `encode` gives them, the same → [batch, steps, ...] of examples.
   *
   * Throws {@link ShapeError} where the codes differ in shape.
   *
   * ```ts
   * const model = new Autoencoder({ inputs: 6, hidden: [4], code: 2 });
   * const [first, second] = [model.encode(zeros([1, 6])), model.encode(ones([1, 6]))];
   * model.interpolate(first, second, { steps: 5 }).shape;  // [1, 5, 6]
   * ```
   */
  interpolate(from: Tensor, to: Tensor, options: CodeInterpolationOptions = {}): Tensor {
    checkOptions('interpolate', options, interpolateOptions);
    const { steps = 8 } = options;
    const [a, b] = [this.vectorsOf(from), this.vectorsOf(to)];
    if (a.shape.join() !== b.shape.join())
      throw new ShapeError(`[${typeNameOf(this)}.interpolate] takes two codes of one shape, not ${from} and ${to}.`);
    const between = Array.from({ length: steps }, (_, i) =>
      this.decodeVectors(lerp(a, b, i / (steps - 1))).unsqueeze(1),
    );
    return concat(between, 1);
  }

  /** Codes as points of a space where there are straight lines. */
  protected vectorsOf(code: Tensor): Tensor {
    return code;
  }

  /** The examples of such points. */
  protected decodeVectors(vectors: Tensor): Tensor {
    return this.decode(vectors);
  }
}
