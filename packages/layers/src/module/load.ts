/** Takes values over into a module, by name. */
import { ArgumentError, assign, ShapeError, type Tensor } from '@hebb/tensor';
import { checkOptions, knownToDiffer, requireBoolean, type OptionNames } from '@hebb/tensor/arguments';
import type { AnyModule } from './module.ts';
import { stateEntries, type NamedTensors } from './state.ts';
import { byName, tensorsOf } from './walk.ts';

export interface LoadOptions {
  /** Whether missing and unexpected names are errors. Default true. Shapes must fit in any case. */
  strict?: boolean;
}

const loadOptions: OptionNames<LoadOptions> = { strict: requireBoolean };

export interface LoadReport {
  /** Names in the module for which the state has no tensor. */
  readonly missing: readonly string[];
  /** Names in the state that the module does not have. */
  readonly unexpected: readonly string[];
}

interface Comparison extends LoadReport {
  /** Values that the module takes, with the tensors that they replace. */
  readonly pairs: readonly (readonly [target: Tensor, value: Tensor])[];
  readonly misshapen: readonly string[];
  /** Names of what is one tensor in the module, and two in the state. Their values may be the same all the same: PyTorch repeats what is shared. */
  readonly apart: readonly string[];
  /** Those of them whose values are known to differ. */
  readonly differing: readonly string[];
  /** All of it in words. */
  readonly reasons: readonly string[];
}

/** What a state has of what the module needs. */
export function compareState(module: AnyModule, state: NamedTensors): Comparison {
  const given = new Map(stateEntries(state, 'loadStateDict'));
  const own = byName(tensorsOf(module, ['parameters', 'buffers'], { again: true }));
  const found = new Set([...given.keys()].map((name) => own.get(name)));
  const missing = [...module.stateDict()].filter(([, tensor]) => !found.has(tensor)).map(([name]) => name);
  const unexpected: string[] = [];
  const misshapen: string[] = [];
  const pairs: [Tensor, Tensor][] = [];
  const taken = new Map<Tensor, readonly [name: string, value: Tensor]>();
  const apart: string[] = [];
  const differing: string[] = [];
  for (const [name, value] of given) {
    const target = own.get(name);
    if (target === undefined) unexpected.push(name);
    else if (target.shape.join() !== value.shape.join())
      misshapen.push(`${name} is ${target} in the module and ${value} in the state`);
    else {
      pairs.push([target, value]);
      const [first, other] = taken.get(target) ?? [name, value];
      if (value === other) taken.set(target, [first, other]);
      else {
        apart.push(`${first} and ${name}`);
        if (knownToDiffer(value, other)) differing.push(`${first} and ${name}`);
      }
    }
  }
  const reasons = [
    listed('missing', missing),
    listed('unexpected', unexpected),
    listed('of another shape', misshapen),
  ].flat();
  return { missing, unexpected, misshapen, pairs, apart, differing, reasons };
}

/** See `Module.loadStateDict`. */
export function loadState(module: AnyModule, state: NamedTensors, options: LoadOptions): LoadReport {
  checkOptions('loadStateDict', options, loadOptions);
  const { strict = true } = options;
  const { missing, unexpected, misshapen, pairs, differing, reasons } = compareState(module, state);
  const named = missing.length + unexpected.length > 0;
  if (misshapen.length > 0 || (strict && named)) {
    const said = strict ? reasons : listed('of another shape', misshapen);
    const [first] = misshapen;
    const all = misshapen.length + (strict ? missing.length + unexpected.length : 0);
    const others = all > 1 ? `, and ${all - 1} more` : '';
    const name = missing.length > 0 ? `${missing[0]} is missing` : `${unexpected[0]} is unexpected`;
    throw new (misshapen.length > 0 ? ShapeError : ArgumentError)(
      `[loadStateDict] the state does not fit ${module.describe()}: ${first ?? name}${others}.${all > 1 ? said.map((reason) => `\n  ${reason}`).join('') : ''}`,
      strict && named ? { hint: 'With { strict: false } missing and unexpected names are left alone.' } : {},
    );
  }
  if (strict && differing.length > 0) {
    throw new ArgumentError(
      `[loadStateDict] ${differing.join(', ')} are one tensor in ${module.describe()}, and differ in the state.`,
      { hint: 'Make the model without tied weights, or leave out one of the names; { strict: false } takes the last.' },
    );
  }
  for (const [target, value] of pairs) if (target !== value) assign(target, value.to(target.dtype));
  return { missing, unexpected };
}

function listed(what: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`${what}: ${items.join(', ')}`];
}
