/** What can be exported (a module, or a plain function of tensors), and what is known of it: names of its state, paths of its parts. */
import { Module, observeForwards, withMode, type AnyModule, type ForwardCall } from '@hebb/layers';
import { ArgumentError, Tensor } from '@hebb/tensor';
import { isPlain, wrongArgument } from '@hebb/tensor/arguments';
import { nodeOf, type Node } from '@hebb/tensor/graph';
import { dependenciesOf } from './data.ts';

/** One tensor, several in order, or several by name. */
export type ModelResult = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;
/** A module whose `forward` takes tensors, or a function of tensors; inputs come in the order in which they are named. */
export type OnnxSource = AnyModule | ((...inputs: Tensor[]) => ModelResult | NestedResult);
/** Several tensors by name, in groups: `{ output, state: { hidden, cell } }` are output, state.hidden and state.cell. */
export interface NestedResult {
  readonly [name: string]: Tensor | NestedResult;
}

/** The tensors of a result, in order. Throws {@link ArgumentError} where it holds anything else. */
export function tensorsOf(result: ModelResult): readonly Tensor[] {
  if (result instanceof Tensor) return [result];
  const list: unknown[] = typeof result === 'object' && result !== null ? Object.values(result) : [];
  if (list.length === 0 || !list.every((item) => item instanceof Tensor)) {
    throw new ArgumentError(
      '[exportOnnx] the model must return a tensor, an array of tensors, or a record of tensors (and of such records).',
    );
  }
  return list;
}

/** Throws {@link ArgumentError} unless `model` is a module or a function. */
export function requireSource(where: string, model: unknown): asserts model is OnnxSource {
  if (typeof model !== 'function' && !(model instanceof Module))
    throw wrongArgument(where, 'the model', 'a module or a function of tensors', model);
}

type Call = (...inputs: readonly Tensor[]) => ModelResult | NestedResult;

/** Runs the model on inputs in order. */
export function callModel(model: OnnxSource, inputs: readonly Tensor[]): ModelResult {
  if (!(model instanceof Module)) return flat(model(...inputs));
  return flat((model as unknown as { forward: Call }).forward(...inputs));
}

/** A record in a record by the path. */
function flat(result: ModelResult | NestedResult): ModelResult {
  if (!isPlain(result) || Object.values(result).every((value) => !isPlain(value))) return result as ModelResult;
  const entries = (record: NestedResult, path: string): [string, Tensor][] =>
    Object.entries(record).flatMap(([name, value]) =>
      isPlain(value) ? entries(value as NestedResult, `${path}${name}.`) : [[`${path}${name}`, value as Tensor]],
    );
  return Object.fromEntries(entries(result as NestedResult, ''));
}

/** Runs `body` with every module of the model in evaluation mode; the modes come back afterwards, also on errors. */
export function inEvaluationMode<T>(model: OnnxSource, body: () => T): T {
  return model instanceof Module ? withMode(model, false, body) : body();
}

/** Parameters and buffers: their nodes with their state-dict names. */
export function stateNames(model: OnnxSource): Map<Node, string> {
  return new Map(model instanceof Module ? [...model.stateDict()].map(([name, tensor]) => [nodeOf(tensor), name]) : []);
}

/** Runs `body` and labels every node recorded in a module's `forward` with the innermost module's path. */
export function labelModules<T>(model: OnnxSource, labels: Map<Node, string>, body: () => T): T {
  if (!(model instanceof Module)) return body();
  const listener = ({ path, inputs, output }: ForwardCall): void => {
    if (path !== '') label(tensorsIn(output), new Set(tensorsIn(inputs)), path, labels);
  };
  return observeForwards(model, listener, body);
}

function tensorsIn(value: unknown): Node[] {
  if (value instanceof Tensor) return [nodeOf(value)];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  return isPlain(value) ? Object.values(value).flatMap(tensorsIn) : [];
}

/** Labels what lies between a module's inputs and its results and has no label from a module further inside. */
function label(results: readonly Node[], inputs: ReadonlySet<Node>, path: string, labels: Map<Node, string>): void {
  const stack = [...results];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (inputs.has(node) || labels.has(node)) continue;
    labels.set(node, path);
    stack.push(...dependenciesOf(node));
  }
}
