/** States of PyTorch's optimizers, under the names of their parameters. */
import { ArgumentError, Tensor, type State } from '@hebb/tensor';
import { listOf, requireArray, requireObject, requireString, typeNameOf, wrongArgument } from '@hebb/tensor/arguments';
import { Optimizer } from './optimizer.ts';
import { entriesOf, isRecord, type GroupState, type OptimizerState, type ParameterState } from './state.ts';

/** `optimizer.state_dict()` of PyTorch, its tensors as tensors and `step` as a number. */
export interface PyTorchOptimizerState {
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
  /** By the number of the parameter. */
  readonly state: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;
}

const optionNames: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  weight_decay: 'weightDecay',
};

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
 * Throws {@link ArgumentError} for numbers without a name; options that Hebb's optimizer does not have are refused where they are switched on.
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
    const tensors = Object.entries(others).filter(([, value]) => value instanceof Tensor) as [string, Tensor][];
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
    const name = optionNames[key] ?? key;
    if (known.includes(name)) options[name] = value as State;
    else if (key === 'amsgrad' && value === true)
      throw new ArgumentError(`[${op}] param_groups[${i}] was made with amsgrad, which ${typeNameOf(optimizer)} does not have.`); // prettier-ignore
  }
  return { ...options, parameters: group['params'].map(nameOf) };
}
