/** Initial parameters that follow from a seed and their names alone. */
import { ArgumentError, assign, defaultGenerator, Generator, Tensor } from '@hebb/tensor';
import {
  checkOptions,
  isPlain,
  requireFunction,
  requireInteger,
  requirePlain,
  typeNameOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { fromConfig, ownTypes } from './config.ts';
import type { ModuleTypes } from './module/build.ts';
import { requireModule, type AnyModule, type Module } from './module/module.ts';
import { afterEachParameter } from './module/parameter.ts';
import { Reparametrization } from './normalization/reparametrization.ts';
import { isModule } from './module/known.ts';

export interface InitializeByNameOptions {
  /**
   * The initial value of a parameter, drawn from a generator that only this name has, or undefined where it is to stay as it is. Default: what the parameter's
   * layer begins with, drawn from a generator that only the parameter's name has.
   */
  scheme?: (name: string, parameter: Tensor, generator: Generator) => Tensor | undefined;
  /** Classes beyond those of this package that have parameters of their own, for the default: `{ Net }`. */
  types?: ModuleTypes;
}

const initializeByNameOptions: OptionNames<InitializeByNameOptions> = { scheme: requireFunction, types: requirePlain };

/** A seed of its own for each name: FNV-1a of both, mixed as MurmurHash ends. */
function seedOf(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  const take = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (let shift = 0; shift < 32; shift += 8) take((seed >>> shift) & 255);
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    take(unit & 255);
    take(unit >>> 8);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Gives all parameters of a model new initial values that follow from `seed` and their names: the same whichever other layers and parameters there are, in whatever order
 * they were made, and on every device. Every parameter has a generator of its own, whose seed follows from `seed` and the name; by default it gets what its layer
 * begins with. A tied parameter counts by its first name; buffers and the default generator stay as they are.
 *
 * @param seed - an integer from 0 to 2³² − 1
 * @returns the model.
 *
 * Throws {@link ArgumentError} for another seed, a scheme that gives another shape, and, without a scheme, for parameters that a class of yours holds
 * itself unless it is among `types`.
 *
 * ```ts
 * const small = initializeByName(new Sequential(new Linear(4, 8), new ReLU()), 7);
 * const large = initializeByName(new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3)), 7);
 * const weights = [small, large].map((model) => model.getMember('0.weight') as Tensor);
 * String(await weights[0]?.toArray()) === String(await weights[1]?.toArray()); // true
 *
 * const scheme = (name: string, { shape }: Tensor, generator: Generator) =>
 *   name.endsWith('weight') ? normal(shape, { std: 0.02, generator }) : zeros(shape);
 * initializeByName(large, 7, { scheme });
 * ```
 */
export function initializeByName<M extends AnyModule>(
  model: M,
  seed: number,
  options: InitializeByNameOptions = {},
): M {
  requireModule('initializeByName', 'the model', model);
  requireInteger('initializeByName', 'the seed', seed, 0, 0xffffffff);
  checkOptions('initializeByName', options, initializeByNameOptions);
  const { scheme, types = {} } = options;
  const parameters = model.namedParameters();
  const defaults = scheme === undefined ? defaultsOf(model, seed, types) : undefined;
  const values = [...parameters].map(([name, parameter]) => {
    const value = defaults?.get(name) ?? scheme?.(name, parameter, new Generator(seedOf(seed, name)));
    if (value !== undefined || defaults !== undefined) requireFitting(name, parameter, value);
    return [parameter, value] as const;
  });
  for (const [parameter, value] of values) if (value !== undefined) assign(parameter, value);
  return model;
}

/** By name what every layer begins with. A layer of ours is built as a whole, without what it was given; of other classes, what they hold themselves. */
function defaultsOf(model: AnyModule, seed: number, types: ModuleTypes): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  const known = ownTypes();
  const seen = new Set<AnyModule>();
  const visit = (module: AnyModule, path: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const inner = [...module.members()].filter((member): member is [string, AnyModule] => isModule(member[1]));
    const given = modulesIn(module);
    const isOurs = known[typeNameOf(module)] === module.constructor;
    const apart = isOurs ? inner.filter(([, each]) => given.has(each)) : inner;
    const full = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const own = [...module.namedParameters().keys()].filter(
      (name) => !apart.some(([other]) => name.startsWith(`${other}.`)),
    );
    for (const name of own) {
      if (values.has(full(name))) continue;
      const fresh = seededBy(seedOf(seed, full(drawnAs(module, name))), () => fromConfig(module.config(), types));
      const value = fresh.namedParameters().get(name);
      if (value !== undefined) values.set(full(name), value.detach());
    }
    for (const [name, each] of apart) visit(each, full(name));
  };
  visit(model, '');
  return values;
}

/** By whose name a parameter is drawn: of what a weight is computed of, that of the weight, since lengths and directions are those of one draw. */
function drawnAs(module: AnyModule, name: string): string {
  return module instanceof Reparametrization && name.startsWith('weight_') ? 'weight' : name;
}

/** The modules among the arguments of a module's constructor, also in lists and objects. */
function modulesIn(module: AnyModule): Set<AnyModule> {
  const { positional, options } = module.constructor as typeof Module;
  const found = new Set<AnyModule>();
  const look = (value: unknown): void => {
    if (isModule(value)) found.add(value);
    else if (Array.isArray(value)) value.forEach(look);
    else if (isPlain(value)) Object.values(value).forEach(look);
  };
  for (const field of [...positional, ...Object.keys(options)]) look(Reflect.get(module, field.replace('...', '')));
  return found;
}

/** What is made while the default generator has that seed. Each parameter draws as if it were the first, whatever is made before it. */
function seededBy<T>(seed: number, make: () => T): T {
  const before = defaultGenerator.stateDict();
  const begin = (): void => defaultGenerator.reset(seed);
  try {
    begin();
    return afterEachParameter(begin, make);
  } finally {
    defaultGenerator.loadStateDict(before);
  }
}

function requireFitting(name: string, parameter: Tensor, value: Tensor | undefined): void {
  if (value instanceof Tensor && value.shape.join() === parameter.shape.join()) return;
  throw new ArgumentError(
    `[initializeByName] '${name}' is ${parameter}; there is no such initial value, but ${String(value)}.`,
    {
      hint: 'Give a scheme that makes one: initializeByName(model, seed, { scheme: (name, parameter, generator) => … }).',
    },
  );
}
