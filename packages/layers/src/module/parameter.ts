/** The two kinds of state that a module holds: parameters, which are trained, and buffers, which are not. */
import { variable, type Tensor } from '@hebb/tensor';

let afterEach: (() => void) | undefined;

/** Runs what makes modules, and calls `listener` after each parameter that it makes. */
export function afterEachParameter<T>(listener: () => void, make: () => T): T {
  const before = afterEach;
  afterEach = listener;
  try {
    return make();
  } finally {
    afterEach = before;
  }
}

/**
 * A parameter: a variable with respect to which gradients are taken. A module that holds one in a field lists it under the field's name.
 *
 * ```ts
 * class Scale extends Module {
 *   weight = parameter(ones([1]));
 *   forward(x: Tensor): Tensor { return x.mul(this.weight); }
 * }
 * ```
 */
export function parameter(initial: Tensor): Tensor {
  const made = variable(initial, { requiresGrad: true });
  afterEach?.();
  return made;
}

/** A buffer: state that is saved with the module and changed with `assign`, never by an optimizer (running statistics, say). */
export function buffer(initial: Tensor): Tensor {
  return variable(initial);
}
