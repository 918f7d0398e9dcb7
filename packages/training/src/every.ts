/** Regular moments of a run: every so many steps or epochs. */
import { describe } from '@hebb/tensor/arguments';
import { TrainingError } from './errors.ts';

/** Every so many steps, or at the end of every so many epochs; a positive integer. */
export type Every = { readonly steps: number } | { readonly epochs: number };

/** Where a run stands between two steps. */
export interface Moment {
  /** Steps made. */
  readonly step: number;
  /** Epochs finished. */
  readonly epochs: number;
  /** Whether the last step was the last one of an epoch. */
  readonly isEpochEnd: boolean;
}

/** Whether `every` falls on this moment: a multiple of its steps, or the end of an epoch that is a multiple of its epochs. */
export function isDue(every: Every, { step, epochs, isEpochEnd }: Moment): boolean {
  return 'steps' in every ? step > 0 && step % every.steps === 0 : isEpochEnd && epochs % every.epochs === 0;
}

/** Throws TrainingError for anything but `{ steps: n }` or `{ epochs: n }`. */
export function requireEvery(where: string, name: string, every: unknown): asserts every is Every {
  const entries = typeof every === 'object' && every !== null ? Object.entries(every) : [];
  const [key, count] = entries[0] ?? [];
  const isOne = entries.length === 1 && (key === 'steps' || key === 'epochs');
  if (isOne && Number.isSafeInteger(count) && (count as number) >= 1) return;
  const given = isOne ? `{ ${key}: ${describe(count)} }` : describe(every);
  throw new TrainingError(
    `[${where}] ${name} must be { steps: n } or { epochs: n } with a positive integer n, not ${given}.`,
    typeof every === 'number' ? { hint: `Say of what: { epochs: ${every} } or { steps: ${every} }.` } : {},
  );
}
