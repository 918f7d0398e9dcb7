/** Parameters that have always been stepped together share one clock, and by it the scalars of a step. */
import { assign, guard, scalar, tensor, variable, where, type Tensor } from '@hebb/tensor';
import { Clock } from './clock.ts';

/** Some names that have the same count of steps. */
export class Cohort extends Clock {
  readonly names: Set<string>;
  /** Position of the group that all belong to. */
  readonly group: number;
  /** float32[] each: steps that were left out, in all; the last one is counted on. Undefined where none can be. */
  #leftOut: readonly Tensor[] | undefined;

  constructor(group: number, names: Iterable<string>, count = 0) {
    super();
    this.group = group;
    this.names = new Set(names);
    this.count = count;
  }

  /** Lets steps be left out from here on, which is known on the device alone. */
  countOnDevice(): void {
    this.#leftOut ??= [variable(tensor(0))];
  }

  /** Takes over how many steps were left out. */
  get leftOut(): Tensor | undefined {
    return this.#leftOut?.reduce((sum, each) => sum.add(each));
  }
  set leftOut(count: Tensor | undefined) {
    const [only, ...others] = this.#leftOut ?? [];
    if (count === undefined && only === undefined) return;
    if (only === undefined || others.length > 0) this.#leftOut = [variable(count ?? tensor(0))];
    else if (only !== count) assign(only, count ?? tensor(0));
  }

  /** The count as far as steps were taken, after {@link tick}; undefined where none can be left out. */
  get taken(): Tensor | undefined {
    const { leftOut } = this;
    return leftOut === undefined ? undefined : scalar(() => this.count).sub(leftOut);
  }

  /** Counts the step among those left out where the condition is false. */
  leaveOutUnless(condition: Tensor): void {
    const counted = this.#leftOut?.at(-1);
    if (counted !== undefined) assign(counted, where(condition, counted, counted.add(1)));
  }

  /** A part of these names, which counts for itself from here on, as what remains does. */
  split(names: readonly string[]): Cohort {
    const part = new Cohort(this.group, names, this.count);
    for (const name of names) this.names.delete(name);
    if (this.#leftOut !== undefined) {
      part.#leftOut = [...this.#leftOut, variable(tensor(0))];
      this.#leftOut = [...this.#leftOut, variable(tensor(0))];
    }
    return part;
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

  /** How many of them were left out, where some can be. */
  leftOut(name: string): Tensor | undefined {
    return this.#of.get(name)?.leftOut;
  }

  /** Lets steps be left out from here on. */
  countOnDevice(): void {
    for (const cohort of this.#cohorts) cohort.countOnDevice();
  }

  /** Takes over counts. Parts whose names have one count stay as they are. */
  load(counts: ReadonlyMap<string, number>, leftOut: ReadonlyMap<string, Tensor> = new Map()): void {
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
    for (const cohort of this.#cohorts) {
      const [name = ''] = cohort.names;
      cohort.leftOut = leftOut.get(name);
      // What was recorded on the counts of parts that are one now is recorded anew.
      if (cohort.leftOut !== undefined) this.#version++;
    }
  }

  #split(cohort: Cohort, names: readonly string[]): Cohort {
    const part = cohort.split(names);
    for (const name of names) this.#of.set(name, part);
    this.#cohorts.push(part);
    this.#version++;
    return part;
  }
}
