/** Layers that change at most the shape. */
import { unflatten, type Tensor } from '@hebb/tensor';
import { requireArray, requireInteger, requireTensor } from '@hebb/tensor/arguments';
import { Module } from '../module/module.ts';

/** Merges the axes `startAxis` (default 1) … `endAxis` (default −1) into one: [batch, c, h, w] → [batch, c·h·w]. */
export class Flatten extends Module {
  static override readonly type: string = 'Flatten';
  static override readonly positional: readonly string[] = ['startAxis', 'endAxis'];

  readonly startAxis: number;
  readonly endAxis: number;

  constructor(startAxis = 1, endAxis = -1) {
    super();
    requireInteger('Flatten', 'startAxis', startAxis);
    requireInteger('Flatten', 'endAxis', endAxis);
    this.startAxis = startAxis;
    this.endAxis = endAxis;
  }

  forward(x: Tensor): Tensor {
    requireTensor('Flatten', 'the input', x);
    return x.flatten(this.startAxis, this.endAxis);
  }
}

/**
 * Divides `axis` into axes of the extents `sizes`, one of which may be −1, what is left: `new Unflatten(1, [2, -1])` makes [batch, 2, 6] of [batch, 12].
 *
 * ```ts
 * new Unflatten(1, [16, 4, 4]).forward(zeros([8, 256])).shape;  // [8, 16, 4, 4]
 * ```
 */
export class Unflatten extends Module {
  static override readonly type: string = 'Unflatten';
  static override readonly positional: readonly string[] = ['axis', 'sizes'];

  readonly axis: number;
  readonly sizes: readonly number[];

  constructor(axis: number, sizes: readonly number[]) {
    super();
    requireInteger('Unflatten', 'axis', axis);
    requireArray('Unflatten', 'sizes', sizes);
    for (const size of sizes) requireInteger('Unflatten', 'a size', size, -1);
    this.axis = axis;
    this.sizes = [...sizes];
  }

  forward(x: Tensor): Tensor {
    return unflatten(x, this.axis, this.sizes);
  }

  override describe(): string {
    return `${super.describe()} [${this.sizes.join(', ')}]`;
  }
}

/** y = x. Takes the place of a layer that is not there. */
export class Identity extends Module {
  static override readonly type: string = 'Identity';

  forward(x: Tensor): Tensor {
    return x;
  }
}
