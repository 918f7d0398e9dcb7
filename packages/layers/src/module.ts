/**
 * Modules: plain classes whose fields are parameters, buffers and other modules. Names are the paths of the fields
 * (`features.0.weight`), found by walking them; there is nothing to register.
 */
import { ArgumentError, assign, HebbError, ShapeError, Tensor } from '@hebb/tensor';
import type { ModuleConfig } from './config.ts';
import { stateEntries, type NamedTensors, type StateDict } from './state.ts';

/** A module whatever its `forward` takes and returns. */
export type AnyModule = Module<never, unknown>;

export interface LoadOptions {
  /** Whether missing and unexpected names are errors. Default true. Shapes must fit in any case. */
  strict?: boolean;
}

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
 * Fields that hold parameters, buffers, modules, or arrays of these are listed; private fields (`#name`) are not.
 *
 * @typeParam Inputs - what `forward` takes; any number of tensors by default.
 * @typeParam Output - what it returns; a tensor by default.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each subclass names its own
export abstract class Module<Inputs extends readonly unknown[] = Tensor[], Output = Tensor> {
  /** Whether the module trains (dropout drops, batch normalisation uses the batch's statistics). See {@link train} and {@link eval}. */
  training = true;
  #path = '';

  /** Computes the output. */
  abstract forward(...inputs: Inputs): Output;

  /** Parameters, buffers and modules held directly, with their names. Containers that name their members otherwise override it. */
  members(): Iterable<readonly [string, Tensor | AnyModule]> {
    return Object.entries(this).flatMap(([name, value]) => membersIn(name, value));
  }

  /** This module ('') and all modules in it by path, outer before inner; one that is held twice is listed once. */
  namedModules(): Map<string, AnyModule> {
    return new Map(walk(this).map(({ path, module }) => [path, module]));
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

  /** Number of elements of all parameters. */
  get parameterCount(): number {
    return this.parameters().reduce((count, { size }) => count + size, 0);
  }

  /** Puts this module and all modules in it into training mode, or with `false` into evaluation mode. */
  train(mode = true): this {
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
  loadStateDict(state: NamedTensors, { strict = true }: LoadOptions = {}): LoadReport {
    const own = new Map(walk(this, { again: true }).flatMap(({ parameters, buffers }) => [...parameters, ...buffers]));
    const given = new Map(stateEntries(state));
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
    if (!this.#path.endsWith(`.${path}`)) this.#path = path;
  }
}

/** Runs `body` and names the module in Hebb's errors that come out of it. */
export function within<T>(module: AnyModule, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof HebbError) error.inModule(module.toString());
    throw error;
  }
}

function membersIn(name: string, value: unknown): (readonly [string, Tensor | AnyModule])[] {
  if (value instanceof Module || (value instanceof Tensor && value.isVariable)) return [[name, value]];
  return Array.isArray(value) ? value.flatMap((item, i) => membersIn(`${name}.${i}`, item)) : [];
}

/** Modules from the outside in, as PyTorch walks them. With `again`, shared ones at each of their places. */
function walk(root: AnyModule, { again = false } = {}): Visit[] {
  const visits: Visit[] = [];
  const seen = new Set<AnyModule>();
  const visit = (path: string, module: AnyModule): void => {
    if (seen.has(module)) return;
    seen.add(module);
    const found: Visit = { path, module, parameters: [], buffers: [] };
    visits.push(found);
    const inner: [string, AnyModule][] = [];
    for (const [name, value] of module.members()) {
      const full = path === '' ? name : `${path}.${name}`;
      if (value instanceof Tensor) (value.requiresGrad ? found.parameters : found.buffers).push([full, value]);
      else inner.push([full, value]);
    }
    for (const [full, value] of inner) visit(full, value);
    if (again) seen.delete(module);
  };
  visit('', root);
  if (!again) for (const { path, module } of visits) if (path !== '') module.foundAt(path);
  return visits;
}

function distinct(named: readonly (readonly [string, Tensor])[]): Map<string, Tensor> {
  const seen = new Set<Tensor>();
  return new Map(named.filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor)));
}

function listed(what: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `\n  ${what}: ${items.join(', ')}`;
}
