/**
 * Second pass of the compiler: which nodes share a kernel. Views are index arithmetic and never kernels (rule 1); cheap or single-use
 * elementwise work is computed inside its users (rule 2); reductions and contractions take the elementwise work that follows them as an
 * epilogue (rule 3); elementwise kernels over one iteration space that belong together become one with several outputs (part of rule 5).
 */
import type { PlanPrimitive } from '../graph/attributes.ts';
import type { Program } from '../graph/program.ts';
import { isJoin, maximumChoices, rangeOf } from './copies.ts';
import type { Without } from './optimisations.ts';
import { costOf, roleOf } from './roles.ts';
import { leadsTo, memoryReads } from './walks.ts';

/** Work up to this cost is done again in each user rather than written and read: three loads and an operation or two. */
export const recomputeLimit = 5;
/** Cost of operations in a row, views included, after which a value is written, so that no kernel's expressions nest without bound. */
export const depthLimit = 256;
/** Outputs of one kernel at most: bindings are scarce on WebGPU. */
export const maximumStores = 4;
/** Buffers of a product that takes along what only reads it. */
const mostBuffers = 8;

/** One kernel: the nodes that it stores, and the reductions (over one space) or the contraction whose results it starts from, if any; or one loop. */
export interface Group {
  readonly anchors: number[];
  /** Nodes written to memory, ascending. */
  readonly stored: number[];
  /** Groups whose stored nodes it reads. */
  readonly reads: Set<Group>;
  /** Program leaves that it reads. */
  readonly leaves: Set<number>;
}

export interface Grouping {
  readonly groups: readonly Group[];
  /** The group that stores a node. */
  readonly producer: ReadonlyMap<number, Group>;
  /** Why each stored node is one. */
  readonly reasons: ReadonlyMap<number, Reason>;
}

/**
 * Why a node is written to memory: it is a result of the program; the last one that a reduction or a product can take along; read by a product, a loop or a concatenation by ranges; cut into
 * ranges; more than one would compute it; its expression would be too long; it waits for another kernel; or fusion is left out.
 */
export type Reason = 'output' | 'anchor' | 'operand' | 'loop' | 'join' | 'cut' | 'shared' | 'deep' | 'waits' | 'apart';

/** A view that a contraction's operand may be read through: anything but a choice between values, or positions known only at run time. */
function isOperandView(program: Program, index: number): boolean {
  const node = program.nodes[index];
  if (node === undefined || roleOf(node.op) !== 'view' || node.op === 'concat' || node.op === 'gather') return false;
  return node.op !== 'pad' || (node.attributes as { value: number }).value === 0;
}

class Grouper {
  readonly #program: Program;
  readonly #without: Without;
  /** Whether an output needs a node. */
  readonly #needed: readonly boolean[];
  /** Users of each node among the nodes that are needed. */
  readonly #users: readonly (readonly number[])[];
  readonly #outputs: ReadonlySet<number>;
  /** Nodes that are written to memory, and why. */
  readonly #stored = new Map<number, Reason>();
  /** Stored nodes that are copies of ranges of memory, and so share a kernel with none. */
  readonly #apart = new Set<number>();
  readonly #groups: Group[] = [];
  readonly #producer = new Map<number, Group>();
  /** The position of the group that has an anchor. */
  readonly #anchored = new Map<number, number>();
  /** Positions of groups by the space of their reductions and by what they read: a program may have thousands, of which few have both in common. */
  readonly #readers = new Map<string, Map<Group | number, Set<number>>>();

  constructor(program: Program, without: Without) {
    this.#program = program;
    this.#without = without;
    this.#outputs = new Set(program.outputs.map(({ node }) => node));
    const { nodes } = program;
    const users: number[][] = nodes.map(() => []);
    const needed = nodes.map((_, index) => this.#outputs.has(index));
    for (let index = nodes.length - 1; index >= 0; index--) {
      if (!needed[index]) continue;
      for (const input of new Set(nodes[index]?.inputs)) {
        needed[input] = true;
        users[input]?.push(index);
      }
    }
    for (const list of users) list.reverse();
    this.#needed = needed;
    this.#users = users;
  }

  /** The first reason is kept. */
  #store(index: number, reason: Reason): void {
    if (!this.#stored.has(index)) this.#stored.set(index, reason);
  }

  #op(index: number): PlanPrimitive {
    return this.#program.nodes[index]?.op ?? 'buffer';
  }

  #size(index: number): number {
    return this.#program.nodes[index]?.type.size ?? 0;
  }

  #isLeaf(index: number): boolean {
    return roleOf(this.#op(index)) === 'leaf';
  }

  #inputs(index: number): readonly number[] {
    return this.#program.nodes[index]?.inputs ?? [];
  }

  run(): Grouping {
    const { nodes } = this.#program;
    const anchorOf = new Map<number, number>();
    const absorbed = new Map<number, number>();
    nodes.forEach((node, index) => {
      const role = roleOf(node.op);
      if (!this.#needed[index]) return;
      if (isJoin(this.#program, index)) {
        this.#store(index, 'join');
        this.#apart.add(index);
        for (const input of node.inputs)
          this.#store(rangeOf(this.#program, input, (i) => this.#isLeaf(i)).base, 'join');
      }
      if (role === 'loop') this.#loop(index, anchorOf);
      if (role !== 'reduction' && role !== 'contraction') return;
      for (const end of this.#epilogue(index, absorbed)) {
        anchorOf.set(end, index);
        this.#store(end, 'anchor');
      }
      if (role === 'contraction') for (const input of node.inputs) this.#store(this.#operandBase(input), 'operand');
    });
    for (const output of this.#outputs) if (!this.#isLeaf(output)) this.#store(output, 'output');
    this.#storeCutOutputs();
    this.#storeSharedWork(absorbed);
    for (const index of [...this.#stored.keys()]) if (roleOf(this.#op(index)) === 'leaf') this.#stored.delete(index);

    const order = [...this.#stored.keys()].sort((a, b) => a - b);
    for (const index of order) this.#place(index, anchorOf.get(index));
    return { groups: this.#groups, producer: this.#producer, reasons: this.#stored };
  }

  /** A loop reads all that it reads from memory, and leaves its results there. */
  #loop(index: number, anchorOf: Map<number, number>): void {
    const inputs = this.#inputs(index);
    if (this.#op(index) === 'scan') for (const input of inputs) this.#store(input, 'loop');
    else {
      anchorOf.set(index, inputs[0] ?? -1);
      this.#store(index, 'loop');
    }
  }

  /** What many outputs are ranges of (the gradient of a concatenation, cut for its parts) is computed once; the outputs are copies then. */
  #storeCutOutputs(): void {
    const cuts = new Map<number, number[]>();
    for (const output of this.#outputs) {
      const { base } = rangeOf(this.#program, output, (index) => this.#isLeaf(index));
      const others = cuts.get(base);
      if (base === output) continue;
      if (others === undefined) cuts.set(base, [output]);
      else others.push(output);
    }
    for (const [base, outputs] of cuts) {
      if (outputs.length <= maximumChoices) continue;
      this.#store(base, 'cut');
      for (const output of outputs) this.#apart.add(output);
    }
  }

  /** The node behind the views of a contraction's operand; it must lie in memory. */
  #operandBase(index: number): number {
    let base = index;
    while (isOperandView(this.#program, base)) base = this.#inputs(base)[0] ?? base;
    return base;
  }

  /**
   * The last nodes that can be computed where a reduction or contraction has its result in a register: everything between is
   * elementwise, of the same size, and used nowhere else. One node, or several that nothing in the program waits for (a gradient's
   * parameter and moments).
   */
  #epilogue(anchor: number, absorbed: Map<number, number>): number[] {
    if (this.#without.has('epilogues')) return [anchor];
    let end = anchor;
    for (let cost = 0; cost < depthLimit;) {
      const next = this.#closure(end, absorbed);
      if (next === undefined) break;
      for (const index of next.region) {
        absorbed.set(index, anchor);
        cost += costOf(this.#op(index));
      }
      end = next.end;
    }
    const update = this.#update(end, absorbed);
    if (update === undefined) return [end];
    for (const index of update.region) absorbed.set(index, anchor);
    return update.exits;
  }

  /** Everything that `start` leads to, where all of it is elementwise work that ends in outputs of the program. */
  #update(start: number, absorbed: ReadonlyMap<number, number>): { region: Set<number>; exits: number[] } | undefined {
    if (this.#outputs.has(start)) return undefined;
    const region = new Set<number>();
    const exits: number[] = [];
    const stack = [start];
    let cost = 0;
    while (stack.length > 0) {
      const index = stack.pop() ?? start;
      const users = this.#users[index] ?? [];
      if (this.#outputs.has(index)) exits.push(index);
      for (const user of users) {
        const op = this.#op(user);
        if (
          (roleOf(op) !== 'elementwise' && op !== 'reshape') ||
          this.#size(user) !== this.#size(start) ||
          absorbed.has(user)
        )
          return undefined;
        if (region.has(user)) continue;
        region.add(user);
        cost += costOf(op);
        if (cost > depthLimit) return undefined;
        stack.push(user);
      }
    }
    return exits.length === 0 || exits.length > maximumStores
      ? undefined
      : { region, exits: exits.sort((a, b) => a - b) };
  }

  /** The smallest region after `start` that is entered only through `start` and left only through its last node. */
  #closure(start: number, absorbed: ReadonlyMap<number, number>): { region: number[]; end: number } | undefined {
    const inside = new Set([start]);
    const size = this.#size(start);
    if (this.#outputs.has(start)) return undefined;
    for (let steps = 0; steps < 24; steps++) {
      let next = Infinity;
      for (const index of inside)
        for (const user of this.#users[index] ?? []) if (!inside.has(user)) next = Math.min(next, user);
      if (next === Infinity) return undefined;
      const op = this.#op(next);
      if ((roleOf(op) !== 'elementwise' && op !== 'reshape') || this.#size(next) !== size || absorbed.has(next))
        return undefined;
      inside.add(next);
      const exits = [...inside].filter(
        (index) => this.#outputs.has(index) || (this.#users[index] ?? []).some((user) => !inside.has(user)),
      );
      if (exits.length === 1 && exits[0] === next && op !== 'reshape')
        return { region: [...inside].filter((i) => i !== start), end: next };
      // A region that ends in a reshape is not worth an exit of its own; go on from there only along a single path.
      if (exits.length === 0) return undefined;
      if (exits.some((index) => this.#outputs.has(index) && index !== next)) return undefined;
    }
    return undefined;
  }

  /** Stores nodes whose repeated evaluation would cost more than writing and reading them. */
  #storeSharedWork(absorbed: ReadonlyMap<number, number>): void {
    const { nodes } = this.#program;
    const cost = nodes.map(() => 0);
    const depth = nodes.map(() => 0);
    nodes.forEach((node, index) => {
      if (!this.#needed[index]) return;
      const role = roleOf(node.op);
      const own = costOf(node.op);
      for (const input of node.inputs)
        depth[index] = Math.max(depth[index] ?? 0, own + (this.#stored.has(input) ? 0 : (depth[input] ?? 0)));
      if (role === 'view' && (depth[index] ?? 0) >= depthLimit) this.#store(index, 'deep');
      if (
        role === 'leaf' ||
        role === 'free' ||
        role === 'reduction' ||
        role === 'contraction' ||
        role === 'loop' ||
        this.#stored.has(index)
      ) {
        cost[index] = role === 'free' ? 0 : 1;
        return;
      }
      let total = role === 'elementwise' ? costOf(node.op) : 0;
      for (const input of node.inputs) total += cost[input] ?? 0;
      cost[index] = total;
      if (role !== 'elementwise' || absorbed.has(index)) return;
      const isApart = this.#without.has('fusion');
      if (total <= recomputeLimit && !isApart) return;
      const isDeep = (depth[index] ?? 0) >= depthLimit;
      if (isDeep || isApart || this.#evaluations(index) > 1) {
        this.#store(index, isDeep ? 'deep' : isApart ? 'apart' : 'shared');
        cost[index] = 1;
      }
    });
  }

  /**
   * How often a node would be evaluated if it were not stored: its users, times the repetition by broadcasts, windows and gathers; a
   * scatter looks at updates and their positions twice.
   */
  #evaluations(index: number): number {
    let total = 0;
    const stack = [index];
    while (stack.length > 0) {
      const current = stack.pop() ?? index;
      for (const user of this.#users[current] ?? []) {
        const op = this.#op(user);
        if (roleOf(op) === 'view') {
          if (this.#outputs.has(user)) total++;
          const repeats = op === 'broadcast' || op === 'unfold' || op === 'gather';
          if (repeats && this.#size(user) > this.#size(index) * 1.5) total += 2;
          else stack.push(user);
        } else total += op === 'scatter' ? 2 : 1;
        if (total > 1) return total;
      }
    }
    return total;
  }

  /** Stored nodes and leaves that a node reads, directly or through work done in place. */
  #memoryInputs(index: number): Set<number> {
    const inMemory = (node: number): boolean => this.#stored.has(node) || roleOf(this.#op(node)) === 'leaf';
    return memoryReads(this.#program, this.#inputs(index), inMemory);
  }

  #place(index: number, anchor: number | undefined): void {
    const inputs = [...this.#memoryInputs(index)];
    const producers = new Set(inputs.map((input) => this.#producer.get(input)).filter((group) => group !== undefined));
    const leaves = new Set(inputs.filter((input) => !this.#stored.has(input)));
    const own = anchor === undefined ? undefined : this.#groups[this.#anchored.get(anchor) ?? -1];
    if (
      anchor !== undefined &&
      own !== undefined &&
      [...producers].some((producer) => producer !== own && reaches(producer, own))
    ) {
      // It needs something that waits for the anchor's kernel (another reduction's result there): the anchor is stored and read back.
      this.#store(anchor, 'waits');
      this.#producer.set(anchor, own);
      if (!own.stored.includes(anchor)) own.stored.push(anchor);
      own.stored.sort((a, b) => a - b);
      this.#place(index, undefined);
      return;
    }
    const partner = this.#apart.has(index)
      ? undefined
      : anchor === undefined
        ? this.#partner(index, producers, leaves)
        : this.#anchoredPartner(anchor, producers, leaves);
    if (partner === undefined) {
      const group: Group = { anchors: anchor === undefined ? [] : [anchor], stored: [index], reads: producers, leaves };
      this.#groups.push(group);
      this.#producer.set(index, group);
      if (anchor !== undefined) this.#addReader(anchor, this.#groups.length - 1, producers, leaves);
      return;
    }
    if (anchor !== undefined) {
      this.#addReader(anchor, this.#anchored.get(partner.anchors[0] ?? -1) ?? -1, producers, leaves);
      if (!partner.anchors.includes(anchor)) partner.anchors.push(anchor);
    }
    partner.stored.push(index);
    for (const leaf of leaves) partner.leaves.add(leaf);
    for (const producer of producers) if (producer !== partner) partner.reads.add(producer);
    this.#producer.set(index, partner);
  }

  /** The kernel that has the anchor already, or one that reduces over the same space and reads the same memory. */
  #anchoredPartner(anchor: number, producers: ReadonlySet<Group>, leaves: ReadonlySet<number>): Group | undefined {
    const own = this.#groups[this.#anchored.get(anchor) ?? -1];
    if (own !== undefined || this.#without.has('merging')) return own;
    const readers = this.#readers.get(this.#reductionSpace(anchor) ?? '');
    const positions = new Set([...producers, ...leaves].flatMap((read) => [...(readers?.get(read) ?? [])]));
    for (const position of [...positions].sort((a, b) => b - a)) {
      const group = this.#groups[position] as Group;
      if (group.stored.length >= maximumStores || !this.#shareMemory(group, producers, leaves)) continue;
      if ([...producers].every((producer) => !reaches(producer, group))) return group;
    }
    return undefined;
  }

  /** The group at a position has an anchor, and reads these. */
  #addReader(anchor: number, position: number, producers: ReadonlySet<Group>, leaves: ReadonlySet<number>): void {
    this.#anchored.set(anchor, position);
    const space = this.#reductionSpace(anchor);
    if (space === undefined) return;
    const readers = this.#readers.get(space) ?? new Map<Group | number, Set<number>>();
    this.#readers.set(space, readers);
    for (const read of [...producers, ...leaves]) {
      const positions = readers.get(read);
      if (positions === undefined) readers.set(read, new Set([position]));
      else positions.add(position);
    }
  }

  /** What a reduction runs over, as text; undefined for everything that cannot share a kernel. */
  #reductionSpace(anchor: number): string | undefined {
    const node = this.#program.nodes[anchor];
    if (node === undefined || !['sum', 'prod', 'max', 'min', 'argmax'].includes(node.op)) return undefined;
    const attributes = node.attributes as { axes?: readonly number[]; axis?: number };
    return `${this.#program.nodes[node.inputs[0] ?? 0]?.type.shape.join(',')}/${attributes.axes?.join(',') ?? attributes.axis}`;
  }

  /**
   * Whether both read something that need not be read twice then. A number that many read (the factor by which all gradients are clipped) is none, unless there is nothing else to read: the updates of
   * parameters have it in common, and each goes with its own moments.
   */
  #shareMemory(group: Group, producers: ReadonlySet<Group>, leaves: ReadonlySet<number>): boolean {
    const isMuch = (node: number): boolean => this.#size(node) > 1 || !this.#isWidelyRead(node);
    let common = 0;
    for (const producer of producers) {
      if (!group.reads.has(producer)) continue;
      if (producer.stored.some(isMuch)) return true;
      common++;
    }
    for (const leaf of leaves) {
      if (!group.leaves.has(leaf)) continue;
      if (isMuch(leaf)) return true;
      common++;
    }
    return common > 0 && common === producers.size + leaves.size;
  }

  /** Whether more than a few compute with a node's value, however it is laid out for them. */
  #isWidelyRead(index: number): boolean {
    const readers = new Set<number>();
    const stack = [index];
    while (stack.length > 0 && readers.size <= maximumChoices) {
      for (const user of this.#users[stack.pop() ?? index] ?? []) {
        if (roleOf(this.#op(user)) === 'view') stack.push(user);
        else readers.add(user);
      }
    }
    return readers.size > maximumChoices;
  }

  /** An elementwise kernel over the same space that computes what this node needs, or that reads what this node reads; or the product that this node needs, while it has the result in a register (an activation, where its gradient reads what it is of). */
  #partner(index: number, producers: ReadonlySet<Group>, leaves: ReadonlySet<number>): Group | undefined {
    if (this.#without.has('merging')) return undefined;
    const shape = this.#program.nodes[index]?.type.shape.join(',');
    for (let i = this.#groups.length - 1; i >= 0 && i >= this.#groups.length - 16; i--) {
      const group = this.#groups[i] as Group;
      if (group.stored.length >= maximumStores) continue;
      // What also needs another kernel's result (a mask of dropout) is computed with that one: no kernel less.
      const isAlone = producers.size === 1 && producers.has(group);
      if (group.anchors.length > 0 && !(isAlone && this.#isProductWithRoom(group, leaves))) continue;
      if (this.#apart.has(group.stored[0] ?? -1)) continue;
      if (this.#program.nodes[group.stored[0] ?? 0]?.type.shape.join(',') !== shape) continue;
      if (!producers.has(group) && !this.#shareMemory(group, producers, leaves)) continue;
      // No other kernel may stand between the two.
      if ([...producers].some((producer) => producer !== group && reaches(producer, group))) continue;
      if (!producers.has(group) || this.#readsInPlace(index, group)) return group;
    }
    return undefined;
  }

  /** Whether a group is one product that can take along what reads these leaves, too. */
  #isProductWithRoom({ anchors, stored, reads, leaves }: Group, others: ReadonlySet<number>): boolean {
    const [anchor = -1] = anchors;
    if (anchors.length > 1 || roleOf(this.#op(anchor)) !== 'contraction') return false;
    return stored.length + 1 + reads.size + new Set([...leaves, ...others]).size <= mostBuffers;
  }

  /** Whether `index` reads the group's nodes only at its own position, so that both can be computed at one point of the space. */
  #readsInPlace(index: number, group: Group): boolean {
    const stored = new Set(group.stored);
    const seen = new Set<string>();
    const check = (current: number, viaView: boolean): boolean => {
      const key = `${current}:${viaView}`;
      if (seen.has(key)) return true;
      seen.add(key);
      return this.#inputs(current).every((input) => {
        const moved = viaView || roleOf(this.#op(current)) === 'view';
        if (stored.has(input)) return !moved;
        return this.#stored.has(input) || check(input, moved);
      });
    };
    return check(index, false);
  }
}

/** Whether `from` reads `target`, directly or through others. */
function reaches(from: Group, target: Group): boolean {
  return leadsTo(from, target, (group) => group.reads);
}

export function groupProgram(program: Program, without: Without): Grouping {
  return new Grouper(program, without).run();
}
