/** Layers that change at most the shape. */
import type { Tensor } from '@hebb/tensor';
import { requireTensor, requireInteger } from '@hebb/tensor/arguments';
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

/** y = x. Takes the place of a layer that is not there. */
export class Identity extends Module {
  static override readonly type: string = 'Identity';

  forward(x: Tensor): Tensor {
    return x;
  }
}
