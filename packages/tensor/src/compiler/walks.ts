/** Walks that several passes of the compiler take. Iterative, so that long chains do not overflow the stack. */
import type { Program } from '../graph/program.ts';

/** Whether `from` is `target` or leads to it. */
export function leadsTo<T>(from: T, target: T, next: (item: T) => Iterable<T>): boolean {
  const seen = new Set<T>();
  const stack = [from];
  while (stack.length > 0) {
    const item = stack.pop() as T;
    if (item === target) return true;
    if (seen.has(item)) continue;
    seen.add(item);
    for (const other of next(item)) stack.push(other);
  }
  return false;
}

/** The first nodes that lie in memory on every way down from `start`, those of `start` included. */
export function memoryReads(
  program: Program,
  start: readonly number[],
  inMemory: (node: number) => boolean,
): Set<number> {
  const found = new Set<number>();
  const seen = new Set<number>();
  const stack = [...start];
  while (stack.length > 0) {
    const index = stack.pop() as number;
    if (seen.has(index)) continue;
    seen.add(index);
    if (inMemory(index)) found.add(index);
    else {
      const inputs = program.nodes[index]?.inputs ?? [];
      for (let i = 0; i < inputs.length; i++) stack.push(inputs[i] as number);
    }
  }
  return found;
}
