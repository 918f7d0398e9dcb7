/** The outputs of a model, all at once and batch by batch. */
import { ArrayDataset, DataLoader, stream } from '@hebb/data';
import { classification, multiLabel, sequences } from '@hebb/evaluation';
import { Linear, Module } from '@hebb/layers';
import { compile, manualSeed, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { evaluate, predict, predictBatches, TrainingError } from '../src/index.ts';

beforeEach(() => {
  setDevice('wasm');
  manualSeed(1);
});

const count = 11;
const x = Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(i));
const data = new ArrayDataset({ x: { data: x, shape: [3] } });

/** Two outputs, of different dtypes. */
class Split extends Module<[Tensor], { logits: Tensor; parts: readonly [Tensor, Tensor] }> {
  linear = new Linear(3, 2);
  forward(input: Tensor): { logits: Tensor; parts: readonly [Tensor, Tensor] } {
    const logits = this.linear.forward(input);
    return { logits, parts: [logits.argmax(1), logits.greater(0)] };
  }
}

describe('predict', () => {
  it('gives the outputs of all examples in their order, without targets', async () => {
    const model = new Linear(3, 2);
    const outputs = await predict(model, data, { batchSize: 4 });
    expect(outputs.shape).toEqual([count, 2]);
    const expected = await compile((input: Tensor) => model.forward(input))(tensor(x, { shape: [count, 3] })).data();
    outputs.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
    const shuffled = new DataLoader(data, { batchSize: 3, shuffle: true, seed: 7, dropLast: true });
    const again = await predict(model, shuffled);
    again.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  });

  it('gives several in their structure, with their dtypes', async () => {
    const { logits, parts } = await predict(new Split(), data, { batchSize: 4 });
    expect(logits.shape).toEqual([count, 2]);
    expect(parts[0].data).toBeInstanceOf(Int32Array);
    expect(parts[0].shape).toEqual([count]);
    expect(parts[1].dtype).toBe('bool');
    parts[0].data.forEach((index, i) =>
      expect(logits.data[2 * i + index]).toBe(Math.max(logits.data[2 * i] ?? 0, logits.data[2 * i + 1] ?? 0)),
    );
    parts[1].data.forEach((isPositive, i) => expect(Boolean(isPositive)).toBe((logits.data[i] ?? 0) > 0));
  });

  it('computes what is asked for, of any fields', async () => {
    const named = new ArrayDataset({ a: { data: x, shape: [3] }, b: { data: x, shape: [3] } });
    const sums = await predict(new Linear(3, 2), named, {
      output: ({ a, b }) => (a as Tensor).add(b as Tensor).sum(1),
    });
    expect(sums.shape).toEqual([count]);
    expect(sums.data[1]).toBeCloseTo(2 * (Math.sin(3) + Math.sin(4) + Math.sin(5)), 5);
  });

  it('reads streams', async () => {
    const rows = stream(Array.from({ length: count }, (_, i) => ({ x: Array.from(x.slice(3 * i, 3 * i + 3)) })));
    const model = new Linear(3, 2);
    const [whole, streamed] = [await predict(model, data), await predict(model, rows.batch(4))];
    streamed.data.forEach((value, i) => expect(value).toBeCloseTo(whole.data[i] ?? NaN, 5));
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a batch without x', () => predict(new Linear(3, 2), new ArrayDataset({ image: { data: x, shape: [3] } })), /must have the field x, the input; it has image[^]*model\.forward\(batch\.image\)/],
    ['outputs that do not count the examples', () => predict(new Linear(3, 2), data, { output: ({ x: input }) => (input as Tensor).sum() }), /output of shape \[\] of 11 examples[^]*predictBatches/],
    ['no tensor', () => predict(new Linear(3, 2), data, { output: () => 3 }), /must return a tensor, or several in an object or array, not 3/],
    ['a step that reads values', () => predict(new Linear(3, 2), data, { output: async ({ x: input }) => (input as Tensor).data() }), /not a Promise[^]*must not be async/],
    ['no data', () => predict(new Linear(3, 2), { x } as never), /the data must be a dataset or a DataLoader/],
    ['an unknown option', () => predict(new Linear(3, 2), data, { batchsize: 2 } as never), /batchSize/],
  ])('says what is wrong with %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('predictBatches', () => {
  it('gives one batch at a time, with the batch, and may be broken off', async () => {
    const model = new Linear(3, 2);
    const counts: number[] = [];
    for await (const { outputs, batch, count: examples } of predictBatches(model, data, { batchSize: 4 })) {
      expect(outputs.shape).toEqual([examples, 2]);
      expect(batch['x']?.shape).toEqual([examples, 3]);
      expect(model.training).toBe(true); // whatever the program does between two batches
      counts.push(examples);
      if (counts.length === 2) break;
    }
    expect(counts).toEqual([4, 4]);
    expect(() => predictBatches(null as never, data)).toThrow(TrainingError);
  });
});

const devices = ['wasm', ...(process.env['HEBB_TEST_WEBGPU'] === '1' ? ['webgpu' as const] : [])] as const;

describe.each(devices)('on %s', (name) => {
  class AsIs extends Module {
    forward(input: Tensor): Tensor {
      return input;
    }
  }
  const field = (values: readonly number[], shape: readonly number[]) => ({ data: Float32Array.from(values), shape });
  const ids = (values: readonly number[], shape: readonly number[]) => ({ data: Int32Array.from(values), shape });

  it('the device picks the likeliest classes and finds what is wrong', async () => {
    setDevice(name);
    const logits = [1, 3, 2, -Infinity, 5, 0, 0, -1];
    const good = new ArrayDataset({ x: field(logits, [4]), y: ids([1, 3], []) });
    const evaluation = await evaluate(new AsIs(), good, classification());
    expect(evaluation.topClasses(0).map(({ index }) => index)).toEqual([1, 2, 0]);
    expect(evaluation.topClasses(1).map(({ index }) => index)).toEqual([0, 1, 2]);
    const sum = Math.exp(1) + Math.exp(3) + Math.exp(2);
    expect(evaluation.confidences[0]).toBeCloseTo(Math.exp(3) / sum, 6);
    const losses = [Math.log(sum) - 3, Math.log(Math.exp(5) + 2 + Math.exp(-1)) + 1];
    expect(evaluation.metrics['logLoss']).toBeCloseTo(((losses[0] ?? 0) + (losses[1] ?? 0)) / 2, 5);
    const odd = new ArrayDataset({ x: field([1, 2, NaN, 0], [2]), y: ids([1, 1], []) });
    await expect(evaluate(new AsIs(), odd, classification())).rejects.toThrow(/example 1 hold NaN/);
    const beyond = new ArrayDataset({ x: field([1, 2, 3, 0], [2]), y: ids([1, 2], []) });
    await expect(evaluate(new AsIs(), beyond, classification())).rejects.toThrow(/is 2, not a class from 0 to 1/);
  });

  it('the other tasks read what they need', async () => {
    setDevice(name);
    const labels = new ArrayDataset({ x: field([1, -1, 2, -2], [2]), y: ids([1, 0, 0, 0], [2]) });
    expect((await evaluate(new AsIs(), labels, multiLabel())).metrics).toMatchObject({ exactMatch: 0.5, hammingLoss: 0.25 }); // prettier-ignore
    const tokens = new ArrayDataset({ x: field([5, 0, 0, 5], [2, 2]), y: ids([0, 0], [2]) });
    const { metrics } = await evaluate(new AsIs(), tokens, sequences());
    expect(metrics['accuracy']).toBe(0.5);
    expect(metrics['logLoss']).toBeCloseTo(Math.log1p(Math.exp(-5)) + 2.5, 5);
  });
});
