/** Two ways in which adversarial trainings fail while all numbers stay finite, found by the means of their numbers. */
import type { State, Stateful } from '@hebb/tensor';
import { isPlain } from '@hebb/tensor/arguments';
import type { Callback, Run, StepRecord } from '../callback.ts';
import { isCount } from '../run-state.ts';

/** A generator whose samples vary less than this share of what the data does makes but a few of its kinds. */
const leastVariation = 0.25;

/** A discriminator whose loss is below this share of that of chance tells all apart, and leaves the generator no gradient. */
const leastLoss = 0.02;

/** What grows by more than this factor from one mean to the next is on its way up, and nothing is said. */
const growth = 1.1;

type WatchState = {
  /** Steps of the mean that is being taken. */
  readonly steps: number;
  /** Over these steps, by name: of how many numbers (a batch of one example has no variation), and what they add up to. */
  readonly counts: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<string, number>>;
  /** The means before. */
  readonly means: Readonly<Record<string, number>>;
  readonly warned: readonly string[];
};

interface Watched {
  readonly name: string;
  readonly limit: number;
  readonly say: (mean: number) => string;
}

export interface WatchOptions {
  /** Steps over which a mean is taken. The first one is never warned of. */
  readonly steps: number;
  /** The discriminator's loss of chance, where it is known. */
  readonly chance: number | undefined;
}

/** Warns of mode collapse, and of a discriminator that has won; each once until it is over. */
export class AdversarialWatch implements Callback, Stateful<WatchState> {
  static readonly type: string = 'AdversarialWatch';
  readonly #steps: number;
  readonly #watched: readonly Watched[];
  #count = 0;
  #counts: Record<string, number> = {};
  #sums: Record<string, number> = {};
  #means: Record<string, number> = {};
  #warned = new Set<string>();

  constructor({ steps, chance }: WatchOptions) {
    this.#steps = steps;
    this.#watched = [
      {
        name: 'variation',
        limit: leastVariation,
        say: (mean) =>
          `mode collapse: samples vary ${percent(mean)} as much as the data does. Lower the generator’s learning rate, take another loss ('hinge', 'wasserstein'), or more steps of the discriminator.`,
      },
      ...(chance === undefined
        ? []
        : [
            {
              name: 'discriminatorLoss',
              limit: leastLoss * chance,
              say: (mean: number) =>
                `divergence: the discriminator’s loss is ${mean.toPrecision(2)}, near 0: it tells all samples from the data, and the generator has nothing to go by. Lower the discriminator’s learning rate, or bound it by spectral normalisation or a gradient penalty.`,
            },
          ]),
    ];
  }

  onTrainStart(): void {
    this.loadStateDict({ steps: 0, counts: {}, sums: {}, means: {}, warned: [] });
  }

  onStep({ step, scalars }: StepRecord, run: Run): void {
    this.#count++;
    for (const { name } of this.#watched) {
      const value = scalars[name];
      if (value === undefined) continue;
      this.#counts[name] = (this.#counts[name] ?? 0) + 1;
      this.#sums[name] = (this.#sums[name] ?? 0) + value;
    }
    if (this.#count < this.#steps) return;
    for (const { name, limit, say } of this.#watched) {
      const { [name]: count = 0 } = this.#counts;
      if (count === 0) continue;
      const mean = (this.#sums[name] ?? 0) / count;
      const before = this.#means[name];
      this.#means[name] = mean;
      if (mean >= limit) this.#warned.delete(name);
      else if (before !== undefined && mean <= Math.max(growth * before, limit / 100) && !this.#warned.has(name)) {
        this.#warned.add(name);
        run.warn(`At step ${step}, by the mean of ${this.#steps} steps, ${say(mean)}`);
      }
    }
    this.#count = 0;
    this.#counts = {};
    this.#sums = {};
  }

  stateDict(): WatchState {
    const [counts, sums, means] = [{ ...this.#counts }, { ...this.#sums }, { ...this.#means }];
    return { steps: this.#count, counts, sums, means, warned: [...this.#warned] };
  }

  differences(state: unknown): readonly string[] {
    const { steps, counts, sums, means, warned } = Object(state) as { [K in keyof WatchState]?: State };
    const areNumbers = [counts, sums, means].every(
      (numbers) => isPlain(numbers) && Object.values(numbers).every((number) => typeof number === 'number'),
    );
    if (isCount(steps) && areNumbers && Array.isArray(warned)) return [];
    return ['the state must be { steps, counts, sums, means, warned }'];
  }

  loadStateDict({ steps, counts, sums, means, warned }: WatchState): void {
    this.#count = steps;
    [this.#counts, this.#sums, this.#means] = [{ ...counts }, { ...sums }, { ...means }];
    this.#warned = new Set(warned);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 1 : 0)} %`;
}
