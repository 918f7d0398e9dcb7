/** Activation functions along an axis, as modules. */
import { glu, ShapeError, softmin, type Tensor } from '@hebb/tensor';
import { Activation, ActivationAlongAxis } from './activation.ts';

/** eˣ / Σ eˣ along `axis` (default −1). Not needed before `crossEntropy`, which takes logits. */
export class Softmax extends ActivationAlongAxis {
  static override readonly type: string = 'Softmax';
  protected apply(x: Tensor): Tensor {
    return x.softmax(this.axis);
  }
}

/** x − ln Σ eˣ along `axis` (default −1). Not needed before `crossEntropy`, which takes logits. */
export class LogSoftmax extends ActivationAlongAxis {
  static override readonly type: string = 'LogSoftmax';
  protected apply(x: Tensor): Tensor {
    return x.logSoftmax(this.axis);
  }
}

/** e⁻ˣ / Σ e⁻ˣ along `axis` (default −1). */
export class Softmin extends ActivationAlongAxis {
  static override readonly type: string = 'Softmin';
  protected apply(x: Tensor): Tensor {
    return softmin(x, this.axis);
  }
}

/** The softmax over the channels of images: [N, C, h, w] or [C, h, w], shape kept. Throws {@link ShapeError} for other numbers of axes. */
export class Softmax2d extends Activation {
  static override readonly type: string = 'Softmax2d';
  protected apply(x: Tensor): Tensor {
    if (x.ndim !== 3 && x.ndim !== 4)
      throw new ShapeError(
        `[Softmax2d] takes [batch, channels, height, width] or [channels, height, width], not ${x}.`,
      );
    return x.softmax(-3);
  }
}

/**
 * The gated linear unit a · σ(b), where a and b are the halves of x along `axis` (default −1), which becomes half as long (Dauphin et al. 2016,
 * arXiv:1612.08083). With other gates: `reglu`, `geglu`, `swiglu`.
 *
 * Throws {@link ShapeError} for an axis of odd extent.
 */
export class GLU extends ActivationAlongAxis {
  static override readonly type: string = 'GLU';
  protected apply(x: Tensor): Tensor {
    return glu(x, this.axis);
  }
}
