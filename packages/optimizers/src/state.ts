/** States of optimizers, in PyTorch's layout but with names, and what differs between one and an optimizer. */
import { Tensor, type State } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** The state of one parameter: the steps that it has taken, how many of them were left out (`leftOut`, float32[], where some can be), and its tensors by PyTorch's names. */
export type ParameterState = Readonly<Record<string, Tensor | number>> & { readonly step: number };

/** A group's options, and the names of its parameters. */
export type GroupState = Readonly<Record<string, State>> & { readonly parameters: readonly string[] };

/** Everything that an optimizer needs to go on. */
export type OptimizerState = {
  /** The `static type` of the optimizer's class. */
  readonly type: string;
  /** Number of steps taken. */
  readonly stepCount: number;
  readonly factor: number;
  readonly groups: readonly GroupState[];
  /** By the parameter's name: `{ step, exp_avg, exp_avg_sq }`. Without those that have taken no step. */
  readonly state: ReadonlyMap<string, ParameterState>;
};

/** A state of an optimizer of the type `own` whose parts have the right types, or the reasons why it is none. */
export function readState(
  own: string,
  state: unknown,
): { readonly value?: OptimizerState; readonly reasons: readonly string[] } {
  if (!isRecord(state)) return { reasons: [`the state must be an object, not ${describe(state)}`] };
  const { type, stepCount, factor, groups, state: entries } = state;
  const reasons: string[] = [];
  if (typeof type === 'string' && type !== own) return { reasons: [`the state is that of ${type}, not of ${own}`] };
  if (typeof type !== 'string') reasons.push(`type must be the name of a class, not ${describe(type)}`);
  if (!isCount(stepCount)) reasons.push(`stepCount must be an integer ≥ 0, not ${describe(stepCount)}`);
  if (!isRate(factor)) reasons.push(`factor must be a number ≥ 0, not ${describe(factor)}`);
  if (!Array.isArray(groups)) reasons.push(`groups must be an array, not ${describe(groups)}`);
  else
    for (const [i, group] of groups.entries())
      if (!isRecord(group) || !Array.isArray(group['parameters']))
        reasons.push(`groups[${i}] must be an object with the names of its parameters`);
  const named = entriesOf(entries);
  if (named === undefined) reasons.push(`state must be a Map by the names of parameters, not ${describe(entries)}`);
  for (const [name, entry] of named ?? []) {
    if (!isRecord(entry) || !isCount(entry['step']))
      reasons.push(`the state of ${name} must have a step, an integer ≥ 0`);
  }
  if (reasons.length > 0) return { reasons };
  const value: unknown = { ...state, state: new Map(named) };
  return { value: value as OptimizerState, reasons };
}

/** What a Map or a plain object holds; undefined for anything else. */
export function entriesOf(value: unknown): (readonly [string, unknown])[] | undefined {
  if (value instanceof Map) return [...(value as Map<string, unknown>)];
  return isRecord(value) ? Object.entries(value) : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Tensor) && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isRate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}

/** What is wrong with the saved state of a parameter, given its state before the first step. */
export function slotDifferences(
  name: string,
  initial: readonly (readonly [string, Tensor])[],
  entry: ParameterState,
): string[] {
  const found: string[] = [];
  const own = new Map(initial);
  for (const [slot, tensor] of own) {
    const saved: unknown = entry[slot];
    if (saved === undefined) found.push(`missing ${name}.${slot}`);
    else if (!(saved instanceof Tensor)) found.push(`${name}.${slot} must be a tensor, not ${describe(saved)}`);
    else if (saved.dtype !== tensor.dtype || saved.shape.join() !== tensor.shape.join())
      found.push(`${name}.${slot} is ${tensor}, in the state ${saved}`);
  }
  for (const slot of Object.keys(entry))
    if (slot !== 'step' && slot !== 'leftOut' && !own.has(slot)) found.push(`unexpected ${name}.${slot}`);
  const { leftOut } = entry;
  if (leftOut !== undefined && !(leftOut instanceof Tensor && leftOut.dtype === 'float32' && leftOut.ndim === 0))
    found.push(`${name}.leftOut must be float32[], not ${describe(leftOut)}`);
  return found;
}
