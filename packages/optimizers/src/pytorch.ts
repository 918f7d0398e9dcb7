/** States of PyTorch's optimizers, under the names of their parameters. */
import { ArgumentError, tensor, Tensor, type State } from '@hebb/tensor';
import { listOf, requireArray, requireString, typeNameOf, wrongArgument } from '@hebb/tensor/arguments';
import type { ASGDSettings } from './algorithms/asgd.ts';
import { LBFGS, type LBFGSMemory, type LBFGSState } from './lbfgs/lbfgs.ts';
import { Optimizer } from './optimizer.ts';
import { ratesOf, scheduledRates } from './pytorch-rates.ts';
import { entriesOf, type GroupState, type OptimizerState, type ParameterState } from './state.ts';

/** `optimizer.state_dict()` of PyTorch, its tensors as tensors and `step` as a number. */
export interface PyTorchOptimizerState {
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
  /** By the number of the parameter; the memory of L-BFGS is that of the first. */
  readonly state: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;
}

/** Options of PyTorch that change how a step is computed, not what. */
const neutral = new Set(['foreach', 'fused', 'capturable', 'differentiable', 'params']);

/** `weight_decay` as `weightDecay`. */
function optionName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `weightDecay` as `weight_decay`. */
function pytorchName(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What PyTorch keeps for each parameter, and what follows from options and count here. */
const followsFromCount: Readonly<Record<string, readonly string[]>> = { ASGD: ['eta', 'mu'] };
/** Classes of PyTorch whose states have no count of steps. */
const countless: ReadonlySet<string> = new Set(['SGD']);

/**
 * A state of PyTorch's `optimizer.state_dict()` as one that `optimizer.loadStateDict` takes: an object, or Maps, as `readPyTorchObject` of `@hebb/layers` reads them from a file. Counts
 * may be numbers or tensors of one.
 *
 * PyTorch numbers parameters group by group; `names` are their names in that order. Default: those of the optimizer's groups, which are in PyTorch's order where the optimizer there was made as here.
 *
 * ```py
 * names = {p: name for name, p in model.named_parameters()}
 * names = [names[p] for group in optimizer.param_groups for p in group["params"]]
 * ```
 *
 * Groups come in the order of `optimizer.groups`: first the parameters that no other group takes. `SGD` of PyTorch counts no steps: parameters
 * with a momentum count 1, and so does `LBFGS` with a memory, whose other options stay those that it was made with.
 *
 * ```ts
 * const weight = variable(tensor([1]), { requiresGrad: true });
 * const optimizer = new SGD({ weight }, { momentum: 0.9 });
 * const saved = {
 *   param_groups: [{ lr: 0.5, momentum: 0.9, dampening: 0, weight_decay: 0, nesterov: false, params: [0] }],
 *   state: { 0: { momentum_buffer: tensor([2]) } },
 * };
 * optimizer.loadStateDict(await fromPyTorchState(optimizer, saved));
 * optimizer.learningRate; // 0.5
 * ```
 *
 * Under a scheduler PyTorch keeps the rate of the moment as `lr` and the one that it began with as `initial_lr`: learningRate = initial_lr and factor = lr / initial_lr, so that a schedule
 * goes on with `optimizer.factor = schedule(step, steps)`. (`OneCycleLR` begins with its lowest rate: set `learningRate` to its `max_lr` for `oneCycleSchedule`.)
 *
 * Throws {@link ArgumentError} for what is no such state, for numbers without a name, for options that are switched on and that Hebb's optimizer does not have, and for groups whose
 * lr / initial_lr differ.
 */
export async function fromPyTorchState<T extends Optimizer | LBFGS>(
  optimizer: T,
  given: unknown,
  names?: readonly string[],
): Promise<T extends LBFGS ? LBFGSState : OptimizerState> {
  const op = 'fromPyTorchState';
  requireKnown(op, optimizer);
  if (names !== undefined) listOf(requireString)(op, 'names', names);
  const saved = new Map(entriesOf(given));
  const [groups, state] = [saved.get('param_groups'), entriesOf(saved.get('state'))];
  if (!Array.isArray(groups) || state === undefined)
    throw wrongArgument(op, 'the state', "a state_dict() of PyTorch's optimizer, with param_groups and state", given);
  const own = names ?? namesOf(optimizer);
  const nameOf = (index: unknown): string => {
    const name = own[Number(index)];
    if (name !== undefined) return name;
    throw new ArgumentError(`[${op}] there are ${own.length} names, and none for the parameter ${String(index)}.`);
  };
  const entries = await Promise.all(state.map(async ([index, slots]) => [index, await withNumbers(slots)] as const));
  const records = groups.map((group, i) => recordOfGroup(op, i, group));
  const converted =
    optimizer instanceof LBFGS
      ? lbfgsState(op, optimizer, records, entries, nameOf)
      : optimizerState(op, optimizer, records, entries, nameOf);
  return converted as T extends LBFGS ? LBFGSState : OptimizerState;
}

function requireKnown(op: string, optimizer: unknown): asserts optimizer is Optimizer | LBFGS {
  if (!(optimizer instanceof Optimizer || optimizer instanceof LBFGS))
    throw wrongArgument(op, 'the optimizer', 'an Optimizer, such as AdamW', optimizer);
}

function namesOf(optimizer: Optimizer | LBFGS): string[] {
  if (optimizer instanceof LBFGS) return [...optimizer.parameters.keys()];
  return optimizer.groups.flatMap(({ parameters }) => [...parameters.keys()]);
}

/** A group's options, and the numbers of its parameters. */
type Group = ReadonlyMap<string, unknown> & { readonly params: readonly unknown[] };

function recordOfGroup(op: string, i: number, group: unknown): Group {
  const options = new Map(entriesOf(group));
  const params = options.get('params');
  requireArray(op, `params of param_groups[${i}]`, params);
  return Object.assign(options, { params });
}

/** What is kept of a parameter by name; a count of steps in a tensor as a number. */
async function withNumbers(slots: unknown): Promise<ReadonlyMap<string, unknown>> {
  const entry = new Map(entriesOf(slots));
  const step = entry.get('step');
  if (step instanceof Tensor) entry.set('step', await step.item());
  const loss = entry.get('prev_loss');
  if (loss instanceof Tensor) entry.set('prev_loss', await loss.item());
  return entry;
}

type Entries = readonly (readonly [index: unknown, slots: ReadonlyMap<string, unknown>])[];

function optimizerState(
  op: string,
  optimizer: Optimizer,
  given: readonly Group[],
  entries: Entries,
  nameOf: (index: unknown) => string,
): OptimizerState {
  const { factor, learningRates } = ratesOf(op, given);
  const groups = given.map((group, i) => groupOf(op, optimizer, i, group, learningRates[i], nameOf));
  // PyTorch has no group for parameters that no group takes, where there are none.
  const [base] = optimizer.groups;
  if (base?.parameters.size === 0 && groups.length === optimizer.groups.length - 1)
    groups.unshift({ ...base.options, parameters: [] });
  const left = followsFromCount[typeNameOf(optimizer)] ?? [];
  const state = new Map<string, ParameterState>();
  for (const [index, slots] of entries) {
    const tensors = [...slots].filter(
      (slot): slot is [string, Tensor] => slot[1] instanceof Tensor && !left.includes(slot[0]),
    );
    const step = slots.get('step') ?? 1;
    if (tensors.length > 0) state.set(nameOf(index), { step: step as number, ...Object.fromEntries(tensors) });
  }
  const stepCount = Math.max(0, ...[...state.values()].map(({ step }) => step));
  return { type: typeNameOf(optimizer), stepCount, factor, groups, state };
}

function groupOf(
  op: string,
  optimizer: Optimizer,
  i: number,
  group: Group,
  learningRate: unknown,
  nameOf: (index: unknown) => string,
): GroupState {
  const known = Object.keys(optimizer.groups[0]?.options ?? {});
  const options: Record<string, State> = {};
  for (const [key, value] of group) {
    const name = optionName(key);
    if (key === 'lr') options['learningRate'] = learningRate as State;
    else if (known.includes(name)) options[name] = value as State;
    else if (value === true && !neutral.has(key))
      throw new ArgumentError(`[${op}] param_groups[${i}] was made with ${key}, which ${typeNameOf(optimizer)} does not have.`); // prettier-ignore
  }
  return { ...options, parameters: group.params.map(nameOf) };
}

/** PyTorch keeps the memory of all parameters with the first. */
function lbfgsState(
  op: string,
  optimizer: LBFGS,
  [group, ...others]: readonly Group[],
  entries: Entries,
  nameOf: (index: unknown) => string,
): LBFGSState {
  if (group === undefined || others.length > 0)
    throw new ArgumentError(`[${op}] L-BFGS has one group of parameters, the state ${others.length + 1}.`);
  if (!group.has('history_size'))
    throw new ArgumentError(`[${op}] the state is that of another optimizer: its group has no history_size.`);
  const parameters = group.params.map(nameOf);
  const own = [...optimizer.parameters.keys()];
  if (parameters.join('\n') !== own.join('\n'))
    throw new ArgumentError(
      `[${op}] the state is of ${parameters.join(', ')}, and the optimizer of ${own.join(', ')}: all of them count, in their order.`,
    );
  const [, slots = new Map<string, unknown>()] = entries[0] ?? [];
  const scalar = (value: unknown): unknown => (typeof value === 'number' ? tensor(value) : value);
  const memory = {
    func_evals: slots.get('func_evals'),
    n_iter: slots.get('n_iter'),
    d: slots.get('d'),
    t: scalar(slots.get('t')),
    old_dirs: slots.get('old_dirs'),
    old_stps: slots.get('old_stps'),
    ro: slots.get('ro'),
    H_diag: scalar(slots.get('H_diag')),
    prev_flat_grad: slots.get('prev_flat_grad'),
    prev_loss: slots.get('prev_loss'),
  };
  const { factor, learningRates } = ratesOf(op, [group]);
  // A first step that found nothing to do has evaluations alone.
  const isEmpty = memory.d === undefined;
  return {
    type: LBFGS.type,
    stepCount: isEmpty ? 0 : 1,
    factor,
    learningRate: learningRates[0] as number,
    parameters: isEmpty ? [] : parameters,
    // Checked by loadStateDict, as all that comes from a file.
    memory: isEmpty ? undefined : (memory as LBFGSMemory),
  };
}

/**
 * The state of an optimizer as PyTorch's `optimizer.load_state_dict` takes it, and the names of the parameters in the order of its numbers: the other way of
 * {@link fromPyTorchState}. The tensors are the optimizer's own and change with its steps. Options that PyTorch's optimizer lacks are in the groups all the same,
 * where it ignores them; options of its own (`foreach`) keep what they are there.
 *
 * Under an {@link Optimizer.factor} that is not 1, lr = learningRate · factor and initial_lr = learningRate. A scheduler of PyTorch goes on with them: after n steps, the last
 * one with `factor = schedule(n - 1, steps)`, it is `CosineAnnealingLR(optimizer, steps, last_epoch=n - 1)`.
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
export function toPyTorchState(
  optimizer: Optimizer | LBFGS,
): PyTorchOptimizerState & { readonly names: readonly string[] } {
  requireKnown('toPyTorchState', optimizer);
  if (optimizer instanceof LBFGS) return pytorchLbfgs(optimizer);
  const { type, factor, groups, state } = optimizer.stateDict();
  const names: string[] = [];
  const param_groups = groups.flatMap(({ parameters, learningRate, ...options }, i) => {
    // PyTorch has no group for parameters that no group takes, where there are none.
    if (i === 0 && parameters.length === 0 && groups.length > 1) return [];
    const named = Object.entries(options).map(([name, value]) => [pytorchName(name), value] as const);
    const params = parameters.map((name) => names.push(name) - 1);
    return [{ ...scheduledRates(learningRate as number, factor), ...Object.fromEntries(named), params }];
  });
  const entries = names.flatMap((name, index) => {
    const entry = state.get(name);
    if (entry === undefined) return [];
    const { step, leftOut, ...slots } = entry;
    const taken = leftOut instanceof Tensor ? leftOut.neg().add(step) : step;
    const counted = type === 'ASGD' ? averagingNumbers(optimizer, name, step) : {};
    return [[index, { ...(countless.has(type) ? {} : { step: taken }), ...slots, ...counted }] as const];
  });
  return { param_groups, state: Object.fromEntries(entries), names };
}

/** What PyTorch's ASGD keeps of the step to come: its rate, and the share of its value in the average. */
function averagingNumbers(
  { groups, factor }: Optimizer,
  name: string,
  step: number,
): { readonly eta: number; readonly mu: number } {
  const options = groups.find(({ parameters }) => parameters.has(name))?.options as ASGDSettings | undefined;
  const { learningRate, lambd, alpha, t0 } = options as ASGDSettings;
  const rate = learningRate * factor;
  return { eta: rate / (1 + lambd * rate * step) ** alpha, mu: 1 / Math.max(1, step - t0) };
}

function pytorchLbfgs(optimizer: LBFGS): PyTorchOptimizerState & { readonly names: readonly string[] } {
  const { learningRate, factor, memory } = optimizer.stateDict();
  const names = [...optimizer.parameters.keys()];
  const { maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn = null } = optimizer;
  const options = { maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn };
  const named = Object.entries(options).map(([name, value]) => [pytorchName(name), value] as const);
  return {
    param_groups: [
      { ...scheduledRates(learningRate, factor), ...Object.fromEntries(named), params: names.map((_, i) => i) },
    ],
    state: memory === undefined ? {} : { 0: memory },
    names,
  };
}
