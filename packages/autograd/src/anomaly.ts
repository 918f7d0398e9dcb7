/** Where NaN comes from: every operation is recorded with its line, and its value looked at. */
import { HebbError, isNaN, stack, Tensor } from '@hebb/tensor';
import { mapStructure, requireFunction } from '@hebb/tensor/arguments';
import {
  formatType,
  isOp,
  nodeOf,
  setRecorder,
  tensorOf,
  withInlining,
  withLoopsWrittenOut,
  type Node,
  type Primitive,
  isFloat,
} from '@hebb/tensor/graph';
import { mappedFrom, pulledBack } from './provenance.ts';
import { requireNoPromise } from './structure.ts';

/** NaN where there was none before; its stack begins on the line that recorded the operation. */
export class AnomalyError extends HebbError {
  static override readonly name: string = 'AnomalyError';
  /** The operation that made the NaN; `gradient of log` where it was its gradient. */
  readonly operation: string;

  constructor(summary: string, operation: string, hint: string) {
    super(summary, { hint });
    this.operation = operation;
    this.conceal();
  }
}

/** Where an operation was recorded. */
interface Origin {
  /** Holds the stack of that moment. */
  readonly place: HebbError;
  /** The operation whose gradient it is part of. */
  readonly gradientOf: Node | undefined;
}

/** Operations that hand on what they are given, and make nothing of it. */
const transparent: ReadonlySet<Primitive> = new Set<Primitive>([
  'reshape',
  'transpose',
  'broadcast',
  'slice',
  'flip',
  'detach',
  'composite',
]);

const isWatched = ({ op, type }: Node): boolean =>
  isFloat(type.dtype) && type.parts === undefined && type.size > 0 && op !== 'constant' && !transparent.has(op);

/** What a node is made from: a composite is its body. */
function sourcesOf(node: Node): readonly Node[] {
  return isOp(node, 'composite') ? [node.attributes.body] : node.inputs;
}

function nameOf(node: Node): string {
  if (isOp(node, 'composite')) return node.attributes.name;
  return node.op === 'result' ? (node.inputs[0]?.op ?? node.op) : node.op;
}

/** The tensors of floating numbers of what a function returned, whatever else is in it. */
function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  const leaf = (part: unknown): void => {
    if (part instanceof Tensor && isFloat(part.dtype)) found.push(part);
  };
  mapStructure(value, { op: 'detectAnomaly', name: 'the result', leaf });
  return found;
}

/** What a walk back along NaN ends at. */
interface Found {
  readonly node: Node;
  /** The operation that reads it, where it was made elsewhere. */
  readonly reader: Node | undefined;
}

/** The operation recorded first of those that made NaN, which the roots have from them. */
function firstOf(
  roots: readonly Node[],
  hasNaN: ReadonlySet<Node>,
  order: ReadonlyMap<Node, number>,
): Found | undefined {
  const seen = new Set<Node>();
  let first: Found | undefined;
  let position = Infinity;
  const end = (found: Found): void => {
    const at = order.get(found.reader ?? found.node) ?? Infinity;
    if (first !== undefined && at >= position) return;
    first = found;
    position = at;
  };
  const walk = [...roots];
  for (let node = walk.pop(); node !== undefined; node = walk.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    const behind = nearest(sourcesOf(node)).filter((source) => hasNaN.has(source));
    if (!order.has(node)) end({ node, reader: undefined });
    else if (behind.length === 0) end({ node, reader: undefined });
    for (const source of behind) {
      if (order.has(source)) walk.push(source);
      else end({ node: source, reader: node });
    }
  }
  return first;
}

/** The nodes themselves, or what transparent ones hand on. */
function nearest(nodes: readonly Node[]): Node[] {
  const found = new Set<Node>();
  const walk = [...nodes];
  const seen = new Set<Node>();
  for (let node = walk.pop(); node !== undefined; node = walk.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (transparent.has(node.op) && node.cell === undefined && sourcesOf(node).length > 0)
      walk.push(...sourcesOf(node));
    else found.add(node);
  }
  return [...found];
}

/**
 * Calls a function that records, a loss and its gradients say, and looks for NaN in what it returned, and in every operation that it recorded. Where there is NaN in the result,
 * it rejects with an {@link AnomalyError} that names the operation whose inputs had none, and whose stack begins on the line that called it; of a gradient it is the line of the operation whose gradient
 * it is. NaN in the middle that does not reach the result (chosen against by `where`, say) is none. A function that returns no tensors is looked through as a whole.
 *
 * Everything is computed at once and kept for it, so it costs memory and time: for looking, not for training. Compiled functions are recorded in place, and loops (`scan`) step by step,
 * so that the operation is one inside of the step. What `vmap` makes of a function is on the lines of that function.
 *
 * @param f - records and returns anything; it must not be async.
 * @returns what `f` returned.
 *
 * Throws {@link AnomalyError}, and {@link ArgumentError} for an async function.
 *
 * ```ts
 * const f = (x: Tensor) => x.sqrt().mul(0).sum();
 * const message = await detectAnomaly(() => grad(f)(tensor([0]))).catch((error: Error) => error.message);
 * String(message).startsWith('[sqrt] the gradient of sqrt makes the first NaN'); // true
 * ```
 */
export async function detectAnomaly<T>(f: () => T): Promise<T> {
  requireFunction('detectAnomaly', 'f', f);
  const origins = new Map<Node, Origin>();
  const note = (node: Node): void => {
    // What is recorded for many examples comes from the line that recorded it for one.
    const example = mappedFrom();
    const known = example === undefined ? undefined : origins.get(example);
    origins.set(node, known ?? { place: new HebbError('recorded'), gradientOf: pulledBack() });
  };
  const before = setRecorder({
    created(node) {
      note(node);
      before?.created(node);
    },
    inside: note,
  });
  let value: T;
  try {
    value = withLoopsWrittenOut(() => withInlining(f));
  } finally {
    setRecorder(before);
  }
  requireNoPromise('detectAnomaly', value);
  const order = new Map(
    [...origins.keys()].filter((node) => isWatched(node) && !node.local).map((node, i) => [node, i]),
  );
  // What was there before, and is read.
  const given = nearest([...order.keys()].flatMap(sourcesOf)).filter((node) => isWatched(node) && !order.has(node));
  const results = nearest(tensorsIn(value).map(nodeOf)).filter(isWatched);
  const hasNaN = await nodesWithNaN([...new Set([...given, ...order.keys(), ...results])]);
  const roots = results.length > 0 ? results : [...order.keys()];
  const found = firstOf(
    roots.filter((node) => hasNaN.has(node)),
    hasNaN,
    order,
  );
  if (found === undefined) return value;
  throw errorOf(found, origins);
}

async function nodesWithNaN(nodes: readonly Node[]): Promise<ReadonlySet<Node>> {
  if (nodes.length === 0) return new Set();
  const flags = await stack(nodes.map((node) => isNaN(tensorOf(node)).to('int32').max())).data();
  return new Set(nodes.filter((_, i) => flags[i] !== 0));
}

function errorOf({ node, reader }: Found, origins: ReadonlyMap<Node, Origin>): AnomalyError {
  const origin = origins.get(reader ?? node);
  const forward = origin?.gradientOf;
  const isMade = reader === undefined && origin !== undefined;
  const name = nameOf(forward ?? reader ?? node);
  const type = formatType(node.type);
  const operation = forward === undefined ? name : `gradient of ${name}`;
  const does = forward === undefined ? '' : `the gradient of ${name} `;
  const error = isMade
    ? new AnomalyError(
        `[${name}] ${does}makes the first NaN, ${type}, of inputs without NaN.`,
        operation,
        'Look at the values that it gets: 0 / 0, ∞ − ∞, 0 · ∞, roots and logarithms of negative numbers, or their derivatives at 0.',
      )
    : new AnomalyError(
        `[${name}] ${does}reads NaN that was there before, in a tensor ${type}.`,
        operation,
        'Look at the data, or at the parameters of the step before.',
      );
  const place = origins.get(forward ?? node)?.place ?? origin?.place;
  const frames = place?.stack?.indexOf('recorded') ?? -1;
  if (typeof error.stack === 'string' && place?.stack !== undefined && frames >= 0)
    error.stack = `${error.name}: ${error.message}${place.stack.slice(frames + 'recorded'.length)}`;
  return error;
}
