/** Ways in which adversarial trainings fail while all numbers stay finite, found by the means of their numbers. */
import type { State, Stateful } from '@hebb/tensor';
import { isPlain } from '@hebb/tensor/arguments';
import type { Callback, Run, StepRecord } from '../callback.ts';
import { isCount } from '../run-state.ts';
import type { AdversarialLoss, AdversarialLossName } from './losses.ts';

/** A generator whose samples vary less than this share of what the data does makes but a few of its kinds. */
const leastVariation = 0.25;

/** A generator that makes less than this share of the different samples that the data has makes but a few of its kinds, if these vary among each other. */
const leastDiversity = 0.4;

/** A discriminator that is steeper than this has left any bound on its slope, and its scores are no distance. */
const steepest = 10;

/** A discriminator whose loss is below this share of that of chance tells all apart, and leaves the generator no gradient. */
const leastLoss = 0.02;

/** What grows by more than this factor from one mean to the next is on its way up, and nothing is said. */
const growth = 1.1;
/** The same of diversity, which rises slower than variation. */
const diversityGrowth = 1.05;

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
  /** Default 1.1. */
  readonly growth?: number;
  /** Whether it is numbers above the limit that are warned of, and not those below. */
  readonly above?: boolean;
  /** Whether something is said only of samples that vary as much as they should, and no more than before: a generator that begins to make them differ is on its way. */
  readonly ofVaried?: boolean;
  readonly say: (mean: number) => string;
}

export interface WatchOptions {
  /** Steps over which a mean is taken. The first one is never warned of. */
  readonly steps: number;
  /** The discriminator's loss of chance, where it is known. */
  readonly chance: number | undefined;
  /** What is minimised. */
  readonly loss: AdversarialLossName | AdversarialLoss;
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

  constructor({ steps, chance, loss }: WatchOptions) {
    this.#steps = steps;
    const others = ['hinge', 'wasserstein'].filter((name) => name !== loss).map((name) => `'${name}'`);
    const cure = `Lower the generator’s learning rate, take another loss (${others.join(', ')}), or more steps of the discriminator.`;
    this.#watched = [
      {
        name: 'variation',
        limit: leastVariation,
        say: (mean) => `mode collapse: samples vary ${percent(mean)} as much as the data does. ${cure}`,
      },
      {
        name: 'diversity',
        limit: leastDiversity,
        growth: diversityGrowth,
        ofVaried: true,
        say: (mean) =>
          `mode collapse: there are ${percent(mean)} as many different samples in a batch as there are different examples of the data: of several kinds the generator makes a few. ${cure}`,
      },
      {
        name: 'slope',
        limit: steepest,
        above: true,
        say: (mean) =>
          `divergence: between samples and data the discriminator’s score rises by ${mean.toPrecision(2)} for each 1 that they are apart, and not by about 1: its loss is no distance, and the generator’s steps are as much too large. Lower the discriminator’s learning rate, or bound its slope: { gradientPenalty: 10 }, or spectral normalisation.`,
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
    const { variation: variedBefore } = this.#means;
    for (const { name, limit, growth: own = growth, above = false, ofVaried = false, say } of this.#watched) {
      const { [name]: count = 0 } = this.#counts;
      if (count === 0) continue;
      const mean = (this.#sums[name] ?? 0) / count;
      const before = this.#means[name];
      this.#means[name] = mean;
      // The first of those that are watched: its mean is known.
      const { variation: varied = 1 } = this.#means;
      if (ofVaried && (varied < leastVariation || varied > growth * (variedBefore ?? 0))) continue;
      if (above ? mean <= limit : mean >= limit) this.#warned.delete(name);
      else if (before !== undefined && !mends(mean, before, { limit, growth: own, above }) && !this.#warned.has(name)) {
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

/** Whether a mean beyond its limit is on its way back. */
function mends(
  mean: number,
  before: number,
  { limit, growth: own, above }: { limit: number; growth: number; above: boolean },
): boolean {
  return above ? mean * own < before : mean > Math.max(own * before, limit / 100);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 1 : 0)} %`;
}
