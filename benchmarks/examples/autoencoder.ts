/** The three networks of the example of autoencoders. */
import { minimize, oneCycleSchedule, type TrainingOptimizer } from '@hebb/optimizers';
import { Generator, tensor, type Tensor } from '@hebb/tensor';
import type { Task } from '@hebb/training';
import { build } from '../../apps/examples/autoencoder/example.ts';
import { loadHandwrittenDigits } from '../../apps/examples/src/digits.ts';
import { normal, withNoise } from './noise.ts';
import { carried, type Pair } from './trial.ts';

type Noisy = { readonly x: Tensor; readonly noise: Tensor };

/** Standard deviation of the noise that is to be taken away. */
const sigma = 0.5;

const pairOf = (kind: 'dense' | 'denoising' | 'variational'): Pair => ({
  script: 'autoencoder.py',
  set: 'mnist',
  metric: kind === 'variational' ? 'test bound, nats' : 'test error, mean square',
  isChanged: true,
  async prepare(folder) {
    const { train, test } = await loadHandwrittenDigits(folder, carried('digits.csv'));
    const { compact, denoiser, variational, loader } = build(train, 0);
    const { model, task } = { dense: compact, denoising: denoiser, variational }[kind];
    const optimizer = task.parts['optimizer'] as TrainingOptimizer;
    // As the example has it, but that what is drawn stands in the batch.
    const loss = ({ x, noise }: Noisy): Tensor =>
      kind === 'variational' ? variational.model.loss(x, noise) : (model as typeof denoiser.model).loss(x, kind === 'denoising' ? x.add(noise) : x); // prettier-ignore
    const drawn: Task<Noisy> = { parts: { model, optimizer }, step: (batch) => minimize(optimizer, () => loss(batch)) };
    const x = test.field('x');
    const [deviation, shape] = kind === 'variational' ? [1, [variational.model.options.latents]] : [sigma, x.shape.slice(1)]; // prettier-ignore
    const noise = await normal([test.length, ...shape], new Generator(1), deviation);
    const inTensors = ({ data, shape }: typeof noise): Tensor => tensor(data, { shape, dtype: 'float32' });
    return {
      task: drawn,
      batches: withNoise(loader, { noise: shape }, deviation),
      budget: { epochs: 100 },
      schedule: oneCycleSchedule({ warmup: 0.25 }),
      arrays: { x, noise },
      settings: { kind },
      metric: () => {
        model.eval();
        return loss({ x: inTensors(x), noise: inTensors(noise) }).item();
      },
    };
  },
});

export const dense = pairOf('dense');
export const denoising = pairOf('denoising');
export const variational = pairOf('variational');
