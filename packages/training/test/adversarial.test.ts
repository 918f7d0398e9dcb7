/** Two networks in turns: gradients of gradients and steps beside PyTorch's, what fails and what is said of it, checkpoints. */
import { grad } from '@hebb/autograd';
import { ArrayDataset, DataLoader } from '@hebb/data';
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  Flatten,
  GroupNorm,
  LeakyReLU,
  Linear,
  ReLU,
  Sequential,
  SiLU,
  Softplus,
  SpectralNorm,
  Tanh,
  type Module,
} from '@hebb/layers';
import { gradientPenalty } from '@hebb/losses';
import { Adam, EMA, minimize, SGD } from '@hebb/optimizers';
import { assign, compile, manualSeed, setDevice, stack, tensor, zeros, type Tensor } from '@hebb/tensor';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { expectClose, golden, type Stored } from '../../tensor/test/support/golden.ts';
import { fill, numbers } from '../../../tools/interop/src/formula.ts';
import {
  adversarial,
  Checkpoint,
  fit,
  TrainingError,
  type AdversarialLossName,
  type AdversarialOptions,
  type History,
} from '../src/index.ts';

/** Made by tools/golden/adversarial.py. */
const pytorch = golden(new URL('golden/adversarial.json', import.meta.url)) as {
  readonly penalties: readonly {
    readonly name: string;
    readonly value: number;
    readonly gradients: Readonly<Record<string, readonly [length: number, product: number]>>;
  }[];
  readonly runs: readonly {
    readonly name: AdversarialLossName;
    readonly spectral: boolean;
    readonly steps: readonly (readonly [
      discriminator: number,
      generator: number,
      variation: number,
      diversity: number,
      slope?: number,
    ])[];
    readonly state: Readonly<Record<string, Stored>>;
  }[];
};

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const critics: Readonly<Record<string, () => Sequential>> = {
  convolutions: () => new Sequential(new Conv2d(2, 4, 4, { stride: 2, padding: 1 }), new LeakyReLU({ negativeSlope: 0.2 }), new Conv2d(4, 5, 3, { padding: 1, bias: false }), new Tanh(), new Conv2d(5, 1, 4)), // prettier-ignore
  'groups and dilation': () => new Sequential(new Conv2d(2, 4, 3, { groups: 2, dilation: 2 }), new SiLU(), new Conv2d(4, 4, 2, { stride: 2, groups: 4 }), new Flatten(), new Linear(16, 1)), // prettier-ignore
  'transposed convolutions': () => new Sequential(new Conv2d(2, 3, 4, { stride: 2, padding: 1 }), new Softplus(), new ConvTranspose2d(3, 4, 4, { stride: 2, padding: 1, bias: false }), new Tanh(), new Flatten(), new Linear(256, 1)), // prettier-ignore
  'transposed, uneven': () => new Sequential(new ConvTranspose2d(2, 4, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }), new Tanh(), new Conv2d(4, 2, 5, { stride: 3 }), new LeakyReLU({ negativeSlope: 0.2 }), new Flatten(), new Linear(32, 1)), // prettier-ignore
  normalised: () => new Sequential(new Conv2d(2, 4, 4, { stride: 2, padding: 1, bias: false }), new GroupNorm(1, 4), new LeakyReLU({ negativeSlope: 0.2 }), new Conv2d(4, 1, 4)), // prettier-ignore
};

/** On WebGPU one stands for all: each takes its time to compile there. */
const onGpu = ['transposed convolutions'];
const penalties = pytorch.penalties.flatMap((each) => [
  ['wasm', each.name, each] as const,
  ...(process.env['HEBB_TEST_WEBGPU'] === '1' && onGpu.includes(each.name) ? [['webgpu', each.name, each] as const] : []), // prettier-ignore
]);

describe('the gradient of a gradient penalty', () => {
  it.each(penalties)(
    'on %s, through %s, is PyTorch’s, in a compiled step',
    async (device, name, { value, gradients }) => {
      setDevice(device);
      const critic = fill((critics[name] as () => Sequential)());
      const before = new Map([...critic.namedParameters()].map(([key, each]) => [key, each.detach()]));
      const optimizer = new SGD(critic, { learningRate: 1 });
      const slopes = grad((at: Tensor) => critic.forward(at).sum());
      const step = compile((x: Tensor) => minimize(optimizer, () => gradientPenalty(slopes(x), { coefficient: 1 })));
      expect(await step(numbers('x', 3, 2, 8, 8)).item()).toBeCloseTo(value, 5);
      // A step of length 1 is the gradient.
      const found = [...critic.namedParameters()].flatMap(([key, after]) => {
        const gradient = (before.get(key) as Tensor).sub(after);
        return [gradient.square().sum().sqrt(), gradient.mul(numbers(`direction of ${key}`, ...after.shape)).sum()];
      });
      const values = Array.from(await stack(found).data(), Number);
      [...before.keys()].forEach((key, i) => {
        const [length = NaN, along = NaN] = gradients[key] ?? [];
        expect(Math.abs((values[2 * i] ?? NaN) - length), key).toBeLessThan(1e-5 * (1 + length));
        expect(Math.abs((values[2 * i + 1] ?? NaN) - along), key).toBeLessThan(1e-5 * (1 + length));
      });
    },
  );
});

describe('steps in turns', () => {
  const networks = (spectral: boolean): { generator: Sequential; discriminator: Sequential } => {
    const convolution = new Conv2d(1, 3, 4, { stride: 2, padding: 1 });
    const generator = fill(new Sequential(new ConvTranspose2d(3, 4, 2), new BatchNorm2d(4), new ReLU(), new ConvTranspose2d(4, 1, 4, { stride: 2, padding: 1 }), new Tanh())); // prettier-ignore
    const discriminator = fill(new Sequential(spectral ? new SpectralNorm(convolution) : convolution, new LeakyReLU({ negativeSlope: 0.2 }), new Flatten(), new Linear(12, 1))); // prettier-ignore
    return { generator, discriminator };
  };

  it.each(
    pytorch.runs.map((run) => [run.spectral ? `${run.name} with spectral normalisation` : run.name, run] as const),
  )('%s: PyTorch’s losses and weights', async (_name, { name, spectral, steps, state }) => {
    const { generator, discriminator } = networks(spectral);
    if (spectral) await discriminator.forward(numbers('x', 1, 1, 4, 4)).data();
    let drawn = 0;
    const task = adversarial(generator, discriminator, {
      // Not compiled, so that noise is another in each step.
      compiled: false,
      latent: (samples) => numbers(`noise ${drawn++}`, samples, 3, 1, 1),
      generatorOptimizer: new SGD(generator, { learningRate: 0.1 }),
      discriminatorOptimizer: new SGD(discriminator, { learningRate: 0.2 }),
      loss: name,
      discriminatorSteps: 2,
      gradientPenalty: 0,
    });
    const x = await numbers('x', 6, 1, 4, 4).data();
    const data = new ArrayDataset({ x: { data: x as Float32Array, shape: [1, 4, 4] } });
    const { scalars } = await fit(task, new DataLoader(data, { batchSize: 6 }), { steps: 3 });
    for (const [i, [discriminatorLoss, generatorLoss, variation, diversity, slope]] of steps.entries()) {
      expect(scalars['discriminatorLoss']?.[i]).toBeCloseTo(discriminatorLoss, 5);
      expect(scalars['generatorLoss']?.[i]).toBeCloseTo(generatorLoss, 5);
      expect(scalars['variation']?.[i]).toBeCloseTo(variation, 5);
      expect(scalars['diversity']?.[i]).toBeCloseTo(diversity, 5);
      if (slope === undefined) expect(scalars['slope']).toBeUndefined();
      else expect(scalars['slope']?.[i]).toBeCloseTo(slope, 5);
    }
    const models = { generator, discriminator };
    for (const [key, expected] of Object.entries(state)) {
      const [part = '', ...path] = key.split('.');
      const parameter = models[part as keyof typeof models].namedParameters().get(path.join('.'));
      await expectClose(parameter as Tensor, expected, key);
    }
  });
});

/** Points on a circle: what the networks here learn from. */
const circle = (
  count = 256,
): ArrayDataset<{ x: { data: Float32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } }> =>
  new ArrayDataset({
    x: {
      data: Float32Array.from({ length: 2 * count }, (_, i) => Math[i % 2 === 0 ? 'cos' : 'sin'](Math.floor(i / 2) * 2.4)), // prettier-ignore
      shape: [2],
    },
    y: { data: Int32Array.from({ length: count }, (_, i) => i % 3), shape: [] },
  }) as never;

const small = (
  options: Partial<AdversarialOptions> & {
    rates?: readonly [generator: number, discriminator: number];
    bounded?: boolean;
  } = {},
): { generator: Module; discriminator: Module; task: ReturnType<typeof adversarial> } => {
  const { rates = [2e-3, 2e-3], bounded = false, ...rest } = options;
  const generator = new Sequential(new Linear(4, 16), new ReLU(), new Linear(16, 2), ...(bounded ? [new Tanh()] : []));
  const discriminator = new Sequential(new Linear(2, 16), new LeakyReLU({ negativeSlope: 0.2 }), new Linear(16, 1));
  const task = adversarial(generator, discriminator, {
    latent: 4,
    generatorOptimizer: new EMA(new Adam(generator, { learningRate: rates[0], betas: [0.5, 0.99] }), { decay: 0.9 }),
    discriminatorOptimizer: new Adam(discriminator, { learningRate: rates[1], betas: [0.5, 0.99] }),
    ...rest,
  });
  return { generator, discriminator, task };
};

const meanOf = (values: readonly number[] | undefined = [], from: number): number =>
  values.slice(from).reduce((a, b) => a + b, 0) / (values.length - from);

describe('training', () => {
  it.each<AdversarialLossName>(['non-saturating', 'least-squares', 'hinge', 'wasserstein'])(
    'by %s makes samples of the size of the data, and warns of nothing',
    async (loss) => {
      const { generator, task } = small({ loss });
      const { scalars, warnings } = await fit(task, circle(), { steps: 300, batchSize: 40, seed: 1 });
      expect(warnings).toBeUndefined();
      expect(Object.keys(scalars)).toEqual([
        'discriminatorLoss',
        'generatorLoss',
        ...(loss === 'wasserstein' ? ['gradientPenalty', 'slope'] : []),
        'variation',
        'diversity',
      ]);
      const variation = meanOf(scalars['variation'], 250);
      expect(variation).toBeGreaterThan(0.5);
      expect(variation).toBeLessThan(1.5);
      expect(generator.training).toBe(true);
    },
  );

  it('keeps the average of the generator, which callbacks see, and which the generator is at the end', async () => {
    const { generator, task } = small();
    const weight = generator.parameters()[0] as Tensor;
    const seen: (readonly number[])[] = [];
    const values = async (): Promise<readonly number[]> => Array.from(await weight.data(), Number);
    await fit(task, circle(), {
      steps: 20,
      seed: 1,
      callbacks: [
        {
          every: { steps: 20 },
          onPause: async (run) => {
            seen.push(await values());
            await run.withAverages(async () => void seen.push(await values()));
          },
        },
      ],
    });
    const [trained, average] = seen;
    expect(await values()).toEqual(average);
    (task.parts['generatorOptimizer'] as EMA).restore();
    expect(await values()).toEqual(trained);
    expect(trained).not.toEqual(average);
  });

  it('gives both networks the classes where it is conditional', async () => {
    const asked: string[] = [];
    const { generator, discriminator, task } = small({ conditional: true });
    for (const model of [generator, discriminator]) {
      const forward: (x: Tensor) => Tensor = model.forward.bind(model);
      model.forward = (x: Tensor, ...rest: Tensor[]): Tensor => {
        asked.push(rest.map(({ shape, dtype }) => `${dtype}[${shape.join()}]`).join());
        return forward(x);
      };
    }
    await fit(task, circle(), { steps: 1, batchSize: 8 });
    expect(asked).toEqual(['int32[8]', 'int32[8]', 'int32[8]', 'int32[8]', 'int32[8]']);
  });

  it('goes on from a checkpoint with the same bytes, and warns where the whole run does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'adversarial-'));
    const run = async (steps: number, resume: boolean): Promise<{ history: History; state: unknown }> => {
      manualSeed(5);
      const { generator, discriminator, task } = small({ loss: 'wasserstein', warnAfter: 6 });
      // Samples are all alike: the second mean, after step 12, is warned of.
      const first = generator.getMember('0.weight') as Tensor;
      assign(first, zeros(first.shape));
      first.trainable = false;
      const options = resume ? { callbacks: [new Checkpoint(folder, { every: { steps: 8 } })], resume: folder } : {};
      const history = await fit(task, circle(), { steps, batchSize: 50, seed: 3, ...options });
      const state = await Promise.all([...generator.parameters(), ...discriminator.parameters()].map((each) => each.data())); // prettier-ignore
      return { history, state };
    };
    try {
      const whole = await run(20, false);
      const cut = await run(8, true);
      const resumed = await run(20, true);
      expect(resumed.state).toEqual(whole.state);
      expect(resumed.history.scalars).toEqual(whole.history.scalars);
      expect(whole.history.warnings).toEqual([expect.stringMatching(/At step 12, .*mode collapse/)]);
      expect(cut.history.warnings?.filter((each) => /collapse/.test(each)) ?? []).toEqual([]);
      expect(resumed.history.warnings?.filter((each) => /collapse/.test(each))).toEqual(whole.history.warnings);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('what goes wrong', () => {
  it('mode collapse: a generator whose samples are all alike', async () => {
    const { generator, task } = small({ warnAfter: 20 });
    // What makes samples differ is nothing.
    const first = generator.getMember('0.weight') as Tensor;
    first.trainable = false;
    assign(first, zeros(first.shape));
    const { warnings, scalars } = await fit(task, circle(), { steps: 60, batchSize: 32 });
    expect(meanOf(scalars['variation'], 0)).toBeLessThan(0.01);
    expect(warnings).toEqual([expect.stringMatching(/At step 40, .*mode collapse: samples vary 0.0 % as much/)]);
  });

  it('mode collapse that is found by itself: a generator much faster than its discriminator', async () => {
    // Samples are bounded, as images are: all go to where the discriminator's score is best, which hardly moves meanwhile.
    const { task } = small({ warnAfter: 20, rates: [5e-2, 1e-5], loss: 'hinge', bounded: true });
    const { warnings, scalars } = await fit(task, circle(), { steps: 100, batchSize: 32, seed: 1 });
    expect(meanOf(scalars['variation']?.slice(0, 5), 0)).toBeGreaterThan(4 * meanOf(scalars['variation'], 80));
    expect(warnings).toEqual([expect.stringMatching(/mode collapse: samples vary/)]);
  });

  /** Ten kinds, each an axis, with a little noise. */
  const kinds = new ArrayDataset({
    x: { data: Float32Array.from({ length: 5000 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0) + 0.01 * Math.sin(i)), shape: [10] }, // prettier-ignore
  });
  /** A generator that makes some of them, by the signs of its numbers, and learns nothing. */
  const makes = (count: number, loss: AdversarialLossName) => {
    const choice = new Linear(4, count);
    const table = tensor(Float32Array.from({ length: 10 * count }, (_, i) => Number(i % 10 === Math.floor(i / 10))), { shape: [count, 10] }); // prettier-ignore
    const made = (z: Tensor): Tensor => choice.forward(z.narrow(1, 0, 4)).mul(1000).softmax(1).matmul(table).add(z.narrow(1, 4, 10).mul(0.01)); // prettier-ignore
    const generator = new Sequential(choice);
    generator.forward = made;
    assign(choice.weight, choice.weight.detach().mul(10));
    if (choice.bias) assign(choice.bias, zeros(choice.bias.shape));
    const discriminator = new Sequential(new Linear(10, 16), new LeakyReLU({ negativeSlope: 0.2 }), new Linear(16, 1));
    return adversarial(generator, discriminator, {
      latent: 14,
      warnAfter: 10,
      loss,
      generatorOptimizer: new SGD(generator, { learningRate: 0 }),
      discriminatorOptimizer: new Adam(discriminator, { learningRate: 1e-4 }),
    });
  };

  it.each<[AdversarialLossName, batchSize: number]>([
    ['hinge', 64],
    ['hinge', 32],
    ['wasserstein', 320],
  ])('mode collapse that is partial: two kinds of ten, by %s in batches of %i', async (loss, batchSize) => {
    // prettier-ignore
    const { warnings, scalars } = await fit(makes(2, loss), kinds, { steps: 40, batchSize, seed: 1 });
    expect(meanOf(scalars['variation'], 0)).toBeGreaterThan(0.5);
    expect(meanOf(scalars['diversity'], 0)).toBeLessThan(0.35);
    const other = loss === 'hinge' ? /take another loss \('wasserstein'\)/ : /take another loss \('hinge'\)/;
    expect(warnings).toEqual([expect.stringMatching(/mode collapse: there are \d+ % as many different samples/)]);
    expect(warnings?.[0]).toMatch(other);
    const all = await fit(makes(10, loss), kinds, { steps: 40, batchSize, seed: 1 });
    expect(meanOf(all.scalars['diversity'], 0)).toBeGreaterThan(0.45);
    expect(all.warnings).toBeUndefined();
  });

  it('mode collapse by wasserstein with one example a share', async () => {
    const { scalars } = await fit(makes(2, 'wasserstein'), new DataLoader(kinds, { batchSize: 8, dropLast: true }), {
      steps: 20,
    });
    expect(scalars['variation']).toHaveLength(20);
    expect(scalars['diversity']?.every((each) => each > 0)).toBe(true);
  });

  it('divergence by wasserstein: a discriminator that nothing bounds', async () => {
    const { task } = small({
      warnAfter: 10,
      rates: [1e-4, 0.1],
      loss: 'wasserstein',
      gradientPenalty: 0,
      bounded: true,
    });
    const { warnings, scalars } = await fit(task, circle(), { steps: 60, batchSize: 40, seed: 1 });
    expect(Math.max(...(scalars['slope'] ?? []))).toBeGreaterThan(100);
    const divergence = warnings?.filter((each) => /divergence: between samples and data the discriminator’s score rises/.test(each)); // prettier-ignore
    expect(divergence).toHaveLength(1);
    expect(warnings?.join()).not.toMatch(/another loss \([^)]*'wasserstein'/);
  });

  it('nothing is said of a generator that begins with samples all alike and learns', async () => {
    const { generator, task } = small({ warnAfter: 10, rates: [1e-2, 1e-2] });
    for (const key of ['2.weight', '0.weight']) {
      const weight = generator.getMember(key) as Tensor;
      assign(weight, weight.detach().mul(0.1));
    }
    const { warnings, scalars } = await fit(task, circle(), { steps: 60, batchSize: 32, seed: 1 });
    expect(meanOf(scalars['variation']?.slice(0, 10), 0)).toBeLessThan(0.1);
    expect(meanOf(scalars['variation']?.slice(10, 20), 0)).toBeLessThan(0.25);
    expect(warnings).toBeUndefined();
  });

  it('divergence: a discriminator that tells all apart', async () => {
    const { task } = small({ warnAfter: 20, rates: [0, 2e-2] });
    const { warnings, scalars } = await fit(task, circle(), { steps: 200, batchSize: 32, seed: 1 });
    expect(meanOf(scalars['discriminatorLoss'], 180)).toBeLessThan(0.02 * 2 * Math.LN2);
    expect(warnings?.filter((each) => /divergence: the discriminator’s loss is 0.0\d+, near 0/.test(each))).toHaveLength(1); // prettier-ignore
  });

  it('numbers that are none end the run', async () => {
    const { task } = small({ loss: 'least-squares', rates: [1e30, 1e30] });
    await expect(fit(task, circle(), { steps: 50, batchSize: 32 })).rejects.toThrow(
      /(discriminatorLoss|generatorLoss) is (not a number|infinite)/,
    );
  });

  it('says which callback of a task would never be called', async () => {
    const { task } = small();
    const broken = { ...task, callbacks: [{ onSteps: () => undefined } as never] };
    await expect(fit(broken, circle(), { steps: 1 })).rejects.toThrow('[fit, the task] onSteps of callbacks[0] would never be called'); // prettier-ignore
  });

  it('has nothing to say where it is not asked to', () => {
    expect(small({ warnAfter: Infinity }).task.callbacks).toBeUndefined();
  });

  it.each<[string, () => unknown, string]>([
    ['a loss that there is not', () => small({ loss: 'hing' as 'hinge' }), "Did you mean 'hinge'?"],
    ['half a loss', () => small({ loss: { generator: (x: Tensor) => x } as never }), 'functions of scores'],
    ['no step of the discriminator', () => small({ discriminatorSteps: 0 }), 'discriminatorSteps must be a positive'],
    ['no noise', () => small({ latent: 0 }), 'latent must be a positive integer, or a function'],
    ['a negative penalty', () => small({ gradientPenalty: -1 }), 'gradientPenalty must be a number ≥ 0'],
    ['an optimizer of the other network', () => small({ discriminatorOptimizer: new SGD(new Linear(2, 1)) }), 'discriminatorOptimizer] none of the optimizer’s'], // prettier-ignore
  ])('says what is wrong with %s', (_name, make, message) => {
    expect(make).toThrow(TrainingError);
    expect(make).toThrow(message);
  });

  it.each<[string, Partial<AdversarialOptions>, Record<string, unknown>, string]>([
    ['a last batch smaller than its shares', { loss: 'wasserstein' }, { batchSize: 63, steps: 100 }, 'of 256 examples in batches of 63 the last batch has 4, and the step does not take it'], // prettier-ignore
    ['a batch smaller than its shares', { discriminatorSteps: 9 }, { batchSize: 8 }, 'a batch of 8 examples cannot be divided among 9 steps'], // prettier-ignore
    ['samples of another size than the data', { latent: (n) => numbers('z', n, 3, 4) }, { batchSize: 8 }, 'the generator makes float32[8,3,2], and the data is float32[8,2]'], // prettier-ignore
  ])('says so of %s', async (_name, options, fitting, message) => {
    await expect(fit(small(options).task, circle(), { steps: 1, ...fitting })).rejects.toThrow(message);
  });

  it('batch normalisation beside a gradient penalty, which is of each example', () => {
    const generator = new Linear(2, 2);
    const discriminator = new Sequential(new Linear(2, 2), new BatchNorm1d(2), new Linear(2, 1));
    const options = {
      latent: 2,
      generatorOptimizer: new SGD(generator),
      discriminatorOptimizer: new SGD(discriminator),
    };
    expect(() => adversarial(generator, discriminator, { ...options, loss: 'wasserstein' })).toThrow(
      /gradientPenalty 10 is of the slope at each example, and 1 of the discriminator is BatchNorm1d/,
    );
    expect(() => adversarial(generator, discriminator, { ...options, gradientPenalty: 1 })).toThrow(TrainingError);
    adversarial(generator, discriminator, { ...options, loss: 'wasserstein', gradientPenalty: 0 });
    adversarial(generator, discriminator, options);
  });

  it('names classes that there are not', async () => {
    const embedding = new Embedding(2, 2);
    const discriminator = new Sequential(new Linear(2, 1));
    const judge = discriminator.forward.bind(discriminator);
    discriminator.forward = ((x: Tensor, y: Tensor) => judge(x.mul(embedding.forward(y)))) as never;
    const generator = new Sequential(new Linear(2, 2));
    const make = generator.forward.bind(generator);
    generator.forward = (z: Tensor) => make(z);
    const task = adversarial(generator, discriminator, {
      latent: 2,
      conditional: true,
      generatorOptimizer: new SGD(generator),
      discriminatorOptimizer: new SGD(discriminator),
    });
    // Of three classes the third is none.
    await expect(fit(task, circle(), { steps: 5, batchSize: 8 })).rejects.toThrow(/\[embedding\] ids\[\d\] is 2, which is no position here: there are 0 to 1/); // prettier-ignore
  });

  it('says which field a batch lacks', async () => {
    const data = new ArrayDataset({ x: { data: new Float32Array(16), shape: [2] } });
    await expect(fit(small({ conditional: true }).task, data, { steps: 1, batchSize: 8 })).rejects.toThrow('must have the field y'); // prettier-ignore
    const other = new ArrayDataset({ image: { data: new Float32Array(16), shape: [2] } });
    await expect(fit(small().task, other, { steps: 1, batchSize: 8 })).rejects.toThrow('it has image');
  });
});
