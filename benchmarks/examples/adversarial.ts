/** The example of generative adversarial networks: a DCGAN. */
import { Generator, tensor, type Tensor } from '@hebb/tensor';
import type { AdversarialBatch, Task } from '@hebb/training';
import { build, latent, schedule } from '../../apps/examples/gan/example.ts';
import { loadHandwrittenDigits } from '../../apps/examples/src/digits.ts';
import { normal, withNoise } from './noise.ts';
import { carried, type Pair } from './trial.ts';

type Drawn = AdversarialBatch & { readonly first: Tensor; readonly second: Tensor };

export const pair: Pair = {
  script: 'adversarial.py',
  set: 'mnist',
  metric: 'lead of the discriminator',
  isChanged: true,
  async prepare(folder) {
    const { train, test } = await loadHandwrittenDigits(folder, carried('digits.csv'));
    // Where the task would draw the numbers of a batch it is given those of the batch: first the discriminator's, then the generator's.
    const drawn: Tensor[] = [];
    const latents = (): Tensor => drawn.shift() as Tensor;
    const { generator, discriminator, task, loader } = build({ train, seed: 0, latents });
    const { shape, data } = test.field('x');
    const x = { data: Float32Array.from(data, (pixel) => 2 * pixel - 1), shape };
    const z = await normal([test.length, latent], new Generator(1));
    const given: Task<Drawn> = {
      ...task,
      step({ first, second, ...batch }) {
        drawn.push(first, second);
        return task.step(batch);
      },
    };
    return {
      task: given,
      batches: withNoise(loader, { first: [latent], second: [latent] }),
      budget: { steps: folder === undefined ? 2000 : 2500 },
      schedule,
      arrays: { x, z },
      settings: { latent },
      curves: ['discriminatorLoss', 'generatorLoss'],
      metric() {
        const [real, made] = [x, z].map((array) => tensor(array.data, { shape: array.shape, dtype: 'float32' })) as [Tensor, Tensor]; // prettier-ignore
        const scores = [real, generator.forward(made)].map((images) => discriminator.forward(images).mean()) as [Tensor, Tensor]; // prettier-ignore
        return scores[0].sub(scores[1]).item();
      },
    };
  },
};
