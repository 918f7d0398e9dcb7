/** Loops as nodes: a body recorded once on parameters becomes a `scan` node, whose inputs are all that the body reads. */
import type { Attributes } from './attributes.ts';
import { claimDraws, recordDraws, type Draws, type SourceDraws } from './draws.ts';
import { makeNode, recordBody, type Node } from './node.ts';
import { linearizeBody } from './program.ts';
import { tensorType, tupleType, type TensorType } from './types.ts';

export interface ScanParts {
  /** What is handed from step to step: its value before the first one, as the body sees it, and after a step; all of one type. */
  readonly carries: readonly { readonly initial: Node; readonly parameter: Node; readonly next: Node }[];
  /** What is read step by step, with a leading axis, and its part as the body sees it. What the body does not read is left out, and not asked for. */
  readonly xs: readonly { readonly stacked: () => Node; readonly parameter: Node }[];
  /** What the body gives at each step. */
  readonly ys: readonly Node[];
  /** What random numbers the body draws, of {@link recordStep}. */
  readonly draws: Draws;
  readonly length: number;
  readonly reverse: boolean;
  /** The position of the carry that is false once all carries stay as they are. Default: none. */
  readonly until?: number | undefined;
  /** Whether a gradient is to keep carries alone, and compute the products of a step again, too. Default: false. */
  readonly recomputes?: boolean | undefined;
}

/** Runs what records the body of a loop on its parameters. */
export function recordStep<T>(record: () => T): { readonly value: T; readonly draws: Draws } {
  return recordDraws(() => recordBody(record));
}

/** The numbers of the draws of each step: those that they would have if the steps were written one after the other. */
function stepDraws(draws: Draws, length: number, reverse: boolean): ScanParts['xs'] {
  const all = tensorType('int32', [length]);
  return [...claimDraws(draws, length)].map(([source, begin]) => {
    const { first: parameter, count } = draws.sources.get(source) as SourceDraws;
    const constant = (value: number): Node => makeNode('constant', [], { dtype: all.dtype, shape: all.shape, value });
    const stacked = (): Node => {
      const position = makeNode('iota', [], { shape: all.shape, axis: 0 });
      const step = reverse ? makeNode('sub', [constant(length - 1), position], {}) : position;
      const from = makeNode('mul', [step, constant(count)], {});
      return makeNode('add', [makeNode('broadcast', [begin], { shape: all.shape }), from], {});
    };
    return { stacked, parameter };
  });
}

/** What is known of a body. */
interface Reading {
  /** The parameters that it reads. */
  readonly used: ReadonlySet<Node>;
  /** What it reads from outside. */
  readonly captured: readonly Node[];
  /** What depends on its parameters. */
  readonly own: ReadonlySet<Node>;
  /** What lies behind gradients of composites. */
  readonly hidden: ReadonlySet<Node>;
}

/** What the body of a loop is computed from beside constants. */
function readBy(results: readonly Node[], own: ReadonlySet<Node>): Reading {
  /** Whether a node that depends on no parameter of this body depends on one of a body around it; undefined: it depends on this body's. */
  const outside = new Map<Node, boolean | undefined>();
  const stack = [...results];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (outside.has(node)) {
      stack.pop();
      continue;
    }
    const behind = own.has(node) ? [] : sourcesOf(node);
    const missing = behind.filter((source) => !outside.has(source));
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    const inside = own.has(node) || behind.some((source) => outside.get(source) === undefined);
    const around = node.local && behind.length === 0;
    outside.set(node, inside ? undefined : around || behind.some((source) => outside.get(source) === true));
  }
  const used = new Set<Node>();
  const captured = new Set<Node>();
  const hidden = new Set<Node>();
  const seen = new Set<Node>();
  const read = [...results].reverse();
  for (let node = read.pop(); node !== undefined; node = read.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (own.has(node)) used.add(node);
    else if (node.op === 'constant' || node.op === 'iota') continue;
    // What repeats a value along axes is done by the body, whatever it repeats.
    else if (!node.local || (outside.get(node) === true && node.op !== 'broadcast' && !hidden.has(node)))
      captured.add(node);
    // Of an operation around the loop, whose gradient knows what comes through here alone.
    else if (outside.get(node) === false && isBoundary(node) && !hidden.has(node)) captured.add(node);
    else {
      for (const inner of hiddenIn(node)) hidden.add(inner);
      read.push(...[...sourcesOf(node)].reverse());
    }
  }
  const inside = [...seen].filter((node) => !own.has(node) && outside.get(node) === undefined);
  return { used, captured: [...captured], own: new Set(inside), hidden };
}

/** What a part of a body is computed from; nothing, where it is computed outside. */
function sourcesOf(node: Node): readonly Node[] {
  if (!node.local) return [];
  if (node.op !== 'composite') return node.inputs;
  const { body, gradient } = node.attributes as Attributes['composite'];
  // A gradient of its own may give cotangents to inputs that the value does not depend on.
  return gradient === undefined ? [body] : [body, ...node.inputs];
}

/**
 * What lies in the body of a composite between its inputs and its result, where a gradient of its own takes the body's place. That gradient knows the
 * inputs alone, so of all this nothing may be read from outside by itself.
 */
function hiddenIn(node: Node): ReadonlySet<Node> {
  const hidden = new Set<Node>();
  if (node.op !== 'composite') return hidden;
  const { body, boundary = [] } = node.attributes as Attributes['composite'];
  const users = new Map<Node, Node[]>();
  const seen = new Set<Node>([body, ...boundary]);
  const stack = boundary.includes(body) ? [] : [body];
  for (let user = stack.pop(); user !== undefined; user = stack.pop()) {
    for (const source of sourcesOf(user)) {
      users.set(source, [...(users.get(source) ?? []), user]);
      if (!seen.has(source)) stack.push(source);
      seen.add(source);
    }
  }
  for (const end of boundary) hidden.add(end);
  for (const inner of hidden) for (const user of users.get(inner) ?? []) hidden.add(user);
  return hidden;
}

/** Whether it stands for an input in the body of a composite with a gradient of its own: nothing else is recorded that changes nothing. */
const isBoundary = ({ op, inputs: [input], type }: Node): boolean => op === 'reshape' && input?.type === type;

const products: ReadonlySet<Node['op']> = new Set(['dot', 'conv', 'convInputGradient', 'convWeightGradient']);

/**
 * What is expensive of a step: the products, each with what is added to it and nothing else uses, since a gradient of sums asks for no values; of a composite with
 * a gradient of its own, which knows nothing of the products inside, its result. Storing it at every step takes less time than computing it twice.
 */
function expensive({ own, hidden }: Reading, results: readonly Node[]): Node[] {
  const users = new Map<Node, Node[]>();
  for (const node of own) for (const source of sourcesOf(node)) users.set(source, [...(users.get(source) ?? []), node]);
  const ends = new Set<Node>();
  for (const product of own) {
    const isProduct = products.has(product.op) || [...hiddenIn(product)].some(({ op }) => products.has(op));
    if (!isProduct || hidden.has(product)) continue;
    let end = product;
    for (;;) {
      const [user, ...others] = users.get(end) ?? [];
      const isSum = user?.op === 'add' || user?.op === 'sub';
      if (user === undefined || others.length > 0 || !isSum || user.type !== end.type || results.includes(end)) break;
      end = user;
    }
    ends.add(end);
  }
  return [...ends];
}

/** The loop, with several results; {@link scanResult} gives each. */
export function makeScan(loop: ScanParts): Node {
  const { carries, draws, length, reverse, until = -1, recomputes = false } = loop;
  const xs = [...loop.xs, ...stepDraws(draws, length, reverse)];
  const parts = [...carries, ...xs].map(({ parameter }) => parameter);
  const nexts = carries.map(({ next }) => next);
  const reading = readBy([...nexts, ...loop.ys], new Set(parts));
  const { used, captured } = reading;
  const ends = recomputes ? [] : expensive(reading, [...nexts, ...loop.ys]);
  const ys = [...loop.ys, ...ends.filter((node) => !loop.ys.includes(node))];
  const kept = ends.map((node) => ys.indexOf(node));
  const results = [...nexts, ...ys];
  const read = xs.filter(({ parameter }) => used.has(parameter));
  const body = {
    parameters: [...carries.map(({ parameter }) => parameter), ...read.map(({ parameter }) => parameter), ...captured],
    results,
  };
  const inputs = [...carries.map(({ initial }) => initial), ...read.map(({ stacked }) => stacked()), ...captured];
  const stacked = ({ type: { dtype, shape } }: Node): TensorType => tensorType(dtype, [length, ...shape]);
  const before = carries.map(({ parameter }) => stacked(parameter));
  const type = tupleType([...carries.map(({ parameter }) => parameter.type), ...before, ...ys.map(stacked)]);
  const key = [carries.length, read.length, length, Number(reverse), until, ...linearizeBody(body).key];
  const counts = { carries: carries.length, xs: read.length, length };
  return makeNode('scan', inputs, { body, type, key, ...counts, reverse, until, kept, recomputes });
}

/** One of the results of a loop: `last`, a carry after the last step; `before`, a carry before each step; `given`, what the body gives at each. */
export function scanResult(scan: Node, kind: 'last' | 'before' | 'given', position: number): Node {
  const { carries } = scan.attributes as Attributes['scan'];
  return makeNode('result', [scan], { index: position + { last: 0, before: carries, given: 2 * carries }[kind] });
}
