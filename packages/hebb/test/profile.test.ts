/** Profiles and explanations of models: whose kernels they are, and how many. */
import { beforeAll, expect, test } from 'vitest';
import { GPT2 } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, type AnyModule } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { Adam, AdamW, type Optimizer } from '@hebb/optimizers';
import { compile, explain, profile, setDevice, zeros, type Tensor } from '@hebb/tensor';

beforeAll(() => setDevice('wasm'));

function stepOf(
  model: Pick<AnyModule, 'parameters'> & { forward(x: Tensor): Tensor },
  optimizer: Optimizer,
): (x: Tensor, y: Tensor) => Tensor {
  return compile((x: Tensor, y: Tensor) => {
    const { value: loss, grads } = valueAndGrad(() => {
      const scores = model.forward(x);
      return crossEntropy(scores.reshape([-1, scores.shape.at(-1) ?? 1]), y);
    }, model.parameters());
    optimizer.step(grads);
    return loss;
  });
}

const mlp = (): Sequential =>
  new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 256), new ReLU(), new Linear(256, 10));

async function mlpStep(): Promise<() => Tensor> {
  const model = mlp();
  const step = stepOf(model, new Adam(model, { learningRate: 1e-3 }));
  const [x, y] = [zeros([16, 784]).add(0.5), zeros([16], { dtype: 'int32' })];
  // With the first step the moments begin.
  await step(x, y).item();
  return () => step(x, y);
}

test('the kernels of a step are of the layers of the model, of their gradients, of the loss and of the optimizer, each with its line', async () => {
  const { kernels } = await profile(await mlpStep(), { runs: 2 });
  const labels = kernels.map(({ label }) => label.replace(/ \+\d+$/, ''));
  for (const layer of ['0 (Linear 784 → 512)', '2 (Linear 512 → 256)', '4 (Linear 256 → 10)']) {
    expect(labels).toContain(layer);
    expect(labels).toContain(`∂ ${layer}`);
  }
  expect(labels.some((label) => /^crossEntropy profile\.test\.ts:\d+$/.test(label))).toBe(true);
  const origins = kernels.flatMap((kernel) => kernel.origins);
  expect(origins.some(({ layer, isGradient }) => layer === '1 (ReLU)' && isGradient)).toBe(true);
  expect(origins.some(({ called, layer }) => called === 'step' && layer === undefined)).toBe(true);
  // Forward, and by weights and inputs backward, but by no input of the first layer.
  const products = 16 * (784 * 512 + 512 * 256 + 256 * 10);
  expect(kernels.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0)).toBe(3 * products - 16 * 784 * 512);
}, 120_000);

test('a step of the MLP 784-512-256-10 with Adam is at most 16 kernels', async () => {
  expect((await explain(await mlpStep())).kernelCount).toBeLessThanOrEqual(16);
});

test('a step of a CNN of two convolutions with Adam is at most 24 kernels', async () => {
  const convolutions = [new Conv2d(1, 32, 3), new ReLU(), new Conv2d(32, 64, 3), new ReLU(), new MaxPool2d(2), new Dropout(0.25)] as const; // prettier-ignore
  const model = new Sequential(...convolutions, new Flatten(), new Linear(9216, 128), new ReLU(), new Linear(128, 10));
  const step = stepOf(model, new Adam(model, { learningRate: 1e-3 }));
  const [x, y] = [zeros([4, 1, 28, 28]).add(0.5), zeros([4], { dtype: 'int32' })];
  await step(x, y).item();
  const { plans, kernelCount } = await explain(() => step(x, y));
  expect(plans).toHaveLength(1);
  expect(kernelCount).toBeLessThanOrEqual(24);
}, 120_000);

test('a step of a GPT of width 128 is one plan, to which its third and fourth block add at most 20 kernels each', async () => {
  const counts: number[] = [];
  for (const layers of [2, 4]) {
    const model = new GPT2({ vocabulary: 96, width: 128, heads: 4, layers, contextLength: 128, dropout: 0 });
    const step = stepOf(model, new AdamW(model, { learningRate: 1e-3 }));
    const [x, y] = [zeros([8, 128], { dtype: 'int32' }), zeros([8 * 128], { dtype: 'int32' })];
    await step(x, y).item();
    const { plans, kernelCount } = await explain(() => step(x, y));
    expect(plans).toHaveLength(1);
    counts.push(kernelCount);
  }
  expect(((counts[1] ?? 0) - (counts[0] ?? 0)) / 2).toBeLessThanOrEqual(20);
}, 300_000);
