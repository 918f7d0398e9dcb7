/** What the discriminator and the generator of an adversarial training minimise. */
import { wassersteinCriticLoss, wassersteinGeneratorLoss } from '@hebb/losses';
import { relu, softplus, type Tensor } from '@hebb/tensor';
import { describe, nearest } from '@hebb/tensor/arguments';
import { wrong } from '../checks.ts';

/** Two losses of the discriminator's scores, each a single number. */
export interface AdversarialLoss {
  /** What the discriminator minimises: its scores of real and of generated examples, as many of both. */
  discriminator(real: Tensor, fake: Tensor): Tensor;
  /** What the generator minimises: the discriminator's scores of what it makes. */
  generator(fake: Tensor): Tensor;
  /** The discriminator's loss where it cannot tell them apart, > 0; near 0 it tells all apart. Default: nothing is known of it, and nothing warned of. */
  readonly chance?: number;
}

export type AdversarialLossName = 'non-saturating' | 'least-squares' | 'hinge' | 'wasserstein';

/** log D of what is real and log (1 − D) of what is not, D = σ(score); the generator maximises log D. */
const nonSaturating: AdversarialLoss = {
  discriminator: (real, fake) => softplus(real.neg()).mean().add(softplus(fake).mean()),
  generator: (fake) => softplus(fake.neg()).mean(),
  chance: 2 * Math.LN2,
};

const leastSquares: AdversarialLoss = {
  discriminator: (real, fake) => real.sub(1).square().mean().add(fake.square().mean()).div(2),
  generator: (fake) => fake.sub(1).square().mean().div(2),
  // Where all scores are ½.
  chance: 1 / 4,
};

const hinge: AdversarialLoss = {
  discriminator: (real, fake) =>
    relu(real.neg().add(1))
      .mean()
      .add(relu(fake.add(1)).mean()),
  generator: (fake) => fake.mean().neg(),
  chance: 2,
};

/** An estimate of a distance, which is near 0 when all is well. */
const wasserstein: AdversarialLoss = {
  discriminator: (real, fake) => wassersteinCriticLoss(real, fake),
  generator: (fake) => wassersteinGeneratorLoss(fake),
};

const losses: Readonly<Record<AdversarialLossName, AdversarialLoss>> = {
  'non-saturating': nonSaturating,
  'least-squares': leastSquares,
  hinge,
  wasserstein,
};

/** The losses of a name, or those that are given. Throws TrainingError for others. */
export function adversarialLoss(where: string, given: unknown): AdversarialLoss {
  if (typeof given === 'string' && Object.hasOwn(losses, given)) return losses[given as AdversarialLossName];
  const { discriminator, generator, chance = 1 } = Object(given) as { [K in keyof AdversarialLoss]?: unknown };
  const areFunctions = typeof discriminator === 'function' && typeof generator === 'function';
  if (areFunctions && typeof chance === 'number' && chance > 0) return given as AdversarialLoss;
  const names = Object.keys(losses);
  const near = typeof given === 'string' ? nearest(given, names) : undefined;
  throw wrong(
    where,
    'loss',
    `${names.map((name) => describe(name)).join(', ')}, or { discriminator, generator } with functions of scores`,
    given,
    near === undefined ? undefined : `Did you mean '${near}'?`,
  );
}
