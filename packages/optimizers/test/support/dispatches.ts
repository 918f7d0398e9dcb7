/** Kernels of the steps of sixty parameters of mixed shapes, on devices that the caller chooses. */
import { valueAndGrad } from '@hebb/autograd';
import { compile, device, setDevice, tensor, variable, type DeviceName, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, clipGradientNorm, Lion, SGD, type Optimizer } from '../../src/index.ts';
import { counted } from '../../../tensor/test/support/optimised.ts';

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
const variables = (all: readonly (readonly number[])[]): Tensor[] =>
  all.map((shape, i) => variable(filled(shape, i), { requiresGrad: true }));

/** What one step of AdamW at a rate of 0.5 without decay makes of a parameter with the gradient g: p − rate · g / (|g| + eps). */
const stepped = (p: number, g: number): number => p - (0.5 * g) / (Math.abs(g) + 1e-8);

/** Runs a step three times on gradients of its own; gives its kernels. */
async function kernelsOf(step: (gradients: readonly Tensor[]) => unknown): Promise<number> {
  for (let i = 0; i < 3; i++) {
    step(shapes.map((shape) => filled(shape, i)));
    await device.synchronize();
  }
  return device.stats().kernelsInLastRun;
}

/** On each device; `clipping` is what clipping gradients adds of which one is long: a kernel more where the devices take its sum in two stages. */
export function testDispatches(devices: readonly (readonly [DeviceName, { readonly clipping: number }])[]): void {
  describe.each(devices)('sixty parameters on %s', (name, { clipping }) => {
    beforeAll(() => setDevice(name));

    it('AdamW steps by given gradients in 1 kernel', async () => {
      const parameters = variables(shapes);
      const optimizer = new AdamW(parameters, { learningRate: 0.5, weightDecay: 0 });
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(gradients));
      step(shapes.map((shape, i) => filled(shape, 100 + i)));
      for (const [i, parameter] of parameters.entries())
        [...(await parameter.data())].forEach((value, j) =>
          expect(value).toBeCloseTo(stepped(Math.sin(i + j), Math.sin(100 + i + j)), 5),
        );
      expect(await kernelsOf(step)).toEqual(counted(1));
    });

    it('AdamW steps by gradients that stay on the device in 1 kernel', async () => {
      const optimizer = new AdamW(variables(shapes));
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(gradients));
      const gradients = shapes.map((shape, i) => filled(shape, i));
      expect(await kernelsOf(() => step(gradients))).toEqual(counted(1));
    });

    it('AdamW steps by gradients that another function has made side by side in 1 kernel', async () => {
      const optimizer = new AdamW(variables(shapes));
      const gradientsOf = compile((rate: Tensor) => shapes.map((shape, i) => filled(shape, i).mul(rate)));
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(gradients));
      let i = 0;
      expect(await kernelsOf(() => step(gradientsOf(tensor(++i))))).toEqual(counted(1));
    });

    // Each is a buffer of its own then, in every run another one: eight bindings show the state and seven of them.
    const apart = name === 'wasm' ? 1 : 9;
    it(`AdamW steps by gradients that another function has made one by one in ${apart} kernels`, async () => {
      const alike = shapes.map(() => [6, 6]);
      const optimizer = new AdamW(variables(alike));
      const gradientsOf = compile((x: Tensor) => alike.map((shape, i) => x.matmul(filled(shape, i))));
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(gradients));
      const held: Tensor[][] = [];
      const run = async (): Promise<number> =>
        kernelsOf(() => {
          const gradients = gradientsOf(filled([6, 6], held.length));
          held.push(gradients);
          step(gradients);
        });
      expect(await run()).toEqual(counted(apart));
    });

    it.each([
      ['SGD with momentum', (parameters: Tensor[]) => new SGD(parameters, { momentum: 0.9 })],
      ['Lion', (parameters: Tensor[]) => new Lion(parameters)],
    ] satisfies [string, (parameters: Tensor[]) => Optimizer][])('%s steps in 1 kernel', async (_, make) => {
      const optimizer = make(variables(shapes));
      expect(await kernelsOf(compile((gradients: readonly Tensor[]) => optimizer.step(gradients)))).toEqual(counted(1));
    });

    it(`clipping given gradients by their global norm adds ${clipping} kernels`, async () => {
      // One is long enough for two stages on every adapter.
      const all = [...shapes.slice(1), [20_000]];
      const optimizer = new AdamW(variables(all));
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(clipGradientNorm(gradients, 1).grads));
      expect(await kernelsOf(() => step(all.map((shape, i) => filled(shape, i))))).toEqual(counted(1 + clipping));
    });

    it('clipping parameters of one shape adds 2 kernels', async () => {
      const alike = shapes.map(() => [6, 4]);
      const optimizer = new AdamW(variables(alike));
      const step = compile((gradients: readonly Tensor[]) => optimizer.step(clipGradientNorm(gradients, 1).grads));
      expect(await kernelsOf(() => step(alike.map((shape, i) => filled(shape, i))))).toEqual(counted(3));
    });

    it('clipping behind a backward pass adds 3 kernels', async () => {
      // Thirty layers, so that gradients are products of matrices and sums.
      const count = async (clips: boolean): Promise<number> => {
        const parameters = variables(shapes.map((_, i) => (i % 2 === 0 ? [6, 6] : [6])));
        const optimizer = new AdamW(parameters);
        const lossOf = (x: Tensor): Tensor => {
          let hidden = x;
          for (let i = 0; i < 60; i += 2)
            hidden = hidden
              .matmul(parameters[i] as Tensor)
              .add(parameters[i + 1] as Tensor)
              .tanh();
          return hidden.square().mean();
        };
        const step = compile((x: Tensor) => {
          const { value, grads } = valueAndGrad(() => lossOf(x), parameters);
          optimizer.step(clips ? clipGradientNorm(grads, 1).grads : grads);
          return value;
        });
        return kernelsOf(() => step(filled([5, 6], 1)));
      };
      expect((await count(true)) - (await count(false))).toEqual(counted(3));
    });
  });
}
