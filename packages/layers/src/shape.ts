/** Layers that change at most the shape. */
import type { Tensor } from '@hebb/tensor';
import { requireTensor, requireInteger } from '@hebb/tensor/arguments';
import type { ModuleConfig } from './build.ts';
import { Module } from './module.ts';

/** Merges the axes `startAxis` (default 1) … `endAxis` (default −1) into one: [batch, c, h, w] → [batch, c·h·w]. */
export class Flatten extends Module {
  static override readonly name: string = 'Flatten';

  readonly startAxis: number;
  readonly endAxis: number;

  constructor(startAxis = 1, endAxis = -1) {
    super();
    requireInteger('Flatten', 'startAxis', startAxis);
    requireInteger('Flatten', 'endAxis', endAxis);
    this.startAxis = startAxis;
    this.endAxis = endAxis;
  }

  static fromConfig(config: ModuleConfig): Flatten {
    return new Flatten(config['startAxis'] as number | undefined, config['endAxis'] as number | undefined);
  }

  forward(x: Tensor): Tensor {
    requireTensor('Flatten', 'the input', x);
    return x.flatten(this.startAxis, this.endAxis);
  }

  override config(): ModuleConfig {
    return { type: 'Flatten', startAxis: this.startAxis, endAxis: this.endAxis };
  }
}

/** y = x. Takes the place of a layer that is not there. */
export class Identity extends Module {
  static override readonly name: string = 'Identity';

  static fromConfig(): Identity {
    return new Identity();
  }

  forward(x: Tensor): Tensor {
    return x;
  }

  override config(): ModuleConfig {
    return { type: 'Identity' };
  }
}
