/** Looking on while a model runs: what the summary and ONNX export know of the layers. */
import { requireFunction } from '@hebb/tensor/arguments';
import { withObserver } from './forward.ts';
import { requireModule, type AnyModule } from './module.ts';

/** A call of `forward` that has returned. */
export interface ForwardCall {
  readonly module: AnyModule;
  /** Path of the module in the model that is observed; '' for the model itself. */
  readonly path: string;
  /** As the caller gave them. */
  readonly inputs: readonly unknown[];
  /** As the caller gets it. */
  readonly output: unknown;
}

/**
 * Runs `body` and tells `listener` of every call of `forward`, of `model` or a module in it, once it has returned: inner modules before outer
 * ones. While a compiled function is recorded its calls are among them; when its plan runs, no `forward` is called.
 *
 * ```ts
 * const model = new Sequential(new Linear(4, 8), new ReLU());
 * const paths: string[] = [];
 * observeForwards(model, ({ path }) => paths.push(path), () => model.forward(zeros([2, 4])));
 * paths; // ['0', '1', '']
 * ```
 */
export function observeForwards<T>(model: AnyModule, listener: (call: ForwardCall) => void, body: () => T): T {
  requireModule('observeForwards', 'the model', model);
  requireFunction('observeForwards', 'the listener', listener);
  requireFunction('observeForwards', 'the body', body);
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  return withObserver((module, inputs, output) => {
    const path = paths.get(module);
    if (path !== undefined) listener({ module, path, inputs, output });
  }, body);
}
