/** Steps of another batch: nothing is compiled by the engine, and the numbers do not depend on what was computed before. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type * as Hebb from '../src/index.ts';

type Step = (batch: number) => Promise<number>;
type Made = (hebb: typeof Hebb) => Step;

const numbers = ({ tensor }: typeof Hebb, shape: readonly number[]): Hebb.Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i)), { shape }); // prettier-ignore
};

const integers = ({ tensor }: typeof Hebb, shape: readonly number[], below: number): Hebb.Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Int32Array.from({ length: size }, (_, i) => (7 * i + (i >> 2)) % below), { shape, dtype: 'int32' }); // prettier-ignore
};

const networks: Readonly<Record<string, Made>> = {
  'a perceptron': (hebb) => {
    const model = new hebb.MultilayerPerceptron({ inputs: 20, hidden: [32, 24], outputs: 7 });
    const parameters = model.parameters();
    const optimizer = new hebb.Adam(parameters);
    const step = hebb.compile((x: Hebb.Tensor, y: Hebb.Tensor) => {
      const { value, grads } = hebb.valueAndGrad(() => hebb.crossEntropy(model.forward(x), y), parameters);
      optimizer.step(grads);
      return value;
    });
    return (batch) => step(numbers(hebb, [batch, 20]), integers(hebb, [batch], 7)).item();
  },
  'a GPT': (hebb) => {
    const model = new hebb.GPT2({ width: 32, heads: 2, layers: 2, vocabulary: 40, contextLength: 16, dropout: 0 });
    const parameters = model.parameters();
    const optimizer = new hebb.AdamW(parameters);
    const step = hebb.compile((x: Hebb.Tensor, y: Hebb.Tensor) => {
      const loss = (): Hebb.Tensor => hebb.crossEntropy(model.forward(x).reshape([-1, 40]), y.reshape([-1]));
      const { value, grads } = hebb.valueAndGrad(loss, parameters);
      optimizer.step(grads);
      return value;
    });
    return (batch) => step(integers(hebb, [batch, 16], 40), integers(hebb, [batch, 16], 39)).item();
  },
};

async function runtime(): Promise<typeof Hebb> {
  vi.resetModules();
  const hebb: typeof Hebb = await import('../src/index.ts');
  hebb.setDevice('wasm');
  await hebb.device.ready();
  hebb.manualSeed(3);
  return hebb;
}

const { Module } = WebAssembly;
let modules = 0;
beforeAll(() => {
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      modules++;
    }
  };
});
afterAll(() => {
  WebAssembly.Module = Module;
});

test.each(Object.entries(networks))('%s: no code for another batch', async (_, make) => {
  const step = make(await runtime());
  for (const batch of [40, 48, 64]) for (let i = 0; i < 2; i++) await step(batch);
  modules = 0;
  for (const batch of [41, 39, 63, 57, 42, 50]) {
    expect(await step(batch)).toBeGreaterThan(0);
    expect(modules, `${batch}`).toBe(0);
  }
});

test.each(Object.entries(networks))('%s: the same losses, whatever ran before', async (_, make) => {
  const batches = [24, 9, 33, 17];
  const losses: number[] = [];
  const alone = make(await runtime());
  for (const batch of batches) losses.push(await alone(batch));
  const hebb = await runtime();
  const other = make(hebb);
  for (const batch of [64, 12, 40, 31]) await other(batch);
  hebb.manualSeed(3);
  const again = make(hebb);
  for (const [i, batch] of batches.entries()) expect(await again(batch)).toBe(losses[i]);
});
