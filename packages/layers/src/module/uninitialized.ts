import { HebbError } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import { placeOf } from './known.ts';
import type { AnyModule } from './module.ts';

/** A lazy layer, which has no parameters yet, was to be computed, trained or saved. */
export class UninitializedError extends HebbError {
  static override readonly name: string = 'UninitializedError';
  readonly layer: AnyModule;
  /** The inputs of the call, where it was called. */
  readonly inputs: readonly unknown[] | undefined;

  constructor(layer: AnyModule, inputs?: readonly unknown[]) {
    super(`[${typeNameOf(layer)}] ${placeOf(layer)} has no parameters yet: the size of its input is not known.`, {
      hint: "Call initialize(model, inputShape) once the model is made, and then make an optimizer: initialize(model, ['batch', 784]).",
    });
    this.layer = layer;
    this.inputs = inputs;
    this.conceal();
  }
}
