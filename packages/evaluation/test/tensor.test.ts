import { setDevice, tensor } from '@hebb/tensor';
import { expect, it } from 'vitest';
import {
  accuracy,
  argmax,
  classificationReport,
  logLoss,
  meanSquaredError,
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
