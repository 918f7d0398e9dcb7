/**
 * The memory that a forward pass takes, from the graph alone: which values have to lie in memory, and from when until when. Views are index arithmetic;
 * elementwise work is done where it is read, or, after a reduction or a product of the same size, in the same pass. It follows what the compiler
 * decides, without compiling.
 */
import type { Attributes } from '../graph/attributes.ts';
import { elementwiseTraits, isElementwise } from '../graph/elementwise.ts';
import type { Node } from '../graph/node.ts';
import { elementBytes, type TensorType } from '../graph/types.ts';
import { behind, valueSources } from './walk.ts';

/** Bytes of a value in a device's memory: a bool takes as many as a number. */
export function bytesOf({ dtype, size }: Pick<TensorType, 'dtype' | 'size'>): number {
  return size * elementBytes[dtype];
}

const views: ReadonlySet<Node['op']> = new Set(['reshape', 'transpose', 'broadcast', 'slice', 'pad', 'flip', 'unfold']);
const choices: ReadonlySet<Node['op']> = new Set(['concat', 'gather']);
const constants: ReadonlySet<Node['op']> = new Set(['constant', 'iota', 'scalar']);

/** The value that a node is a view of: itself, where it is none. */
export function baseOf(node: Node): Node {
  let base = node;
  for (let [source] = valueSources(base); source !== undefined; [source] = valueSources(base)) {
    if (base.op !== 'composite' && base.op !== 'detach' && !views.has(base.op)) break;
    base = source;
  }
  return base;
}

/** Whether a value is known without computing anything that lies in memory. */
export function isConstant(node: Node, known: Map<Node, boolean>): boolean {
  const before = known.get(node);
  if (before !== undefined) return before;
  const sources = valueSources(node);
  const isMade = sources.length > 0 && node.op !== 'scan' && node.op !== 'random';
  const isNumber = constants.has(node.op) && node.cell === undefined && node.storage === undefined;
  const result = isNumber || (isMade && sources.every((source) => isConstant(source, known)));
  known.set(node, result);
  return result;
}

/** Work in place of its readers, up to the cost of five additions, is done again for each of them. */
const repeatedCost = 5;

/** One pass over memory: what it writes, and what it reads of what others wrote. */
interface Pass {
  readonly members: Node[];
  /** Of the result that elementwise work may follow in the same pass. */
  readonly size: number;
  /** What it takes beside its results while it runs. */
  readonly scratch: number;
}

/** Passes in order; a node computed where it is read has none. */
class Passes {
  readonly all: Pass[] = [];
  readonly #indices = new Map<Node, number>();
  readonly #readers = new Map<Node, Node[]>();
  readonly #outputs: ReadonlySet<Node>;

  constructor(nodes: readonly Node[], outputs: readonly Node[]) {
    this.#outputs = new Set(outputs.map(baseOf));
    for (const node of nodes)
      for (const source of new Set(valueSources(node)))
        this.#readers.set(source, [...(this.#readers.get(source) ?? []), node]);
    const constant = new Map<Node, boolean>();
    for (const node of nodes) if (valueSources(node).length > 0 && !isConstant(node, constant)) this.#place(node);
  }

  indexOf(node: Node): number | undefined {
    return this.#indices.get(node);
  }

  /** What a node reads of memory: through views, choices and elementwise work that is done in place. */
  memoryReads(node: Node): Set<Node> {
    const found = new Set<Node>();
    const visit = (source: Node): void => {
      if (found.has(source)) return;
      if (this.#indices.has(source)) found.add(source);
      else for (const each of valueSources(source)) visit(each);
    };
    for (const source of valueSources(node)) visit(source);
    return found;
  }

  /** Whether a value is read, or wanted, outside of the pass that makes it. */
  isStored(node: Node): boolean {
    const pass = this.#indices.get(node);
    if (this.#outputs.has(node)) return true;
    const visit = (user: Node): boolean => {
      const own = this.#indices.get(user);
      if (own !== undefined) return own !== pass;
      return this.#usersOf(user).some(visit);
    };
    return this.#usersOf(node).some(visit);
  }

  #usersOf(node: Node): readonly Node[] {
    return this.#readers.get(node) ?? [];
  }

  #place(node: Node): void {
    const { op, type } = node;
    if (op === 'composite' || op === 'result' || views.has(op) || choices.has(op)) {
      // A choice of many parts is a copy of each.
      if (op === 'concat' && node.inputs.length > 8) this.#begin(node);
      if (op === 'result') this.#indices.set(node, this.#indices.get(node.inputs[0] as Node) ?? -1);
      return;
    }
    if (
      !isElementwise(op) &&
      op !== 'cast' &&
      op !== 'bitcast' &&
      op !== 'detach' &&
      op !== 'where' &&
      op !== 'random'
    ) {
      this.#begin(node);
      return;
    }
    const reads = [...this.memoryReads(node)];
    const last = Math.max(-1, ...reads.map((read) => this.#indices.get(read) ?? -1));
    const pass = this.all[last];
    const follows = valueSources(node).some(
      (source) => this.#indices.get(baseOf(source)) === last && source.type.size === type.size,
    );
    if (pass !== undefined && follows && pass.size === type.size) {
      pass.members.push(node);
      this.#indices.set(node, last);
    } else if (this.#isWorthStoring(node)) this.#begin(node);
  }

  #begin(node: Node): void {
    const body = node.op === 'scan' ? (node.attributes as Attributes['scan']).body : undefined;
    const scratch = body === undefined ? 0 : peakOf(body.results, new Set(body.parameters));
    this.#indices.set(node, this.all.length);
    this.all.push({ members: [node], size: node.op === 'scan' ? -1 : node.type.size, scratch });
  }

  /** Whether elementwise work is not done in its readers: products and loops read memory, and of much work for several readers it is cheaper. */
  #isWorthStoring(node: Node): boolean {
    if (this.#outputs.has(node)) return true;
    const cost = elementwiseTraits(node.op)?.cost ?? (node.op === 'random' ? 30 : 1);
    let readers = 0;
    const stack = [...this.#usersOf(node)];
    for (let user = stack.pop(); user !== undefined; user = stack.pop()) {
      if (user.op === 'dot' || user.op.startsWith('conv') || user.op === 'scan') return true;
      if (user.op === 'composite' || views.has(user.op) || choices.has(user.op)) {
        if (user.type.size > node.type.size * 1.5) readers++;
        stack.push(...this.#usersOf(user));
      } else readers++;
    }
    return cost > repeatedCost && readers > 1;
  }
}

/**
 * The most bytes that the values computed on the way to `outputs` take at once, and the outputs, whose memory is theirs from the beginning. `given` are leaves beside those of
 * the graph: parameters of a loop's body.
 */
export function peakOf(outputs: readonly Node[], given: ReadonlySet<Node> = new Set()): number {
  const nodes = behind(outputs, (node) => (given.has(node) ? [] : valueSources(node)));
  const passes = new Passes(nodes, outputs);
  const wanted = new Set(outputs.map(baseOf));
  /** For each pass the bytes that it writes, and the bytes that nobody reads after it. */
  const written = passes.all.map(({ scratch }) => ({ scratch, bytes: 0 }));
  const freed = passes.all.map(() => 0);
  const lastRead = new Map<Node, number>();
  for (const [index, { members }] of passes.all.entries())
    for (const member of members) for (const read of passes.memoryReads(member)) lastRead.set(read, index);
  for (const node of nodes) {
    const index = passes.indexOf(node);
    const pass = index === undefined ? undefined : written[index];
    if (index === undefined || pass === undefined || node.op === 'scan' || !passes.isStored(node)) continue;
    if (wanted.has(node)) continue;
    const bytes = bytesOf(node.type);
    pass.bytes += bytes;
    const last = lastRead.get(node) ?? index;
    freed[last] = (freed[last] ?? 0) + bytes;
  }
  let now = [...wanted].reduce((sum, { type }) => sum + bytesOf(type), 0);
  let peak = now;
  written.forEach(({ scratch, bytes }, index) => {
    now += bytes;
    peak = Math.max(peak, now + scratch);
    now -= freed[index] ?? 0;
  });
  return peak;
}
