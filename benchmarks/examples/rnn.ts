/** The recurrent example: a language model of names, and a forecaster of sunspots. */
import { join } from 'node:path';
import { oneCycleSchedule } from '@hebb/optimizers';
import { tensor } from '@hebb/tensor';
import { buildNames, surpriseOf } from '../../apps/examples/rnn/example.ts';
import { asDataset, loadNames } from '../../apps/examples/rnn/names.ts';
import { buildSunspots, loadSunspots } from '../../apps/examples/rnn/sunspots.ts';
import { carried, type Pair } from './trial.ts';

export const names: Pair = {
  script: 'rnn.py',
  set: 'names',
  metric: 'test loss, nats per character',
  async prepare(folder) {
    const { learnt, unseen } = await loadNames(folder === undefined ? carried('names.txt') : join(folder, 'names.txt'));
    const hidden = 128;
    const { model, task, loader } = buildNames({ cell: 'gru', hidden, train: asDataset(learnt), seed: 0 });
    const test = asDataset(unseen);
    return {
      task,
      batches: loader,
      budget: { epochs: 4 },
      schedule: oneCycleSchedule({ warmup: 0.1 }),
      arrays: { x: test.field('x'), y: test.field('y') },
      settings: { task: 'names', hidden },
      metric: () => surpriseOf(model, test),
    };
  },
};

export const sunspots: Pair = {
  script: 'rnn.py',
  set: 'timeseries',
  metric: 'root mean square error, a month ahead',
  async prepare() {
    const { spots, series, learnt, end, unscale } = await loadSunspots(carried('sunspots.csv'));
    const { model, task, loader } = buildSunspots({ cell: 'gru', train: series.subarray(0, learnt), seed: 0 });
    const whole = { data: series.subarray(0, spots.length - 1), shape: [1, spots.length - 1, 1] };
    return {
      task,
      batches: loader,
      budget: { epochs: 12 },
      schedule: oneCycleSchedule({ warmup: 0.2 }),
      arrays: { x: whole, spots: { data: Float32Array.from(spots), shape: [spots.length] } },
      settings: { task: 'sunspots', end },
      async metric() {
        const { output } = model.eval().forward(tensor(whole.data, { shape: whole.shape }));
        const forecasts = Array.from(await output.data(), Number).map(unscale);
        let sum = 0;
        for (let t = end; t < spots.length; t++) sum += ((spots[t] ?? 0) - (forecasts[t - 1] ?? 0)) ** 2;
        return Math.sqrt(sum / (spots.length - end));
      },
    };
  },
};
