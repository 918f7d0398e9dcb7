import { HebbError, setDevice, tensor } from '@hebb/tensor';
import { expect, it } from 'vitest';
import {
  accuracy,
  argmax,
  classificationReport,
  confusionMatrix,
  logLoss,
  meanSquaredError,
  medianAbsoluteError,
  precision,
  r2Score,
  topKAccuracy,
} from '../src/index.ts';

it("takes Hebb's tensors, lazy ones too, and returns promises", async () => {
  setDevice('reference');
  const logits = tensor([
    [2, 0, 1],
    [0, 1, 3],
    [1, 5, 0],
  ]).mul(2);
  const labels = tensor(Int32Array.of(0, 1, 1));
  const predicted: Promise<Int32Array> = argmax(logits);
  expect([...(await predicted)]).toEqual([0, 2, 1]);
  expect(await accuracy(logits, labels)).toBeCloseTo(2 / 3, 15);
  expect(await accuracy(logits, Int32Array.of(0, 1, 1))).toBeCloseTo(2 / 3, 15);
  expect(await topKAccuracy(logits, labels, { k: 2 })).toBe(1);
  expect((await classificationReport(labels, logits)).confusionMatrix.counts).toEqual([
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  const fromLogits = await logLoss(logits, labels, { fromLogits: true });
  expect(await logLoss(logits.softmax(-1), labels)).toBeCloseTo(fromLogits, 5);
  expect(await meanSquaredError(tensor([1, 2]), [1, 4])).toBe(2);
  expect(await r2Score(tensor([[1], [2]]), tensor([1, 2]))).toBe(1);
});

it.each<readonly [string, unknown]>([
  ['null', [null]],
  ['undefined', [undefined]],
  ['objects', [{}]],
  ['text', ['3']],
  ['a symbol', [Symbol('a')]],
  ['null after numbers', [0, null]],
  ['null in a row', [[null]]],
  ['a row and null', [[1], null]],
  ['a shape that is none', { data: [1], shape: null }],
  ['data that are none', { data: null, shape: [1] }],
])('refuses %s for numbers', (_, given) => {
  for (const metric of [confusionMatrix, precision, accuracy, medianAbsoluteError, meanSquaredError]) {
    const call = metric as (a: unknown, b: unknown) => unknown;
    expect(() => call(given, [0])).toThrow(HebbError);
    expect(() => call([0], given)).toThrow(HebbError);
  }
});

it('takes the numbers that bigints are', () => {
  expect(medianAbsoluteError(BigInt64Array.of(1n, 5n) as never, [2, 2])).toBe(2);
  expect(medianAbsoluteError([1n, 5] as never, [2, 2])).toBe(2);
});
