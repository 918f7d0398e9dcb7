/**
 * The tasks of evaluation, on the device and by batches, against scikit-learn and closed forms.
 *
 * @module-tag alone: it compares the memory of the device, which garbage of other files would leave meanwhile.
 */
import { ArrayDataset, DataLoader, Pipeline, StandardScaler, stream, type NumericArray } from '@hebb/data';
import {
  accuracy,
  averagePrecision,
  classification,
  f1Score,
  logLoss,
  meanAbsoluteError,
  MetricsEvaluation,
  multiLabel,
  r2Score,
  regression,
  rocAuc,
  scores,
  sequences,
  topKAccuracy,
  type Evaluation,
  type EvaluationState,
  type EvaluationTask,
} from '@hebb/evaluation';
import golden from '../../evaluation/test/golden/streaming.json' with { type: 'json' };
import { Dropout, Linear, Module, Sequential } from '@hebb/layers';
import { SGD } from '@hebb/optimizers';
import { defaultGenerator, device, manualSeed, rand, setDevice, type Tensor } from '@hebb/tensor';
import { beforeEach, describe, expect, it } from 'vitest';
import { evaluate, fit, predict, TrainingError } from '../src/index.ts';

beforeEach(() => setDevice('wasm'));

/** The input's own numbers are the outputs. */
class AsIs extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Data whose x are the outputs. */
function dataset(
  outputs: readonly (number | readonly number[])[],
  y: ArrayLike<number> | readonly (readonly number[])[],
  weights: readonly number[] | null = null,
): ArrayDataset {
  const field = (values: ArrayLike<number> | readonly (number | readonly number[])[], integers: boolean) => {
    const first = values[0];
    const flat = Array.from(values as ArrayLike<number>).flat();
    return {
      data: integers ? Int32Array.from(flat) : Float32Array.from(flat),
      shape: typeof first === 'object' ? [first.length] : [],
    };
  };
  const integers = Array.from(y as ArrayLike<number>).flat().every(Number.isInteger); // prettier-ignore
  return new ArrayDataset({
    x: field(outputs, false),
    y: field(y, integers),
    ...(weights !== null && { weight: { data: Float32Array.from(weights), shape: [] } }),
  });
}

describe('classification', () => {
  it.each(golden.classes.map((entry, i) => [i, entry] as const))(
    'agrees with scikit-learn on case %i, by batches, with weights',
    async (_, { logits, labels, weights, ...expected }) => {
      const task = classification({ metrics: { f1: f1Score.with({ average: 'weighted' }), top: topKAccuracy.with({ k: 1 }) } }); // prettier-ignore
      const evaluation = await evaluate(new AsIs(), dataset(logits, labels, weights), task, { batchSize: 7 });
      expect(evaluation.accuracy).toBeCloseTo(expected.accuracy, 6);
      expect(evaluation.metrics['logLoss']).toBeCloseTo(expected.logLoss, 6);
      expect(evaluation.macroAverage.f1).toBeCloseTo(expected.scores['f1Score macro'], 6);
      expect(evaluation.weightedAverage.precision).toBeCloseTo(expected.scores['precision weighted'], 6);
      expect(evaluation.metrics['f1']).toBeCloseTo(expected.scores['f1Score weighted'], 6);
      expect(evaluation.metrics['top']).toBeCloseTo(expected.accuracy, 6);
      expect(Array.from(evaluation.labels)).toEqual(labels);
      expect(evaluation.count).toBe(labels.length);
      expect(evaluation.outputs).toBeUndefined();
      const matrix = evaluation.confusionMatrix.counts;
      expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBeCloseTo(
        weights?.reduce((sum, weight) => sum + weight, 0) ?? labels.length,
        4,
      );
    },
  );

  it('of two classes takes one logit, [n] or [n, 1], or two', async () => {
    const { probabilities, labels, ...expected } = golden.rankings[0] ?? { probabilities: [], labels: [], logLoss: 0, rocAuc: 0, averagePrecision: 0, accuracy: 0 }; // prettier-ignore
    const logits = probabilities.map((p) => Math.log(p / (1 - p)));
    for (const outputs of [logits, logits.map((z) => [z]), logits.map((z) => [-z / 2, z / 2])]) {
      const evaluation = await evaluate(new AsIs(), dataset(outputs, labels), classification({ classNames: ['no', 'yes'] }), { batchSize: 16 }); // prettier-ignore
      expect(evaluation.accuracy).toBeCloseTo(expected.accuracy, 12);
      expect(evaluation.metrics['logLoss']).toBeCloseTo(expected.logLoss, 5);
      expect(evaluation.metrics['rocAuc']).toBeCloseTo(expected.rocAuc, 6);
      expect(evaluation.metrics['averagePrecision']).toBeCloseTo(expected.averagePrecision, 6);
      const [first] = evaluation.topClasses(0);
      expect(first?.name).toBe((probabilities[0] ?? 0) > 0.5 ? 'yes' : 'no');
      expect(first?.probability).toBeCloseTo(Math.max(probabilities[0] ?? 0, 1 - (probabilities[0] ?? 0)), 5);
      const charts = evaluation.sections().filter(({ kind }) => kind === 'chart');
      expect(charts.map(({ title }) => title)).toEqual([
        expect.stringMatching(/^ROC/),
        expect.stringMatching(/^Precision and recall/),
      ]);
    }
  });

  it('keeps the likeliest classes, also of extreme logits and of classes that are ruled out', async () => {
    const data = dataset([[-Infinity, 3, 1, -Infinity], [88, -88, 0, 1], [1e30, 0, -1e30, 2]], [1, 0, 0]); // prettier-ignore
    const evaluation = await evaluate(new AsIs(), data, classification({ topClasses: 2 }));
    expect(evaluation.topClasses(0).map(({ index }) => index)).toEqual([1, 2]);
    expect(evaluation.topClasses(0)[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(evaluation.topClasses(2).map(({ index, probability }) => [index, probability])).toEqual([[0, 1], [3, 0]]); // prettier-ignore
    expect(evaluation.metrics['logLoss']).toBeCloseTo(Math.log1p(Math.exp(-2)) / 3, 6);
  });

  it('of many classes lists the worst, and says what is taken for what', async () => {
    const count = 300;
    const outputs = Array.from({ length: count }, (_, i) =>
      Array.from({ length: 120 }, (_, column) => Number(column === (i % 50 === 0 ? 7 : i % 120))),
    );
    const labels = outputs.map((_, i) => i % 120);
    const evaluation = await evaluate(new AsIs(), dataset(outputs, labels), classification());
    expect(evaluation.toString()).toMatch(/The 10 of 120 classes with the lowest F1/);
    expect(evaluation.toString()).not.toMatch(/label \\ predicted/);
    const [confusions] = evaluation.sections().filter(({ title }) => title === 'What is taken for what');
    expect(confusions).toMatchObject({ kind: 'table', rows: expect.arrayContaining([['0', '7', 1]]) as unknown });
    expect(evaluation.confusionMatrix.counts[0]?.[7]).toBe(1);
  });

  it('merges: two states give what one gives', async () => {
    const { logits, labels } = golden.classes[0] ?? { logits: [], labels: [] };
    const task = classification({ metrics: { top2: topKAccuracy.with({ k: 2 }) } });
    const whole = await evaluate(new AsIs(), dataset(logits, labels), task);
    const states: ReturnType<typeof task.start>[] = [];
    const watched: typeof task = {
      ...task,
      start: () => {
        const state = task.start();
        states.push(state);
        return state;
      },
    };
    await evaluate(new AsIs(), dataset(logits.slice(0, 15), labels.slice(0, 15)), watched);
    await evaluate(new AsIs(), dataset(logits.slice(15), labels.slice(15)), watched);
    const [first, second] = states;
    if (second !== undefined) first?.merge?.(second);
    const merged = first?.result({ count: 40, seconds: 1, examplesPerSecond: 1 });
    expect(merged?.metrics).toEqual(whole.metrics);
    expect(merged?.labels).toEqual(whole.labels);
    expect(merged?.confusionMatrix).toEqual(whole.confusionMatrix);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['labels out of range', () => evaluate(new AsIs(), dataset([[1, 0]], [2]), classification()), /labels.*\[0\] is 2, not a class from 0 to 1/],
    ['NaN', () => evaluate(new AsIs(), dataset([[1, 0], [NaN, 0]], [0, 1]), classification()), /scores of example 1 hold NaN/],
    ['NaN in one logit', () => evaluate(new AsIs(), dataset([1, NaN], [0, 1]), classification()), /scores of example 1 hold NaN/],
    ['three axes', () => evaluate(new AsIs(), new ArrayDataset({ x: { data: new Float32Array(8), shape: [2, 2] }, y: { data: new Int32Array(2), shape: [] } }), classification()), /shape \[examples, classes\], these are float32\[2,2,2\]/],
    ['another number of names', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), classification({ classNames: ['a', 'b', 'c'] })), /\[examples, 3\]/],
    ['one name', () => Promise.resolve().then(() => classification({ classNames: ['a'] })), /at least two classes[^]*name both/],
    ['weights of 0 alone', () => evaluate(new AsIs(), dataset([[1, 0]], [0], [0]), classification()), /none that counts/],
    ['a task of the old form', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), { task: 'classification' } as never), /metrics\.task must be a metric, with a goal and start\(\), not 'classification'/],
    ['a task that is not called', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), classification as never), /must be metrics by name, or a task, not the function classification\.[^]*Is it called\?/],
    ['no task', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), undefined as never), /not undefined[^]*regression\(\)/],
    ['two outputs', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), classification() as never, { output: ({ x }) => ({ a: x, b: x }) }), /\[classification\] the task takes one tensor of outputs, not \{ a, b \}[^]*output:/],
    ['no such field', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), classification({ target: 'label' })), /must have the field label, the target; it has x, y/],
    ['no metric', () => Promise.resolve().then(() => scores({ mine: (() => 1) as never })), /metrics\.mine must be a metric[^]*meanMetric\(\{ name: 'mine'/],
  ])('says what is wrong with %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('regression', () => {
  it.each(golden.numbers.map((entry, i) => [i, entry] as const))(
    'agrees with scikit-learn on case %i, by batches, with weights',
    async (_, { targets, predictions, weights, ...expected }) => {
      const data = dataset(predictions, targets, weights);
      const task = regression({ metrics: { mae: meanAbsoluteError, r2: r2Score }, keepOutputs: true });
      const evaluation = await evaluate(new AsIs(), data, task, { batchSize: 9 });
      for (const name of ['meanSquaredError', 'meanAbsoluteError', 'r2Score'] as const)
        expect(evaluation.metrics[name] ?? NaN).toBeCloseTo(expected[name], 5);
      expect(evaluation.metrics['rootMeanSquaredError']).toBeCloseTo(Math.sqrt(expected.meanSquaredError), 5);
      expect(evaluation.metrics['mae']).toBeCloseTo(expected.meanAbsoluteError, 5);
      expect(evaluation.metrics['r2']).toBeCloseTo(expected.r2Score, 5);
      expect(evaluation.outputs?.shape[0]).toBe(targets.length);
      expect(evaluation.targets.length).toBe(typeof targets[0] === 'number' ? 1 : 3);
      const errors = predictions.map((row, i) => {
        const [p, t] = [[row].flat(), [targets[i] ?? []].flat()];
        return p.reduce((sum, value, k) => sum + (value - (t[k] ?? 0)) ** 2, 0) / p.length;
      });
      expect(evaluation.worst[0]?.example).toBe(errors.indexOf(Math.max(...errors)));
    },
  );

  it('shows the same charts whether there are ten examples or a hundred thousand', async () => {
    const values = Array.from({ length: 100_000 }, (_, i) => i / 1000);
    const evaluation = await evaluate(new AsIs(), dataset(values, values.map((value) => value + 0.5)), regression(), { batchSize: 5000 }); // prettier-ignore
    const [chart] = evaluation.sections().filter(({ kind }) => kind === 'chart');
    const points = chart?.kind === 'chart' ? (chart.series[1]?.points ?? []) : [];
    expect(points.length).toBeGreaterThanOrEqual(1000);
    expect(points.length).toBeLessThan(2000);
    expect(points.at(-1)?.[0]).toBeGreaterThan(99);
    expect(evaluation.metrics['meanAbsoluteError']).toBeCloseTo(0.5, 5);
  });

  it('says which shapes do not go together', async () => {
    await expect(evaluate(new AsIs(), dataset([[1, 2]], [[1, 2, 3]]), regression())).rejects.toThrow(
      /2 predictions and 3 targets/,
    );
    await expect(evaluate(new AsIs(), dataset([[1, 2]], [[1, 2]]), regression({ targetNames: ['a'] }))).rejects.toThrow(
      /1 targetNames.*2 numbers per example/,
    );
    await expect(evaluate(new AsIs(), dataset([[1, NaN]], [[1, 2.5]]), regression())).rejects.toThrow(
      /predictions\[1\] is NaN/,
    );
  });
});

describe('multiLabel', () => {
  it.each(golden.labels.map((entry, i) => [i, entry] as const))(
    'agrees with scikit-learn on case %i, by batches, with weights',
    async (_, { logits, targets, weights, labels, ...expected }) => {
      const data = dataset(logits, targets, weights);
      const evaluation = await evaluate(new AsIs(), data, multiLabel({ rankings: true }), { batchSize: 9 });
      for (const [name, value] of Object.entries(expected)) expect(evaluation.metrics[name]).toBeCloseTo(value, 5);
      labels.forEach((scores, i) => {
        for (const key of ['precision', 'recall', 'f1', 'support'] as const)
          expect(evaluation.labels[i]?.[key]).toBeCloseTo(scores[key], 4);
      });
      expect(evaluation.sections().map(({ kind }) => kind)).toEqual(['figures', 'table']);
    },
  );

  it('says what is wrong with the targets', async () => {
    await expect(evaluate(new AsIs(), dataset([[1, 2]], [0]), multiLabel())).rejects.toThrow(
      /need targets of the same shape, not int32\[1\][^]*classification\(\)/,
    );
    await expect(evaluate(new AsIs(), dataset([[1, 2]], [[0, 2]]), multiLabel())).rejects.toThrow(
      /label 1 of example 0 is 2, not 1 or 0/,
    );
  });
});

describe('sequences', () => {
  const tokens = 4;
  /** Two sequences of three positions; the last of the second is padding. */
  const logits = [
    [[0, 1, 2, 3], [3, 0, 0, 0], [0, 0, 2, 0]],
    [[1, 1, 1, 1], [0, 5, 0, 0], [9, 9, 9, 9]],
  ]; // prettier-ignore
  const targets = [
    [3, 0, 1],
    [0, 1, 0],
  ];
  const loss = (row: readonly number[], token: number): number =>
    Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[token] ?? 0);
  const make = (y: readonly (readonly number[])[], mask?: readonly (readonly number[])[]): ArrayDataset =>
    new ArrayDataset({
      x: { data: Float32Array.from(logits.flat(2)), shape: [3, tokens] },
      y: { data: Int32Array.from(y.flat()), shape: [3] },
      ...(mask && { mask: { data: Uint8Array.from(mask.flat()), shape: [3], dtype: 'bool' as const } }),
    });
  const losses = logits.map((rows, s) => rows.map((row, t) => loss(row, targets[s]?.[t] ?? 0)));
  const counted = [...(losses[0] ?? []), ...(losses[1] ?? []).slice(0, 2)];
  const mean = counted.reduce((sum, value) => sum + value, 0) / 5;

  it('counts the positions that a mask, or the target −100, leaves', async () => {
    const masked = make(targets, [[1, 1, 1], [1, 1, 0]]); // prettier-ignore
    const ignored = make([targets[0] ?? [], [0, 1, -100]]);
    for (const data of [masked, ignored]) {
      const evaluation = await evaluate(new AsIs(), data, sequences(), { batchSize: 1 });
      expect(evaluation.tokens).toBe(5);
      expect(evaluation.count).toBe(2);
      expect(evaluation.metrics['accuracy']).toBeCloseTo(4 / 5, 12);
      expect(evaluation.metrics['logLoss']).toBeCloseTo(mean, 6);
      expect(evaluation.metrics['perplexity']).toBeCloseTo(Math.exp(mean), 5);
      expect(evaluation.metrics['sequenceAccuracy']).toBe(0.5);
      expect(evaluation.lossByPosition[2]).toBeCloseTo(losses[0]?.[2] ?? 0, 6);
    }
  });

  it('compares each position with the next token, where the target is the sequence itself', async () => {
    const data = new ArrayDataset({
      logits: { data: Float32Array.from(logits.flat(2)), shape: [3, tokens] },
      ids: { data: Int32Array.from(targets.flat()), shape: [3] },
    });
    const task = sequences({ target: 'ids', shift: 1 });
    const evaluation = await evaluate(new AsIs(), data, task, { output: ({ logits: given }) => given as Tensor });
    const expected = logits.flatMap((rows, s) => [0, 1].map((t) => loss(rows[t] ?? [], targets[s]?.[t + 1] ?? 0)));
    expect(evaluation.tokens).toBe(4);
    expect(evaluation.metrics['logLoss']).toBeCloseTo(expected.reduce((a, b) => a + b) / 4, 6);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['tokens out of range', () => evaluate(new AsIs(), make([[3, 0, 4], [0, 1, 0]]), sequences()), /y of sequence 0 at position 2 is 4, not a token from 0 to 3[^]*mask/],
    ['a mask that excludes everything', () => evaluate(new AsIs(), make(targets, [[0, 0, 0], [0, 0, 0]]), sequences()), /no position of any sequence counts[^]*mask/],
    ['one class per sequence', () => evaluate(new AsIs(), dataset([[1, 0]], [0]), sequences()), /takes logits \[n, length, tokens\][^]*classification\(\)/],
  ])('says what is wrong with %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('regression of transformed targets', () => {
  // House prices: their errors would be lost in float32 sums, and are of no meaning in standard deviations.
  const prices = Float64Array.from({ length: 200 }, (_, i) => 250_000 + 1e5 * Math.sin(7 * i) + 13 * i);
  const areas = Float64Array.from({ length: 200 }, (_, i) => 80 + 30 * Math.cos(i));
  const target = { data: Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? prices : areas)[i >> 1] ?? NaN), shape: [200, 2] }; // prettier-ignore
  const scaler = new StandardScaler().fit(target);
  const scaled = scaler.transform(target);
  const guesses = { data: Float32Array.from(scaled.data, (value, i) => 0.9 * value + 0.01 * Math.sin(i)), shape: [2] };
  const make = (): ArrayDataset => new ArrayDataset({ x: guesses, y: { data: Float32Array.from(scaled.data), shape: [2] } }); // prettier-ignore
  /** What they are in the units of the data, computed here. */
  const inUnits = (values: Float32Array): Float64Array =>
    scaler.inverseTransform({ data: Float64Array.from(values), shape: [200, 2] }).data;

  it('is in the units of the data', async () => {
    const task = regression({ transform: scaler, targetNames: ['price', 'area'], keepOutputs: true, metrics: { mae: meanAbsoluteError, r2: r2Score } }); // prettier-ignore
    const evaluation = await evaluate(new AsIs(), make(), task, { batchSize: 64 });
    const predicted = inUnits(guesses.data);
    const errors = [0, 1].map((k) => {
      const each = Array.from({ length: 200 }, (_, i) => Math.abs((predicted[2 * i + k] ?? NaN) - (target.data[2 * i + k] ?? NaN))); // prettier-ignore
      return each.reduce((sum, error) => sum + error, 0) / 200;
    });
    expect((evaluation.targets[0]?.meanAbsoluteError ?? NaN) / (errors[0] ?? NaN)).toBeCloseTo(1, 5);
    expect((evaluation.targets[1]?.meanAbsoluteError ?? NaN) / (errors[1] ?? NaN)).toBeCloseTo(1, 5);
    expect(evaluation.targets[0]?.meanAbsoluteError).toBeGreaterThan(1000);
    expect(evaluation.metrics['mae'] ?? NaN).toBeCloseTo(evaluation.metrics['meanAbsoluteError'] ?? NaN, 6);
    // What does not depend on units is the same without.
    const raw = await evaluate(new AsIs(), make(), regression({ metrics: { r2: r2Score } }));
    expect(evaluation.metrics['r2Score']).toBeCloseTo(raw.metrics['r2Score'] ?? NaN, 5);
    expect(evaluation.metrics['r2']).toBeCloseTo(raw.metrics['r2Score'] ?? NaN, 5);
    expect(evaluation.outputs?.shape).toEqual([200, 2]);
    expect((evaluation.outputs?.data[0] ?? NaN) / (predicted[0] ?? NaN)).toBeCloseTo(1, 6);
    const chart = evaluation.sections().find((section) => section.kind === 'chart');
    expect(chart?.kind === 'chart' && chart.series[1]?.points[0]?.[0]).toBeGreaterThan(1000);
  });

  it('of one number per example, by a pipeline, and in the validation of fit', async () => {
    const one = { data: Float64Array.from(prices), shape: [200] };
    const pipeline = new Pipeline<NumericArray>([new StandardScaler()]).fit(one);
    const y = { data: Float32Array.from(pipeline.transform(one).data), shape: [] };
    const data = new ArrayDataset({ x: { data: y.data, shape: [1] }, y });
    const model = new Linear(1, 1);
    const metrics = regression({ transform: pipeline });
    const optimizer = new SGD(model, { learningRate: 0.01 });
    const loss = (output: Tensor, target: Tensor): Tensor => output.reshape([-1]).sub(target).square().mean();
    const { validations } = await fit(model, data, { loss, optimizer, epochs: 1, validation: data, metrics });
    const output = ({ x }: { x?: Tensor }): Tensor => model.forward(x as Tensor).reshape([-1]);
    const { metrics: found } = await evaluate(model, data, metrics, { output });
    expect(validations[0]?.metrics['meanAbsoluteError']).toBeGreaterThan(100);
    expect((validations[0]?.metrics['meanAbsoluteError'] ?? NaN) / (found['meanAbsoluteError'] ?? NaN)).toBeCloseTo(1, 5); // prettier-ignore
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a transform that was not fitted', () => evaluate(new AsIs(), make(), regression({ transform: new StandardScaler() })), /not fitted yet/],
    ['one that gives nothing back', () => evaluate(new AsIs(), make(), regression({ transform: { inverseTransform: () => 3 } })), /inverseTransform\(\) returns must be \{ data, shape \} of 256 numbers, .*, not 3/],
    ['no transform', () => Promise.resolve().then(() => regression({ transform: 3 as never })), /transform must be a fitted transform, with inverseTransform\(\), not 3/],
    ['metrics of the device', () => Promise.resolve().then(() => regression({ transform: scaler, metrics: { accuracy } })), /metrics\.accuracy reads outputs on the device/],
  ])('says what is wrong with %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('scores, and tasks of one’s own', () => {
  const { logits, labels, weights } = golden.classes[1] ?? { logits: [], labels: [], weights: null };

  it('measures what is asked for', async () => {
    const evaluation = await evaluate(
      new AsIs(),
      dataset(logits, labels, weights),
      scores({ accuracy, loss: logLoss.with({ fromLogits: true }) }),
    );
    expect(evaluation.metrics['accuracy']).toBeCloseTo(golden.classes[1]?.accuracy ?? 0, 6);
    expect(evaluation.metrics['loss']).toBeCloseTo(golden.classes[1]?.logLoss ?? 0, 5);
    expect(evaluation.toString()).toMatch(/^accuracy \d+\.\d\d % · loss .* · 50 examples/);
    expect(JSON.parse(JSON.stringify(evaluation))).toMatchObject({ count: 50, metrics: evaluation.metrics });
  });

  it('a task of one’s own is an object with start()', async () => {
    const largest: EvaluationTask<MetricsEvaluation> = {
      reduce: (outputs) => outputs.abs().max(1),
      start() {
        let value = 0;
        return {
          update: ({ data }) => void (value = Math.max(value, ...Array.from(data))),
          result: (run) => new MetricsEvaluation({ largest: value }, run),
        };
      },
    };
    const { metrics } = await evaluate(new AsIs(), dataset(logits, labels), largest, { batchSize: 8 });
    expect(metrics['largest']).toBeCloseTo(Math.max(...logits.flat().map(Math.abs)), 6);
  });

  it('takes ranking metrics of a stream that never says how long it is', async () => {
    const { probabilities = [], labels: truth = [], rocAuc: expected = 0, averagePrecision: precision = 0 } = golden.rankings[1] ?? {}; // prettier-ignore
    const batches = stream(truth.map((label, i) => ({ x: probabilities[i] ?? 0, y: label }))).batch(8);
    const evaluation = await evaluate(new AsIs(), batches, scores({ rocAuc, averagePrecision }));
    expect(evaluation.count).toBe(truth.length);
    expect(evaluation.metrics).toEqual({ rocAuc: expect.closeTo(expected, 6) as unknown, averagePrecision: expect.closeTo(precision, 6) as unknown }); // prettier-ignore
  });
});

describe('states merge', () => {
  const { logits, labels } = golden.classes[0] ?? { logits: [], labels: [] };
  const several = golden.labels[0] ?? { logits: [], targets: [] };
  const numbers = golden.numbers[1] ?? { predictions: [], targets: [] };
  const tokens = (from: number, to: number): ArrayDataset =>
    new ArrayDataset({
      x: { data: Float32Array.from(logits.slice(from, to).flat()), shape: [4, 5] },
      y: { data: Int32Array.from(labels.slice(from, to)), shape: [4] },
    });
  const any = <R extends Evaluation, V>(task: EvaluationTask<R, Tensor, V>): EvaluationTask =>
    task as unknown as EvaluationTask;

  it.each<[string, EvaluationTask, (from: number, to: number) => ArrayDataset]>([
    ['scores', any(scores({ accuracy, loss: logLoss.with({ fromLogits: true }) })), (from, to) => dataset(logits.slice(from, to), labels.slice(from, to))],
    ['classification', any(classification()), (from, to) => dataset(logits.slice(from, to), labels.slice(from, to))],
    ['multiLabel', any(multiLabel({ rankings: true, keepOutputs: true })), (from, to) => dataset(several.logits.slice(from, to), several.targets.slice(from, to))],
    ['regression', any(regression({ keepOutputs: true })), (from, to) => dataset(numbers.predictions.slice(from, to), (numbers.targets as number[][]).slice(from, to))],
    ['sequences', any(sequences()), tokens],
  ])('%s: two halves are the whole', async (_, task, part) => {
    const found: EvaluationState[] = [];
    const watched: EvaluationTask = { ...task, start: () => (found[found.length] = task.start()) };
    const whole = await evaluate(new AsIs(), part(0, 32), task);
    await evaluate(new AsIs(), part(0, 16), watched);
    await evaluate(new AsIs(), part(16, 32), watched);
    const [first, second] = found;
    if (second !== undefined) first?.merge?.(second);
    const { count, seconds, examplesPerSecond } = whole;
    const merged = first?.result({ count, seconds, examplesPerSecond });
    const rounded = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value), (_key, each: unknown) => (typeof each === 'number' ? Number(each.toPrecision(10)) : each));
    expect(rounded(merged)).toEqual(rounded(whole));
    expect((merged as { outputs?: unknown }).outputs).toEqual((whole as { outputs?: unknown }).outputs);
  }); // prettier-ignore
});

describe('evaluation and prediction leave things as they were', () => {
  class Noisy extends Module {
    dropout = new Dropout(0.5);
    forward(x: Tensor): Tensor {
      return this.dropout.forward(x).add(rand(x.shape));
    }
  }
  const data = dataset(Array.from({ length: 10 }, (_, i) => [i, -i]), Array.from({ length: 10 }, (_, i) => i % 2)); // prettier-ignore

  it('modes of every module, the loader’s place, the default generator', async () => {
    manualSeed(5);
    const model = new Sequential(new Noisy(), new AsIs());
    const loader = new DataLoader(data, { batchSize: 3, shuffle: true, dropLast: true, seed: 3 });
    const inner = [...model.namedModules().values()];
    inner.forEach((module, i) => (module.training = i % 2 === 0));
    const before = { modes: inner.map(({ training }) => training), draws: defaultGenerator.stateDict() };
    const outputs = await predict(model, loader);
    await evaluate(model, loader, classification());
    expect(inner.map(({ training }) => training)).toEqual(before.modes);
    expect(defaultGenerator.stateDict()).toEqual(before.draws);
    expect(loader.epoch).toBe(0);
    // In the order of the dataset, to the last example, without dropout; every example with draws of its own.
    expect(outputs.shape).toEqual([10, 2]);
    const first = Array.from(outputs.data).filter((_, i) => i % 2 === 0);
    first.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(i);
      expect(value).toBeLessThan(i + 1);
    });
    expect(new Set(first.map((value, i) => (value - i).toFixed(5))).size).toBe(10);
  });

  it('also where a batch fails', async () => {
    const model = new Sequential(new Noisy());
    await expect(evaluate(model, dataset([[1, 2]], [7]), classification())).rejects.toThrow(/not a class/);
    expect(model.training).toBe(true);
    const empty = { async *batches() {}, stateDict: () => null, loadStateDict: () => undefined, differences: () => [] }; // prettier-ignore
    await expect(evaluate(model, empty as never, classification())).rejects.toThrow(TrainingError);
    await expect(predict(model, empty as never)).rejects.toThrow(/\[predict\] there are no examples/);
  });
});

it('frees what it has read: the memory of the device is that before', async () => {
  const data = dataset(Array.from({ length: 64 }, () => new Array<number>(2000).fill(0)), new Array<number>(64).fill(0)); // prettier-ignore
  const bytes = async (): Promise<number> => {
    await device.synchronize();
    return device.memory().usedBytes;
  };
  await evaluate(new AsIs(), data, classification({ keepOutputs: true }), { batchSize: 16 });
  const before = await bytes();
  for (let i = 0; i < 5; i++)
    await evaluate(new AsIs(), data, classification({ keepOutputs: true }), { batchSize: 16 });
  expect((await bytes()) - before).toBeLessThan(100_000);
});
