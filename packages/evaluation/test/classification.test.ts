import { describe, expect, it } from 'vitest';
import {
  accuracy,
  argmax,
  classificationReport,
  confusionMatrix,
  logLoss,
  topKAccuracy,
  type ClassScores,
} from '../src/index.ts';
import golden from './golden/classification.json' with { type: 'json' };

function closeScores(actual: ClassScores | undefined, expected: ClassScores | undefined): void {
  for (const key of ['precision', 'recall', 'f1', 'support'] as const) {
    expect(actual?.[key]).toBeCloseTo(expected?.[key] ?? NaN, 14);
  }
}

/** What a tensor looks like to this package. */
function fakeTensor(rows: number[][]): { shape: number[]; data: () => Promise<Float32Array> } {
  return { shape: [rows.length, rows[0]?.length ?? 0], data: () => Promise.resolve(Float32Array.from(rows.flat())) };
}

describe.each(golden.map((entry, i) => [i, entry] as const))('scikit-learn, case %i', (_, entry) => {
  const { labels, predictions, classCount } = entry;

  it('agrees on the report', () => {
    const report = classificationReport(labels, predictions, { classCount });
    expect(report.accuracy).toBeCloseTo(entry.accuracy, 15);
    expect(report.confusionMatrix.counts).toEqual(entry.confusionMatrix);
    expect(report.classes.length).toBe(classCount);
    report.classes.forEach((scores, i) => closeScores(scores, entry.classes[i]));
    closeScores(report.macroAverage, entry.macroAverage);
    closeScores(report.weightedAverage, entry.weightedAverage);
    expect(confusionMatrix(labels, predictions, classCount).counts).toEqual(entry.confusionMatrix);
    expect(accuracy(predictions, labels)).toBeCloseTo(entry.accuracy, 15);
  });

  it('agrees on scores', async () => {
    const { logits, probabilities } = entry;
    if (logits === undefined || probabilities === undefined || entry.logLoss === undefined) return;
    expect([...argmax(logits)]).toEqual(predictions);
    expect(accuracy(logits, labels)).toBeCloseTo(entry.accuracy, 15);
    expect(accuracy(logits.flat(), labels)).toBeCloseTo(entry.accuracy, 15);
    expect(await accuracy(fakeTensor(logits), labels)).toBeCloseTo(entry.accuracy, 15);
    expect(classificationReport(labels, logits).confusionMatrix.counts).toEqual(entry.confusionMatrix);
    expect(logLoss(probabilities, labels)).toBeCloseTo(entry.logLoss, 12);
    if (entry.logLoss < 10) expect(logLoss(logits, labels, { fromLogits: true })).toBeCloseTo(entry.logLoss, 12);
    entry.topK?.forEach((expected, i) => expect(topKAccuracy(logits, labels, { k: i + 1 })).toBeCloseTo(expected, 15));
    expect(topKAccuracy(logits, labels, { k: classCount })).toBe(1);
  });
});

describe('kinds of input', () => {
  it('reads typed arrays, rows, shaped arrays, columns and tensors alike', async () => {
    const labels = Int32Array.of(1, 0, 1);
    const rows = [
      [0, 1],
      [1, 0],
      [1, 0],
    ];
    const data = Float32Array.from(rows.flat());
    for (const scores of [rows, rows.map((row) => Float32Array.from(row)), data, { data, shape: [3, 2] }]) {
      expect(accuracy(scores, labels)).toBeCloseTo(2 / 3, 15);
    }
    expect(accuracy({ data: Uint8Array.of(1, 0, 0), shape: [3, 1] }, labels)).toBeCloseTo(2 / 3, 15);
    expect(await accuracy(rows, fakeTensor([[1], [0], [1]]))).toBeCloseTo(2 / 3, 15);
    expect([...(await argmax(fakeTensor(rows)))]).toEqual([1, 0, 0]);
    const report = await classificationReport(fakeTensor([[1], [0], [1]]), fakeTensor(rows));
    expect(report.accuracy).toBeCloseTo(2 / 3, 15);
    expect((await confusionMatrix(fakeTensor([[1], [0]]), [1, 1])).counts).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes the first of equal scores', () => {
    expect([
      ...argmax([
        [1, 1, 0],
        [0, 2, 2],
      ]),
    ]).toEqual([0, 1]);
    expect(topKAccuracy([[1, 1, 1]], [0], { k: 1 })).toBe(1);
    expect(topKAccuracy([[1, 1, 1]], [1], { k: 1 })).toBe(0);
  });

  it('stays finite for extreme logits', () => {
    expect(logLoss([[1e4, -1e4]], [0], { fromLogits: true })).toBe(0);
    expect(logLoss([[1e4, -1e4]], [1], { fromLogits: true })).toBe(2e4);
  });
});

describe('errors', () => {
  it.each([
    ['different lengths', () => accuracy([0, 1], [0, 1, 1]), /2 predictions and 3 labels/],
    ['no examples', () => accuracy([], []), /labels is empty/],
    ['labels that are not integers', () => accuracy([0, 1], [0, 0.5]), /labels\[1\] is 0\.5/],
    ['labels beyond the classes', () => accuracy([[1, 2]], [2]), /a label is 2, but the scores are for 2 classes/],
    [
      'NaN',
      () =>
        accuracy(
          [
            [1, 2],
            [NaN, 2],
          ],
          [0, 1],
        ),
      /scores of example 1 hold NaN/,
    ],
    ['ragged rows', () => accuracy([[1, 2], [1]], [0, 1]), /ragged: row 0 has 2 numbers, row 1 1/],
    [
      'a shape that is not the data',
      () => accuracy({ data: [1, 2, 3], shape: [2, 2] }, [0, 1]),
      /4 elements, the data 3/,
    ],
    [
      'one-hot labels',
      () =>
        accuracy(
          [0, 1],
          [
            [1, 0],
            [0, 1],
          ],
        ),
      /labels must be one class per example, got the shape \[2,2\]/,
    ],
    ['something else', () => accuracy(3 as unknown as number[], [0]), /expected an array of numbers/],
    ['k', () => topKAccuracy([[1, 2]], [0], { k: 3 }), /k must be an integer from 1 to the 2 classes, got 3/],
    ['logits as probabilities', () => logLoss([[1.5, -2]], [0]), /row 0 does not hold probabilities[^]*fromLogits/],
    ['classes out of range', () => confusionMatrix([0, 3], [0, 0], 3), /labels\[1\] is 3, not a class from 0 to 2/],
    ['negative classes', () => confusionMatrix([0, 1], [0, -1]), /predictions\[1\] is -1/],
    ['numbers that are no classes', () => confusionMatrix([0, 1e6], [0, 0]), /do not look like classes/],
    ['names', () => confusionMatrix([0], [0], 3, { classNames: ['a'] }), /1 classNames for 3 classes/],
    ['a flat array of scores', () => argmax([1, 2, 3]), /flat array of 3 numbers/],
  ])('names %s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(
      expect.objectContaining({ name: expect.stringMatching(/^(Argument|Shape)Error$/) as unknown }),
    );
  });
});

describe('printing', () => {
  const report = classificationReport([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], {
    classNames: ['cat', 'größer', '世界'],
  });

  it('aligns the tables', () => {
    expect(report.toString()).toBe(
      [
        '                  precision  recall      f1  support',
        'cat                  0.5000  0.5000  0.5000        2',
        'größer               0.5000  1.0000  0.6667        1',
        '世界                 1.0000  0.6667  0.8000        3',
        '',
        'accuracy                             0.6667        6',
        'macro average        0.6667  0.7222  0.6556        6',
        'weighted average     0.7500  0.6667  0.6778        6',
        '',
        'label \\ predicted  cat  größer  世界',
        'cat                  1       1     0',
        'größer               0       1     0',
        '世界                 1       0     2',
      ].join('\n'),
    );
  });

  it('goes to JSON and back', () => {
    const json = JSON.parse(JSON.stringify(report)) as ReturnType<typeof report.toJSON>;
    expect(json).toEqual(report.toJSON());
    expect(json.classes[0]).toEqual({ name: 'cat', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
    expect(json.confusionMatrix.counts).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 2],
    ]);
  });
});
