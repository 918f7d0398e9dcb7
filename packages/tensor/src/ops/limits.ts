/** Limits of sizes, checked before anything is listed: an array of a size that somebody mistyped would take the memory of the whole process. */
import { describe } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';

/** Most numbers of a table that an operation computes on the host, such as the roots of a Fourier transform: 256 MiB of float32. */
export const largestTable: number = 2 ** 26;

/** Throws {@link ArgumentError} where the table that an argument asks for has more than {@link largestTable} numbers. */
export function requireTable(op: string, name: string, given: unknown, count: number): void {
  if (count <= largestTable) return;
  throw new ArgumentError(
    `[${op}] ${name} is ${describe(given)}, which takes a table of ${count} numbers on the host; at most ${largestTable} are computed.`,
    { hint: 'Compute it in parts.' },
  );
}
