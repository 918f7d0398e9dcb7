/** Parameters that have always been stepped together share one clock, and by it the scalars of a step. */
import { guard } from '@hebb/tensor';
import { Clock } from './clock.ts';

/** Some names that have the same count of steps. */
export class Cohort extends Clock {
  readonly names: Set<string>;
  /** Position of the group that all belong to. */
  readonly group: number;

  constructor(group: number, names: Iterable<string>, count = 0) {
    super();
    this.group = group;
    this.names = new Set(names);
    this.count = count;
  }
}

/**
 * A partition of names, each part with its own count. It gets finer where only some of a part take a step (the others are frozen, or have no
 * gradient), never coarser, so that what was recorded by it is recorded anew only when it has changed.
 */
export class Cohorts {
  readonly #cohorts: Cohort[];
  readonly #of: Map<string, Cohort>;
  /** Changes with every split. */
  #version = 0;

  /** @param groups - the names of each group. */
  constructor(groups: readonly Iterable<string>[]) {
    this.#cohorts = groups.map((names, group) => new Cohort(group, names)).filter(({ names }) => names.size > 0);
    this.#of = new Map(this.#cohorts.flatMap((cohort) => [...cohort.names].map((name) => [name, cohort] as const)));
  }

  /** The steps that a name has taken. */
  count(name: string): number {
    return this.#of.get(name)?.count ?? 0;
  }

  /** The parts of exactly these names, in order; what they shared with others is split off. */
  of(names: Iterable<string>): readonly Cohort[] {
    const parts = new Map<Cohort, string[]>();
    for (const name of names) {
      const cohort = this.#of.get(name);
      if (cohort === undefined) continue;
      const part = parts.get(cohort);
      if (part === undefined) parts.set(cohort, [name]);
      else part.push(name);
    }
    const found = [...parts].map(([cohort, part]) =>
      part.length === cohort.names.size ? cohort : this.#split(cohort, part),
    );
    guard(() => this.#version);
    return found;
  }

  /** Takes over counts. Parts whose names have one count stay as they are. */
  load(counts: ReadonlyMap<string, number>): void {
    for (const cohort of [...this.#cohorts]) {
      const byCount = new Map<number, string[]>();
      for (const name of cohort.names) {
        const count = counts.get(name) ?? 0;
        byCount.set(count, [...(byCount.get(count) ?? []), name]);
      }
      const [first, ...others] = byCount;
      for (const [count, names] of others) this.#split(cohort, names).count = count;
      if (first !== undefined) [cohort.count] = first;
    }
  }

  #split(cohort: Cohort, names: readonly string[]): Cohort {
    const part = new Cohort(cohort.group, names, cohort.count);
    for (const name of names) {
      cohort.names.delete(name);
      this.#of.set(name, part);
    }
    this.#cohorts.push(part);
    this.#version++;
    return part;
  }
}
