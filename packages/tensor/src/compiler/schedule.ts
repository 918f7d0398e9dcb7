/**
 * Fourth pass: the order of kernels, which new values may replace old ones in place, and where temporaries lie in the arena. A parameter's
 * memory is written only after every kernel that still reads the old value.
 */
import type { PlanPrimitive } from '../graph/attributes.ts';
import type { Program } from '../graph/program.ts';
import type { Group, Grouping } from './groups.ts';
import type { Without } from './optimisations.ts';
import { roleOf } from './roles.ts';
import { rowsTogether } from './row-order.ts';
import { leadsTo } from './walks.ts';

/** Kernels in order: groups, and copies that move a value to its final place where that could not be done in place. */
export interface Schedule {
  readonly order: readonly Group[];
  /** For each output of the program: whether its node is written right where it belongs. False asks for a copy at the end. */
  readonly direct: readonly boolean[];
}

/** Parameters (node numbers) that a group reads, and whether at the very position that it writes. */
function parameterReads(program: Program, grouping: Grouping): Map<Group, Map<number, boolean>> {
  const parameters = new Set(program.parameters);
  const result = new Map<Group, Map<number, boolean>>();
  for (const group of grouping.groups) {
    const reads = new Map<number, boolean>();
    const seen = new Set<number>();
    const visit = (index: number, inPlace: boolean): void => {
      const key = 2 * index + Number(inPlace);
      if (seen.has(key)) return;
      seen.add(key);
      const node = program.nodes[index];
      if (node === undefined) return;
      // Elementwise work stays at its position, as does the epilogue of the anchor; views, reductions and contractions move.
      const stays = inPlace && !group.anchors.includes(index) && !moves(node.op);
      for (const input of node.inputs) {
        if (parameters.has(input)) reads.set(input, stays && (reads.get(input) ?? true));
        else if (!grouping.producer.has(input) || grouping.producer.get(input) === group) visit(input, stays);
      }
    };
    for (const index of group.stored) {
      // A stored leaf or view of a leaf is read by its own kernel.
      visit(index, true);
    }
    result.set(group, reads);
  }
  return result;
}

/** Whether an operation reads its inputs elsewhere than at the position of its result. */
function moves(op: PlanPrimitive): boolean {
  return op === 'random' || ['view', 'reduction', 'contraction', 'loop'].includes(roleOf(op));
}

export function scheduleGroups(program: Program, grouping: Grouping, without: Without): Schedule {
  const { groups, producer } = grouping;
  const reads = parameterReads(program, grouping);
  /** Groups that must run before a group, beyond those whose results it reads. */
  const before = new Map<Group, Set<Group>>(groups.map((group) => [group, new Set(group.reads)]));
  const readersOf = new Map<number, Group[]>();
  for (const group of groups)
    for (const parameter of reads.get(group)?.keys() ?? [])
      readersOf.set(parameter, [...(readersOf.get(parameter) ?? []), group]);
  const written = new Set<number>();
  const direct = program.outputs.map(({ node, parameter }) => {
    const group = producer.get(node);
    if (group === undefined) return false;
    // A second output for the same node is a store of its own in the same kernel.
    if (parameter < 0) return true;
    if (without.has('in-place')) return false;
    const target = program.parameters[parameter] ?? -1;
    if (written.has(target) || reads.get(group)?.get(target) === false) return false;
    const readers = (readersOf.get(target) ?? []).filter((other) => other !== group);
    if (readers.some((reader) => leadsTo(reader, group, (other) => before.get(other) ?? []))) return false;
    for (const reader of readers) before.get(group)?.add(reader);
    written.add(target);
    return true;
  });
  const order = topological(groups, before);
  return { order: without.has('row-order') ? order : rowsTogether(program, order, before), direct };
}

/** Keeps the given order wherever dependencies allow. */
function topological(groups: readonly Group[], before: ReadonlyMap<Group, ReadonlySet<Group>>): Group[] {
  const order: Group[] = [];
  const done = new Set<Group>();
  const entered = new Set<Group>();
  // Iterative: an update of a parameter may wait for a reader at the end of a long chain.
  const stack = [...groups].reverse();
  for (let group = stack.pop(); group !== undefined; group = stack.pop()) {
    if (done.has(group)) continue;
    const earlier = entered.has(group) ? [] : [...(before.get(group) ?? [])].filter((other) => !done.has(other));
    entered.add(group);
    if (earlier.length > 0) {
      stack.push(group);
      for (const other of earlier.reverse()) if (!entered.has(other)) stack.push(other);
      continue;
    }
    done.add(group);
    order.push(group);
  }
  return order;
}

/** Offsets of buffers whose lives are known: each buffer is placed first-fit among those alive at the same time. */
export class Arena {
  /** Free gaps, ascending; the last one is open-ended. */
  #gaps: { start: number; end: number }[] = [{ start: 0, end: Infinity }];
  bytes = 0;
  readonly #reuse: boolean;

  /** `reuse`: whether what is released is used again. */
  constructor(reuse = true) {
    this.#reuse = reuse;
  }

  allocate(bytes: number): number {
    const need = Math.max(256, Math.ceil(bytes / 256) * 256);
    const position = this.#gaps.findIndex((gap) => gap.end - gap.start >= need);
    const gap = this.#gaps[position] as { start: number; end: number };
    const { start } = gap;
    gap.start += need;
    if (gap.start === gap.end) this.#gaps.splice(position, 1);
    this.bytes = Math.max(this.bytes, start + need);
    return start;
  }

  /** Bytes behind everything that has been allocated at any time. */
  append(bytes: number): number {
    const start = this.bytes;
    this.bytes += Math.max(256, Math.ceil(bytes / 256) * 256);
    return start;
  }

  release(start: number, bytes: number): void {
    if (!this.#reuse) return;
    const end = start + Math.max(256, Math.ceil(bytes / 256) * 256);
    let position = this.#gaps.findIndex((gap) => gap.start >= end);
    if (position < 0) position = this.#gaps.length;
    this.#gaps.splice(position, 0, { start, end });
    for (const i of [position, position - 1]) {
      const left = this.#gaps[i];
      const right = this.#gaps[i + 1];
      if (left === undefined || right === undefined || left.end !== right.start) continue;
      left.end = right.end;
      this.#gaps.splice(i + 1, 1);
    }
  }
}
