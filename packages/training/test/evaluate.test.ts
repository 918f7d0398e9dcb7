import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { classification, type ClassificationEvaluation } from '@hebb/evaluation';
import { evaluate } from '../src/index.ts';
import { AsIs, classNames, dataset, labels, logits } from './support/five-examples.ts';

let evaluation: ClassificationEvaluation;
beforeAll(async () => {
  setDevice('wasm');
  const task = classification({ classNames, keepOutputs: true });
  evaluation = await evaluate(new AsIs(), dataset, task, { batchSize: 2 });
});

describe('evaluate', () => {
  it('scores the predictions of all batches, in order', () => {
    expect(Array.from(evaluation.predictions)).toEqual([0, 1, 1, 2, 0]);
    expect(Array.from(evaluation.labels)).toEqual(labels);
    expect(evaluation.outputs?.shape).toEqual([5, 3]);
    expect(Array.from(evaluation.outputs?.data ?? [])).toEqual(logits.flat());
    expect(evaluation.accuracy).toBeCloseTo(3 / 5, 12);
    expect(evaluation.correct).toBe(3);
    expect(evaluation.confusionMatrix.counts).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
    ]);
    expect(evaluation.classes[2]).toMatchObject({ precision: 1, recall: 1 / 3, f1: 0.5, support: 3 });
  });

  it('keeps the likeliest classes with their softmax probabilities', () => {
    const [a, b, c] = evaluation.topClasses(0);
    expect([a?.name, b?.name, c?.name]).toEqual(['ant', 'bee', '<c>']);
    expect(a?.probability).toBeCloseTo(Math.E ** 2 / (Math.E ** 2 + 2), 6);
    expect(b?.probability).toBeCloseTo(1 / (Math.E ** 2 + 2), 6);
    expect(evaluation.confidences[0]).toBe(a?.probability);
  });

  it('prints accuracy, scores and the matrix', () => {
    const text = evaluation.toString();
    expect(text).toMatch(/accuracy 60\.00 % \(3 of 5 right\) · [\d,]+ examples\/s/);
    expect(text).toMatch(/precision +recall/);
    expect(text).toMatch(/label \\ predicted +ant +bee/);
  });

  it('refuses outputs that are no logits of the classes', async () => {
    await expect(evaluate(new AsIs(), dataset, classification({ classNames: ['a', 'b'] }))).rejects.toThrow(
      /\[examples, 2\].*\[5,3\]/,
    );
  });
});
