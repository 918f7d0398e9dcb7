/** Two ways in which adversarial trainings fail while all numbers stay finite, found by the means of their numbers. */
import type { State, Stateful } from '@hebb/tensor';
import { isPlain } from '@hebb/tensor/arguments';
import type { Callback, Run, StepRecord } from '../callback.ts';
import { isCount } from '../run-state.ts';

/** A generator whose samples vary less than this share of what the data does makes but a few of its kinds. */
const leastVariation = 0.25;

/** A discriminator whose loss is below this share of that of chance tells all apart, and leaves the generator no gradient. */
const leastLoss = 0.02;

/** A mean that grows again by this factor above its limit is well, and may be warned of another time. */
const recovery = 2;

type WatchState = {
  readonly steps: number;
  /** Means that forget, by name. */
  readonly means: Readonly<Record<string, number>>;
  readonly warned: readonly string[];
};

interface Watched {
  readonly name: string;
  readonly limit: number;
  readonly say: (mean: number) => string;
}

export interface WatchOptions {
  /** Steps over which means are taken, and before which nothing is said. */
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
    this.#count = 0;
    this.#means = {};
    this.#warned = new Set();
  }

  onStep({ step, scalars }: StepRecord, run: Run): void {
    this.#count++;
    // The plain mean at first, then one that forgets.
    const share = 1 / Math.min(this.#count, this.#steps);
    for (const { name, limit, say } of this.#watched) {
      const value = scalars[name];
      if (value === undefined) continue;
      const before = this.#means[name] ?? value;
      const mean = before + share * (value - before);
      this.#means[name] = mean;
      if (this.#count < this.#steps) continue;
      if (mean > recovery * limit) this.#warned.delete(name);
      else if (mean < limit && !this.#warned.has(name)) {
        this.#warned.add(name);
        run.warn(`At step ${step}, by the mean of ${this.#steps} steps, ${say(mean)}`);
      }
    }
  }

  stateDict(): WatchState {
    return { steps: this.#count, means: { ...this.#means }, warned: [...this.#warned] };
  }

  differences(state: unknown): readonly string[] {
    const { steps, means, warned } = Object(state) as { [K in keyof WatchState]?: State };
    const areMeans = isPlain(means) && Object.values(means).every((mean) => typeof mean === 'number');
    if (isCount(steps) && areMeans && Array.isArray(warned)) return [];
    return ['the state must be { steps, means, warned }'];
  }

  loadStateDict({ steps, means, warned }: WatchState): void {
    this.#count = steps;
    this.#means = { ...means };
    this.#warned = new Set(warned);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 1 : 0)} %`;
}
