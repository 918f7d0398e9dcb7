/** Recording a function for its structure alone: nothing of it is computed. */
import { requireFunction } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { flush } from './realize.ts';
import { activeRecording, recordApart } from './recording.ts';

function recordDry<T>(op: string, body: () => T, seal: boolean): { readonly result: T; readonly assigned: number } {
  requireFunction(op, 'the body', body);
  if (activeRecording() !== undefined) throw new ArgumentError(`[${op}] cannot be used inside a compiled function.`);
  return recordApart((own) => ({ result: body(), assigned: own.assigned.size }), {
    dry: true,
    seal,
  });
}

/**
 * Records what `body` computes without running it, for walkers that make something else of a function (a file, a drawing). Values cannot be
 * read inside. What it assigns to variables is forgotten; `assigned` says to how many it did.
 */
export function trace<T>(body: () => T): { readonly result: T; readonly assigned: number } {
  // Who walks the graph reads values of variables: those that were recorded before are computed.
  if (activeRecording() === undefined) flush([]);
  return recordDry('trace', body, false);
}

/**
 * Records `body` for its shapes and structure alone: nothing is computed, sources of scalars (the counters of random
 * draws among them) are not asked, and what it assigns is forgotten. The tensors that it returns have a type but no
 * value.
 *
 * Throws {@link ArgumentError} inside a compiled function.
 *
 * ```ts
 * dryRun(() => randn([64, 784]).matmul(zeros([784, 10])).softmax(-1)).shape; // [64, 10]
 * ```
 */
export function dryRun<T>(body: () => T): T {
  return recordDry('dryRun', body, true).result;
}
