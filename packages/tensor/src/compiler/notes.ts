/** Which nodes of a program a kernel computes, for those who ask: passes note of what they make what it was made from. */
import type { Program } from '../graph/program.ts';
import type { Group, Grouping } from './groups.ts';

/** A kernel's part of the program that it was made from. */
export interface KernelNote {
  readonly program: Program;
  readonly grouping: Grouping;
  readonly group: Group;
}

export type KernelNotes = Map<object, KernelNote>;

/** What kernels were rewritten from. */
const origins = new WeakMap<object, readonly object[]>();

/** Notes that one kernel stands in the place of others. */
export function noteRewritten(kernel: object, from: readonly object[]): void {
  origins.set(kernel, from);
}

/** Kernels as they were lowered, of which this one was made. */
export function loweredAs(kernel: object): readonly object[] {
  const from = origins.get(kernel);
  return from === undefined ? [kernel] : from.flatMap(loweredAs);
}
