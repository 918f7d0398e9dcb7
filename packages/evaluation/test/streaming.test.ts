/** Metrics by batch, merged, and with weights, against scikit-learn's values of the whole. */
import { setDevice, tensor, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  accuracy,
  averagePrecision,
  brierScore,
  f1Score,
  logLoss,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  perplexity,
  precision,
  r2Score,
  recall,
  rocAuc,
  rootMeanSquaredError,
  topKAccuracy,
  type Metric,
  type MetricState,
  type ShapedValues,
} from '../src/index.ts';
import golden from './golden/streaming.json' with { type: 'json' };

const shaped = (values: number[] | number[][]): ShapedValues => {
  const [first] = values;
  return { data: values.flat(), shape: Array.isArray(first) ? [values.length, first.length] : [values.length] };
};

const rows = ({ data, shape }: ShapedValues, start: number, stop: number): ShapedValues => {
  const width = shape.slice(1).reduce((product, extent) => product * extent, 1);
  return {
    data: Array.from(data).slice(start * width, stop * width),
    shape: [Math.max(0, Math.min(stop, shape[0] ?? 0) - start), ...shape.slice(1)],
  };
};

type Values = number[] | number[][];

/** The value by batches of several sizes, in another order, in two states of which one takes in the other. */
function streamed(metric: Metric, outputs: Values, targets: Values, weights: number[] | null): number {
  const [all, truth] = [shaped(outputs), shaped(targets)];
  const count = truth.shape[0] ?? 0;
  const bounds = [0, 1, 4, 4 + Math.floor(count / 3), count];
  const parts = bounds.slice(1).map((stop, i) => [bounds[i] ?? 0, stop] as const);
  const states: [MetricState, MetricState] = [metric.start(), metric.start()];
  [3, 0, 2, 1].forEach((part, i) => {
    const [start, stop] = parts[part] ?? [0, 0];
    const own = weights?.slice(start, stop);
    states[i % 2 === 0 ? 0 : 1].update(rows(all, start, stop), rows(truth, start, stop), own);
  });
  states[0].merge(states[1]);
  return states[0].value();
}

interface Case {
  readonly name: string;
  readonly metric: Metric & ((...args: never[]) => unknown);
  readonly outputs: Values;
  readonly targets: Values;
  readonly weights: number[] | null;
  readonly expected: number;
}

const cases: Case[] = [
  ...golden.classes.flatMap(({ labels, logits, probabilities, weights, scores, ...rest }, i): Case[] => {
    const shared = { targets: labels, weights };
    const averages = Object.entries(scores).map(([key, expected]): Case => {
      const [name = '', average = ''] = key.split(' ');
      const metric = { precision, recall, f1Score }[name as 'precision'].with({ average: average as 'macro' });
      return { name: `classes ${i}, ${key}`, metric, outputs: logits, expected, ...shared };
    });
    return [
      ...averages,
      { name: `classes ${i}, accuracy`, metric: accuracy, outputs: logits, expected: rest.accuracy, ...shared },
      { name: `classes ${i}, logLoss`, metric: logLoss, outputs: probabilities, expected: rest.logLoss, ...shared },
      {
        name: `classes ${i}, logLoss of logits`,
        metric: logLoss.with({ fromLogits: true }),
        outputs: logits,
        expected: rest.logLoss,
        ...shared,
      },
      {
        name: `classes ${i}, perplexity`,
        metric: perplexity,
        outputs: logits,
        expected: Math.exp(rest.logLoss),
        ...shared,
      },
      ...(rest.top2 === undefined
        ? []
        : [
            {
              name: `classes ${i}, top 2`,
              metric: topKAccuracy.with({ k: 2 }),
              outputs: logits,
              expected: rest.top2,
              ...shared,
            },
          ]),
    ];
  }),
  ...golden.rankings.flatMap(({ labels, probabilities, weights, ...expected }, i): Case[] => {
    const logits = probabilities.map((p) => Math.log(p / (1 - p)));
    const pairs = probabilities.map((p) => [1 - p, p]);
    const shared = { targets: labels, weights };
    return [
      { name: `ranking ${i}, accuracy`, metric: accuracy.with({ threshold: 0.5 }), outputs: probabilities, expected: expected.accuracy, ...shared },
      { name: `ranking ${i}, rocAuc`, metric: rocAuc, outputs: probabilities, expected: expected.rocAuc, ...shared },
      { name: `ranking ${i}, rocAuc of logits`, metric: rocAuc, outputs: logits, expected: expected.rocAuc, ...shared },
      { name: `ranking ${i}, rocAuc of columns`, metric: rocAuc, outputs: logits.map((x) => [x]), expected: expected.rocAuc, ...shared },
      { name: `ranking ${i}, averagePrecision`, metric: averagePrecision, outputs: probabilities, expected: expected.averagePrecision, ...shared },
      { name: `ranking ${i}, brierScore`, metric: brierScore, outputs: probabilities, expected: expected.brierScore, ...shared },
      { name: `ranking ${i}, brierScore of pairs`, metric: brierScore, outputs: pairs, expected: expected.brierScore, ...shared },
      { name: `ranking ${i}, brierScore of logits`, metric: brierScore.with({ fromLogits: true }), outputs: logits, expected: expected.brierScore, ...shared },
      { name: `ranking ${i}, logLoss`, metric: logLoss, outputs: probabilities, expected: expected.logLoss, ...shared },
    ]; // prettier-ignore
  }),
  ...golden.numbers.flatMap(({ targets, predictions, weights, ...expected }, i): Case[] => {
    const shared = { outputs: predictions, targets, weights };
    const metrics = { meanSquaredError, meanAbsoluteError, meanAbsolutePercentageError, r2Score };
    return [
      ...Object.entries(metrics).map(([name, metric]) => ({
        name: `numbers ${i}, ${name}`,
        metric,
        expected: expected[name as 'r2Score'],
        ...shared,
      })),
      {
        name: `numbers ${i}, rootMeanSquaredError`,
        metric: rootMeanSquaredError,
        expected: Math.sqrt(expected.meanSquaredError),
        ...shared,
      },
      ...(expected.medianAbsoluteError === undefined
        ? []
        : [
            {
              name: `numbers ${i}, medianAbsoluteError`,
              metric: medianAbsoluteError,
              expected: expected.medianAbsoluteError,
              ...shared,
            },
          ]),
    ];
  }),
];

describe('scikit-learn', () => {
  it.each(cases)('agrees on $name', ({ metric, outputs, targets, weights, expected }) => {
    const call = metric as unknown as (outputs: Values, targets: Values, options: object) => number;
    expect(call(outputs, targets, weights === null ? {} : { weights })).toBeCloseTo(expected, 12);
    expect(streamed(metric, outputs, targets, weights)).toBeCloseTo(expected, 12);
  });
});

describe('a metric', () => {
  it('knows which way is better, whatever it is called', () => {
    for (const metric of [accuracy, topKAccuracy, precision, recall, f1Score, rocAuc, averagePrecision, r2Score])
      expect(metric.goal).toBe('max');
    for (const metric of [logLoss, perplexity, brierScore, meanSquaredError, rootMeanSquaredError, meanAbsoluteError])
      expect(metric.goal).toBe('min');
    expect(topKAccuracy.with({ k: 3 }).goal).toBe('max');
    expect([accuracy.name, topKAccuracy.with({ k: 3 }).name]).toEqual(['accuracy', 'topKAccuracy']);
  });

  it('keeps what additions round away: a million small terms beside a large one', () => {
    const state = meanAbsoluteError.start();
    state.update(shaped([1e16]), shaped([0]));
    for (let i = 0; i < 1000; i++)
      state.update(shaped(new Array<number>(1000).fill(1)), shaped(new Array<number>(1000).fill(0)));
    expect(state.value()).toBe((1e16 + 1e6) / (1e6 + 1));
  });

  it('takes options when it is made, and refuses those that make no sense', () => {
    expect(() => topKAccuracy.with({ k: 0 })).toThrow(/\[topKAccuracy\] k must be/);
    expect(() => accuracy.with({ treshold: 0 } as never)).toThrow(/threshold/);
    expect(() => f1Score([0, 1, 2], [0, 1, 2])).toThrow(/3 classes, and two are asked for[^]*average: 'macro'/);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['nothing', () => accuracy.start().value(), /\[accuracy\] there are no examples, or none that counts/],
    ['weights of 0 alone', () => accuracy([1], [1], { weights: [0] }), /weights add up to 0[^]*mask exclude/],
    ['too few weights', () => meanSquaredError([1, 2], [1, 2], { weights: [1] }), /1 weights for 2 examples/],
    ['negative weights', () => accuracy([1, 1], [1, 1], { weights: [1, -1] }), /weights\[1\] is -1, not a number ≥ 0/],
    ['weights that are none', () => r2Score([1, 2], [1, 2], { weights: [1, NaN] }), /weights\[1\] is NaN/],
    ['one class alone', () => rocAuc([0.1, 0.2], [1, 1]), /not defined without examples of class 0/],
    ['scores of three classes', () => rocAuc([[1, 2, 3]], [1]), /takes scores of two classes, got those of 3/],
    ['a score that is none', () => averagePrecision([0.1, NaN], [1, 0]), /scores of example 1 hold NaN/],
    ['one logit without a threshold', () => accuracy([0.3], [0]), /predictions\[0\] is 0\.3[^]*threshold: 0/],
    ['label 2 for one score', () => accuracy([0.3], [2], { threshold: 0 }), /labels\[0\] is 2: one score tells two/],
    ['outputs that change in number', () => r2With([[1, 2]], [1]), /1 numbers do not go together with 2 before them/],
    ['weights for a median', () => medianAbsoluteError([1], [1], { weights: [1] }), /takes no weights/],
  ])('says what is wrong with %s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(
      expect.objectContaining({ name: expect.stringMatching(/^(Argument|Shape)Error$/) as unknown }),
    );
  });
});

function r2With(...batches: Values[]): void {
  const state = r2Score.start();
  for (const batch of batches) state.update(shaped(batch), shaped(batch));
}

describe('on the device', () => {
  beforeAll(() => setDevice('wasm'));
  const read = async (value: Tensor): Promise<ShapedValues> => ({ data: await value.data(), shape: value.shape });

  it('classes are picked there: what is read is one number per example', async () => {
    for (const { logits, labels } of golden.classes) {
      const [outputs, targets] = [tensor(logits), tensor(labels, { dtype: 'int32' })];
      for (const metric of [accuracy, f1Score.with({ average: 'macro' })]) {
        const reduced = metric.reduce?.(outputs, targets) ?? outputs;
        expect(reduced.shape).toEqual([labels.length]);
        const state = metric.start();
        state.update(await read(reduced), shaped(labels));
        expect(state.value()).toBeCloseTo(metric(logits, labels), 12);
      }
    }
  });

  it('NaN and labels out of range are found there, too', async () => {
    const targets = tensor([0, 1], { dtype: 'int32' });
    const odd = accuracy.reduce?.(tensor([[1, 2], [NaN, 0]]), targets); // prettier-ignore
    const state = accuracy.start();
    const values = odd && (await read(odd));
    expect(() => values && state.update(values, shaped([0, 1]))).toThrow(/scores of example 1 hold NaN/);
    const beyond = accuracy.reduce?.(tensor([[1, 2], [1, 0]]), tensor([0, 2], { dtype: 'int32' })); // prettier-ignore
    const read2 = beyond && (await read(beyond));
    expect(() => read2 && state.update(read2, shaped([0, 2]))).toThrow(/labels\[1\] is 2: the scores are for fewer/);
  });

  it('outputs that are no rows of scores are left as they are', () => {
    const classes = tensor([0, 1], { dtype: 'int32' });
    expect(accuracy.reduce?.(classes, classes)).toBe(classes);
  });
});
