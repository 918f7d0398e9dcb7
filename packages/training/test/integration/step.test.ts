/** A whole training step: forward, backward and update, recorded and compiled. */
import { backward, valueAndGrad } from '@hebb/autograd';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { AdamW, SGD, type Optimizer } from '@hebb/optimizers';
import { compile, device, manualSeed, randn, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../../tensor/test/support/devices.ts';

/** Two interleaved arcs, after scikit-learn's make_moons, without noise. */
const count = 64;
const angles = Array.from({ length: count }, (_, i) => (Math.PI * i) / (count - 1));
describe.each(devices)('training on %s', (name) => {
  let points: Tensor;
  let labels: Tensor;
  beforeAll(() => {
    setDevice(name);
    points = tensor([
      ...angles.map((a) => [Math.cos(a), Math.sin(a)]),
      ...angles.map((a) => [1 - Math.cos(a), 0.5 - Math.sin(a)]),
    ]);
    labels = tensor(Int32Array.from({ length: 2 * count }, (_, i) => Number(i >= count)));
  });

  const model = (): Sequential =>
    new Sequential(new Linear(2, 16), new BatchNorm1d(16), new ReLU(), new Dropout(0.1), new Linear(16, 2));

  it.each([
    ['AdamW', (m: Sequential): Optimizer => new AdamW(m, { learningRate: 0.05 })],
    ['SGD', (m: Sequential): Optimizer => new SGD(m, { learningRate: 0.2, momentum: 0.9, nesterov: true })],
  ] as const)(
    'learns with %s; recorded, compiled and with backward() alike, through a change of the learning rate',
    async (_, optimizerFor) => {
      const run = async (
        makeStep: (m: Sequential, o: Optimizer) => (x: Tensor, y: Tensor) => Tensor,
      ): Promise<{ losses: number[]; m: Sequential; o: Optimizer }> => {
        manualSeed(1);
        const m = model();
        const o = optimizerFor(m);
        const step = makeStep(m, o);
        const losses: number[] = [];
        for (let i = 0; i < 60; i++) {
          if (i === 40) o.learningRate /= 10;
          losses.push(await step(points, labels).item());
        }
        return { losses, m, o };
      };
      const plain =
        (m: Sequential, o: Optimizer) =>
        (x: Tensor, y: Tensor): Tensor => {
          const { value, grads } = valueAndGrad(() => crossEntropy(m.forward(x), y), m.parameters());
          o.step(grads);
          return value;
        };
      const recorded = await run(plain);
      const compiled = await run((m, o) => compile(plain(m, o)));
      const withBackward = await run((m, o) => (x, y) => {
        o.zeroGrad();
        const loss = crossEntropy(m.forward(x), y);
        backward(loss);
        o.step();
        return loss;
      });
      expect(recorded.losses.at(-1)).toBeLessThan(0.25);
      for (const other of [compiled, withBackward]) {
        other.losses.forEach((loss, i) => expect(loss).toBeCloseTo(recorded.losses[i] ?? NaN, 3));
        expect(other.o.stepCount).toBe(60);
        expect(await other.m.namedBuffers().get('1.num_batches_tracked')?.item()).toBe(60);
      }
      const logits = await compiled.m.eval().forward(points).argmax(1).data();
      expect(logits.filter((label, i) => label === Number(i >= count)).length).toBeGreaterThan(0.9 * 2 * count);
    },
  );

  it('makes plans for the first steps only, also when the learning rate changes', async () => {
    const m = model();
    const o = new AdamW(m);
    for (let i = 0; i < 5; i++) {
      if (i === 2) await device.synchronize();
      const { misses } = device.stats().planCache;
      o.learningRate = 1e-3 / (i + 1);
      const { value, grads } = valueAndGrad(
        () => crossEntropy(m.forward(randn([8, 2])), labels.narrow(0, 0, 8)),
        m.parameters(),
      );
      o.step(grads);
      await value.item();
      if (i >= 2) expect(device.stats().planCache.misses).toBe(misses);
    }
  });
});
