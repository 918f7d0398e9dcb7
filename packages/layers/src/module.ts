/**
 * Modules: plain classes whose fields are parameters, buffers and other modules. Names are the paths of the fields
 * (`features.0.weight`), found by walking them; there is nothing to register.
 */
import { ArgumentError, assign, guard, ShapeError, Tensor } from '@hebb/tensor';
import { checkOptions, nearest, requireBoolean, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { ModuleConfig } from './build.ts';
import { Forwarding, type ForwardHook, type ForwardPreHook } from './forward.ts';
import { fieldsOf, type Fields } from './members.ts';
import { stateEntries, type NamedTensors, type StateDict } from './state.ts';

/** A module whatever its `forward` takes and returns. */
export type AnyModule = Module<never, unknown>;

export interface LoadOptions {
  /** Whether missing and unexpected names are errors. Default true. Shapes must fit in any case. */
  strict?: boolean;
}

const loadOptions: OptionNames<LoadOptions> = { strict: true };

export interface LoadReport {
  /** Names in the module for which the state has no tensor. */
  readonly missing: readonly string[];
  /** Names in the state that the module does not have. */
  readonly unexpected: readonly string[];
}

/** A module on a walk, with what it holds itself. */
interface Visit {
  readonly path: string;
  readonly module: AnyModule;
  readonly parameters: (readonly [name: string, tensor: Tensor])[];
  readonly buffers: (readonly [name: string, tensor: Tensor])[];
}

/**
 * Base class of everything with parameters.
 *
 * ```ts
 * class Net extends Module {
 *   hidden = new Linear(4, 8);
 *   output = new Linear(8, 3);
 *   forward(x: Tensor): Tensor { return this.output.forward(this.hidden.forward(x).relu()); }
 * }
 * [...new Net().namedParameters().keys()];  // ['hidden.weight', 'hidden.bias', 'output.weight', 'output.bias']
 * ```
 *
 * Fields that hold parameters, buffers, modules, or arrays, plain objects, Maps and Sets of these, as deep as you like, are listed: names
 * are the keys on the way (`heads.cat.weight`; positions in arrays and Sets). Private fields (`#name`), values behind getters of a class, and
 * what functions close over cannot be seen and are no part of the module. What can be seen and has no name is an {@link ArgumentError}: a
 * module in an object of a class that is no module, a key with a dot in it, two members of one name.
 *
 * A function made by `compile` follows changes of the module on the host: the mode, and for every module whose `forward` it records the
 * fields (a layer that was replaced, another parameter, an option such as a dropout's probability) and the members in arrays, plain objects,
 * Maps and Sets. It is recorded anew then, so what changes at every step belongs in a `variable` or a `scalar`, or, where `forward` does not
 * read it, in a private field. Not followed: private fields, what lies deeper in objects, and variables outside of the module; read these
 * through `guard`.
 *
 * @typeParam Inputs - what `forward` takes; any number of tensors by default.
 * @typeParam Output - what it returns; a tensor by default.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each subclass names its own
export abstract class Module<Inputs extends readonly unknown[] = Tensor[], Output = Tensor> {
  #training = true;
  #path = '';
  readonly #forwarding = new Forwarding(this, isMember);

  constructor() {
    // It may be a field of the subclass, set later; or forgotten, as no compiler tells JavaScript.
    if ((this as { forward?: unknown }).forward === undefined)
      Object.defineProperty(this, 'forward', { value: missingForward, configurable: true, writable: true });
    this.#forwarding.wrap();
  }

  /**
   * Whether the module trains (dropout drops, batch normalisation uses the batch's statistics); true at first. See {@link train} and
   * {@link eval}. Read in a `forward`, it is followed by compiled functions, too: a call that finds it changed is recorded anew.
   */
  get training(): boolean {
    return guard(() => this.#training);
  }
  set training(training: boolean) {
    this.#training = training;
  }

  /** Computes the output. */
  abstract forward(...inputs: Inputs): Output;

  /** Parameters, buffers and modules held directly, with their names. Containers that name their members otherwise override it. */
  members(): Iterable<readonly [string, Tensor | AnyModule]> {
    return fieldsOf(this, isMember).members;
  }

  /** This module ('') and all modules in it by path, outer before inner; one that is held twice is listed once. */
  namedModules(): Map<string, AnyModule> {
    return byName(walk(this).map(({ path, module }) => [path, module]));
  }

  /** All parameters by name, in PyTorch's order; one that is held twice is listed once, under its first name. */
  namedParameters(): Map<string, Tensor> {
    return distinct(walk(this).flatMap(({ parameters }) => parameters));
  }

  /** All buffers by name, in PyTorch's order. */
  namedBuffers(): Map<string, Tensor> {
    return distinct(walk(this).flatMap(({ buffers }) => buffers));
  }

  /** All parameters, in the order of {@link namedParameters}. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** The parameters that are not frozen now, by name. In a compiled function it is followed: a call that finds others is recorded anew. */
  trainableParameters(): Map<string, Tensor> {
    return new Map([...this.namedParameters()].filter(([, { trainable }]) => trainable));
  }

  /**
   * Freezes all parameters in this module: `backward` leaves them without a gradient, and optimizers leave them as they are. Modes are
   * another matter, as in PyTorch: batch normalisation goes on updating its running statistics, and dropout drops, until {@link eval}.
   *
   * ```ts
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
   * model.at(0)?.freeze();
   * [...model.trainableParameters().keys()];  // ['2.weight', '2.bias']
   * ```
   */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = false;
    return this;
  }

  /** Lets all parameters in this module train again; see {@link freeze}. */
  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = true;
    return this;
  }

  /** Number of elements of all parameters. */
  get parameterCount(): number {
    return this.parameters().reduce((count, { size }) => count + size, 0);
  }

  /** Puts this module and all modules in it into training mode, or with `false` into evaluation mode. */
  train(mode = true): this {
    requireBoolean('train', 'mode', mode);
    for (const { module } of walk(this)) module.training = mode;
    return this;
  }

  /** Puts this module and all modules in it into evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Parameters and buffers by name, in PyTorch's order. The tensors are the module's own: they change as it trains. `detach()` of one is
   * its value at this moment.
   */
  stateDict(): StateDict {
    return distinct(walk(this).flatMap(({ parameters, buffers }) => [...parameters, ...buffers]));
  }

  /**
   * Takes over values by name, converting dtypes. Nothing is changed where an error is thrown. Of a parameter that is held twice, the
   * state needs one of the names and may have all of them.
   *
   * Throws {@link ArgumentError} that lists all missing and unexpected names (unless `strict` is false) and all shapes that differ.
   */
  loadStateDict(state: NamedTensors, options: LoadOptions = {}): LoadReport {
    checkOptions('loadStateDict', options, loadOptions);
    const { strict = true } = options;
    requireBoolean('loadStateDict', 'strict', strict);
    const own = byName(walk(this, { again: true }).flatMap(({ parameters, buffers }) => [...parameters, ...buffers]));
    const given = new Map(stateEntries(state, 'loadStateDict'));
    const found = new Set([...given.keys()].map((name) => own.get(name)));
    const missing = [...this.stateDict()].filter(([, tensor]) => !found.has(tensor)).map(([name]) => name);
    const unexpected: string[] = [];
    const misshapen: string[] = [];
    for (const [name, value] of given) {
      const target = own.get(name);
      if (target === undefined) unexpected.push(name);
      else if (target.shape.join() !== value.shape.join())
        misshapen.push(`${name}: the module has ${target}, the state ${value}`);
    }
    const reasons = [
      ...(strict ? [listed('missing', missing), listed('unexpected', unexpected)] : []),
      listed('of another shape', misshapen),
    ].filter((reason) => reason !== '');
    if (reasons.length > 0) {
      const hint =
        strict && missing.length + unexpected.length > 0
          ? { hint: 'With { strict: false } missing and unexpected names are left alone.' }
          : {};
      throw new (misshapen.length > 0 ? ShapeError : ArgumentError)(
        `[loadStateDict] the state does not fit ${this.describe()}.${reasons.join('')}`,
        hint,
      );
    }
    for (const [name, value] of given) {
      const target = own.get(name);
      if (target !== undefined && target !== value) assign(target, value.to(target.dtype));
    }
    return { missing, unexpected };
  }

  /** JSON from which `fromConfig` rebuilds the module, without its parameters. Throws {@link ArgumentError} where a class does not say. */
  config(): ModuleConfig {
    throw new ArgumentError(`[config] ${this.constructor.name} does not say how to rebuild it.`, {
      hint: `Override config() to return { type: '${this.constructor.name}', … } and give the class a static fromConfig(config).`,
    });
  }

  /**
   * Calls `hook` before every `forward` of this module; a list that it returns takes the place of the inputs. Hooks run in the order in which
   * they were registered. In a compiled function they run while it is recorded; one that is added or removed later takes effect at the next call.
   *
   * ```ts
   * const layer = new Linear(2, 2);
   * const remove = layer.registerForwardPreHook((_, [x]) => x && [x.detach()]);
   * remove();
   * ```
   *
   * @returns removes the hook.
   */
  registerForwardPreHook<M extends AnyModule>(this: M, hook: ForwardPreHook<M>): () => void {
    return this.#forwarding.addPreHook(hook as never);
  }

  /**
   * Calls `hook` after every `forward` of this module; what it returns, unless undefined, takes the place of the output. Otherwise as
   * {@link registerForwardPreHook}. A value that it keeps while a compiled function is recorded cannot be read.
   *
   * ```ts
   * const layer = new Linear(2, 3);
   * const kept: Tensor[] = [];
   * const remove = layer.registerForwardHook((_, __, output) => void kept.push(output));
   * layer.forward(zeros([4, 2]));
   * kept[0]?.shape;  // [4, 3]
   * remove();
   * ```
   *
   * @returns removes the hook.
   */
  registerForwardHook<M extends AnyModule>(this: M, hook: ForwardHook<M>): () => void {
    return this.#forwarding.addHook(hook as never);
  }

  /** The class and what distinguishes this instance: `Linear 784 → 10`. */
  describe(): string {
    return this.constructor.name;
  }

  /** `classifier.1 (Linear 9216 → 128)`: the path is known once a model that holds the module was walked (by an optimizer, say). */
  toString(): string {
    return this.#path === '' ? this.describe() : `${this.#path} (${this.describe()})`;
  }

  /** Remembers where the module was found; the path from further outside wins. Called on walks. */
  foundAt(path: string): void {
    if (path !== '' && !this.#path.endsWith(`.${path}`)) this.#path = path;
    this.#forwarding.wrap();
  }
}

/** Throws {@link ArgumentError} unless `value` is a module. */
export function requireModule(where: string, name: string, value: unknown): asserts value is AnyModule {
  if (!(value instanceof Module)) throw wrongArgument(where, name, 'a module', value);
}

function missingForward(this: object): never {
  const { name } = this.constructor;
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(this));
  const near = nearest('forward', methods);
  throw new ArgumentError(`[${name}] has no method forward, which computes its output.`, {
    hint: near === undefined ? 'Give the class one: forward(x) { return …; }.' : `Is ${near} meant to be it?`,
  });
}

function isMember(value: unknown): value is Tensor | AnyModule {
  return value instanceof Module || (value instanceof Tensor && value.isVariable);
}

/** Modules from the outside in, as PyTorch walks them. With `again`, shared ones at each of their places. */
function walk(root: AnyModule, { again = false } = {}): Visit[] {
  const visits: Visit[] = [];
  const seen = new Set<AnyModule>();
  const suspicious: { readonly module: AnyModule; readonly enclosed: Fields<Tensor | AnyModule>['enclosed'] }[] = [];
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const found: Visit = { path, module, parameters: [], buffers: [] };
    visits.push(found);
    const inner: [string, AnyModule][] = [];
    const { members, enclosed } = membersOf(module);
    if (enclosed.length > 0) suspicious.push({ module, enclosed });
    for (const [name, value] of members) {
      const full = path === '' ? name : `${path}.${name}`;
      if (value instanceof Tensor) (value.requiresGrad ? found.parameters : found.buffers).push([full, value]);
      else inner.push([full, value]);
    }
    for (const [full, value] of inner) visit(full, value);
    if (again) seen.delete(module);
  };
  visit('', root);
  if (suspicious.length > 0) {
    const listed = new Set(
      visits.flatMap(({ module, parameters, buffers }) => [
        module,
        ...[...parameters, ...buffers].map(([, tensor]) => tensor),
      ]),
    );
    for (const { module, enclosed } of suspicious)
      requireListed(
        module,
        enclosed.filter(([, value]) => !listed.has(value)),
      );
  }
  if (!again) for (const { path, module } of visits) module.foundAt(path);
  return visits;
}

/** What a module says it holds, and what in its fields has no name. */
function membersOf(
  module: AnyModule,
): { members: Iterable<readonly [string, Tensor | AnyModule]> } & Pick<Fields<Tensor | AnyModule>, 'enclosed'> {
  // A class that names its members itself decides what they are.
  return module.members === Module.prototype.members
    ? fieldsOf(module, isMember)
    : { members: module.members(), enclosed: [] };
}

/** Throws {@link ArgumentError} for members that a walk would skip. */
function requireListed(module: AnyModule, skipped: Fields<Tensor | AnyModule>['enclosed']): void {
  const [first] = skipped;
  if (first === undefined) return;
  const [field = ''] = first[0].split('.');
  const list = skipped.map(
    ([path, value]) => `${path} (${value instanceof Module ? value.describe() : String(value)})`,
  );
  throw new ArgumentError(
    `[${module.constructor.name}] the field ${field} holds what is no module and has no names, and in it: ${list.join(', ')}. A walk would skip them.`,
    {
      hint: `Let its class extend Module, or hold its modules and parameters in an array, a plain object, a Map or a Set. What is no part of the model belongs in a private field, #${field}.`,
    },
  );
}

function distinct(named: readonly (readonly [string, Tensor])[]): Map<string, Tensor> {
  const seen = new Set<Tensor>();
  return byName(named.filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor)));
}

/** A Map, where no two have one name. Throws {@link ArgumentError} otherwise. */
function byName<T>(named: readonly (readonly [string, T])[]): Map<string, T> {
  const map = new Map(named);
  if (map.size === named.length) return map;
  const [twice = ''] = named.find(([name, value]) => map.get(name) !== value) ?? [];
  throw new ArgumentError(`[Module] two members have the name '${twice}'.`, {
    hint: "Names of parameters are the keys on the way to them. In a Map, 1 and '1' are one name.",
  });
}

function listed(what: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `\n  ${what}: ${items.join(', ')}`;
}
