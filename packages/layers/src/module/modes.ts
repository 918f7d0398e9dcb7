/** Modes for a while. */
import { requireBoolean, requireFunction } from '@hebb/tensor/arguments';
import { requireModule, type AnyModule } from './module.ts';

/**
 * Runs `body` with `model` and all modules in it in training mode (`training` true) or evaluation mode (false), and puts back the mode that
 * each of them had, also where `body` throws. Of a `body` that is async, once its promise has settled.
 *
 * ```ts
 * const model = new Sequential(new Linear(4, 8), new Dropout());
 * const logits = withMode(model, false, () => model.forward(zeros([2, 4]))); // without dropout
 * model.training; // true
 * ```
 */
export function withMode<T>(model: AnyModule, training: boolean, body: () => T): T {
  requireModule('withMode', 'the model', model);
  requireBoolean('withMode', 'training', training);
  requireFunction('withMode', 'the body', body);
  const restore = modesOf(model);
  model.train(training);
  let result: T;
  try {
    result = body();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}

/**
 * Remembers the mode of every module in `models`; the result puts them back. For what {@link withMode} cannot hold, a generator say.
 */
export function modesOf(...models: AnyModule[]): () => void {
  for (const model of models) requireModule('modesOf', 'a model', model);
  const modes = models
    .flatMap((model) => [...model.namedModules().values()])
    .map((module) => ({ module, training: module.training }));
  return () => {
    for (const { module, training } of modes) module.training = training;
  };
}
