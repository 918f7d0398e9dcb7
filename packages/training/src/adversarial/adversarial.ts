/** Two networks in turns: one makes samples, the other tells them from the data. */
import { grad } from '@hebb/autograd';
import { BatchNorm, type AnyModule } from '@hebb/layers';
import { gradientPenalty as penaltyOf } from '@hebb/losses';
import { minimize, type TrainingOptimizer } from '@hebb/optimizers';
import { concat, lerp, rand, randn, Tensor } from '@hebb/tensor';
import { requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireModel, requireOptimizer, wrong } from '../checks.ts';
import { TrainingError } from '../errors.ts';
import type { Task } from '../task.ts';
import { requireParametersOf } from '../trainable.ts';
import { diversityOf, slopeBetween, variationOf } from './diversity.ts';
import { adversarialLoss, type AdversarialLoss, type AdversarialLossName } from './losses.ts';
import { AdversarialWatch } from './watch.ts';

/** Examples of the data, and where the networks are conditional their classes. */
export interface AdversarialBatch {
  readonly x: Tensor;
  readonly y?: Tensor;
}

export interface AdversarialOptions {
  /** Numbers that a sample is made from, drawn from the standard normal distribution; or a function of the number of samples that returns the generator's input. */
  latent: number | ((samples: number) => Tensor);
  /** Made for the generator. In an `EMA`, samples of the average are what validation and callbacks see in `run.withAverages`. */
  generatorOptimizer: TrainingOptimizer;
  /** Made for the discriminator. */
  discriminatorOptimizer: TrainingOptimizer;
  /** By name, or functions of scores. Default 'non-saturating'. */
  loss?: AdversarialLossName | AdversarialLoss;
  /** Steps of the discriminator before each of the generator, each on its share of the batch. Default 1; 5 for 'wasserstein'. */
  discriminatorSteps?: number;
  /** λ of the gradient penalty between real and generated examples. Default 0, none; 10 for 'wasserstein'. */
  gradientPenalty?: number;
  /** Whether both networks are given the field `y` of the batches, too: `generator.forward(z, y)`, `discriminator.forward(x, y)`. Default false. */
  conditional?: boolean;
  /** Steps over whose means warnings are given, from the second one on; Infinity gives none. Default 100. */
  warnAfter?: number;
  /** Whether steps are compiled. Default true. */
  compiled?: boolean;
}

const adversarialOptions: OptionNames<AdversarialOptions> = {
  latent: true,
  generatorOptimizer: true,
  discriminatorOptimizer: true,
  loss: true,
  discriminatorSteps: true,
  gradientPenalty: true,
  conditional: requireBoolean,
  warnAfter: true,
  compiled: requireBoolean,
};

/**
 * The task of a generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661): a discriminator D learns to score what is real above what the generator G makes of noise z, and G learns
 * to make what D scores high. For `fit`, with checkpoints and all else.
 *
 * ```ts
 * const generator = new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 2));
 * const discriminator = new Sequential(new Linear(2, 16), new LeakyReLU({ negativeSlope: 0.2 }), new Linear(16, 1));
 * const task = adversarial(generator, discriminator, {
 *   latent: 4,
 *   generatorOptimizer: new EMA(new Adam(generator, { learningRate: 1e-3, betas: [0.5, 0.999] }), { decay: 0.99 }),
 *   discriminatorOptimizer: new Adam(discriminator, { learningRate: 1e-3, betas: [0.5, 0.999] }),
 *   loss: 'hinge',
 * });
 * const ring = Float32Array.from({ length: 512 }, (_, i) => (i % 2 === 0 ? Math.cos(i) : Math.sin(i - 1)));
 * const { scalars } = await fit(task, new ArrayDataset({ x: { data: ring, shape: [2] } }), { epochs: 1 });
 * Object.keys(scalars); // ['discriminatorLoss', 'generatorLoss', 'variation', 'diversity']
 * ```
 *
 * | loss | discriminator | generator |
 * | --- | --- | --- |
 * | `'non-saturating'` (Goodfellow et al. 2014) | −E log σ(D(x)) − E log(1 − σ(D(G(z)))) | −E log σ(D(G(z))) |
 * | `'least-squares'` (Mao et al. 2017, arXiv:1611.04076) | ½ E (D(x) − 1)² + ½ E D(G(z))² | ½ E (D(G(z)) − 1)² |
 * | `'hinge'` (Lim & Ye 2017, arXiv:1705.02894; with {@link SpectralNorm}, Miyato et al. 2018) | E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))) | −E D(G(z)) |
 * | `'wasserstein'` (Gulrajani et al. 2017, arXiv:1704.00028) | E D(G(z)) − E D(x) + λ E (‖∇D(x̂)‖ − 1)², x̂ at random between x and G(z) | −E D(G(z)) |
 *
 * A step takes `discriminatorSteps` of the discriminator, on as many equal shares of the batch (what cannot be divided is left out), and one of the generator, all in one plan, each with noise of its own from
 * the default generator. Scores may have any shape: of a whole image or of patches. With a gradient penalty the discriminator must treat examples apart, since the penalty is that of each (Gulrajani et al. 2017, section 4): one with {@link BatchNorm}
 * is refused; of what else mixes examples nothing is known.
 *
 * Its numbers: `discriminatorLoss` (without the penalty) and `generatorLoss` of the last steps, `gradientPenalty` where there is one, and of the samples that the discriminator was shown, beside the batch, where there are two or more:
 *
 * - `variation`, √(Σ var G(z) / Σ var x) over the elements of a sample: about 1 where samples vary as much as the data does.
 * - `diversity`, how many different samples there are to how many different examples: 1 / mean k(a, b) over all pairs of 64 at most, each with itself, too, k = exp(−10 ‖a − b‖² / mean ‖x − x′‖²) (the Vendi score of order 2, Friedman & Dieng 2023,
 *   arXiv:2210.02410). Of ten kinds in the data a generator that makes two has about 0.2, with batches of 8 about 0.4.
 * - `slope`, of 'wasserstein', |E D(x) − E D(G(z))| / E ‖x − G(z)‖: at most the steepest slope of the discriminator, which its penalty keeps near 1.
 *
 * The history warns of mode collapse where the mean over `warnAfter` steps of `variation` is below 1/4 or that of `diversity` below 0.4, and does not grow; of divergence where that of `discriminatorLoss` is below 2 % of what chance has and does not grow, or
 * that of `slope` is above 10 and does not shrink. These look at single batches: kinds that are rarer than one in a batch, samples copied from the data, and images that differ in pixels alone go unseen, and batches of one sample say nothing.
 * Judge samples by {@link frechetDistance}. Losses that are not finite end the run, as in every training.
 *
 * Throws TrainingError for options that make no sense, a gradient penalty of a discriminator with batch normalisation, optimizers of other models, and batches without the fields.
 */
export function adversarial(
  generator: AnyModule,
  discriminator: AnyModule,
  options: AdversarialOptions,
): Task<AdversarialBatch> {
  const where = 'adversarial';
  requireOptions(where, options, adversarialOptions);
  requireModel(`${where}, generator`, generator);
  requireModel(`${where}, discriminator`, discriminator);
  const { generatorOptimizer, discriminatorOptimizer } = options;
  const { loss: given = 'non-saturating', latent, conditional = false, warnAfter = 100, compiled = true } = options;
  const loss = adversarialLoss(where, given);
  const isWasserstein = given === 'wasserstein';
  const { discriminatorSteps: turns = isWasserstein ? 5 : 1, gradientPenalty = isWasserstein ? 10 : 0 } = options;
  const pairs = [
    ['generatorOptimizer', generator, generatorOptimizer],
    ['discriminatorOptimizer', discriminator, discriminatorOptimizer],
  ] as const;
  for (const [name, model, optimizer] of pairs) {
    requireOptimizer(`${where}, ${name}`, optimizer);
    requireParametersOf(`${where}, ${name}`, model, optimizer);
  }
  requireCount(where, { discriminatorSteps: turns, ...(typeof latent !== 'function' && { latent }) });
  if (warnAfter !== Infinity) requireCount(where, { warnAfter });
  if (!(typeof gradientPenalty === 'number' && gradientPenalty >= 0 && gradientPenalty < Infinity))
    throw wrong(where, 'gradientPenalty', 'a number ≥ 0', gradientPenalty);
  if (gradientPenalty > 0) requireApart(where, discriminator, gradientPenalty);

  const noise = typeof latent === 'function' ? latent : (samples: number) => randn([samples, latent]);
  // Classes that are not asked for are no argument at all: a network may have a second one of another kind.
  const classesOf = ({ y }: AdversarialBatch): readonly Tensor[] => (conditional && y !== undefined ? [y] : []);
  const call = (model: AnyModule, x: Tensor, y: readonly Tensor[]): Tensor => {
    const result = (model as { forward(...given: readonly Tensor[]): unknown }).forward(x, ...y);
    if (result instanceof Tensor) return result;
    throw wrong(where, `what ${model.describe()} gives`, 'a tensor', result);
  };

  /** λ E (‖∇D(x̂)‖ − 1)², with a gradient of its own. */
  const penaltyBetween = (x: Tensor, fake: Tensor, y: readonly Tensor[]): Tensor => {
    const share = rand([x.shape[0] ?? 1, ...x.shape.slice(1).map(() => 1)]);
    const slopes = grad((at: Tensor) => call(discriminator, at, y).sum())(lerp(fake, x, share));
    return penaltyOf(slopes, { coefficient: gradientPenalty });
  };

  return {
    parts: { generator, discriminator, generatorOptimizer, discriminatorOptimizer },
    compiled,
    fewestExamples: turns,
    ...(warnAfter !== Infinity && {
      callbacks: [new AdversarialWatch({ steps: warnAfter, chance: loss.chance, loss: given })],
    }),
    step(batch) {
      const { count, shares } = sharesOf(where, batch, turns, conditional);
      const scalars: Record<string, Tensor> = {};
      const fakes: Tensor[] = [];
      for (const share of shares) {
        const y = classesOf(share);
        const fake = call(generator, noise(count), y).detach();
        requireAlike(where, share.x, fake);
        fakes.push(fake);
        const judge = (): { loss: Tensor; discriminatorLoss: Tensor; gradientPenalty?: Tensor } => {
          const own = loss.discriminator(call(discriminator, share.x, y), call(discriminator, fake, y));
          if (gradientPenalty === 0) return { loss: own, discriminatorLoss: own };
          const penalty = penaltyBetween(share.x, fake, y);
          return { loss: own.add(penalty), discriminatorLoss: own, gradientPenalty: penalty };
        };
        const { loss: _, ...found } = minimize(discriminatorOptimizer, judge);
        Object.assign(scalars, found, isWasserstein && { slope: slopeBetween(found.discriminatorLoss, share.x, fake) });
      }
      // Each share is as many samples of one generator: together they say more.
      const samples = concat(fakes, 0);
      const shown = concat(shares.map(({ x }) => x), 0); // prettier-ignore
      if (count * turns > 1)
        Object.assign(scalars, { variation: variationOf(shown, samples), diversity: diversityOf(shown, samples) });
      const y = classesOf(shares.at(-1) ?? batch);
      const deceive = (): Tensor => loss.generator(call(discriminator, call(generator, noise(count), y), y));
      const { discriminatorLoss, ...rest } = scalars;
      const generatorLoss = minimize(generatorOptimizer, deceive);
      return { ...(discriminatorLoss !== undefined && { discriminatorLoss }), generatorLoss, ...rest };
    },
    output: (batch) => {
      const { count } = sharesOf(where, batch, 1, conditional);
      return call(generator, noise(count), classesOf(batch));
    },
  };
}

/** Throws TrainingError where a gradient penalty, which is of each example, would be of a discriminator that reads all of a batch. */
function requireApart(where: string, discriminator: AnyModule, penalty: number): void {
  for (const [path, module] of discriminator.namedModules()) {
    if (!(module instanceof BatchNorm)) continue;
    throw new TrainingError(
      `[${where}] gradientPenalty ${penalty} is of the slope at each example, and ${path === '' ? 'the discriminator' : `${path} of the discriminator`} is ${module.describe()}, behind which a score depends on all examples of the batch.`,
      {
        hint: "Normalise each example by itself (normalization: 'layer' of DCGANDiscriminator; GroupNorm, LayerNorm) or not at all, or say gradientPenalty: 0 and bound the slope otherwise.",
      },
    );
  }
}

/** Equal shares of a batch, as many as there are turns, without what cannot be divided. */
function sharesOf(
  where: string,
  batch: AdversarialBatch,
  turns: number,
  conditional: boolean,
): { count: number; shares: readonly AdversarialBatch[] } {
  const { x, y } = batch as Partial<AdversarialBatch>;
  const fields = Object.keys(batch).join(', ') || 'none';
  if (!(x instanceof Tensor) || x.shape[0] === undefined) {
    throw new TrainingError(`[${where}] a batch must have the field x, examples of the data; it has ${fields}.`, {
      hint: 'Name the field of the dataset x, or rename it in the loader’s transform.',
    });
  }
  if (conditional && !(y instanceof Tensor)) {
    throw new TrainingError(
      `[${where}] a batch must have the field y, classes of the examples, as conditional is true; it has ${fields}.`,
      { hint: 'Name the classes y, or leave conditional out.' },
    );
  }
  const count = Math.floor(x.shape[0] / turns);
  if (count === 0) {
    throw new TrainingError(
      `[${where}] a batch of ${x.shape[0]} examples cannot be divided among ${turns} steps of the discriminator.`,
      { hint: 'Take a batchSize of at least discriminatorSteps, and leave smaller ones out: { dropLast: true }.' },
    );
  }
  if (turns === 1) return { count, shares: [batch] };
  const part = (field: Tensor, i: number): Tensor => field.narrow(0, i * count, count);
  const shares = Array.from({ length: turns }, (_, i) => ({
    x: part(x, i),
    ...(conditional && y instanceof Tensor && { y: part(y, i) }),
  }));
  return { count, shares };
}

function requireAlike(where: string, real: Tensor, fake: Tensor): void {
  if (real.shape.join() === fake.shape.join()) return;
  throw new TrainingError(`[${where}] the generator makes ${fake}, and the data is ${real}.`, {
    hint: 'Give the generator the size of the data, or the data that of the generator in the loader’s transform.',
  });
}

function requireCount(where: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(counts))
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw wrong(
        where,
        name,
        name === 'latent' ? 'a positive integer, or a function of the number of samples' : 'a positive integer',
        value,
      );
}
