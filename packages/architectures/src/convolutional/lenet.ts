import { AvgPool2d, Conv2d, Linear, Module, ReLU, Tanh } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { oneOf, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { oneOfNumbers, requireImages, size } from './checks.ts';

export interface LeNet5Options {
  /** Number of classes: the logits. Default 10. */
  classes?: number;
  /** Channels of the images. Default 1. */
  channels?: number;
  /** Height and width of the images: 32, or 28, which get a frame of two rows of zeros, as the paper has MNIST. Default 32. */
  imageSize?: 28 | 32;
  /** Behind each layer but the last. Default 'tanh'. */
  activation?: 'tanh' | 'relu';
}

const leNetOptions: OptionNames<LeNet5Options> = {
  classes: size,
  channels: size,
  imageSize: oneOfNumbers(28, 32),
  activation: oneOf('tanh', 'relu'),
};

/**
 * LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-Based Learning Applied to Document Recognition"), which read the digits of bank cheques:
 * 5 × 5 convolutions to 6 channels (C1) and 16 (C3), each halved by means of 2 × 2 pixels, 120 numbers (C5), 84 (F6), the logits.
 *
 * As it is built today: every channel of C3 sees all of C1, not the chosen ones of the paper's table; means have no weights of their own; tanh is not scaled; and the
 * output is linear, for the cross-entropy, where the paper measures distances to drawn patterns. 61,706 parameters.
 *
 * Shape: float32[batch, channels, imageSize, imageSize] → float32[batch, classes]. Parameters by the paper's names: `c1`, `c3`, `c5`, `f6`, `output`, each with `weight` and
 * `bias`, as PyTorch's layers begin.
 *
 * Throws `ArgumentError` for options out of range, `ShapeError` for images of another size.
 *
 * ```ts
 * const model = new LeNet5({ imageSize: 28 });
 * model.forward(zeros([32, 1, 28, 28])).shape;  // [32, 10]
 * model.parameterCount;  // 61706
 * ```
 */
export class LeNet5 extends Module {
  static override readonly type: string = 'LeNet5';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<LeNet5Options>>;
  readonly c1: Conv2d;
  readonly s2: AvgPool2d = new AvgPool2d(2);
  readonly c3: Conv2d;
  readonly s4: AvgPool2d = new AvgPool2d(2);
  readonly c5: Conv2d;
  readonly f6: Linear;
  readonly output: Linear;
  readonly activation: Tanh | ReLU;

  constructor(options: LeNet5Options = {}) {
    super();
    requireOptions('LeNet5', options, leNetOptions);
    const { classes = 10, channels = 1, imageSize = 32, activation = 'tanh' } = options;
    this.options = { classes, channels, imageSize, activation };
    this.c1 = new Conv2d(channels, 6, 5, { padding: (32 - imageSize) / 2 });
    this.c3 = new Conv2d(6, 16, 5);
    this.c5 = new Conv2d(16, 120, 5);
    this.f6 = new Linear(120, 84);
    this.output = new Linear(84, classes);
    this.activation = activation === 'tanh' ? new Tanh() : new ReLU();
  }

  forward(x: Tensor): Tensor {
    const { channels, imageSize } = this.options;
    requireImages('LeNet5', x, channels, [imageSize, imageSize]);
    const { activation } = this;
    const first = this.s2.forward(activation.forward(this.c1.forward(x)));
    const second = this.s4.forward(activation.forward(this.c3.forward(first)));
    const third = activation.forward(this.c5.forward(second)).flatten(1);
    return this.output.forward(activation.forward(this.f6.forward(third)));
  }
}
