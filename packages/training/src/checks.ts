/** What `fit` and `evaluate` are given, checked before anything is computed: what TypeScript refuses is refused when the program runs, too. */
import { DataLoader, type Batches, type Dataset } from '@hebb/data';
import { Module } from '@hebb/layers';
import { Tensor } from '@hebb/tensor';
import { describe, nearest } from '@hebb/tensor/arguments';
import type { Examples } from './batches.ts';
import type { Callback, TrainingOptimizer } from './callback.ts';
import { TrainingError } from './errors.ts';
import { requireEvery } from './every.ts';

/** The error of something that is not what it should be: `[where] name must be …, not …`. */
export function wrong(where: string, name: string, expected: string, given: unknown, hint?: string): TrainingError {
  return new TrainingError(
    `[${where}] ${name} must be ${expected}, not ${describe(given)}.`,
    hint === undefined ? {} : { hint },
  );
}

/** A class that was passed where an instance is wanted. */
function isClassWith(value: unknown, method: string): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object' && method in (value.prototype as object);
}

export function requireModel(where: string, model: unknown): asserts model is Module {
  if (model instanceof Module) return;
  const hint = isClassWith(model, 'forward')
    ? `Make one: new ${(model as { name: string }).name}(…).`
    : 'A model is an object of a class that extends Module, a Sequential for example.';
  throw wrong(where, 'the model', 'a Module', model, hint);
}

export function requireLossFunction(where: string, loss: unknown): void {
  if (typeof loss === 'function' && !isClassWith(loss, 'forward')) return;
  const hint = 'Use { loss: crossEntropy } or another of @hebb/losses, or one of your own: (output, target) => output.sub(target).square().mean().'; // prettier-ignore
  if (loss === undefined) throw new TrainingError(`[${where}] there is no loss to train by.`, { hint });
  throw wrong(where, 'the loss', 'a function (output, target) => loss', loss, hint);
}

export function requireOptimizer(where: string, optimizer: unknown): asserts optimizer is TrainingOptimizer {
  const hint = 'Make one for the model: { optimizer: new AdamW(model, { learningRate: 1e-3 }) }.';
  if (optimizer === undefined) throw new TrainingError(`[${where}] there is no optimizer to train with.`, { hint });
  const { step, parameters, learningRate } = Object(optimizer) as { [K in keyof TrainingOptimizer]?: unknown };
  if (typeof step !== 'function' || !(parameters instanceof Map))
    throw wrong(where, 'the optimizer', 'an object with parameters (a Map), learningRate and step(gradients)', optimizer, hint); // prettier-ignore
  if (typeof learningRate !== 'number' || !(learningRate >= 0) || learningRate === Infinity)
    throw wrong(where, 'the optimizer’s learningRate', 'a number ≥ 0', learningRate);
}

/** A dataset, or a source of batches. `name` says what is wanted: 'the training data'. */
export function requireExamples(where: string, name: string, given: unknown): asserts given is Examples {
  const { length, gather, batches } = Object(given) as Partial<Record<keyof Dataset | keyof Batches, unknown>>;
  const expected = 'a dataset or a DataLoader';
  if (typeof gather !== 'function' && typeof batches !== 'function')
    throw wrong(where, name, expected, given, hintFor(given));
  if (length === undefined && typeof batches === 'function') return; // a stream
  if (!Number.isSafeInteger(length) || (length as number) < 1) {
    throw new TrainingError(
      `[${where}] ${name} must have a length, a positive integer; that of ${describe(given)} is ${describe(length)}.`,
      {
        hint:
          typeof batches === 'function' ? 'It is the number of batches in an epoch.' : 'It is the number of examples.',
      },
    );
  }
}

function hintFor(given: unknown): string {
  const named = typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {};
  if (typeof named['batch'] === 'function') return 'Make batches of its elements: stream.batch(32).';
  if ('train' in named && 'test' in named)
    return 'That is a split: pass its parts, split.train to train on and split.test to validate.';
  if (typeof given === 'number')
    return 'Take a part of the data first: const { train, test } = trainTestSplit(dataset, { test: 0.2 }).';
  const arrays =
    'Make a dataset of arrays: new ArrayDataset({ x: { data, shape }, y: { data, shape } }), where shape is that of one example.';
  if ('x' in named && (named['x'] instanceof Tensor || Array.isArray(named['x']))) return arrays;
  if (Array.isArray(given)) return `${arrays} For batches of your own, implement Batches of @hebb/data.`;
  return arrays;
}

/** Batch size and seed belong to the loader, where there is one. */
export function requireOwnBatches(
  where: string,
  source: Examples,
  options: { batchSize?: unknown; seed?: unknown; dropLast?: unknown },
): void {
  const { batchSize, seed, dropLast } = options;
  if (batchSize !== undefined && (!Number.isSafeInteger(batchSize) || (batchSize as number) < 1))
    throw wrong(where, 'batchSize', 'a positive integer', batchSize);
  if (seed !== undefined && (!Number.isSafeInteger(seed) || (seed as number) < 0))
    throw wrong(where, 'seed', 'an integer from 0', seed);
  if (dropLast !== undefined && typeof dropLast !== 'boolean')
    throw wrong(where, 'dropLast', 'true or false', dropLast);
  if (!('batches' in source)) return;
  for (const [name, value] of Object.entries({ batchSize, seed, dropLast })) {
    if (value === undefined) continue;
    const own = source instanceof DataLoader ? `new DataLoader(dataset, { ${name}: ${describe(value)} })` : 'its own';
    throw new TrainingError(
      `[${where}] ${name} is for datasets; here the batches come from a loader, which has its own.`,
      {
        hint: `Leave it out, and give it to the loader: ${own}.`,
      },
    );
  }
}

const hooks: readonly (keyof Callback)[] = [
  'onTrainStart',
  'onStep',
  'onValidationStart',
  'onValidation',
  'onEpochEnd',
  'onPause',
  'onSave',
  'onTrainEnd',
  'onTrainError',
];

export function requireCallback(where: string, name: string, callback: unknown): asserts callback is Callback {
  if (typeof callback === 'function') {
    const isClass = hooks.some((hook) => isClassWith(callback, hook));
    const hint = isClass
      ? `Make one: new ${callback.name}(…).`
      : `Say when it is to be called: { onEpochEnd: (epoch) => … }.`;
    throw wrong(where, name, 'an object with methods such as onEpochEnd', callback, hint);
  }
  if (typeof callback !== 'object' || callback === null)
    throw wrong(where, name, 'an object with methods such as onEpochEnd', callback);
  const unknown = methodsOf(callback).filter(
    (key) => /^on[A-Z]/.test(key) && !(hooks as readonly string[]).includes(key),
  );
  const known = hooks.filter((hook) => hook in callback);
  const broken = known.find(
    (hook) => callback[hook as never] !== undefined && typeof callback[hook as never] !== 'function',
  );
  if (broken !== undefined) throw wrong(where, `${broken} of ${name}`, 'a function', callback[broken as never]);
  if (unknown.length === 0 && known.length > 0) {
    if (callback['every' as never] !== undefined) requireEvery(where, `every of ${name}`, callback['every' as never]);
    return;
  }
  const [first] = unknown;
  const near = first === undefined ? undefined : nearest(first, hooks);
  throw new TrainingError(
    first === undefined
      ? `[${where}] ${name} would never be called: ${describe(callback)} has none of the methods of a callback.`
      : `[${where}] ${first} of ${name} would never be called.`,
    { hint: `${near === undefined ? '' : `Did you mean ${near}? `}Callbacks may have ${hooks.join(', ')}.` },
  );
}

/** Names of properties and methods, those of the classes included. */
function methodsOf(object: object): string[] {
  const names: string[] = [];
  for (let level: unknown = object; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level))
    names.push(...Object.getOwnPropertyNames(level));
  return names;
}

export function requireCallbacks(where: string, callbacks: unknown): asserts callbacks is readonly Callback[] {
  if (!Array.isArray(callbacks)) {
    throw wrong(
      where,
      'callbacks',
      'an array of callbacks',
      callbacks,
      'A single one goes into an array, too: { callbacks: [callback] }.',
    );
  }
  callbacks.forEach((callback, i) => requireCallback(where, `callbacks[${i}]`, callback));
}

export function requireSignal(where: string, signal: unknown): void {
  const { aborted } = Object(signal) as { aborted?: unknown };
  if (signal === undefined || typeof aborted === 'boolean') return;
  const hint = signal instanceof AbortController ? 'Pass its signal: { signal: controller.signal }.' : undefined;
  throw wrong(where, 'signal', 'an AbortSignal', signal, hint);
}

/** The learning rate that a schedule gave. */
export function requireRate(where: string, rate: unknown, step: number, totalSteps: number): asserts rate is number {
  if (typeof rate === 'number' && rate >= 0 && rate < Infinity) return;
  throw wrong(
    where,
    `schedule(${step}, ${totalSteps})`,
    'a number ≥ 0, the factor of the learning rate in that step',
    rate,
    rate === undefined
      ? 'Does it return a number on every path? An arrow function with braces needs a return.'
      : `Steps go from 0 to ${totalSteps - 1}: look for a division by zero, or a root or power of a negative number.`,
  );
}
