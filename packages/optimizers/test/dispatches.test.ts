/** Kernels of the steps of sixty parameters of mixed shapes. */
import { compile, device, setDevice, tensor, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, clipGradientNorm } from '../src/index.ts';

/** Weights, biases, gains and kernels. */
const shapes: readonly (readonly number[])[] = Array.from(
  { length: 60 },
  (_, i) => [[8, 6], [8], [4, 2, 3, 3], [], [1, 5], [700]][i % 6] as readonly number[],
);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const filled = (shape: readonly number[], seed: number): Tensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, j) => Math.sin(seed + j)),
    { shape },
  );
const sixty = (): Tensor[] => shapes.map((shape, i) => variable(filled(shape, i), { requiresGrad: true }));

/** What one step of AdamW at a rate of 0.5 without decay makes of a parameter with the gradient g: p − rate · g / (|g| + eps). */
const stepped = (p: number, g: number): number => p - (0.5 * g) / (Math.abs(g) + 1e-8);

describe('sixty parameters on wasm', () => {
  beforeAll(() => setDevice('wasm'));

  it('AdamW steps by given gradients in 1 kernel', async () => {
    const parameters = sixty();
    const optimizer = new AdamW(parameters, { learningRate: 0.5, weightDecay: 0 });
    const step = compile((gradients: readonly Tensor[]) => optimizer.step(gradients));
    step(shapes.map((shape, i) => filled(shape, 100 + i)));
    for (const [i, parameter] of parameters.entries())
      [...(await parameter.data())].forEach((value, j) =>
        expect(value).toBeCloseTo(stepped(Math.sin(i + j), Math.sin(100 + i + j)), 5),
      );
    step(shapes.map((shape, i) => filled(shape, 100 + i)));
    await parameters[59]?.data();
    expect(device.stats().kernelsInLastRun).toBe(1);
  });

  it('clipping given gradients by their global norm adds 4 kernels', async () => {
    const parameters = sixty();
    const optimizer = new AdamW(parameters);
    const step = compile((gradients: readonly Tensor[]) => optimizer.step(clipGradientNorm(gradients, 1).grads));
    for (let i = 0; i < 2; i++) step(shapes.map((shape) => filled(shape, i)));
    await parameters[59]?.data();
    expect(device.stats().kernelsInLastRun).toBe(5);
  });
});
