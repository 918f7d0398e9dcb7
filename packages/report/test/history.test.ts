import type { ChartSection, Section } from '@hebb/evaluation';
import type { History, ValidationRecord } from '@hebb/training';
import { expect, it } from 'vitest';
import { epochTable, groupSections, groupTable, historySections } from '../src/history.ts';

const charts = (history: History): Record<string, ChartSection> =>
  Object.fromEntries(
    historySections(history, 'validation')
      .filter((section: Section) => section.kind === 'chart')
      .map((section) => [section.title, section]),
  );
const names = (chart: ChartSection | undefined): string[] => (chart?.series ?? []).map(({ name }) => name);
const run = (changes: Partial<History> = {}): History => {
  const losses = changes.losses ?? [4, 2, 1, 1];
  return {
    losses,
    scalars: { loss: losses },
    learningRates: { optimizer: losses.map(() => 0.1) },
    epochs: [1, 2].map((epoch) => ({
      epoch,
      step: 2 * epoch,
      loss: 3 / epoch,
      scalars: { loss: 3 / epoch },
      validationLoss: 2 / epoch,
      validationScalars: { loss: 2 / epoch },
      metrics: { accuracy: epoch / 4 },
      learningRate: 0.1,
      learningRates: { optimizer: 0.1 },
      seconds: 1,
      validationSeconds: 0,
      examplesPerSecond: 1,
    })),
    validations: [1, 2].map((epoch) => validation({ step: 2 * epoch, validationLoss: 2 / epoch, metrics: { accuracy: epoch / 4 } })), // prettier-ignore
    stepsPerEpoch: 2,
    seconds: 2,
    interrupted: false,
    ...changes,
  };
};
const validation = (changes: Partial<ValidationRecord>): ValidationRecord => ({ step: 1, epoch: 1, validationScalars: {}, metrics: {}, loss: 1, scalars: {}, seconds: 1, ...changes }); // prettier-ignore

it('draws losses along epochs: those of an epoch in its middle, those of validation at its end', () => {
  const { Loss: loss, Accuracy: accuracy } = charts(run());
  expect(loss?.x).toMatchObject({ label: 'epoch', range: [0, 2] });
  expect(loss?.series.map(({ name, points }) => [name, points])).toEqual([
    ['training, by step', [[0.5, 4], [1, 2], [1.5, 1], [2, 1]]],
    ['training, by epoch', [[0.5, 3], [1.5, 1.5]]],
    ['validation', [[1, 2], [2, 1]]],
  ]); // prettier-ignore
  expect(accuracy?.series[0]).toMatchObject({ name: 'validation: 50.00 % at the end', points: [[1, 0.25], [2, 0.5]] }); // prettier-ignore
  expect(accuracy?.y).toMatchObject({ format: 'percent' });
});

it('draws a run without epochs along its steps, with validations where they were', () => {
  const losses = Array.from({ length: 100 }, (_, i) => 100 - i);
  const { stepsPerEpoch: _, ...endless } = run({
    losses,
    learningRates: { optimizer: losses.map(() => 1) },
    epochs: [],
    validations: [validation({ step: 50, validationLoss: 55, metrics: { error: 5 } })],
  });
  const { Loss: loss, Error: error } = charts(endless);
  expect(loss?.x).toMatchObject({ label: 'step', range: [0, 100] });
  expect(names(loss)).toEqual(['training, by step', 'training, mean of 3 steps', 'validation']);
  expect(loss?.series[1]?.points.slice(0, 2)).toEqual([[2, 99], [5, 96]]); // prettier-ignore
  expect(loss?.series[2]?.points).toEqual([[50, 55]]);
  expect(error?.series[0]?.points).toEqual([[50, 5]]);
});

it('draws a run of less than an epoch along its steps', () => {
  expect(charts(run({ stepsPerEpoch: 100, epochs: [] }))['Loss']?.x.label).toBe('step');
});

it('draws the losses of two networks in one chart and other scalars in their own', () => {
  const scalars = { generatorLoss: [4, NaN, 2, NaN], discriminatorLoss: [1, 1, 1, 1], penalty: [0, 0, 1, 1] };
  const metrics = { distance: 3 };
  const validationScalars = { generatorLoss: 7, realism: 0.5, styleLoss: 6 };
  const epochs = run().epochs.map((record) => ({
    ...record,
    scalars: { generatorLoss: 4 / record.epoch, discriminatorLoss: 1, penalty: record.epoch - 1 },
    validationLoss: 7,
    validationScalars,
    metrics,
  }));
  const validations = [2, 4].map((step) => validation({ step, validationLoss: 7, validationScalars, metrics }));
  const found = charts(run({ losses: scalars.generatorLoss, scalars, epochs, validations }));
  expect(Object.keys(found)).toEqual(['Loss', 'Penalty', 'Realism', 'Distance']);
  expect(names(found['Loss'])).toEqual(
    ['', 'generator loss', 'generator loss, validation', '', 'discriminator loss', 'style loss, validation'], // prettier-ignore
  );
  expect(found['Loss']?.series.map(({ color }) => color)).toEqual([1, 1, 1, 2, 2, 3]);
  expect(names(found['Penalty'])).toEqual(['training, by step', 'training, by epoch']);
  expect(found['Realism']?.series).toMatchObject([{ name: 'validation', points: [[1, 0.5], [2, 0.5]] }]); // prettier-ignore
  expect(found['Loss']?.series[0]?.points).toEqual([[0.5, 4], [1.5, 2]]); // prettier-ignore
  expect(found['Loss']?.series[2]?.points).toEqual([[1, 7], [2, 7]]); // prettier-ignore
  expect(epochTable(run({ epochs }), 'validation')?.columns.map(({ title }) => title)).toEqual([
    'epoch', 'generator loss', 'discriminator loss', 'penalty', 'validation loss', 'validation realism', 'validation style loss', 'distance', 'learning rate', 'seconds',
  ]); // prettier-ignore
});

it('shows the learning rate of each optimizer under its name', () => {
  const learningRates = { generator: [1, 1, 1, 1], discriminator: [4, 3, 2, 1] };
  const epochs = run().epochs.map((record, i) => ({
    ...record,
    learningRates: { generator: 1, discriminator: 3 - 2 * i },
  }));
  const found = charts(run({ learningRates, epochs }))['Learning rate'];
  expect(found?.series).toMatchObject([
    { name: 'generator', points: [[0.5, 1], [1, 1], [1.5, 1], [2, 1]] },
    { name: 'discriminator', points: [[0.5, 4], [1, 3], [1.5, 2], [2, 1]] },
  ]); // prettier-ignore
  expect(new Set(found?.series.map(({ color }) => color)).size).toBe(2);
  const table = epochTable(run({ learningRates, epochs }), 'validation');
  const titles = table?.columns.map(({ title }) => title) ?? [];
  expect(titles.slice(-3)).toEqual(['learning rate, generator', 'learning rate, discriminator', 'seconds']);
  expect(table?.rows.map((row) => row.slice(-3))).toEqual([[1, 3, 1], [1, 1, 1]]); // prettier-ignore
  const constant = { generator: [1, 1, 1, 1], discriminator: [4, 4, 4, 4] };
  expect(charts(run({ learningRates: constant }))['Learning rate']).toBeUndefined();
});

it('draws losses of very different sizes logarithmically, and those that may be negative as they are', () => {
  expect(charts(run({ losses: [100, 10, 1, 0.1] }))['Loss']?.y.logarithmic).toBe(true);
  expect(charts(run({ losses: [100, 10, 1, 0] }))['Loss']?.y).toMatchObject({
    logarithmic: false,
    range: [0, undefined],
  });
  expect(charts(run({ losses: [3, -10, 1, 0] }))['Loss']?.y.range).toEqual([undefined, undefined]);
});

it('shows a learning rate that changes, and says how the run ended', () => {
  expect(charts(run())['Learning rate']).toBeUndefined();
  expect(charts(run({ learningRates: { optimizer: [1, 2, 3, 4] } }))['Learning rate']?.series[0]?.points).toEqual(
    [[0.5, 1], [1, 2], [1.5, 3], [2, 4]], // prettier-ignore
  );
  expect(
    charts(run({ interrupted: true, stopReason: 'no improvement', warnings: ['Accuracy was never a number.'] }))['Loss']
      ?.text,
  ).toMatch(/^The run was interrupted\. Stopped early: no improvement\. Accuracy was never a number\./);
});

it('draws nothing of a run that took no step, and a run of a hundred thousand steps in a small page', () => {
  expect(historySections(run({ losses: [] }), 'validation')).toEqual([]);
  const losses = Array.from({ length: 100_000 }, (_, i) => Math.sin(i));
  const [loss] = historySections(
    run({ losses, learningRates: { optimizer: losses }, stepsPerEpoch: 50_000 }),
    'validation',
  );
  expect(JSON.stringify(loss).length).toBeLessThan(20_000);
});

it('says what the numbers of two networks that compete mean', () => {
  const textOf = (scalars: Record<string, number[]>): string | undefined =>
    charts(run({ losses: [1, 1], scalars, epochs: [], validations: [] }))['Variation']?.text;
  expect(textOf({ discriminatorLoss: [1, 1], generatorLoss: [1, 1], variation: [0.2, 1] })).toMatch(/from one another/);
  // Of somebody else's number of that name nothing is known.
  expect(textOf({ loss: [1, 1], variation: [0.2, 1] })).toBeUndefined();
});

it('draws runs of one kind together, each as a curve, and lists what they came to', () => {
  const second = run({
    losses: [4, 2, 1, 1, 1, 1],
    stopReason: 'validation loss 1 has not improved',
    validations: [2, 6].map((step) => validation({ step, validationLoss: 8 / step, metrics: { accuracy: step / 10 } })),
  });
  const [loss, accuracy, ...rest] = groupSections([run(), second], 'validation');
  expect(rest).toEqual([]);
  expect(loss).toMatchObject({ kind: 'chart', title: 'Loss', x: { label: 'epoch', range: [0, 3] } });
  expect(loss?.text).not.toContain('Stopped');
  expect(loss?.kind === 'chart' && loss.series.map(({ name, color, points }) => [name, color, points])).toEqual([
    ['training, by epoch', 1, [[0.5, 3], [1.5, 1.5]]],
    ['validation', 2, [[1, 2], [2, 1]]],
    ['', 1, [[0.5, 3], [1.5, 1.5]]],
    ['', 2, [[1, 4], [3, 8 / 6]]],
  ]); // prettier-ignore
  // What one of them ended with is no name of all.
  expect(accuracy?.kind === 'chart' && names(accuracy)).toEqual(['validation', '']);
  expect(accuracy).toMatchObject({ y: { format: 'percent', range: [undefined, 1] } });
  const table = groupTable([['first', run()], ['second', second]], 'validation'); // prettier-ignore
  expect(table.columns.map(({ title }) => title)).toEqual(['run', 'steps', 'loss', 'validation loss', 'accuracy', 'seconds', 'stopped early']); // prettier-ignore
  expect(table.rows).toEqual([
    ['first', 4, 1.5, 1, '50.00 %', 2, ''],
    ['second', 6, 1.5, 8 / 6, '60.00 %', 2, 'validation loss 1 has not improved'],
  ]);
});

it('draws losses of several runs logarithmically where each of them would be', () => {
  const [wide, narrow] = [[100, 10, 1, 0.1], [4, 2, 1, 1]].map((losses) => run({ losses, epochs: [], validations: [] })); // prettier-ignore
  const axisOf = (...runs: (History | undefined)[]): unknown =>
    (groupSections(runs.filter((each) => each !== undefined), 'validation')[0] as ChartSection).y; // prettier-ignore
  expect(axisOf(wide, wide)).toMatchObject({ logarithmic: true, range: [undefined, undefined] });
  expect(axisOf(wide, narrow)).toMatchObject({ logarithmic: false, range: [0, undefined] });
});
