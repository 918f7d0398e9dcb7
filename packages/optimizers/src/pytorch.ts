/** States of PyTorch's optimizers, under the names of their parameters. */
import { ArgumentError, Tensor, type State } from '@hebb/tensor';
import { listOf, requireArray, requireObject, requireString, typeNameOf, wrongArgument } from '@hebb/tensor/arguments';
import type { ASGDSettings } from './algorithms/asgd.ts';
import { Optimizer } from './optimizer.ts';
import { entriesOf, isRecord, type GroupState, type OptimizerState, type ParameterState } from './state.ts';

/** `optimizer.state_dict()` of PyTorch, its tensors as tensors and `step` as a number. */
export interface PyTorchOptimizerState {
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
  /** By the number of the parameter. */
  readonly state: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;
}

/** Options of PyTorch that change how a step is computed, not what. */
const neutral = new Set(['foreach', 'fused', 'capturable', 'differentiable', 'params']);

/** `weight_decay` as `weightDecay`. */
function optionName(name: string): string {
  return name === 'lr' ? 'learningRate' : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `weightDecay` as `weight_decay`. */
function pytorchName(option: string): string {
  return option === 'learningRate' ? 'lr' : option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What PyTorch keeps for each parameter, and what follows from options and count here. */
const followsFromCount: Readonly<Record<string, readonly string[]>> = { ASGD: ['eta', 'mu'] };
/** Classes of PyTorch whose states have no count of steps. */
const countless: ReadonlySet<string> = new Set(['SGD']);

/**
 * A state of PyTorch's `optimizer.state_dict()` as one that `optimizer.loadStateDict` takes. PyTorch numbers parameters group by group; `names` are
 * their names in that order:
 *
 * ```py
 * names = {p: name for name, p in model.named_parameters()}
 * names = [names[p] for group in optimizer.param_groups for p in group["params"]]
 * ```
 *
 * Groups come in the order of `optimizer.groups`: first the parameters that no other group takes. `SGD` of PyTorch counts no steps: parameters
 * with a momentum count 1.
 *
 * ```ts
 * const weight = variable(tensor([1]), { requiresGrad: true });
 * const optimizer = new SGD({ weight }, { momentum: 0.9 });
 * const saved = {
 *   param_groups: [{ lr: 0.5, momentum: 0.9, dampening: 0, weight_decay: 0, nesterov: false, params: [0] }],
 *   state: { 0: { momentum_buffer: tensor([2]) } },
 * };
 * optimizer.loadStateDict(fromPyTorchState(optimizer, saved, ['weight']));
 * optimizer.learningRate; // 0.5
 * ```
 *
 * Throws {@link ArgumentError} for numbers without a name, and for options that are switched on and that Hebb's optimizer does not have.
 */
export function fromPyTorchState(
  optimizer: Optimizer,
  given: PyTorchOptimizerState,
  names: readonly string[],
): OptimizerState {
  const op = 'fromPyTorchState';
  if (!(optimizer instanceof Optimizer))
    throw wrongArgument(op, 'the optimizer', 'an Optimizer, such as AdamW', optimizer);
  requireObject(op, 'the state', given);
  listOf(requireString)(op, 'names', names);
  requireArray(op, 'param_groups', given.param_groups);
  const nameOf = (index: unknown): string => {
    const name = names[Number(index)];
    if (name !== undefined) return name;
    throw new ArgumentError(`[${op}] there are ${names.length} names, and none for the parameter ${String(index)}.`);
  };
  const groups = given.param_groups.map((group, i) => groupOf(op, optimizer, i, group, nameOf));
  // PyTorch has no group for parameters that no group takes, where there are none.
  const [base] = optimizer.groups;
  if (base?.parameters.size === 0 && groups.length === optimizer.groups.length - 1)
    groups.unshift({ ...base.options, parameters: [] });
  const state = new Map<string, ParameterState>();
  for (const [index, slots] of entriesOf(given.state) ?? []) {
    const { step = 1, ...others } = isRecord(slots) ? slots : {};
    const left = followsFromCount[typeNameOf(optimizer)] ?? [];
    const tensors = Object.entries(others).filter(
      (slot): slot is [string, Tensor] => slot[1] instanceof Tensor && !left.includes(slot[0]),
    );
    if (tensors.length > 0) state.set(nameOf(index), { step: step as number, ...Object.fromEntries(tensors) });
  }
  const stepCount = Math.max(0, ...[...state.values()].map(({ step }) => step));
  return { type: typeNameOf(optimizer), stepCount, factor: 1, groups, state };
}

function groupOf(
  op: string,
  optimizer: Optimizer,
  i: number,
  group: Readonly<Record<string, unknown>>,
  nameOf: (index: unknown) => string,
): GroupState {
  requireArray(op, `params of param_groups[${i}]`, group['params']);
  const known = Object.keys(optimizer.groups[0]?.options ?? {});
  const options: Record<string, State> = {};
  for (const [key, value] of Object.entries(group)) {
    const name = optionName(key);
    if (known.includes(name)) options[name] = value as State;
    else if (value === true && !neutral.has(key))
      throw new ArgumentError(`[${op}] param_groups[${i}] was made with ${key}, which ${typeNameOf(optimizer)} does not have.`); // prettier-ignore
  }
  return { ...options, parameters: group['params'].map(nameOf) };
}

/**
 * The state of an optimizer as PyTorch's `optimizer.load_state_dict` takes it, and the names of the parameters in the order of its numbers: the other way of
 * {@link fromPyTorchState}. The tensors are the optimizer's own and change with its steps. Rates are those before {@link Optimizer.factor}. Options that PyTorch's
 * optimizer lacks are in the groups all the same, where it ignores them; options of its own (`foreach`) keep what they are there.
 *
 * ```ts
 * const weight = variable(tensor([1, 2]), { requiresGrad: true });
 * const optimizer = new Adam({ weight }, { learningRate: 0.5 });
 * optimizer.step([tensor([1, -1])]);
 * const { param_groups, state, names } = toPyTorchState(optimizer);
 * param_groups[0].lr;  // 0.5
 * names;  // ['weight']
 * Object.keys(state[0]);  // ['step', 'exp_avg', 'exp_avg_sq']
 * ```
 */
export function toPyTorchState(optimizer: Optimizer): PyTorchOptimizerState & { readonly names: readonly string[] } {
  if (!(optimizer instanceof Optimizer))
    throw wrongArgument('toPyTorchState', 'the optimizer', 'an Optimizer, such as AdamW', optimizer);
  const { type, groups, state } = optimizer.stateDict();
  const names: string[] = [];
  const param_groups = groups.flatMap(({ parameters, ...options }, i) => {
    // PyTorch has no group for parameters that no group takes, where there are none.
    if (i === 0 && parameters.length === 0 && groups.length > 1) return [];
    const named = Object.entries(options).map(([name, value]) => [pytorchName(name), value] as const);
    const params = parameters.map((name) => names.push(name) - 1);
    return [{ ...Object.fromEntries(named), params }];
  });
  const entries = names.flatMap((name, index) => {
    const entry = state.get(name);
    if (entry === undefined) return [];
    const { step, ...slots } = entry;
    const counted = type === 'ASGD' ? averagingNumbers(optimizer, name, step) : {};
    return [[index, { ...(countless.has(type) ? {} : { step }), ...slots, ...counted }] as const];
  });
  return { param_groups, state: Object.fromEntries(entries), names };
}

/** What PyTorch's ASGD keeps of the step to come: its rate, and the share of its value in the average. */
function averagingNumbers(
  { groups }: Optimizer,
  name: string,
  step: number,
): { readonly eta: number; readonly mu: number } {
  const options = groups.find(({ parameters }) => parameters.has(name))?.options as ASGDSettings | undefined;
  const { learningRate, lambd, alpha, t0 } = options as ASGDSettings;
  return { eta: learningRate / (1 + lambd * learningRate * step) ** alpha, mu: 1 / Math.max(1, step - t0) };
}
