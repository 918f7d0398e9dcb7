/** Groups of parameters, each with options of its own. */
import { ArgumentError, currentRecording, guard, type Tensor } from '@hebb/tensor';
import { checkOptions, describe, matches, requireArray, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { isHolder, type ParameterHolder } from './gradients.ts';
import { printable } from './print.ts';

/** What every optimizer can be told. */
export interface OptimizerOptions {
  learningRate: number;
}

/** Parameters with their options. */
export interface ParameterGroup<O extends object = OptimizerOptions> {
  /** What they are optimised with. A new value (`options.weightDecay = 0`) takes effect with the next step, also of a compiled function. */
  readonly options: O;
  /** By name; those frozen now among them. */
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/** Which parameters: by their names, or as those of a module or of several. */
export type GroupSelection =
  | { readonly match: RegExp | ((name: string, parameter: Tensor) => boolean); readonly module?: never }
  | { readonly module: ParameterHolder | readonly ParameterHolder[]; readonly match?: never };

/** Parameters, and what is different for them: `{ match: /^head\./, learningRate: 1e-2 }`, `{ module: model.embedding, weightDecay: 0 }`. */
export type GroupOptions<O extends object> = GroupSelection & Partial<O>;

/** Options of an optimizer: those of all parameters, and of groups. */
export type WithGroups<O extends object> = Partial<O> & { readonly groups?: readonly GroupOptions<O>[] };

/** Options that check what is set, and the way to set all of them at once. */
export interface LiveOptions<O extends OptimizerOptions> {
  readonly options: O;
  /** The options as they are now with the learning rate times a factor; the same object as long as nothing changes. */
  scaled(factor: number): Readonly<O>;
  /** Sets some together: one alone may make no sense. */
  replace(values: Partial<O>): void;
}

/** @param changed - hears of every value that was set. */
export function liveOptions<O extends OptimizerOptions>(
  initial: O,
  check: (options: O) => void,
  changed: (before: unknown, value: unknown) => void,
): LiveOptions<O> {
  check(initial);
  let values = { ...initial };
  const replace = (some: Partial<O>): void => {
    const next = { ...values, ...some };
    check(next);
    const before = values;
    values = next;
    for (const name of Object.keys(some) as (keyof O)[]) changed(before[name], values[name]);
  };
  const options = {} as O;
  for (const name of Object.keys(values) as (keyof O)[]) {
    Object.defineProperty(options, name, {
      enumerable: true,
      get: () => values[name],
      set(value: O[keyof O]) {
        replace({ [name]: value } as unknown as Partial<O>);
      },
    });
  }
  printable(options, () => ({ ...options }));
  let latest: { readonly of: O; readonly factor: number; readonly options: Readonly<O> } | undefined;
  const scaled = (factor: number): Readonly<O> => {
    if (latest?.of !== values || latest.factor !== factor)
      latest = { of: values, factor, options: { ...values, learningRate: values.learningRate * factor } };
    return latest.options;
  };
  return { options: Object.preventExtensions(options), scaled, replace };
}

/** The same options, each remembered where a recording reads it: compiled functions that find it changed are recorded anew. */
export function guardedOptions<O extends object>(options: O): Readonly<O> {
  const guarded = {};
  for (const name of Object.keys(options) as (keyof O)[]) {
    /** The recording that remembers it: of all parameters that are updated, the first to read it. */
    let reader: WeakRef<object> | undefined;
    const get = (): O[keyof O] => {
      const recording = currentRecording();
      if (recording === undefined || reader?.deref() === recording) return options[name];
      reader = new WeakRef(recording);
      return guard(() => options[name]);
    };
    Object.defineProperty(guarded, name, { enumerable: true, get });
  }
  return guarded as O;
}

/** Given options over defaults, without what is undefined. */
function over<O extends object>(defaults: O, given: Partial<O>): O {
  const options = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof O)[]) {
    const value = given[name];
    if (value !== undefined) options[name] = value;
  }
  return options;
}

/** How messages name a selection. */
function describeSelection({ match, module }: GroupSelection): string {
  if (match instanceof RegExp) return `match: ${match}`;
  return match === undefined ? `module: ${describe(module)}` : 'match: a function';
}

/** Says which parameters a group takes. Throws {@link ArgumentError} where that is not said, or twice. */
function selector(where: string, { match, module }: GroupSelection): (name: string, parameter: Tensor) => boolean {
  if ((match === undefined) === (module === undefined)) {
    throw new ArgumentError(
      `[${where}] a group says by match or by module which parameters it takes; this one says ${match === undefined ? 'neither' : 'both'}.`,
      { hint: 'Write { match: /^head\\./, learningRate: 1e-2 } or { module: model.head, learningRate: 1e-2 }.' },
    );
  }
  if (match instanceof RegExp) return matches(match);
  if (typeof match === 'function') return match;
  if (match !== undefined) {
    const hint = typeof match === 'string' ? `Names that begin so: { match: /^${String(match).replace(/\W/g, '\\$&')}/ }.` : undefined; // prettier-ignore
    throw wrongArgument(where, 'match', 'a regular expression or a function (name, parameter) => boolean', match, hint);
  }
  const modules: readonly unknown[] = Array.isArray(module) ? module : [module];
  const chosen = new Set<Tensor>();
  for (const each of modules) {
    if (!isHolder(each)) throw wrongArgument(where, 'module', 'a module, or an array of modules', each);
    for (const parameter of each.namedParameters().values()) chosen.add(parameter);
  }
  return (_, parameter) => chosen.has(parameter);
}

/** The options and the parameters of every group: first all that no other takes, then the given ones in their order. */
export function groupsOf<O extends object>(
  op: string,
  parameters: ReadonlyMap<string, Tensor>,
  given: WithGroups<O>,
  defaults: O,
): readonly { readonly where: string; readonly options: O; readonly parameters: ReadonlyMap<string, Tensor> }[] {
  const known = Object.fromEntries(Object.keys(defaults).map((name) => [name, true])) as OptionNames<O>;
  checkOptions<WithGroups<O>>(op, given, { ...known, groups: true });
  const { groups = [] } = given;
  requireArray(op, 'groups', groups);
  const base = over(defaults, given as Partial<O>);
  const rest = new Map(parameters);
  const chosen = groups.map((group, i) => {
    const position = `${op}, groups[${i}]`;
    if (typeof group !== 'object' || group === null)
      throw wrongArgument(op, `groups[${i}]`, 'an object such as { match: /^head\\./, learningRate: 1e-2 }', group);
    checkOptions<object>(position, group, { ...known, match: true, module: true });
    const takes = selector(position, group);
    const where = `${op}, group ${describeSelection(group)}`;
    const all = [...parameters].filter(([name, parameter]) => takes(name, parameter));
    const own = new Map(all.filter(([name]) => rest.has(name)));
    if (own.size === 0) {
      throw new ArgumentError(
        all.length === 0
          ? `[${where}] matches none of the parameters: ${[...parameters.keys()].join(', ')}.`
          : `[${where}] all that it matches belong to groups before it: ${all.map(([name]) => name).join(', ')}.`,
        all.length === 0 ? {} : { hint: 'A parameter belongs to the first group that matches it: put the narrower one first.' }, // prettier-ignore
      );
    }
    for (const name of own.keys()) rest.delete(name);
    return { where, options: over(base, group as Partial<O>), parameters: own };
  });
  return [{ where: op, options: base, parameters: rest }, ...chosen];
}
