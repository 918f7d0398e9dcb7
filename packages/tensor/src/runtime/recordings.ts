/**
 * The recordings of one compiled function by the signatures of their arguments. A recording lives as long as its plan is kept, so that the
 * bound on plans bounds both.
 */
import type { PlanEntry } from './plan-cache.ts';

/** Recordings that may share one plan: arguments and guards of other values need not mean other computations. */
const recordingsPerPlan = 32;

export class Recordings<R extends { readonly entry: PlanEntry | undefined }> {
  #lists = new Map<string, R[]>();
  #count = 0;
  #sweepAt = 64;

  find(signature: string, fits: (recording: R) => boolean): R | undefined {
    return this.#lists.get(signature)?.find((recording) => recording.entry?.kept !== false && fits(recording));
  }

  add(signature: string, recording: R): void {
    this.#lists.set(signature, [...(this.#lists.get(signature) ?? []), recording]);
    if (++this.#count >= this.#sweepAt) this.#sweep();
  }

  /** Drops what has no plan any more, and the oldest of too many with one plan. At most twice as many as that leaves are ever held. */
  #sweep(): void {
    const perPlan = new Map<PlanEntry, number>();
    const kept: [string, R[]][] = [];
    this.#count = 0;
    for (const [signature, list] of [...this.#lists].reverse()) {
      const rest = list.reverse().filter(({ entry }) => {
        if (entry === undefined) return true;
        const before = perPlan.get(entry) ?? 0;
        perPlan.set(entry, before + 1);
        return entry.kept && before < recordingsPerPlan;
      });
      this.#count += rest.length;
      if (rest.length > 0) kept.push([signature, rest.reverse()]);
    }
    this.#lists = new Map(kept.reverse());
    this.#sweepAt = Math.max(64, 2 * this.#count);
  }
}
